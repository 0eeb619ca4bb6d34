"""Refusals on a form: what was typed stays, and the message stands where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from services.refusals import NotAllowed, NotFound, Refusal, Stale

R = TypeVar("R")


def attempt(form: Any, act: Callable[[], R], latest: Callable[[], Any] = lambda: None) -> R | None:
    """Do an act; on a refusal show it on the form, which keeps what was typed, and return None.

    What the actor may not do or see becomes an error page. `latest` fetches the row again after a conflict.
    """
    try:
        return act()
    except (NotAllowed, NotFound):
        raise
    except Stale as refusal:
        show_conflict(form, refusal, latest())
    except Refusal as refusal:
        show_refusal(form, refusal)
    except IntegrityError:  # two people entered the same code at the same moment
        show_refusal(form, Refusal(_l("这条内容和已有的内容重复，请检查编号等不能重复的项目。")))
    return None


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
