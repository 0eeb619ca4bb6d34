"""What the ledger of coins does by itself: lapsed vouchers, expired coins, the audit."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs.schedule import Report
from models.access import system_actor
from queries.ledger_audit import audit_ledger
from services.alarms import tell_of_breaches
from services.claim_posting import post_due
from services.expiry import expire
from services.holds import sweep_holds
from shell.clock import zone


def sweep_vouchers(at: datetime) -> Report:
    """Give back the coins and goods of vouchers that were not fetched in time."""
    today = at.astimezone(zone()).date()
    return {"vouchers": sweep_holds(actor=system_actor("sweep_vouchers"), at=at, today=today)}


def post_claims(at: datetime) -> Report:
    """Turn approved claims whose notice is over into coins."""
    posted, waiting = post_due(actor=system_actor("post_claims"), at=at, today=at.astimezone(zone()).date())
    return {"posted": posted, "waiting": waiting}


def expire_coins(at: datetime) -> Report:
    """Take away the coins whose last day was yesterday or before."""
    today = at.astimezone(zone()).date()
    yesterday = today - timedelta(days=1)
    households, coins = expire(yesterday, actor=system_actor("expire_coins"), at=at, today=today)
    return {"households": households, "coins": coins}


def verify_ledger(at: datetime) -> Report:
    """Check the fifteen invariants; what is broken is told to administrators and auditors."""
    found = audit_ledger()
    if found.breaches:
        tell_of_breaches(len(found.breaches), at=at, today=at.astimezone(zone()).date())
    return {"journals": found.journals, "head": found.head_hash, "breaches": [str(one) for one in found.breaches[:20]]}
