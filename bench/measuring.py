"""One page of a running server against a floor page of the same one, in turns: on the wall and on its processors."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.client import Browser

WARM_UP = 5
Measure = Callable[[], float]
Taken = tuple[float, float]  # seconds on the wall, seconds on a processor


def start(folder: Path, address: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "bench.server", str(folder), address, str(port)]
    process = subprocess.Popen(command, env={**os.environ})
    for _ in range(300):
        try:
            Browser(port).get("/floor/")
        except OSError:
            time.sleep(0.1)
        else:
            return process, port
    raise AssertionError("the server does not answer")


def on_cpu(pid: int) -> float:
    """Return the seconds a process has spent on a processor (Linux): what a busy machine cannot distort."""
    return sum(int(one.read_text().split()[0]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def measured(one: Measure, pid: int) -> Taken:
    before = on_cpu(pid)
    wall = one()
    return wall, on_cpu(pid) - before


def inserting(browser: Browser) -> Measure:
    """Return the asking for the floor page that keeps a form."""
    values = [("f_a2", "leak"), ("f_a5", "1200"), ("f_b1", "张三"), ("f_c1", "楼上卫生间漏水到楼下，双方多次争吵。")]
    return lambda: browser.post("/floor/insert", values)


def summary(taken: list[Taken], floors: list[Taken]) -> dict[str, float]:
    walls = sorted(wall for wall, _cpu in taken)
    p50, cpu = statistics.median(walls), statistics.median(cpu for _wall, cpu in taken)
    return {
        "p50_ms": p50 * 1000,
        "p95_ms": walls[int(len(walls) * 0.95)] * 1000,
        "cpu_ms": cpu * 1000,
        "ratio": p50 / statistics.median(wall for wall, _cpu in floors),
        "cpu_ratio": cpu / statistics.median(cpu for _wall, cpu in floors),
        "n": len(walls),
    }
