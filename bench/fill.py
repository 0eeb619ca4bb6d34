"""Fill a database with records of the measured form: the rows create_record would write, in bulk.

Twenty thousand different documents are derived by the product's own functions; each record takes one of them, with
its own village, day and number. Nothing else is invented here, and check_index compares a sample with the documents.
The audit chain gets one row for the whole fill instead of one a record.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_migrate import upgrade

from bench import form as measured
from bench.sinks import Counters, Row, Sink, sink_for
from engine.answers import clean
from engine.kinds.cn_id import check_digit
from models.access import system_actor
from models.base import db
from models.forms import Form
from models.orgs import Level, OrgUnit
from queries.answers import context_for, org_name
from queries.index_check import check_index
from queries.indexing import Derived, Place, derive, month_of, place_words, shape, tokens_of
from queries.tallies import Sums, add_tallies, rolled_up
from services import demo
from services.audit import record_audit
from services.forms import create_form, publish_form
from services.sealing import seal_answers
from services.transaction import write_transaction

SEED = 20261122
DOCUMENTS = 20_000
CHUNK = 20_000
END = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SPAN = timedelta(days=3 * 365)
SYSTEM = system_actor("bench")
SAMPLE = 2_000
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰春梅建国志文斌辉丹萍红鹏飞琴凤梅林海燕"
WHERE = (
    "楼上住户",
    "隔壁人家",
    "村口小店",
    "对面茶厂",
    "溪边民宿",
    "后山竹林",
    "文化礼堂",
    "村道拐角",
    "老宅院墙",
    "菜场门口",
)
WHAT = (
    "排水沟堵塞",
    "外墙渗水",
    "半夜放音响",
    "占道停车",
    "砍了界边毛竹",
    "鸡鸭进了菜地",
    "空调外机太响",
    "工程款没有结清",
    "合伙账目不清",
    "宅基地界址不明",
    "灌溉用水先后",
    "狗没有拴绳",
    "油烟直排",
    "围墙越界",
    "采光被挡",
)
LEAK = ("卫生间漏水到楼下", "屋顶漏水多年未修", "水管漏水淹了地板")
THEN = (
    "双方多次争吵",
    "村干部已到场劝过一次",
    "对方不肯承认",
    "已拍照留证",
    "要求赔偿损失",
    "请求上门调解",
    "老人情绪激动",
    "约定三日内修好",
    "此前签过协议",
    "邻居愿意作证",
)


@dataclass(frozen=True)
class Village:
    place: Place
    a1: float

    @property
    def place_key(self) -> tuple[int, int, int]:
        return self.place.county_id, self.place.town_id, self.place.village_id


@dataclass(frozen=True)
class Sample:
    """One document with everything derived from it, as if it lay nowhere."""

    answers: dict[str, Any]
    derived: Derived
    words: tuple[str, ...]


def fill(rows: int) -> int:
    """Create the schema, the demo county and `rows` records in the application's database; return the form's id."""
    upgrade()
    demo.seed_county(actor=SYSTEM, at=END)
    demo.seed_accounts(actor=SYSTEM, at=END)
    form = _published()
    form_id, county_id = form.id, form.county_id
    villages = [
        Village(Place(county_id, unit.town_id or 0, unit.id, unit.id), float(unit.id))
        for unit in db.session.scalars(sa.select(OrgUnit).where(OrgUnit.level == Level.VILLAGE))
    ]
    pick = random.Random(SEED)
    samples = list(_samples(form, villages[0], pick, min(DOCUMENTS, rows)))
    address = db.engine.url
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()  # leaving WAL needs the file alone
    with sink_for(address, form_id, rows) as sink:
        _write(sink, form_id, rows, samples, villages, pick)
    with write_transaction():
        form = db.session.get_one(Form, form_id)
        form.next_number = rows + 1
        record_audit("bench:fill", form, actor=SYSTEM, at=END, after={"records": rows})
    return form_id


def _published() -> Form:
    centre = db.session.scalars(sa.select(OrgUnit).where(OrgUnit.level == Level.COUNTY)).one()
    form = create_form(
        centre.id, key=measured.KEY, title=measured.TITLE, prefix=measured.PREFIX, definition=measured.document(),
        actor=SYSTEM, at=END,
    )  # fmt: skip
    publish_form(form, row_version=form.row_version, actor=SYSTEM, at=END)
    return form


def verify(form_id: int) -> int:
    """Compare a sample with the documents; raise when the fill wrote anything create_record would not have."""
    checked = check_index(db.session.get_one(Form, form_id), sample=SAMPLE, seed=SEED)
    if checked.problems:
        raise AssertionError("\n".join(checked.problems))
    return checked.records


def _samples(form: Form, village: Village, pick: random.Random, number: int) -> Iterator[Sample]:
    known = shape(form.id)
    context = context_for(SYSTEM, today=END.date())
    nowhere = Place(0, 0, 0, 0)
    skip = len(place_words(nowhere))
    for _ in range(number):
        raw = {"a1": int(village.a1), "a4": "2026-01-01", **_raw(pick), **measured.more_answers(pick)}
        outcome = clean(known.newest, raw, context)
        assert outcome.ok, outcome.errors
        answers = seal_answers(known.newest, outcome.answers)
        found = derive(
            form_id=form.id, place=nowhere, created_at=END, answers=answers, definition=known.newest,
            fields=known.fields, org_name=org_name,
        )  # fmt: skip
        yield Sample(answers, found, found.tokens[skip:])


def _raw(pick: random.Random) -> dict[str, Any]:
    kind = pick.choices(("adjacent", "leak", "noise", "other"), (45, 20, 25, 10))[0]
    matter = pick.choice(LEAK) if pick.random() < 0.03 else pick.choice(WHAT)
    told = "，".join((pick.choice(WHERE) + matter, *pick.sample(THEN, pick.randint(2, 4))))
    name = pick.choice(SURNAMES) + "".join(pick.sample(GIVEN, pick.randint(1, 2)))
    raw = {"a2": kind, "b1": name, "c1": told + "。", "c2": pick.sample(("stop", "repair", "pay", "sorry"), 2)}
    if kind == "other":
        raw["a3"] = "其他琐事"
    if pick.random() < 0.7:
        raw["a5"] = str(pick.choice((50, 100, 300, 500, 800, 1200, 2600, 5000, 20000, 150000)) + pick.randrange(50))
    if pick.random() < 0.8:
        raw["b3"] = f"13{pick.randrange(10**9):09d}"
    if pick.random() < 0.5:
        born = f"{pick.randint(1945, 2005)}{pick.randint(1, 12):02d}{pick.randint(1, 28):02d}"
        number = f"330523{born}{pick.randrange(1000):03d}"
        raw["b2"] = number + check_digit(number)
    return raw


def _write(
    sink: Sink, form_id: int, rows: int, samples: list[Sample], villages: list[Village], pick: random.Random
) -> None:
    places: Counter[Any] = Counter()
    values: Counter[Any] = Counter()
    sums: Sums = {}
    for start in range(1, rows + 1, CHUNK):
        batch = []
        for serial in range(start, min(start + CHUNK, rows + 1)):
            sample, village = pick.choice(samples), pick.choice(villages)
            row = _row(form_id, serial, serial / rows, sample, village, pick)
            batch.append(row)
            spot = (*village.place_key, month_of(row.at))
            places[spot] += 1
            add_tallies(sums, spot, sample.derived.tallies)
            for fid, text, _town, _village in sample.derived.counts:
                told = str(int(village.a1)) if fid == "a1" else text
                values[fid, told, village.place.town_id, village.place.village_id] += 1
        sink.write(batch)
    sink.finish(Counters(places, values, rolled_up(sums)))


def _row(form_id: int, serial: int, share: float, sample: Sample, village: Village, pick: random.Random) -> Row:
    """Return one record of the place and the moment that its number has in the three years."""
    place = village.place
    at = END - SPAN + SPAN * share
    day = (at - timedelta(days=pick.randrange(30))).date().isoformat()
    own: dict[str, Any] = {"a1": village.a1, "a4": day}
    return Row(
        serial=serial,
        number=f"{measured.PREFIX}-{serial:06d}",
        at=at,
        answers=json.dumps({**sample.answers, "a1": int(village.a1), "a4": day}, ensure_ascii=False),
        place=place,
        index=[
            (table, fid, place.town_id, own.get(fid, value), place.village_id)
            for table, fid, _town, value, _village in sample.derived.rows
        ],
        words=(*tokens_of(form_id, place_words(place)), *sample.words),
    )
