"""What comes before serving: the newest schema, the demo in an empty database, and the refusal of an unsafe one."""

from __future__ import annotations

import click
import sqlalchemy as sa
from flask_migrate import upgrade
from sqlalchemy.exc import DBAPIError

from cli.demo import seed
from config import Settings, UnsafeSettings
from models.access import system_actor
from models.accounts import User
from models.base import db
from queries.health import current_revision
from queries.tallies import uncounted_forms
from services.demo import is_empty
from services.demo_county import ACCOUNTS, PASSWORD
from services.reindexing import reindex
from shell import clock
from shell.schema import expected_revision


def make_ready(settings: Settings) -> None:
    """Migrate the database when it is behind; seed the demo when it is empty, never in production."""
    if not is_current():
        click.echo("正在建立或升级数据库……")
        upgrade()
        count_anew()
    if not settings.production and is_empty():
        click.echo("正在写入演示数据（只在第一次）……")
        seed()
    db.session.remove()  # its connection must not outlive the start


def count_anew() -> None:
    """Count by month what records entered before an upgrade say, so that their statistics are whole."""
    for form in uncounted_forms():
        click.echo(f"正在补算统计：{form.title}……")
        reindex(form, actor=system_actor("flask forms reindex"), at=clock.now())


def is_current() -> bool:
    """Tell whether the database has the newest schema; a database without any has not."""
    try:
        return current_revision() == expected_revision()
    except DBAPIError:
        db.session.rollback()
        return False


def refuse_unsafe(settings: Settings) -> None:
    """Raise UnsafeSettings when production would run on a default secret or with accounts whose password is printed."""
    settings.refuse_unsafe()
    if settings.production and is_current() and has_demo_accounts():
        raise UnsafeSettings("数据库里有演示账号，它们的密码是公开的：正式环境请使用新的数据库，或先停用全部演示账号。")
    db.session.remove()


def has_demo_accounts() -> bool:
    return bool(db.session.scalar(sa.select(sa.exists().where(User.demo, User.active))))


def welcome(host: str, port: int) -> str:
    """Return what the terminal shows when the server is up: the address, and the demo accounts where there are any."""
    lines = ["", f"枝叶已启动：http://{host}:{port}（按 Ctrl-C 停止）"]
    if has_demo_accounts():
        lines += ["", f"演示账号（密码都是 {PASSWORD}）："]
        lines += [f"  {username:<24}{name}" for username, name, *_ in ACCOUNTS]
    db.session.remove()
    return "\n".join([*lines, ""])
