"""What no honest browser sends: nothing of it is an error of ours, nothing of it runs, nothing of SQL is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sa
from flask import Flask
from markupsafe import escape
from werkzeug.test import TestResponse

from models.accounts import User
from models.base import db
from models.categories import Category
from models.orgs import OrgUnit
from services.transaction import write_transaction
from tests.pages import JudgingClient
from tests.support.cast import Cast
from tests.support.tour import Tour, visitor
from tests.support.village import KEY, register, settle

WORKING = ("admin", "official.tianhuangping")  # between them they open almost everything
HOSTILE = "\"'><img src=x onerror=alert(1)>"
HUGE = "99999999999999999999"
EVIL = {
    "huge": HUGE,
    "negative": "-1",
    "nul": "a\0b",
    "quotes": "'\";-- %_\\",
    "no number": "NaN",
    "infinite": "1e400",
    "superscript": "²",
    "no day": "2026-02-30",
    "long": "长" * 3000,
    "markup": HOSTILE,
    "cursor": "W10",  # []
    "cursor of null": "W251bGwsMV0",  # [null,1]
    "cursor of objects": "W1t7fV0se31d",  # [[{}],{}]
    "cursor of huge": "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LDk5OTk5OTk5OTk5OTk5OTk5OTk5XQ",
    "cursor of infinity": "W0luZmluaXR5LDFd",
}
RAW = ["%FF%FE", "%ED%A0%80", "%00", "%", "%C0%AE"]  # bytes that are no text
NAMES = (
    "page", "page_size", "after", "sort", "desc", "q", "search", "id", "type", "limit", "level", "query", "name", "key",
    "year", "act", "which", "role", "state", "width", "old", "new", "next", "f_a1", "f_a2", "f_a4_ge", "f_a4_le",
    "f_a5_ge", "f_a5_le", "flt0_kind", "flt0_level", "flt0_role", "flt0_act", "flt0_org", "flt1_actor", "flt1_active",
    "flt2_since", "flt2_until", "flt3_until",
)  # fmt: skip
FIELDS = (
    "row_version", "reason", "base", "tab", "asked", "title", "label", "code", "valid_from", "valid_to", "confirm_name",
    "rowid", "parent_id", "document", "value", "birth_date", "village_id", "org_id", "remove", "kept_a8", "username",
    "password", "current", "new", "day", "text", "since", "options-0-position", "options-0-label", "show-text",
)  # fmt: skip
API_NAMES = ("f.a1", "f.a2.in", "f.a4.ge", "f.a5.le", "f.c1.contains", "f.a5.empty", "f.nothing", "f.a1.nothing")
# Each begins with a letter of its own, so that an answer of a megabyte is looked through at the speed of memory.
TELLS = tuple(
    re.compile(told)
    for told in (
        r"SELECT\b.+\bFROM\b", r"INSERT INTO\b", r"UPDATE \w+ SET\b", "sqlalche", "psycopg", "sqlite3", "Traceback",
        "IntegrityError", "DataError", "OperationalError", "/site-packages/",
    )
)  # fmt: skip
LISTS = {"index_view", "list_records", "orgs", "search"}


class Quiet(JudgingClient):
    """A browser whose pages are not judged: they hold words that no Chinese page would."""

    def open(self, *args: Any, judge: bool = False, **kwargs: Any) -> TestResponse:
        return super().open(*args, judge=judge, **kwargs)


@pytest.fixture
def tour(cast: Cast, app: Flask, client: JudgingClient) -> Tour:
    return Tour(app, settle(cast, client))


def tells(text: str) -> list[str]:
    """Return what an answer tells of our database or code."""
    return [found[0] for one in TELLS if (found := one.search(text))]


def problems(answer: Any, asked: str) -> list[str]:
    """Return what is wrong with an answer to nonsense."""
    wrong = [f"{answer.status_code}: {asked[:150]}"] if answer.status_code >= 500 else []
    if answer.mimetype in {"text/html", "application/problem+json"}:
        wrong += [f"{told!r}: {asked[:150]}" for told in tells(answer.text)]
    if answer.mimetype == "text/html" and "<img src=x" in answer.text:
        wrong.append(f"markup comes back: {asked[:150]}")
    return wrong


def places(tour: Tour, browser: JudgingClient) -> Iterator[tuple[str, str]]:
    """Yield (method of the view, one address) of each route that this browser gets an answer from."""
    seen: set[str] = set()
    for endpoint, address in tour.addresses("GET", most=1):
        if endpoint not in seen and browser.get(address, judge=False).status_code == 200:
            seen.add(endpoint)
            yield endpoint.rpartition(".")[2], address


def test_nonsense_in_the_address_is_never_an_error_of_ours(tour: Tour, app: Flask, cast: Cast) -> None:
    """Each route is asked by the first of WORKING who may open it; lists by both: another scope is another query."""
    wrong: list[str] = []
    done: set[str] = set()
    for browser in (visitor(app, cast, username) for username in WORKING):
        for view, address in list(places(tour, browser)):
            if address in done and view not in LISTS:
                continue
            done.add(address)
            for asked in nonsense(view, address):
                wrong += problems(browser.get(asked, judge=False), asked)
    assert wrong == []


def nonsense(view: str, address: str) -> list[str]:
    """Return an address with hostile questions behind it."""
    joint = "&" if "?" in address else "?"
    names = API_NAMES if address.startswith("/api/") else NAMES
    values = EVIL.values() if view in LISTS else [EVIL[name] for name in ("huge", "nul", "markup")]
    given = [f"{address}{joint}{urlencode(dict.fromkeys(names, value))}" for value in values]
    given += [f"{address}{joint}{'&'.join(f'{name}={raw}' for name in names)}" for raw in RAW[: len(given) // 3]]
    if names is API_NAMES:
        given += [f"{address}{joint}{urlencode({name: value})}" for name in names for value in values]
        given += [f"{address}{joint}{urlencode(dict.fromkeys(NAMES, value))}" for value in values]
    return given


def test_nonsense_in_the_path_is_not_found(tour: Tour, app: Flask, cast: Cast) -> None:
    wrong: list[str] = []
    browsers = [visitor(app, cast, username) for username in WORKING]
    for rule in tour.rules("GET"):
        for value in (HUGE, "0", "-1", quote(HOSTILE, safe=""), "%00", "%FF", "x" * 3000, "..%2f..%2fetc%2fpasswd"):
            asked = re.sub(r"<[^>]+>", value.replace("\\", ""), rule.rule)
            if asked != rule.rule:
                answer = first_admitted(browsers, lambda browser, path=asked: browser.get(path, judge=False))  # type: ignore[misc]
                wrong += problems(answer, asked)
                if answer.status_code == 200 and "export" not in rule.rule:
                    wrong.append(f"200: {asked[:100]}")
    assert wrong == []


def first_admitted(browsers: list[JudgingClient], ask: Callable[[JudgingClient], TestResponse]) -> TestResponse:
    """Return the answer to the first who may do this; to the last where nobody may."""
    for browser in browsers:
        answer = ask(browser)
        if answer.status_code != 403:
            break
    return answer


@pytest.mark.parametrize("engine_name", ["sqlite"])  # so long an address is refused before any database is asked
def test_ten_megabytes_of_address_are_survived(tour: Tour, app: Flask, cast: Cast) -> None:
    browser = visitor(app, cast, "admin")
    wrong: list[str] = []
    for path in (
        "/search",
        f"/admin/f/{KEY}/",
        f"/api/v1/forms/{KEY}/records",
        "/api/v1/orgs",
        "/admin/orgs/",
        "/login",
    ):
        for asked in (f"{path}?q={'x' * 10_000_000}", f"{path}?{'&'.join(['after=x'] * 200_000)}"):
            wrong += problems(browser.get(asked, judge=False), asked)
    assert wrong == []


def test_nonsense_in_a_body_is_never_an_error_of_ours(tour: Tour, app: Flask, cast: Cast) -> None:
    browsers = [visitor(app, cast, username) for username in WORKING]
    names = [*NAMES, *FIELDS, *(f"f_{fid}" for fid in ("a2", "a3", "a4", "a5", "a8", "b1", "b2", "b3", "c1", "c2"))]
    bodies: list[dict[str, Any]] = [
        {"data": dict.fromkeys(names, EVIL[name])} for name in ("huge", "nul", "quotes", "no number", "markup")
    ]
    bodies += [
        {"data": {}},
        {"data": b"{", "content_type": "application/json"},
        {"data": json.dumps([HUGE]), "content_type": "application/json"},
        {"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"},
        {"data": b"\xff\xfe=\xed\xa0\x80&%=%", "content_type": "application/x-www-form-urlencoded"},
    ]
    wrong: list[str] = []
    for _endpoint, address in list(tour.addresses("POST", most=1)):
        for body in bodies:
            answer = first_admitted(browsers, lambda one, to=address, sent=body: one.post(to, judge=False, **sent))  # type: ignore[misc]
            wrong += problems(answer, f"{address} {str(body)[:80]}")
    assert wrong == []


def test_other_methods_are_refused(tour: Tour, app: Flask, cast: Cast) -> None:
    browser = visitor(app, cast, "admin")
    wrong = []
    for rule in tour.rules("GET"):
        address = next(tour.paths(rule))
        taken = {name for one in app.url_map.iter_rules() if one.rule == rule.rule for name in one.methods or ()}
        for method in {"PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - taken:
            answer = browser.open(address, method=method, judge=False)
            if answer.status_code != 405:
                wrong.append(f"{method} {address}: {answer.status_code}")
    assert wrong == []


def test_a_failing_database_is_told_in_words_without_sql(
    tour: Tour, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visitor(app, cast, "official.tianhuangping")
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", None)
    monkeypatch.setattr(app, "testing", False)
    paths = (f"/admin/f/{KEY}/", f"/api/v1/forms/{KEY}/records", "/", "/search?q=楼板")
    with rename("record", "record_gone"):
        answers = {path: browser.get(path) for path in paths}
    for path, answer in answers.items():
        assert (path, answer.status_code) == (path, 500)
        assert (path, "record_gone" in answer.text, tells(answer.text)) == (path, False, [])
    assert {path: browser.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


@contextmanager
def rename(table: str, other: str) -> Iterator[None]:
    db.session.remove()
    with db.engine.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE {table} RENAME TO {other}"))
    try:
        yield
    finally:
        db.session.remove()
        with db.engine.begin() as connection:
            connection.execute(sa.text(f"ALTER TABLE {other} RENAME TO {table}"))


# ---------- markup where only text belongs ----------


def hostile_register() -> dict[str, Any]:
    """Return the register with markup in every text that a definition has."""
    document = register()
    document["title"] = {"zh_Hans_CN": f"登记{HOSTILE}"}
    for number, page in enumerate(document["pages"]):
        page["title"] = f"第{number}页{HOSTILE}"
        for item in page["items"]:
            item["label"] = f"题{item['fid']}{HOSTILE}"
            item["hint"] = f"提示{HOSTILE}"
            for option in item.get("options", ()):
                option["label"] = f"选项{HOSTILE}"
            for rule in item.get("rules", ()):
                rule["message"] = f"不对{HOSTILE}"
    return document


def poison(cast: Cast, ids: dict[str, int]) -> None:
    """Put markup into names that people type elsewhere."""
    with write_transaction():
        db.session.get_one(OrgUnit, ids["unit"]).name = f"余村{HOSTILE}"
        db.session.get_one(User, ids["user"]).name = f"同事{HOSTILE}"
        db.session.get_one(User, cast.users["grid.yucun"]).name = f"网格{HOSTILE}"
        db.session.get_one(Category, ids["category"]).name = f"类别{HOSTILE}"


SHOWN_ON = {
    "official.tianhuangping": ["desk.home", "desk.search", "hub.index_view", "hub.details_view", "hub.edit_view",
                               "hub.void_view", "hub.reveal_view", "hub.revision_view", "field.home", "orgs.index_view",
                               "orgs.details_view"],
    "grid.yucun": ["desk.home", "field.home", "field.page", "field.check", "field.confirm_discard", "field.done"],
    "admin": ["forms.index_view", "forms.edit_view", "forms.try_view", "forms.publish_view", "forms.versions_view",
              "forms.version_view", "forms.settings_view", "forms.item_view", "forms.item_retire_view",
              "forms.import_view", "users.index_view", "users.details_view", "categories.index_view",
              "categories.details_view", "hub.index_view", "hub.details_view", "audit.index_view"],
}  # fmt: skip


def test_markup_in_any_name_is_shown_as_text_on_every_page(cast: Cast, app: Flask) -> None:
    village = settle(cast, Quiet(app, app.response_class), hostile_register())
    poison(cast, village.ids)
    tour = Tour(app, village)
    escaped = str(escape(HOSTILE))
    for username, endpoints in SHOWN_ON.items():
        browser = visitor(app, cast, username)
        executed, shown = [], set()
        for endpoint, address in tour.addresses("GET", most=2):
            answer = browser.get(address, judge=False)
            if answer.mimetype != "text/html" or answer.status_code >= 500:
                assert answer.status_code < 500, address
                continue
            if "<img src=x" in answer.text:
                executed.append(address)
            if escaped in answer.text:
                shown.add(endpoint)
        assert executed == []
        assert set(endpoints) - shown == set(), f"{username} should have met the words there"


def test_markup_that_was_asked_for_comes_back_as_text(tour: Tour, app: Flask, cast: Cast) -> None:
    browser = visitor(app, cast, "official.tianhuangping")
    for address in (f"/search?q={quote(HOSTILE)}", f"/admin/f/{KEY}/?q={quote(HOSTILE)}",
                    f"/admin/people/?search={quote(HOSTILE)}"):  # fmt: skip
        page = browser.get(address, judge=False).text
        assert "<img src=x" not in page
        assert str(escape(HOSTILE)) in page


# ---------- headers ----------


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def test_every_answer_has_the_headers_that_keep_others_out(tour: Tour, app: Flask, cast: Cast) -> None:
    browser = visitor(app, cast, "admin")
    wrong: dict[str, Any] = {}
    nonces: list[str] = []
    addresses = [address for _endpoint, address in tour.addresses("GET", most=1)]
    for address in [*addresses, "/login", "/healthz", "/nowhere", "/static/zhiye.css", f"/files/{tour.village.photo}"]:
        answer = browser.get(address, judge=False)
        answer.close()
        policy = answer.headers.get("Content-Security-Policy", "")
        nonces += re.findall(r"'nonce-([^']+)'", policy)[:1]
        # The designer shows its own preview in a frame; nothing else may be framed, and that by nobody else.
        framing = "'self'" if address.endswith("/preview") else "'none'"
        if "unsafe" in policy or not (f"frame-ancestors {framing}" in policy or "sandbox" in policy):
            wrong[address] = policy
        if "sandbox" not in policy and not re.search(r"script-src 'self' 'nonce-[\w-]{20,}';", policy):
            wrong[address] = policy
        expected = HEADERS | ({"X-Frame-Options": "SAMEORIGIN"} if address.endswith("/preview") else {})
        for name, value in expected.items():
            if answer.headers.get(name) != value:
                wrong[f"{address} {name}"] = answer.headers.get(name)
        if "no-store" not in answer.headers.get("Cache-Control", "") and not address.startswith("/static/"):
            wrong[f"{address} Cache-Control"] = answer.headers.get("Cache-Control")
    assert wrong == {}
    assert len(nonces) > 50
    assert len(set(nonces)) == len(nonces)
