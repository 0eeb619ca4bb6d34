"""Downloads leave a trace: who took how many rows of which list."""

from __future__ import annotations

from datetime import date, datetime

from models.access import Actor
from models.base import db
from models.orgs import OrgUnit
from models.people import Household
from services.access import require
from services.audit import record_audit
from services.refusals import NotAllowed
from services.transaction import transaction


@transaction
def note_download(what: str, *, permission: str, count: int, kind: str, actor: Actor, at: datetime) -> None:
    """Write down that a list was exported, under the organisation whose role allowed it. Raises NotAllowed."""
    require(actor, permission)
    grants = actor.grants_for(permission)
    org = db.session.get(OrgUnit, grants[0].org_id) if grants else None
    if org is None:
        raise NotAllowed
    record_audit(
        "table:export", org, actor=actor, at=at, after={"count": count, "format": kind}, label=f"{what}（{org.name}）"
    )


@transaction
def note_statement(household: Household, *, first: date, last: date, count: int, actor: Actor, at: datetime) -> None:
    """Write down that a household's statement left the house. Raises NotAllowed."""
    require(actor, "coin:export", household)
    after = {"count": count, "format": "pdf", "span": f"{first} — {last}"}
    record_audit("coin:statement", household, actor=actor, at=at, after=after)
