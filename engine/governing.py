"""Who may do what with a form and its items, by role and by stage, and which records may be the same matter twice.

Roles are plain names here: which ones exist is known where the definition is saved (services/forms.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.messages import N_, Message, Problem
from engine.texts import Text

if TYPE_CHECKING:
    from engine.schema import Item

ACTS = ("list", "create", "edit", "delete", "export", "reveal")
ITEM_ACTS = ("view", "edit", "reveal")
ITEM_STAGES = ("view_from", "required_from", "edit_until")  # in the order in which they may lie
STAGES, FIDS, DAYS = 20, 20, 3660


@dataclass(frozen=True)
class Stage:
    """One step on a record's way through a form. Its value is permanent, its label may change."""

    value: str
    label: Text

    def text(self, locale: str) -> str:
        """Return the label in a language."""
        return self.label.to(locale)


@dataclass(frozen=True)
class Duplicate:
    """By which answers two records may be the same matter, when entered within so many days."""

    match: tuple[str, ...] = ()
    similar: tuple[str, ...] = ()
    window_days: int = 90


def stages_of(document: Mapping[str, Any]) -> tuple[Stage, ...]:
    """Return the stages of a checked document, in order; nothing where its records have none."""
    return tuple(Stage(one["value"], Text(one["label"])) for one in document.get("stages") or ())


def duplicate_of(document: Mapping[str, Any]) -> Duplicate | None:
    """Return how a checked document finds duplicates, or None."""
    raw = document.get("duplicate")
    if not raw:
        return None
    days = raw.get("window_days", Duplicate.window_days)
    return Duplicate(tuple(raw.get("match") or ()), tuple(raw.get("similar") or ()), days)


def reached(stages: Iterable[Stage], stage: str | None, named: str | None) -> bool:
    """Tell whether a record in `stage` has come to the stage `named`, or beyond. Nothing named is never reached."""
    values = [one.value for one in stages]
    now = values.index(stage) if stage in values else 0
    return named in values and now >= values.index(named)


def access_problem(raw: object, acts: tuple[str, ...]) -> Message | None:
    """Judge a mapping from act to role names. A missing act is open to every role that the county lets do it."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or not set(raw) <= set(acts):
        return Message(N_("权限设置只能按这些操作写：%(acts)s"), {"acts": "、".join(acts)})
    if not all(_names(roles) for roles in raw.values()):
        return Message(N_("每项权限要是角色的列表，不能重复"))
    return None


def stage_problem(raw: object) -> Message | None:
    """Judge the shape of an item's stage settings."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or not set(raw) <= set(ITEM_STAGES):
        return Message(N_("题目的阶段设置只能写从哪个阶段起显示、从哪个阶段起必填、到哪个阶段为止可改"))
    if not all(isinstance(value, str) for value in raw.values()):
        return Message(N_("阶段要写阶段的值"))
    return None


def document_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Judge the shapes of access, stages and duplicate on their own."""
    message = access_problem(document.get("access"), ACTS)
    if message:
        yield Problem("access", None, message.text, message.params)
    yield from _stages_problems(document.get("stages"))
    message = _duplicate_problem(document.get("duplicate"))
    if message:
        yield Problem("duplicate", None, message.text, message.params)


def item_problems(document: Mapping[str, Any], items: Iterable[tuple[str, Item]]) -> Iterator[Problem]:
    """Judge what access, stages and duplicate say together with the items."""
    items = list(items)
    order = [stage.value for stage in stages_of(document)]
    for path, item in items:
        message = _order_problem(item.stage, order)
        if message:
            yield Problem(f"{path}.stage", item.fid, message.text, message.params)
    duplicate = duplicate_of(document)
    if duplicate:
        known = {item.fid: item for _, item in items if not item.retired and item.kind.answerable}
        yield from _fid_problems(duplicate, known)


def _names(raw: object) -> bool:
    return (
        isinstance(raw, list)
        and all(isinstance(name, str) and name.isidentifier() for name in raw)
        and len(set(raw)) == len(raw)
    )


def _stages_problems(raw: object) -> Iterator[Problem]:
    from engine.properties import key_problem, text_problem

    if raw is None or raw == []:
        return
    if not isinstance(raw, list) or not 2 <= len(raw) <= STAGES:  # noqa: PLR2004 - one stage is none
        yield Problem("stages", None, N_("办理阶段要有 2 到 %(most)s 个，或者不设"), {"most": STAGES})
        return
    seen: set[str] = set()
    for place, one in enumerate(raw):
        path = f"stages[{place}]"
        if not isinstance(one, dict) or not set(one) <= {"value", "label"}:
            yield Problem(path, None, N_("每个阶段只能有值和名称"))
            continue
        value = one.get("value")
        for message in (key_problem(value), text_problem(one.get("label"))):
            if message:
                yield Problem(path, None, message.text, message.params)
        if isinstance(value, str) and value in seen:
            yield Problem(path, None, N_("阶段“%(value)s”重复"), {"value": value})
        seen.add(str(value))


def _order_problem(raw: Mapping[str, str], order: list[str]) -> Message | None:
    unknown = [value for value in raw.values() if value not in order]
    if unknown:
        return Message(N_("没有“%(stage)s”这个阶段"), {"stage": unknown[0]})
    places = [order.index(raw[name]) for name in ITEM_STAGES if name in raw]
    if places != sorted(places):
        return Message(N_("阶段的先后不对：先显示，再必填，最后才不能改"))
    return None


def _duplicate_problem(raw: object) -> Message | None:
    if raw is None or raw == {}:
        return None
    if not isinstance(raw, dict) or not set(raw) <= {"match", "similar", "window_days"}:
        return Message(N_("查重只能设相同的题目、相似的题目和天数"))
    lists = [raw.get(name, []) for name in ("match", "similar")]
    if not all(_names(one) and len(one) <= FIDS for one in lists):
        return Message(N_("查重的题目要是题号的列表，不能重复"))
    if not any(lists):
        return Message(N_("查重至少要选一道题"))
    days = raw.get("window_days", Duplicate.window_days)
    if type(days) is not int or not 1 <= days <= DAYS:
        return Message(N_("查重的天数要在 1 到 %(most)s 之间"), {"most": DAYS})
    return None


def _fid_problems(duplicate: Duplicate, known: Mapping[str, Item]) -> Iterator[Problem]:
    for name in ("match", "similar"):
        for fid in getattr(duplicate, name):
            item, path = known.get(fid), f"duplicate.{name}"
            if item is None:
                yield Problem(path, None, N_("查重用到的题目“%(fid)s”不存在或已停用"), {"fid": fid})
            elif name == "match" and not (item.sealed or item.kind.index_as):
                yield Problem(path, fid, N_("“%(label)s”这种题型不能用来查相同"), {"label": item.text()})
            elif name == "similar" and (item.sealed or not item.search):
                yield Problem(path, fid, N_("“%(label)s”要先设为可搜索，才能查相似"), {"label": item.text()})
