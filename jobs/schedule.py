"""The schedule: what is due is computed from the database each minute, so a missed night is made up for.

Every consumer ticks; a run is claimed by its row unique(job, period), so any number of consumers run it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Protocol

from jobs.queue import Job, job
from queries.jobs import ended_well
from services.jobs import claim_run, end_run
from shell.background import enqueue
from shell.clock import now, zone

Report = Mapping[str, Any]
ERROR_LENGTH = 500


class Rhythm(Protocol):
    def period(self, local: datetime) -> str | None:
        """Return the name of the period that is due at a local time, or None before its hour."""


@dataclass(frozen=True)
class EveryMinute:
    def period(self, local: datetime) -> str | None:
        return local.strftime("%Y-%m-%dT%H:%M%z")


@dataclass(frozen=True)
class Nightly:
    """Once each local day, from `after` on: at once if the machine was off at that hour."""

    after: time

    def period(self, local: datetime) -> str | None:
        return local.date().isoformat() if local.time() >= self.after else None


@dataclass(frozen=True)
class Periodic:
    """A job of the schedule. `run` gets the instant and returns what is written down about the run."""

    name: str
    rhythm: Rhythm
    run: Callable[[datetime], Report]


def due(schedule: Sequence[Periodic], at: datetime) -> Iterator[tuple[str, str]]:
    """Yield (job, period) of everything that should have run by now and has not ended well."""
    local = at.astimezone(zone())
    for item in schedule:
        period = item.rhythm.period(local)
        if period and not ended_well(item.name, period):
            yield item.name, period


def ticker(schedule: Sequence[Periodic]) -> Callable[[], None]:
    """Return the function that each consumer calls every minute."""

    def tick() -> None:
        for name, period in list(due(schedule, now())):
            enqueue("periodic", name=name, period=period)

    return tick


def run_job(schedule: Sequence[Periodic]) -> Job:
    """Return the queue's job that carries out one due entry of the schedule."""
    known = {item.name: item for item in schedule}

    @job("periodic", retries=0)
    def periodic(*, name: str, period: str) -> None:
        run_once(known[name], period)

    return periodic


def run_once(item: Periodic, period: str) -> bool:
    """Claim and run; return False when another consumer has the run. What the job raises is written down and raised."""
    if not claim_run(item.name, period=period, at=now()):
        return False
    try:
        report = item.run(now())
    except Exception as error:
        told = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
        end_run(item.name, period=period, failed=True, result={"error": told}, at=now())
        raise
    end_run(item.name, period=period, failed=False, result=report, at=now())
    return True
