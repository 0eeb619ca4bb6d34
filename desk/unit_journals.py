"""An allotment or a settlement on a page of its own, and taking it back: for who may do the like."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from desk.taking_back import taken_back
from queries.budgets import quarter_of
from queries.unit_journals import ALLOT, SETTLE, UnitJournal, unit_journal
from shell.access import actor, requires
from shell.uids import new_uid


@bp.get("/coins/budgets/<allotment_uid>")
@requires(ALLOT)
def allotment(allotment_uid: str) -> str:
    return _page(_one(allotment_uid, ALLOT))


@bp.post("/coins/budgets/<allotment_uid>/reverse")
@requires(ALLOT)
def reverse_allotment(allotment_uid: str) -> Any:
    """Give back to the county what a village was allotted and has not awarded."""
    return _taken_back(allotment_uid, ALLOT, _("已撤回：这笔额度退回县里，两笔流水都留着。"))


@bp.get("/coins/settlements/<settlement_uid>")
@requires(SETTLE)
def settlement(settlement_uid: str) -> str:
    return _page(_one(settlement_uid, SETTLE))


@bp.post("/coins/settlements/<settlement_uid>/reverse")
@requires(SETTLE)
def reverse_settlement(settlement_uid: str) -> Any:
    """Let a station have again what was settled, to be settled once more."""
    return _taken_back(settlement_uid, SETTLE, _("已撤回：道德币又算站点收到、没有结算的，两笔流水都留着。"))


def _one(uid: str, permission: str) -> UnitJournal:
    return unit_journal(uid, actor(), permission) or abort(404)


def _taken_back(uid: str, permission: str, told: str) -> Any:
    found = _one(uid, permission)

    def page(said: str, reason: str) -> str:
        return _page(_one(uid, permission), said, reason)  # read again: the refused act let go of what was read

    return taken_back(found.journal, page, address=_address(found), told=told)


def _page(found: UnitJournal, said: str = "", reason: str = "") -> str:
    return render_template(
        "desk/claims/unit_journal.html", found=found, said=said, reason=reason, uid=new_uid(),
        action=_address(found, "reverse_"), quarter=quarter_of(found.journal.effective_on),
    )  # fmt: skip


def _address(found: UnitJournal, act: str = "") -> str:
    uid = found.journal.uid
    if found.station_id is None:
        return url_for(f"desk.{act}allotment", allotment_uid=uid)
    return url_for(f"desk.{act}settlement", settlement_uid=uid)
