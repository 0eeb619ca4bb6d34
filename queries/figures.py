"""Figures from the counters: how many entries per register, in the actor's scope."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.forms import Form
from models.records import RecordCount
from queries.forms import published_forms
from queries.scope import in_scope


@dataclass(frozen=True)
class RegisterFigure:
    """Active entries of one register: all of them, and those of one month."""

    form: Form
    total: int
    month: int


def register_figures(actor: Actor, month: str) -> list[RegisterFigure]:
    """Return a figure per published form; `month` is "2026-11"."""
    forms = published_forms(actor)
    in_month = sa.func.sum(sa.case((RecordCount.month == month, RecordCount.n), else_=0))
    query = (
        sa.select(RecordCount.form_id, sa.func.sum(RecordCount.n), in_month)
        .where(RecordCount.form_id.in_([form.id for form in forms]), in_scope(RecordCount, actor, "record:list"))
        .group_by(RecordCount.form_id)
    )
    counted = {form_id: (int(total), int(part)) for form_id, total, part in db.session.execute(query)}
    return [RegisterFigure(form, *counted.get(form.id, (0, 0))) for form in forms]
