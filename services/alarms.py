"""Alarms about the ledger: told to those who must act, and to leaders, on their home page."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from models.access import Role
from queries.accounts import holders
from services.messages import put_notice
from services.transaction import transaction


@transaction
def tell_of_breaches(breaches: int, *, at: datetime, today: date) -> int:
    """Tell every administrator and auditor how much of the ledger is not as it must be; return to how many.

    Leaders are told too: that it is so, and that others look into it.
    """
    acting = _l("夜间核对发现道德币账本有 %(n)s 处不符。请先停止记账，马上联系运维人员逐条查明。", n=breaches)
    leading = _l(
        "夜间核对发现道德币账本有 %(n)s 处不符，已通知管理员和审计员逐条查明。查明之前，余额和统计可能不准。",
        n=breaches,
    )
    readers = holders((Role.ADMIN, Role.AUDITOR), today)
    leaders = [user_id for user_id in holders((Role.LEADER,), today) if user_id not in readers]
    for user_ids, text in ((readers, str(acting)), (leaders, str(leading))):
        for user_id in user_ids:
            put_notice(user_id, text=text, at=at)
    return len(readers) + len(leaders)


@transaction
def tell_of_counters(different: int, *, at: datetime, today: date) -> int:
    """Tell administrators and auditors that only the counters of statistics differ; return to how many."""
    text = _l(
        "夜间核对发现道德币统计有 %(n)s 处和流水不符，账本本身没有问题。请运维人员运行 flask ledger recount 重算。",
        n=different,
    )
    readers = holders((Role.ADMIN, Role.AUDITOR), today)
    for user_id in readers:
        put_notice(user_id, text=str(text), at=at)
    return len(readers)
