"""What `make run` does before serving: bring the database to the newest schema, seed the demo into an empty one."""

from __future__ import annotations

from flask_migrate import upgrade
from sqlalchemy.exc import DBAPIError

from models.base import db
from queries.health import current_revision
from shell.schema import expected_revision


def make_ready() -> None:
    """Migrate the database of the current application when it is behind."""
    if not is_current():
        upgrade()
    db.session.remove()  # its connection must not outlive the start


def is_current() -> bool:
    """Tell whether the database has the newest schema; a database without any has not."""
    try:
        return current_revision() == expected_revision()
    except DBAPIError:
        db.session.rollback()
        return False
