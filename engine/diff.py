"""What changed between two versions of a form, and whether earlier answers stay readable."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.messages import N_, Message
from engine.schema import Definition, Item, Option

What = Literal[
    "added",
    "retired",
    "relabelled",
    "moved",
    "option_added",
    "option_retired",
    "type_changed",
    "settings_changed",
]
# Every value of the first kind is a value of the second.
WIDENING = frozenset({("text", "textarea"), ("integer", "decimal"), ("select_one", "select_multiple")})
_COMMON_SETTINGS = ("key", "hint", "required", "show", "default", "index", "search", "mask", "rules", "roles", "stage")


@dataclass(frozen=True)
class Change:
    """One difference. `fid` is None when it concerns the whole form; `allowed` False keeps it from being published."""

    what: What
    fid: str | None
    label: str
    allowed: bool
    message: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)


def diff(old: Definition | None, new: Definition) -> list[Change]:
    """List what publishing `new` after `old` changes: refused changes too, so that all are shown at once."""
    before = {item.fid: item for item in old.every_item} if old else {}
    after = {item.fid: item for item in new.every_item}
    changes = list(_form_changes(old, new)) if old else []
    changes.extend(_removed(item) for fid, item in before.items() if fid not in after)
    for fid, item in after.items():
        changes.extend(_item_changes(before[fid], item) if fid in before else [_added(item)])
    changes.extend(_moves(old, new) if old else ())
    return changes


def _item_change(what: What, item: Item, message: str, *, allowed: bool = True, **params: Any) -> Change:
    return Change(what, item.fid, item.text(), allowed, message, {"label": item.text(), **params})


def _added(item: Item) -> Change:
    return _item_change("added", item, N_("新增题目“%(label)s”"))


def _removed(item: Item) -> Change:
    message = N_("题目“%(label)s”被删掉了。发布过的题目不能删除，请改为停用")
    return _item_change("retired", item, message, allowed=False)


def _form_changes(old: Definition, new: Definition) -> Iterator[Change]:
    title = new.title()
    if old.key != new.key:
        message = N_("表单标识不能从“%(old)s”改成“%(new)s”：地址和接口靠它")
        yield Change(
            "settings_changed", None, title, allowed=False, message=message, params={"old": old.key, "new": new.key}
        )
    if old.titles.locales != new.titles.locales:
        message = N_("表单名称从“%(old)s”改成“%(new)s”")
        yield Change(
            "relabelled", None, title, allowed=True, message=message, params={"old": old.title(), "new": title}
        )
    yield from _stage_changes(old, new)
    settings = ("rules", "list", "stale_policy", "tests", "access", "stages", "duplicate")
    if any(old.document.get(name) != new.document.get(name) for name in settings):
        yield Change(
            "settings_changed", None, title, allowed=True, message=N_("表单的校验规则、列表列或其他设置有变动")
        )


def _stage_changes(old: Definition, new: Definition) -> Iterator[Change]:
    """Refuse what would leave records in a stage that is no more, or begin earlier ones elsewhere."""
    after = [stage.value for stage in new.stages]
    for stage in old.stages:
        if stage.value not in after:
            message = N_("办理阶段“%(stage)s”被删掉了。发布过的阶段不能删除，请改它的名称")
            yield Change("settings_changed", None, new.title(), allowed=False, message=message,
                         params={"stage": str(stage.label)})  # fmt: skip
    if old.stages and after and old.stages[0].value != after[0]:
        message = N_("第一个办理阶段不能换：已有的记录从它开始")
        yield Change("settings_changed", None, new.title(), allowed=False, message=message)


def _item_changes(old: Item, new: Item) -> Iterator[Change]:
    if old.kind is not new.kind:
        yield _type_change(old, new)
    if new.retired and not old.retired:
        yield _item_change("retired", new, N_("停用题目“%(label)s”，已有的答案仍然保留"))
    if old.retired and not new.retired:
        yield _item_change("settings_changed", new, N_("重新启用题目“%(label)s”"))
    if old.label.locales != new.label.locales:
        yield _item_change("relabelled", new, N_("题目“%(old)s”改名为“%(label)s”"), old=old.text())
    yield from _option_changes(old, new)
    if _settings(old) != _settings(new):
        yield _item_change("settings_changed", new, N_("题目“%(label)s”的设置有变动"))


def _type_change(old: Item, new: Item) -> Change:
    before, after = Message(old.kind.label), Message(new.kind.label)
    if (old.type, new.type) in WIDENING:
        return _item_change(
            "type_changed", new, N_("题目“%(label)s”从%(before)s改为%(after)s"), before=before, after=after
        )
    message = N_("题目“%(label)s”不能从%(before)s改为%(after)s。请停用它，另加一道新题")
    return _item_change("type_changed", new, message, allowed=False, before=before, after=after)


def _settings(item: Item) -> list[Any]:
    raw: list[Any] = [getattr(item, name) for name in _COMMON_SETTINGS]
    return [*raw, item.hint.locales, {name: value for name, value in item.config.items() if name != "options"}]


def _option_changes(old: Item, new: Item) -> Iterator[Change]:
    before = {option.value: option for option in old.options}
    after = {option.value: option for option in new.options}
    for value, option in before.items():
        if value not in after:
            message = N_("“%(label)s”的选项“%(option)s”被删掉了。发布过的选项不能删除，请改为停用")
            yield _item_change("option_retired", new, message, allowed=False, option=option.text())
    for value, option in after.items():
        yield from _option_change(new, before.get(value), option)


def _option_change(item: Item, old: Option | None, new: Option) -> Iterator[Change]:
    name = new.text()
    if old is None:
        yield _item_change("option_added", item, N_("“%(label)s”新增选项“%(option)s”"), option=name)
        return
    if new.retired and not old.retired:
        yield _item_change("option_retired", item, N_("“%(label)s”停用选项“%(option)s”"), option=name)
    if old.retired and not new.retired:
        yield _item_change("settings_changed", item, N_("“%(label)s”重新启用选项“%(option)s”"), option=name)
    if old.label.locales != new.label.locales:
        message = N_("“%(label)s”的选项“%(old)s”改名为“%(option)s”")
        yield _item_change("relabelled", item, message, option=name, old=old.text())


def _moves(old: Definition, new: Definition) -> Iterator[Change]:
    place = {item.fid: number for number, item in enumerate(old.every_item)}
    common = [item for item in new.every_item if item.fid in place]
    still = _longest_rise([place[item.fid] for item in common])
    for number, item in enumerate(common):
        if old.repeats_of(item.fid) != new.repeats_of(item.fid):
            # Its answers are kept in other rows than those in which they would be looked for.
            message = N_("题目“%(label)s”不能移进、移出重复填写的一组：已有的答案不会跟着走。请停用它，另加一道新题")
            yield _item_change("moved", item, message, allowed=False)
        elif number not in still or _stand(old, item.fid) != _stand(new, item.fid):
            yield _item_change("moved", item, N_("题目“%(label)s”换了位置"))


def _stand(form: Definition, fid: str) -> tuple[str, str | None]:
    return form.page_of(fid), form.group_of(fid)


def _longest_rise(numbers: list[int]) -> set[int]:
    """Return the places of a longest rising run: those items stayed, the others moved around them."""
    tops: list[int] = []
    places: list[int] = []
    before: list[int | None] = []
    for place, number in enumerate(numbers):
        rank = bisect_left(tops, number)
        before.append(places[rank - 1] if rank else None)
        tops[rank : rank + 1] = [number]
        places[rank : rank + 1] = [place]
    kept: set[int] = set()
    step = places[-1] if places else None
    while step is not None:
        kept.add(step)
        step = before[step]
    return kept
