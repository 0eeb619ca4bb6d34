"""Register entries as JSON: the same scope, acts and masks as the pages. Errors are problem documents (RFC 9457)."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, abort, jsonify, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import PreconditionFailed, PreconditionRequired

from api.answers import Reading, refused
from api.blueprint import bp
from api.body import Pointed, body
from api.told import envelope, told
from engine.definition import Definition
from models.forms import Form
from models.records import Record
from queries import records, registers
from queries.conditions import understand
from queries.forms import definition, form_by_key
from queries.indexing import shape
from queries.rights import entry_rights, rights_on
from services import records as acts
from services.access import may
from services.refusals import Refusal, Stale
from services.submissions import submit_once
from shell import i18n
from shell.access import actor, requires
from shell.clock import now, today

KEPT = frozenset({"q", "sort", "limit"})
PAGE, MOST = 50, 200
KEY_LENGTH = 255


class WrongQuestion(Refusal):
    """An address that names no field, operator or value."""

    status = 400

    def __init__(self, name: str) -> None:
        super().__init__(_l("地址里的“%(name)s”不是这张表单能用的条件，或者值写得不对。", name=name[:100]))


class KeyMissing(Refusal):
    """A new entry without a key of its own."""

    status = 400
    message = _l("新增时要在请求头里带一个幂等键，每次提交各用一个，网络中断后可以放心重发。")


@bp.get("/forms/<key>/records")
@requires("record:list")
def list_records(key: str) -> Response:
    """Answer a page of records. Filters are `f.<key>=value` or `f.<key>.<operator>=value`; `next` leads on."""
    form = form_of(key, "record:list")
    asked = _asked(form, request.args)
    found = records.page(form, actor(), asked)
    if asked.after and found.first:
        raise WrongQuestion("after")
    return jsonify(
        items=told(form, found.records),
        count=int(found.count),
        count_is_lower_bound=found.count.more,
        next=_next(key, found.next),
    )


@bp.get("/forms/<key>/records/<int:record_id>")
@requires("record:list")
def get_record(key: str, record_id: int) -> Response:
    """Answer one record; one outside the scope is as unknown as one that never was."""
    form = form_of(key, "record:list")
    return _shown(form, _record(form, record_id, "record:list"))


@bp.post("/forms/<key>/records")
@requires("record:create")
def create_record(key: str) -> Response:
    """Enter a record under the `Idempotency-Key` of the request: 201, or 200 for the same request again."""
    form = form_of(key, "record:create")
    once = request.headers.get("Idempotency-Key", "").strip()
    if not 0 < len(once) <= KEY_LENGTH or not once.isascii() or not once.isprintable():
        raise KeyMissing
    sent = body("version", "answers")
    number = sent.get("version", form.current_version)
    asked = _version(form, number)
    reading = Reading(entry_rights(form.id, actor()).edit)
    raw = reading.level(asked.live_items, sent.get("answers"), "/answers")
    reading.settled()
    whole = json.dumps([key, sent], sort_keys=True, default=str)
    try:
        record, fresh = submit_once(
            form, key=once, request=whole, version=int(number or 0), raw=raw, actor=actor(), at=now(), today=today(),
            locale=i18n.locale(),
        )  # fmt: skip
    except acts.AnswersRefused as refusal:
        raise refused(asked, refusal.outcome) from refusal
    response = _shown(form, record)
    response.headers["Location"] = url_for("api.get_record", key=key, record_id=record.id)
    response.status_code = 201 if fresh else 200
    return response


@bp.route("/forms/<key>/records/<int:record_id>", methods=["PATCH", "PUT"])
@requires("record:edit")
def change_record(key: str, record_id: int) -> Response:
    """Change a record against the version in `If-Match`: PATCH the answers sent, PUT all of them."""
    form = form_of(key, "record:edit")
    record = _record(form, record_id, "record:edit")
    _match(record)
    sent = body("answers", "reason")
    asked = definition(form.id, record.version)
    reading = Reading(rights_on(record, actor()).edit)
    raw = reading.level(asked.live_items, sent.get("answers"), "/answers")
    reading.settled()
    raw = reading.merged(asked.live_items, record.answers, raw, whole=request.method == "PUT")
    try:
        acts.change_record(
            record, raw=raw, row_version=record.row_version, emptied=reading.emptied, reason=_reason(sent),
            actor=actor(), at=now(), today=today(), locale=i18n.locale(),
        )  # fmt: skip
    except Stale as refusal:
        raise PreconditionFailed from refusal
    except acts.AnswersRefused as refusal:
        raise refused(asked, refusal.outcome) from refusal
    return _shown(form, record)


@bp.post("/forms/<key>/records/<int:record_id>/void")
@requires("record:delete")
def void_record(key: str, record_id: int) -> Response:
    """Take a record out of use, with the reason in the body."""
    form = form_of(key, "record:delete")
    record = _record(form, record_id, "record:delete")
    reason = _reason(body("reason"))
    return _shown(form, acts.void_record(record, reason=reason, actor=actor(), at=now()))


def form_of(key: str, permission: str) -> Form:
    """Return a form that was published at least once, or answer 404."""
    form = form_by_key(key, actor(), permission)
    if form is None or form.current_version is None:
        abort(404)
    return form


def _record(form: Form, record_id: int, permission: str) -> Record:
    record = records.get_record(form, record_id, actor(), permission)
    if record is None:
        abort(404)
    return record


def _shown(form: Form, record: Record) -> Response:
    """Answer a record with its ETag; without answers where this token or role may enter and not read."""
    readable = may(actor(), "record:list", record)
    response = jsonify(told(form, [record])[0] if readable else envelope(record))
    response.set_etag(str(record.row_version))
    return response


def _match(record: Record) -> None:
    if "If-Match" not in request.headers:
        raise PreconditionRequired
    if not request.if_match.contains(str(record.row_version)):
        raise PreconditionFailed


def _version(form: Form, number: Any) -> Definition:
    known = shape(form.id).definitions
    if type(number) is not int or number not in known:
        raise Pointed([("/version", _l("这张表单没有这个版本。"))])
    return known[number]


def _reason(sent: dict[str, Any]) -> str:
    reason = sent.get("reason", "")
    if not isinstance(reason, str):
        raise Pointed([("/reason", _l("原因要用文字写。"))])
    return reason


# ---------- what a list is asked for ----------


def _asked(form: Form, args: MultiDict[str, str]) -> records.Request:
    open_ = registers.searchable(form, actor())
    items = [item for item in registers.columns(form, actor()) if item.fid in open_]
    fids = {item.fid: item.fid for item in items} | {item.key: item.fid for item in items}
    sort = args.get("sort", "")
    return records.Request(
        filters=tuple(_filter(form, name, args.getlist(name), fids) for name in args if name.startswith("f.")),
        search=args.get("q", ""),
        sort=_sort(form, sort, fids) if sort else None,
        descending=sort.startswith("-"),
        after=args.get("after", ""),
        limit=_limit(args.get("limit", str(PAGE))),
    )


def _filter(form: Form, name: str, values: list[str], fids: dict[str, str]) -> records.Filter:
    key, _dot, operator = name.removeprefix("f.").partition(".")
    asked = records.Filter(fids.get(key, ""), operator or ("eq" if len(values) == 1 else "in"), tuple(values))
    understood = understand(records.Request(filters=(asked,)), shape(form.id))  # which leaves out what it cannot ask
    if not understood.conditions and not understood.words:
        raise WrongQuestion(name)
    return asked


def _sort(form: Form, sort: str, fids: dict[str, str]) -> str:
    fid = fids.get(sort.removeprefix("-"), "")
    field = shape(form.id).fields.get(fid)
    if field is None or not field.sortable:
        raise WrongQuestion(f"sort={sort}")
    return fid


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= MOST:
        raise WrongQuestion(f"limit={text}")
    return int(text[:5])


def _next(key: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    asked = request.args.to_dict(flat=False)
    kept: dict[str, Any] = {name: asked[name] for name in asked if name in KEPT or name.startswith("f.")}
    return url_for("api.list_records", key=key, after=cursor, **kept)
