"""The interface described in OpenAPI 3.1, written from the published definitions that somebody may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l

from queries.interface import FormApi

VERSION = "1.0"
JSON, PROBLEM = "application/json", "application/problem+json"
PROBLEMS: dict[str, Any] = {
    "400": _l("请求读不懂：地址里的条件、请求头或内容写得不对。"),
    "401": _l("没有令牌，或令牌无效、已过期、已作废。"),
    "403": _l("没有权限。"),
    "404": _l("没有这个地址或这条内容，或者不在管辖范围内。"),
    "409": _l("和已有的内容冲突。"),
    "412": _l("内容已被别人改过，版本号不是最新的。"),
    "413": _l("内容太大。"),
    "415": _l("请求的内容不是 JSON。"),
    "422": _l("内容读得懂，但不能这样保存；每一处写明位置和原因。"),
    "428": _l("修改时没有带版本号。"),
    "429": _l("请求太频繁，过一会儿再试。"),
}
READING = ("400", "401", "403", "404", "429")
WRITING = (*READING, "413", "415", "422")


def document(forms: Iterable[FormApi], *, base: str, title: str) -> dict[str, Any]:
    """Return the description of everything the interface offers on these forms; `base` is the server's address."""
    forms = list(forms)
    paths: dict[str, Any] = {**_fixed_paths()}
    schemas: dict[str, Any] = {**_fixed_schemas()}
    for form in forms:
        paths |= _form_paths(form)
        schemas |= _form_schemas(form)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": VERSION, "description": str(_l("台账登记的数据接口。"))},
        "servers": [{"url": base}],
        "security": [{"token": []}, {"session": []}],
        "tags": [{"name": form.key, "description": form.title} for form in forms],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {f"Problem{status}": _problem(text) for status, text in PROBLEMS.items()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "zhy_"},
                "session": {"type": "apiKey", "in": "cookie", "name": "zhiye"},
            },
        },
    }


# ---------- what there is whatever forms there are ----------


def _fixed_paths() -> dict[str, Any]:
    form = {"type": "object", "required": ["key", "title", "version"], "properties": _form_properties()}
    forms = _object({"items": {"type": "array", "items": form}})
    whole = _object({**_form_properties(), "schema": {"type": "object"}, "fields": _array({"type": "object"})})
    unit = {"id": {"type": "integer"}, **{name: {"type": "string"} for name in ("name", "level")}}
    units = _array(_object({**unit, "code": {"type": ["string", "null"]}}))
    key = _path("key", {"type": "string"}, _l("表单的标识。"))
    asked = [_query("q", {"type": "string"}, _l("名称、拼音或编码的一部分。")),
             _query("level", {"type": "string"}, _l("只找这一级的组织。"))]  # fmt: skip
    return {
        "/api/v1/forms": {"get": _get("list_forms", _l("可以使用的表单"), forms, ("401", "403", "429"))},
        "/api/v1/forms/{key}": {
            "parameters": [key],
            "get": _get("get_form", _l("一张表单的字段"), whole, READING),
        },
        "/api/v1/orgs": {
            "get": {**_get("find_orgs", _l("查找组织"), units, ("401", "403", "429")), "parameters": asked}
        },
        "/api/v1/openapi.json": {
            "get": _get("describe", _l("这份说明"), {"type": "object"}, ("401", "403", "429")),
        },
    }


def _form_properties() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("key", "title", "prefix")}
    return {**texts, "version": {"type": "integer"}, "open": {"type": "boolean"}}


def _fixed_schemas() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail", "instance", "reference")}
    pointed = _object({"pointer": {"type": "string"}, "message": {"type": "string"}})
    place = _object({name: {"type": ["integer", "null"]} for name in ("county", "town", "village")})
    return {
        "Problem": {
            "type": "object",
            "properties": {**texts, "status": {"type": "integer"}, "errors": _array(pointed)},
            "required": ["type", "title", "status", "detail"],
        },
        "Record": {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "number": {"type": "string"},
                "version": {"type": "integer"},
                "state": {"type": "string", "enum": ["active", "void"]},
                "stage": {"type": ["string", "null"]},
                "row_version": {"type": "integer"},
                "created_at": {"type": "string", "format": "date-time"},
                "updated_at": {"type": "string", "format": "date-time"},
                "place": place,
            },
            "required": ["id", "number", "version", "state", "row_version", "created_at", "updated_at", "place"],
        },
    }


# ---------- one form ----------


def _form_schemas(form: FormApi) -> dict[str, Any]:
    record = {"type": "object", "properties": {"answers": _ref(f"{form.key}.answers")}}
    return {
        f"{form.key}.input": {"title": form.title, **form.input_schema()},
        f"{form.key}.change": {"title": form.title, **form.input_schema(partial=True)},
        f"{form.key}.answers": {"title": form.title, **form.output_schema()},
        f"{form.key}.record": {"title": form.title, "allOf": [_ref("Record"), record]},
        f"{form.key}.page": {
            "title": form.title,
            **_object(
                {
                    "items": _array(_ref(f"{form.key}.record")),
                    "count": {"type": "integer"},
                    "count_is_lower_bound": {"type": "boolean"},
                    "next": {"type": ["string", "null"]},
                }
            ),
        },
    }


