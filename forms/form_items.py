"""An item on its property page: what the fields start with, and the item they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields import Field

from engine import conditions
from engine.definition import Item
from engine.diff import WIDENING
from engine.editing import RawItem
from engine.kinds import KINDS, ConfigProperty, Kind
from engine.messages import Invalid, Message, Problem
from engine.schema import build_item
from forms.forms import choices, en_of, text_of, zh_of
from forms.formulas import formula_text, read_formula
from forms.item_fields import CONFIG, BaseItemForm, item_form_class
from forms.options import option_rows, read_options
from forms.saying import said

SELF = "@self"
KEEP = "@keep"
SPARE_ROWS = 2
_DEFAULTS: Mapping[str, tuple[tuple[str, Any, Any], ...]] = {
    "org": (
        ("village", {"user": "village"}, _l("填写人所在的村（社区）")),
        ("town", {"user": "town"}, _l("填写人所在的乡镇（街道）")),
    ),
    "date": (("today", {"today": []}, _l("填写当天")),),
    "hidden": (("name", {"user": "name"}, _l("填写人的姓名")),),
    "text": (("name", {"user": "name"}, _l("填写人的姓名")),),
    "person_name": (("name", {"user": "name"}, _l("填写人的姓名")),),
}


@dataclass
class ItemDesign:
    """An item on its property page: what it is, what is around it, and the form that shows and reads it.

    `before` is the item as stored, without fid when it is new; `others` the live items with answers besides it.
    """

    kind: Kind
    before: RawItem
    others: Mapping[str, Item]
    listed: bool = False
    published: bool = False
    published_values: frozenset[str] = frozenset()
    problems: list[str] = field(default_factory=list)

    @property
    def fid(self) -> str:
        return str(self.before.get("fid", ""))

    # ---------- the form as it is shown ----------

    def form(self) -> BaseItemForm:
        """Return the form of this request: filled from the item, or with what was posted."""
        form = item_form_class(self.kind)(data=self._data())
        for rows in (form.show, form.rules):
            if not form.is_submitted():
                for _spare in range(SPARE_ROWS):
                    rows.append_entry()
        self._offer(form)
        return form

    def _data(self) -> dict[str, Any]:
        item = self.before
        required = item.get("required", False)
        data = {
            "label": zh_of(item.get("label")),
            "label_en": en_of(item.get("label")),
            "hint": zh_of(item.get("hint")),
            "key": item.get("key", ""),
            "kind": self.kind.name,
            "required": ("yes" if required else "no") if isinstance(required, bool) else KEEP,
            "default": self._default_name(),
            "mask": item.get("mask") or "",
            "index": bool(item.get("index")),
            "search": bool(item.get("search")),
            "listed": self.listed,
            "joiner": self._shown.joiner if self._shown else "and",
            "show": [self._row(clause) for clause in self._shown.clauses] if self._shown else [],
            "keep_show": True,
            "rules": [self._rule_row(rule) for rule in self._simple_rules],
            "keep_rules": True,
            "options": option_rows(item.get("options") or ()),
        }
        return data | {CONFIG + setting.name: self._setting(setting) for setting in self.kind.config_properties}

    def _setting(self, setting: ConfigProperty) -> Any:
        value = self.before.get(setting.name)
        return formula_text(value, self.others) if setting.type == "expression" and value is not None else value

    def _offer(self, form: BaseItemForm) -> None:
        """Fill the choices that depend on the item and its neighbours."""
        form.kind.choices = choices(*((name, _(KINDS[name].label)) for name in self.possible_kinds))
        needs = [("no", _("可以不填")), ("yes", _("必填"))]
        if not isinstance(self.before.get("required", False), bool):
            needs.append((KEEP, _("满足自定义条件时必填")))
        form.required.choices = choices(*needs)
        starts = [("", _("没有")), *((name, words) for name, _value, words in self._defaults)]
        if self._default_name() == KEEP:
            starts.append((KEEP, _("保留现在的默认值")))
        form.default.choices = choices(*starts)
        always = self.kind.sealed(self._item({"mask": None}))
        form.mask.choices = choices(
            ("", _("按默认（遮住中间）") if always else _("不遮盖")),
            ("middle", _("遮住中间")),
            ("all", _("全部遮住")),
        )
        self._offer_rows(form)

    def _offer_rows(self, form: BaseItemForm) -> None:
        unused = ("", _("（不用这一行）"))
        operators = [(name, _(words)) for name, words in conditions.OPERATORS.items()]
        fields = [(fid, item.text()) for fid, item in self.others.items()]
        for row in form.show:
            row.form.fid.choices = choices(unused, *fields)
            row.form.operator.choices = choices(*operators)
        for rule in form.rules:
            rule.form.fid.choices = choices((SELF, _("这道题")), *fields)
            rule.form.operator.choices = choices(unused, *operators)

    @property
    def possible_kinds(self) -> list[str]:
        """Return the kinds this item may become: its own, and the one that takes all its answers."""
        return [self.kind.name, *(new for old, new in sorted(WIDENING) if old == self.kind.name and self.fid)]

    @property
    def takes_mask(self) -> bool:
        return self.kind.maskable

    @property
    def takes_index(self) -> bool:
        return bool(self.kind.index_as)

    @property
    def takes_options(self) -> bool:
        return any(setting.type == "options" for setting in self.kind.config_properties)

    @property
    def asks_required(self) -> bool:
        """Tell whether an author decides if an answer is needed."""
        return self.kind.answerable and self.kind.entered and not self.kind.always_required

    @property
    def settings(self) -> list[str]:
        """Return the names of the fields that are the kind's own settings."""
        return [CONFIG + setting.name for setting in self.kind.config_properties if setting.type != "options"]

    @property
    def has_custom_show(self) -> bool:
        return self.before.get("show") is not None and self._shown is None

    @property
    def has_custom_rules(self) -> bool:
        return bool(self._custom_rules)

    @property
    def values(self) -> list[str]:
        """Return what may be typed as a value: options, days, yes and no, other fields."""
        offered = [option.text() for item in self.others.values() for option in item.live_options]
        offered += [_(conditions.TODAY), _(conditions.YES), _(conditions.NO)]
        return list(dict.fromkeys([*offered, *(f"【{item.text()}】" for item in self.others.values())]))

    @cached_property
    def _shown(self) -> conditions.Condition | None:
        show = self.before.get("show")
        return self._offered(conditions.simple(show)) if show is not None else None

    @cached_property
    def _simple_rules(self) -> list[Any]:
        return [rule for rule in self.before.get("rules") or () if self._single(rule)]

    @cached_property
    def _custom_rules(self) -> list[Any]:
        return [rule for rule in self.before.get("rules") or () if not self._single(rule)]

    def _single(self, rule: Any) -> conditions.Condition | None:
        condition = self._offered(conditions.simple(rule["if"]))
        return condition if condition and len(condition.clauses) == 1 else None

    def _offered(self, condition: conditions.Condition | None) -> conditions.Condition | None:
        """Keep a condition only when the builder offers all its fields and operators."""
        known = {**self.others, **({self.fid: self._item()} if self.fid else {})}
        if condition is None or not all(
            clause.fid in known and clause.operator in conditions.operators_for(known[clause.fid])
            for clause in condition.clauses
        ):
            return None
        return condition

    def _row(self, clause: conditions.Clause) -> dict[str, Any]:
        known = {**self.others, self.fid: self._item()}
        blank = clause.operator in {"filled", "empty"}
        text = "" if blank else conditions.value_text(clause.value, known.get(clause.fid), known, translate=_)
        return {"fid": clause.fid, "operator": clause.operator, "value": text}

    def _rule_row(self, rule: Any) -> dict[str, Any]:
        row = self._row(cast("conditions.Condition", self._single(rule)).clauses[0])
        return {**row, "fid": SELF if row["fid"] == self.fid else row["fid"], "message": zh_of(rule["message"])}

    @property
    def _defaults(self) -> tuple[tuple[str, Any, Any], ...]:
        return _DEFAULTS.get(self.kind.name, ())

    def _default_name(self) -> str:
        default = self.before.get("default")
        found = [name for name, value, _words in self._defaults if value == default]
        return found[0] if found else ("" if default is None else KEEP)

    def _item(self, changed: Mapping[str, Any] | None = None) -> Item:
        """Return this item as the engine sees it, named even when it has no name yet."""
        base = {"fid": "", "key": "new", "type": self.kind.name, "label": _("这道题"), **self.before}
        return build_item({**base, **(changed or {})})

    # ---------- the item as it was typed ----------

    def read(self, form: BaseItemForm) -> RawItem | None:
        """Return the item that the form says, or None with messages on its fields.

        The key may be empty: the caller makes one. Limits and the like are judged by the engine afterwards.
        """
        item = {name: value for name, value in self.before.items() if name == "retired"}
        item |= {"type": self.kind.name, "label": text_of(form.label.data or "", form.label_en.data or "",
                                                          self.before.get("label"))}  # fmt: skip
        item["key"] = self.before["key"] if self.published else form.key.data or ""
        if not form.label.data:
            _say(form.label, _("请填写题目。"))
        if form.hint.data:
            item["hint"] = text_of(form.hint.data, en_of(self.before.get("hint")), self.before.get("hint"))
        item |= self._read_settings(form)
        if self.takes_options:
            item["options"] = read_options(form, self.before.get("options") or (), self.published_values)
        if self.kind.answerable:
            item |= self._read_answering(form)
        mine = self._item() if form.gathered_errors() else self._item({**item, "fid": self.fid, "key": "new"})
        item |= self._read_conditions(form, mine)
        return None if form.gathered_errors() else item

    def _read_settings(self, form: BaseItemForm) -> RawItem:
        settings = [setting for setting in self.kind.config_properties if setting.type != "options"]
        typed = {setting.name: self._read_setting(setting, form[CONFIG + setting.name]) for setting in settings}
        return {
            name: value for name, value in typed.items() if value is not None and value != "" and value is not False
        }

    def _read_setting(self, setting: ConfigProperty, typed: Field) -> Any:
        if setting.type != "expression" or not typed.data:
            return _typed(setting, typed.data)
        try:
            return read_formula(typed.data, self.others)
        except Invalid as invalid:
            _say(typed, said(invalid.message))
            return None

    def _read_answering(self, form: BaseItemForm) -> RawItem:
        item: RawItem = {}
        if form.required.data == KEEP:
            item["required"] = self.before.get("required", False)
        elif form.required.data == "yes":
            item["required"] = True
        values = {name: value for name, value, _words in self._defaults} | {KEEP: self.before.get("default")}
        if form.default.data in values and values[form.default.data] is not None:
            item["default"] = values[form.default.data]
        if self.takes_mask and form.mask.data:
            item["mask"] = form.mask.data
        if self.takes_index and form.index.data:
            item["index"] = True
        if self.kind.searchable and form.search.data:
            item["search"] = True
        return item

    def _read_conditions(self, form: BaseItemForm, mine: Item) -> RawItem:
        item: RawItem = {}
        known = {**self.others, self.fid: mine}
        clauses = [clause for row in form.show if row.form.fid.data and (clause := _clause(row.form, known))]
        if clauses:
            joiner = "or" if form.joiner.data == "or" else "and"
            item["show"] = conditions.build(conditions.Condition(tuple(clauses), cast("Any", joiner)), known)
        elif self.has_custom_show and form.keep_show.data:
            item["show"] = self.before["show"]
        if self.kind.answerable:
            rules = [rule for row in form.rules if row.form.operator.data and (rule := self._rule(row.form, known))]
            rules += self._custom_rules if form.keep_rules.data else []
            item |= {"rules": rules} if rules else {}
        return item

    def _rule(self, row: Any, known: Mapping[str, Item]) -> RawItem | None:
        clause = _clause(row, known, own=self.fid)
        if clause is None:
            return None
        condition = conditions.build(conditions.Condition((clause,)), known)
        proposed = said(conditions.refusal(clause, known, translate=_))
        before = next((rule["message"] for rule in self._simple_rules if rule["if"] == condition), None)
        message = row.message.data or proposed
        return {"if": condition, "message": text_of(message, en_of(before), before)}


