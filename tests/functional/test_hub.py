"""The register page beside its lists: names in conditions, and the home page that leads to it."""

from __future__ import annotations

import pytest

from services.demo_forms import HAZARD
from tests.pages import JudgingClient
from tests.support.cast import PEOPLE, Cast


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
