"""Figures of 道德币 for leaders, officials and auditors: by month, by place, by item; as a page and as a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, render_template, request, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from models.base import db
from models.orgs import OrgUnit
from queries import coin_figures as reads
from queries.exports import TYPES
from queries.periods import SPANS, USUAL_SPAN, span_months
from queries.units import place_asked
from services.coin_figures import export_figures
from shell import clock
from shell.access import actor, requires
from shell.downloads import download

NAMES = ("span", "from", "to", "place")
LONGEST = 10  # of what an address says about a span or a place


@bp.get("/coins/figures")
@requires(reads.SEE)
def coin_figures() -> str:
    asked = _asked()
    span = _span(asked)
    figures, cut = _figures(asked, span)
    return render_template(
        "desk/coin_figures.html", figures=figures, asked=asked, span=span, cut=cut, spans=SPANS, reads=reads,
        address=lambda endpoint="desk.coin_figures", **changes: _address(asked, endpoint, **changes),
        days=reads.days_of_month, may_export=actor().can("coin:export"), chart_of=reads.chart_of,
    )  # fmt: skip


@bp.get("/coins/figures/export")
@requires("coin:export")
def coin_figures_file() -> Response:
    """Send all tables of the page as one."""
    asked, kind = _asked(), request.args.get("type", "xlsx")
    figures, _cut = _figures(asked, _span(asked))
    if kind not in TYPES or not figures.roots:
        abort(404)
    unit = db.session.get_one(OrgUnit, figures.roots[0].id)
    sheet = reads.sheet_of(figures, _("道德币统计"))
    made = export_figures(unit, sheet, kind=kind, actor=actor(), at=clock.now(), today=clock.today())
    return download(made.content, made.content_type, made.filename)


def _asked() -> dict[str, str]:
    return {name: request.args[name][:LONGEST] for name in NAMES if request.args.get(name)}


def _span(asked: dict[str, str]) -> str:
    return asked["span"] if asked.get("span") in SPANS else USUAL_SPAN


def _figures(asked: dict[str, str], span: str) -> tuple[reads.CoinFigures, bool]:
    """Return the figures asked for, and whether more months were asked than fit."""
    first, last, cut = span_months(span, asked, f"{clock.today():%Y-%m}")
    return reads.CoinFigures(actor(), reads.Question(first, last, place_asked(asked))), cut


def _address(asked: dict[str, str], endpoint: str, **changes: Any) -> str:
    given = {name: value for name, value in {**asked, **changes}.items() if value}
    return f"{url_for(endpoint)}?{urlencode(given)}"
