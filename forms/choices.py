"""What a question offers to choose from: its options, organisations in scope, yes and no, stars."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types

from engine.definition import Item
from engine.filters import fits
from engine.rows import seen_from
from forms import controls
from forms.answers import NO, YES
from forms.filling import Filling
from models.orgs import OrgUnit
from queries.answers import org_choices, org_name


def choices_of(
    item: Item, made: SelectField, filling: Filling, previous: Any, at: str, *, required: bool
) -> list[SelectChoice]:
    """Return the choices of the question at an address, with a way to take an answer back. `previous` stays allowed."""
    if item.type == "boolean":
        choices = [SelectChoice(YES, _("是")), SelectChoice(NO, _("否"))]
    elif item.type == "rating":
        choices = controls.star_choices(item)
    elif item.type == "org":
        choices = _org_choices(item, made.data, filling, previous)
    else:
        had = made.data if isinstance(made.data, list) else [made.data]
        values = seen_from(filling.outcome.values, at) if item.config.get("filter") else {}
        options = [
            option
            for option in item.options
            if fits(item, option, values) and (not option.retired or option.value in had)
        ]
        choices = [SelectChoice(option.value, option.text(filling.context.locale)) for option in options]
    return _with_blank(made, choices, required=required)


def _with_blank(made: SelectField, choices: list[SelectChoice], *, required: bool) -> list[SelectChoice]:
    """Offer a way to take an answer back, which radio buttons alone do not have."""
    if isinstance(made, SelectMultipleField) or (required and (isinstance(made, RadioField) or len(choices) == 1)):
        return choices
    if isinstance(made, RadioField):
        made.data = made.data or ""
        return [*choices, SelectChoice("", _("不填"))]
    return [SelectChoice("", _("请选择")), *choices]


def _org_choices(item: Item, chosen: str | None, filling: Filling, previous: Any) -> list[SelectChoice]:
    units = org_choices(filling.actor, item.config.get("level"), filling.permission)
    several = len({unit.town_id for unit in units}) > 1
    choices = [SelectChoice(str(unit.id), unit.name, optgroup=_group(unit) if several else None) for unit in units]
    known = {choice.value for choice in choices}
    if chosen and chosen not in known and chosen.isdecimal() and chosen == str(previous):
        choices.insert(0, SelectChoice(chosen, org_name(int(chosen)) or chosen))
    return choices


def _group(unit: OrgUnit) -> str:
    return (org_name(unit.town_id) if unit.town_id else None) or _("县级")
