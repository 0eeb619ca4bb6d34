"""Operator commands (flask ...)."""

from __future__ import annotations

from flask import Flask

from cli.serve import serve, worker


def init_app(app: Flask) -> None:
    """Hang the commands on the application."""
    for command in (serve, worker):
        app.cli.add_command(command)
