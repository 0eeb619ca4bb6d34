"""Role x route x scope: whoever stands outside a village meets nothing of it on any route, and changes nothing there.

The village carries one of everything, each with a mark (tests/support/village.py). Everybody opens and posts to every
route with the village's own ids, uids, keys and words; then the marks each one met are compared with the policy.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from pypdf import PdfReader
from werkzeug.test import TestResponse

from models.access import PERMISSIONS
from models.base import db
from models.forms import Form
from models.orgs import OrgUnit
from models.records import Record
from tests.pages import JudgingClient
from tests.support import village as marks
from tests.support.cast import PEOPLE, Cast
from tests.support.tour import Tour, flask_admin_view, visitor
from tests.support.village import KEY, settle

NOBODY = ""
INSIDE = {"余村村", "天荒坪镇", "安吉县综治中心"}
OUTSIDERS = [NOBODY, *(name for name, _who, _role, org in PEOPLE if org not in INSIDE)]
INSIDERS = [name for name, _who, _role, org in PEOPLE if org in INSIDE]
# One of each kind of outsider asks every route all that tour.py knows to ask; the others open it plainly.
CURIOUS = {"official.wuhe", "official.meixi", "handler.xinfang", "admin.next"}
# They stand above the village, but write nothing anywhere.
READERS = ["discipline.county", "leader.county", "auditor.county"]


def settled(cast: Cast, app: Flask, client: JudgingClient) -> Tour:
    return Tour(app, settle(cast, client))


def said(answer: TestResponse) -> str:
    """Return all that an answer tells: headers, text, JSON in plain letters, every part of a workbook, every page."""
    told = unquote(str(answer.headers))
    if answer.data.startswith(b"%PDF"):
        return told + "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    if answer.data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
            return told + "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    if "json" in (answer.mimetype or ""):
        return f"{told}{json.dumps(json.loads(answer.data), ensure_ascii=False)}"
    return f"{told}{answer.data.decode('utf-8', 'replace')}"


def policy(mark: str) -> str:
    """Return the permission that opens the thing a mark belongs to."""
    opened_by = {
        "record:history": {marks.REASON},
        "record:edit": {marks.WHO},
        "record:import": {marks.IMPORTED},
        "user:list": {marks.USER},
        "org:list": {marks.NOTE, marks.PAST_NAME},
        "household:list": {marks.HOUSE, marks.HOUSE_HINT},
        "resident:list": {marks.RESIDENT, marks.RESIDENT_PHONE_MASK},
        "token:manage": {marks.TOKEN},
        "station:list": {marks.STATION},
        "claim:list": {marks.DEED, marks.PROOF},
        "webhook:list": {marks.HOOK},
    }
    return next((permission for permission, those in opened_by.items() if mark in those), "record:list")


def may_meet(mark: str) -> set[str]:
    """Return who meets a mark by opening pages; what is revealed one by one is met by nobody so."""
    if mark in {marks.PHONE, marks.RESIDENT_PHONE, marks.ADDRESS}:
        return set()
    if mark in {marks.DRAFT, marks.NOTICE}:
        return {"grid.yucun"}
    if mark == marks.EXPORTED:
        return {"official.yucun"}
    if mark == marks.TOKEN:
        return {"grid.yucun"} | inside_with("token:manage")
    if mark == marks.DRAFT_PHOTO:
        return {"grid.yucun"} | inside_with("audit:list")
    named_in_the_chain = inside_with("audit:list") if mark in {marks.PHOTO, marks.HOUSE, marks.STATION} else set()
    return inside_with(policy(mark)) | named_in_the_chain | met_at_the_counter(mark)


def met_at_the_counter(mark: str) -> set[str]:
    """Return who meets a household or a station because coins are spent there; villagers their own."""
    opened_by = {marks.HOUSE_HINT: "coin:redeem", marks.RESIDENT: "coin:redeem"}
    opened_by |= dict.fromkeys((marks.HOUSE, marks.STATION), "coin:list")
    own = {"villager.yucun"} if mark in {marks.HOUSE, marks.STATION, marks.RESIDENT, marks.DEED, marks.PROOF} else set()
    return own | (inside_with(opened_by[mark]) if mark in opened_by else set())


def inside_with(permission: str) -> set[str]:
    return {name for name, _who, role, org in PEOPLE if org in INSIDE and role in PERMISSIONS[permission]}


@pytest.mark.parametrize("names", [OUTSIDERS, INSIDERS], ids=["outsiders", "insiders"])
def test_opening_every_route_shows_each_mark_to_whom_the_policy_says_and_to_nobody_else(
    cast: Cast, app: Flask, client: JudgingClient, names: list[str]
) -> None:
    tour = settled(cast, app, client)
    whose = tour.village.marks()
    met: dict[tuple[str, str], str] = {}
    failed: list[str] = []
    for username in names:
        browser = visitor(app, cast, username)
        for _endpoint, address in tour.addresses("GET", None if username in CURIOUS else 1):
            answer = browser.get(address, judge=False)
            if answer.status_code >= 500:
                failed.append(f"{answer.status_code} {username} {address}")
            told = said(answer)
            for mark in whose:
                if mark in told and mark not in unquote(address):  # a list repeats the words it was asked for
                    met.setdefault((mark, username), address)
    assert failed == []
    allowed = {(mark, name) for mark in whose for name in may_meet(mark) if name in names}
    assert {(whose[mark], name): where for (mark, name), where in met.items() if (mark, name) not in allowed} == {}
    assert {(whose[mark], name) for mark, name in allowed - met.keys()} == set(), "these could see and did not"


def posted(tour: Tour, endpoint: str) -> list[dict[str, Any]]:
    """Return what is sent to a route: everything any page asks for, with the village's own names and versions."""
    village = tour.village
    versions = {
        "hub": db.session.get_one(Record, village.record_id).row_version,
        "forms": db.session.get_one(Form, village.form_id).row_version,
        "orgs": db.session.get_one(OrgUnit, village.ids["unit"]).row_version,
    }
    answers = {"f_a1": village.ids["unit"], "f_a2": "adjacent", "f_a4": "2026-11-20", "f_a5": "9", "f_b1": "篡改",
               "f_c1": "篡改过的经过", "f_c2": "pay", "f_b3": "", "kept_a8": village.photo}  # fmt: skip
    common = {
        "row_version": versions.get(endpoint.partition(".")[0], 1), "reason": "核对情况需要", "base": 2, "tab": "t",
        "asked": "a2 a5", "to": "down", "name": "篡改", "title": "篡改", "label": "篡改", "code": "X9", "note": "篡改",
        "since": "2026-11-22", "valid_to": "2026-11-22", "valid_from": "2026-01-01", "confirm_name": "余村村",
        "rowid": [village.record_id, *village.ids.values()], "which": "phone", "parent_id": village.ids["unit"],
        "level": "village", "document": "{}", "password": "x", "head_name": "篡改", "village_id": village.ids["unit"],
    }  # fmt: skip
    acts: list[dict[str, Any]] = [{"next": 1, "save": 1}]
    if endpoint in {"field.save_page", "hub.edit_view"}:
        acts.append({"remove": village.draft_photo if endpoint.startswith("field") else village.photo})
    if endpoint.endswith("action_view"):
        acts = [{"action": name} for name in flask_admin_view(tour.app, endpoint)._actions_data]
    return [{**common, **answers, **act} for act in acts]


