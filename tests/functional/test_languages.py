"""Chinese unless somebody chooses English; then every page is English but for what people entered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from shell.i18n import COOKIE
from tests.pages import NOT_PROSE, SPOKEN_ATTRIBUTES, JudgingClient, parsed
from tests.support.cast import PASSWORD, Cast
from tests.support.office import fill
from tests.support.tour import WORDS, Tour, visitor
from tests.support.village import settle

CHINESE = re.compile("[\u4e00-\u9fff\uff00-\uffef\u3000-\u303f]")
MASKED = re.compile("[\u4e00-\u9fff]\\*+")
# Holiday notices are written in Chinese: the hints of the calendar quote one.
NOTICE = ("2月5日至2月11日 休息 春节", "2月14日 上班 春节调休", "国庆节调休", "国庆节", "上班", "休息")
PAIRS = str.maketrans("", "", "“”【】")  # the marks around what people wrote


def language_of(html: str) -> str:
    return str(re.findall(r'<html lang="([^"]+)"', html)[0])


def choose(client: JudgingClient, language: str, onward: str = "/login") -> Any:
    return client.post("/language", data={"language": language, "next": onward})


def test_the_interface_is_chinese_until_somebody_chooses(client: JudgingClient) -> None:
    page = client.get("/login", headers={"Accept-Language": "en-GB,en"})
    assert language_of(page.text) == "zh-Hans-CN"
    assert "<h1" in page.text
    assert ">登录</h1>" in page.text


def test_a_choice_holds_for_this_browser_and_can_be_taken_back(client: JudgingClient) -> None:
    client.get("/login")
    answer = choose(client, "en")
    assert (answer.status_code, answer.location) == (302, "/login")
    page = client.get("/login").text
    assert language_of(page) == "en"
    assert ">Sign in</h1>" in page
    choose(client, "zh_Hans_CN")
    assert language_of(client.get("/login").text) == "zh-Hans-CN"


def test_a_language_nobody_speaks_changes_nothing(client: JudgingClient) -> None:
    client.get("/login")
    answer = choose(client, "tlh", onward="https://elsewhere.example/")
    assert answer.location == "/"
    assert COOKIE not in str(answer.headers)
    assert language_of(client.get("/login").text) == "zh-Hans-CN"


def test_a_choice_goes_along_with_the_account(app: Flask, cast: Cast, client: JudgingClient) -> None:
    cast.sign_in(client, "grid.yucun")
    client.get("/me")
    choose(client, "en", onward="/me")
    assert cast.user("grid.yucun").locale == "en"
    elsewhere = JudgingClient(app, app.response_class)
    elsewhere.sign_in("grid.yucun", PASSWORD)
    assert language_of(elsewhere.get("/me").text) == "en"
    cast.sign_in(elsewhere, "official.yucun")
    assert language_of(elsewhere.get("/me").text) == "zh-Hans-CN"


@pytest.mark.parametrize("engine_name", ["sqlite"])  # words do not come from a database
@pytest.mark.parametrize("username", ["", "admin", "grid.yucun"])
def test_every_page_is_english(app: Flask, cast: Cast, client: JudgingClient, username: str) -> None:
    tour = Tour(app, settle(cast, client))
    browser = visitor(app, cast, username)
    browser.set_cookie(COOKIE, "en")
    pages = {}
    for _endpoint, address in tour.addresses("GET", most=2):
        answer = browser.get(address, follow_redirects=True)
        if answer.mimetype == "text/html":
            pages[address] = answer.text
    assert len(pages) > 40
    data = [*entered(), *WORDS]
    left = {f"{address}: {text}" for address, page in pages.items() for text in chinese(page, data)}
    assert not left, "\n".join(sorted(left))


def test_refused_forms_say_why_in_english(cast: Cast, client: JudgingClient) -> None:
    client.set_cookie(COOKIE, "en")
    client.get("/login")
    assert chinese(client.post("/login", data={}).text, []) == []
    wrong = client.post("/login", data={"username": "admin", "password": "wrong"})
    assert "The username or password is wrong." in wrong.text
    cast.sign_in(client, "admin")
    pages = [
        fill(client, address, **answers).text
        for address, answers in (
            ("/admin/orgs/new/", {"name": "", "code": "?"}),
            ("/admin/categories/new/", {"name": "", "valid_from": "2026-99-99"}),
            ("/admin/calendar/import/", {"text": "无此日", "year": "abc"}),
            ("/me/password", {"new_password": "short"}),
            ("/admin/forms/new", {"title": "", "prefix": "?"}),
        )
    ]
    assert [text for page in pages for text in chinese(page, [*entered(), "无此日"])] == []
    assert all("aria-invalid" in page for page in pages)


def entered() -> list[str]:
    """Return every Chinese text of the database, the longest first: what people wrote is theirs in any language."""
    found: set[str] = set()
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)):
            for value in row:
                found |= set(strings(value))
    return sorted((text for text in found if CHINESE.search(text)), key=len, reverse=True)


def strings(value: Any) -> Iterator[str]:
    """Yield the texts in a stored value, those inside JSON one by one."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            value = json.loads(value)
        except ValueError:
            yield value
    if isinstance(value, str):
        yield from filter(None, (value.strip(), *(line.strip() for line in value.splitlines())))
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def chinese(html: str, data: list[str]) -> list[str]:
    """Return the texts of a page in which Chinese is left when the data is taken out."""
    page, _errors = parsed(html)
    assert page.get("lang") == "en"
    found = []
    for text in english(page):
        rest = text
        for one in (*NOTICE, *data):
            rest = rest.replace(one, "")
        rest = MASKED.sub("", rest).translate(PAIRS)
        if CHINESE.search(rest):
            found.append(" ".join(text.split()))
    return found


def english(element: Element) -> Iterator[str]:
    """Yield what should be English: not data, and not what says that it is in another language."""
    if not isinstance(element.tag, str) or element.tag in NOT_PROSE:
        return
    if element.get("translate") == "no" or element.get("data-raw") is not None:
        return
    if not (element.get("lang") or "en").startswith("en"):
        return
    yield from (element.get(name, "") for name in SPOKEN_ATTRIBUTES)
    yield element.text or ""
    for child in element:
        yield from english(child)
        yield child.tail or ""
