"""Every page that there is, opened by somebody of each role and judged as tests/pages.py judges."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from models.access import Role
from tests.pages import JudgingClient, faults
from tests.support.cast import PEOPLE, Cast
from tests.support.tour import Tour, visitor
from tests.support.village import settle

# The one of each role who sees the most of 余村村.
BY_ROLE = {role: next(name for name, _who, held, _org in PEOPLE if held == role) for role in Role} | {
    Role.VILLAGE_OFFICIAL: "official.yucun",
    Role.GRID_WORKER: "grid.yucun",
}
CHANGING = re.compile(r'nonce="[^"]*"|name="csrf[_-]token"[^>]*>|value="[0-9a-f]{16}"')  # differs on each answer


def not_a_page(endpoint: str) -> bool:
    return endpoint.startswith("api.") or "export" in endpoint or endpoint == "desk.file"


def test_the_cast_has_every_role() -> None:
    assert BY_ROLE.keys() == set(Role)


@pytest.fixture
def engine_name() -> str:
    """One engine is enough: pages look the same on both, and the scope matrix opens every route on both."""
    return "sqlite"


def test_every_page_is_good_for_every_role(cast: Cast, app: Flask, client: JudgingClient) -> None:
    tour = Tour(app, settle(cast, client))
    judged: set[str] = set()
    opened: set[str] = set()
    wrong: dict[str, list[str]] = {}
    for username in BY_ROLE.values():
        browser = visitor(app, cast, username)
        for endpoint, address in tour.addresses("GET", most=2):
            if endpoint in opened and not_a_page(endpoint):
                continue
            answer = browser.get(address, judge=False)
            if answer.status_code >= 500:
                wrong[f"{username} {address}"] = [answer.status]
            if answer.status_code == 200:
                opened.add(endpoint)
            if answer.mimetype != "text/html" or not answer.data:
                continue
            page = CHANGING.sub("", answer.text)
            if page not in judged:
                judged.add(page)
                found = list(faults(answer.text))
                if found:
                    wrong[f"{username} {address} {answer.status_code}"] = found
    assert wrong == {}
    asked = {rule.endpoint for rule in tour.rules("GET")}
    # A page that nobody could open has not been judged: only leading elsewhere is what these do with the newest version
    # of a form without stages, and with the token of a person.
    elsewhere = {"field.new", "field.forward", "hub_upgrade.index_view", "hub_chosen.index_view"}
    assert asked - opened == elsewhere | {"tokens.renew_view"}


@pytest.mark.parametrize("path", ["/login", "/login?next=/admin/", "/login/code", "/nowhere"])
def test_what_the_signed_out_see_is_good(cast: Cast, client: JudgingClient, path: str) -> None:
    assert client.get(path).status_code in {200, 302, 404}
