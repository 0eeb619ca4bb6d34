"""The server under measurement: the product, and beside it under /floor two bare pages, in one waitress process."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, redirect, render_template_string, request
from sqlalchemy import make_url
from waitress import serve
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from app import create_app  # noqa: TID251 - a benchmark starts the whole house, as tests do
from config import Settings
from shell.memory import settle_memory

THREADS = 4
FLOOR = """<!doctype html><html lang="zh"><head><title>台账</title></head><body><h1>台账</h1><table>
{% for number, at, a in rows %}<tr><td><a href="/r/{{ number }}">{{ number }}</a></td><td>{{ a.a1 }}</td>
<td>{{ a.a2 }}</td><td>{{ a.b1 }}</td><td>{{ a.a4 }}</td><td>{{ a.a5 }}</td><td>{{ at }}</td></tr>{% endfor %}
</table></body></html>"""
NEWEST = (
    "SELECT number, created_at, answers FROM record WHERE form_id = 1 AND state = 'active' AND county_id = 1 "
    "ORDER BY id DESC LIMIT 50"
)
TABLE = "CREATE TABLE IF NOT EXISTS floor_row (id {} PRIMARY KEY, kind TEXT, answers TEXT NOT NULL)"


def settings_for(folder: Path, address: str = "") -> Settings:
    """Return the settings of the product in a data folder; without an address on the file in there."""
    return Settings(data_dir=folder, database_url=address, embedded_jobs=False, rate_limits=False)


def floor(folder: Path, address: str) -> Flask:
    """Return the least a Flask page of these fifty rows can be, and the least that keeps a form: no session, no right.

    The form is kept as one row, as durably as the product keeps it.
    """
    app = Flask("floor")
    own = threading.local()
    opened = _sqlite(folder) if address.startswith("sqlite") else _postgres(address)

    def execute(sql: str, *values: Any) -> Any:
        if not hasattr(own, "execute"):
            own.execute = opened()
        return own.execute(sql, values)

    @app.get("/")
    def rows() -> str:
        found = execute(NEWEST).fetchall()
        return render_template_string(FLOOR, rows=[(number, at, _read(told)) for number, at, told in found])

    @app.post("/insert")
    def insert() -> Response:
        kept = json.dumps(request.form.to_dict(), ensure_ascii=False)
        execute("INSERT INTO floor.floor_row (kind, answers) VALUES (?, ?)", request.form.get("f_a2", ""), kept)
        return redirect("/floor/")

    return app


def _read(told: Any) -> Any:
    return json.loads(told) if isinstance(told, str) else told


Execute = Callable[[str, tuple[Any, ...]], Any]


def _sqlite(folder: Path) -> Callable[[], Execute]:
    """Each row is a transaction of its own in a file beside the product's: the two never wait for each other."""

    def opened() -> Execute:
        connection = sqlite3.connect(folder / "zhiye.db", isolation_level=None)
        connection.execute("ATTACH ? AS floor", (str(folder / "floor.db"),))
        connection.executescript(
            "PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456; PRAGMA floor.journal_mode=WAL;"
            "PRAGMA floor.synchronous=FULL;" + TABLE.format("INTEGER").replace("floor_row", "floor.floor_row")
        )
        return connection.execute

    return opened


def _postgres(address: str) -> Callable[[], Execute]:
    uri = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(uri, autocommit=True) as first:
        first.execute(TABLE.format("BIGINT GENERATED ALWAYS AS IDENTITY"))

    def opened() -> Execute:
        connection = psycopg.connect(uri, autocommit=True)
        spelled = str.maketrans({"?": "%s"})
        return lambda sql, values: connection.execute(sql.replace("floor.", "").translate(spelled), values or None)

    return opened


def main(folder: str, address: str, port: str) -> None:
    app = create_app(settings_for(Path(folder), address))
    both = DispatcherMiddleware(app, {"/floor": floor(Path(folder), address)})
    settle_memory()  # as `flask serve` does
    serve(both, host="127.0.0.1", port=int(port), threads=THREADS, ident="")


if __name__ == "__main__":
    main(*sys.argv[1:])
