"""The condition builder: rows of question, comparison and value, in groups; or the same as a formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, Form, FormField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import Field

from engine import conditions
from engine.conditions import Clause, Condition
from engine.definition import Item
from engine.expressions import Expression
from engine.messages import Invalid
from forms.forms import PLAIN, choices, strip
from forms.formulas import formula_text, read_formula
from forms.saying import said

ROWS, GROUPS = 12, 6
MODE_ROWS, MODE_TEXT = "rows", "text"
SELF = "@self"  # the question that the condition belongs to, which may be new and have no fid
COUNTED = "#"  # before the fid of a question whose things are counted
UNUSED = ""
_BLANK = frozenset({"filled", "empty"})
_INPUTS = frozenset({"date", "time", "datetime-local"})


class ClauseRow(Form):
    """One row. What may be chosen in it depends on its question and is offered by `Builder.offer`."""

    fid = SelectField(_l("题目"), validate_choice=False)
    operator = SelectField(_l("怎样比较"), validate_choice=False)
    value = StringField(_l("和什么比"), filters=[strip], render_kw=PLAIN)
    other = SelectField(_l("和什么比"), validate_choice=False)
    control: str = "text"  # the kind of input of the value; nothing where none is needed
    offered: list[tuple[str, str]]  # the values of a choice


class GroupRow(Form):
    """Some rows of which all or any must hold."""

    joiner = SelectField(_l("组内"), choices=choices(("and", _l("全部满足")), ("or", _l("满足任一条"))), default="and")
    rows = FieldList(FormField(ClauseRow), max_entries=ROWS)


class ConditionForm(Form):
    """A condition: groups of rows, or a formula. `was` is the way in which it was shown."""

    mode = RadioField(
        _l("怎样写条件"), choices=choices((MODE_ROWS, _l("逐条选择")), (MODE_TEXT, _l("写公式"))), default=MODE_ROWS
    )
    was = HiddenField(default=MODE_ROWS)
    joiner = SelectField(
        _l("各组之间"), choices=choices(("and", _l("全部满足")), ("or", _l("满足任一组"))), default="and"
    )
    groups = FieldList(FormField(GroupRow), max_entries=GROUPS)
    text = TextAreaField(_l("公式"), filters=[strip], render_kw={"rows": 2, "spellcheck": "false", "translate": "no"})

    @property
    def started(self) -> bool:
        """Tell whether there is anything of a condition on the page."""
        return bool(self.groups.entries) or bool(self.text.data) or self.mode.data == MODE_TEXT


@dataclass(frozen=True)
class Builder:
    """What a condition may read: items by fid, of which `own` is the one it belongs to."""

    items: Mapping[str, Item]
    own: str | None = None

    # ---------- what is shown ----------

    def data(self, tree: Expression | None) -> dict[str, Any]:
        """Return what the form of a condition starts with."""
        if tree is None:
            return {}
        text = formula_text(tree, self.items)
        condition = self._buildable(tree)
        if condition is None:
            return {"mode": MODE_TEXT, "was": MODE_TEXT, "text": text}
        return {"text": text, **self._grouped(condition)}

    def _buildable(self, tree: Expression) -> Condition | None:
        """Return the rows of a tree when the builder offers all their questions and comparisons."""
        condition = conditions.simple(tree)
        if condition is None or not all(self._fits(row) for row in condition.rows):
            return None
        return condition

    def _fits(self, row: Clause) -> bool:
        item = self.items.get(row.fid)
        if item is None or (row.counted and not conditions.countable(item)):
            return False
        return row.operator in conditions.operators_for(item, counted=row.counted)

    def _grouped(self, condition: Condition) -> dict[str, Any]:
        """Return groups of rows; rows that stand beside groups become groups of their own."""
        groups: list[dict[str, Any]] = []
        loose: dict[str, Any] | None = None
        for one in condition.clauses:
            if isinstance(one, Condition):
                groups.append({"joiner": one.joiner, "rows": [self._row(row) for row in one.rows]})
                loose = None
                continue
            if loose is None:
                loose = {"joiner": condition.joiner, "rows": []}
                groups.append(loose)
            loose["rows"].append(self._row(one))
        return {"joiner": condition.joiner, "groups": groups}

    def _row(self, clause: Clause) -> dict[str, Any]:
        row = {"fid": self._name(clause.fid, counted=clause.counted), "operator": clause.operator}
        if clause.operator in _BLANK:
            return row
        value = clause.value
        if isinstance(value, dict) and "var" in value:
            return {**row, "other": f"【{value['var']}】"}
        if value == {"today": []}:
            return {**row, "other": str(conditions.TODAY)}
        if isinstance(value, str):
            return {**row, "value": value}
        return {**row, "value": conditions.value_text(value, self.items.get(clause.fid), self.items, translate=_)}

    def offer(self, form: ConditionForm) -> None:
        """Fill the choices of all rows, each by the question that is chosen in it."""
        fields = self._questions()
        for row in rows_of(form):
            row.fid.choices = choices((UNUSED, _("请选择题目")), *fields)
            item, counted = self._asked(row)
            operators = conditions.operators_for(item, counted=counted) if item else tuple(conditions.OPERATORS)
            row.operator.choices = choices(*((name, _words(name, item, counted=counted)) for name in operators))
            self._offer_value(row, item, counted=counted)

    def _questions(self) -> list[tuple[str, str]]:
        found = []
        for fid, item in self.items.items():
            label = _("这道题") if fid == self.own else item.text()
            found.append((self._name(fid), label))
            if conditions.countable(item):
                found.append((self._name(fid, counted=True), _("“%(label)s”的个数", label=label)))
        return sorted(found, key=lambda pair: not pair[0].endswith(SELF))

    def _asked(self, row: Any) -> tuple[Item | None, bool]:
        name = str(row.fid.data or "")
        fid = name.removeprefix(COUNTED)
        own = fid == SELF and self.own is not None
        return self.items.get(str(self.own) if own else fid), name.startswith(COUNTED)

    def _name(self, fid: str, *, counted: bool = False) -> str:
        return (COUNTED if counted else "") + (SELF if fid == self.own else fid)

    def _offer_value(self, row: Any, item: Item | None, *, counted: bool) -> None:
        row.offered, others = [], []
        row.control = "number" if counted else "text"
        if row.operator.data in _BLANK and item is not None:
            row.control = ""
        elif item is not None and not counted:
            row.offered = _values(item)
            row.control = "choice" if row.offered else _input_for(item)
            others = [(conditions.TODAY, _("今天"))] if item.kind.value_type == "date" else []
            others += [(f"【{fid}】", f"【{one.text()}】") for fid, one in self._alike(item)]
        row.other.choices = choices((UNUSED, _("填写的内容")), *others) if others else []

    def _alike(self, item: Item) -> Iterator[tuple[str, Item]]:
        """Yield the questions whose answers can be compared with this one's."""
        for fid, one in self.items.items():
            same = one.kind.value_type == item.kind.value_type and not item.options and not one.options
            if fid != item.fid and same and not one.sealed and item.kind.value_type not in {"list", "none"}:
                yield fid, one

    # ---------- what was chosen ----------

    def read(self, form: ConditionForm) -> Expression | None:
        """Return the tree that the form says, None when it says nothing or messages were put onto its fields."""
        try:
            return self._read_text(form) if form.mode.data == MODE_TEXT else self._read_rows(form)
        except Invalid as invalid:
            say(form.text, said(invalid.message))
            return None

    def _read_text(self, form: ConditionForm) -> Expression | None:
        return read_formula(form.text.data, self.items, own=self.own or None) if form.text.data else None

    def _read_rows(self, form: ConditionForm) -> Expression | None:
        outer = "or" if form.joiner.data == "or" else "and"
        groups = [group for entry in form.groups if (group := self._read_group(entry.form)) is not None]
        flat: list[Clause | Condition] = []
        for group in groups:
            spliced = len(groups) == 1 or group.joiner == outer or len(group.clauses) == 1
            flat.extend(group.clauses if spliced else [group])
        if not flat:
            return None
        joiner = groups[0].joiner if len(groups) == 1 else outer
        return conditions.build(Condition(tuple(flat), cast("Any", joiner)), self.items)

    def _read_group(self, group: Any) -> Condition | None:
        rows = [row for entry in group.rows if entry.form.fid.data and (row := self._read_row(entry.form))]
        joiner = "or" if group.joiner.data == "or" else "and"
        return Condition(tuple(rows), cast("Any", joiner)) if rows else None

    def _read_row(self, row: Any) -> Clause | None:
        item, counted = self._asked(row)
        if item is None or (counted and not conditions.countable(item)):
            say(row.fid, _("没有这道题，请重新选择。"))
            return None
        operator = row.operator.data
        known = conditions.operators_for(item, counted=counted)
        if operator not in known:
            names = "、".join(_(conditions.OPERATORS[name]) for name in known)
            say(row.operator, _("这道题可以用：%(names)s", names=names))
            return None
        if operator in _BLANK:
            return Clause(item.fid, operator, counted=counted)
        try:
            typed = row.other.data or row.value.data or ""
            return Clause(
                item.fid, operator, conditions.read_value(typed, item, self.items, counted=counted), counted=counted
            )
        except Invalid as invalid:
            say(row.value, said(invalid.message))
            return None

    def only_row(self, tree: Expression) -> Clause | None:
        """Return the row of a condition that has just one: then a message can be proposed for it."""
        condition = self._buildable(tree)
        return condition.rows[0] if condition and len(condition.rows) == 1 else None

    # ---------- redrawing ----------

    def turn(self, form: ConditionForm) -> None:
        """Carry a condition over when the way of writing it was changed; what cannot be carried stays as it was."""
        if form.mode.data == form.was.data:
            return
        wanted, form.mode.data = form.mode.data, form.was.data
        tree = self.read(form)
        if gather(form):
            return
        form.mode.data = form.was.data = wanted
        if tree is None:
            return
        if wanted == MODE_TEXT:
            form.text.data = formula_text(tree, self.items)
            return
        condition = self._buildable(tree)
        if condition is None:
            form.mode.data = form.was.data = MODE_TEXT
            say(form.text, _("这个公式不能逐条显示，请继续用公式写。"))
            return
        shown = ConditionForm(data=self._grouped(condition), prefix=form.groups.name.removesuffix("groups"))
        form.joiner.data, form.groups.entries = shown.joiner.data, shown.groups.entries


