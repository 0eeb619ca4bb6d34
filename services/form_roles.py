"""The whole check of a definition as this house saves it: the engine's, and that the roles it names exist here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.definition import Problem, check
from engine.messages import N_
from engine.schema import raw_items
from models.access import Role


def full_check(document: Any) -> list[Problem]:
    """List everything that keeps a document from being a form here; never raises, whatever JSON it is given."""
    problems = check(document)
    return problems or list(_unknown_roles(document))


def _unknown_roles(document: Mapping[str, Any]) -> Iterator[Problem]:
    known = frozenset(str(role) for role in Role)
    places = [("access", None, document.get("access") or {})]
    places += [(f"{path}.roles", item["fid"], item.get("roles") or {}) for path, item in raw_items(document)]
    for path, fid, acts in places:
        for name in sorted({name for roles in acts.values() for name in roles} - known):
            yield Problem(path, fid, N_("没有“%(role)s”这个角色"), {"role": name})
