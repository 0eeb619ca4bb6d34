"""How often one person may look at hidden numbers in a day: counted from the audit chain, limited by a setting."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from models.access import Actor
from queries.audit import reveals_since
from queries.indexing import COUNTY_ZONE
from queries.settings import REVEAL_LIMIT, setting
from services.refusals import Refusal

REASON_LENGTH = 200


class ReasonMissing(Refusal):
    """A look at hidden numbers without saying why, or with more words than fit."""

    field = "reason"
    message = _l("请写明查看的原因，最多 200 个字。")


class TooManyReveals(Refusal):
    """The day's looks are used up."""

    status = 429
    field = "reason"

    def __init__(self, limit: int) -> None:
        super().__init__(_l("您今天已经查看了 %(n)s 次完整信息，达到上限。确有需要请联系县中心管理员。", n=limit))


def allow_reveal(county_id: int, *, reason: str, actor: Actor, at: datetime) -> str:
    """Return the trimmed reason when one more look is allowed. Raises ReasonMissing and TooManyReveals.

    A day begins at midnight in the county. Must be called inside the act that reveals.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH:
        raise ReasonMissing
    limit = int(setting(county_id, REVEAL_LIMIT))
    midnight = at.astimezone(COUNTY_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    if actor.user_id is not None and reveals_since(actor.user_id, midnight) >= limit:
        raise TooManyReveals(limit)
    return reason
