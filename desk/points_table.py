"""The daily table of points, one row per household."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from desk.typed import typed_number, wrong_number
from forms.claims import told
from models.orgs import OrgUnit
from models.people import Household
from models.point_rules import RuleItem
from queries.awards import REVERSE
from queries.claims import households_of
from queries.orgs import villages
from queries.point_rules import EARN, claimable
from services.points_drafts import Typed, keep_table, kept_table
from services.points_table import Row, RowsRefused, enter_rows, posts_at_once
from services.refusals import NotAllowed, NotFound, Refusal
from shell import clock
from shell.access import actor, requires
from shell.i18n import moment
from shell.uids import sent_uid


@bp.route("/claims/table", methods=["GET", "POST"])
@requires("claim:list")
def points_table() -> Any:
    """Choose an item on top, type points down the column; one save takes all rows or none."""
    village = _village()
    items = [] if village is None else _items(village)
    item = next((one for one in items if str(one.id) == request.values.get("item", "")), items[0] if items else None)
    shown = list(households_of(village.id, actor())) if village and item else []
    errors: Mapping[int, Any] = {}
    said, status = "", 200
    if request.method == "POST":
        if item is None or village is None:
            abort(404)
        at_once = posts_at_once(item, village, actor())
        ids = village.id, item.id
        try:
            n = _save(item, shown)
        except (NotAllowed, NotFound):
            raise
        except RowsRefused as refused:
            errors, said, status = refused.rows, str(refused), refused.status
        except Refusal as refusal:
            said, status = str(refusal), refusal.status
        else:
            flash(
                _("已入账 %(n)s 户。", n=n) if at_once else _("已申报 %(n)s 户，接下来等评议和审批。", n=n), "success"
            )
            return redirect(url_for("desk.points_table", village=ids[0], item=ids[1]), 303)
        village, items = _must(), _items(_must())
        item = next(one for one in items if one.id == ids[1])
        shown = list(households_of(ids[0], actor()))
    typed, came_back = _table(village, item)
    return render_template(
        "desk/claims/table.html", village=village, villages=_villages(), items=items, item=item, rows=shown,
        errors=errors, said=said, told=told, typed=typed, came_back=came_back, today=clock.today(),
        may_reverse=actor().can(REVERSE),
        at_once=bool(item and village and posts_at_once(item, village, actor())),
    ), status  # fmt: skip


@bp.post("/claims/table/autosave")
@requires("claim:file")
def keep_points_table() -> Any:
    """Keep the table as it is typed; nothing of it is posted."""
    village, at = _must(), clock.now()
    item = next((one for one in _items(village) if str(one.id) == request.form.get("item", "")), None)
    if item is None:
        abort(404)
    shown = households_of(village.id, actor())
    told = {
        kind: {str(one.id): text for one in shown if (text := _text(f"{kind}{one.id}"))} for kind in ("p", "n")
    }  # fmt: skip
    typed = Typed(sent_uid(), _text("done_on")[:10], _text("what"), told["p"], told["n"])
    keep_table(village, item, typed, actor=actor(), at=at)
    return jsonify(saved_at=moment(at)[-5:])


def _items(village: OrgUnit) -> list[RuleItem]:
    return [one for one in claimable(village, clock.today(), actor()) if _fits(one)]


def _table(village: OrgUnit | None, item: RuleItem | None) -> tuple[Typed, bool]:
    """Return what stands in the table, and whether it was kept from an earlier visit."""
    if request.method == "GET" and village and item and (kept := kept_table(village, item, actor=actor())):
        return kept, True
    fields = request.form
    points, notes = ({name[1:]: fields[name] for name in fields if name[:1] == kind} for kind in "pn")
    return Typed(sent_uid(), fields.get("done_on") or clock.today().isoformat(), _text("what"), points, notes), False


def _fits(item: RuleItem) -> bool:
    """Tell whether an item can be entered by the row: nothing about one member, no photograph, no deduction."""
    return item.direction == EARN and item.evidence != "photo" and item.cap_person_month is None


def _villages() -> list[OrgUnit]:
    return list(villages(actor(), "claim:list", on=clock.today()))


def _village() -> OrgUnit | None:
    """Return the village that was asked for, or the first of the scope. Answers 404 for one beyond it."""
    found, asked = _villages(), request.values.get("village", "")
    if not asked:
        return found[0] if found else None
    return next((one for one in found if str(one.id) == asked), None) or abort(404)


def _must() -> OrgUnit:
    return _village() or abort(404)


def _save(item: RuleItem, shown: list[Household]) -> int:
    try:
        done_on = date.fromisoformat(request.form.get("done_on", ""))
    except ValueError as error:
        raise Refusal(_("日期不对，请重新选择。")) from error
    wrong = {one.id: _("分值要是 1 以上的整数。") for one in shown if wrong_number(f"p{one.id}")}
    if wrong:
        raise RowsRefused(wrong)
    rows = [Row(one, points, _text(f"n{one.id}")) for one in shown if (points := typed_number(f"p{one.id}"))]
    who: dict[str, Any] = {"actor": actor(), "at": clock.now(), "today": clock.today()}
    return enter_rows(item, rows, what=_text("what"), done_on=done_on, uid=sent_uid(), **who)


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\0", "").strip()[:200]
