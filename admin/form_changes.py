"""Differences between two definitions in words: what changed, from what to what, and how many answers it touches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.form_outline import in_words
from engine.definition import Change, Definition, Item, diff
from engine.messages import Message
from forms.governing import ITEM_ACT_LABELS
from forms.saying import said
from models.forms import Form
from queries.accounts import ROLE_LABELS
from queries.touched import Touched, touched
from shell.i18n import locale

_WHOLE: Mapping[str, Any] = {
    "rules": _l("整张表单的校验"),
    "list": _l("列表的列"),
    "stale_policy": _l("旧版怎么办"),
    "tests": _l("样例"),
    "access": _l("谁能做什么"),
    "stages": _l("办理阶段"),
    "duplicate": _l("查重"),
}
_STAGES: Mapping[str, Any] = {
    "view_from": _l("从哪个阶段起显示"),
    "required_from": _l("从哪个阶段起必填"),
    "edit_until": _l("到哪个阶段为止可以改"),
}
_COUNTED = frozenset({"retired", "type_changed", "relabelled", "settings_changed", "moved"})


@dataclass(frozen=True)
class Told:
    """A change as the pages tell it."""

    change: Change
    words: str
    details: list[str]
    effect: str = ""


def changes_told(old: Definition | None, new: Definition, form: Form | None = None) -> list[Told]:
    """Return the differences in words; with a published `form` also how many of its answers each touches."""
    changes = diff(old, new)
    counts = _counts(form, old, changes) if form is not None and old is not None else None
    return [
        Told(one, said(Message(one.message, one.params)), list(_details(one, old, new)), _effect(one, counts, old))
        for one in changes
    ]


# ---------- from what to what ----------


def _details(change: Change, old: Definition | None, new: Definition) -> Iterator[str]:
    if old is None or change.what != "settings_changed":
        return
    if change.fid is None:
        yield from _whole(change, old, new)
        return
    before, after = _has(old, change.fid), _has(new, change.fid)
    if before is None or after is None:
        return
    for name, left, right in _pairs(before, after, old, new):
        if left != right:
            yield _("%(name)s：%(old)s → %(new)s", name=name, old=left or _("没有"), new=right or _("没有"))


def _whole(change: Change, old: Definition, new: Definition) -> Iterator[str]:
    """Name the settings of the form that changed, where the change itself names none."""
    names = [words for name, words in _WHOLE.items() if old.document.get(name) != new.document.get(name)]
    if names and change.allowed and not change.params:
        yield _("变动的有：%(names)s", names="、".join(map(str, names)))


def _has(definition: Definition, fid: str) -> Item | None:
    return next((item for item in definition.every_item if item.fid == fid), None)


def _pairs(before: Item, after: Item, old: Definition, new: Definition) -> Iterator[tuple[str, str, str]]:
    """Yield (what, as it was, as it is) of every property that is told."""
    yield _("标识"), before.key, after.key
    yield _("提示"), before.hint.to(locale()), after.hint.to(locale())
    yield _("必填"), _required(before, old), _required(after, new)
    yield _("显示条件"), _shown(before.show, old), _shown(after.show, new)
    yield _("校验"), _rules(before), _rules(after)
    for words, name in ((_("筛选和排序"), "index"), (_("搜索"), "search")):
        yield words, _yes(getattr(before, name)), _yes(getattr(after, name))
    yield _("遮盖"), before.mask or "", after.mask or ""
    yield _("默认值"), _default(before), _default(after)
    yield _("谁能看、谁能改"), _roles(before), _roles(after)
    yield _("办理阶段"), _stage(before, old), _stage(after, new)
    for setting in after.kind.config_properties:
        if setting.type not in {"options", "expression"}:
            left, right = (_setting(item.config.get(setting.name), setting.choices) for item in (before, after))
            yield _(setting.label), left, right
        elif setting.type == "expression":
            trees = before.config.get(setting.name), after.config.get(setting.name)
            yield _(setting.label), _shown(trees[0], old), _shown(trees[1], new)


def _required(item: Item, definition: Definition) -> str:
    if isinstance(item.required, bool):
        return str(_("必填") if item.required else _("可以不填"))
    return _shown(item.required, definition)


def _shown(tree: Any, definition: Definition) -> str:
    return "" if tree is None else "；".join(in_words(tree, {item.fid: item for item in definition.every_item}))


def _rules(item: Item) -> str:
    return "；".join(rule.message.to(locale()) for rule in item.rules)


def _default(item: Item) -> str:
    return "" if item.default is None else str(_("有") if isinstance(item.default, dict) else item.default)


def _roles(item: Item) -> str:
    labels = {str(role): label for role, label in ROLE_LABELS.items()}
    acts = (
        f"{ITEM_ACT_LABELS[act]}：" + "、".join(str(labels.get(role, role)) for role in roles)
        for act, roles in item.roles.items()
    )
    return "；".join(acts)


def _stage(item: Item, definition: Definition) -> str:
    names = {stage.value: stage.text(locale()) for stage in definition.stages}
    return "；".join(f"{_STAGES[name]}：{names.get(value, value)}" for name, value in item.stage.items())


def _yes(value: bool) -> str:  # noqa: FBT001 - it is what is told
    return str(_("是") if value else _("否"))


def _setting(value: Any, choices: Sequence[tuple[str, str]]) -> str:
    if isinstance(value, bool) or value is None:
        return _yes(value) if value is not None else ""
    words = dict(choices).get(str(value))
    return str(_(words) if words else value)


# ---------- how many answers ----------


def _counts(form: Form, old: Definition, changes: Sequence[Change]) -> Touched:
    fids = list(dict.fromkeys(one.fid for one in changes if one.fid and one.what in _COUNTED))
    options = [pair for one in changes if (pair := _option(one, old)) is not None]
    return touched(form.id, fids, options)


def _option(change: Change, old: Definition) -> tuple[str, str] | None:
    """Return the option that a change takes away, as (fid, value)."""
    item = _has(old, change.fid) if change.what == "option_retired" and change.fid else None
    label = change.params.get("option")
    value = next((one.value for one in item.options if one.text() == label), None) if item else None
    return (str(change.fid), value) if value is not None else None


def _effect(change: Change, counts: Touched | None, old: Definition | None) -> str:
    """Say how many existing answers a change touches."""
    if counts is None or counts.records == 0:
        return str(_("现在还没有登记，不影响任何答案"))
    if change.what == "added":
        return str(_("已有的登记不变，这道题在它们那里显示“未询问”"))
    option = _option(change, old) if old else None
    if option is not None:
        chosen = counts.options.get(option, 0)
        return str(_("%(n)s 条登记选了它，答案都保留", n=chosen) if chosen else _("还没有登记选过它"))
    if change.fid is None or change.fid not in counts.answers:
        return str(_("不影响已有的答案"))
    return answered(counts, change.fid)


def answered(counts: Touched, fid: str) -> str:
    """Say how many records answer a question."""
    count = counts.answers[fid]
    if not count.exact:
        return str(_("至多 %(n)s 条登记答过这道题，答案都保留", n=count.n))
    return str(_("%(n)s 条登记答过这道题，答案都保留", n=count.n) if count.n else _("还没有登记答过这道题"))
