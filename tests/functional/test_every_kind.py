"""A form with every kind: entered by page, listed, filtered, sorted, edited, exported, read by the interface."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from engine.kinds import KINDS
from models.base import db
from models.forms import Form
from models.records import Record
from queries.index_check import check_index
from tests.pages import JudgingClient
from tests.support.cast import Cast
from tests.support.entry import begin, post_page
from tests.support.kinds import EVERY, ROWS, answers
from tests.support.registers import publish

LIST, RECORDS = "/admin/f/every/", "/api/v1/forms/every/records"
ASKED = [row for row in ROWS if row.typed is not None]


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast, EVERY)


@pytest.fixture
def official(cast: Cast, client: JudgingClient, form: Form) -> JudgingClient:
    cast.sign_in(client, "official.yucun")
    return client


def complaints(html: str) -> list[str]:
    return re.findall(r'class="field-error".*?</p>', html, re.DOTALL)


def enter(client: FlaskClient, given: dict[str, Any]) -> Record:
    uid = begin(client, "every")
    answer = post_page(client, uid, 1, given)
    assert (answer.status_code, complaints(answer.text)) == (302, [])
    assert client.get(f"/field/e/{uid}/check").status_code == 200
    assert client.post(f"/field/e/{uid}/check").location == f"/field/done/{uid}"
    return db.session.scalars(sa.select(Record).where(Record.uid == uid)).one()


def plain(stored: Any) -> Any:
    return stored["mask"] if isinstance(stored, dict) and "mask" in stored else stored


def test_every_kind_has_a_row_in_the_table() -> None:
    assert [row.kind for row in ROWS] == list(KINDS)


def test_what_is_typed_is_stored_shown_and_read_by_the_interface(official: JudgingClient, cast: Cast) -> None:
    record = enter(official, answers(cast))
    details = official.get(f"{LIST}{record.id}/").text
    told = official.get(f"{RECORDS}/{record.id}").get_json()["answers"]
    for row in ROWS:
        if row.stored is not None:
            expected = cast.units["余村村"] if row.kind == "org" else row.stored
            assert (row.kind, plain(record.answers[row.fid])) == (row.kind, expected)
            assert (row.kind, row.shown in details) == (row.kind, True)
            assert (row.kind, told[f"k_{row.kind}"]["text"]) == (row.kind, row.shown)
    assert check_index(db.session.get_one(Form, record.form_id), sample=10, seed=1).problems == ()


def test_a_list_is_filtered_and_sorted_by_each_of_them(official: JudgingClient, cast: Cast) -> None:
    numbers = [enter(official, answers(cast, which)).number for which in ("typed", "other")]

    def met(query: str) -> list[str]:
        return [one["number"] for one in official.get(f"{RECORDS}?{query}").get_json()["items"]]

    for row in ROWS:
        for operator, value, found in row.filters:
            name = f"f_{row.fid}" if operator == "eq" else f"f_{row.fid}_{operator}"
            html = official.get(f"{LIST}?{name}={value}").text
            assert (row.kind, value, [number in html for number in numbers]) == (row.kind, value, found)
            one = met(f"f.{row.fid}.{operator}={value}")
            assert (row.kind, value, [number in one for number in numbers]) == (row.kind, value, found)
        if KINDS[row.kind].sortable and row.kind != "org":
            rising = numbers if row.rises else numbers[::-1]
            assert (row.kind, met(f"sort={row.fid}")) == (row.kind, rising)
            assert (row.kind, met(f"sort=-{row.fid}")) == (row.kind, rising[::-1])


def test_an_edit_saved_unchanged_changes_nothing_and_a_change_is_saved(official: JudgingClient, cast: Cast) -> None:
    record = enter(official, answers(cast))
    address, before = f"{LIST}{record.id}/edit", dict(record.answers)
    asked = " ".join(row.fid for row in ASKED)
    for which in ("typed", "other"):
        assert official.get(address).status_code == 200
        given = {f"f_{fid}": raw for fid, raw in answers(cast, which).items()}
        data = {**given, "row_version": record.row_version, "asked": asked, "save": "1"}
        answer = official.post(address, data=data)
        assert (answer.status_code, complaints(answer.text)) == (302, [])
        db.session.expire_all()
        if which == "typed":
            assert record.answers == before
    for row in ROWS:
        if row.other_stored is not None:
            assert (row.kind, record.answers[row.fid]) == (row.kind, row.other_stored)


def test_the_controls_say_what_is_stored(official: JudgingClient, cast: Cast) -> None:
    record = enter(official, answers(cast))
    html = official.get(f"{LIST}{record.id}/edit").text
    for row in ASKED:
        assert (row.kind, f'name="f_{row.fid}"' in html) == (row.kind, True)
    for fid, value in (("ftime", "09:30"), ("fdatetime", "2026-01-05T09:30"), ("fmoney", "1234.50")):
        assert re.search(rf'<input[^>]*name="f_{fid}"[^>]*value="{value}"', html), fid


def test_an_export_has_a_cell_of_the_right_type(official: JudgingClient, cast: Cast) -> None:
    enter(official, answers(cast))
    answer = official.get(f"{LIST}export?type=xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    line = dict(zip(rows[0], rows[1], strict=True))
    for row in ROWS:
        if row.cell is not None:
            assert (row.kind, type(line[row.label]), line[row.label]) == (row.kind, type(row.cell), row.cell)
    text = official.get(f"{LIST}export?type=csv").data.decode("utf-8-sig")
    for told in ("09:30", "2026-01-05 09:30:00", "1234.50"):
        assert f",{told}," in text


def test_junk_is_told_at_its_question_and_no_page_fails(official: JudgingClient, cast: Cast) -> None:
    uid = begin(official, "every")
    junk = {row.fid: ["<b>", "\u202e<b>乱写</b>"] for row in ASKED}
    answer = post_page(official, uid, 1, junk)
    assert answer.status_code == 422
    told = set(re.findall(r'id="f_(\w+)-error"', answer.text))
    assert {row.fid for row in ASKED} - told == set()
    assert "<b>" not in answer.text
    assert official.post(f"/field/e/{uid}/check").status_code == 422


def test_what_nobody_enters_cannot_be_sent_by_a_page(official: JudgingClient, cast: Cast) -> None:
    uid = begin(official, "every")
    html = official.get(f"/field/e/{uid}/1").text
    assert "网格巡查" not in html
    assert "填好有关的题目后算出" in html
    asked = " ".join(row.fid for row in ROWS)
    answer = post_page(official, uid, 1, answers(cast) | {"fcalculate": "9", "fhidden": "别的"}, asked=asked)
    assert answer.status_code == 302
    assert "网格巡查" not in official.get(f"/field/e/{uid}/check").text
    official.post(f"/field/e/{uid}/check")
    record = db.session.scalars(sa.select(Record).where(Record.uid == uid)).one()
    assert (record.answers["fcalculate"], record.answers["fhidden"]) == ("14", "网格巡查")
    assert re.search(r"<output[^>]*>14</output>", official.get(f"{LIST}{record.id}/edit").text)
