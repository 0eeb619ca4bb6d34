"""A resident or a household of the village, looked up and not typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, ConfigProperty, Kind
from engine.messages import N_, Invalid, Message, Problem
from engine.schema import Item

RESIDENT, HOUSEHOLD = "resident", "household"
LARGEST_ID = 2**31 - 1
_SPELLING = re.compile(r"([1-9][0-9]{0,9})(?: .{1,200})?")
# What can be carried into other questions: its name, and the kinds of question that take it.
FILLS: Mapping[str, tuple[str, frozenset[str]]] = {
    "name": (N_("姓名（户主姓名）"), frozenset({"text", "person_name"})),
    "id_no": (N_("身份证号"), frozenset({"cn_id", "text"})),
    "phone": (N_("手机号"), frozenset({"cn_mobile", "text"})),
    "address": (N_("住址"), frozenset({"text", "textarea"})),
    "household_code": (N_("户编号"), frozenset({"text"})),
    "village": (N_("所在村"), frozenset({"org"})),
    "birthday": (N_("出生日期"), frozenset({"date"})),
}
SECRET = frozenset({"id_no", "phone", "address"})
_OF_HOUSEHOLDS = frozenset({"name", "address", "household_code", "village"})


class PersonKind(Kind):
    """A value is a text: the id, a blank, and the name as it was when chosen (before it the code of a household).

    The name stays readable after the person was deleted. It never comes from what is sent: only from the look-up, or
    from what the record had before.
    """

    name: ClassVar[str] = "person"
    label: ClassVar[str] = N_("居民或家庭")
    xlsform_type: ClassVar[str] = "text"
    operators: ClassVar[tuple[str, ...]] = ("eq", "empty")
    index_as = "number"
    filter_input = "text"
    searchable = True
    personal = True
    prefilled = False
    missing: ClassVar[str] = N_("请选择“%(label)s”")
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("of", "choice", N_("找什么（不选是居民）"), ((RESIDENT, N_("居民")), (HOUSEHOLD, N_("家庭")))),
        ConfigProperty("fill", "fill", N_("选好后带入"), tuple((name, label) for name, (label, _) in FILLS.items())),
    )

    def variant(self, config: Mapping[str, Any]) -> Kind:
        return _HOUSEHOLDS if config.get("of") == HOUSEHOLD else self

    def check_among(self, item: Item, known: Mapping[str, Item]) -> list[Problem]:
        """Judge where the details of a person are carried to."""
        found = [self._fill_problem(item, known.get(fid), what) for fid, what in item.config.get("fill", {}).items()]
        return [Problem("fill", item.fid, one.text, one.params) for one in found if one is not None]

    def _fill_problem(self, item: Item, target: Item | None, what: str) -> Message | None:
        if target is None or target is item:
            return Message(N_("要带入的题目不存在、已停用，或不在同一行里"))
        words = {"what": Message(FILLS[what][0]), "label": target.text()}
        if item.config.get("of") == HOUSEHOLD and what not in _OF_HOUSEHOLDS:
            return Message(N_("家庭没有“%(what)s”，不能带入“%(label)s”"), words)
        if target.type not in FILLS[what][1]:
            return Message(N_("“%(label)s”的题型装不下“%(what)s”"), words)
        if what in SECRET and not target.sealed:
            return Message(N_("“%(what)s”是保密的，只能带入设了遮盖的题目，“%(label)s”没有遮盖"), words)
        return None

    def parse(self, item: Item, raw: Any, context: Context) -> str | None:
        """Read an id, or an id with a name, of which only the id counts."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        spelled = str(raw).strip() if isinstance(raw, str) or (type(raw) is int and 0 < raw <= LARGEST_ID) else ""
        found = _SPELLING.fullmatch(spelled)
        if found is None or int(found[1]) > LARGEST_ID:
            raise Invalid(N_("请从查找结果里选一个"))
        before = context.previous.get(item.fid)
        if isinstance(before, str) and person_id(before) == int(found[1]):
            return before
        name = context.person_name(item.config.get("of", RESIDENT), int(found[1]))
        return f"{found[1]} {name}" if name else found[1]

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        del item, context
        if person_words(value):
            return []
        return [Message(N_("没有找到这个人或这一户，可能已删除，或不在您的管辖范围。请重新查找"))]

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item, context
        return person_words(value) or str(value)

    def mask(self, item: Item, value: Any, context: Context) -> str:
        """Leave the first character of the name, and the code of a household."""
        del context
        words = person_words(value)
        code, name = words.split(" ", 1) if item.config.get("of") == HOUSEHOLD and " " in words else ("", words)
        return f"{code} {name[:1]}**".strip()

    def index_number(self, item: Item, value: Any) -> list[float]:
        del item
        return [float(person_id(value))]

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        return person_id(value) if codes else self.display(item, value, context)

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "string", "pattern": "^[1-9][0-9]{0,9}( .{1,200})?$"}


class HouseholdKind(PersonKind):
    """The same for households: another kind, because the id of a household is that of nobody."""

    label: ClassVar[str] = N_("家庭")


_HOUSEHOLDS = HouseholdKind()


def person_id(value: str) -> int:
    """Return the id in a stored answer."""
    return int(value.partition(" ")[0])


def person_words(value: str) -> str:
    """Return the name in a stored answer, with the code before it for a household."""
    return value.partition(" ")[2]
