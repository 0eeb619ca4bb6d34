"""The designer's preview and try-out: the draft as those who fill it will see it; no record is made.

What was tried can be kept as a test of the form: publishing is refused when one no longer comes out as recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import make_response, request, session, url_for
from flask_babel import gettext as _

from admin.form_acts import UNPROCESSABLE, FormActs, route
from engine import whole
from engine.answers import TestFailure, clean, defaults, record_test, run_tests
from engine.definition import Definition, RecordedTest, parse
from engine.messages import Message
from engine.rows import places, with_answer
from forms.answers import raw_from_post
from forms.dynamic import ItemsForm, whole_form
from forms.filling import Filling
from forms.live import live
from forms.row_acts import ACTS, acted
from forms.saying import said
from queries.answers import context_for
from services.form_roles import full_check
from services.forms import trying
from shell.access import actor
from shell.clock import today
from shell.i18n import locale
from shell.security import framed_by_ourselves

WIDTHS = ("phone", "desktop")
PLACE = "<int(max=999):place>"
TITLE_LENGTH = 100


def preview_width() -> str:
    """Return the width of the preview beside the outline, nothing where it is off; the choice is remembered."""
    chosen = request.args.get("preview", "")
    if chosen in {*WIDTHS, "off"}:
        session["preview"] = chosen
    width = session.get("preview", WIDTHS[0])
    return width if width in WIDTHS else ""


@dataclass(frozen=True)
class Trial:
    """The draft as a form that is being tried, with what was answered and what comes of it."""

    filling: Filling
    judged: Mapping[str, Any]
    asked: bool

    @property
    def form(self) -> ItemsForm:
        return whole_form(self.filling, errors=self.filling.outcome.errors if self.asked else ())

    @property
    def status(self) -> int:
        return UNPROCESSABLE if self.asked and self.filling.outcome.errors else 200

    @property
    def accepted(self) -> bool:
        return self.asked and not self.filling.outcome.errors

    @property
    def live(self) -> dict[str, Any]:
        return live(self.filling)


def trial(draft: Mapping[str, Any], given: Mapping[str, Any] | None = None) -> Trial | None:
    """Try the draft with what this request sends, or with given answers; None while the draft has problems."""
    if full_check(draft):
        return None
    definition = parse(draft)
    context = replace(
        context_for(actor(), today=today(), locale=locale(), permission="form:list"), file_known=lambda _uid: True
    )
    gone, posts = "", request.method == "POST"
    raw: Mapping[str, Any] = given if given is not None else _first(definition, context)
    judged = raw
    if posts:
        done = acted(definition, raw_from_post(definition, request.form), request.form, context)
        raw, gone = done.raw, done.gone
        judged = _with_uploads(definition, raw)
    outcome = clean(definition, judged, context)
    filling = Filling(definition, actor(), context, raw, outcome, "form:list", gone=gone)
    return Trial(filling, judged, asked=posts and {"refresh", *ACTS}.isdisjoint(request.form))


def _first(definition: Definition, context: Any) -> dict[str, Any]:
    return {fid: definition.item(fid).to_json(value) for fid, value in defaults(definition, context).items()}


def _with_uploads(definition: Definition, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put a stand-in for each file that was sent: nothing is stored, but it counts as answered."""
    for at, item, _uids in list(places(definition.live_items, raw)):
        sent = [one for one in request.files.getlist(f"f_{at}") if one.filename]
        if item.kind.takes_files and sent:
            uids = [f"{n:032x}" for n, _one in enumerate(sent)]
            raw = with_answer(raw, at, lambda _uids, uids=uids: uids)  # type: ignore[misc]
    return raw


@dataclass(frozen=True)
class TestLine:
    """A recorded test as the page lists it."""

    place: int
    test: RecordedTest
    failures: list[str]

    __test__ = False  # pytest collects classes by this name

    @property
    def title(self) -> str:
        return self.test.title or str(_("样例 %(n)s", n=self.place + 1))


