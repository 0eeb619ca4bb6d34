"""`flask pack export|diff|apply`: forms, categories and views of one county for another."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click
from flask.cli import AppGroup

from cli.counties import county_id
from models.access import system_actor
from services.packs import Line, PackRefused, State, apply_pack, compare, export_pack, read_pack
from services.refusals import Refusal
from shell.clock import now, today

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
WORDS = {State.NEW: "新增", State.SAME: "相同", State.CHANGED: "更新", State.REFUSED: "不能采用"}
SECTIONS = {"forms": "表单", "roles": "角色", "categories": "类别", "views": "视图", "templates": "工作簿"}
pack_group = AppGroup("pack", help="Packs of configuration.")
_county = click.option("--county", "code", default="", help="Code of the county; not needed where there is only one.")


@pack_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--form", "keys", multiple=True, help="Key of a form; may be repeated. Without it all forms in use.")
@_county
def export(file: Path, keys: tuple[str, ...], code: str) -> None:
    """Write a county's pack to FILE."""
    actor = system_actor("flask pack export")
    try:
        made = export_pack(county_id(code), keys=list(keys) or None, actor=actor, at=now())
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
    file.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    click.echo(f"已导出 {len(made['forms'])} 张表单、{len(made['categories'])} 个类别、{len(made['views'])} 个视图。")


@pack_group.command("diff")
@click.argument("file", type=FILE)
@_county
def diff(file: Path, code: str) -> None:
    """Say what applying FILE would do; exit 1 when something could not be taken over."""
    try:
        lines = compare(read_pack(file.read_bytes()), county_id(code), actor=system_actor("flask pack diff"))
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
    _say(lines)
    sys.exit(1 if any(line.state == State.REFUSED for line in lines) else 0)


@pack_group.command("apply")
@click.argument("file", type=FILE)
@click.option("--publish", is_flag=True, help="Publish the forms; otherwise they become drafts.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@_county
def apply(file: Path, code: str, *, publish: bool, dry_run: bool) -> None:
    """Take FILE over, whole or not at all."""
    actor, county = system_actor("flask pack apply"), county_id(code)
    try:
        document = read_pack(file.read_bytes())
        if dry_run:
            _say(compare(document, county, actor=actor))
            return
        lines = apply_pack(document, county, publish=publish, actor=actor, at=now(), today=today())
    except PackRefused as refused:
        click.echo(str(refused), err=True)
        _say(refused.lines)
        sys.exit(1)
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
    _say(lines)
    click.echo("配置包已采用。")


def _say(lines: Iterable[Line]) -> None:
    for line in lines:
        click.echo(f"{WORDS[line.state]}  {SECTIONS[line.section]}  {line.name}")
        for detail in line.details:
            click.echo(f"      {detail}")
