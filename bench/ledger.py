"""`python -m bench.ledger [--engine postgresql]`: the ledger's acts against bare statements, alternately in one run.

Both do the same durable work on the same tables with the same triggers, in the same queue, each act one transaction
with its fsync (bench/ledger_raw.py): the uid is asked for, the head and the balances are read, the journal is hashed
onto the one before and written with its line, from which the triggers move the balances, and its lot or what it takes
from lots and stock. The bare path asks for no right, no closed month and no debt, and reads no place.

CPU is of this process, so on PostgreSQL the server's own is not in it; the wall has both. What is done in turns is done
on one processor (bench/processors.py), eight processes at once on all.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import shutil
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from bench.counter import measure_counter
from bench.databases import database
from bench.ledger_world import ACTOR, AT, HOUSEHOLDS, TODAY, World, address_of, build, close, settle, unguard
from bench.processors import ALL, ONE, keep_to
from models.base import db
from models.coins import CoinHold
from models.people import Household
from queries.ledger_audit import audit_ledger
from queries.purses import history_of, purse_of
from services.coins import earn
from services.point_imports import import_points
from services.point_sheets import COLUMNS, read_points
from services.redemptions import hand_over, hold, redeem

OUT = Path(__file__).resolve().parent / "out"
LAST = date(2026, 12, 31)
PROCESSES, TURNS = 8, 4
WARM_UP = 10
EACH_OWN, NEIGHBOURS = 60, 200  # lines of a household, and how many households get theirs in turns
# What is held to at most (or, for throughput, at least): name -> (figure, limit).
LIMITS = {
    "earn": ("cpu_ratio", 3.0), "redeem": ("cpu_ratio", 5.0), "import": ("cpu_ratio", 10.0),
    "triggers and chain": ("cpu_ratio", 1.4), "balance": ("ratio", 2.0), "statement": ("ratio", 2.0),
    "audit": ("cpu_us_per_journal", 40.0), "counter over HTTP": ("ratio", 4.0),
}  # fmt: skip
LEAST_THROUGHPUT, WORST_WAIT = 0.6, 1.0
Taken = tuple[float, float]  # seconds on the wall, seconds on the processor
Crowd = tuple[int, float, float]  # acts, seconds for all of them, the longest wait


# ---------- the product's path ----------


def asked() -> dict[str, Any]:
    return {"uid": uuid.uuid4().hex, "actor": ACTOR, "at": AT, "today": TODAY}


def product_earn(world: World, turn: int, amount: int = 20) -> Callable[[], object]:
    home = _home(world, turn)
    return lambda: posted(home, amount)


def posted(home: Household, amount: int) -> object:
    return earn(home, points=amount, effective_on=TODAY, expires_on=LAST, **asked())


def product_redeem(world: World, turn: int) -> Callable[[], object]:
    db.session.remove()
    home = world.households[turn % HOUSEHOLDS]
    return lambda: redeem(home, world.station, {world.good: 1}, **asked())


def product_voucher(world: World, turn: int) -> Callable[[], object]:
    """Hold goods and hand them over: two acts, of which a redemption is one."""
    db.session.remove()
    home = world.households[turn % HOUSEHOLDS]

    def act() -> None:
        held = hold(home, world.station, {world.good: 1}, **asked())
        hand_over(db.session.get_one(CoinHold, held.hold_id), **asked())

    return act


def _home(world: World, turn: int) -> Household:
    """Return whom an act is for, as the page before it has looked them up: that is not measured."""
    db.session.remove()
    return db.session.get_one(Household, world.households[turn % HOUSEHOLDS])


# ---------- measuring ----------


def taken(act: Callable[[], object]) -> Taken:
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - cpu


def against(
    floor: Callable[[int], object], path: Callable[[int], Callable[[], object]], rounds: int
) -> dict[str, float]:
    """Measure both alternately; a busy moment hits both alike."""
    pairs = [(taken(lambda n=n: floor(n)), taken(path(n))) for n in range(rounds + WARM_UP)]  # type: ignore[misc]
    return _beside(pairs[WARM_UP:])


def _beside(pairs: Sequence[tuple[Taken, Taken]]) -> dict[str, float]:
    """Return the medians of floors and of what was measured beside them, and their ratios."""
    floors, paths = [one for one, _ in pairs], [one for _, one in pairs]
    middle = [statistics.median(one[place] for one in found) for found in (floors, paths) for place in (0, 1)]
    return {
        "floor_us": middle[0] * 1e6, "us": middle[2] * 1e6, "ratio": middle[2] / middle[0],
        "floor_cpu_us": middle[1] * 1e6, "cpu_us": middle[3] * 1e6, "cpu_ratio": middle[3] / middle[1],
    }  # fmt: skip


def measure_acts(product: World, plain: World, bare: World, rounds: int) -> dict[str, dict[str, float]]:
    raw, free = plain.raw(), bare.raw(guarded=False)
    with product.app.app_context():
        found = {
            "earn": against(
                lambda n: raw.earn(plain.budget, plain.purses[n % HOUSEHOLDS], 20),
                lambda n: product_earn(product, n), rounds,
            ),
            "redeem": against(
                lambda n: raw.redeem(plain.purses[n % HOUSEHOLDS], plain.till, plain.station, plain.good, 7),
                lambda n: product_redeem(product, n), rounds,
            ),
            "hold and hand over": against(
                lambda n: raw.redeem(plain.purses[n % HOUSEHOLDS], plain.till, plain.station, plain.good, 7),
                lambda n: product_voucher(product, n), rounds,
            ),
        }  # fmt: skip
        found["triggers and chain"] = against(
            lambda n: free.earn(bare.budget, bare.purses[n % HOUSEHOLDS], 20),
            lambda n: lambda: raw.earn(plain.budget, plain.purses[n % HOUSEHOLDS], 20), rounds,
        )  # fmt: skip
    return found


def measure_import(product: World, plain: World, rows: int) -> dict[str, float]:
    """Import a workbook of so many rows in one commit; its reading is part of it."""
    raw, out = plain.raw(), io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        paper = book.add_worksheet()
        paper.write_row(0, 0, COLUMNS)
        for number in range(rows):
            paper.write_row(number + 1, 0, (f"H{number % HOUSEHOLDS:05d}", "", "", "", 5, "2026-11-20", "修桥"))

    def product_import() -> None:
        points = read_points(out.getvalue(), most_bytes=len(out.getvalue()))
        done = import_points(points, actor=ACTOR, at=AT, today=TODAY)
        assert done.posted == rows

    floor = taken(lambda: raw.earn_all(plain.budget, [plain.purses[n % HOUSEHOLDS] for n in range(rows)], 5))
    with product.app.app_context():
        path = taken(product_import)
    return {
        "floor_us": floor[0] / rows * 1e6, "us": path[0] / rows * 1e6, "ratio": path[0] / floor[0],
        "floor_cpu_us": floor[1] / rows * 1e6, "cpu_us": path[1] / rows * 1e6, "cpu_ratio": path[1] / floor[1],
    }  # fmt: skip


def measure_crowd(product: World, plain: World, each: int) -> dict[str, dict[str, float]]:
    """Let eight processes post at once, bare and by the product, in turns; acts a second, and the longest wait.

    Whom an act is for is known before, as everywhere here; with the look-up in the same session it is told beside it.
    """

    def bare(number: int) -> Callable[[int], object]:
        raw = plain.raw()
        return lambda n: raw.earn(plain.budget, plain.purses[(number * each + n) % HOUSEHOLDS], 1)

    def known(number: int) -> Callable[[int], object]:
        homes = [db.session.get_one(Household, ident) for ident in product.households]
        db.session.expunge_all()
        return lambda n: posted(homes[(number * each + n) % HOUSEHOLDS], 1)

    def sought(number: int) -> Callable[[int], object]:
        return lambda n: product_earn(product, number * each + n, 1)()

    workers = {"bare": (plain, bare), "8 processes": (product, known), "with the look-up": (product, sought)}
    found: dict[str, list[Crowd]] = {name: [] for name in workers}
    for _ in range(TURNS):
        for name, (world, worker) in workers.items():
            found[name].append(_crowd(world, worker, each))
    floor = _throughput(found.pop("bare"))
    return {
        name: {
            "floor_a_second": floor, "a_second": _throughput(one), "share": _throughput(one) / floor,
            "worst_wait_s": max(wait for _acts, _span, wait in one),
        }
        for name, one in found.items()
    }  # fmt: skip


def _throughput(crowds: list[Crowd]) -> float:
    """Return the acts a second of all turns together."""
    return sum(acts for acts, _span, _wait in crowds) / sum(span for _acts, span, _wait in crowds)


def _crowd(world: World, worker: Callable[[int], Callable[[int], object]], each: int) -> Crowd:
    fork = multiprocessing.get_context("fork")
    go, mouths = fork.Barrier(PROCESSES), fork.SimpleQueue()

    def live(number: int) -> None:
        with world.app.app_context():
            act = worker(number)
            for n in range(WARM_UP):
                act(n)
            go.wait()
            begun, waits = time.time(), [taken(lambda n=n: act(n))[0] for n in range(each)]  # type: ignore[misc]
            mouths.put((begun, time.time(), max(waits)))
        os._exit(0)

    processes = [fork.Process(target=live, args=(number,)) for number in range(PROCESSES)]
    for process in processes:
        process.start()
    said = [mouths.get() for _ in processes]
    for process in processes:
        process.join()
    span = max(one[1] for one in said) - min(one[0] for one in said)
    return PROCESSES * each, span, max(one[2] for one in said)


def measure_size(small: World, large: World, lines: int) -> dict[str, dict[str, float]]:
    """Read purses and statements with a thousand lines in the ledger, and with many, in turns.

    A ledger grows by its households: each has sixty lines, as the one that is held to the limit has in both. Of a busy
    one, which has a hundredth of all lines and of all lots that are not spent besides, it is told only.
    """
    for world, size in ((small, 1_000), (large, max(lines, 1_000))):
        settle(world, size // EACH_OWN)
        raw, ours = world.raw(), world.purses[: size // EACH_OWN]
        for begun in range(0, len(ours), NEIGHBOURS):
            raw.fill(world.budget, ours[begun : begun + NEIGHBOURS] * EACH_OWN, 1)
        raw.fill(world.budget, [ours[1]] * (size // 100), 1)
        if not raw.sqlite:
            raw.ask("ANALYZE")  # as the server does by itself, but not within the seconds of this filling
    reads = {
        f"{kind}{name}": (place, read)
        for place, kind in enumerate(("", "busy "))
        for name, read in (("balance", purse_of), ("statement", history_of))
    }
    found: dict[str, dict[str, float]] = {}
    for name, (place, read) in reads.items():
        pairs = [(_read(small, place, read), _read(large, place, read)) for _ in range(60)][WARM_UP:]
        found[name] = _beside(pairs)
    return found


def _read(world: World, place: int, read: Callable[[Household], object]) -> Taken:
    """Read something of a household, after it was read once: its page has looked it up, and is open."""
    with world.app.app_context():
        home = db.session.get_one(Household, world.households[place])
        read(home)
        return taken(lambda: read(home))


def measure_audit(world: World) -> dict[str, float]:
    with world.app.app_context():
        cpu = time.process_time()
        audited = audit_ledger()
        spent = time.process_time() - cpu
        if audited.breaches:
            raise AssertionError(str(audited.breaches[0]))
        close()
    return {"journals": audited.journals, "cpu_us_per_journal": spent / max(audited.journals, 1) * 1e6}


def report(found: dict[str, dict[str, float]], engine: str) -> bool:
    """Print the figures; return whether all limits are kept."""
    late = []
    for name, figures in found.items():
        print(f"{name:20}" + "  ".join(f"{key} {value:,.2f}" for key, value in figures.items()))
        figure, limit = LIMITS.get(name, ("", 0.0))
        if figure == "cpu_ratio" and engine != "sqlite":
            figure = "ratio"  # the server's work is not on this process's clock
        if figure and figures[figure] > limit:
            late.append(f"{name}: {figure} {figures[figure]:.2f} > {limit}")
    crowd = found["8 processes"]
    if crowd["share"] < LEAST_THROUGHPUT or crowd["worst_wait_s"] > WORST_WAIT:
        late.append(f"8 processes: {crowd['share']:.2f} of the bare throughput, wait {crowd['worst_wait_s']:.2f} s")
    print(*(late or ["all limits are kept"]), sep="\n")
    return not late


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.ledger")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--import-rows", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=100, help="acts of each of the eight processes")
    parser.add_argument("--lines", type=int, default=1_000_000)
    given = parser.parse_args()
    folder = OUT / f"ledger-{given.engine}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with database(given.engine, folder) as address:
        product, plain, bare = (
            build(folder / name, address_of(address, folder, name)) for name in ("product", "raw", "bare")
        )
        unguard(bare)
        keep_to(ONE, folder)
        found = measure_acts(product, plain, bare, given.rounds)
        found["import"] = measure_import(product, plain, given.import_rows)
        with product.app.app_context():
            close()
        keep_to(ALL, folder)  # eight at once are not in turns
        found |= measure_crowd(product, plain, given.each)
        keep_to(ONE, folder)
        found["counter over HTTP"] = measure_counter(product, folder / "product", given.rounds)
        found["audit"] = measure_audit(product)
        small, large = (build(folder / name, address_of(address, folder, name)) for name in ("small", "large"))
        found |= measure_size(small, large, given.lines)
    kept = report(found, given.engine)
    path = OUT / f"ledger-{given.engine}.json"
    path.write_text(json.dumps({**vars(given), "kept": kept, "found": found}, indent=2))
    print(f"\n{path}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