def test_lines(definition: Definition) -> list[TestLine]:
    """Run the tests recorded with a form, and say what no longer comes out as recorded."""
    failures: dict[int, list[TestFailure]] = {}
    for failure in run_tests(definition, replace(trying(today()), locale=locale())):
        failures.setdefault(failure.place, []).append(failure)
    return [
        TestLine(place, test, [said(Message(one.message, one.params)) for one in failures.get(place, ())])
        for place, test in enumerate(definition.tests)
    ]


test_lines.__test__ = False  # type: ignore[attr-defined]


class FormTries(FormActs):
    """Showing the draft as a form."""

    try_methods = {
        "try_view": "list",
        "preview_view": "list",
        "test_record_act": "design",
        "test_again_act": "design",
        "test_remove_act": "design",
    }

    @route("/<key>/try", methods=("GET", "POST"))
    def try_view(self, key: str) -> Any:
        form = self.row(key)
        width = request.args.get("width", "")
        width, again = width if width in WIDTHS else "desktop", request.args.get("test", -1, type=int)
        tests = whole.tests_of(form.draft)
        given = tests[again]["in"] if 0 <= again < len(tests) else None
        tried = trial(form.draft, given)
        lines = test_lines(tried.filling.definition) if tried else []
        return self.page(
            "try", form, tried.status if tried else 200, width=width, tried=tried, form=tried.form if tried else None,
            tests=lines, again=again if given is not None else None, tab="try",
        )  # fmt: skip

    @route("/<key>/preview", methods=("GET", "POST"))
    def preview_view(self, key: str) -> Any:
        form = self.row(key)
        tried = trial(form.draft)
        html, status = self.page(
            "preview", form, tried.status if tried else 200, tried=tried, form=tried.form if tried else None
        )
        return framed_by_ourselves(make_response(html, status))

    @route("/<key>/tests/record", methods=("POST",))
    def test_record_act(self, key: str) -> Any:
        form = self.row(key, "form:design")
        title = request.form.get("test_title", "").strip()[:TITLE_LENGTH]
        title = title or _("样例 %(n)s", n=len(whole.tests_of(form.draft)) + 1)
        tried = trial(form.draft)
        if tried is None:
            return self.try_view(key)
        test = record_test(tried.filling.definition, tried.judged, trying(today()), title=title)
        return self.press_edit(
            key, lambda draft: whole.put_test(draft, test), did="test_recorded", wanted=_("记为样例"),
            done=_("已记为样例“%(title)s”。以后改题目，发布前会自动检查它。", title=title),
            back=url_for(".try_view", key=key, test=len(whole.tests_of(form.draft)), _anchor="tests"),
        )  # fmt: skip

    @route(f"/<key>/tests/{PLACE}/again", methods=("POST",))
    def test_again_act(self, key: str, place: int) -> Any:
        """Record a test anew: the same answers, with what comes of them now."""

        def edit(draft: dict[str, Any]) -> dict[str, Any]:
            old = whole.tests_of(draft)[place]
            test = record_test(parse(draft), old["in"], trying(today()), title=old.get("title", ""))
            return whole.put_test(draft, test, place)

        return self.press_edit(
            key, edit, did="test_recorded", done=_("已按现在的结果重新记录。"), wanted=_("重新记录样例"),
            back=self._tests(key),
        )  # fmt: skip

    @route(f"/<key>/tests/{PLACE}/remove", methods=("POST",))
    def test_remove_act(self, key: str, place: int) -> Any:
        return self.press_edit(
            key, lambda draft: whole.remove_test(draft, place), did="test_removed", done=_("样例已删除。"),
            wanted=_("删除样例"), back=self._tests(key),
        )  # fmt: skip

    @staticmethod
    def _tests(key: str) -> str:
        return url_for(".try_view", key=key, _anchor="tests")
