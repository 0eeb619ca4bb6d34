"""`flask ledger audit|check|close|expire|export|recount`: the coin ledger, for operators."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import click
from flask.cli import AppGroup

from cli.counties import county_id
from models.access import system_actor
from models.base import db
from models.orgs import OrgUnit
from queries.beancount import write_beancount
from queries.ledger_audit import audit_ledger
from queries.ledger_head import plain_hash, proved_hash
from services.coin_figures import recount
from services.coins import close_month
from services.expiry import expire
from services.refusals import Refusal
from shell.clock import now, today

ledger_group = AppGroup("ledger", help="The coin ledger.")
_county = click.option("--county", "code", default="", help="Code of the county; not needed where there is only one.")


@ledger_group.command("audit")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--since", default=0, show_default=True, help="Walk the chain only behind this journal.")
def audit(*, as_json: bool, since: int) -> None:
    """Check the fifteen invariants; exit 1 on any breach."""
    found = audit_ledger(since=since)
    if as_json:
        click.echo(json.dumps(found.document(), ensure_ascii=False))
    else:
        for breach in found.breaches:
            click.echo(str(breach), err=True)
        click.echo(
            f"核对 {found.journals} 笔流水，{len(found.breaches)} 处不符。末笔 {found.head_id}，{found.head_hash}"
        )
    sys.exit(1 if found.breaches else 0)


@ledger_group.command("check")
@click.argument("number", type=int)
@click.argument("typed", metavar="HASH")
def check(number: int, typed: str) -> None:
    """Compare the head that a paper names (NUMBER and HASH) with the ledger; exit 1 where they differ."""
    if proved_hash(number) != plain_hash(typed):
        raise click.ClickException(f"和账本对不上：流水 {number} 的校验码不是纸上写的。")
    click.echo(f"一致：流水 {number} 的校验码和纸上写的一样。")


@ledger_group.command("close")
@click.argument("ym")
@_county
def close(ym: str, code: str) -> None:
    """Close the month YM (2026-11) of a county."""
    county = db.session.get_one(OrgUnit, county_id(code))
    try:
        closed = close_month(county, ym, actor=system_actor("flask ledger close"), at=now(), today=today())
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo(f"{closed.ym} 已结账。末笔 {closed.head_id}，校验码 {closed.head_hash}")


@ledger_group.command("expire")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
def expire_command(day: object) -> None:
    """Take away the coins whose last day is DAY or earlier; a second run takes nothing."""
    on = date.fromisoformat(f"{day:%Y-%m-%d}")
    if on > today():
        raise click.ClickException("不能清算还没有到的日子。")
    households, total = expire(on, actor=system_actor("flask ledger expire"), at=now(), today=today())
    click.echo(f"{households} 户，共 {total} 道德币到期。")


@ledger_group.command("recount")
def recount_command() -> None:
    """Write the counters of statistics anew from the journals."""
    wrong = recount(actor=system_actor("flask ledger recount"), at=now())
    click.echo(f"统计已按流水重新计算，改正 {wrong} 处。")


@ledger_group.command("export")
@click.option("--beancount", "folder", required=True, type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> None:
    """Write the whole ledger as plain text with balance assertions, as Beancount reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "ledger.beancount"
    with target.open("w", encoding="utf-8") as out:
        journals = write_beancount(out)
    click.echo(f"已导出 {journals} 笔流水到 {target}。")
