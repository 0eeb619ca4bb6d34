"""Forms as programs see them, and the description of the whole interface."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app, jsonify, request

from api.blueprint import bp
from queries.forms import form_by_key
from queries.interface import FieldApi, FormApi, form_api, usable_forms
from queries.openapi import document
from queries.settings import public_face
from shell import i18n
from shell.access import actor, signed_in


@bp.get("/forms")
@signed_in
def list_forms() -> Response:
    """Answer the forms in use that the token may read or fill."""
    return jsonify(items=[_form(form) for form in usable_forms(_user(), i18n.locale())])


@bp.get("/forms/<key>")
@signed_in
def get_form(key: str) -> Response:
    """Answer the current version of a form: the JSON Schema of its answers, and its fields with their labels."""
    who = _user()
    found = form_by_key(key, who, "record:list") or form_by_key(key, who, "record:create")
    if found is None or found.current_version is None:
        abort(404)
    form = form_api(found, who, i18n.locale())
    dialect = "https://json-schema.org/draft/2020-12/schema"
    schema = {"$schema": dialect, "title": form.title, **form.input_schema()}
    return jsonify(**_form(form), schema=schema, fields=[_field(one) for one in form.fields])


@bp.get("/openapi.json")
@signed_in
def describe() -> Response:
    """Answer the description of the interface in OpenAPI 3.1, on the forms that the token may use."""
    forms = usable_forms(_user(), i18n.locale())
    return jsonify(document(forms, base=request.host_url.rstrip("/"), title=_title()))


def _user() -> Any:
    """Return who asks, when they may use any form at all."""
    who = actor()
    if not who.can("record:list") and not who.can("record:create"):
        abort(403)
    return who


def _title() -> str:
    name, _contact = public_face(current_app.config["ZHIYE"].county_code)
    return name or "Zhiye"


def _form(form: FormApi) -> dict[str, Any]:
    return {
        "key": form.key, "title": form.title, "prefix": form.form.prefix, "version": form.version, "open": form.open,
    }  # fmt: skip


def _field(one: FieldApi) -> dict[str, Any]:
    locale = i18n.locale()
    told: dict[str, Any] = {
        "key": one.key, "label": one.label, "hint": one.hint, "type": one.type, "required": one.required,
        "writable": one.writable, "masked": one.masked, "operators": list(one.operators), "sortable": one.sortable,
    }  # fmt: skip
    if one.item.options:
        told["options"] = [
            {"value": option.value, "label": option.text(locale), "retired": option.retired}
            for option in one.item.options
        ]
    if one.fields:
        told["fields"] = [_field(child) for child in one.fields]
    return told
