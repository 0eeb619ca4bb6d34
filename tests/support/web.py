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


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application on a free port of this machine and yield its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
