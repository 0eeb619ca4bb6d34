"""A real server process for tests: started as an operator would, asked over HTTP, stopped by signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLASK = Path(sys.executable).with_name("flask")
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """A `flask --app app ...` process and its output."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [FLASK, "--app", "app", *arguments],
                cwd=ROOT,
                env={**kept, "PYTHONUNBUFFERED": "1", **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8", errors="replace")

    def wait_for(self, text: str) -> None:
        """Wait until the process has said `text`; fail when it ends before."""
        until = time.monotonic() + START_SECONDS
        while text not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < until, self.output
            time.sleep(0.05)

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop the process by a signal and return its exit code."""
        self.send(number)
        return self.process.wait(40)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


class Server(Process):
    """A `flask serve` process on a free port of this machine."""

    def __init__(self, environment: Mapping[str, str], log: Path, *arguments: str) -> None:
        self.port = free_port()
        super().__init__(["serve", "--port", str(self.port), *arguments], environment, log)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.address + path, timeout=20) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
