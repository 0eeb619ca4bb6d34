"""A process that publishes the next version of a form: it needs the tables alone, so it starts quickly."""

from __future__ import annotations

import json
import sys

import sqlalchemy as sa

from engine.definition import parse
from models.forms import Form, FormVersion
from tests.support.cast import AT


def main(database_url: str, form_id: str, document: str) -> None:
    """Publish a document (JSON) as the next version."""
    made = json.loads(document)
    with sa.create_engine(database_url).begin() as connection:
        current = connection.execute(sa.select(Form.current_version).where(Form.id == int(form_id))).scalar_one()
        number = (current or 0) + 1
        version = {"number": number, "definition": made, "sha256": parse(made).sha256, "published_at": AT}
        connection.execute(sa.insert(FormVersion).values(form_id=int(form_id), **version))
        connection.execute(sa.update(Form).where(Form.id == int(form_id)).values(current_version=number))


if __name__ == "__main__":
    main(*sys.argv[1:])
