"""Permission inside every act: the second check, behind the route's decorator."""

from __future__ import annotations

from typing import Any

from models.access import Actor
from queries.rights import on_thing
from queries.scope import covers
from services.refusals import NotAllowed, NotFound


def may(actor: Actor, permission: str, thing: Any = None) -> bool:
    """Tell whether the actor may do this to that row (or anywhere, without a row)."""
    return actor.can(permission) if thing is None else covers(on_thing(actor, thing), permission, thing)


def require(actor: Actor, permission: str, thing: Any = None) -> None:
    """Refuse what the actor may not do: NotAllowed without the permission, NotFound outside its scope."""
    actor = on_thing(actor, thing)
    if not actor.can(permission):
        raise NotAllowed
    if thing is not None and not covers(actor, permission, thing):
        raise NotFound
