"""How values read in Chinese: yes and no, dates, instants, and stored words by their labels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import format_datetime
from flask_babel import gettext as _
from markupsafe import Markup


def yes_no(_view: Any, value: bool, _name: str) -> str:  # noqa: FBT001 - Flask-Admin's shape
    return str(_("是") if value else _("否"))


def nothing(_view: Any, _value: None, _name: str) -> str:
    return ""


def day(_view: Any, value: date, _name: str) -> str:
    return value.isoformat()


def moment(_view: Any, value: datetime, _name: str) -> str:
    return told_at(value)


def told_at(value: datetime) -> str:
    """Return an instant as people of the county read it: 2026-11-22 14:02."""
    return str(format_datetime(value, "yyyy-MM-dd HH:mm"))


TYPE_FORMATTERS: dict[Any, Any] = {type(None): nothing, bool: yes_no, datetime: moment, date: day}


def labelled(labels: Mapping[Any, Any]) -> Any:
    """Make a column formatter that shows a stored word by its label."""

    def show(_view: Any, _context: Any, row: Any, name: str) -> str:
        value = getattr(row, name)
        return str(labels.get(value, value or ""))

    return show


def verbatim(_view: Any, _context: Any, row: Any, name: str) -> Any:
    """Show a code or a name as data that no translation may touch."""
    value = getattr(row, name)
    return Markup('<span translate="no">{}</span>').format(value) if value else ""