def rearrange(form: Any, *, more: str = "", less: str = "") -> None:
    """Add an entry to the list of rows of this name, or take the entry of this name away."""
    for rows in lists_of(form):
        if rows.name == more and len(rows) < (rows.max_entries or 0):
            entry = rows.append_entry(_START[more.rsplit("-", 1)[-1]])
            _first_row(entry).fresh = True
        rows.entries = [entry for entry in rows.entries if entry.name != less]
    for rows in lists_of(form):
        if rows.short_name == "groups":
            rows.entries = [entry for entry in rows.entries if entry.form.rows.entries]


def _first_row(entry: Any) -> Any:
    """Return the row that a new entry begins with: itself, or the first one in it."""
    inner = next(lists_of(entry.form), None)
    return entry if inner is None or not inner.entries else _first_row(inner.entries[0])


# What a new entry of each list starts with.
_START: Mapping[str, Any] = {
    "rows": {},
    "groups": {"rows": [{}]},
    "rules": {"when": {"groups": [{"rows": [{"fid": SELF}]}]}},
}


def lists_of(form: Any) -> Iterator[Any]:
    """Yield all lists of rows, those in rows too."""
    for field in form:
        if isinstance(field, FormField):
            yield from lists_of(field.form)
        elif isinstance(field, FieldList):
            yield field
            for entry in field:
                yield from lists_of(entry.form)