@pytest.mark.parametrize("group", ["outsiders", "readers"])
def test_posting_to_every_route_changes_nothing_of_the_village(
    cast: Cast, app: Flask, client: JudgingClient, group: str
) -> None:
    tour = settled(cast, app, client)
    before = tour.village.rows()
    for username in OUTSIDERS if group == "outsiders" else READERS:
        browser = visitor(app, cast, username)
        betrayed, failed = [], []
        for endpoint, address in tour.addresses("POST"):
            for data in posted(tour, endpoint):
                answer = browser.post(address, data=data, judge=False)
                if answer.status_code >= 500:
                    failed.append(f"{answer.status_code} {address}")
                told = said(answer)
                if group == "outsiders":
                    betrayed += [f"{address}: {what}" for mark, what in tour.village.marks().items() if mark in told]
        assert (username, failed, betrayed) == (username, [], [])
        after = tour.village.rows()
        assert {name: (rows, after[name]) for name, rows in before.items() if rows != after[name]} == {}, username
        if username:
            assert browser.get("/me", judge=False).status_code == 200, "the visitor was thrown out on the way"


def test_the_same_posts_do_change_the_village_for_its_own_people(cast: Cast, app: Flask, client: JudgingClient) -> None:
    tour = settled(cast, app, client)
    village = tour.village
    before = village.rows()
    browser = visitor(app, cast, "official.yucun")
    (data,) = [one for one in posted(tour, "hub.edit_view") if "save" in one]
    saved = browser.post(f"/admin/f/{KEY}/{village.record_id}/edit", data=data, judge=False)
    assert saved.status_code == 302
    shown = browser.post(f"/admin/f/{KEY}/{village.record_id}/reveal/b3", data=data, judge=False)
    assert marks.PHONE in said(shown)
    assert browser.post(f"/admin/f/{KEY}/{village.record_id}/void", data=data, judge=False).status_code == 302
    after = village.rows()
    assert after["record"] != before["record"]
    assert len(after["record_revision"]) == len(before["record_revision"]) + 2


