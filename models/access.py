"""Who may do what: roles, the one permission map, and the actor whose grants are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.orgs import Level


class Role(StrEnum):
    ADMIN = "admin"
    DISPATCHER = "dispatcher"
    TOWNSHIP_OFFICIAL = "township_official"
    VILLAGE_OFFICIAL = "village_official"
    GRID_WORKER = "grid_worker"
    DEPARTMENT_HANDLER = "department_handler"
    MEDIATOR = "mediator"
    DISCIPLINE_INSPECTOR = "discipline_inspector"
    JUDGE = "judge"
    LEADER = "leader"
    AUDITOR = "auditor"
    STATION_CLERK = "station_clerk"
    VILLAGER = "villager"


_R = Role
_OFFICIALS = {_R.DISPATCHER, _R.TOWNSHIP_OFFICIAL, _R.VILLAGE_OFFICIAL}
_ENTRY = _OFFICIALS | {_R.GRID_WORKER, _R.DEPARTMENT_HANDLER, _R.MEDIATOR}
_READERS = _ENTRY | {_R.ADMIN, _R.LEADER, _R.AUDITOR}

# The whole policy. A role acts only inside the organisations where the user holds it (queries/scope.py).
PERMISSIONS: dict[str, frozenset[Role]] = {
    action: frozenset(roles)
    for action, roles in {
        "org:list": set(_R) - {_R.VILLAGER},
        "org:manage": {_R.ADMIN},
        "user:list": {_R.ADMIN, _R.AUDITOR},
        "user:manage": {_R.ADMIN},
        "resident:list": _OFFICIALS | {_R.GRID_WORKER, _R.ADMIN},
        "resident:create": _OFFICIALS | {_R.GRID_WORKER},
        "resident:edit": _OFFICIALS | {_R.GRID_WORKER},
        "resident:delete": {_R.TOWNSHIP_OFFICIAL, _R.VILLAGE_OFFICIAL},
        "resident:export": _OFFICIALS,
        "resident:reveal": _OFFICIALS,
        "household:list": _OFFICIALS | {_R.GRID_WORKER, _R.ADMIN},
        "household:create": _OFFICIALS | {_R.GRID_WORKER},
        "household:edit": _OFFICIALS | {_R.GRID_WORKER},
        "household:delete": {_R.TOWNSHIP_OFFICIAL, _R.VILLAGE_OFFICIAL},
        "household:export": _OFFICIALS,
        "household:reveal": _OFFICIALS,
        "category:list": {_R.ADMIN, _R.DISPATCHER, _R.AUDITOR},
        "category:manage": {_R.ADMIN},
        "calendar:list": {_R.ADMIN, _R.DISPATCHER, _R.AUDITOR},
        "calendar:manage": {_R.ADMIN},
        "setting:list": {_R.ADMIN, _R.AUDITOR},
        "setting:manage": {_R.ADMIN},
        "audit:list": {_R.ADMIN, _R.AUDITOR},
        "token:manage": {_R.ADMIN},
        "webhook:list": {_R.ADMIN, _R.AUDITOR},
        "webhook:manage": {_R.ADMIN},
        "form:list": {_R.ADMIN, _R.AUDITOR},
        "form:design": {_R.ADMIN},
        "form:publish": {_R.ADMIN},
        "record:list": _READERS,
        "record:create": _ENTRY,
        "record:edit": _ENTRY,
        "record:delete": {_R.TOWNSHIP_OFFICIAL, _R.VILLAGE_OFFICIAL, _R.DISPATCHER},
        "record:export": _OFFICIALS | {_R.ADMIN, _R.LEADER},
        "record:import": _OFFICIALS,
        "record:reveal": _OFFICIALS | {_R.MEDIATOR},
        "record:comment": _ENTRY | {_R.ADMIN, _R.LEADER},
        "record:history": _OFFICIALS | {_R.ADMIN, _R.AUDITOR},
        "view:share": _OFFICIALS | {_R.ADMIN},
        "coin:list": _OFFICIALS | {_R.GRID_WORKER, _R.STATION_CLERK, _R.ADMIN, _R.LEADER, _R.AUDITOR},
        "coin:earn": {_R.TOWNSHIP_OFFICIAL, _R.VILLAGE_OFFICIAL},
        "coin:deduct": {_R.TOWNSHIP_OFFICIAL, _R.VILLAGE_OFFICIAL},
        "coin:redeem": {_R.STATION_CLERK, _R.VILLAGE_OFFICIAL},
        "coin:hold": {_R.VILLAGER, _R.STATION_CLERK, _R.VILLAGE_OFFICIAL},
        "coin:reverse": {_R.TOWNSHIP_OFFICIAL, _R.VILLAGE_OFFICIAL},
        "coin:allot": {_R.TOWNSHIP_OFFICIAL, _R.DISPATCHER, _R.ADMIN},
        "coin:settle": {_R.TOWNSHIP_OFFICIAL, _R.DISPATCHER},
        "coin:close": {_R.ADMIN, _R.DISPATCHER},
        "coin:months": {_R.ADMIN, _R.DISPATCHER, _R.LEADER, _R.AUDITOR},
        "coin:import": {_R.VILLAGE_OFFICIAL, _R.TOWNSHIP_OFFICIAL},
        "coin:export": {_R.VILLAGE_OFFICIAL, _R.TOWNSHIP_OFFICIAL, _R.DISPATCHER, _R.ADMIN, _R.AUDITOR, _R.LEADER},
        "coin:statistics": _OFFICIALS | {_R.ADMIN, _R.LEADER, _R.AUDITOR},
        "rule:list": _OFFICIALS | {_R.GRID_WORKER, _R.ADMIN, _R.AUDITOR, _R.LEADER},
        "rule:manage": {_R.ADMIN, _R.VILLAGE_OFFICIAL},
        "claim:list": _OFFICIALS | {_R.GRID_WORKER, _R.AUDITOR},
        "claim:file": _OFFICIALS | {_R.GRID_WORKER, _R.VILLAGER},
        "claim:review": {_R.VILLAGE_OFFICIAL, _R.GRID_WORKER},
        "claim:approve": {_R.VILLAGE_OFFICIAL, _R.TOWNSHIP_OFFICIAL},
        "station:list": _OFFICIALS | {_R.STATION_CLERK, _R.ADMIN, _R.AUDITOR, _R.LEADER},
        "station:manage": {_R.ADMIN, _R.TOWNSHIP_OFFICIAL, _R.VILLAGE_OFFICIAL},
        "stock:move": {_R.STATION_CLERK, _R.VILLAGE_OFFICIAL},
        "good:manage": {_R.ADMIN},
        "own:coins": {_R.VILLAGER},
    }.items()
}

# What these are about is the whole county's, so only a role in the county itself opens it.
COUNTY_WIDE = frozenset(
    {
        *("category:manage", "calendar:manage", "setting:manage", "form:design", "form:publish", "webhook:manage"),
        *("good:manage", "coin:close", "coin:months"),
    }
)


@dataclass(frozen=True, slots=True)
class Grant:
    """One role held in one organisation, with that organisation's place in the tree."""

    role: Role
    org_id: int
    org_name: str
    level: Level
    county_id: int
    town_id: int | None
    village_id: int | None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in user with the grants valid today, or the system itself.

    A program with a token acts as its user, narrowed to the permissions `only` and to the forms (ids) in `forms`.
    """

    user_id: int | None
    username: str
    name: str
    grants: tuple[Grant, ...] = ()
    origin: str = ""
    system: bool = False
    flags: frozenset[str] = field(default=frozenset())
    limits: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)  # see queries/rights.py
    only: frozenset[str] | None = None
    forms: frozenset[int] | None = None

    def can(self, permission: str) -> bool:
        """Tell whether the actor holds the permission anywhere. Raises KeyError on an unknown permission."""
        return bool(self.grants_for(permission)) or self.system

    def grants_for(self, permission: str) -> tuple[Grant, ...]:
        """Return the grants whose role holds the permission and, with one form in view, may do it there."""
        roles, limit = PERMISSIONS[permission], self.limits.get(permission)
        if self.only is not None and permission not in self.only:
            return ()
        wide = permission in COUNTY_WIDE
        return tuple(
            grant
            for grant in self.grants
            if grant.role in roles
            and (grant.level == Level.COUNTY or not wide)
            and (limit is None or grant.role in limit)
        )

    @property
    def counties(self) -> frozenset[int]:
        return frozenset(grant.county_id for grant in self.grants)

    @property
    def home(self) -> Grant | None:
        """The organisation shown beside the name: the first grant."""
        return self.grants[0] if self.grants else None


def system_actor(origin: str) -> Actor:
    """Return the actor for jobs and operator commands; origin names which one."""
    return Actor(user_id=None, username="system", name="系统", origin=origin, system=True)
