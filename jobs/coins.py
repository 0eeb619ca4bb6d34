"""What the ledger of coins does by itself: lapsed vouchers, expired coins, the audit."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs.schedule import Report
from models.access import system_actor
from queries.ledger_audit import audit_ledger
from queries.ledger_checks import COUNTERS
from services.alarms import tell_of_breaches, tell_of_counters
from services.claim_posting import post_due
from services.expiry import expire
from services.expiry_notices import remind
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


def remind_of_expiry(at: datetime) -> Report:
    """Tell households and village officials which coins expire soon, of each day once."""
    told = remind(at=at, today=at.astimezone(zone()).date())
    return {"accounts": told.accounts, "officials": told.officials}


def verify_ledger(at: datetime) -> Report:
    """Check the fifteen invariants; what is broken is told to administrators, auditors and leaders."""
    found, today = audit_ledger(), at.astimezone(zone()).date()
    broken = [one for one in found.breaches if one.invariant != COUNTERS]
    if broken:
        tell_of_breaches(len(broken), at=at, today=today)
    elif found.breaches:
        tell_of_counters(len(found.breaches), at=at, today=today)
    return {"journals": found.journals, "head": found.head_hash, "breaches": [str(one) for one in found.breaches[:20]]}
