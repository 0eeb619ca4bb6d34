"""The quarterly budgets of the villages: what was allotted, awarded and left; allotting more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from desk.typed import typed_number
from queries.budgets import budgets, days_of, quarter_of
from queries.orgs import unit_names, villages
from queries.unit_journals import ALLOT, PAGE, allotments
from services.budgets import allot_all
from services.refusals import NotAllowed, NotFound, Refusal
from shell import clock
from shell.access import actor, requires
from shell.paging import before_asked
from shell.uids import sent_uid


@bp.get("/coins/budgets")
@requires("coin:list")
def coin_budgets() -> str:
    quarter = request.args.get("quarter", "")
    try:
        days_of(quarter)
    except ValueError:
        quarter = quarter_of(clock.today())
    return _budgets(quarter)


@bp.post("/coins/budgets")
@requires(ALLOT)
def allot_budgets() -> Any:
    """Add to the budgets of the quarter that runs now."""
    quarter = quarter_of(clock.today())
    try:
        amounts = {
            village: amount
            for village in villages(actor(), ALLOT, on=clock.today())
            if (amount := typed_number(f"v{village.id}"))
        }
        coins = allot_all(
            amounts, quarter=quarter, uid=sent_uid(), actor=actor(), at=clock.now(), today=clock.today()
        )  # fmt: skip
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        return _budgets(quarter, said=str(refusal)), refusal.status
    flash(_("已下达 %(n)s 道德币。", n=coins), "success")
    return redirect(url_for("desk.coin_budgets", town=request.args.get("town") or None), 303)


def _budgets(quarter: str, said: str = "") -> str:
    who, now, today = actor(), quarter_of(clock.today()), clock.today()
    found = villages(who, "coin:list", on=today)
    towns = unit_names(village.town_id for village in found if village.town_id)
    town_id = next((town for town in towns if str(town) == request.args.get("town")), None)
    may = {village.id for village in villages(who, ALLOT, on=today)} if quarter == now else set()
    allotted, older = allotments(who, quarter, town_id=town_id, before=before_asked())
    return render_template(
        "desk/claims/budgets.html", quarter=quarter, may=may, said=said, typed=request.form, uid=sent_uid(), now=now,
        rows=budgets([village for village in found if town_id in {None, village.town_id}], quarter),
        towns=towns, town_id=town_id, before=quarter_of(days_of(quarter)[0] - timedelta(days=1)),
        may_allot=who.can(ALLOT), allotted=allotted, older=older, size=PAGE,
    )  # fmt: skip
