"""Imports and exports under measurement, each in a process of its own: time and the most memory it ever held.

`python -m bench.exchange import 10000` and `python -m bench.exchange export DATA_FOLDER` print one result as JSON.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import xlsxwriter
from flask_migrate import upgrade

from app import create_app  # noqa: TID251 - a benchmark starts the whole house, as tests do
from bench.fill import END, SEED, SYSTEM, _raw
from config import Settings
from models.access import Actor
from models.base import db
from models.exports import ExportJob
from models.forms import Form
from models.imports import ImportRun
from queries.accounts import person, user_by_username
from queries.conditions import Request
from queries.export_rows import Options
from services import demo, exports, imports
from services.demo_forms import NEIGHBOUR_DISPUTE
from shell.files import export_store, file_store, import_store

ROWS = 10_000
MEMORY_MOST_MB = 150
TABLES = ("record", "record_revision", "record_text", "record_number", "imported_record")
OFFICIAL = "dispatcher.county"


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Return an import of 10,000 rows and an export of everything in a filled folder, in the shape of the pages."""
    found = {}
    for name, asked in (("import", str(ROWS)), ("export", str(folder))):
        told = subprocess.run(
            [sys.executable, "-m", "bench.exchange", name, asked], check=True, capture_output=True, text=True
        ).stdout
        one = json.loads(told.splitlines()[-1])
        print(
            f"{one['what']}: {one['seconds']:.1f} s, at most {one['memory_mb']:.0f} MB, {one.get('ratio', 0):.1f} x raw"
        )
        milliseconds = one["seconds"] * 1000
        found[one["what"]] = {
            "p50_ms": milliseconds, "p95_ms": milliseconds, "cpu_ms": one["cpu"] * 1000, "ratio": one.get("ratio", 0),
            "cpu_ratio": one.get("ratio", 0), "n": 1, "memory_mb": one["memory_mb"],
        }  # fmt: skip
    return found


def settings_of(folder: Path) -> Settings:
    return Settings(data_dir=folder, embedded_jobs=False, rate_limits=False)


