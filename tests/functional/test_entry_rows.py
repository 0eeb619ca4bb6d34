"""Rows of repeats on pages without a script: added, taken out, brought back, moved, handed in, shown, changed."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa

from models.base import db
from models.drafts import Draft
from models.forms import Form
from models.records import Record
from services.drafts import contents
from services.records import create_record
from tests.pages import JudgingClient
from tests.support.cast import AT, TODAY, Cast
from tests.support.entry import begin, picture, post_page, publish
from tests.support.rents import RENT

HOST = {"a1": None, "g1": "房东甲"}


@pytest.fixture
def worker(cast: Cast, client: JudgingClient) -> JudgingClient:
    publish(cast, RENT)
    cast.sign_in(client, "grid.yucun")
    return client


def answers(uid: str) -> dict[str, Any]:
    return contents(db.session.scalars(sa.select(Draft).where(Draft.uid == uid)).one()).answers


def rows_on(html: str) -> list[str]:
    """Return the addresses of the rows that the page would send, in order; not those of rows yet to be added."""
    return [at for at in re.findall(r'name="rows" value="([^"]+)"', html) if "_new_" not in at]


class TestFilling:
    def page(self, worker: JudgingClient, uid: str, given: dict[str, Any], act: str = "refresh", **more: Any) -> str:
        """Post what a browser would: the rows that stand there, the answers by address, and the button."""
        html = worker.get(f"/field/e/{uid}/1").text
        return post_page(worker, uid, 1, HOST | given, act=act, rows=rows_on(html), **more).text

    def test_rows_are_added_moved_taken_out_and_brought_back(self, worker: JudgingClient) -> None:
        uid = begin(worker, "rent")
        (first,) = rows_on(worker.get(f"/field/e/{uid}/1").text)  # as few as there must be
        html = self.page(worker, uid, {f"{first}/b1": "张三"}, add="b0")
        assert re.search(r"第 2 行", html)
        second = rows_on(html)[1]
        html = self.page(worker, uid, {f"{first}/b1": "张三", f"{second}/b1": "李四"}, up=second)
        assert rows_on(html) == [second, first]
        typed = {f"{first}/b1": "张三", f"{second}/b1": "李四", f"{second}/b3": "800"}
        html = self.page(worker, uid, typed, drop=second)
        assert rows_on(html) == [first]
        back = re.search(r'name="restore" value="([^"]+)"', html)
        assert back is not None
        assert back[1] == f"{second} 0"
        html = self.page(worker, uid, {f"{first}/b1": "张三"}, restore=back[1])
        assert rows_on(html) == [second, first]
        assert [row["b1"] for row in answers(uid)["b0"]] == ["李四", "张三"]
        assert answers(uid)["b0"][0]["b3"] == "800"

    def test_there_are_never_more_rows_than_may_be_nor_fewer_than_must(self, worker: JudgingClient) -> None:
        uid = begin(worker, "rent")
        for _ in range(4):
            html = self.page(worker, uid, {}, add="b0")
        assert len(rows_on(html)) == 3
        for row in rows_on(html):
            html = self.page(worker, uid, {}, drop=row)
        assert len(rows_on(html)) == 1
        for nonsense in ("b0/zz", "a1", "x0/0123456789abcdef", "", "b0/0123456789abcdef/d0"):
            for act in ("drop", "up", "add", "restore"):
                assert rows_on(self.page(worker, uid, {}, **{act: nonsense})) == rows_on(html)

    def test_rows_in_rows_uploads_and_conditions(self, worker: JudgingClient, cast: Cast) -> None:
        uid = begin(worker, "rent")
        (first,) = rows_on(worker.get(f"/field/e/{uid}/1").text)
        photo: dict[str, Any] = {f"f_{first}/b6": (BytesIO(picture()), "证件.jpg")}
        html = self.page(worker, uid, {f"{first}/b1": "张三", f"{first}/b4": "away"}, add=f"{first}/d0", **photo)
        (_, visit) = rows_on(html)
        assert visit.startswith(f"{first}/d0/")
        assert f'data-aside="{first}/b5"' not in html
        (row,) = answers(uid)["b0"]
        assert len(row["b6"]) == 1

        typed = {f"{first}/b1": "张三", f"{first}/b2": "13812342084", f"{first}/b3": "12000.5", f"{first}/b4": "away"}
        answer = self.page(worker, uid, typed | {f"{first}/b5": ""}, "next")
        assert f'href="#f_{first}/b5"' in answer
        assert f'href="#f_{visit}/d1"' in answer
        assert "租金超过一万元" in answer
        typed |= {f"{first}/b5": "安徽", f"{visit}/d1": "2026-11-20"}
        self.page(worker, uid, typed, "next")
        check = worker.get(f"/field/e/{uid}/check").text
        for told in ("张三", "13812342084", "12000.5", "安徽", "2026-11-20", "第 1 行的走访"):
            assert told in check
        assert worker.post(f"/field/e/{uid}/check").status_code == 302
        self.judge_record(worker, cast)

    def judge_record(self, worker: JudgingClient, cast: Cast) -> None:
        (record,) = db.session.scalars(sa.select(Record))
        (row,) = record.answers["b0"]
        assert (row["b5"], row["d0"][0]["d1"], record.answers["a3"]) == ("安徽", "2026-11-20", "12000.5")
        assert "13812342084" not in str(record.answers)
        at = f"b0/{row['_id']}"

        cast.sign_in(worker, "official.yucun")
        home = f"/admin/f/rent/{record.id}"
        details = worker.get(f"{home}/").text
        assert "13812342084" not in details
        assert "138****2084" in details
        assert "安徽" in details
        assert f"{home}/reveal/{at}/b2" in details
        revealed = worker.post(f"{home}/reveal/{at}/b2", data={"reason": "核对租客电话"})
        assert "13812342084" in revealed.text
        assert "租客第 1 行·租客电话" in revealed.text
        assert "安徽" in worker.get(f"{home}/revisions/1").text
        assert worker.get(f"{home}/reveal/b0/0123456789abcdef/b2").status_code == 404

        edit = worker.get(f"{home}/edit").text
        assert "13812342084" not in edit
        assert "已登记 138****2084，不改请留空" in edit
        given = {"a1": str(record.village_id), "g1": "房东乙", f"{at}/b1": "张三丰", f"{at}/b2": "", f"{at}/b3": "900",
                 f"{at}/b4": "here", f"{at}/d0/{row['d0'][0]['_id']}/d1": "2026-11-21"}  # fmt: skip
        posted = {"asked": asked_on(edit), "rows": rows_on(edit), "row_version": "1", f"kept_{at}/b6": row["b6"][0]}
        posted |= {f"f_{address}": value for address, value in given.items()}
        assert worker.post(f"{home}/edit", data=posted | {"save": "1"}).status_code == 302
        db.session.rollback()
        (record,) = db.session.scalars(sa.select(Record))
        changed = record.answers["b0"][0]
        assert (changed["b1"], changed["b2"]["mask"], changed["b6"]) == ("张三丰", "138****2084", row["b6"])
        assert (record.answers["a3"], changed["d0"][0]["d1"], "b5" in changed) == ("900", "2026-11-21", False)
        assert changed["_id"] == row["_id"]


def test_a_row_added_and_taken_out_in_one_edit_comes_back_with_what_was_typed(
    cast: Cast, client: JudgingClient
) -> None:
    form = db.session.get_one(Form, publish(cast, RENT))
    raw = {"a1": cast.units["余村村"], "g1": "房东甲", "b0": [{"b1": "张三"}]}
    official = cast.actor("official.yucun")
    record = create_record(form, version=1, raw=raw, uid="f" * 32, actor=official, at=AT, today=TODAY)
    cast.sign_in(client, "official.yucun")
    address = f"/admin/f/rent/{record.id}/edit"
    html = client.get(address).text
    fields = sent_by(html)

    def press(button: str, value: str, **typed: str) -> None:
        nonlocal html
        fields.update({name: [text] for name, text in typed.items()})
        html = client.post(address, data=fields | {button: [value]}).text
        fields.clear()
        fields.update(sent_by(html))

    press("add", "b0")
    (row,) = rows_on(html)[1:]
    press("add", f"{row}/d0", **{f"f_{row}/b1": "李四", f"f_{row}/b2": "13912345678", f"f_{row}/b3": "800"})
    press("drop", row, **{f"f_{rows_on(html)[-1]}/d1": "2026-11-20"})
    assert rows_on(html)[0] == f"b0/{record.answers['b0'][0]['_id']}"
    assert fields["rows"].count(row) == 0
    back = re.search(r'name="restore" value="([^"]+)"', html)
    assert back is not None
    press("restore", back[1])
    assert fields[f"f_{row}/b1"] == ["李四"]
    assert client.post(address, data=fields | {"save": ["1"]}).status_code == 302
    db.session.rollback()
    kept = db.session.get_one(Record, record.id).answers["b0"][1]
    assert (kept["b1"], kept["b2"]["mask"], kept["b3"]) == ("李四", "139****5678", "800")
    assert kept["d0"][0]["d1"] == "2026-11-20"


def sent_by(html: str) -> dict[str, list[str]]:
    """Return what a browser would send of a page's fields; ticks, choices and blank rows aside."""
    found: dict[str, list[str]] = {}
    shown = re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)
    for field in re.findall(r"<input [^>]*>", shown):
        name, value = (re.search(rf' {part}="([^"]*)"', field) for part in ("name", "value"))
        if name and not re.search(r'type="(checkbox|radio|file)"', field):
            found.setdefault(name[1], []).append(value[1] if value else "")
    village = re.search(r'<option selected value="(\d+)"', shown)
    return found | {"f_a1": [village[1] if village else ""]}


def asked_on(html: str) -> str:
    found = re.search(r'name="asked" value="([^"]*)"', html)
    assert found is not None
    return found[1]
