"""The job queue: huey on a SQLite file beside the database, or on Redis/Valkey when REDIS_URL is set."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask
from huey import RedisHuey, SqliteHuey
from huey.api import Huey, TaskWrapper
from huey.consumer import Consumer
from huey.serializer import SignedSerializer

from config import Settings
from shell.background import EXTENSION

Work = Callable[..., object]
POLL_SECONDS = 1.0  # how long an idle worker sleeps at most; Redis wakes it at once
WORKERS = 2


@dataclass(frozen=True)
class Job:
    """A function that can be asked for by name, with its retries after an exception."""

    name: str
    work: Work
    retries: int
    retry_seconds: int


def job(name: str, *, retries: int = 3, retry_seconds: int = 30) -> Callable[[Work], Job]:
    """Declare a job. It runs in an application context, gets plain values and may run more than once."""
    return lambda work: Job(name, work, retries, retry_seconds)


class JobQueue:
    """The jobs of one application. The storage is opened on first use, so building one does nothing."""

    def __init__(self, app: Flask, settings: Settings, jobs: Mapping[str, Job], tick: Work) -> None:
        self.app = app
        self.settings = settings
        self.jobs = jobs
        self.tick = tick

    @functools.cached_property
    def huey(self) -> Huey:
        huey = open_storage(self.settings)
        huey.periodic_task(lambda _minute: True, name="tick")(self._in_app(self.tick))
        return huey

    @functools.cached_property
    def tasks(self) -> dict[str, TaskWrapper]:
        return {
            name: self.huey.task(retries=item.retries, retry_delay=item.retry_seconds, name=name)(
                self._in_app(item.work)
            )
            for name, item in self.jobs.items()
        }

    def enqueue(self, name: str, /, **arguments: object) -> None:
        self.tasks[name](**arguments)

    def consumer(self) -> JobConsumer:
        assert self.tasks is not None  # a consumer must know the jobs before it takes one
        return JobConsumer(self.huey, workers=WORKERS, max_delay=POLL_SECONDS, worker_type="thread")

    def _in_app(self, work: Work) -> Work:
        @functools.wraps(work)
        def run(**arguments: object) -> object:
            with self.app.app_context():
                return work(**arguments)

        return run


class JobConsumer(Consumer):  # type: ignore[misc]
    """Huey's workers and scheduler as threads of our process; the process keeps its own signal handlers."""

    def _set_signal_handlers(self) -> None:
        """Leave signals to the server, which knows what else has to come to its end."""

    def keep_alive(self) -> None:
        self.check_worker_health()

    def finish(self, timeout: float) -> bool:
        self.stop_flag.set()
        deadline = time.monotonic() + timeout
        threads = [thread for _, thread in self.worker_threads] + [self.scheduler]
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in threads)


def open_storage(settings: Settings) -> Huey:
    """Open the queue's storage. Messages are signed: who can write into Redis must not make us unpickle."""
    options: dict[str, Any] = {
        "results": False,
        "serializer": SignedSerializer(secret=settings.secret(), salt="zhiye.jobs"),
    }
    if settings.redis_url:
        return RedisHuey("zhiye", url=settings.redis_url, **options)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("zhiye", filename=str(settings.data_dir / "jobs.db"), fsync=True, **options)


def init_queue(app: Flask, settings: Settings, jobs: tuple[Job, ...], tick: Work) -> None:
    """Give the application its queue."""
    app.extensions[EXTENSION] = JobQueue(app, settings, {item.name: item for item in jobs}, tick)


def queue_of(app: Flask) -> JobQueue:
    return cast("JobQueue", app.extensions[EXTENSION])
