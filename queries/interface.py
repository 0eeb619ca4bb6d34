"""What the interface offers somebody: the forms they may use, each with its fields as programs see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.definition import Item
from engine.schema import ROW_ID
from models.access import Actor
from models.forms import Form, FormState
from queries.forms import published_forms
from queries.indexing import shape
from queries.registers import MASKED_KINDS, columns, searchable
from queries.rights import Rights, entry_rights
from queries.scope import covers

# What a program is shown as an example of each kind; kinds without one are left out of examples.
EXAMPLES: dict[str, Any] = {
    "text": "示例", "textarea": "示例", "person_name": "张三", "cn_mobile": "13800001234", "date": "2026-11-22",
    "time": "14:05", "datetime": "2026-11-22T14:05", "integer": 3, "range": 3, "rating": 3, "decimal": "12.5",
    "money": "300.00", "boolean": True, "acknowledge": True, "org": 12, "geopoint": "30.63852 119.68531",
    "cn_id": "11010519491231002X", "barcode": "6901234567892",
}  # fmt: skip
_BOUNDS = frozenset({"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"})


@dataclass(frozen=True)
class FieldApi:
    """One field of a form. `schema` is the JSON Schema of a value; `fields` are those of a repeat's rows."""

    item: Item
    key: str
    label: str
    hint: str
    type: str
    schema: dict[str, Any]
    required: bool
    writable: bool
    masked: bool
    operators: tuple[str, ...] = ()
    sortable: bool = False
    fields: tuple[FieldApi, ...] = ()

    @property
    def example(self) -> Any:
        """A value as it may be sent, None where there is no good example."""
        if self.item.live_options:
            first = self.item.live_options[0].value
            return first if self.item.kind.value_type == "text" else [first]
        return EXAMPLES.get(self.type)


@dataclass(frozen=True)
class FormApi:
    """One form as somebody may use it over the interface."""

    form: Form
    title: str
    version: int
    fields: tuple[FieldApi, ...] = ()
    may_create: bool = False

    @property
    def key(self) -> str:
        return self.form.key

    @property
    def open(self) -> bool:
        """Tell whether the form takes entries now."""
        return self.form.state == FormState.PUBLISHED and self.may_create

    def input_schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return the JSON Schema of answers as they are sent; with `partial` nothing is required."""
        return _object(self.fields, required=not partial)

    def output_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of answers as they are read."""
        properties = {one.key: answer_schema(one) for one in self.fields}
        return {"type": "object", "properties": properties, "additionalProperties": False}

    def example(self) -> dict[str, Any]:
        """Return answers as they may be sent: what is required, else the first few fields."""
        wanted = [one for one in self.fields if one.writable and one.example is not None]
        chosen = [one for one in wanted if one.required] or wanted[:3]
        return {one.key: one.example for one in chosen}


def usable_forms(actor: Actor, locale: str) -> list[FormApi]:
    """Return the forms in use that somebody may read or fill, by title."""
    found = {form.id: form for name in ("record:list", "record:create") for form in published_forms(actor, name)}
    forms = sorted(found.values(), key=lambda form: (form.title, form.id))
    return [form_api(form, actor, locale) for form in forms]


def form_api(form: Form, actor: Actor, locale: str) -> FormApi:
    """Return one form that was published at least once, as somebody may use it."""
    build = _Builder(form, actor, locale)
    asked = [item for item in build.newest.live_items if item.kind.answerable and item.fid in build.seen]
    live = {item.fid for item in asked}
    gone = [item for item in build.shown if item.fid not in live]
    return FormApi(
        form=form, title=build.newest.title(locale), version=form.current_version or 0,
        fields=(*(build.field(item) for item in asked), *(build.field(item, live=False) for item in gone)),
        may_create=covers(actor, "record:create", form),
    )  # fmt: skip


