"""`flask forms reindex`, `flask forms check-index`: derived data of registers, rebuilt or compared."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
from flask.cli import AppGroup

from models.access import system_actor
from models.base import db
from models.forms import Form
from queries.index_check import check_index, forms_in_use
from services.reindexing import reindex
from shell import clock

SAMPLE = 1_000
forms_group = AppGroup("forms", help="Configured registers.")


def _forms(key: str | None) -> Iterator[Form]:
    ids = [form.id for form in forms_in_use(key)]
    if key and not ids:
        raise click.ClickException(f"没有键名为 {key} 的已发布表单。")
    return (db.session.get_one(Form, ident) for ident in ids)


@forms_group.command("reindex")
@click.argument("key", required=False)
def reindex_command(key: str | None) -> None:
    """Rebuild side index, word index and counters of one register, or of all."""
    for form in _forms(key):
        title = form.title
        mended = reindex(form, actor=system_actor("flask forms reindex"), at=clock.now())
        click.echo(f"{title}：索引已核对，修正 {mended} 条。")


@forms_group.command("check-index")
@click.argument("key", required=False)
@click.option("--sample", default=SAMPLE, show_default=True, help="how many records of each register to compare")
@click.option("--seed", default=1, show_default=True, help="which sample")
def check_command(key: str | None, sample: int, seed: int) -> None:
    """Compare a sample of records with their index, and the counters; exit 1 on a difference."""
    broken = False
    for form in _forms(key):
        checked = check_index(form, sample=sample, seed=seed)
        click.echo(f"{form.title}：核对 {checked.records} 条，{len(checked.problems)} 处不符。")
        for problem in checked.problems:
            click.echo(f"  {problem}", err=True)
        broken = broken or bool(checked.problems)
    sys.exit(1 if broken else 0)
