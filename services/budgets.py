"""Allotting coins to several villages in one act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.orgs import OrgUnit
from services.coins import allot, hash_uid
from services.refusals import Refusal
from services.transaction import transaction


class NothingAllotted(Refusal):
    message = _l("还没有填数。请在要追加的村那一行填写。")


@transaction
def allot_all(
    amounts: Mapping[OrgUnit, int], *, quarter: str, uid: str, actor: Actor, at: datetime, today: date
) -> int:
    """Allot to each of some villages, all or none; the same page allots once. Returns how many coins."""
    if not amounts:
        raise NothingAllotted
    for village, amount in amounts.items():
        allot(
            village, amount=amount, quarter=quarter, uid=hash_uid(f"allot:{uid}:{village.id}"), actor=actor, at=at,
            today=today,
        )  # fmt: skip
    return sum(amounts.values())
