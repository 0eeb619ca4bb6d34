"""Processes that act at the same moment: forked from the test, each with connections of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from flask import Flask

from tests.support.databases import dispose

Say = Callable[[Any], None]
Act = Callable[[Say], None]  # does its work and says what came of it, as often as it likes
START_SECONDS = 60
_fork = multiprocessing.get_context("fork")


class Crowd:
    """One process for each act. All wait until all are there; then they begin together."""

    def __init__(self, app: Flask, acts: Sequence[Act]) -> None:
        dispose()  # nothing that is open here may be open there
        self.go = _fork.Event()
        self.ears: list[Connection] = []
        self.heard: list[list[Any]] = [[] for _act in acts]
        self.processes = []
        for act in acts:
            ear, mouth = _fork.Pipe(duplex=False)
            process = _fork.Process(target=_live, args=(app, act, mouth, self.go), daemon=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # a test worker has a thread that only listens
                process.start()
            mouth.close()
            self.ears.append(ear)
            self.processes.append(process)
        for ear in self.ears:
            assert ear.poll(START_SECONDS)
            assert ear.recv() == "ready"

    def begin(self) -> None:
        self.go.set()

    def listen(self, many: int) -> None:
        """Wait until so many things were said, by whomever."""
        while sum(map(len, self.heard)) < many:
            speaking = wait(self.ears, START_SECONDS)
            assert speaking, "nobody says anything"
            for ear, heard in zip(self.ears, self.heard, strict=True):
                if ear in speaking:
                    heard.append(ear.recv())

    def said(self) -> list[list[Any]]:
        """Wait for the end of all; return what each said."""
        found = [before + _heard(ear) for before, ear in zip(self.heard, self.ears, strict=True)]
        for process in self.processes:
            process.join(START_SECONDS)
        return found

    def kill(self) -> list[list[Any]]:
        """End all of them as a power failure would; return what each had said."""
        for process in self.processes:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
        return self.said()


def together(app: Flask, acts: Sequence[Act]) -> list[list[Any]]:
    """Let all act at once, to their end; return what each said. A process that failed fails the test."""
    crowd = Crowd(app, acts)
    crowd.begin()
    found = crowd.said()
    assert [process.exitcode for process in crowd.processes] == [0] * len(acts), found
    return found


def _live(app: Flask, act: Act, mouth: Connection, go: Any) -> None:
    with app.app_context():
        mouth.send("ready")
        go.wait(START_SECONDS)
        try:
            act(mouth.send)
        except BaseException:  # noqa: BLE001 - the test says what it was
            mouth.send(traceback.format_exc())
            os._exit(1)
    os._exit(0)  # nothing of the test's own is tidied up here


def _heard(ear: Connection) -> list[Any]:
    found = []
    while True:
        try:
            found.append(ear.recv())
        except (EOFError, OSError):
            return found
