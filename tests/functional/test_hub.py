"""The register page beside its lists: names in conditions, and the home page that leads to it."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from models.base import db
from models.forms import Form
from models.records import Record
from services.demo_forms import HAZARD, NEIGHBOUR_DISPUTE, RENTAL
from services.records import create_record
from tests.pages import JudgingClient
from tests.support.cast import AT, PEOPLE, TODAY, Cast


@pytest.fixture
def registers(cast: Cast, client: JudgingClient) -> JudgingClient:
    cast.publish(HAZARD, "YHPC")
    return client


def test_a_condition_names_only_units_in_scope(registers: JudgingClient, cast: Cast) -> None:
    cast.sign_in(registers, "official.yucun")
    own, other = (registers.get(f"/admin/f/hazard/?f_a1={cast.units[name]}").text for name in ("余村村", "邻村"))
    assert "所在村（社区）：余村村" in own
    assert "邻村" not in other


@pytest.mark.parametrize("username", [person[0] for person in PEOPLE])
def test_home_opens_for_every_role(registers: JudgingClient, cast: Cast, username: str) -> None:
    cast.sign_in(registers, username)
    answer = registers.get("/")
    assert answer.status_code == 200
    assert "今日要办" in answer.text


@pytest.fixture
def dispute(cast: Cast) -> str:
    """The address of a record of 余村村 with a phone number."""
    form_id = cast.publish(NEIGHBOUR_DISPUTE, "LLJF")
    raw = {
        "a1": cast.units["余村村"],
        "a2": "leak",
        "a4": "2026-11-20",
        "b1": "张三",
        "b3": "13812342084",
        "c1": "漏水",
    }
    form = db.session.get_one(Form, form_id)
    record = create_record(
        form, version=1, raw=raw, uid=uuid.uuid4().hex, actor=cast.actor("grid.yucun"), at=AT, today=TODAY
    )
    return f"/admin/f/neighbour_dispute/{record.id}/"


def save(client: JudgingClient, address: str, **changes: Any) -> int:
    """Post the edit page back as a browser would, with some changes; return the status."""
    html = client.get(f"{address}edit").text
    data = {name: re.search(rf'name="{name}" value="([^"]*)"', html)[1] for name in ("row_version", "asked")}  # type: ignore[index]
    village = re.search(r'<option selected value="(\d+)"', html)[1]  # type: ignore[index]
    typed = {"f_a1": village, "f_a2": "leak", "f_a4": "2026-11-20", "f_b1": "张三", "f_b3": "", "f_c1": "漏水"}
    return client.post(f"{address}edit", data={**data, **typed, "save": "1", **changes}).status_code


def answers() -> dict[str, Any]:
    db.session.rollback()
    found: dict[str, Any] = db.session.scalars(sa.select(Record.answers)).one()
    return found


def test_an_encrypted_answer_left_blank_stays_and_is_emptied_only_by_a_tick(
    client: JudgingClient, cast: Cast, dispute: str
) -> None:
    cast.sign_in(client, "official.yucun")
    assert "138****2084" in client.get(f"{dispute}edit").text
    assert save(client, dispute, f_c1="漏水，已到现场") == 302
    assert answers()["b3"]["mask"] == "138****2084"
    assert save(client, dispute, emptied="b3") == 302
    assert "b3" not in answers()
    assert "清空已登记的内容" not in client.get(f"{dispute}edit").text


def test_a_required_encrypted_answer_is_not_offered_for_emptying(client: JudgingClient, cast: Cast) -> None:
    form = db.session.get_one(Form, cast.publish(RENTAL, "CZFW"))
    raw = {"a1": cast.units["余村村"], "a2": "张三", "a3": "13812342084", "a4": "12号", "b1": "1", "b2": "2026-11-20",
           "b3": "fine"}  # fmt: skip
    record = create_record(
        form, version=1, raw=raw, uid=uuid.uuid4().hex, actor=cast.actor("grid.yucun"), at=AT, today=TODAY
    )
    cast.sign_in(client, "official.yucun")
    page = client.get(f"/admin/f/rental/{record.id}/edit").text
    assert "138****2084" in page
    assert "清空已登记的内容" not in page


def test_a_stale_edit_is_refused_and_what_was_typed_stays(client: JudgingClient, cast: Cast, dispute: str) -> None:
    cast.sign_in(client, "official.yucun")
    assert save(client, dispute, f_c1="先保存的") == 302
    assert save(client, dispute, f_c1="后保存的", row_version="1") == 409
    assert answers()["c1"] == "先保存的"
