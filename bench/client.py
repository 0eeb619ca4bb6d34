"""One browser's connection: kept open, with cookies, and with the fields of the forms it has seen."""

from __future__ import annotations

import http.client
import time
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode


class Fields(HTMLParser):
    """Collect what a browser would send back of a page's last POST form."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[tuple[str, str]] = []
        self.posting = False
        self.select = self.area = ""
        self.links: list[str] = []
        self.options: dict[str, list[str]] = {}  # what each menu offers

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, value = found.get("name") or "", found.get("value") or ""
        if tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))
        if tag == "form" and found.get("method", "get") == "post":
            self.values, self.posting = [], True
        if not self.posting or "form" in found:
            return
        if tag == "input" and name and found.get("type") not in {"submit", "file"}:
            if found.get("type") not in {"radio", "checkbox"} or "checked" in found:
                self.values.append((name, value))
        elif tag == "select":
            self.select = name
        elif tag == "option":
            self.options.setdefault(self.select, []).append(value)
            if "selected" in found:
                self.values.append((self.select, value))
        elif tag == "textarea":
            self.area = name
            self.values.append((name, ""))

    def first_option(self, name: str) -> str:
        """Return the first real choice of a menu."""
        return next(value for value in self.options[name] if value)

    def handle_data(self, data: str) -> None:
        if self.area:
            self.values[-1] = (self.area, self.values[-1][1] + data.removeprefix("\n"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""
        elif tag == "form":
            self.posting = False


class Browser:
    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies = SimpleCookie()
        self.body = b""
        self.location = ""
        self.path = ""  # of the page that is open

    def get(self, path: str) -> float:
        """Open a page; return the seconds until its last byte. Fails on anything but 200."""
        return self._ask("GET", path, None, {200})

    def post(self, path: str, values: list[tuple[str, str]]) -> float:
        return self._ask("POST", path, urlencode(values), {200, 302, 303})

    def follow(self, path: str) -> None:
        """Open a page wherever it leads."""
        while path:
            self._ask("GET", path, None, {200, 302})
            self.path, path = path, self.location

    def send(self, path: str, values: list[tuple[str, str]]) -> None:
        """Post a form and open what follows. Fails where the page comes back instead."""
        self.post(path, values)
        if not self.location:
            raise AssertionError(f"{path} was not taken\n{self.body.decode(errors='replace')[:5000]}")
        self.follow(self.location)

    def fields(self) -> Fields:
        found = Fields()
        found.feed(self.body.decode())
        return found

    def _ask(self, method: str, path: str, body: str | None, wanted: set[int]) -> float:
        headers = {"Cookie": "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        self.body = answer.read()
        took = time.perf_counter() - begun
        for header in answer.headers.get_all("Set-Cookie") or ():
            self.cookies.load(header)
        self.location = answer.headers.get("Location", "")
        if answer.status not in wanted:
            raise AssertionError(f"{method} {path}: {answer.status}\n{self.body.decode(errors='replace')[:2000]}")
        return took

    def sign_in(self, username: str, password: str) -> None:
        self.get("/login")
        values = [pair for pair in self.fields().values if pair[0] not in {"username", "password"}]
        self.post("/login", [*values, ("username", username), ("password", password)])
        if "/login" in self.location or not self.location:
            raise AssertionError(f"not signed in: {self.location}")
