"""A process that enters records, for tests of writers that work at the same moment."""

from __future__ import annotations

import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from models.base import db
from models.forms import Form
from queries.accounts import signed_in
from services.records import create_record
from tests.support.cast import TODAY
from tests.support.databases import make_app, settings_for


def main(folder: str, database_url: str, token: str, form_id: str, village_id: str, rows: str) -> None:
    at = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    with make_app(settings_for(Path(folder), database_url)).app_context():
        found = signed_in(token, origin="127.0.0.1", at=at, today=TODAY)
        assert found is not None
        for number in range(int(rows)):
            form = db.session.get_one(Form, int(form_id))
            raw = {"a1": int(village_id), "a2": ("leak", "noise")[number % 2], "a5": str(number), "c1": "楼上漏水"}
            create_record(form, version=1, raw=raw, uid=uuid.uuid4().hex, actor=found.actor, at=at, today=TODAY)
            db.session.remove()


if __name__ == "__main__":
    main(*sys.argv[1:])
