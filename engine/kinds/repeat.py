"""Questions answered once for each of several rows: the people of a household, the witnesses of a case.

A value is a list of rows, each a mapping from fid to value with a permanent `_id` of 16 hexadecimal figures. A row that
was added is a row, also while nothing stands in it. What stands in the rows is read and judged question by question by
engine.answers; `Item.to_json` and `Item.from_json` go into the rows, where the methods of the same name here cannot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, ConfigProperty, Kind
from engine.messages import N_, Invalid, Message, Problem
from engine.schema import ROW_ID, Item

ROWS = 200
_ID = re.compile(r"[0-9a-f]{16}")


class RepeatKind(Kind):
    name: ClassVar[str] = "repeat"
    label: ClassVar[str] = N_("重复填写的一组题目")
    xlsform_type: ClassVar[str] = "begin_repeat"
    operators: ClassVar[tuple[str, ...]] = ("empty",)
    value_type = "list"
    holds_items = True
    repeats = True
    prefilled = False
    missing: ClassVar[str] = N_("“%(label)s”至少要填一行")
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("min", "int", N_("最少几行"), most=ROWS),
        ConfigProperty("max", "int", N_("最多几行"), least=1, most=ROWS),
    )

    def check_item(self, item: Item) -> list[Problem]:
        problems = []
        if item.config.get("min", 0) > item.config.get("max", ROWS):
            problems.append(Problem("min", item.fid, N_("最少的行数不能比最多的还多")))
        if not item.retired and not any(one.kind.answerable for one in item.live_row_items):
            params = {"label": item.text()}
            problems.append(Problem("items", item.fid, N_("“%(label)s”里还没有题目，请加上题目"), params))
        return problems

    def parse(self, item: Item, raw: Any, context: Context) -> list[dict[str, Any]] | None:
        """Read a list of mappings from fid to raw answer; a row without a sound `_id` of its own gets a new one."""
        del item
        if raw in (None, ""):
            return None
        if not isinstance(raw, Sequence) or isinstance(raw, str) or not all(_is_row(row) for row in raw):
            raise Invalid(N_("这里要一行一行地填写"))
        if len(raw) > ROWS:
            raise Invalid(N_("行数太多，最多 %(most)s 行"), most=ROWS)
        seen: set[str] = set()
        rows = []
        for row in raw:
            given = row.get(ROW_ID)
            sound = isinstance(given, str) and _ID.fullmatch(given) and given not in seen
            row_id = given if sound else context.new_id()
            seen.add(row_id)
            rows.append({**row, ROW_ID: row_id})
        return rows or None

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        """Judge how many rows there are; here `value` may be empty."""
        del context
        least, most = item.config.get("min", 0), item.config.get("max", ROWS)
        if len(value) < least:
            return [Message(N_("“%(label)s”至少要填 %(least)s 行"), {"label": item.text(), "least": least})]
        if len(value) > most:
            return [Message(N_("“%(label)s”最多填 %(most)s 行"), {"label": item.text(), "most": most})]
        return []

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item
        return context.translate(N_("%(n)s 行")) % {"n": len(value)}

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        return len(value) if codes else self.display(item, value, context)

    def json_schema(self, item: Item) -> dict[str, Any]:
        answers = {one.fid: one.kind.json_schema(one) for one in item.live_row_items if one.kind.answerable}
        row = {"type": "object", "properties": {ROW_ID: {"type": "string", "pattern": "^[0-9a-f]{16}$"}, **answers}}
        return {
            "type": "array",
            "items": {**row, "required": [ROW_ID], "additionalProperties": False},
            "minItems": item.config.get("min", 0),
            "maxItems": item.config.get("max", ROWS),
        }


def _is_row(raw: Any) -> bool:
    return isinstance(raw, Mapping) and all(isinstance(name, str) for name in raw)
