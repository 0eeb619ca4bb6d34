"""Where a fill goes: SQLite in one transaction without a journal, PostgreSQL by COPY. Indexes are built at the end."""

from __future__ import annotations

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL

from models.records import SEARCHED
from queries.indexing import NUMBER, TEXT, Place

MUCH = 2_000_000  # records whose index rows are no longer sorted in memory
RECORD = (
    "id", "uid", "form_id", "version", "serial", "number", "state", "created_at", "updated_at", "answers",
    "county_id", "town_id", "village_id", "org_id", "row_version",
)  # fmt: skip
REVISION = ("record_id", "n", "version", "state", "answers", "hidden", "reason", "at")
INDEX = ("form_id", "fid", "town_id", "value", "record_id", "village_id")


@dataclass(frozen=True)
class Row:
    """One record with what is derived from it. `index` holds (table, fid, town, value, village)."""

    serial: int
    number: str
    at: datetime
    answers: str
    place: Place
    index: Sequence[tuple[str, str, int, Any, int]]
    words: Sequence[str]


@dataclass(frozen=True)
class Counters:
    """What record_count, field_count and field_month say in the end."""

    places: Mapping[tuple[Any, ...], int]
    values: Mapping[tuple[Any, ...], int]
    months: Mapping[tuple[Any, ...], tuple[int, int, int]]

    def tables(self, form_id: int) -> Iterator[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]]:
        place, value = ("county_id", "town_id", "village_id", "month"), ("fid", "value", "town_id", "village_id")
        month = ("place_id", "fid", "month", "value")
        yield "record_count", ("form_id", *place, "n"), [(form_id, *key, n) for key, n in self.places.items()]
        yield "field_count", ("form_id", *value, "n"), [(form_id, *key, n) for key, n in self.values.items()]
        rows = sorted((form_id, *key, *sums) for key, sums in self.months.items())
        yield "field_month", ("form_id", *month, "n", "whole", "micro"), rows


class Sink(ABC):
    """A database under filling."""

    def __init__(self, form_id: int) -> None:
        self.form_id = form_id

    @abstractmethod
    def write(self, batch: Sequence[Row]) -> None: ...

    @abstractmethod
    def finish(self, counters: Counters) -> None: ...

    def records(self, batch: Iterable[Row], stamp: Any) -> Iterator[tuple[Any, ...]]:
        for row in batch:
            at, place = stamp(row.at), row.place
            spot = (place.county_id, place.town_id or None, place.village_id or None, place.org_id)
            start = (row.serial, f"{row.serial:032x}", self.form_id, 1, row.serial, row.number, "active")
            yield (*start, at, at, row.answers, *spot, 1)

    def revisions(self, batch: Iterable[Row], stamp: Any) -> Iterator[tuple[Any, ...]]:
        return ((row.serial, 1, 1, "active", row.answers, "{}", "", stamp(row.at)) for row in batch)


