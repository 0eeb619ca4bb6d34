"""Judging the rows of a workbook of points: what each would do, and why one cannot be posted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.orgs import OrgUnit
from models.people import Household
from models.point_rules import RuleItem, RuleSet
from queries.caps import caps, month_of
from queries.point_imports import homes_by_code, members_of
from queries.point_rules import EARN, may_claim, rules_in_force
from services.parties import home_of
from services.point_sheets import CODE, DAY, HOME, NAME, NOTE, PERSON, POINTS, Points, date_of, text_of
from services.points_table import posts_at_once
from services.posting import last_closed
from services.workbooks import Value

LEAST, MOST = 1, 50  # of a record that names no item
NOTE_LENGTH = 200
_WORDS = {"person": _l("这个人"), "household": _l("这一户"), "village": _l("全村")}


@dataclass(frozen=True)
class BadRow:
    """A row of the sheet, from 1 as the spreadsheet counts, and why it cannot be posted."""

    row: int
    why: Any


@dataclass(frozen=True)
class Judged:
    """What one row says, judged."""

    row: int
    home: Household
    points: int
    day: date
    resident_id: int | None
    item: RuleItem | None
    note: str
    claimed: bool = False  # it becomes a claim


class _Wrong(Exception):  # noqa: N818 - it never leaves this file
    """Why a row cannot be posted."""


@dataclass
class Judge:
    """Judges the rows of one file, in their order: caps count what stands above in the same file."""

    points: Points
    actor: Actor
    today: date
    bad: list[BadRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        codes = {text_of(values.get(HOME)) for _row, values in self.points.rows} - {""}
        self.homes = homes_by_code(sorted(codes), self.actor)
        self.members = members_of([home.id for home in self.homes.values()])
        self.own = home_of(self.actor)
        counties = self.actor.counties or {home.county_id for home in self.homes.values()}
        self.county_id = min(counties, default=0)
        self.closed = last_closed(self.county_id)
        self.rules: dict[tuple[int, date], RuleSet | None] = {}
        self.gone: dict[Any, dict[str, int]] = {}
        self.here: dict[Any, int] = defaultdict(int)

    def record(self, row: int, values: Mapping[str, Value]) -> Judged | None:
        """Return what a row says; None for a bad one, which is noted."""
        try:
            return self._record(row, values)
        except _Wrong as wrong:
            self.bad.append(BadRow(row, wrong.args[0]))
            return None

    def _record(self, row: int, values: Mapping[str, Value]) -> Judged:
        home = self._home(text_of(values.get(HOME)))
        day = self._day(values.get(DAY), home)
        item = self._item(text_of(values.get(CODE)), text_of(values.get(NAME)), home, day)
        points = _points(values.get(POINTS), item)
        resident_id = self._member(text_of(values.get(PERSON)), home)
        note = text_of(values.get(NOTE))[:NOTE_LENGTH]
        claimed = False
        if item:
            _refuse_unproved(item, note, resident_id)
            claimed = not (posts_at_once(item, home, self.actor) or self.actor.system)
        if item and not claimed:
            self._refuse_over(item, home, resident_id, points, day)
        return Judged(row, home, points, day, resident_id, item, note, claimed)

    def _home(self, code: str) -> Household:
        home = self.homes.get(code)
        if not code:
            raise _Wrong(_l("没有填户编号"))
        if home is None:
            raise _Wrong(_l("您管的村里没有户编号“%(code)s”", code=code))
        if home.id == self.own:
            raise _Wrong(_l("不能给自己家记道德币"))
        return home

    def _day(self, value: Value, home: Household) -> date:
        day = date_of(value)
        if day is None:
            raise _Wrong(_l("日期要写成 2026-01-31 这样"))
        if day > self.today:
            raise _Wrong(_l("日期在今天以后"))
        if self.closed is not None and f"{day:%Y-%m}" <= self.closed:
            raise _Wrong(_l("%(ym)s 已经结账", ym=f"{day:%Y-%m}"))
        if home.closed_on is not None and day > home.closed_on:
            raise _Wrong(_l("这一户已经销户"))
        return day

    def _item(self, code: str, name: str, home: Household, day: date) -> RuleItem | None:
        if not code and not name:
            if self._items(home, day):
                raise _Wrong(_l("没有填事项编号或事项名称"))
            return None
        for item in self._items(home, day):
            if (not code or item.code == code) and (not name or item.name == name):
                if item.direction != EARN:
                    raise _Wrong(_l("扣分要先告知本人，不能用表格导入"))
                if not may_claim(item, home, self.actor) and not self.actor.system:
                    raise _Wrong(_l("“%(name)s”不由您的岗位申报", name=item.name))
                return item
        raise _Wrong(_l("那一天的规则里没有事项“%(name)s”", name=" ".join(filter(None, (code, name)))))

    def _items(self, home: Household, day: date) -> Sequence[RuleItem]:
        key = home.village_id or 0, day
        if key not in self.rules:
            village = db.session.get(OrgUnit, home.village_id)
            self.rules[key] = rules_in_force(village, day) if village else None
        found = self.rules[key]
        return found.items if found else ()

    def _member(self, name: str, home: Household) -> int | None:
        if not name or name == home.head_name:
            return self.members.get((home.id, name))
        if (home.id, name) not in self.members:
            raise _Wrong(_l("这一户没有“%(name)s”", name=name))
        return self.members[home.id, name]

    def _refuse_over(self, item: RuleItem, home: Household, resident_id: int | None, points: int, day: date) -> None:
        month = month_of(day)[0]
        for of, most, whom in _limits(item, home, resident_id):
            asked = (item.code, item.rule_set.org_id, month, of, whom)
            if asked not in self.gone:
                found = {cap.of: cap.gone for cap in caps(item, home, resident_id, day)}
                self.gone[asked] = found
            over = self.gone[asked].get(of, 0) + self.here[asked] + points - most
            if over > 0:
                raise _Wrong(
                    _l("%(of)s这个月的“%(name)s”最多 %(most)s 分，超了 %(n)s 分",
                       of=_WORDS[of], name=item.name, most=most, n=over)
                )  # fmt: skip
        for of, _most, whom in _limits(item, home, resident_id):
            self.here[item.code, item.rule_set.org_id, month, of, whom] += points


def _refuse_unproved(item: RuleItem, note: str, resident_id: int | None) -> None:
    for wrong, why in (
        (item.evidence == "photo", _l("“%(name)s”要有照片，请用申报", name=item.name)),
        (item.evidence == "text" and not note, _l("“%(name)s”要在备注里写明证明", name=item.name)),
        (item.cap_person_month is not None and resident_id is None,
         _l("“%(name)s”按人计算上限，要填登记过的家里人的姓名", name=item.name)),
    ):  # fmt: skip
        if wrong:
            raise _Wrong(why)


def _limits(item: RuleItem, home: Household, resident_id: int | None) -> Iterator[tuple[str, int, int | None]]:
    limits = (
        ("person", item.cap_person_month, resident_id),
        ("household", item.cap_household_month, home.id),
        ("village", item.cap_village_month, home.village_id),
    )
    return ((of, most, whom) for of, most, whom in limits if most is not None)


def _points(value: Value, item: RuleItem | None) -> int:
    least, most = (item.points_min, item.points_max) if item else (LEAST, MOST)
    text = text_of(value)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(10**9)) else 0
    if not least <= number <= most:
        raise _Wrong(_l("分值不是%(least)s–%(most)s的整数", least=least, most=most))
    return number
