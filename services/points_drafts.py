"""The daily table of points as it is typed: kept until it is saved, so that a closed window loses nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.claims import CoinClaim
from models.coins import CoinJournal
from models.orgs import OrgUnit
from models.point_rules import RuleItem
from models.points_drafts import PointsDraft
from services.access import require
from services.coins import hash_uid
from services.transaction import transaction
from services.vault import Unsealable, vault

SEAL = "points.table"
KEPT_FOR = timedelta(days=31)


@dataclass(frozen=True)
class Typed:
    """A table as it stands on the page: texts as they were typed, points and notes by household."""

    uid: str
    done_on: str
    what: str = ""
    points: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not (self.points or self.notes or self.what)


def source_of(uid: str, household_id: int | str) -> str:
    """Return the source of a row of the page with that uid."""
    return f"table:{uid}:{household_id}"


@transaction
def keep_table(village: OrgUnit, item: RuleItem, typed: Typed, *, actor: Actor, at: datetime) -> None:
    """Keep what is typed in place of what was kept before; nothing of a page whose rows were saved meanwhile."""
    require(actor, "claim:file", village)
    if actor.user_id is None:
        return
    forget_table(village.id, item, actor=actor)
    db.session.execute(
        sa.delete(PointsDraft).where(
            PointsDraft.user_id == actor.user_id, PointsDraft.updated_at < at - KEPT_FOR
        )
    )  # fmt: skip
    if typed.empty or _saved(typed):
        return
    sealed = vault().seal(json.dumps(asdict(typed), ensure_ascii=False), context=SEAL)
    db.session.add(
        PointsDraft(
            user_id=actor.user_id, village_id=village.id, rule_item_id=item.id, uid=typed.uid, sealed=sealed,
            updated_at=at,
        )
    )  # fmt: skip


def kept_table(village: OrgUnit, item: RuleItem, *, actor: Actor) -> Typed | None:
    """Return what the actor typed and did not save, None where there is nothing."""
    found = db.session.get(PointsDraft, (actor.user_id or 0, village.id, item.id))
    if found is None:
        return None
    try:
        return Typed(**json.loads(vault().unseal(found.sealed, context=SEAL)))
    except Unsealable:  # its key is gone: as if it had never been typed
        return None


def forget_table(village_id: int, item: RuleItem, *, actor: Actor) -> None:
    """Drop what was kept, within an act: it is saved now, or something else is typed."""
    db.session.execute(
        sa.delete(PointsDraft).where(
            PointsDraft.user_id == actor.user_id, PointsDraft.village_id == village_id,
            PointsDraft.rule_item_id == item.id,
        )
    )  # fmt: skip


def _saved(typed: Typed) -> bool:
    """Tell whether rows of this page are journals or claims already: the last keeping may come after the saving."""
    uids = [hash_uid(source_of(typed.uid, ident)) for ident in typed.points]
    return any(
        db.session.scalar(sa.select(sa.exists().where(column.in_(uids)))) for column in (CoinJournal.uid, CoinClaim.uid)
    )
