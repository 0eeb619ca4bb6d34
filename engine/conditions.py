"""Conditions as people build and read them: a field, an operator, a value; several joined by "all" or "any".

One row may be a group of rows of its own, no deeper. What the builder cannot show is edited as text (engine.spelling).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from engine.context import DEFAULT_LOCALE, Context
from engine.expressions import Expression
from engine.kinds.date import read_date
from engine.kinds.numbers import read_number
from engine.messages import N_, Invalid, Message
from engine.schema import Item

Joiner = Literal["and", "or"]
Items = Mapping[str, Item]
Translate = Callable[[str], str]

# One row of the builder serves all kinds; `_WORDS` says the same more exactly once the kind is known.
OPERATORS: Mapping[str, str] = {
    "eq": N_("等于（是）"),
    "ne": N_("不等于（不是）"),
    "gt": N_("大于（晚于）"),
    "ge": N_("大于或等于（不早于）"),
    "lt": N_("小于（早于）"),
    "le": N_("小于或等于（不晚于）"),
    "contains": N_("包含（选了）"),
    "lacks": N_("不包含（没有选）"),
    "filled": N_("已填写"),
    "empty": N_("没有填写"),
}
_ORDER = ("eq", "ne", "gt", "ge", "lt", "le")
# The same in the words of what is compared.
_NUMBER_OPERATORS: Mapping[str, str] = {
    "eq": N_("等于"),
    "ne": N_("不等于"),
    "gt": N_("大于"),
    "ge": N_("大于或等于"),
    "lt": N_("小于"),
    "le": N_("小于或等于"),
}
_DATE_OPERATORS: Mapping[str, str] = {
    "eq": N_("是"),
    "ne": N_("不是"),
    "gt": N_("晚于"),
    "ge": N_("不早于"),
    "lt": N_("早于"),
    "le": N_("不晚于"),
}
_TEXT_OPERATORS: Mapping[str, str] = {"eq": N_("是"), "ne": N_("不是"), "contains": N_("包含"), "lacks": N_("不包含")}
_LIST_OPERATORS: Mapping[str, str] = {"contains": N_("选了"), "lacks": N_("没有选")}
_BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "text": ("eq", "ne", "contains", "lacks"),
    "number": _ORDER,
    "date": _ORDER,
    "bool": ("eq",),
    "list": ("contains", "lacks"),
    "none": (),
}
_WORDS: Mapping[str, str] = {
    "eq": N_("“%(field)s”是%(value)s"),
    "ne": N_("“%(field)s”不是%(value)s"),
    "gt": N_("“%(field)s”大于 %(value)s"),
    "ge": N_("“%(field)s”大于或等于 %(value)s"),
    "lt": N_("“%(field)s”小于 %(value)s"),
    "le": N_("“%(field)s”小于或等于 %(value)s"),
    "contains": N_("“%(field)s”包含%(value)s"),
    "lacks": N_("“%(field)s”不包含%(value)s"),
    "filled": N_("“%(field)s”已填写"),
    "empty": N_("“%(field)s”没有填写"),
}
_DATE_WORDS: Mapping[str, str] = {
    "gt": N_("“%(field)s”晚于%(value)s"),
    "ge": N_("“%(field)s”不早于%(value)s"),
    "lt": N_("“%(field)s”早于%(value)s"),
    "le": N_("“%(field)s”不晚于%(value)s"),
}
# What is said when the condition of a rule holds, that is: when the answer is refused.
_REFUSALS: Mapping[str, str] = {
    "eq": N_("%(field)s不能是%(value)s"),
    "ne": N_("%(field)s必须是%(value)s"),
    "gt": N_("%(field)s不能大于 %(value)s"),
    "ge": N_("%(field)s必须小于 %(value)s"),
    "lt": N_("%(field)s不能小于 %(value)s"),
    "le": N_("%(field)s必须大于 %(value)s"),
    "contains": N_("%(field)s不能包含%(value)s"),
    "lacks": N_("%(field)s必须包含%(value)s"),
    "filled": N_("%(field)s这时不能填写"),
    "empty": N_("%(field)s必须填写"),
}
_DATE_REFUSALS: Mapping[str, str] = {
    "gt": N_("%(field)s不能晚于%(value)s"),
    "ge": N_("%(field)s必须早于%(value)s"),
    "lt": N_("%(field)s不能早于%(value)s"),
    "le": N_("%(field)s必须晚于%(value)s"),
}
TODAY = N_("今天")
_ANY_DAY = Context(today=date.max)
YES, NO = N_("是"), N_("否")


@dataclass(frozen=True)
class Clause:
    """One row: `value` is a literal or one of {"today": []}, {"date": [...]}, {"var": fid}.

    `counted` compares how many there are (rows of a repeat, photographs, chosen options) instead of the answer.
    """

    fid: str
    operator: str
    value: Expression = None
    counted: bool = False


@dataclass(frozen=True)
class Condition:
    """Rows, or groups of rows, of which all ("and") or any ("or") must hold."""

    clauses: tuple[Clause | Condition, ...]
    joiner: Joiner = "and"

    @property
    def rows(self) -> tuple[Clause, ...]:
        """Return all rows, those of the groups among them."""
        return tuple(row for one in self.clauses for row in (one.rows if isinstance(one, Condition) else (one,)))


def countable(item: Item) -> bool:
    """Tell whether an answer is several things that can be counted."""
    return item.type == "repeat" or item.kind.value_type == "list"


def operators_for(item: Item, *, counted: bool = False) -> tuple[str, ...]:
    """Return the operators that make sense for an item; a sealed or chosen unit can only be filled or not."""
    if counted:
        return _ORDER
    if item.type == "repeat":
        return ("filled", "empty")
    if item.options and item.kind.value_type == "text":
        return ("eq", "ne", "filled", "empty")
    if _ordered_text(item):
        return (*_ORDER, "filled", "empty")
    comparable = not item.sealed and item.type != "org" and item.kind.operators != ("empty",)
    return (*(_BY_TYPE[item.kind.value_type] if comparable else ()), "filled", "empty")


def operator_words(name: str, item: Item, *, counted: bool = False) -> str:
    """Return the words of an operator for an item, such as 晚于 for a date where a number is 大于."""
    kind = item.kind.value_type
    if kind == "number" or counted:
        return _NUMBER_OPERATORS.get(name, OPERATORS[name])
    if kind == "date" or _ordered_text(item):
        return _DATE_OPERATORS.get(name, OPERATORS[name])
    return (_LIST_OPERATORS if kind == "list" else _TEXT_OPERATORS).get(name, OPERATORS[name])


def _ordered_text(item: Item) -> bool:
    """Tell whether an answer is a text whose order has a meaning, such as a time of day."""
    return item.kind.value_type == "text" and "ge" in item.kind.operators


# ---------- between rows and trees ----------


def build(condition: Condition, items: Items) -> Expression:
    """Return the tree of a condition, where "contains" of a choice of several means "selected"."""
    trees = [
        build(one, items) if isinstance(one, Condition) else _tree(one, items.get(one.fid)) for one in condition.clauses
    ]
    return trees[0] if len(trees) == 1 else {condition.joiner: trees}


def _tree(clause: Clause, item: Item | None) -> Expression:
    field: Expression = {"var": clause.fid}
    if clause.counted:
        field = {"count": [clause.fid or field]}  # an item that is new has no fid yet
    if clause.operator in {"filled", "empty"}:
        return {clause.operator: [field]}
    if clause.operator in {"contains", "lacks"}:
        several = item is not None and item.kind.value_type == "list"
        found = {"selected" if several else "contains": [field, clause.value]}
        return found if clause.operator == "contains" else {"not": [found]}
    return {clause.operator: [field, clause.value]}


def simple(expression: Expression) -> Condition | None:
    """Return the rows of a tree, or None where the builder cannot show it."""
    joiner, trees = _joined(expression) or ("and", [expression])
    found = [_clause(tree) or _group(tree) for tree in trees]
    whole = tuple(one for one in found if one is not None)
    return Condition(whole, joiner) if found and len(whole) == len(found) else None


def _joined(tree: Expression) -> tuple[Joiner, list[Expression]] | None:
    if isinstance(tree, dict) and len(tree) == 1:
        ((name, arguments),) = tree.items()
        if name in {"and", "or"} and isinstance(arguments, list):
            return name, arguments
    return None


def _group(tree: Expression) -> Condition | None:
    joined = _joined(tree)
    rows = [_clause(one) for one in joined[1]] if joined else []
    whole = tuple(row for row in rows if row is not None)
    return Condition(whole, joined[0]) if joined and rows and len(whole) == len(rows) else None


def _clause(tree: Expression) -> Clause | None:
    if not isinstance(tree, dict) or len(tree) != 1:
        return None
    ((name, arguments),) = tree.items()
    if name == "var" and isinstance(arguments, str):
        return Clause(arguments, "eq", True)  # noqa: FBT003 - the value of a yes or no
    if name == "not" and isinstance(arguments, list) and len(arguments) == 1:
        inner = _clause(arguments[0])
        return Clause(inner.fid, "lacks", inner.value) if inner and inner.operator == "contains" else None
    operator = "contains" if name == "selected" else name
    field = _field(arguments[0]) if isinstance(arguments, list) and arguments else None
    if field is None or operator not in OPERATORS or operator == "lacks":
        return None
    fid, counted = field
    if operator in {"filled", "empty"}:
        return Clause(fid, operator, counted=counted)
    fits = len(arguments) == 2 and _is_value(arguments[1])  # noqa: PLR2004 - both sides
    return Clause(fid, operator, arguments[1], counted) if fits else None


def _field(node: Expression) -> tuple[str, bool] | None:
    """Return the fid that a side of a comparison reads, and whether it counts it."""
    if not isinstance(node, dict) or len(node) != 1:
        return None
    ((name, found),) = node.items()
    if name == "count" and isinstance(found, list) and len(found) == 1:
        inner = _field(found[0]) if isinstance(found[0], dict) else (found[0], False)
        return (inner[0], True) if inner and isinstance(inner[0], str) and not inner[1] else None
    return (found, False) if name == "var" and isinstance(found, str) else None


def _is_value(node: Expression) -> bool:
    if not isinstance(node, dict):
        return node is not None and not isinstance(node, list)
    return len(node) == 1 and next(iter(node)) in {"today", "date", "var"}


# ---------- typed values ----------


def read_value(
    text: str, item: Item, items: Items, *, counted: bool = False, locale: str = DEFAULT_LOCALE
) -> Expression:
    """Read what was typed beside an operator as a value for an item; raises Invalid with what to do.

    It is an option's value or words, a number, a day, 今天, 是, 否, or another field as 【字段】.
    """
    text = text.strip()
    if not text:
        raise Invalid(N_("请填写要比较的内容"))
    if counted:
        return _read_plain_number(text)
    other = _field_named(text, items, locale)
    if other is not None:
        if other.kind.value_type != item.kind.value_type:
            raise Invalid(N_("“%(left)s”和“%(right)s”不是同一类内容，不能比较"), left=item.text(), right=other.text())
        return {"var": other.fid}
    if item.options:
        return _option_value(text, item, locale)
    if _ordered_text(item):
        return str(item.kind.parse(item, text, _ANY_DAY))
    return _READERS[item.kind.value_type](text)


def _field_named(text: str, items: Items, locale: str) -> Item | None:
    if not (text.startswith("【") and text.endswith("】")):
        return None
    if text[1:-1] in items:
        return items[text[1:-1]]
    for item in items.values():
        if text[1:-1] in {item.text(locale), item.text()}:
            return item
    raise Invalid(N_("没有题目%(name)s"), name=text)


def _option_value(text: str, item: Item, locale: str) -> str:
    for option in item.options:
        if text == option.value:
            return option.value
    for option in item.options:
        if text in {option.text(locale), option.text()}:
            return option.value
    known = "、".join(option.text(locale) for option in item.options[:8])
    raise Invalid(N_("“%(label)s”没有选项“%(value)s”，可以填：%(known)s"), label=item.text(), value=text, known=known)


def _read_day(text: str) -> Expression:
    if text.casefold() in {TODAY, "today"}:
        return {"today": []}
    day = read_date(text)
    return {"date": [day.isoformat()]} if day else None


def _read_yes(text: str) -> bool:
    words = {YES: True, "yes": True, "true": True, NO: False, "no": False, "false": False}
    if text.casefold() not in words:
        raise Invalid(N_("请填“是”或“否”"))
    return words[text.casefold()]


def _read_plain_number(text: str) -> int | float | None:
    number = read_number(text)
    if number is None:
        return None
    return int(number) if number == int(number) else float(number)


_READERS: Mapping[str, Callable[[str], Expression]] = {
    "text": str,
    "list": str,
    "none": str,
    "number": _read_plain_number,
    "date": _read_day,
    "bool": _read_yes,
}


def value_text(
    value: Expression, item: Item | None, items: Items, *, locale: str = DEFAULT_LOCALE, translate: Translate = str
) -> str:
    """Return a value as `read_value` reads it."""
    if isinstance(value, bool):
        return translate(YES if value else NO)
    if isinstance(value, dict):
        if "var" in value:
            other = items.get(value["var"])
            return f"【{other.text(locale) if other else value['var']}】"
        return translate(TODAY) if "today" in value else str(value["date"][0])
    labels = {option.value: option.text(locale) for option in item.options} if item else {}
    return labels.get(value, str(value)) if isinstance(value, str) else str(value)


# ---------- in words ----------


def words(
    expression: Expression, items: Items, *, locale: str = DEFAULT_LOCALE, translate: Translate = str
) -> list[Message]:
    """Say a tree as one message per row; one message in general terms where the builder cannot show it."""
    condition = simple(expression)
    if condition is None:
        return [Message(N_("用公式写的条件"))]
    says = _Says(items, locale, translate)
    return [
        says.group(one) if isinstance(one, Condition) else says.clause(one, _WORDS, _DATE_WORDS)
        for one in condition.clauses
    ]


def refusal(clause: Clause, items: Items, *, locale: str = DEFAULT_LOCALE, translate: Translate = str) -> Message:
    """Say why an answer is refused when a rule's only row holds: the message proposed for it."""
    return _Says(items, locale, translate).clause(clause, _REFUSALS, _DATE_REFUSALS)


@dataclass(frozen=True)
class _Says:
    """Puts rows into words of one language."""

    items: Items
    locale: str
    translate: Translate

    def group(self, condition: Condition) -> Message:
        rows = [self.clause(row, _WORDS, _DATE_WORDS).said(self.translate) for row in condition.rows]
        pattern = N_("这几条满足任一条：%(rows)s") if condition.joiner == "or" else N_("这几条都满足：%(rows)s")
        return Message(pattern, {"rows": "、".join(rows)})

    def clause(self, clause: Clause, patterns: Mapping[str, str], date_patterns: Mapping[str, str]) -> Message:
        item = self.items.get(clause.fid)
        dated = item is not None and (item.kind.value_type == "date" or _ordered_text(item))
        pattern = date_patterns.get(clause.operator) if dated else None
        quoted = value_text(clause.value, item, self.items, locale=self.locale, translate=self.translate)
        if isinstance(clause.value, str):
            quoted = f"“{quoted}”"
        name = item.text(self.locale) if item else clause.fid
        if clause.counted:
            name = self.translate(N_("%(field)s的个数")) % {"field": name}
        return Message(pattern or patterns[clause.operator], {"field": name, "value": quoted})
