"""Publishes the next version of a form, from a process of its own: data folder, database, county, document (JSON)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from engine.definition import parse
from models.base import db
from models.forms import Form, FormVersion
from services.transaction import write_transaction
from tests.support.cast import AT
from tests.support.databases import make_app, settings_for


def main(data_dir: str, database_url: str, county: str, document: str) -> None:
    """Publish a document."""
    made = json.loads(document)
    with make_app(settings_for(Path(data_dir), database_url)).app_context(), write_transaction():
        form = db.session.query(Form).filter_by(key=made["key"], county_id=int(county)).one()
        number = (form.current_version or 0) + 1
        version = {"definition": made, "sha256": parse(made).sha256, "published_at": AT}
        db.session.add(FormVersion(form_id=form.id, number=number, **version))
        db.session.flush()
        form.current_version = number


if __name__ == "__main__":
    main(*sys.argv[1:])
