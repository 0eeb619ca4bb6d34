"""`flask forms import|export|check`: forms as XLSForm workbooks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from cli.counties import county_id
from models.access import system_actor
from models.forms import Form
from queries.forms import form_of_county
from queries.xlsforms import open_marks
from services.forms import DefinitionRefused, NotPublishable, publish_form
from services.refusals import Refusal
from services.xlsforms import XlsformRefused, check_workbook, export_workbook, import_into, import_new
from shell.clock import now

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("check")
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Look a workbook through; exit 1 and name every cell that keeps it from being a form."""
    checked = check_workbook(file.read_bytes())
    for mark in checked.reading.marks if checked.reading else ():
        click.echo(f"{mark.cell}：{mark.message}（{'要处理' if mark.blocking else '仅提示'}）")
    for finding in checked.findings:
        click.echo(f"{finding.cell or file.name}：{finding.message}", err=True)
    if not checked.ok:
        sys.exit(1)
    click.echo("工作簿没有问题。")


@click.command("import")
@click.argument("file", type=FILE)
@click.option("--county", "code", default="", help="Code of the county; not needed where there is only one.")
@click.option("--key", default="", help="Key of the form; a form that has it gets the workbook as its draft.")
@click.option("--publish", is_flag=True, help="Publish what was imported.")
def import_command(file: Path, code: str, key: str, *, publish: bool) -> None:
    """Make a form of a workbook, or the draft of a form; exit 1 and name every cell when it is none."""
    actor, county = system_actor("flask forms import"), county_id(code)
    content, at = file.read_bytes(), now()
    known = form_of_county(county, key) if key else None
    try:
        form = known or import_new(county, content, name=file.name, key=key, actor=actor, at=at)
        if known:
            import_into(form, content, name=file.name, row_version=form.row_version, actor=actor, at=at)
        click.echo(f"已导入“{form.title}”，标识 {form.key}。")
        if publish:
            version = publish_form(form, row_version=form.row_version, actor=actor, at=at)
            click.echo(f"已发布第 {version.number} 版。")
    except Refusal as refusal:
        _refuse(refusal)
    for mark in open_marks(form.id):
        click.echo(f"{mark.cell}：{mark.message}（{'要处理' if mark.blocking else '仅提示'}）")


@click.command("export")
@click.argument("key")
@click.option("--xlsx", "target", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where to.")
@click.option("--county", "code", default="", help="Code of the county; not needed where there is only one.")
@click.option("--fresh", is_flag=True, help="A new workbook, not the one it was imported from.")
def export_command(key: str, target: Path, code: str, *, fresh: bool) -> None:
    """Write a form's draft as a workbook."""
    form = _form(key, county_id(code))
    target.write_bytes(export_workbook(form, afresh=fresh, actor=system_actor("flask forms export")))
    click.echo(f"已导出“{form.title}”到 {target}。")


def _refuse(refusal: Refusal) -> None:
    click.echo(str(refusal), err=True)
    said: list[Any] = []
    if isinstance(refusal, XlsformRefused):
        said = [
            f"{finding.cell}：{finding.message}" if finding.cell else finding.message for finding in refusal.findings
        ]
    elif isinstance(refusal, DefinitionRefused):
        said = list(refusal.messages)
    elif isinstance(refusal, NotPublishable):
        said = list(refusal.reasons)
    for line in said:
        click.echo(f"  {line}", err=True)
    sys.exit(1)


def _form(key: str, county: int) -> Form:
    found = form_of_county(county, key)
    if found is None:
        raise click.ClickException(f"没有标识为 {key} 的表单。")
    return found


workbook_commands = (check, import_command, export_command)
