"""`python -m bench --rows 1000000`: fill once, measure, print a table, write JSON beside it."""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app import create_app  # noqa: TID251 - a benchmark starts the whole house, as tests do
from bench.client import Browser
from bench.fill import fill, verify
from bench.server import settings_for
from services.demo_county import PASSWORD

OUT = Path(__file__).resolve().parent / "out"
REGISTER = "/admin/f/neighbour_dispute/"
READER = "dispatcher.county"  # sees all fifteen townships: the widest scope there is
TARGET = 5.0
WARM_UP = 5
HELD_TO_TARGET = {"list page 1", "deep page", "filter by two fields", "sort by a field", "search two characters"}
Measure = Callable[[], float]
Taken = tuple[float, float]  # seconds on the wall, seconds on a processor


@dataclass(frozen=True)
class Page:
    """What is measured: the asking, and what must be there before and is not measured."""

    ask: Measure
    prepare: Callable[[], None] = lambda: None


def prepare(rows: int, *, fresh: bool) -> Path:
    """Return a data folder with so many records, filling it when it is not there yet."""
    folder = OUT / f"data-{rows}"
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    done = folder / "filled.json"
    if done.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    app = create_app(settings_for(folder))
    with app.app_context():
        begun = time.perf_counter()
        form_id = fill(rows)
        print(f"filled {rows:,} records in {time.perf_counter() - begun:.0f} s")
        begun = time.perf_counter()
        print(f"compared {verify(form_id):,} of them with their index in {time.perf_counter() - begun:.0f} s")
    done.write_text(json.dumps({"rows": rows}))
    return folder


def start(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-m", "bench.server", str(folder), str(port)], env={**os.environ})
    for _ in range(300):
        try:
            Browser(port).get("/floor/")
        except OSError:
            time.sleep(0.1)
        else:
            return process, port
    raise AssertionError("the server does not answer")


def cursor(ident: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([None, ident]).encode()).decode().rstrip("=")


def pages(folder: Path, browser: Browser, rows: int) -> dict[str, Page]:
    """Return what is measured, by name."""
    village = sqlite3.connect(folder / "zhiye.db").execute("SELECT id FROM org_unit WHERE name = '余村村'").fetchone()
    village = village or sqlite3.connect(folder / "zhiye.db").execute("SELECT min(village_id) FROM org_unit").fetchone()
    turn = iter(range(10**9))

    def opened() -> float:
        return browser.get(f"{REGISTER}{rows // 2 + next(turn)}/")

    form: list[tuple[str, list[tuple[str, str]]]] = []

    def edited() -> None:
        path = f"{REGISTER}{rows // 3 + next(turn)}/edit"
        browser.get(path)
        values = [(name, value) for name, value in browser.fields().values if name != "f_a5"]
        form[:] = [(path, [*values, ("f_a5", str(1000 + next(turn))), ("save", "1")])]

    def saved() -> float:
        took = browser.post(*form[0])
        if not browser.location:
            raise AssertionError(browser.body.decode()[:3000])
        return took

    plain = {
        "list page 1": REGISTER,
        "deep page": f"{REGISTER}?after={cursor(rows // 10)}",
        "filter by two fields": f"{REGISTER}?f_a2=leak&f_a1={village[0]}",
        "filter by value and range": f"{REGISTER}?f_a2=leak&f_a5_ge=20000",
        "sort by a field": f"{REGISTER}?sort=-a5",
        "search two characters": f"{REGISTER}?q={quote('漏水')}",
        "search a phrase": f"{REGISTER}?q={quote('漏水多年未修')}",
    }
    found = {name: Page(lambda path=path: browser.get(path)) for name, path in plain.items()}  # type: ignore[misc]
    return {**found, "open a record": Page(opened), "save a record": Page(saved, prepare=edited)}


def on_cpu(pid: int) -> float:
    """Return the seconds a process has spent on a processor (Linux): what a busy machine cannot distort."""
    return sum(int(one.read_text().split()[0]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def measured(one: Measure, pid: int) -> Taken:
    before = on_cpu(pid)
    wall = one()
    return wall, on_cpu(pid) - before


def measure(browser: Browser, todo: dict[str, Page], rounds: int, pid: int) -> dict[str, dict[str, float]]:
    """Measure everything in turns with the floor, in another order each round: a busy moment hits both alike."""
    order = list(todo)
    pick = random.Random(rounds)
    taken: dict[str, list[tuple[Taken, Taken]]] = {name: [] for name in order}
    for number in range(rounds + WARM_UP):
        pick.shuffle(order)
        for name in order:
            todo[name].prepare()
            pair = (measured(lambda: browser.get("/floor/"), pid), measured(todo[name].ask, pid))
            if number >= WARM_UP:
                taken[name].append(pair)
    floors = [base for pairs in taken.values() for base, _took in pairs]
    found = {"floor": summary(floors, floors)}
    return found | {name: summary([t for _f, t in pairs], [f for f, _t in pairs]) for name, pairs in taken.items()}


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


def report(found: dict[str, dict[str, float]]) -> bool:
    """Print the table; return whether every page held to the target keeps it."""
    kept = True
    print(f"{'':28}{'p50 ms':>10}{'p95 ms':>10}{'x floor':>10}{'cpu ms':>10}{'x floor':>10}")
    for name, one in found.items():
        late = name in HELD_TO_TARGET and one["ratio"] > TARGET
        kept = kept and not late
        figures = (one["p50_ms"], one["p95_ms"], one["ratio"], one["cpu_ms"], one["cpu_ratio"])
        print(f"{name:28}{''.join(f'{figure:10.2f}' for figure in figures)}{' !' if late else ''}")
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--fresh", action="store_true", help="fill again even when the data is there")
    asked = parser.parse_args()
    folder = prepare(asked.rows, fresh=asked.fresh)
    process, port = start(folder)
    try:
        browser = Browser(port)
        browser.sign_in(READER, PASSWORD)
        found = measure(browser, pages(folder, browser, asked.rows), asked.rounds, process.pid)
        found |= measure_export(browser, folder, process.pid)
    finally:
        process.terminate()
        process.wait(30)
    kept = report(found)
    result: dict[str, Any] = {"rows": asked.rows, "target": TARGET, "kept": kept, "pages": found}
    path = OUT / f"result-{asked.rows}.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False))
    print(f"\n{path}")
    return 0 if kept else 1


def measure_export(browser: Browser, folder: Path, pid: int) -> dict[str, dict[str, float]]:
    """Export the newest days that together hold at most 5,000 rows."""
    by_day = "SELECT value, count(*) FROM record_text WHERE form_id = 1 AND fid = 'a4' GROUP BY value ORDER BY 1 DESC"
    total, first = 0, ""
    for day, number in sqlite3.connect(folder / "zhiye.db").execute(by_day):
        if total + number > 5_000:
            break
        total, first = total + number, day
    path = f"{REGISTER}export?type=xlsx&f_a4_ge={first}"
    taken = [measured(lambda: browser.get(path), pid) for _ in range(3)]
    if not browser.body.startswith(b"PK"):
        raise AssertionError("no workbook came back")
    floors = [measured(lambda: browser.get("/floor/"), pid) for _ in range(9)]
    return {f"export of {total:,} rows": summary(taken, floors)}


if __name__ == "__main__":
    sys.exit(main())
