"""Points records from a workbook: all or none, every bad row named by its sheet row, and each file once.

A row does what the daily table would do with it: what its rule lets the official post at once is posted, anything else
becomes a claim, with 评议, approval and notice before it. Only where no rules are in force may a row name no item.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db, table_of
from models.claims import CoinClaim
from models.coins import AccountKind, CoinJournal, CoinLot, JournalKind
from models.orgs import OrgUnit
from models.people import Household
from models.point_rules import RuleItem, RuleSet
from queries.caps import caps, month_of
from queries.point_imports import homes_by_code, members_of, purses_of
from queries.point_rules import EARN, expires_on, may_claim, rules_in_force
from services.access import require
from services.audit import record_audit
from services.claims import Asked, file_claim
from services.coins import hash_uid, home_of
from services.points_table import posts_at_once
from services.posting import Entry, Line, Place, last_closed, open_ledger, post_all
from services.purses import account_id, purses
from services.refusals import Refusal
from services.transaction import transaction
from services.workbooks import Value, open_table

HOME, PERSON, CODE, NAME, POINTS, DAY, NOTE = "户编号", "姓名", "事项编号", "事项名称", "分值", "日期", "备注"
COLUMNS = (HOME, PERSON, CODE, NAME, POINTS, DAY, NOTE)
NEEDED = (HOME, POINTS, DAY)
ROWS_MOST = 10_000
LEAST, MOST = 1, 50  # of a record that names no item
NOTE_LENGTH = 200
_lot = table_of(CoinLot)
_WORDS = {"person": _l("这个人"), "household": _l("这一户"), "village": _l("全村")}


class SheetRefused(Refusal):
    """The file is a table, but none of points records."""


@dataclass(frozen=True)
class BadRow:
    """A row of the sheet, from 1 as the spreadsheet counts, and why it cannot be posted."""

    row: int
    why: Any


class RowsRefused(Refusal):
    """Nothing was posted; `rows` are all that must be put right."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        self.rows = rows
        super().__init__(_l("有 %(n)s 行不能记，所以一行也没有记。请改正下面的行，再上传一次。", n=len(rows)))


@dataclass(frozen=True)
class Points:
    """The records of a file as they stand there: (sheet row, values by column), and what the file is known by."""

    sha256: str
    rows: Sequence[tuple[int, Mapping[str, Value]]]


@dataclass(frozen=True)
class Imported:
    """How many records were posted, the coins they are, how many are known from this file, how many became claims."""

    posted: int
    coins: int
    known: int
    filed: int = 0


@dataclass(frozen=True)
class _Record:
    row: int
    home: Household
    points: int
    day: date
    resident_id: int | None
    item: RuleItem | None
    note: str
    claimed: bool = False  # it becomes a claim


def read_points(data: bytes, *, most_bytes: int) -> Points:
    """Read the first sheet of a file. Raises WorkbookRefused and SheetRefused."""
    book = open_table(data, most_bytes=most_bytes)
    first, *rest = book.rows(book.names[0]) or [[]]
    places = {_text(head).rstrip("*"): place for place, head in reversed(list(enumerate(first)))}
    missing = [name for name in NEEDED if name not in places]
    if missing:
        raise SheetRefused(_l("第一行里没有“%(names)s”这一列。请用模板填写。", names="、".join(missing)))
    asked = {name: places[name] for name in COLUMNS if name in places}
    rows = [
        (number, {name: row[place] for name, place in asked.items()})
        for number, row in enumerate(rest, start=2)
        if any(_text(row[place]) for place in asked.values())
    ]
    if not rows:
        raise SheetRefused(_l("表里没有记录。请从第二行起，一行填一条。"))
    if len(rows) > ROWS_MOST:
        raise SheetRefused(_l("一个文件最多 %(most)s 行。请分成几个文件。", most=ROWS_MOST))
    return Points(hashlib.sha256(data).hexdigest(), rows)


@transaction
def import_points(points: Points, *, actor: Actor, at: datetime, today: date) -> Imported:
    """Post all records of a file, or none. Raises RowsRefused with every bad row, BudgetShort."""
    open_ledger()
    require(actor, "coin:import")
    judge = _Judge(points, actor, today)
    sources = {row: f"import:{judge.county_id}:{points.sha256}:{row}" for row, _values in points.rows}
    if _known_before(next(iter(sources.values()))):
        return Imported(0, 0, len(points.rows))
    records = [record for row, values in points.rows if (record := judge.record(row, values))]
    if judge.bad:
        raise RowsRefused(judge.bad)
    posted = [record for record in records if not record.claimed]
    filed = [record for record in records if record.claimed]
    _post(posted, sources, actor=actor, at=at, today=today)
    _file(filed, sources, actor=actor, at=at, today=today)
    total = sum(record.points for record in posted)
    about = {"rows": len(records), "coins": total, "sha256": points.sha256}
    record_audit("coin:import", records[0].home.village, actor=actor, at=at, after=about)
    return Imported(len(posted), total, 0, len(filed))


def _known_before(source: str) -> bool:
    posted = sa.select(sa.exists().where(CoinJournal.source_key == source))
    filed = sa.select(sa.exists().where(CoinClaim.uid == hash_uid(source)))
    return bool(db.session.scalar(posted) or db.session.scalar(filed))