class _Builder:
    """Builds the fields of one form for one reader."""

    def __init__(self, form: Form, actor: Actor, locale: str) -> None:
        known = shape(form.id)
        self.newest, self.index, self.locale = known.newest, known.fields, locale
        self.shown = columns(form, actor) if actor.can("record:list") else ()
        self.may = entry_rights(form.id, actor).edit if actor.can("record:create") else frozenset()
        self.seen = self.may | (Rights(known.newest, actor).anywhere if actor.can("record:list") else frozenset())
        self.narrowing = searchable(form, actor)

    def field(self, item: Item, *, live: bool = True, row: bool = False) -> FieldApi:
        within = item.live_row_items if item.kind.repeats else ()
        rows = [one for one in within if one.kind.answerable and one.fid in self.seen]
        fields = tuple(self.field(one, live=live, row=True) for one in rows)
        index = self.index.get(item.fid) if item.fid in self.narrowing and not row else None
        writable = live and item.calculation is None and not item.kind.takes_files
        return FieldApi(
            item=item, key=item.key, label=item.text(self.locale), hint=item.hint.to(self.locale), type=item.type,
            schema=_object(fields, required=True, row=True) if rows else item.kind.json_schema(item),
            required=writable and item.fid in self.may and self._always(item), writable=writable,
            masked=item.masked or item.type in MASKED_KINDS, fields=fields,
            operators=index.operators if index else (), sortable=bool(index and index.sortable),
        )  # fmt: skip

    def _always(self, item: Item) -> bool:
        """Tell whether an answer is required whatever the others are."""
        asked = item.show is None and all(one.show is None for one in self.newest.holders_of(item.fid))
        return asked and (item.required is True or item.kind.always_required)


def value_schema(one: FieldApi) -> dict[str, Any]:
    """Return the JSON Schema of one value as it is sent."""
    schema = dict(one.schema)
    if one.item.kind.repeats:
        schema = {"type": "array", "items": schema, **_rows_bounds(one.item)}
    told = {"title": one.label} | ({"description": one.hint} if one.hint else {})
    return {**told, **schema} if one.required else {**told, "anyOf": [schema, {"type": "null"}]}


def answer_schema(one: FieldApi) -> dict[str, Any]:
    """Return the JSON Schema of one answer as it is read: its value, its words, and why there may be none."""
    if one.item.kind.repeats:
        rows = {child.key: answer_schema(child) for child in one.fields}
        row = {"type": "object", "properties": {ROW_ID: {"type": "string"}, **rows}, "required": [ROW_ID]}
        value: dict[str, Any] = {"anyOf": [{"type": "array", "items": row}, {"type": "null"}]}
    elif one.masked:
        value = {"type": ["string", "null"]}
    else:
        value = {"anyOf": [_loose(one.schema), {"type": "null"}]}
    states = {"type": "string", "enum": ["filled", "empty", "hidden", "not_asked"]}
    properties = {"state": states, "value": value, "text": {"type": "string"}, "masked": {"type": "boolean"}}
    return {"title": one.label, "type": "object", "properties": properties, "required": ["state", "value", "text"]}


def _object(fields: Iterable[FieldApi], *, required: bool, row: bool = False) -> dict[str, Any]:
    writable = [one for one in fields if one.writable]
    properties = {one.key: value_schema(one) for one in writable}
    if row:
        properties = {ROW_ID: {"type": "string", "pattern": "^[0-9a-f]{16}$"}, **properties}
    must = [one.key for one in writable if one.required] if required else []
    told = {"type": "object", "properties": properties, "additionalProperties": False}
    return told | ({"required": must} if must else {})


def _rows_bounds(item: Item) -> dict[str, Any]:
    bounds = {"minItems": item.config.get("min"), "maxItems": item.config.get("max")}
    return {name: value for name, value in bounds.items() if value is not None}


def _loose(schema: Any) -> Any:
    """Leave the bounds out: they may have been others when an older record was entered."""
    if isinstance(schema, dict):
        return {name: _loose(value) for name, value in schema.items() if name not in _BOUNDS}
    return [_loose(one) for one in schema] if isinstance(schema, list) else schema