def forget_peak() -> None:
    """Begin to measure memory anew: what a process held while it started is not what it is measured for (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> float:
    """Return the most memory since then, in MB: the whole process, its libraries included."""
    told = Path("/proc/self/status").read_text()
    return int(told.split("VmHWM:")[1].split()[0]) / 1024


def official() -> Actor:
    user = user_by_username(OFFICIAL)
    assert user is not None
    found = person(user.id, origin="bench", today=END.date())
    assert found is not None
    return found[0]


def workbook(rows: int, villages: list[str]) -> bytes:
    """Return rows as an official would have them, with labels and names."""
    pick = random.Random(SEED)
    items = [item for page in NEIGHBOUR_DISPUTE["pages"] for item in page["items"]]
    heads = {item["fid"]: item["label"] for item in items if item["type"] not in {"image", "note"}}
    labels = {
        (item["fid"], option["value"]): _chinese(option["label"])
        for item in items
        for option in item.get("options", ())
    }
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        paper = book.add_worksheet("登记")
        for column, label in enumerate(heads.values()):
            paper.write_string(0, column, _chinese(label))
        for line in range(1, rows + 1):
            raw = {"a1": pick.choice(villages), "a4": "2026-01-01", **_raw(pick)}
            for column, fid in enumerate(heads):
                value = raw.get(fid)
                several = value if isinstance(value, list) else [value]
                text = "、".join(labels.get((fid, one), str(one)) for one in several if one is not None)
                if text:
                    paper.write_string(line, column, text)
    return out.getvalue()


def _chinese(label: Any) -> str:
    return label["zh_Hans_CN"] if isinstance(label, dict) else str(label)


def run_import(rows: int) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="zhiye-bench"))
    app = create_app(settings_of(folder))
    with app.test_request_context():
        upgrade()
        demo.seed_county(actor=SYSTEM, at=END)
        demo.seed_accounts(actor=SYSTEM, at=END)
        form = demo.seed_forms(actor=SYSTEM, at=END)[0]
        actor = official()
        names = db.session.execute(
            sa.text("SELECT min(name) FROM org_unit WHERE level = 'village' GROUP BY name HAVING count(*) = 1")
        )
        data = workbook(rows, [name for (name,) in names])
        forget_peak()
        begun, cpu = time.perf_counter(), time.process_time()
        run = imports.start_import(
            form, io.BytesIO(data), filename="bench.xlsx", store=import_store(), actor=actor, at=END
        )
        marks = [("taken in", time.process_time() - cpu)]
        upload = imports.open_upload(run, form, store=import_store(), actor=actor, locale="zh_Hans_CN")
        imports.check_import(upload, actor=actor, at=END, today=END.date())
        marks.append(("tried out", time.process_time() - cpu))
        run = db.session.scalars(sa.select(ImportRun)).one()
        assert run.problems == [], run.problems[:3]
        imports.write_import(upload, actor=actor, at=END, today=END.date())
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        marks.append(("written", cpu))
        memory = peak()
        run = db.session.scalars(sa.select(ImportRun)).one()
        assert (run.state, run.rows) == ("done", rows)
        path = str(db.engine.url.database)
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    raw = raw_inserts(path)
    shutil.rmtree(folder)
    taken_in, tried, written = (took for _name, took in marks)
    act = written - tried - (tried - taken_in)  # writing judges all rows once more
    print(", ".join(f"{name} after {took:.1f} s of processor" for name, took in marks))
    print(f"raw inserts {raw:.2f} s of processor; the act alone {act / raw:.1f} x, all of it {cpu / raw:.1f} x")
    return {"what": f"import of {rows:,} rows", "seconds": seconds, "cpu": cpu, "ratio": cpu / raw, "memory_mb": memory}


def raw_inserts(path: str) -> float:
    """Return the processor seconds that the bare statements take for the same rows, index and words too."""
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        kept = {name: base.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}
        words = base.execute(
            "SELECT record_id, group_concat(value, ' ') FROM record_text GROUP BY record_id"
        ).fetchall()
        base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF;")
        for trigger in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f"DROP TRIGGER {trigger[0]}")
        for name in (*TABLES, "record_fts"):
            base.execute(f"DELETE FROM {name}")
        begun = time.process_time()
        base.execute("BEGIN IMMEDIATE")
        for name, rows in kept.items():
            if rows:
                base.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * len(rows[0]))})", rows)
        base.executemany("INSERT INTO record_fts (rowid, grams) VALUES (?, ?)", words)
        base.execute("COMMIT")
        return time.process_time() - begun


def run_export(folder: Path) -> dict[str, Any]:
    app = create_app(settings_of(folder))
    with app.test_request_context():
        form = db.session.get_one(Form, 1)
        actor = official()
        at = datetime.now(UTC)  # noqa: TID251 - nobody else gives a benchmark its time
        job_id = exports.ask_export(form, Request(), Options(), actor=actor, at=at).id
        assert exports.begin_export(job_id, at=at)
        forget_peak()
        begun, cpu = time.perf_counter(), time.process_time()
        exports.run_export(
            job_id, actor=actor, at=lambda: at, today=END.date(), locale="zh_Hans_CN", store=export_store(),
            files=file_store(),
        )  # fmt: skip
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        job = db.session.get_one(ExportJob, job_id)
        rows, size, memory = job.done, job.size, peak()
        export_store().path(job.uid).unlink()
    print(f"{size / 1024 / 1024:.1f} MB written")
    return {"what": f"export of {rows:,} rows to a file", "seconds": seconds, "cpu": cpu, "memory_mb": memory}


def main() -> int:
    what, asked = sys.argv[1:3]
    found = run_import(int(asked)) if what == "import" else run_export(Path(asked))
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
