"""Hints at earlier records about the same matter: equal numbers, like texts, in scope and window, never in the way."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from models.forms import Form
from models.records import Record
from queries.duplicates import Hint, duplicates
from queries.forms import definition
from tests.pages import JudgingClient
from tests.support.cast import AT, Cast
from tests.support.entry import begin, hidden, post_page
from tests.support.registers import PHONE, REGISTER, enter, publish

STORY = "三楼住户家里漏水，二楼厨房顶板发霉，双方多次交涉没有结果。"
ALIKE = "三楼住户家里漏水，二楼厨房的顶板发霉，双方多次交涉，没有结果"
OTHER = "夜间装修噪声影响邻居休息，要求停工并赔偿精神损失。"


def looking(**roles: Any) -> dict[str, Any]:
    """Return the register with parties in rows; equal phones and like stories of thirty days are shown."""
    made = copy.deepcopy(REGISTER)
    items = made["pages"][1]["items"]
    phone = {"fid": "d1", "key": "party_phone", "type": "cn_mobile", "label": "当事人电话", **roles}
    items.append({"fid": "d0", "key": "parties", "type": "repeat", "label": "当事人", "items": [phone]})
    return {**made, "duplicate": {"match": ["d1", "a5"], "similar": ["c1"], "window_days": 30}}


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast, looking())


def hints(cast: Cast, form: Form, record: Record, username: str = "official.yucun") -> list[Hint]:
    pinned = definition(form.id, record.version)
    return duplicates(form, record.answers, pinned, actor=cast.actor(username), at=record.created_at, before=record)


def test_equal_numbers_in_rows_and_like_texts_are_shown_with_their_reason(cast: Cast, form: Form) -> None:
    first = enter(cast, form, d0=[{"d1": "13900001111"}, {"d1": PHONE}], c1=OTHER)
    second = enter(cast, form, c1=STORY)
    enter(cast, form, c1="道路积水")
    last = enter(cast, form, d0=[{"d1": PHONE}], c1=ALIKE)
    found = {hint.record.id: hint for hint in hints(cast, form, last)}
    assert set(found) == {first.id, second.id}
    assert found[first.id].same == ("当事人电话",)
    assert found[second.id].same == ()
    ((label, ratio),) = found[second.id].alike
    assert (label, 75 <= ratio < 100) == ("经过", True)
    assert hints(cast, form, first) == []


def test_nothing_is_said_of_other_places_other_times_and_closed_fields(cast: Cast, form: Form) -> None:
    enter(cast, form, "official.wuhe", village="五鹤村", c1=STORY, a5="500")
    enter(cast, form, at=AT - timedelta(days=31), c1=STORY, a5="500")
    last = enter(cast, form, c1=STORY, a5="500")
    assert hints(cast, form, last) == []
    assert [hint.same for hint in hints(cast, form, last, "official.tianhuangping")] == [("涉及金额",)]
    publish(cast, looking(roles={"view": ["township_official"]}))
    enter(cast, form, "official.tianhuangping", d0=[{"d1": PHONE}])
    newest = enter(cast, form, "official.tianhuangping", d0=[{"d1": PHONE}])
    assert hints(cast, form, newest) == []
    assert len(hints(cast, form, newest, "official.tianhuangping")) == 1


def test_hints_stand_on_the_check_page_and_the_record_and_hinder_nobody(
    client: JudgingClient, cast: Cast, form: Form
) -> None:
    earlier = enter(cast, form, c1=STORY, a5="500")
    number, address = earlier.number, f"/admin/f/quarrels/{earlier.id}/"
    cast.sign_in(client, "grid.yucun")
    uid = begin(client, "quarrels")
    post_page(client, uid, 1, {"a1": str(cast.units["余村村"]), "a2": "leak", "a5": "500"})
    post_page(client, uid, 2, {"c1": ALIKE})
    check = client.get(f"/field/e/{uid}/check").text
    assert f'<a href="{address}">{number}</a>' in check
    assert "“涉及金额”相同" in check
    handed = client.post(f"/field/e/{uid}/check", data={"base": hidden(check, "base")})
    assert handed.location == f"/field/done/{uid}"
    assert number in client.get(f"/admin/f/quarrels/{earlier.id + 1}/").text
    assert "可能重复" not in client.get(address).text
