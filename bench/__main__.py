"""`python -m bench --rows 1000000 [--engine postgresql]`: fill once, measure, print a table, write JSON beside it."""

from __future__ import annotations

import argparse
import base64
import json
import random
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app import create_app  # noqa: TID251 - a benchmark starts the whole house, as tests do
from bench import exchange
from bench.client import Browser
from bench.databases import ask, database
from bench.fill import fill, verify
from bench.form import INDEXED, KEY
from bench.measuring import WARM_UP, Measure, Taken, inserting, measured, start, summary
from bench.server import settings_for
from services.demo_county import PASSWORD

OUT = Path(__file__).resolve().parent / "out"
REGISTER = f"/admin/f/{KEY}/"
READER = "dispatcher.county"  # sees all fifteen townships: the widest scope there is
TARGET = 4.0
SORTED = tuple(fid for fid in INDEXED if fid not in {"a1", "c2"})  # a place and several options have no order
FREE = frozenset({"open a record", "search a phrase"})  # measured, but held to nothing


@dataclass(frozen=True)
class Page:
    """What is measured: the asking, what must be there before and is not measured, and whether it keeps something."""

    ask: Measure
    prepare: Callable[[], None] = lambda: None
    writes: bool = False


def prepare(folder: Path, address: str, rows: int, *, fresh: bool) -> None:
    """Fill a data folder with so many records, unless it is."""
    done = folder / "filled.json"
    if done.exists() and not fresh:
        return
    app = create_app(settings_for(folder, address))
    with app.app_context():
        begun = time.perf_counter()
        form_id = fill(rows)
        print(f"filled {rows:,} records in {time.perf_counter() - begun:.0f} s")
        begun = time.perf_counter()
        print(f"compared {verify(form_id):,} of them with their index in {time.perf_counter() - begun:.0f} s")
    done.write_text(json.dumps({"rows": rows}))


def cursor(ident: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([None, ident]).encode()).decode().rstrip("=")


def pages(address: str, browser: Browser, rows: int) -> dict[str, Page]:
    """Return what is measured, by name."""
    (village,) = ask(address, "SELECT min(village_id) FROM org_unit WHERE name = '余村村'")[0]
    village = village or ask(address, "SELECT min(village_id) FROM org_unit")[0][0]
    plain = {
        "list page 1": "",
        "deep page": f"?after={cursor(rows // 10)}",
        "filter by two fields": f"?f_a2=leak&f_a1={village}",
        "filter by a range": "?f_a5_ge=1000&f_a5_le=3000",
        "filter by value and range": "?f_a2=leak&f_a5_ge=20000",
        "filter by what it is not": "?f_a2_ne=leak&f_d4_filled=1",
        **{f"sort by {fid}": f"?sort=-{fid}" for fid in SORTED},
        "search two characters": f"?q={quote('漏水')}",
        "search a phrase": f"?q={quote('漏水多年未修')}",
        "cross-tab by month": "statistics/?span=36",
        "cross-tab by option": "statistics/?span=36&split=a2",
        "cross-tab of a sum": "statistics/?span=36&of=d2",
    }
    found = {name: Page(lambda path=path: browser.get(REGISTER + path)) for name, path in plain.items()}  # type: ignore[misc]
    turn = iter(range(10**9))
    found["open a record"] = Page(lambda: browser.get(f"{REGISTER}{rows // 2 + next(turn)}/"))
    return {**found, "change a record": _changing(browser, rows), "enter a record": _entering(browser)}


def _changing(browser: Browser, rows: int) -> Page:
    turn = iter(range(10**9))
    form: list[tuple[str, list[tuple[str, str]]]] = []

    def opened() -> None:
        path = f"{REGISTER}{rows // 3 + next(turn)}/edit"
        browser.get(path)
        values = [(name, value) for name, value in browser.fields().values if name != "f_a5"]
        form[:] = [(path, [*values, ("f_a5", str(1000 + next(turn))), ("save", "1")])]

    return Page(lambda: _saved(browser, *form[0]), prepare=opened, writes=True)


