"""The form of one setting, made for the kind of its value."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectMultipleField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.widgets import CheckboxInput, ListWidget

from forms.fields import CountField, LineField, VersionField
from queries.accounts import ROLE_LABELS
from queries.settings import SettingKind, Spec


class BoxesField(SelectMultipleField):
    """Several of some choices, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def setting_form(spec: Spec) -> type[FlaskForm]:
    """Return the form class for a key."""

    class SettingForm(FlaskForm):  # type: ignore[misc]
        value = _field(spec)
        row_version = VersionField(default=0)

    return SettingForm


def _field(spec: Spec) -> Any:
    if spec.kind == SettingKind.COUNT:
        return CountField(spec.label, description=spec.help, most=spec.most)
    if spec.kind == SettingKind.CHOICE:
        return RadioField(
            spec.label,
            description=spec.help,
            choices=[SelectChoice(str(value), label) for value, label in spec.choices.items()],
        )
    if spec.kind == SettingKind.ROLES:
        choices = [SelectChoice(str(role), label) for role, label in ROLE_LABELS.items()]
        return BoxesField(spec.label, description=spec.help, choices=choices)
    return LineField(spec.label, description=spec.help, longest=spec.most, required=False)
