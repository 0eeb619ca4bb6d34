"""What runs by itself, and when."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import sqlalchemy as sa

from jobs.coins import expire_coins, post_claims, remind_of_expiry, sweep_vouchers, verify_ledger
from jobs.schedule import EveryMinute, Nightly, Periodic, Report
from jobs.webhooks import send_due
from models.access import system_actor
from models.base import db
from models.forms import Form
from queries.chain import first_break
from queries.index_check import check_index
from services.deliveries import forget_deliveries
from services.exports import sweep_exports
from services.files import sweep_orphans
from services.imports import sweep_imports
from services.jobs import forget_runs
from services.messages import deliver_waiting
from services.signins import forget_sign_ins
from shell.files import export_store, file_store, import_store

INDEX_SAMPLE = 1_000  # records of each register a night


def outbox(at: datetime) -> Report:
    """Deliver what waits."""
    return deliver_waiting(at=at)


def verify_audit(_at: datetime) -> Report:
    """Walk the audit chain; raise at the first broken row, so that the run is written down as failed."""
    checked, broken = first_break()
    if broken is not None:
        raise RuntimeError(f"audit chain broken at row {broken.id}: {broken.reason}")
    return {"rows": checked}


def check_indexes(at: datetime) -> Report:
    """Compare another sample of each register with its index every night; raise when something differs."""
    problems: list[str] = []
    records = 0
    for ident in db.session.scalars(
        sa.select(Form.id).where(Form.current_version.is_not(None)).order_by(Form.id)
    ).all():
        checked = check_index(db.session.get_one(Form, ident), sample=INDEX_SAMPLE, seed=at.date().toordinal())
        records += checked.records
        problems += checked.problems
    if problems:
        raise RuntimeError(f"{len(problems)} differences in the index, first: {problems[0]}")
    return {"records": records}


def forget(at: datetime) -> Report:
    """Forget runs and deliveries of more than 30 days ago, and sign-ins that ended 90 days ago."""
    return {
        "runs": forget_runs(at=at),
        "sign_ins": forget_sign_ins(at=at),
        "deliveries": forget_deliveries(at=at),
    }


def sweep_files(at: datetime) -> Report:
    """Remove uploads that belong to no draft and no record any more."""
    return {"files": sweep_orphans(file_store(), actor=system_actor("sweep_files"), at=at)}


def sweep_exchange(at: datetime) -> Report:
    """Remove workbooks that nobody went on with for a day, and exports whose day is over."""
    imports = sweep_imports(import_store(), before=at - timedelta(days=1))
    return {"imports": imports, "exports": sweep_exports(export_store(), at=at)}


PERIODIC = (
    Periodic("outbox", EveryMinute(), outbox),
    Periodic("webhooks", EveryMinute(), send_due),
    Periodic("vouchers", EveryMinute(), sweep_vouchers),
    Periodic("claims", EveryMinute(), post_claims),
    Periodic("coins_expire", Nightly(time(0, 10)), expire_coins),
    Periodic("coins_remind", Nightly(time(0, 20)), remind_of_expiry),
    Periodic("ledger_verify", Nightly(time(2, 30)), verify_ledger),
    Periodic("audit_verify", Nightly(time(3, 0)), verify_audit),
    Periodic("index_check", Nightly(time(3, 30)), check_indexes),
    Periodic("forget", Nightly(time(4, 0)), forget),
    Periodic("sweep_files", Nightly(time(4, 30)), sweep_files),
    Periodic("sweep_exchange", Nightly(time(4, 45)), sweep_exchange),
)
