"""The options editor: rows of known options, and new ones a line each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, HiddenField, SelectField, StringField
from wtforms.fields import Field
from wtforms.widgets import NumberInput

from engine.editing import free_name
from forms.forms import PLAIN, en_of, strip, text_of, zh_of
from services.pinyin import slug


class OptionRow(Form):
    """One option; its value is permanent and never typed."""

    value = HiddenField()
    label = StringField(_l("选项"), filters=[strip], render_kw=PLAIN)
    label_en = StringField(_l("英文"), filters=[strip], render_kw={**PLAIN, "lang": "en"})
    tag = SelectField(_l("属于"), validate_choice=False)
    position = StringField(_l("顺序"), widget=NumberInput(step=1))
    retired = BooleanField(_l("停用"))
    removed = BooleanField(_l("删除"))


def option_rows(options: Iterable[Mapping[str, Any]], column: str = "") -> list[dict[str, Any]]:
    """Return what the rows show of an item's options; `column` is the one by which they are filtered."""
    return [
        {
            "value": option["value"],
            "label": zh_of(option["label"]),
            "label_en": en_of(option["label"]),
            "tag": (option.get("tags") or {}).get(column, ""),
            "position": place,
            "retired": bool(option.get("retired")),
        }
        for place, option in enumerate(options, start=1)
    ]


def read_options(
    form: Any, before: Iterable[Mapping[str, Any]], published: frozenset[str], column: str = ""
) -> list[dict[str, Any]]:
    """Return the options that the rows and the new lines say, in their order; `column` is what they are filtered by.

    Messages go onto the fields. An option that was published stays even when its row was left out of the request.
    """
    known = {option["value"]: option for option in before}
    rows = [row.form for row in form.options if row.form.value.data in known]
    sent = {row.value.data for row in rows}
    kept = [row for row in rows if not (row.removed.data and row.value.data not in published)]
    kept.sort(key=lambda row: _position(row.position.data))
    options = [_option(row, known[row.value.data], column) for row in kept]
    options += [dict(option) for value, option in known.items() if value in published and value not in sent]
    tags = {"tags": {column: form.new_tag.data}} if column and form.new_tag.data else {}
    return options + [{**one, **tags} for one in _new_options(form.new_options, options, set(known))]


def _option(row: Any, before: Mapping[str, Any], column: str) -> dict[str, Any]:
    if not row.label.data:
        row.label.errors = [*row.label.errors, _("请填写选项的文字。")]
    label = text_of(row.label.data or "", row.label_en.data or "", before["label"])
    tags = {**(before.get("tags") or {}), **({column: row.tag.data} if column else {})}
    tags = {name: tag for name, tag in tags.items() if tag}
    retired = {"retired": True} if row.retired.data else {}
    return {"value": before["value"], "label": label, **({"tags": tags} if tags else {}), **retired}


def _new_options(lines: Field, options: list[dict[str, Any]], values: set[str]) -> list[dict[str, Any]]:
    labels = {zh_of(option["label"]) for option in options}
    new = []
    for line in (lines.data or "").splitlines():
        label = line.strip()
        if not label:
            continue
        if label in labels:
            lines.errors = [*lines.errors, _("选项“%(label)s”已经有了。", label=label)]
            continue
        value = free_name(slug(label), values)
        labels.add(label)
        values.add(value)
        new.append({"value": value, "label": label})
    return new


def _position(typed: Any) -> int:
    text = str(typed or "").strip()
    return int(text) if text.isdecimal() and len(text) < 6 else 10**6  # noqa: PLR2004 - what is no place comes last
