"""Refusals on a form: what was typed stays, and the message stands where it belongs."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from services.refusals import Refusal, Stale


def show_refusal(form: Any, refusal: Refusal) -> None:
    """Put a refusal under the field it names (`refusal.field`), or on top of the form."""
    name = getattr(refusal, "field", "")
    if name and name in form:
        form[name].errors = [*form[name].errors, refusal.message]
    else:
        form.form_errors.append(refusal.message)


def show_conflict(form: Any, refusal: Stale, latest: Any) -> None:
    """Show that somebody else saved meanwhile, what each field says now, and let the next save go through."""
    form.form_errors.append(refusal.message)
    if latest is None:
        return
    form.row_version.raw_data = None
    form.row_version.data = latest.row_version
    for field in form:
        if hasattr(latest, field.short_name) and field.short_name not in {"row_version", "csrf_token"}:
            saved = getattr(latest, field.short_name)
            if saved != field.data:
                field.errors = [*field.errors, _("别人保存的是：%(value)s", value=told(field, saved))]


def told(field: Any, value: Any) -> str:
    """Return a stored value in the words of its field's choices."""
    for choice in getattr(field, "choices", None) or ():
        if str(choice.value) == str(value):
            return str(choice.label)
    return _("（空）") if value in (None, "") else str(value)
