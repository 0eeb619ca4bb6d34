"""Rules on a page: a condition under which an answer is refused, and what is said then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, Form, FormField, SelectField, StringField

from engine import conditions
from forms.builders import Builder, ConditionForm, gather, say
from forms.forms import PLAIN, ActForm, choices, en_of, strip, text_of, zh_of
from forms.saying import said

RULES = 30
NOWHERE = ""


class RuleForm(Form):
    """One rule: when its condition holds, the answers are refused."""

    when = FormField(ConditionForm)
    message = StringField(_l("提示"), filters=[strip], render_kw=PLAIN)
    at = SelectField(_l("提示写在哪道题下面"), validate_choice=False)
    gone = BooleanField(_l("删除这条校验"))


class FormRulesForm(ActForm):
    """The rules of a whole form."""

    rules = FieldList(FormField(RuleForm), max_entries=RULES)

    def gathered_errors(self) -> bool:
        """Tell whether anything is wrong in a rule."""
        return gather(self)


def rule_data(rules: Sequence[Mapping[str, Any]], builder: Builder) -> list[dict[str, Any]]:
    """Return what the forms of rules start with."""
    return [
        {"when": builder.data(rule["if"]), "message": zh_of(rule["message"]), "at": rule.get("at") or NOWHERE}
        for rule in rules
    ]


def offer_rules(rules: Any, builder: Builder) -> None:
    """Fill the choices of all rules."""
    places = [(NOWHERE, _("表单最上面")), *((fid, item.text()) for fid, item in builder.items.items())]
    for entry in rules:
        builder.offer(entry.form.when.form)
        entry.form.at.choices = choices(*places)


def read_rules(
    rules: Any, builder: Builder, before: Sequence[Mapping[str, Any]], *, places: bool = False
) -> list[dict[str, Any]]:
    """Return the rules that a list of forms says; messages go onto their fields.

    A rule without a condition is left out. `before` are the rules as they were: other languages of a message are kept.
    """
    read = (_read(entry.form, builder, before, places=places) for entry in rules if not entry.form.gone.data)
    return [rule for rule in read if rule is not None]


def _read(form: Any, builder: Builder, before: Sequence[Mapping[str, Any]], *, places: bool) -> dict[str, Any] | None:
    tree = builder.read(form.when.form)
    if tree is None:
        if form.message.data and not gather(form.when.form):
            say(form.message, _("请先写明在什么情况下给出这个提示。"))
        return None
    old = next((rule["message"] for rule in before if rule["if"] == tree), None)
    message = form.message.data or _proposed(tree, builder)
    if not message:
        say(form.message, _("请写提示：不符合时告诉填写的人哪里不对、怎样改。"))
    rule = {"if": tree, "message": text_of(message, en_of(old), old)}
    return {**rule, "at": form.at.data} if places and form.at.data else rule


def _proposed(tree: Any, builder: Builder) -> str:
    """Return the message that says itself: a condition of one row has one."""
    row = builder.only_row(tree)
    return said(conditions.refusal(row, builder.items, translate=_)) if row else ""
