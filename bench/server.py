"""The server under measurement: the product, and beside it under /floor a bare Flask page, in one waitress process."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from pathlib import Path

from flask import Flask, render_template_string
from waitress import serve
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from app import create_app  # noqa: TID251 - a benchmark starts the whole house, as tests do
from config import Settings

THREADS = 4
FLOOR = """<!doctype html><html lang="zh"><head><title>台账</title></head><body><h1>台账</h1><table>
{% for number, at, a in rows %}<tr><td><a href="/r/{{ number }}">{{ number }}</a></td><td>{{ a.a1 }}</td>
<td>{{ a.a2 }}</td><td>{{ a.b1 }}</td><td>{{ a.a4 }}</td><td>{{ a.a5 }}</td><td>{{ at }}</td></tr>{% endfor %}
</table></body></html>"""
NEWEST = (
    "SELECT number, created_at, answers FROM record WHERE form_id = 1 AND state = 'active' AND county_id = 1 "
    "ORDER BY id DESC LIMIT 50"
)


def settings_for(folder: Path) -> Settings:
    return Settings(data_dir=folder, embedded_jobs=False, rate_limits=False)


def floor(path: str) -> Flask:
    """Return the least a Flask page of these fifty rows can be: no session, no permission, no layout."""
    app = Flask("floor")
    own = threading.local()

    @app.get("/")
    def rows() -> str:
        if not hasattr(own, "connection"):
            own.connection = sqlite3.connect(path)
            own.connection.executescript("PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456;")
        found = own.connection.execute(NEWEST).fetchall()
        return render_template_string(FLOOR, rows=[(number, at, json.loads(told)) for number, at, told in found])

    return app


def main(folder: str, port: str) -> None:
    app = create_app(settings_for(Path(folder)))
    both = DispatcherMiddleware(app, {"/floor": floor(str(Path(folder) / "zhiye.db"))})
    serve(both, host="127.0.0.1", port=int(port), threads=THREADS, ident="")


if __name__ == "__main__":
    main(*sys.argv[1:])
