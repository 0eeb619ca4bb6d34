"""`flask county create`: the first rows of a real county: its centre, its categories, the calendar, one admin."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from models.access import system_actor
from services.county import create_county
from services.refusals import Refusal
from shell.clock import now, today

county_group = AppGroup("county", help="Set up a county.")


@county_group.command("create")
@click.argument("code")
@click.argument("name")
@click.option("--admin", "username", default="admin", show_default=True, help="User name of the first admin.")
@click.option("--admin-name", default="管理员", show_default=True, help="The admin's own name.")
def create(code: str, name: str, username: str, admin_name: str) -> None:
    """Create the county CODE (six digits of GB/T 2260) called NAME, and its first admin with a one-time password."""
    try:
        password = create_county(
            code=code, name=name, username=username, admin_name=admin_name, today=today(),
            actor=system_actor("flask county create"), at=now(),
        )  # fmt: skip
    except Refusal as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
    click.echo(f"已建立{name}（{code}）。管理员 {username} 的一次性密码：{password}")
    click.echo("第一次登录后要改密码。请当面或用可靠的方式交给本人，这里不再显示。")
