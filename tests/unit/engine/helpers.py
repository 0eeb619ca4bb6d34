"""A small cast of forms and contexts for the tests of the engine."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

from engine.context import Context
from engine.definition import Definition, Item, parse
from engine.schema import build_item

TODAY = date(2026, 11, 22)
HERE = Path(__file__).parent
PHOTO = "0123456789abcdef0123456789abcdef"
ID_NUMBER = "330523199001011238"


def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((HERE / "neighbour_dispute.json").read_text("utf-8"))
    return loaded


def definition() -> Definition:
    return parse(document())


def context(**changed: Any) -> Context:
    given: dict[str, Any] = {
        "today": TODAY,
        "user": {"name": "王小村", "village": 7, "town": 3},
        "org_name": {7: "余村", 3: "天荒坪镇"}.get,
        "org_allowed": lambda org, _level: org == 7,
        "file_known": lambda uid: uid == PHOTO,
        "person_name": lambda of, ident: {("resident", 12): "张三丰", ("household", 3): "YC-003 李四"}.get((of, ident)),
    }
    return Context(**{**given, **changed})


def small(*items: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """Return a form of one page; items get a key and a label of their own."""
    named = [{"key": f"k_{item.get('fid')}", "label": f"题目{item.get('fid')}", **item} for item in items]
    page = {"id": "p1", "title": "一页", "items": copy.deepcopy(named)}
    return {"schema": "zhiye-form/1", "key": "small", "title": "小表", "pages": [page], **properties}


def item(type_: str, **properties: Any) -> Item:
    return build_item({"fid": "f1", "key": "k1", "type": type_, "label": "题目", **properties})


def options(*values: str, retired: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return [
        {"value": value, "label": f"选项{value}", **({"retired": True} if value in retired else {})} for value in values
    ]
