"""Alarms about the ledger: told to those who must act, on their home page."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from models.access import Role
from queries.accounts import holders
from services.messages import put_notice
from services.transaction import transaction


@transaction
def tell_of_breaches(breaches: int, *, at: datetime, today: date) -> int:
    """Tell every administrator and auditor how much of the ledger is not as it must be; return to how many."""
    text = str(_l("夜间核对发现道德币账本有 %(n)s 处不符。请先停止记账，马上联系运维人员逐条查明。", n=breaches))
    readers = holders((Role.ADMIN, Role.AUDITOR), today)
    for user_id in readers:
        put_notice(user_id, text=text, at=at)
    return len(readers)
