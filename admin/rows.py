"""The one door to rows: every page of a back-office list reads through one scope."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import abort, g, request
from flask_admin.contrib.sqla import ModelView

from admin.conditions import number
from admin.guard import Guarded
from models.base import db
from queries.scope import in_scope
from shell.access import actor

BULK_CAP = 500


class ScopedView(Guarded, ModelView):  # type: ignore[misc]
    """Rows of one table, never more of them than the permission of the running page covers."""

    def scope(self) -> sa.ColumnElement[bool]:
        """Return the condition for the rows that who is signed in may treat as the running page does."""
        return in_scope(self.model, actor(), self.permission())

    def permission(self) -> str:
        """Return the permission of the running page; that of the list outside of one."""
        return str(g.get("admin_permission") or self.allows["list"])

    def get_query(self) -> Any:
        return db.session.query(self.model).filter(self.scope())

    def get_count_query(self) -> Any:
        return db.session.query(sa.func.count()).select_from(self.model).filter(self.scope())

    def get_one(self, id: Any) -> Any:  # noqa: A002 - Flask-Admin's shape
        """Return one row of the scope, or None: also for an id that no row can have."""
        key = self.key()
        try:
            value = date.fromisoformat(str(id)) if key.type.python_type is date else number(str(id))
        except ValueError:
            return None
        return self.get_query().filter(key == value).one_or_none()

    def key(self) -> Any:
        return getattr(self.model, sa.inspect(self.model).primary_key[0].key)

    def one(self) -> Any:
        """Return the row the address or form names. Answers 404 outside the scope."""
        row = self.get_one(request.values.get("id", ""))
        if row is None:
            abort(404)
        return row

    def chosen(self, ids: Iterable[str]) -> list[Any]:
        """Return the ticked rows that lie in the scope, at most 500."""
        rows = (self.get_one(ident) for ident in list(dict.fromkeys(ids))[:BULK_CAP])
        return [row for row in rows if row is not None]