IN_SCOPE = [
    # who stands in the right place but in the wrong role: method, address, answer
    ("auditor.county", "GET", "/admin/f/dispute/", 200),
    ("auditor.county", "GET", "/admin/f/dispute/{record_id}/", 200),
    ("auditor.county", "GET", "/admin/f/dispute/export?type=xlsx", 403),
    ("auditor.county", "GET", "/admin/f/dispute/{record_id}/edit", 403),
    ("auditor.county", "POST", "/admin/f/dispute/{record_id}/edit", 403),
    ("auditor.county", "POST", "/admin/f/dispute/{record_id}/void", 403),
    ("auditor.county", "POST", "/admin/f/dispute/{record_id}/reveal/b3", 403),
    ("auditor.county", "GET", "/admin/forms/", 200),
    ("auditor.county", "POST", "/admin/forms/dispute/publish/now", 403),
    ("leader.county", "GET", "/admin/f/dispute/export?type=csv", 200),
    ("leader.county", "GET", "/admin/f/dispute/{record_id}/edit", 403),
    ("leader.county", "POST", "/admin/f/dispute/{record_id}/void", 403),
    ("leader.county", "POST", "/admin/f/dispute/bulk", 403),
    ("leader.county", "GET", "/admin/f/dispute/{record_id}/revisions/1", 403),
    ("leader.county", "GET", "/admin/forms/", 403),
    ("leader.county", "GET", "/field/", 403),
    ("grid.yucun", "GET", "/admin/f/dispute/{record_id}/", 200),
    ("grid.yucun", "GET", "/admin/f/dispute/{record_id}/edit", 200),
    ("grid.yucun", "GET", "/admin/f/dispute/export?type=xlsx", 403),
    ("grid.yucun", "POST", "/admin/f/dispute/{record_id}/void", 403),
    ("grid.yucun", "POST", "/admin/f/dispute/{record_id}/reveal/b3", 403),
    ("grid.yucun", "GET", "/admin/orgs/edit/?id={unit}", 403),
    ("admin", "GET", "/admin/f/dispute/{record_id}/edit", 403),
    ("admin", "POST", "/admin/f/dispute/{record_id}/reveal/b3", 403),
    ("admin", "GET", "/admin/f/dispute/export?type=xlsx", 200),
    ("admin", "GET", "/field/f/dispute/new", 403),
    ("discipline.county", "GET", "/admin/f/dispute/", 403),
    ("discipline.county", "GET", "/search?q=楼板", 403),
    ("discipline.county", "GET", "/api/v1/forms/dispute/records", 403),
    ("discipline.county", "GET", "/files/{photo}", 404),
    ("official.yucun", "GET", "/field/e/{draft}/1", 404),
    ("official.yucun", "GET", "/files/{draft_photo}", 404),
    ("official.tianhuangping", "GET", "/files/{photo}", 200),
    ("official.tianhuangping", "GET", "/admin/f/dispute/{record_id}/revisions/1", 200),
    ("official.yucun", "GET", "/admin/orgs/edit/?id={unit}", 403),
]


def test_the_right_place_in_the_wrong_role_is_refused(cast: Cast, app: Flask, client: JudgingClient) -> None:
    village = settled(cast, app, client).village
    names = {name: value for name, value in vars(village).items() if isinstance(value, str | int)} | village.ids
    browsers = {username: visitor(app, cast, username) for username in {row[0] for row in IN_SCOPE}}
    wrong = []
    for username, method, address, status in IN_SCOPE:
        path = address.format(**names)
        answer = browsers[username].open(path, method=method, data={"reason": "核对情况需要"}, judge=False)
        if answer.status_code != status:
            wrong.append(f"{username} {method} {path}: {answer.status_code} instead of {status}")
    assert wrong == []


def test_the_rows_next_door_are_not_found_rather_than_forbidden(cast: Cast, app: Flask, client: JudgingClient) -> None:
    village = settled(cast, app, client).village
    for username in ("official.hongmiao", "official.wuhe", "official.meixi", "official.next"):
        browser = visitor(app, cast, username)
        places = ("", "edit", "void", "reveal/b3", "revisions/1")
        addresses = [f"/admin/f/{KEY}/{village.record_id}/{place}" for place in places]
        addresses += [f"/api/v1/forms/{KEY}/records/{village.record_id}", f"/files/{village.photo}"]
        assert {address: browser.get(address, judge=False).status_code for address in addresses} == dict.fromkeys(
            addresses, 404
        )
        listed = browser.get(f"/api/v1/forms/{KEY}/records").get_json()
        assert (listed["items"], listed["count"], listed["next"]) == ([], 0, None)
