"""A test client that judges every HTML page it opens."""

from __future__ import annotations

import contextvars
import functools
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import has_app_context
from flask.testing import FlaskClient
from html5lib.constants import E
from werkzeug.test import TestResponse, run_wsgi_app
from werkzeug.wsgi import get_current_url

from models.base import db

FIELDS = {"input", "select", "textarea"}
UNLABELLED_INPUTS = {"hidden", "submit", "button", "reset", "image"}
SPOKEN_ATTRIBUTES = ("placeholder", "title", "alt", "aria-label")
NOT_PROSE = {"code", "kbd", "pre", "samp", "time", "script", "style", "noscript", "template"}
CODES = {"XLSX", "CSV", "JSON", "PDF", "JPG", "JPEG", "PNG", "KB", "MB", "GB"}
LATIN = re.compile(r"[A-Za-z][A-Za-z'-]+")
# URLs, account names, file names, and the numbers of records
ADDRESS_OR_NAME = re.compile(r"https?://\S+|[\w-]+(?:[._@/][\w-]+)+|\b[A-Z]{2,6}-\d{6,}\b")
# Just as shell.assets.icon draws one; none has an id, so that none can be labelled by or named twice.
ICON = re.compile(r'<svg class="icon[ \w-]*" viewBox="[\d .]+" aria-hidden="true" focusable="false">[^\0]*?</svg>')
EMPTY_ICON = "<svg></svg>"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"|name="csrf-token"\s+content="([^"]+)"')


class JudgingClient(FlaskClient):
    """Open pages and fail on a bad one. `judge=False` opens a page unjudged, `csrf=False` posts without a token.

    A POST carries the token of the page seen last, as a browser's form would.
    """

    token: str = ""

    def open(self, *args: Any, judge: bool = True, csrf: bool = True, **kwargs: Any) -> TestResponse:
        if csrf and str(kwargs.get("method", "GET")).upper() not in {"GET", "HEAD", "OPTIONS"}:
            kwargs["headers"] = self._with_token(kwargs.get("headers"))
        # An empty context: a request must not see the `g` of the test's own application context.
        response = contextvars.Context().run(super().open, *args, **kwargs)
        if has_app_context():
            db.session.rollback()  # the test reads what the request has written
        if response.mimetype == "text/html" and response.data:
            self._remember_token(response.text)
            if judge:
                assert_good_page(response.text)
        return response

    def run_wsgi_app(self, environ: Any, buffered: bool = False) -> Any:  # noqa: FBT001, FBT002 - werkzeug's shape
        """Let host and path alone choose the cookies, as they do anyway.

        Werkzeug decodes the whole question for that, twice: half of the time of hostile addresses.
        """
        question = environ.pop("QUERY_STRING", "")
        self._add_cookies_to_wsgi(environ)
        url = urlsplit(get_current_url(environ))
        environ["QUERY_STRING"] = question
        answer = run_wsgi_app(self.application, environ, buffered=buffered)
        self._update_cookies_from_response(url.hostname or "localhost", url.path, answer[2].getlist("Set-Cookie"))
        return answer

    def _with_token(self, headers: Any) -> dict[str, str]:
        return {"X-CSRFToken": self.token, **dict(headers or {})}

    def _remember_token(self, html: str) -> None:
        found = TOKEN.search(html)
        if found:
            self.token = found.group(1) or found.group(2)

    def sign_in(self, username: str, password: str) -> TestResponse:
        """Sign in through the sign-in page."""
        self.get("/login")
        return self.post("/login", data={"username": username, "password": password})


def assert_good_page(html: str) -> None:
    """Fail with all that is wrong with a page."""
    wrong = list(faults(html))
    assert not wrong, "\n".join(wrong)


def faults(html: str) -> Iterator[str]:
    """Yield what is wrong with a page, one line each."""
    for icon in set(ICON.findall(html)):
        yield from icon_faults(icon)
    page, errors = parsed(html)
    yield from errors
    for judge in (headings, forms, ids, labels, handlers, images):
        yield from judge(page)
    if (page.get("lang") or "").startswith("zh"):
        yield from latin(page)
    if not page.get("lang"):
        yield "<html> has no lang"


@functools.lru_cache(maxsize=8)
def parsed(html: str) -> tuple[Element, tuple[str, ...]]:
    """Return the tree of a page, its icons empty, and what is no HTML5; not twice when it is judged and then read."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    return parser.parse(ICON.sub(EMPTY_ICON, html)), _errors(parser)


@functools.cache
def icon_faults(icon: str) -> tuple[str, ...]:
    """Return what is wrong with a drawing; asked once of each, which saves a third of the parsing of all pages."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    drawing = parser.parseFragment(icon)
    named = [f"an icon has the id {element.get('id')!r}" for element in drawing.iter() if element.get("id") is not None]
    told = [f"an icon has words: {text!r}" for text in drawing.itertext() if text.strip()]
    return (*_errors(parser), *named, *told, *handlers(drawing))


def _errors(parser: html5lib.HTMLParser) -> tuple[str, ...]:
    return tuple(f"not strict HTML5: {E[code] % told}" for _place, code, told in parser.errors)


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def headings(page: Element) -> Iterator[str]:
    found = [text_of(h1) for h1 in page.iter("h1")]
    title = text_of(page.find("head/title")) if page.find("head/title") is not None else ""  # type: ignore[arg-type]
    if len(found) != 1:
        yield f"{len(found)} <h1> instead of one: {found}"
    elif not found[0] or not title.startswith(found[0]):
        yield f"the title {title!r} does not begin with the heading {found[0]!r}"


def forms(page: Element) -> Iterator[str]:
    for form in page.iter("form"):
        name = f"form {form.get('id') or form.get('action') or ''}"
        if not form.get("action"):
            yield f"{name} has no action"
        tokens = [field for field in form.iter("input") if field.get("name") == "csrf_token"]
        method = (form.get("method") or "get").lower()
        if method == "post" and not tokens:
            yield f"{name} posts without csrf_token"
        if method == "get" and tokens:
            yield f"{name} puts its csrf_token into the address"


def ids(page: Element) -> Iterator[str]:
    seen: set[str] = set()
    for element in page.iter():
        name = element.get("id")
        if name is not None and (name in seen or not name):
            yield f"id {name!r} is empty or there twice"
        seen.add(name or "")


def labels(page: Element) -> Iterator[str]:
    labelled = {label.get("for") for label in page.iter("label") if text_of(label)}
    wrapped = {id(field) for label in page.iter("label") if text_of(label) for field in label.iter()}
    known = {element.get("id") for element in page.iter()}
    for field in page.iter():
        if field.tag not in FIELDS or field.get("type") in UNLABELLED_INPUTS:
            continue
        named = set((field.get("aria-labelledby") or "").split())
        if not (field.get("aria-label") or field.get("id") in labelled or id(field) in wrapped or (named & known)):
            yield f"<{field.tag} name={field.get('name')!r}> has no label"


def handlers(page: Element) -> Iterator[str]:
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            if name.startswith("on") or name == "style":
                yield f"<{element.tag}> has an inline {name}"
            if name in {"href", "src", "action"} and value.strip().lower().startswith("javascript:"):
                yield f"<{element.tag}> has a javascript: address"
        if element.tag in {"script", "style"} and not element.get("src") and not element.get("nonce"):
            yield f"an inline <{element.tag}> has no nonce"


def images(page: Element) -> Iterator[str]:
    yield from (f"the image {image.get('src')} has no alt" for image in page.iter("img") if image.get("alt") is None)


def latin(page: Element) -> Iterator[str]:
    """Yield Latin words that a reader of Chinese would see or hear; data says so by translate="no" or data-raw."""
    for text in prose(page):
        if not LATIN.search(text):
            continue
        words = [word for word in LATIN.findall(ADDRESS_OR_NAME.sub(" ", text)) if word not in CODES]
        if words:
            yield f"not Chinese: {' '.join(words)!r} in {text.strip()[:80]!r}"


def prose(element: Element) -> Iterator[str]:
    """Yield every piece of visible or spoken text below an element, leaving out data and other languages."""
    if not isinstance(element.tag, str) or element.tag in NOT_PROSE:
        return
    if element.get("translate") == "no" or element.get("data-raw") is not None:
        return
    if not (element.get("lang") or "zh").startswith("zh"):
        return
    yield from (element.get(name, "") for name in SPOKEN_ATTRIBUTES)
    yield element.text or ""
    for child in element:
        yield from prose(child)
        yield child.tail or ""