def _form_paths(form: FormApi) -> dict[str, Any]:
    base, one = f"/api/v1/forms/{form.key}/records", f"/api/v1/forms/{form.key}/records/{{id}}"
    ident = _path("id", {"type": "integer", "minimum": 1}, _l("记录的编号（数字）。"))
    match = _header("If-Match", _l("读取时得到的版本号，带引号。"), '"1"')
    change = _body({"answers": _ref(f"{form.key}.change"), "reason": _reason()}, ["answers"], form)
    return {
        base: {
            "get": _tagged(form, {**_list(form), "parameters": _list_parameters(form)}),
            "post": _tagged(form, _create(form)),
        },
        one: {
            "parameters": [ident],
            "get": _tagged(form, _get(f"get_{form.key}", _l("一条登记"), _ref(f"{form.key}.record"), READING)),
            "patch": _tagged(form, _change("patch", _l("修改登记的几项"), change, match, form)),
            "put": _tagged(form, _change("put", _l("整条修改登记"), change, match, form)),
        },
        f"{one}/void": {
            "parameters": [ident],
            "post": _tagged(
                form,
                {
                    "operationId": f"void_{form.key}",
                    "summary": str(_l("作废登记")),
                    "requestBody": _json_body(_object({"reason": _reason()}), {"reason": "重复登记"}),
                    "responses": {**_answers("200", _ref(f"{form.key}.record")), **_problems((*WRITING, "409"))},
                },
            ),
        },
    }


def _list(form: FormApi) -> dict[str, Any]:
    return _get(f"list_{form.key}", _l("登记的列表"), _ref(f"{form.key}.page"), READING)


def _list_parameters(form: FormApi) -> list[dict[str, Any]]:
    sortable = [one.key for one in form.fields if one.sortable]
    asked = [
        _query("q", {"type": "string"}, _l("搜索的文字。")),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, _l("每页几条。")),
        _query("after", {"type": "string"}, _l("从哪里接着读，取自上一页的 next。")),
    ]
    if sortable:
        orders = [order for key in sortable for order in (key, f"-{key}")]
        asked.append(_query("sort", {"type": "string", "enum": orders}, _l("按哪一项排序，前面加减号表示倒序。")))
    for one in form.fields:
        for operator in one.operators:
            name = f"f.{one.key}" if operator == "eq" else f"f.{one.key}.{operator}"
            asked.append(_query(name, {"type": "string"}, one.label))
    return asked


def _create(form: FormApi) -> dict[str, Any]:
    shape = {"version": {"type": "integer", "const": form.version}, "answers": _ref(f"{form.key}.input")}
    created = {**_answers("201", _ref(f"{form.key}.record")), **_answers("200", _ref(f"{form.key}.record"))}
    created["201"]["headers"] = {name: {"schema": {"type": "string"}} for name in ("Location", "ETag")}
    key = _header("Idempotency-Key", _l("这次提交的幂等键，重发时不变。"), "0b5f1c1e7f6a4a0e9a53a8f8a1c2d3e4")
    return {
        "operationId": f"create_{form.key}",
        "summary": str(_l("新增登记")),
        "parameters": [key],
        "requestBody": _body(shape, ["answers"], form),
        "responses": {**created, **_problems((*WRITING, "409"))},
    }


def _change(method: str, summary: Any, sent: dict[str, Any], match: dict[str, Any], form: FormApi) -> dict[str, Any]:
    return {
        "operationId": f"{method}_{form.key}",
        "summary": str(summary),
        "parameters": [match],
        "requestBody": sent,
        "responses": {
            **_answers("200", _ref(f"{form.key}.record")),
            **_problems((*WRITING, "409", "412", "428")),
        },
    }


def _body(properties: dict[str, Any], required: list[str], form: FormApi) -> dict[str, Any]:
    return _json_body({**_object(properties), "required": required}, {"answers": form.example()})


# ---------- pieces ----------


def _get(name: str, summary: Any, schema: dict[str, Any], problems: Iterable[str]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": str(summary),
        "responses": {**_answers("200", schema), **_problems(problems)},
    }


def _tagged(form: FormApi, operation: dict[str, Any]) -> dict[str, Any]:
    return {**operation, "tags": [form.key]}


def _answers(status: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {status: {"description": "OK", "content": {JSON: {"schema": schema}}}}


def _problems(statuses: Iterable[str]) -> dict[str, Any]:
    return {status: {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}


def _problem(text: Any) -> dict[str, Any]:
    return {"description": str(text), "content": {PROBLEM: {"schema": _ref("Problem")}}}


def _json_body(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {"required": True, "content": {JSON: {"schema": schema, "example": example}}}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _reason() -> dict[str, Any]:
    return {"type": "string", "maxLength": 200}


def _query(name: str, schema: dict[str, Any], text: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": str(text)}


def _path(name: str, schema: dict[str, Any], text: Any) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": str(text)}


def _header(name: str, text: Any, example: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1}
    told = {"name": name, "in": "header", "required": True, "schema": schema, "description": str(text)}
    return {**told, "example": example}
