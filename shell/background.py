"""The door to background jobs, for rooms that must not import `jobs`: ask for a job by its name."""

from __future__ import annotations

from typing import Protocol, cast

from flask import Flask, current_app

EXTENSION = "zhiye.jobs"


class Consumer(Protocol):
    """The threads that carry out jobs."""

    def start(self) -> None: ...

    def keep_alive(self) -> None:
        """Replace threads that have died."""

    def finish(self, timeout: float) -> bool:
        """Stop after the jobs in hand, at most `timeout` seconds; return whether all came to their end."""


class Background(Protocol):
    """The queue that `jobs.queue.init_jobs` puts into the application."""

    def enqueue(self, name: str, /, **arguments: object) -> None: ...

    def consumer(self) -> Consumer: ...


def background(app: Flask | None = None) -> Background:
    """Return the application's queue."""
    return cast("Background", (app or current_app).extensions[EXTENSION])


def enqueue(name: str, /, **arguments: object) -> None:
    """Have the named job carried out soon. Call it after the act has committed, never inside.

    Arguments are ids and plain values. Raises KeyError when there is no job of that name.
    """
    background().enqueue(name, **arguments)
