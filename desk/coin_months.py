"""Closing the months of the coin ledger, for a county's dispatcher; leaders and auditors see which are closed."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from models.orgs import OrgUnit
from queries import coin_figures
from queries import coin_months as reads
from queries.ledger_head import closing_of
from queries.orgs import county_of
from queries.periods import MONTH
from queries.scope import get_in_scope
from services.coins import close_month, refuse_closing
from services.refusals import NotAllowed, NotFound, Refusal
from shell import clock
from shell.access import actor, requires


@bp.get("/coins/months")
@requires(reads.SEE)
def coin_months() -> str:
    months, following = reads.coin_months(_county(reads.SEE).id, clock.today())
    may_close = actor().can(reads.CLOSE)
    return render_template(
        "desk/papers/months.html", months=months, following=following if may_close else None, may_close=may_close,
        figures=coin_figures, now=f"{clock.today():%Y-%m}",
    )  # fmt: skip


@bp.get("/coins/months/<ym>/close")
@requires(reads.CLOSE)
def month_to_close(ym: str) -> Any:
    """Say what closing a month means, and ask for the month in writing; or say why it cannot be closed."""
    county = _asked(ym)
    try:
        refuse_closing(county, ym, today=clock.today())
    except Refusal as refusal:
        return _page(county, ym, said=str(refusal)), refusal.status
    return _page(county, ym)


@bp.post("/coins/months/<ym>/close")
@requires(reads.CLOSE)
def close_coin_month(ym: str) -> Any:
    county = _asked(ym)
    typed = unicodedata.normalize("NFKC", request.form.get("month", "")[:20]).strip()
    try:
        if typed == ym:
            close_month(county, ym, actor=actor(), at=clock.now(), today=clock.today())
        else:
            refuse_closing(county, ym, today=clock.today())
            return _page(county, ym, wrong=True, typed=typed), 422
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        if not _closed_by_me(county.id, ym):
            return _page(county, ym, said=str(refusal)), refusal.status
    flash(_("%(ym)s 已结账。", ym=ym), "success")
    return redirect(url_for("desk.coin_months"), 303)


def _county(permission: str) -> OrgUnit:
    """Return the county whose months the actor closes, or else sees."""
    who = actor()
    ident = county_of(who, reads.CLOSE) or county_of(who, permission)
    return get_in_scope(OrgUnit, ident, who, permission) or abort(404)


def _asked(ym: str) -> OrgUnit:
    if not MONTH.fullmatch(ym):
        abort(404)
    return _county(reads.CLOSE)


def _closed_by_me(county_id: int, ym: str) -> bool:
    """Tell whether the actor has closed the month already: a second click is no refusal."""
    period = closing_of(county_id, ym)
    return period is not None and period.ym == ym and period.closed_by == actor().user_id


def _page(county: OrgUnit, ym: str, *, said: str = "", wrong: bool = False, typed: str = "") -> str:
    return render_template(
        "desk/papers/close_month.html", ym=ym, said=said, wrong=wrong, typed=typed, county=county,
        waiting=None if said else reads.waiting(county.id, ym),
    )  # fmt: skip
