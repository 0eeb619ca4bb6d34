"""A household's statement over some months, for officials and for the household itself: on the page and as PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from desk.letters import sent_as_pdf
from models.people import Household
from queries.awards import openable
from queries.budgets import days_of, quarter_of
from queries.journal_sheet import KINDS
from queries.periods import days_of_month, months_between
from queries.purses import own_household
from queries.scope import covers, get_in_scope
from queries.settings import county_title
from queries.statements import Move, Statement, statement_of
from queries.stations import LARGEST_ID
from services.downloads import note_statement
from services.letters import Letter, Part
from services.personal import mask_name
from shell import clock
from shell.access import actor, requires
from shell.i18n import moment

OWN, OTHERS = "own:coins", "coin:export"
MONTHS_MOST = 36


@dataclass(frozen=True)
class Span:
    """The months asked for, as days up to today, and what is wrong with what was asked."""

    first: date
    last: date
    said: str = ""


@bp.get("/coins/households/<int:household_id>/statement")
@requires(OTHERS)
def household_statement(household_id: int) -> Any:
    household = _household(household_id)
    page, pdf = (url_for(f"desk.household_statement{ending}", household_id=household_id) for ending in ("", "_pdf"))
    return _page(household, page, pdf)


@bp.get("/coins/households/<int:household_id>/statement.pdf")
@requires(OTHERS)
def household_statement_pdf(household_id: int) -> Response:
    """Send the statement; who took it away is audited like any export."""
    found = _asked(_household(household_id))
    sent = sent_as_pdf(_letter(found, [_("经办人签字"), _("村（社区）盖章")]), _filename(found))
    note_statement(
        found.household, first=found.first, last=found.last, count=len(found.moves), actor=actor(), at=clock.now()
    )
    return sent


@bp.get("/own/coins/statement")
@requires(OWN)
def own_statement() -> Any:
    household = own_household(actor())
    if household is None:
        return render_template("desk/own/none.html")
    return _page(household, url_for("desk.own_statement"), url_for("desk.own_statement_pdf"))


@bp.get("/own/coins/statement.pdf")
@requires(OWN)
def own_statement_pdf() -> Response:
    found = _asked(own_household(actor()) or abort(404))
    return sent_as_pdf(_letter(found, [_("村（社区）盖章")]), _filename(found))


def _household(household_id: int) -> Household:
    found = get_in_scope(Household, household_id, actor(), OTHERS) if household_id < LARGEST_ID else None
    return found or abort(404)


def _page(household: Household, page: str, pdf: str) -> Any:
    span = _span()
    found = statement_of(household, span.first, span.last)
    shown = render_template(
        "desk/papers/statement.html", found=found, span=span, kinds=KINDS,
        awards=openable([move.number for move in found.moves], actor()),
        page=page, pdf=pdf, name=_name_of(household), office=county_title(household.county_id), at=clock.now(),
        own=request.endpoint == "desk.own_statement", today=clock.today(),
        before=days_of(quarter_of(days_of(quarter_of(span.first))[0] - timedelta(days=1))),
    )  # fmt: skip
    return shown, 422 if span.said else 200


def _asked(household: Household) -> Statement:
    span = _span()
    if span.said:
        abort(404)  # the page says why; nothing links to a file of such months
    return statement_of(household, span.first, span.last)


def _span() -> Span:
    """Read the months asked for; without any, those of the quarter that runs."""
    today = clock.today()
    quarter = Span(days_of(quarter_of(today))[0], today)
    begun, ended = request.args.get("from", ""), request.args.get("to", "")
    if not begun and not ended:
        return quarter
    try:
        first, last = days_of_month(begun or ended)[0], days_of_month(ended or begun)[1]
    except ValueError:
        return Span(quarter.first, today, _("月份不对，请重新选择。"))
    wrong = ""
    if first > last:
        wrong = _("结束的月份不能早于开始的月份。")
    elif first > today:
        wrong = _("这个月还没有开始。")
    elif len(months_between(f"{first:%Y-%m}", f"{last:%Y-%m}")) > MONTHS_MOST:
        wrong = _("一次最多看 %(n)s 个月，请分几次。", n=MONTHS_MOST)
    return Span(quarter.first, today, wrong) if wrong else Span(first, min(last, today))


def _name_of(household: Household) -> str:
    """Return the head's name: in full for the household itself and for those who may read the register."""
    full = request.endpoint in {"desk.own_statement", "desk.own_statement_pdf"}
    full = full or covers(actor(), "household:list", household)
    return household.head_name if full else mask_name(household.head_name)


# ---------- on paper ----------


def _filename(found: Statement) -> str:
    return f"{_('道德币对账单')} {found.household.code} {found.first:%Y-%m}_{found.last:%Y-%m}.pdf"


def _letter(found: Statement, seals: list[str]) -> Letter:
    household = found.household
    village = household.village.name if household.village else ""
    facts = [
        (_("户主"), _name_of(household)), (_("户编号"), household.code),
        (_("期初余额"), str(found.opening)), (_("期末余额"), str(found.closing)),
        (_("其中已预约"), str(found.held)), (_("可用"), str(found.available)),
        (_("欠"), str(found.owed)), (_("打印时间"), moment(clock.now())),
    ]  # fmt: skip
    proof = _("账本末笔 %(n)s，校验码 %(hash)s", n=found.head.number, hash=found.head.hash)
    return Letter(
        title=_("道德币家庭对账单"),
        office=county_title(household.county_id),
        reference=f"{village} {household.code}",
        subtitle=_("%(first)s 至 %(last)s", first=found.first.isoformat(), last=found.last.isoformat()),
        facts=facts,
        parts=[_moves(found), _lots(found), _holds(found)],
        notes=[_("页脚的校验码是打印时账本最后一笔的，凭它可以核对账本后来有没有改动。")],
        seals=seals,
        foot=proof,
    )


def _moves(found: Statement) -> Part:
    owing = found.owes_or_owed
    owed_head, owed_foot = ([_("欠")], [str(found.owed)]) if owing else ([], [])
    heads = [_("日期"), _("事由"), _("规则项目"), _("收入"), _("支出"), _("余额"), *owed_head, _("流水号")]
    total = ["", _("合计"), "", str(found.came), str(found.went), str(found.closing), *owed_foot, ""]
    lines = [_line(move, owing=owing) for move in found.moves]
    figures = range(3, len(heads))
    return Part(_("进出明细"), heads, lines, _("这段时间没有进出"), total, tuple(figures), (1, 2))


def _line(move: Move, *, owing: bool) -> list[str]:
    what = f"{KINDS[move.kind]} {move.memo}".strip()
    figures = [str(move.came or ""), str(move.went or ""), str(move.balance), *([str(move.owed)] if owing else [])]
    return [move.on.isoformat(), what, move.item, *figures, str(move.number)]


def _lots(found: Statement) -> Part:
    lines = [[day.isoformat() if day else _("长期有效"), str(n)] for day, n in found.lots]
    return Part(_("什么时候到期"), [_("最后一天"), _("道德币")], lines, _("现在没有可用的道德币。"), figures=(1,))


def _holds(found: Statement) -> Part:
    lines = [[one.code, one.station, moment(one.expires_at), str(one.amount)] for one in found.holds]
    heads = [_("兑换券"), _("在哪里领"), _("有效到"), _("道德币")]
    return Part(_("已预约，还没有领"), heads, lines, _("没有预约"), figures=(3,), wide=(1,))