class SqliteSink(Sink):
    """Index rows wait in one temporary table a field, so that each field is sorted by itself at the end."""

    def __init__(self, path: str, form_id: int, rows: int) -> None:
        super().__init__(form_id)
        os.environ["SQLITE_TMPDIR"] = str(Path(path).parent)
        self.raw = sqlite3.connect(path, isolation_level=None)
        self.waiting: set[tuple[str, str]] = set()
        store = "FILE" if rows > MUCH else "MEMORY"
        self.raw.executescript(
            f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-1000000; PRAGMA temp_store={store};"
            "DROP INDEX ix_record_text_record; DROP INDEX ix_record_number_record; BEGIN;"
        )

    def write(self, batch: Sequence[Row]) -> None:
        self._insert("record", RECORD, self.records(batch, _text))
        self._insert("record_revision", REVISION, self.revisions(batch, _text))
        lines: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        for row in batch:
            for table, fid, town, value, village in row.index:
                lines.setdefault((table, fid), []).append((town, value, row.serial, village))
        for (table, fid), those in lines.items():
            if (table, fid) not in self.waiting:
                self.waiting.add((table, fid))
                self.raw.execute(f"CREATE TEMP TABLE t_{table}_{fid} (town, value, id, village)")
            self.raw.executemany(f"INSERT INTO t_{table}_{fid} VALUES (?,?,?,?)", those)
        words = ((row.serial, " ".join(row.words)) for row in batch)
        self.raw.executemany("INSERT INTO record_fts (rowid, grams) VALUES (?,?)", words)

    def finish(self, counters: Counters) -> None:
        for table, fid in sorted(self.waiting):
            self.raw.execute(
                f"INSERT INTO {table} (form_id, fid, town_id, value, record_id, village_id) "
                f"SELECT {self.form_id}, '{fid}', town, value, id, village FROM t_{table}_{fid} "
                "ORDER BY town, value, id"
            )
            self.raw.execute(f"DROP TABLE t_{table}_{fid}")
        for name in (TEXT, NUMBER):
            self.raw.execute(f"CREATE INDEX ix_{name}_record ON {name} (record_id)")
        for table, names, rows in counters.tables(self.form_id):
            self._insert(table, names, rows)
        self.raw.execute("COMMIT")
        self.raw.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA optimize;")
        self.raw.close()

    def _insert(self, table: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        marks = ",".join("?" * len(names))
        self.raw.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


class PostgresSink(Sink):
    """Rows come by COPY; keys and indexes of the derived tables are made once all rows are there."""

    KEYS = "form_id, fid, town_id, value, record_id"

    def __init__(self, uri: str, form_id: int) -> None:
        super().__init__(form_id)
        self.raw = psycopg.connect(uri)
        for statement in (
            "SET session_replication_role = replica",  # the rows are right already: no key is asked about
            "SET maintenance_work_mem = '512MB'",
            "DROP INDEX ix_record_text_record", "DROP INDEX ix_record_number_record",
            "DROP INDEX ix_record_search_grams",
            *(f"ALTER TABLE {name} DROP CONSTRAINT pk_{name}" for name in (TEXT, NUMBER)),
        ):  # fmt: skip
            self.raw.execute(statement)

    def write(self, batch: Sequence[Row]) -> None:
        self._copy("record", RECORD, self.records(batch, _same))
        self._copy("record_revision", REVISION, self.revisions(batch, _same))
        for name in (TEXT, NUMBER):
            lines = (
                (self.form_id, fid, town, value, row.serial, village)
                for row in batch
                for table, fid, town, value, village in row.index
                if table == name
            )
            self._copy(name, INDEX, lines)
        words = ((row.serial, self.form_id, sorted(set(row.words))) for row in batch)
        self._copy("record_search", ("record_id", "form_id", "grams"), words)

    def finish(self, counters: Counters) -> None:
        for table, names, rows in counters.tables(self.form_id):
            self._copy(table, names, rows)
        for name in (TEXT, NUMBER):
            self.raw.execute(f"ALTER TABLE {name} ADD CONSTRAINT pk_{name} PRIMARY KEY ({self.KEYS})")
            self.raw.execute(f"CREATE INDEX ix_{name}_record ON {name} (record_id)")
        self.raw.execute(f"CREATE INDEX ix_record_search_grams ON record_search USING gin ({SEARCHED})")
        self.raw.execute("SELECT setval(pg_get_serial_sequence('record', 'id'), (SELECT max(id) FROM record))")
        self.raw.commit()
        self.raw.autocommit = True
        self.raw.execute("VACUUM ANALYZE")
        self.raw.close()

    def _copy(self, table: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        with self.raw.cursor().copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


def _same(at: datetime) -> datetime:
    return at


@contextmanager
def sink_for(address: URL, form_id: int, rows: int) -> Iterator[Sink]:
    """Open the database of an application for filling."""
    if address.get_backend_name() == "sqlite":
        yield SqliteSink(str(address.database), form_id, rows)
    else:
        yield PostgresSink(address.set(drivername="postgresql").render_as_string(hide_password=False), form_id)
