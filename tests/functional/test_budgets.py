"""Quarterly budgets of the villages: allotted by the township, awarded by the village, seen by both."""

from __future__ import annotations

import re

from queries.budgets import quarter_of
from shell import clock
from tests.pages import JudgingClient
from tests.support.cast import Cast
from tests.support.coins import Station, uid

PAGE = "/coins/budgets"


def figures(html: str) -> list[int]:
    """Return what the page tells of the villages: allotted, awarded and left, village by village."""
    return [int(found) for found in re.findall(r'<span class="num">(-?\d+)</span>', html)]


def test_a_township_allots_this_quarter_once_and_its_village_sees_what_is_left(
    cast: Cast, client: JudgingClient
) -> None:
    station = Station(cast, budget=0)
    cast.sign_in(client, "official.tianhuangping")
    assert f'name="v{station.village_id}"' in client.get(PAGE).text
    form = {"uid": uid(), f"v{station.village_id}": "300"}
    for _again in range(2):
        assert client.post(PAGE, data=form).status_code == 303
    assert station.balance("budget") == 300
    conflict = client.post(PAGE, data=form | {f"v{station.village_id}": "400"})
    assert (conflict.status_code, station.balance("budget")) == (409, 300)
    assert client.post(PAGE, data={"uid": uid(), f"v{station.village_id}": "20"}).status_code == 303
    wrong = client.post(PAGE, data={"uid": uid(), f"v{station.village_id}": "二十"})
    assert (wrong.status_code, "二十" in wrong.text) == (422, True)

    station.earn("H1", 45, today=clock.today(), expires_on=None)
    cast.sign_in(client, "official.yucun")
    page = client.get(PAGE).text
    assert figures(page) == [320, 45, 275]
    assert f'name="v{station.village_id}"' not in page
    assert client.post(PAGE, data={"uid": uid(), f"v{station.village_id}": "9"}).status_code == 403
    before = client.get(f"{PAGE}?quarter={quarter_of(clock.today().replace(year=2020))}").text
    assert figures(before) == [0, 0, 275]


def test_nobody_allots_to_another_townships_village(cast: Cast, client: JudgingClient) -> None:
    station = Station(cast, budget=0)
    cast.sign_in(client, "official.meixi")
    assert f'name="v{station.village_id}"' not in client.get(PAGE).text
    client.post(PAGE, data={"uid": uid(), f"v{station.village_id}": "300"})
    assert station.balance("budget") == 0