def _file(records: Sequence[_Record], sources: Mapping[int, str], *, actor: Actor, at: datetime, today: date) -> None:
    """File a claim for each record. Raises RowsRefused with those that cannot be one."""
    bad: list[BadRow] = []
    for record in records:
        if record.item is None:
            continue
        asked = Asked(
            item=record.item, points=record.points, done_on=record.day, what=record.note or record.item.name,
            evidence=record.note, resident_id=record.resident_id,
        )  # fmt: skip
        try:
            file_claim(record.home, asked, uid=hash_uid(sources[record.row]), actor=actor, at=at, today=today)
        except Refusal as refusal:
            bad.append(BadRow(record.row, refusal.message))
    if bad:
        raise RowsRefused(bad)


def _post(records: Sequence[_Record], sources: Mapping[int, str], *, actor: Actor, at: datetime, today: date) -> None:
    known = purses_of([record.home.id for record in records])
    budgets: dict[int, int] = {}
    entries, lots = [], []
    for record in records:
        home = record.home
        if home.id not in known:
            known[home.id] = [*purses(home, today=today), 0]
        if home.village_id not in budgets:
            budgets[home.village_id or 0] = account_id(AccountKind.BUDGET, home.village, today=today)
        purse, debt, owed = known[home.id]
        paid = min(owed, record.points)
        known[home.id][2] -= paid
        budget, rest = budgets[home.village_id or 0], record.points - paid
        lines: list[Line] = [(budget, taker, part) for taker, part in ((debt, paid), (purse, rest)) if part]
        entries.append(_entry(record, sources[record.row], lines))
        lots.append((purse, rest, _last_day(record)))
    numbers = post_all(entries, actor=actor, at=at, today=today)
    rows = [
        {"account_id": purse, "journal_id": number, "amount": rest, "remaining": rest, "expires_on": last}
        for number, (purse, rest, last) in zip(numbers, lots, strict=True)
        if rest
    ]
    if rows:
        db.session.connection().execute(sa.insert(_lot), rows)


def _entry(record: _Record, source: str, lines: Sequence[Line]) -> Entry:
    item = record.item.id if record.item else None
    body = {
        "act": "earn", "household": record.home.id, "points": record.points, "on": record.day.isoformat(),
        "item": item, "resident": record.resident_id, "source": source,
    }  # fmt: skip
    return Entry(
        kind=JournalKind.EARN, uid=hash_uid(source), body=body, place=Place.of(record.home),
        effective_on=record.day, lines=lines, memo=record.note or (record.item.name if record.item else ""),
        source_key=source, rule_item_id=item, resident_id=record.resident_id,
    )  # fmt: skip


def _last_day(record: _Record) -> date:
    return expires_on(record.item.rule_set, record.day) if record.item else date(record.day.year, 12, 31)


# ---------- judging ----------


class _Wrong(Exception):  # noqa: N818 - it never leaves this file
    """Why a row cannot be posted."""


@dataclass
class _Judge:
    """Judges the rows of one file, in their order: caps count what stands above in the same file."""

    points: Points
    actor: Actor
    today: date
    bad: list[BadRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        codes = {_text(values.get(HOME)) for _row, values in self.points.rows} - {""}
        self.homes = homes_by_code(sorted(codes), self.actor)
        self.members = members_of([home.id for home in self.homes.values()])
        self.own = home_of(self.actor)
        counties = self.actor.counties or {home.county_id for home in self.homes.values()}
        self.county_id = min(counties, default=0)
        self.closed = last_closed(self.county_id)
        self.rules: dict[tuple[int, date], RuleSet | None] = {}
        self.gone: dict[Any, dict[str, int]] = {}
        self.here: dict[Any, int] = defaultdict(int)

    def record(self, row: int, values: Mapping[str, Value]) -> _Record | None:
        """Return what a row says; None for a bad one, which is noted."""
        try:
            return self._record(row, values)
        except _Wrong as wrong:
            self.bad.append(BadRow(row, wrong.args[0]))
            return None

    def _record(self, row: int, values: Mapping[str, Value]) -> _Record:
        home = self._home(_text(values.get(HOME)))
        day = self._day(values.get(DAY), home)
        item = self._item(_text(values.get(CODE)), _text(values.get(NAME)), home, day)
        points = _points(values.get(POINTS), item)
        resident_id = self._member(_text(values.get(PERSON)), home)
        note = _text(values.get(NOTE))[:NOTE_LENGTH]
        claimed = False
        if item:
            _refuse_unproved(item, note, resident_id)
            claimed = not (posts_at_once(item, home, self.actor) or self.actor.system)
        if item and not claimed:
            self._refuse_over(item, home, resident_id, points, day)
        return _Record(row, home, points, day, resident_id, item, note, claimed)

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
        day = _date(value)
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
    text = _text(value)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(10**9)) else 0
    if not least <= number <= most:
        raise _Wrong(_l("分值不是%(least)s–%(most)s的整数", least=least, most=most))
    return number


def _text(value: Value) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _date(value: Value) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(_text(value).replace("/", "-").replace(".", "-"))
    except ValueError:
        return None
