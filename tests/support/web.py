"""An application served to a browser by a thread of the test itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from shell.bearer import TOKEN
from tests.support.cast import Cast

LAST_ANSWER_SECONDS = 30


class Busy:
    """An application that knows how many of its requests are under way."""

    def __init__(self, app: Flask) -> None:
        self.app, self.changed, self.running = app, threading.Condition(), 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self._count(1)
        try:
            return self.app(environ, start_response)
        finally:  # what is sent after this touches no database any more
            self._count(-1)

    def _count(self, change: int) -> None:
        with self.changed:
            self.running += change
            self.changed.notify_all()

    def ends(self) -> None:
        """Wait for the last answer: what a page still asks when its test is over must not meet the next test."""
        with self.changed:
            assert self.changed.wait_for(lambda: not self.running, LAST_ANSWER_SECONDS)


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application on a free port of this machine and yield its address."""
    busy = Busy(app)
    server = make_server("127.0.0.1", 0, busy, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        busy.ends()


def signed_in(browser: Browser, address: str, app: Flask, cast: Cast, username: str, **options: Any) -> Page:
    """Open a tab in which one of the cast is signed in."""
    client = app.test_client()
    with client.session_transaction() as session:
        session[TOKEN] = cast.token(username)
    cookie = client.get_cookie("zhiye")
    assert cookie is not None
    context = browser.new_context(**{"viewport": {"width": 1366, "height": 820}, "locale": "zh-CN", **options})
    context.add_cookies([{"name": "zhiye", "value": cookie.value, "url": address}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page
