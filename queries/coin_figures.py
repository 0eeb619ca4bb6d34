"""Figures of the coin ledger for leaders: by month, by place, by rule item. Read from coin_month only.

Figures are of places, months and items, never of persons. What households hold now is the one thing that counters
cannot say by village (people move, and spend elsewhere): it is added up from the accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.coin_figures import CoinFlow, CoinMonth
from models.coins import AccountKind, CoinAccount
from models.orgs import Level
from models.point_rules import RuleItem
from queries.exports import Sheet
from queries.periods import days_of, months_between
from queries.point_rules import EARN
from queries.units import Unit, narrowed, places_in, units_below, units_of

SEE = "coin:statistics"
COLUMNS = {Level.COUNTY: "county_id", Level.TOWNSHIP: "town_id", Level.VILLAGE: "village_id"}


@dataclass(frozen=True)
class Measure:
    """One column of a table: what it is called, and the flows that it adds up. Shown also where it is 0 throughout."""

    label: Any
    adds: tuple[CoinFlow, ...]
    less: tuple[CoinFlow, ...] = ()
    always: bool = False


ISSUED = Measure(_l("发放"), (CoinFlow.EARN,), always=True)
UNISSUED = Measure(_l("发放冲正"), (CoinFlow.EARN_BACK, CoinFlow.EXPIRE_BACK))
DEDUCTED = Measure(_l("扣减"), (CoinFlow.DEDUCT,))
UNDEDUCTED = Measure(_l("扣减冲正"), (CoinFlow.DEDUCT_BACK,))
REDEEMED = Measure(_l("兑换"), (CoinFlow.REDEEM,), always=True)
UNREDEEMED = Measure(_l("兑换冲正"), (CoinFlow.REDEEM_BACK,))
EXPIRED = Measure(_l("到期清零"), (CoinFlow.EXPIRE,), (CoinFlow.EXPIRE_BACK,), always=True)
ALLOTTED = Measure(_l("下达额度"), (CoinFlow.ALLOT,), (CoinFlow.ALLOT_BACK,))
SETTLED = Measure(_l("站点结算"), (CoinFlow.SETTLE,), (CoinFlow.SETTLE_BACK,))
MEASURES = (ISSUED, UNISSUED, DEDUCTED, UNDEDUCTED, REDEEMED, UNREDEEMED, EXPIRED, ALLOTTED, SETTLED)
DRAWN = (ISSUED, REDEEMED, EXPIRED)


@dataclass(frozen=True)
class Flows:
    """Journals and coins by flow, of one row of a table."""

    n: Mapping[str, int] = field(default_factory=dict)
    coins: Mapping[str, int] = field(default_factory=dict)

    def of(self, measure: Measure) -> int:
        return _summed(self.coins, measure)

    def times(self, measure: Measure) -> int:
        return _summed(self.n, measure)

    def __bool__(self) -> bool:
        return any(self.n.values()) or any(self.coins.values())


def _summed(told: Mapping[str, int], measure: Measure) -> int:
    return sum(told.get(flow, 0) for flow in measure.adds) - sum(told.get(flow, 0) for flow in measure.less)


def added(rows: Iterable[Flows]) -> Flows:
    """Add rows up."""
    n: dict[str, int] = {}
    coins: dict[str, int] = {}
    for row in rows:
        for sums, told in ((n, row.n), (coins, row.coins)):
            for flow, amount in told.items():
                sums[flow] = sums.get(flow, 0) + amount
    return Flows(n, coins)


def less(whole: Flows, part: Flows) -> Flows:
    """Return what of a whole is not in a part."""
    return added([whole, Flows(*({flow: -n for flow, n in told.items()} for told in (part.n, part.coins)))])


@dataclass(frozen=True)
class Held:
    """What households hold now: all of it, what of that is set aside for vouchers, what they owe."""

    coins: int = 0
    held: int = 0
    owed: int = 0


@dataclass(frozen=True)
class Row:
    """One row of a table. `place_id` leads into a unit that has others below it, `month` to its journals."""

    name: str
    flows: Flows
    place_id: int | None = None
    month: str = ""
    held: Held | None = None


@dataclass(frozen=True)
class Question:
    first: str  # months, such as "2026-01"
    last: str
    place_id: int | None = None


@dataclass
class CoinFigures:
    """All figures of one page, each group read when it is asked for."""

    reader: Actor
    question: Question

    @cached_property
    def own(self) -> list[Unit]:
        return units_of(self.reader, SEE, sorted({grant.county_id for grant in self.reader.grants_for(SEE)}))

    @cached_property
    def roots(self) -> list[Unit]:
        """The reader's scope, or the one place asked for, where it is inside."""
        return narrowed(self.own, self.question.place_id)

    @cached_property
    def place(self) -> Unit | None:
        """The one unit the page is about; None where the reader's scope has several."""
        return self.roots[0] if len(self.roots) == 1 else None

    @property
    def places(self) -> list[Unit]:
        """What the page may be narrowed to; a single village has nothing to choose."""
        found = places_in(self.own)
        return found if len(found) > 1 else []

    @cached_property
    def total(self) -> Flows:
        return added(row.flows for row in self.by_month)

    @cached_property
    def held(self) -> Held:
        found = self._held.values()
        return Held(*(sum(getattr(one, name) for one in found) for name in ("coins", "held", "owed")))

    @cached_property
    def units(self) -> list[Unit]:
        """The rows of the table by place: what lies below the one unit, or the parts of the scope."""
        return units_below(self.roots)

    @property
    def _column(self) -> str:
        return COLUMNS[Level(self.units[0].level)] if self.units else "county_id"

    @cached_property
    def by_month(self) -> list[Row]:
        found = self._flows(CoinMonth.month)
        months = months_between(self.question.first, self.question.last)
        return [Row(month, found.get(month, Flows()), month=month) for month in months]

    @cached_property
    def by_place(self) -> list[Row]:
        """Each unit, and the row of what lies in the one place itself, in none of those below it."""
        if self.units == self.roots:
            return [self._of(unit) for unit in self.units]
        found, there = self._flows(getattr(CoinMonth, self._column)), self._held
        rows = [
            Row(unit.name, found.get(unit.id, Flows()), place_id=unit.id, held=there.get(unit.id, Held()))
            for unit in self.units
        ]
        rest = less(self.total, added(row.flows for row in rows))
        name = self.place.name if self.place else ""
        return [*rows, *([Row(_("%(unit)s本级", unit=name), rest)] if rest else [])]

    def _of(self, unit: Unit) -> Row:
        """Return the row of a part of the scope, of which there are few."""
        alone = self if self.place else CoinFigures(self.reader, replace(self.question, place_id=unit.id))
        return Row(unit.name, alone.total, place_id=None if self.place else unit.id, held=alone.held)

    @cached_property
    def by_item(self) -> list[Row]:
        """What was earned and deducted by rule item; versions of an item that have the same name are one row."""
        moved = (*ISSUED.adds, *UNISSUED.adds, *DEDUCTED.adds, *UNDEDUCTED.adds)
        found = self._flows(CoinMonth.rule_item_id, CoinMonth.flow.in_(moved))
        items = sa.select(RuleItem.id, RuleItem.name, RuleItem.direction).where(RuleItem.id.in_(found))
        named = {ident: (direction != EARN, name) for ident, name, direction in db.session.execute(items)}
        rows: dict[tuple[bool, str], list[Flows]] = {}
        for ident, flows in found.items():
            rows.setdefault(named.get(ident, (False, "")), []).append(flows)
        told = [Row(name or _("没有对应规则的"), added(flows)) for (_deducts, name), flows in sorted(rows.items())]
        return sorted(told, key=lambda row: -row.flows.of(ISSUED))

    def _flows(self, column: Any, *where: Any) -> dict[Any, Flows]:
        table = CoinMonth
        query = (
            sa.select(column, table.flow, sa.func.sum(table.n), sa.func.sum(table.coins))
            .where(self._inside(table), table.month.between(self.question.first, self.question.last), *where)
            .group_by(column, table.flow)
        )
        n: dict[Any, dict[str, int]] = {}
        coins: dict[Any, dict[str, int]] = {}
        for key, flow, times, total in db.session.execute(query):
            n.setdefault(key, {})[flow], coins.setdefault(key, {})[flow] = int(times), int(total)
        return {key: Flows(n[key], coins[key]) for key in n}

    @cached_property
    def _held(self) -> dict[Any, Held]:
        """What households of each unit hold; under None those of none of them."""
        table = CoinAccount
        key = getattr(table, self._column)
        purse, debt = (table.kind == kind for kind in (AccountKind.HOUSEHOLD, AccountKind.DEBT))
        sums = (
            sa.case((purse, table.balance), else_=0), sa.case((purse, table.held), else_=0),
            sa.case((debt, -table.balance), else_=0),
        )  # fmt: skip
        query = sa.select(key, *(sa.func.sum(one) for one in sums)).where(self._inside(table), sa.or_(purse, debt))
        rows = db.session.execute(query.group_by(key))
        return {place: Held(*(int(one) for one in amounts)) for place, *amounts in rows}

    def _inside(self, table: Any) -> sa.ColumnElement[bool]:
        if not self.roots:
            return sa.false()
        return sa.or_(*(getattr(table, COLUMNS[Level(unit.level)]) == unit.id for unit in self.roots))


