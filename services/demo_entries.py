"""Entries of the demo county: invented people, phones from a range nobody is served on, no real event."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

ENTRIES = 72
COUNTY_TIME = ZoneInfo("Asia/Shanghai")  # where the demo county lies, whatever the server is set to
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡"
GIVEN = ("建国", "秀英", "志明", "小红", "国强", "春兰", "永福", "雪梅", "文斌", "丽娟", "阿根", "晓东")
VILLAGES = (  # village, who enters there
    ("余村村", "grid.yucun"),
    ("余村村", "official.yucun"),
    ("五鹤村", "official.tianhuangping"),
    ("红庙村", "official.hongmiao"),
    ("横山坞村", "grid.hengshanwu"),
    ("康山村", "dispatcher.county"),
)
PEOPLE_OF = (
    ("余村村", "grid.yucun"),
    ("余村村", "official.yucun"),
    ("红庙村", "official.hongmiao"),
    ("横山坞村", "grid.hengshanwu"),
    ("五鹤村", "official.tianhuangping"),
)
DISPUTES = (
    ("leak", "楼上卫生间漏水，泡坏了楼下的天花板，两家说不到一起", "1800"),
    ("leak", "屋顶漏水流到隔壁，邻居要求修好并赔偿粮食损失", "650"),
    ("adjacent", "新砌的围墙占了公用的巷道，三轮车过不去", ""),
    ("adjacent", "屋檐滴水落在邻居家门口，多次商量没有结果", ""),
    ("noise", "夜里加工竹料的机器声太响，老人睡不好", ""),
    ("noise", "广场音响开到十点以后，附近住户反映强烈", ""),
    ("other", "两家合用的水井水泵坏了，修理费怎么分担有争议", "420"),
    ("leak", "民宿改造破坏了防水层，楼下三户漏水，损失较大", "128000"),
)
HAZARDS = (
    ("村口大桥", "water", "护栏松动，孩子放学经过有危险"),
    ("文化礼堂", "fire", "两处灭火器过期，疏散门前堆放桌椅"),
    ("后山竹林便道", "slope", "连日下雨后有小股落石，已拉警戒线"),
    ("老街三弄", "house", "一间空关老房屋面塌陷，提醒路人绕行"),
    ("中心小学门前", "road", "窨井盖破损，车辆避让时容易碰到行人"),
    ("竹制品作坊", "fire", "车间里私拉电线，成品堆放过密"),
)


@dataclass(frozen=True)
class Entry:
    """One entry to make: which form, where, by whom, when, and the answers but for the village."""

    form: str
    village: str
    author: str
    at: datetime
    answers: dict[str, Any]


@dataclass(frozen=True)
class DemoHousehold:
    """A household to register: its village, who does it, its code, address and members."""

    village: str
    author: str
    code: str
    address: str
    members: tuple[dict[str, Any], ...]


def demo_households() -> list[DemoHousehold]:
    """Return 30 invented households; their ID numbers begin with a division code that no place has."""
    chance = random.Random(20261123)  # noqa: S311 - invented data, not a secret
    rows = []
    for number in range(1, 31):
        village, author = PEOPLE_OF[number % len(PEOPLE_OF)]
        surname = chance.choice(SURNAMES)
        members = tuple(
            {
                "name": surname + chance.choice(GIVEN),
                "id_no": _id_number(chance, 1950 + chance.randrange(55)),
                "phone": _phone(chance),
            }
            for _ in range(2)
        )
        address = f"{village}{chance.randrange(1, 120)}号"
        rows.append(DemoHousehold(village, author, f"H{number:04d}", address, members))
    return rows


def _id_number(chance: random.Random, year: int) -> str:
    """Make a well-formed ID number (GB 11643) of nobody: division 999999 does not exist."""
    body = f"999999{year}{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}{chance.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def demo_entries(at: datetime) -> list[Entry]:
    """Return 72 entries, the same each time but for their dates, oldest first, all made in office hours before `at`."""
    chance = random.Random(20261122)  # noqa: S311 - invented data, not a secret
    makers = (_dispute, _rental, _hazard)
    entries = []
    for number, when in enumerate(reversed(list(islice(_office_times(at), ENTRIES)))):
        village, author = VILLAGES[number % len(VILLAGES)]
        form, answers = chance.choice(makers)(chance, when)
        entries.append(Entry(form, village, author, when, answers))
    return entries


def _office_times(before: datetime) -> Iterator[datetime]:
    """Yield an instant of each afternoon and each morning of the county, going back from one."""
    chance = random.Random(20261124)  # noqa: S311 - invented data, not a secret
    day = before.astimezone(COUNTY_TIME).date()
    while True:
        for opens in (time(13, 30), time(8, 30)):
            when = datetime.combine(day, opens, COUNTY_TIME) + timedelta(minutes=chance.randrange(210))
            if when < before:
                yield when.astimezone(UTC)
        day -= timedelta(days=1)


def _name(chance: random.Random) -> str:
    return chance.choice(SURNAMES) + chance.choice(GIVEN)


def _phone(chance: random.Random) -> str:
    return f"1990000{chance.randrange(10_000):04d}"


def _day(when: datetime, back: int) -> str:
    return (when - timedelta(days=back)).date().isoformat()


def _dispute(chance: random.Random, when: datetime) -> tuple[str, dict[str, Any]]:
    kind, story, amount = chance.choice(DISPUTES)
    answers = {
        "a2": kind, "a4": _day(when, chance.randrange(1, 6)), "a5": amount, "b1": _name(chance),
        "b3": _phone(chance), "c1": story, "c2": chance.sample(["stop", "repair", "pay", "sorry"], 2),
    }  # fmt: skip
    if kind == "other":
        answers["a3"] = "合用设施"
    return "neighbour_dispute", answers


def _rental(chance: random.Random, when: datetime) -> tuple[str, dict[str, Any]]:
    checked = chance.choice(["waiting", "fine", "fine", "hazard"])
    answers: dict[str, Any] = {
        "a2": _name(chance), "a3": _phone(chance), "a4": f"{chance.randrange(1, 90)}号{chance.randrange(1, 4)}楼",
        "a5": str(chance.randrange(1, 8)), "b1": str(chance.randrange(1, 7)), "b2": _day(when, chance.randrange(3)),
        "b3": checked,
    }  # fmt: skip
    if checked == "hazard":
        answers["b4"] = [chance.choice(["wire", "gas", "exit"])]
    answers["c1"] = [
        {
            "c2": _name(chance),
            "c3": _id_number(chance, 1965 + chance.randrange(40)),
            "c4": str(chance.randrange(3, 20) * 100),
        }
        for _ in range(min(int(answers["b1"]), 3))
    ]
    return "rental", answers


def _hazard(chance: random.Random, when: datetime) -> tuple[str, dict[str, Any]]:
    place, kind, story = chance.choice(HAZARDS)
    answers = {"a2": place, "a3": kind, "a4": _day(when, 0), "a5": chance.choice(["true", "false"]), "a6": story}
    return "hazard", answers
