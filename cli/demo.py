"""`flask demo`: fill an empty database with the demo county, its accounts, forms and entries."""

from __future__ import annotations

from datetime import timedelta

import click
from flask.cli import with_appcontext

from models.access import system_actor
from services import demo
from services.demo_coins import seed_coins
from services.demo_county import ACCOUNTS, PASSWORD
from services.messages import deliver_waiting
from shell.clock import now, today

BEFORE = timedelta(days=40)


@click.command("demo")
@with_appcontext
def demo_command() -> None:
    """Fill an empty database with the demo county; does nothing where there is data."""
    if not demo.is_empty():
        click.echo("数据库里已有数据，不再写入演示数据。")
        return
    seed()
    click.echo(f"演示数据已写入。演示账号：{'、'.join(account[0] for account in ACCOUNTS)}；密码都是 {PASSWORD}")


def seed() -> None:
    """Seed everything, each part one act."""
    actor, at = system_actor("demo"), now()
    begun = at - BEFORE  # set up before the first entry, so that the audit chain reads in the order of time
    demo.seed_county(actor=actor, at=begun)
    demo.seed_accounts(actor=actor, at=begun)
    demo.seed_people(at=begun)
    demo.seed_records(demo.seed_forms(actor=actor, at=begun), at=at)
    seed_coins(actor=actor, at=at, today=today())
    deliver_waiting(at=at)  # notices of long ago must not look like a queue that stands still