def rows_of(form: ConditionForm) -> Iterator[Any]:
    """Yield the forms of all rows."""
    for group in form.groups:
        for row in group.form.rows:
            yield row.form


def say(found: Field, message: str) -> None:
    """Put a message onto a field, beside those that it has."""
    found.errors = [*found.errors, message]


def gather(form: Any) -> bool:
    """Let every list of rows know what is wrong in it, and tell whether anything is: WTForms asks only once."""
    for field in form:
        if isinstance(field, FormField):
            gather(field.form)
        elif isinstance(field, FieldList):
            for entry in field:
                gather(entry.form)
            field.errors = [entry.errors for entry in field if entry.errors]
    return bool(form.errors)


def _words(name: str, item: Item | None, *, counted: bool) -> str:
    """Say a comparison, in the words of the question's kind once that is known."""
    return str(_(conditions.operator_words(name, item, counted=counted) if item else conditions.OPERATORS[name]))


def _values(item: Item) -> list[tuple[str, str]]:
    if item.kind.value_type == "bool":
        return [(conditions.YES, _("是")), (conditions.NO, _("否"))]
    gone = _("（停用）")
    return [(one.value, one.text() + (gone if one.retired else "")) for one in item.options]


def _input_for(item: Item) -> str:
    if item.kind.value_type in {"number", "date"}:
        return item.kind.value_type
    return item.kind.filter_input if item.kind.filter_input in _INPUTS else "text"
