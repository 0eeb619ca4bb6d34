"""The schedule and the queue."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from jobs.nightly import PERIODIC, check_indexes, verify_audit
from jobs.queue import Job, JobQueue, queue_of
from jobs.schedule import EveryMinute, Nightly, Periodic, due, run_once
from models.audit import AuditEvent
from models.base import db
from models.jobs import JobRun
from models.records import record_text
from queries.jobs import ended_well, last_run
from services.jobs import claim_run, end_run, forget_runs
from services.transaction import write_transaction
from shell.background import enqueue
from tests.support.cast import Cast
from tests.support.databases import settings_for
from tests.support.registers import enter, publish

AT = datetime(2026, 5, 6, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")


def nothing(_at: datetime) -> dict[str, int]:
    return {}


@pytest.mark.usefixtures("app")
def test_a_run_is_claimed_once() -> None:
    assert claim_run("sweep", period="2026-05-06", at=AT)
    assert not claim_run("sweep", period="2026-05-06", at=AT)
    assert claim_run("sweep", period="2026-05-07", at=AT)
    assert claim_run("other", period="2026-05-06", at=AT)


@pytest.mark.usefixtures("app")
def test_a_run_whose_process_died_is_taken_over_after_two_hours() -> None:
    claim_run("sweep", period="p", at=AT)
    assert not claim_run("sweep", period="p", at=AT + timedelta(hours=1, minutes=59))
    assert claim_run("sweep", period="p", at=AT + timedelta(hours=2, minutes=1))


@pytest.mark.usefixtures("app")
def test_a_failed_run_is_tried_again_after_ten_minutes_and_a_done_one_never() -> None:
    for name, failed in (("bad", True), ("good", False)):
        claim_run(name, period="p", at=AT)
        end_run(name, period="p", failed=failed, result={}, at=AT)
    assert not claim_run("bad", period="p", at=AT + timedelta(minutes=9))
    assert claim_run("bad", period="p", at=AT + timedelta(minutes=11))
    assert not claim_run("good", period="p", at=AT + timedelta(days=9))


def test_four_consumers_at_once_run_a_job_once(app: Flask) -> None:
    ran: list[datetime] = []

    def sweep(at: datetime) -> dict[str, int]:
        ran.append(at)
        return {}

    item = Periodic("sweep", EveryMinute(), sweep)
    won: list[bool] = []

    def consume() -> None:
        with app.app_context():
            won.append(run_once(item, "2026-05-06T09:30"))

    threads = [threading.Thread(target=consume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False, False, False, True]
    assert len(ran) == 1
    assert ended_well("sweep", "2026-05-06T09:30")


@pytest.mark.usefixtures("app")
def test_what_a_job_raises_is_written_down() -> None:
    def fail(_at: datetime) -> dict[str, int]:
        raise RuntimeError("audit chain broken at row 7")

    with pytest.raises(RuntimeError):
        run_once(Periodic("verify", EveryMinute(), fail), "p")
    run = last_run("verify")
    assert run is not None
    assert run.state == "failed"
    assert run.result == {"error": "RuntimeError: audit chain broken at row 7"}


@pytest.mark.usefixtures("app")
def test_a_night_that_was_missed_is_made_up_for_in_the_morning() -> None:
    schedule = [Periodic("verify", Nightly(time(3, 0)), nothing)]
    assert list(due(schedule, AT)) == [("verify", "2026-05-06")]
    run_once(schedule[0], "2026-05-06")
    assert list(due(schedule, AT)) == []
    before_three = datetime(2026, 5, 6, 2, 59, tzinfo=SHANGHAI) + timedelta(days=1)
    assert list(due(schedule, before_three)) == []
    assert list(due(schedule, before_three + timedelta(minutes=1))) == [("verify", "2026-05-07")]


@pytest.mark.usefixtures("app")
def test_everything_on_the_schedule_runs_on_an_empty_installation() -> None:
    for item in PERIODIC:
        assert run_once(item, "2026-05-06"), item.name
        assert ended_well(item.name, "2026-05-06"), item.name


@pytest.mark.usefixtures("app")
def test_runs_are_forgotten_after_thirty_days() -> None:
    claim_run("old", period="p", at=AT - timedelta(days=31))
    claim_run("new", period="p", at=AT - timedelta(days=29))
    assert forget_runs(at=AT) == 1
    assert db.session.scalars(sa.select(JobRun.job)).all() == ["new"]


def test_building_the_application_opens_no_queue(tmp_path: Path) -> None:
    queue = JobQueue(Flask("none"), settings_for(tmp_path), {}, tick=lambda: None)
    assert list(tmp_path.iterdir()) == []
    assert queue.huey is queue.huey
    assert (tmp_path / "jobs.db").exists()


def test_an_enqueued_job_is_carried_out_by_a_consumer_that_stops_when_asked(app: Flask, tmp_path: Path) -> None:
    done = threading.Event()
    told: list[object] = []

    def work(*, number: int) -> None:
        told.append((number, db.engine.dialect.name))
        done.set()

    queue = JobQueue(app, settings_for(tmp_path), {"work": Job("work", work, 0, 0)}, tick=lambda: None)
    queue.enqueue("work", number=7)
    consumer = queue.consumer()
    consumer.start()
    assert done.wait(10)
    assert consumer.finish(10)
    assert told == [(7, db.engine.dialect.name)]


def test_an_unknown_job_is_refused(app: Flask) -> None:
    assert queue_of(app).tasks
    with pytest.raises(KeyError):
        enqueue("no such job")


def test_a_wrong_index_makes_the_nightly_check_fail(cast: Cast) -> None:
    enter(cast, publish(cast))
    assert check_indexes(AT) == {"records": 1}
    with write_transaction():
        db.session.execute(record_text.delete())
    with pytest.raises(RuntimeError, match="differences in the index"):
        check_indexes(AT)


def test_a_broken_audit_chain_makes_the_nightly_check_fail(cast: Cast) -> None:
    form = publish(cast)
    enter(cast, form)
    enter(cast, form)
    rows = verify_audit(AT)["rows"]
    assert rows > 1
    with write_transaction():
        forged = dict(db.session.execute(sa.select(AuditEvent.__table__).limit(1)).mappings().one())
        db.session.execute(sa.insert(AuditEvent), [{**forged, "id": rows + 2}])
    with pytest.raises(RuntimeError, match=f"audit chain broken at row {rows + 1}"):
        verify_audit(AT)
