"""A village's month in public, for whoever works with its coins or lives there: on the page, on paper, as PDF."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from flask import Response, abort, render_template, request
from flask_babel import gettext as _

from desk.blueprint import bp
from desk.letters import sent_as_pdf
from models.orgs import OrgUnit
from queries.journal_sheet import KINDS
from queries.ledger_head import agrees, plain_hash
from queries.month_sheets import Addition, MonthSheet, month_sheet, public_villages
from queries.periods import days_of_month, month_before
from queries.public_names import NameStyle, shown_name
from queries.settings import county_title, name_style
from services.letters import Letter, Part
from shell import clock
from shell.access import actor, signed_in
from shell.i18n import moment

EIGHT = 8  # characters of a hash that the eye takes at once


@bp.get("/coins/month-sheet", endpoint="month_sheet")
@signed_in
def month_sheet_page() -> Any:
    """Show the sheet of a village and a month; `hash` is one copied from paper, to be compared with the ledger."""
    village, said = _village(), ""
    ym = _month()
    if ym is None:
        ym, said = _last_month(), _("请选择已经开始的月份。")
    if village is None:
        return render_template("desk/papers/month_sheet.html", sheet=None, may_list=actor().can("coin:list"))
    sheet, typed = month_sheet(village, ym), plain_hash(request.args.get("hash", ""))
    this_month, later = f"{clock.today():%Y-%m}", month_before(ym, -1)
    page = render_template(
        "desk/papers/month_sheet.html", sheet=sheet, said=said, lines=_lines(sheet), villages=_villages(),
        totals=_totals(sheet), typed=typed, same=bool(typed) and agrees(sheet.proof, typed), at=clock.now(),
        office=county_title(village.county_id or 0), before=month_before(ym), this_month=this_month,
        after=later if later <= this_month else "",
    )  # fmt: skip
    return page, 422 if said else 200


@bp.get("/coins/month-sheet.pdf")
@signed_in
def month_sheet_pdf() -> Response:
    village, ym = _village(), _month()
    if village is None or ym is None:
        abort(404)
    sheet = month_sheet(village, ym)
    return sent_as_pdf(_letter(sheet), f"{_('道德币月度公示表')} {village.name} {ym}.pdf")


def _villages() -> list[OrgUnit]:
    return list(public_villages(actor(), clock.today()))


def _village() -> OrgUnit | None:
    """Return the village that was asked for, or the first one that may be read. Answers 404 for any other."""
    found, asked = _villages(), request.args.get("village", "")
    if not asked:
        return found[0] if found else None
    return next((one for one in found if str(one.id) == asked), None) or abort(404)


def _month() -> str | None:
    """Return the month that was asked for, the last one where none was, None for one that has not begun."""
    asked = request.args.get("month", "") or _last_month()
    try:
        first, _last = days_of_month(asked)
    except ValueError:
        return None
    return asked if first <= clock.today() else None


def _last_month() -> str:
    return month_before(f"{clock.today():%Y-%m}")


def _totals(sheet: MonthSheet) -> list[tuple[str, str]]:
    """Return the sums that lead from what the village had to what it has, in their order."""
    totals = [
        (_("月初结存"), str(sheet.opening)), (_("发放"), _signed(sheet.issued)), (_("兑换"), _signed(-sheet.redeemed)),
        (_("到期"), _signed(-sheet.expired)), (_("扣分"), _signed(-sheet.deducted)),
    ]  # fmt: skip
    if sheet.corrected:
        totals.append((_("冲正和迁移"), _signed(sheet.corrected)))
    return [*totals, (_("月末结存"), str(sheet.closing))]


def _signed(amount: int) -> str:
    return f"{amount:+}" if amount else "0"


def _lines(sheet: MonthSheet) -> list[tuple[str, str, str, str]]:
    """Return day, household as the county calls it in public, item, coins."""
    style = name_style(sheet.village.county_id or 0)
    return [_line(one, style) for one in sheet.additions]


def _line(one: Addition, style: NameStyle) -> tuple[str, str, str, str]:
    name = shown_name(one.head_name, one.household_code, style)
    return one.on.isoformat(), name, one.item or str(KINDS[one.kind]), f"+{one.points}"


def _letter(sheet: MonthSheet) -> Letter:
    proof = {"n": sheet.proof.number, "hash": sheet.proof.hash}
    closed = sheet.period is not None
    stands = _("已结账，账本末笔 %(n)s，校验码 %(hash)s", **proof) if closed else _("尚未结账，数字还会变")
    heads = [_("日期"), _("哪一户"), _("项目"), _("道德币")]
    notes = [_("只公示加分。本月内已经冲正的不列。结存里已减去欠款，含已预约还没有领的。")]
    if closed:
        spelled = " ".join(wrap(sheet.proof.hash, EIGHT))
        notes.append(_("结账校验码：%(hash)s。登录系统打开这个月的公示表，输入它就能核对账本。", hash=spelled))
    return Letter(
        title=_("道德币月度公示表"),
        office=county_title(sheet.village.county_id or 0),
        reference=sheet.village.name,
        subtitle=sheet.ym if closed else _("%(ym)s（尚未结账）", ym=sheet.ym),
        facts=[*_totals(sheet), (_("打印时间"), moment(clock.now()))],
        parts=[Part(_("加分明细"), heads, _lines(sheet), _("这个月没有加分"), figures=(3,), wide=(2,))],
        notes=notes,
        seals=[_("村（社区）盖章")],
        foot=f"{sheet.ym} {stands}",
    )