def _clause(row: Any, known: Mapping[str, Item], own: str = "") -> conditions.Clause | None:
    fid = own if row.fid.data == SELF else row.fid.data
    item = known.get(fid)
    if item is None:
        _say(row.fid, _("没有这道题，请重新选择。"))
        return None
    if row.operator.data not in conditions.operators_for(item):
        names = [_(conditions.OPERATORS[name]) for name in conditions.operators_for(item)]
        _say(row.operator, _("这道题可以用：%(names)s", names="、".join(names)))
        return None
    if row.operator.data in {"filled", "empty"}:
        return conditions.Clause(fid, row.operator.data)
    try:
        return conditions.Clause(fid, row.operator.data, conditions.read_value(row.value.data or "", item, known))
    except Invalid as invalid:
        _say(row.value, said(invalid.message))
        return None


def _typed(setting: ConfigProperty, typed: Any) -> Any:
    """Return a setting as a definition holds it; what is no number stays as typed, for the engine to refuse."""
    if setting.type not in {"int", "decimal"} or typed in (None, ""):
        return typed
    try:
        return int(str(typed))
    except ValueError:
        return str(typed)


def _blank(value: Any) -> bool:
    """Tell whether a setting was left empty; nought is a value."""
    return value is None or value is False or value == ""


def _say(found: Field, message: str) -> None:
    found.errors = [*found.errors, message]


def show_problems(form: BaseItemForm, problems: Iterable[Problem]) -> None:
    """Put the engine's problems under the fields they are about, or on top of the form."""
    for problem in problems:
        name = problem.path.rsplit("].", 1)[-1].split("[", 1)[0].split(".", 1)[0]
        message = said(Message(problem.message, problem.params))
        target = {"options": "new_options"}.get(name, name)
        place = next((one for one in (CONFIG + target, target) if one in form), None)
        if place is None or place in {"show", "rules"}:
            form.form_errors.append(message)
        else:
            _say(form[place], message)
