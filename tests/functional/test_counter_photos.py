"""A photograph of a code at the counter of a station: it leads where the code typed would lead, and is not kept."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from models.access import Role
from models.accounts import Membership
from models.base import db
from models.coins import CoinJournal
from models.files import File
from services.transaction import write_transaction
from shell.clock import now
from tests.functional.test_counter import LATER_THAN_EVER, enter_as, uid_of
from tests.pages import JudgingClient
from tests.support.cast import SINCE, Cast, chain_length
from tests.support.codes import bomb, photo_of
from tests.support.coins import RICE, Purse, Station
from tests.support.entry import picture

MIB = 1024 * 1024


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    station = Station(cast)
    station.earn("H1", 100, expires_on=LATER_THAN_EVER)
    return station


def show(client: JudgingClient, station: Station, *photos: bytes) -> TestResponse:
    """Send photographs to a counter, as a page with two fields of one name does."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="photo"; filename="%s"\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n'
        % ("券.jpg".encode() if photo else b"", photo)
        for photo in photos
    ]
    body = BytesIO(b"".join(parts) + b"--x--\r\n")
    return client.post(f"/counter/{station.id}", input_stream=body, content_type="multipart/form-data; boundary=x")


def files_of(app: Flask) -> set[Path]:
    return {one for one in app.config["ZHIYE"].files_dir.rglob("*") if one.is_file()}


def traces() -> tuple[int, int, int]:
    """Return how much has been written: journals, files, audit events."""
    journals, files = (db.session.scalar(sa.select(sa.func.count()).select_from(one)) for one in (CoinJournal, File))
    return journals or 0, files or 0, chain_length()


def test_a_photographed_voucher_is_handed_over_as_a_typed_one(
    client: JudgingClient, station: Station, cast: Cast
) -> None:
    station.move_in("H1", "villager.yucun")
    held = station.hold("H1", {RICE: 2}, at=now())
    enter_as(client, cast, "clerk.yucun")
    before = traces()
    opened = show(client, station, b"", photo_of(held.code))
    assert (opened.status_code, opened.location) == (303, f"/counter/{station.id}/v/{held.code}")
    assert traces() == before
    page = client.get(opened.location).text
    assert "胡村民" in page
    assert client.post(opened.location, data={"uid": uid_of(page)}).status_code == 303
    assert (station.purse("H1"), station.stock(RICE)) == (Purse(40, 0, 0), (8, 0))
    assert "已经用过" in client.get(show(client, station, photo_of(held.code)).location).text


def test_a_photographed_household_code_opens_its_sale(client: JudgingClient, station: Station, cast: Cast) -> None:
    enter_as(client, cast, "clerk.yucun")
    opened = show(client, station, photo_of(station.household("H1").code, "https://example.com/"))
    assert (opened.status_code, opened.location) == (303, f"/counter/{station.id}/h/{station.household('H1').id}")


def test_a_code_that_leads_nowhere_is_told_with_what_to_do(client: JudgingClient, station: Station, cast: Cast) -> None:
    held = station.hold("H1", {RICE: 1}, at=now())
    second = Station(cast, village="五鹤村")
    second.earn("N1", 100, expires_on=LATER_THAN_EVER)
    neighbours = second.hold("N1", {RICE: 1}, at=now())
    enter_as(client, cast, "clerk.yucun")
    before = traces()
    for photo, why in (
        (photo_of(), "没有读出二维码"),
        (photo_of("https://example.com/"), "不是本站的兑换券，也不是本村的户码"),
        (photo_of("7KQ2M9XD" * 40), "不是本站的兑换券，也不是本村的户码"),
        (photo_of(neighbours.code), "不是本站的兑换券，也不是本村的户码"),
        (photo_of(second.household("N1").code), "不是本站的兑换券，也不是本村的户码"),
        (photo_of(held.code, station.household("H1").code), "只拍一个码"),
    ):
        told = show(client, station, photo)
        assert (told.status_code, why in told.text, "五鹤村" in told.text) == (422, True, False)
    assert "先拍照或选一张照片" in show(client, station).text
    assert traces() == before
    assert station.purse("H1").held == 30


def test_a_voucher_of_another_station_of_ones_own_is_sent_there(
    client: JudgingClient, station: Station, cast: Cast
) -> None:
    held = station.hold("H1", {RICE: 1}, at=now())
    shop = Station(cast, village="天荒坪镇", stock=0, budget=0)
    with write_transaction():
        place = {"user_id": cast.users["clerk.yucun"], "org_id": cast.units["天荒坪镇"]}
        db.session.add(Membership(role=Role.STATION_CLERK, valid_from=SINCE, **place))
    enter_as(client, cast, "clerk.yucun")
    told = show(client, shop, photo_of(held.code))
    assert (told.status_code, "要在“余村村道德易站”领取" in told.text) == (422, True)


@pytest.mark.parametrize(
    ("sent", "status", "why"),
    [
        (b"7KQ2M9XD", 422, "不是能用的照片"),
        (photo_of("7KQ2M9XD")[:4000], 422, "已损坏"),
        (bomb(65000, 65000), 422, "尺寸太大"),
        (picture() + b"\0" * 16 * MIB, 413, "最多 16 MB"),
    ],
    ids=["text", "cut off", "bomb", "too large"],
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_what_is_no_photograph_is_told_on_the_page_and_nothing_is_kept(
    client: JudgingClient, station: Station, cast: Cast, app: Flask, sent: bytes, status: int, why: str
) -> None:
    enter_as(client, cast, "clerk.yucun")
    before, kept = traces(), files_of(app)
    told = show(client, station, sent)
    assert (told.status_code, why in told.text, 'name="photo"' in told.text) == (status, True, True)
    assert traces() == before
    assert files_of(app) == kept


def test_nobody_shows_photographs_at_the_counter_of_another_village(
    client: JudgingClient, station: Station, cast: Cast
) -> None:
    held = station.hold("H1", {RICE: 1}, at=now())
    for username, status in (("official.wuhe", 404), ("villager.yucun", 403), ("grid.yucun", 403)):
        enter_as(client, cast, username)
        assert show(client, station, photo_of(held.code)).status_code == status


def test_the_codes_on_a_villagers_own_pages_are_ones_that_any_scanner_reads(
    client: JudgingClient, station: Station, cast: Cast
) -> None:
    """A Micro QR code has one corner mark instead of three: phones and most scanners pass it by."""
    station.move_in("H1", "villager.yucun")
    held = station.hold("H1", {RICE: 1}, at=now())
    enter_as(client, cast, "villager.yucun")
    for address in ("/own/coins", f"/own/vouchers/{held.code}"):
        drawn = client.get(address).text.partition('src="data:image/svg+xml')[2].partition('"')[0]
        assert "h29v29h-29z" in drawn  # 21 modules and the quiet zone around; a Micro QR code has 17 at most
