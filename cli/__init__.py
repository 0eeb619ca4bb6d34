"""Operator commands (flask ...)."""

from __future__ import annotations

from flask import Flask

from cli.audit import audit_group
from cli.county import county_group
from cli.demo import demo_command
from cli.forms import forms_group
from cli.ledger import ledger_group
from cli.packs import pack_group
from cli.serve import serve, worker
from cli.xlsforms import workbook_commands


def init_app(app: Flask) -> None:
    """Hang the commands on the application."""
    for workbook_command in workbook_commands:
        forms_group.add_command(workbook_command)
    for command in (serve, worker, demo_command, audit_group, forms_group, county_group, pack_group, ledger_group):
        app.cli.add_command(command)