def shown(rows: Sequence[Row]) -> list[Measure]:
    """Return the columns that say something of some rows."""
    return [one for one in MEASURES if one.always or any(row.flows.of(one) for row in rows)]


def of_items(rows: Sequence[Row]) -> list[Measure]:
    """Return the columns that a table of rule items has: they are about what is earned or deducted."""
    return [one for one in shown(rows) if one in {ISSUED, UNISSUED, DEDUCTED, UNDEDUCTED}]


def days_of_month(month: str) -> Mapping[str, str]:
    """Return the first and the last day of a month, as an address asks for its journals."""
    first, last = days_of("this_month", date.fromisoformat(f"{month}-01"))
    return {"from": first.isoformat(), "to": last.isoformat(), "span": ""}


def chart_of(rows: Sequence[Row], measures: Sequence[Measure] = DRAWN) -> Mapping[str, Any]:
    """Return what static/charts.js draws: some columns of a table side by side."""
    series = [{"label": str(one.label), "data": [row.flows.of(one) for row in rows]} for one in measures]
    return {"kind": "bar", "labels": [row.name for row in rows], "series": series}


def sheet_of(figures: CoinFigures, title: str) -> Sheet:
    """Return all tables of a page as one for a file: what a line is about stands in front of it."""
    heads = [
        _("按"),
        _("名称"),
        _("次数"),
        *(str(one.label) for one in MEASURES),
        _("尚未使用"),
        _("已预约"),
        _("欠款"),
    ]
    groups = ((_("月份"), figures.by_month), (_("地区"), figures.by_place), (_("项目"), figures.by_item))
    return Sheet(title, heads, [_line(group, row) for group, rows in groups for row in rows])


def _line(group: str, row: Row) -> list[Any]:
    there = [row.held.coins, row.held.held, row.held.owed] if row.held else [None] * 3
    return [group, row.name, row.flows.times(ISSUED), *(row.flows.of(one) for one in MEASURES), *there]
