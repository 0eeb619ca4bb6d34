"""The benchmark fills a database as the product itself would."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from bench.fill import fill, verify
from models.base import db
from models.forms import Form
from models.records import Record
from queries.chain import first_break
from queries.records import Request, capped_count, page
from tests.support.cast import SYSTEM
from tests.support.databases import dispose, make_app, settings_for

ROWS = 400


def test_a_filled_database_is_what_its_documents_say(tmp_path: Path) -> None:
    app = make_app(settings_for(tmp_path))
    with app.app_context():
        form_id = fill(ROWS)
        assert verify(form_id) == ROWS
        form = db.session.get_one(Form, form_id)
        assert capped_count(form, SYSTEM, Request()) == ROWS
        assert page(form, SYSTEM, Request(limit=1)).records[0].serial == ROWS
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Record)) == ROWS
        assert first_break()[1] is None
        dispose()
