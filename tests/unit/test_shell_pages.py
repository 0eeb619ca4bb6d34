"""The shell's pages: headers, error pages, and every kind of field, judged like any page."""

from __future__ import annotations

import re

import pytest
from flask import Flask, abort
from werkzeug.exceptions import TooManyRequests

from shell.errors import TROUBLES
from tests.pages import JudgingClient
from tests.support.kit import HOSTILE, kit_app


@pytest.fixture(scope="module")
def kit() -> Flask:
    app = kit_app()
    for status in TROUBLES:
        app.add_url_rule(f"/abort/{status}", f"abort_{status}", lambda status=status: abort(status))
    app.add_url_rule("/slow-down", "slow_down", _slow_down)
    return app


def _slow_down() -> str:
    raise TooManyRequests(retry_after=60)


@pytest.fixture
def browser(kit: Flask) -> JudgingClient:
    return JudgingClient(kit, kit.response_class)


@pytest.mark.parametrize("path", ["/", "/record", "/field/", "/sign-in", "/admin/"])
def test_pages_of_the_shell_are_good_html(browser: JudgingClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200


def test_the_title_begins_with_the_heading(browser: JudgingClient) -> None:
    assert "<title>今日要办 · 枝叶</title>" in browser.get("/").text


def test_the_signed_out_see_no_navigation(browser: JudgingClient) -> None:
    page = browser.get("/sign-in").text
    assert 'id="menu"' not in page
    assert "退出登录" not in page


def test_the_signed_in_find_themselves_the_language_and_the_way_out(browser: JudgingClient) -> None:
    page = browser.get("/").text
    assert '天荒坪镇<span class="dot"> · </span></span>王建国' in page
    assert 'action="/sign-out"' in page
    assert 'action="/language"' in page


# --- security headers


def test_every_answer_carries_a_strict_policy_with_a_fresh_nonce(browser: JudgingClient) -> None:
    policies = [browser.get(path).headers["Content-Security-Policy"] for path in ("/", "/", "/nowhere")]
    nonces = {re.findall(r"'nonce-([^']+)'", policy)[0] for policy in policies}
    assert len(nonces) == 3
    assert all("unsafe" not in policy and "frame-ancestors 'none'" in policy for policy in policies)


def test_pages_stay_out_of_caches_and_static_files_do_not(browser: JudgingClient) -> None:
    assert browser.get("/").headers["Cache-Control"] == "no-store"
    with browser.get("/static/zhiye.css") as answer:
        assert answer.headers["Cache-Control"] != "no-store"


def test_transport_security_is_told_over_https_only(browser: JudgingClient) -> None:
    assert "Strict-Transport-Security" not in browser.get("/").headers
    assert "Strict-Transport-Security" in browser.get("/", base_url="https://kit.test").headers


# --- errors


@pytest.mark.parametrize("status", sorted(TROUBLES))
def test_every_error_says_what_happened_and_what_to_do(browser: JudgingClient, status: int) -> None:
    answer = browser.get(f"/abort/{status}")
    assert answer.status_code == status
    assert str(TROUBLES[status].title) in answer.text
    assert str(TROUBLES[status].advice) in answer.text


def test_a_refusal_is_shown_in_its_own_words(browser: JudgingClient) -> None:
    answer = browser.get("/refused")
    assert answer.status_code == 403
    assert "您没有做这件事的权限。" in answer.text


def test_what_the_database_said_never_reaches_a_page(browser: JudgingClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = browser.get("/broken")
    assert answer.status_code == 500
    assert "missing_table" not in answer.text
    assert "select" not in answer.text.lower()
    reference = re.findall(r">([0-9]{8})<", answer.text)[0]
    assert reference in caplog.text


def test_a_program_gets_a_problem_document(browser: JudgingClient) -> None:
    answer = browser.get("/refused", headers={"Accept": "application/json"})
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "about:blank",
        "title": "没有权限",
        "status": 403,
        "detail": "您没有做这件事的权限。需要时请联系县中心管理员。",
        "instance": "/refused",
    }
    assert browser.get("/api/nowhere").content_type == "application/problem+json"


def test_a_form_without_a_token_is_told_to_reload(browser: JudgingClient) -> None:
    answer = browser.post("/sign-out", csrf=False)
    assert answer.status_code == 400
    assert "页面已过期" in answer.text


def test_headers_of_an_error_are_kept(browser: JudgingClient) -> None:
    assert browser.get("/slow-down").headers["Retry-After"] == "60"
    assert "POST" in browser.get("/sign-out").headers["Allow"]


# --- fields


def test_each_error_stands_in_the_summary_and_at_its_field(browser: JudgingClient) -> None:
    browser.get("/field/")
    page = browser.post("/field/", data={"people": "many", "source": "0"}).text
    links = re.findall(r'<li><a href="#([\w-]+)">', page)
    assert links == ["village", "kind-0", "on", "people", "hostile", "party-name"]
    assert all(f'id="{anchor}"' in page for anchor in links)
    assert f"有 {len(links)} 处需要改正" in page
    assert re.search(r'aria-describedby="on-hint on-error" aria-invalid="true"[^>]*id="on"', page)


def test_labels_and_help_run_nowhere_as_html(browser: JudgingClient) -> None:
    page = browser.get("/field/").text
    assert HOSTILE not in page
    assert "&lt;b&gt;粗" in page


def test_few_choices_are_segments_and_many_are_a_list(browser: JudgingClient) -> None:
    page = browser.get("/field/").text
    assert re.findall(r'class="segment" for="([\w-]+)"', page) == ["kind-0", "kind-1"]
    assert re.findall(r'class="choice" for="(source-\d)"', page) == [f"source-{n}" for n in range(6)]


def test_a_photo_can_be_taken_or_chosen_under_one_name(browser: JudgingClient) -> None:
    page = browser.get("/field/").text
    assert len(re.findall(r'<input[^>]*name="photo"', page)) == 2
    assert 'capture="environment"' in page
