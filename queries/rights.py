"""What a form's own definition leaves of somebody's rights: by act, by field, and by the stage a record is in.

The newest version speaks for all records: who may see what is decided today, not on the day of entry.
A definition only narrows. What the county's permission map (models/access.py) does not give, no form can give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from engine.definition import Definition, Item
from engine.governing import Stage, reached
from models.access import Actor
from queries.indexing import STAGE, shape
from queries.scope import covers, limited


@dataclass(frozen=True)
class FieldRights:
    """The fields of one record that somebody may view, edit and reveal."""

    view: frozenset[str]
    edit: frozenset[str] = frozenset()
    reveal: frozenset[str] = frozenset()


def on_form(actor: Actor, form_id: int) -> Actor:
    """Return the actor as a form that was published at least once sees them."""
    return limited(actor, shape(form_id).newest.access)


def on_thing(actor: Actor, thing: Any) -> Actor:
    """Return the actor as the form of a record, or the form itself, sees them; unchanged for anything else."""
    if actor.system:
        return actor
    if getattr(thing, "__tablename__", "") == "form":
        return actor if thing.current_version is None else on_form(actor, thing.id)
    form_id = getattr(thing, "form_id", None)
    return actor if form_id is None or not hasattr(thing, "stage") else on_form(actor, form_id)


class Rights:
    """What an actor may do with the fields of one form, told record by record."""

    def __init__(self, newest: Definition, actor: Actor) -> None:
        self.newest = newest
        self.actor = limited(actor, newest.access)
        self._known: dict[tuple[Any, ...], FieldRights] = {}

    @cached_property
    def fids(self) -> frozenset[str]:
        return frozenset({STAGE, *(item.fid for item in self.newest.every_item)})

    @cached_property
    def _plain(self) -> FieldRights | None:
        """Everything, where the form says nothing about its fields."""
        told = any(item.roles or item.stage for item in self.newest.every_item)
        return None if told and not self.actor.system else FieldRights(self.fids, self.fids, self.fids)

    @property
    def narrowed(self) -> bool:
        """Tell whether some field might be closed to somebody."""
        return self._plain is None

    def on(self, record: Any) -> FieldRights:
        """Return the rights on one record (or a row with its place, its form and its stage)."""
        if self._plain:
            return self._plain
        roles = {act: self._roles(f"record:{act}", record) for act in ("list", "edit", "reveal")}
        return self._settled(roles, stage_of(record, self.newest))

    def readable(self, record: Any) -> frozenset[str]:
        """Return the fields that may be read of a record whose list may be closed to the actor (the audit asks)."""
        open_to = not self.newest.access or covers(self.actor, "record:list", record)
        return self.on(record).view if open_to else frozenset()

    def at_entry(self) -> FieldRights:
        """Return the rights of somebody who enters a record: it will begin in the first stage."""
        if self._plain:
            return self._plain
        roles = frozenset(str(grant.role) for grant in self.actor.grants_for("record:create"))
        first = self.newest.stages[0].value if self.newest.stages else None
        return self._settled(dict.fromkeys(("list", "edit", "reveal"), roles), first)

    @cached_property
    def anywhere(self) -> frozenset[str]:
        """The fields that may be viewed on some record: what stands as columns."""
        return self._plain.view if self._plain else self._union(any)

    @cached_property
    def searchable(self) -> frozenset[str]:
        """The fields that may be viewed on every record: what lists may be narrowed and sorted by.

        With several roles in several places the narrowest one counts: what a search finds must tell nothing.
        """
        return self._plain.view if self._plain else self._union(all)

    def stages_showing(self, fid: str) -> tuple[str, ...]:
        """Return the stages in which a field is shown; nothing where it always is."""
        if self._plain or fid == STAGE:
            return ()
        froms = [one.stage["view_from"] for one in self._with_holders(fid) if "view_from" in one.stage]
        if not froms:
            return ()
        stages = self.newest.stages
        return tuple(one.value for one in stages if all(reached(stages, one.value, named) for named in froms))

    def _union(self, every: Any) -> frozenset[str]:
        roles = {str(grant.role) for grant in self.actor.grants_for("record:list")}
        shown = {
            item.fid
            for item in self.newest.every_item
            if roles and every(self._open(item.fid, "view", {role}) for role in roles)
        }
        return frozenset({*shown, STAGE})

    def _roles(self, permission: str, record: Any) -> frozenset[str]:
        grants = self.actor.grants_for(permission)
        if len(grants) == 1:  # the common case: what is listed at all is covered by it
            return frozenset({str(grants[0].role)}) if covers(self.actor, permission, record) else frozenset()
        return frozenset(
            str(grant.role) for grant in grants if covers(replace(self.actor, grants=(grant,)), permission, record)
        )

    def _settled(self, roles: Mapping[str, frozenset[str]], stage: str | None) -> FieldRights:
        key = (*(roles[act] for act in ("list", "edit", "reveal")), stage)
        if key not in self._known:
            self._known[key] = self._settle(roles, stage)
        return self._known[key]

    def _settle(self, roles: Mapping[str, frozenset[str]], stage: str | None) -> FieldRights:
        fids = [item.fid for item in self.newest.every_item]
        view = frozenset(fid for fid in fids if self._open(fid, "view", roles["list"]) and self._shown(fid, stage))
        edit = frozenset(fid for fid in view if self._open(fid, "edit", roles["edit"]) and self._changeable(fid, stage))
        reveal = frozenset(fid for fid in view if self._open(fid, "reveal", roles["reveal"]))
        return FieldRights(view | {STAGE}, edit, reveal)

    def _open(self, fid: str, act: str, roles: Iterable[str]) -> bool:
        """Tell whether one of the roles may do this to a field, and to every group and repeat around it."""
        held = set(roles)
        named = (one.roles.get(act) for one in self._with_holders(fid))
        return bool(held) and all(only is None or held & set(only) for only in named)

    def _shown(self, fid: str, stage: str | None) -> bool:
        showing = self.stages_showing(fid)
        return not showing or stage in showing

    def _changeable(self, fid: str, stage: str | None) -> bool:
        untils = [one.stage["edit_until"] for one in self._with_holders(fid) if "edit_until" in one.stage]
        stages = self.newest.stages
        return all(stage == until or not reached(stages, stage, until) for until in untils)

    def _with_holders(self, fid: str) -> tuple[Item, ...]:
        return (self.newest.item(fid), *self.newest.holders_of(fid))


def rights_on(record: Any, actor: Actor) -> FieldRights:
    """Return what an actor may do with the fields of one record."""
    return Rights(shape(record.form_id).newest, actor).on(record)


def entry_rights(form_id: int, actor: Actor) -> FieldRights:
    """Return what an actor may do with the fields of a new record of a form."""
    return Rights(shape(form_id).newest, actor).at_entry()


def stage_of(record: Any, newest: Definition) -> str | None:
    """Return the stage a record is in: the first one for records entered before their form had stages."""
    if not newest.stages:
        return None
    return record.stage or newest.stages[0].value


def stage_shown(record: Any, newest: Definition) -> Stage | None:
    """Return the same with its label."""
    value = stage_of(record, newest)
    return next((one for one in newest.stages if one.value == value), None)
