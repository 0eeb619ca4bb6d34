"""An item on its property page: what the fields start with, and the item they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields import Field

from engine.definition import Item
from engine.diff import WIDENING
from engine.editing import RawItem
from engine.governing import ITEM_ACTS, ITEM_STAGES
from engine.kinds import KINDS, ConfigProperty, Kind
from engine.messages import Invalid, Message, Problem
from engine.schema import build_item
from forms.builders import Builder, gather, rearrange, say
from forms.fills import FillField
from forms.forms import choices, en_of, text_of, zh_of
from forms.formulas import formula_text, read_formula
from forms.governing import ITEM_ACT_LABELS, narrowed, roles_of_item_act
from forms.item_fields import CONFIG, BaseItemForm, item_form_class
from forms.option_filters import OptionFilter
from forms.options import option_rows, read_options
from forms.rules import offer_rules, read_rules, rule_data
from forms.saying import said

KEEP = "@keep"
WHEN = "when"
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
    stages: Sequence[tuple[str, str]] = ()
    listed: bool = False
    in_rows: bool = False
    published: bool = False
    published_values: frozenset[str] = frozenset()
    problems: list[str] = field(default_factory=list)
    filtering: Item | None = None

    @property
    def fid(self) -> str:
        return str(self.before.get("fid", ""))

    # ---------- the form as it is shown ----------

    def form(self) -> BaseItemForm:
        """Return the form of this request: filled from the item, or with what was posted."""
        form = item_form_class(self.kind)(data=self._data())
        self.offer(form)
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
            "required": ("yes" if required else "no") if isinstance(required, bool) else WHEN,
            "default": self._default_name(),
            "mask": item.get("mask") or "",
            "index": bool(item.get("index")),
            "search": bool(item.get("search")),
            "listed": self.listed,
            "show": self.around.data(item.get("show")),
            "need": self.builder.data(None if isinstance(required, bool) else required),
            "rules": rule_data(item.get("rules") or (), self.builder),
            "options": option_rows(item.get("options") or (), self.option_filter.column(self.option_filter.fid)),
            **{f"stage_{name}": (item.get("stage") or {}).get(name, "") for name in ITEM_STAGES},
            **{f"roles_{act}": (item.get("roles") or {}).get(act, [*map(str, roles_of_item_act(act))])
               for act in ITEM_ACTS},
        }  # fmt: skip
        return data | {CONFIG + setting.name: self._setting(setting) for setting in self.kind.config_properties}

    def _setting(self, setting: ConfigProperty) -> Any:
        value = self.before.get(setting.name)
        if setting.type == "columns":
            return self.option_filter.fid
        return formula_text(value, self.others) if setting.type == "expression" and value is not None else value

    def offer(self, form: BaseItemForm) -> None:
        """Fill the choices that depend on the item and its neighbours."""
        for one in form:
            if isinstance(one, FillField):
                one.offer(self.others.values())
        form.kind.choices = choices(*((name, _(KINDS[name].label)) for name in self.possible_kinds))
        form.required.choices = choices(("no", _("可以不填")), ("yes", _("必填")), (WHEN, _("满足条件时必填")))
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
        if self.filter_name:
            self.filtering = self.option_filter.offer(form[self.filter_name], form)
        for name in ITEM_STAGES:
            form[f"stage_{name}"].choices = choices(("", _("不限")), *self.stages)
        for act in ITEM_ACTS:
            form[f"roles_{act}"].choices = choices(*((str(role), role) for role in roles_of_item_act(act)))
        self.around.offer(form.show.form)
        self.builder.offer(form.need.form)
        offer_rules(form.rules, self.builder)

    @property
    def filter_name(self) -> str:
        """Return the name of the field that says by which question the options are filtered, nothing without one."""
        names = [CONFIG + setting.name for setting in self.kind.config_properties if setting.type == "columns"]
        return names[0] if names else ""

    @cached_property
    def option_filter(self) -> OptionFilter:
        """Return what decides which options are offered."""
        return OptionFilter(self.before.get(self.filter_name.removeprefix(CONFIG)) or {}, self.others)

    def redraw(self, form: BaseItemForm, *, more: str, less: str) -> None:
        """Rearrange the builders as a button asked, and fit every row to what is chosen in it."""
        rearrange(form, more=more, less=less)
        self.around.turn(form.show.form)
        for one in (form.need, *(rule.form.when for rule in form.rules)):
            self.builder.turn(one.form)
        self.offer(form)

    @cached_property
    def around(self) -> Builder:
        """Return the builder of what decides whether this item is shown: it cannot read its own answer."""
        return Builder(self.others)

    @cached_property
    def builder(self) -> Builder:
        """Return the builder of this item's rules, which may read its own answer."""
        return Builder({**self.others, self.fid: self._item()}, own=self.fid)

    @property
    def possible_kinds(self) -> list[str]:
        """Return the kinds this item may become: its own, and the one that takes all its answers."""
        return [self.kind.name, *(new for old, new in sorted(WIDENING) if old == self.kind.name and self.fid)]

    @property
    def takes_mask(self) -> bool:
        return self.kind.maskable

    @property
    def item_acts(self) -> list[str]:
        """Return the acts whose roles this item may narrow: only what is sealed is revealed."""
        return [act for act in ITEM_ACTS if act != "reveal" or self.takes_mask]

    @property
    def matrix(self) -> list[tuple[str, Any, list[Any]]]:
        """Return the acts with their words and the roles among which each may choose."""
        return [(act, ITEM_ACT_LABELS[act], roles_of_item_act(act)) for act in self.item_acts]

    @property
    def governed(self) -> bool:
        """Tell whether the item narrows roles or names stages."""
        return bool(self.before.get("roles") or self.before.get("stage"))

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
        return [
            CONFIG + setting.name
            for setting in self.kind.config_properties
            if setting.type not in {"options", "columns"}
        ]

    @property
    def _defaults(self) -> tuple[tuple[str, Any, Any], ...]:
        found = list(_DEFAULTS.get(self.kind.name, ()))
        if self.kind.prefilled and self.kind.entered and not self._item().masked:
            if not self.in_rows:
                found.append(("earlier", {"earlier": True}, _l("填写人上一次填的内容")))
            if self.before.get("key"):
                found.append(("query", {"query": self.before["key"]}, _l("网址里带来的内容（参数名就是题目的标识）")))
        return tuple(found)

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
        kept = {"retired", "items", *(() if self.kind.answerable else ("roles", "stage"))}
        item = {name: value for name, value in self.before.items() if name in kept}
        item |= {"type": self.kind.name, "label": text_of(form.label.data or "", form.label_en.data or "",
                                                          self.before.get("label"))}  # fmt: skip
        item["key"] = self.before["key"] if self.published else form.key.data or ""
        if not form.label.data:
            say(form.label, _("请填写题目。"))
        if form.hint.data:
            item["hint"] = text_of(form.hint.data, en_of(self.before.get("hint")), self.before.get("hint"))
        item |= self._read_settings(form)
        if self.takes_options:
            column = self.option_filter.column(form[self.filter_name].data or "") if self.filter_name else ""
            item["options"] = read_options(form, self.before.get("options") or (), self.published_values, column)
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
        if setting.type == "columns":
            return self.option_filter.read(typed.data or "")
        if setting.type != "expression" or not typed.data:
            return _typed(setting, typed.data)
        try:
            return read_formula(typed.data, self.others)
        except Invalid as invalid:
            say(typed, said(invalid.message))
            return None

    def _read_answering(self, form: BaseItemForm) -> RawItem:
        item: RawItem = {}
        if form.required.data == "yes":
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
        return item | self._read_governing(form)

    def _read_governing(self, form: BaseItemForm) -> RawItem:
        acts = {act: narrowed(form[f"roles_{act}"].data or [], roles_of_item_act(act)) for act in self.item_acts}
        roles = {act: left for act, left in acts.items() if left is not None}
        stage = {name: form[f"stage_{name}"].data for name in ITEM_STAGES if form[f"stage_{name}"].data}
        if not self.stages:
            stage = self.before.get("stage") or {}
        return ({"roles": roles} if roles else {}) | ({"stage": stage} if stage else {})

    def _read_conditions(self, form: BaseItemForm, mine: Item) -> RawItem:
        show = self.around.read(form.show.form)
        item: RawItem = {} if show is None else {"show": show}
        if not self.kind.answerable:
            return item
        builder = Builder({**self.others, self.fid: mine}, own=self.fid)
        if form.required.data == WHEN and self.asks_required:
            need = builder.read(form.need.form)
            if need is None and not gather(form.need.form):
                say(form.required, _("请写明满足什么条件时必填。"))
            item["required"] = need
        rules = read_rules(form.rules, builder, self.before.get("rules") or ())
        return item | ({"rules": rules} if rules else {})


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
            say(form[place], message)
