"""`flask audit verify`: walk the chain, name the first broken row."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from queries.chain import first_break

audit_group = AppGroup("audit", help="The audit chain.")


@audit_group.command("verify")
def verify() -> None:
    """Check every row's number and hash; exit 1 and name the first broken row."""
    checked, broken = first_break()
    if broken is None:
        click.echo(f"审计链完整：{checked} 行。")
        return
    click.echo(f"审计链在第 {broken.id} 行断开：{broken.reason}", err=True)
    sys.exit(1)
