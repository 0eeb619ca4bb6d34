"""Register entries as JSON: the same scope, filters and masks as the pages. Errors are problem documents (RFC 9457)."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from api.blueprint import bp
from models.forms import Form
from models.records import Record
from queries import records, registers
from queries.forms import form_by_key
from queries.indexing import shape
from services.refusals import Refusal
from shell import i18n
from shell.access import actor, requires

OPERATORS = frozenset({"eq", "in", "ge", "le", "contains", "empty"})
KEPT = frozenset({"q", "sort", "limit"})
PAGE, MOST = 50, 200


class WrongQuestion(Refusal):
    """An address that names no field, operator or number."""

    status = 400

    def __init__(self, name: str) -> None:
        super().__init__(_l("地址里的“%(name)s”不是这张表单的字段或条件。", name=name[:100]))


@bp.get("/forms/<key>/records")
@requires("record:list")
def list_records(key: str) -> Response:
    """Answer a page of records. Filters are `f.<fid>=value` or `f.<fid>.<operator>=value`; `next` leads on."""
    form = _form(key)
    asked = _asked(form, request.args)
    found = records.page(form, actor(), asked)
    return jsonify(
        items=_told(form, found.records),
        count=int(found.count),
        count_is_lower_bound=found.count.more,
        next=_next(key, found.next),
    )


@bp.get("/forms/<key>/records/<int:record_id>")
@requires("record:list")
def get_record(key: str, record_id: int) -> Response:
    """Answer one record; one outside the scope is as unknown as one that never was."""
    form = _form(key)
    record = records.get_record(form, record_id, actor())
    if record is None:
        abort(404)
    return jsonify(_told(form, [record])[0])


def _form(key: str) -> Form:
    form = form_by_key(key, actor(), "record:list")
    if form is None or form.current_version is None:
        abort(404)
    return form


def _asked(form: Form, args: MultiDict[str, str]) -> records.Request:
    sort = args.get("sort", "")
    fids = {item.fid for item in registers.columns(form)}
    if sort and sort.removeprefix("-") not in fids:
        raise WrongQuestion(f"sort={sort}")
    return records.Request(
        filters=tuple(_filter(name, args.getlist(name), fids) for name in args if name.startswith("f.")),
        search=args.get("q", ""),
        sort=sort.removeprefix("-") or None,
        descending=sort.startswith("-"),
        after=args.get("after", ""),
        limit=min(max(args.get("limit", PAGE, type=int), 1), MOST),
    )


def _filter(name: str, values: list[str], fids: set[str]) -> records.Filter:
    fid, _dot, operator = name.removeprefix("f.").partition(".")
    operator = operator or ("eq" if len(values) == 1 else "in")
    if fid not in fids or operator not in OPERATORS:
        raise WrongQuestion(name)
    return records.Filter(fid, operator, tuple(values))


def _told(form: Form, found: list[Record]) -> list[dict[str, Any]]:
    items = registers.columns(form)
    keys = [item.key for item in items]
    cells = registers.table(found, [item.fid for item in items], known=shape(form.id), locale=i18n.locale())
    return [_record(record, dict(zip(keys, row, strict=True))) for record, row in zip(found, cells, strict=True)]


def _record(record: Record, cells: dict[str, registers.Cell]) -> dict[str, Any]:
    return {
        "id": record.id,
        "number": record.number,
        "version": record.version,
        "state": record.state,
        "row_version": record.row_version,
        "created_at": record.created_at.isoformat(),
        "updated_at": record.updated_at.isoformat(),
        "place": {"county": record.county_id, "town": record.town_id, "village": record.village_id},
        "answers": {key: _cell(cell, record) for key, cell in cells.items()},
    }


def _cell(cell: registers.Cell, record: Record) -> dict[str, Any]:
    if cell.state != registers.CellState.FILLED:
        return {"state": cell.state, "value": None, "text": ""}
    value = cell.text if cell.masked else record.answers[cell.fid]
    return {"state": cell.state, "value": value, "text": cell.text, "masked": cell.masked}


def _next(key: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    asked = request.args.to_dict(flat=False)
    kept: dict[str, Any] = {name: asked[name] for name in asked if name in KEPT or name.startswith("f.")}
    return url_for("api.list_records", key=key, after=cursor, **kept)