def _entering(browser: Browser) -> Page:
    """Go through the pages of a new entry; measured is the last press, with which the record is made."""
    turn = iter(range(10**9))
    form: list[tuple[str, list[tuple[str, str]]]] = []

    def filled() -> None:
        number = next(turn)
        answers = {
            "f_a2": "leak", "f_a4": "2026-11-20", "f_a5": str(300 + number), "f_b1": "张三", "f_b3": "13812342084",
            "f_c1": "楼上卫生间漏水到楼下，双方多次争吵。", "f_d1": "3", "f_d2": "1200.50", "f_d3": "true",
            "f_d4": "4", "f_d5": "visit",
        }  # fmt: skip
        browser.follow(f"/field/f/{KEY}/new")
        while not browser.path.endswith("/check"):
            fields = browser.fields()
            values = [(name, value) for name, value in fields.values if name not in {*answers, "f_a1"}]
            asked = {f"f_{fid}" for fid in dict(values).get("asked", "").split()}
            values += [(name, value) for name, value in answers.items() if name in asked]
            if "f_a1" in asked:
                values.append(("f_a1", fields.first_option("f_a1")))
            browser.send(browser.path, [*values, ("next", "1")])
        form[:] = [(browser.path, browser.fields().values)]

    return Page(lambda: _saved(browser, *form[0]), prepare=filled, writes=True)


def _saved(browser: Browser, path: str, values: list[tuple[str, str]]) -> float:
    took = browser.post(path, values)
    if not browser.location:
        raise AssertionError(browser.body.decode()[:3000])
    return took


def measure(browser: Browser, todo: dict[str, Page], rounds: int, pid: int) -> dict[str, dict[str, float]]:
    """Measure everything in turns with the floor, in another order each round: a busy moment hits both alike."""
    order = list(todo)
    pick = random.Random(rounds)
    taken: dict[str, list[tuple[Taken, Taken]]] = {name: [] for name in order}
    for number in range(rounds + WARM_UP):
        pick.shuffle(order)
        for name in order:
            todo[name].prepare()
            base = inserting(browser) if todo[name].writes else lambda: browser.get("/floor/")
            pair = (measured(base, pid), measured(todo[name].ask, pid))
            if number >= WARM_UP:
                taken[name].append(pair)
    found = {}
    for name, writes in (("floor", False), ("floor insert", True)):
        floors = [base for one, pairs in taken.items() if todo[one].writes == writes for base, _took in pairs]
        found[name] = summary(floors, floors)
    return found | {name: summary([t for _f, t in pairs], [f for f, _t in pairs]) for name, pairs in taken.items()}


def report(found: dict[str, dict[str, float]], held: set[str]) -> bool:
    """Print the table; return whether every page held to the target keeps it."""
    kept = True
    print(f"{'':28}{'p50 ms':>10}{'p95 ms':>10}{'x floor':>10}{'cpu ms':>10}{'x floor':>10}")
    for name, one in found.items():
        late = name in held and one["ratio"] > TARGET
        kept = kept and not late
        figures = (one["p50_ms"], one["p95_ms"], one["ratio"], one["cpu_ms"], one["cpu_ratio"])
        print(f"{name:28}{''.join(f'{figure:10.2f}' for figure in figures)}{' !' if late else ''}")
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--fresh", action="store_true", help="fill again even when the data is there")
    parser.add_argument("--exchange", action="store_true", help="measure imports and exports too (SQLite)")
    asked = parser.parse_args()
    name = f"{asked.rows}" if asked.engine == "sqlite" else f"{asked.engine}-{asked.rows}"
    folder = OUT / f"data-{name}"
    if asked.fresh or not (folder / "filled.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    with database(asked.engine, folder) as address:
        prepare(folder, address, asked.rows, fresh=asked.fresh)
        found, held = measure_pages(folder, address, asked)
    if asked.exchange and asked.engine == "sqlite":
        found |= exchange.measure(folder)
    kept = report(found, held)
    result: dict[str, Any] = {
        "rows": asked.rows,
        "engine": asked.engine,
        "target": TARGET,
        "kept": kept,
        "pages": found,
    }
    path = OUT / f"result-{name}.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False))
    print(f"\n{path}")
    return 0 if kept else 1


def measure_pages(
    folder: Path, address: str, asked: argparse.Namespace
) -> tuple[dict[str, dict[str, float]], set[str]]:
    """Return what all pages took, and the names of those held to the target."""
    process, port = start(folder, address)
    try:
        browser = Browser(port)
        browser.sign_in(READER, PASSWORD)
        todo = pages(address, browser, asked.rows)
        found = measure(browser, todo, asked.rounds, process.pid)
        found |= measure_export(browser, address, process.pid)
    finally:
        process.terminate()
        process.wait(30)
    return found, todo.keys() - FREE


def measure_export(browser: Browser, address: str, pid: int) -> dict[str, dict[str, float]]:
    """Export the newest days that together hold at most 5,000 rows."""
    by_day = "SELECT value, count(*) FROM record_text WHERE form_id = 1 AND fid = 'a4' GROUP BY value ORDER BY 1 DESC"
    total, first = 0, ""
    for day, number in ask(address, by_day):
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
