"""The ledger's acts as bare statements on the same tables: what the product is measured against."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import make_url

LOCK = 0x5A_48_43_4F
AT, DAY, LAST = "2026-11-22 06:00:00.000000", "2026-11-22", "2026-12-31"
_COLUMNS = {
    "coin_journal": "id, uid, body_hash, kind, effective_on, recorded_at, actor_name, origin, memo, prev_hash, hash,"
    " county_id, town_id, village_id, org_id",
    "coin_line": "journal_id, n, from_id, to_id, amount, from_after, to_after",
    "coin_lot": "account_id, journal_id, amount, remaining, expires_on",
}
_JOURNAL, _LINE, _LOT = (
    f"INSERT INTO {table} ({names}) VALUES ({','.join('?' * len(names.split(',')))})"
    for table, names in _COLUMNS.items()
)
_MONTH = (
    "INSERT INTO coin_month (county_id, month, town_id, village_id, flow, rule_item_id, n, coins)"
    " VALUES (?,?,?,?,'earn',0,?,?) ON CONFLICT (county_id, month, town_id, village_id, flow, rule_item_id)"
    " DO UPDATE SET n = coin_month.n + excluded.n, coins = coin_month.coins + excluded.coins"
)
_USE = "INSERT INTO coin_lot_use (lot_id, journal_id, amount) VALUES (?,?,?)"
_MOVE = (
    "INSERT INTO coin_stock_move (station_id, good_id, kind, quantity, after, price, journal_id, note, at)"
    " VALUES (?,?,'redeem',-1,?,?,?,'',?)"
)
_HEAD = "SELECT id, hash FROM coin_journal ORDER BY id DESC LIMIT 1"
_LOTS = "SELECT id, remaining FROM coin_lot WHERE account_id = ? AND remaining > 0 ORDER BY expires_on, id"


class Raw:
    """One connection of the driver. `guarded` computes the chain; without it the hash is any."""

    def __init__(self, address: str, place: Sequence[int], *, guarded: bool = True) -> None:
        self.place, self.guarded = tuple(place), guarded
        self.sqlite = address.startswith("sqlite")
        self.path = make_url(address).database or ""
        self.ask = self._sqlite() if self.sqlite else self._postgres(address)
        self.newest = (0, "")

    def _sqlite(self) -> Callable[..., Any]:
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON",
                       "cache_size=-65536", "mmap_size=268435456", "temp_store=MEMORY"):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")
        return connection.execute

    def _postgres(self, address: str) -> Callable[..., Any]:
        uri = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
        self.connection = connection = psycopg.connect(uri, autocommit=True)
        return lambda sql, values=(): connection.execute(sql.replace("?", "%s"), values or None)

    @contextmanager
    def act(self) -> Iterator[None]:
        """One transaction, in the product's own queue."""
        with self._queue():
            self.ask("BEGIN IMMEDIATE" if self.sqlite else "BEGIN")
            if not self.sqlite:
                self.ask("SELECT pg_advisory_xact_lock(?)", (LOCK,))
            yield
            self.ask("COMMIT")

    @contextmanager
    def _queue(self) -> Iterator[None]:
        if not self.sqlite:
            yield
            return
        handle = os.open(f"{self.path}.queue", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def head(self) -> tuple[int, str]:
        row = self.ask(_HEAD).fetchone()
        return (row[0], row[1]) if row else (0, "0" * 64)

    def balances(self, *accounts: int) -> dict[int, int]:
        marks = ",".join("?" * len(accounts))
        found = self.ask(f"SELECT id, balance FROM coin_account WHERE id IN ({marks})", accounts)
        return dict(found.fetchall())

    def journal(self, kind: str, newest: tuple[int, str], line: tuple[int, int, int], there: dict[int, int]) -> int:
        """Write a journal of one line behind the newest and move `there` on."""
        giver, taker, _amount = line
        journal, stated = self.rows(kind, newest, line, there)
        self.ask(_JOURNAL, journal)
        self.ask(_LINE, stated)
        if not self.guarded:
            for ident in (giver, taker):
                self.ask("UPDATE coin_account SET balance = ? WHERE id = ?", (there[ident], ident))
        return self.newest[0]

    def rows(
        self, kind: str, newest: tuple[int, str], line: tuple[int, int, int], there: dict[int, int]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return the rows of a journal behind the newest and of its line, and move `newest` and `there` on."""
        giver, taker, amount = line
        last, prev = newest
        uid = uuid.uuid4().hex
        there[giver] -= amount
        there[taker] += amount
        told = json.dumps([last + 1, uid, kind, DAY, AT, prev, line, there[giver], there[taker]])
        hashed = hashlib.sha256(told.encode()).hexdigest() if self.guarded else uid + uid
        self.newest = (last + 1, hashed)
        return (
            (last + 1, uid, hashed, kind, DAY, AT, "系统", "bench", "", prev, hashed, *self.place),
            (last + 1, 1, giver, taker, amount, there[giver], there[taker]),
        )

    def earn(self, budget: int, purse: int, amount: int) -> None:
        with self.act():
            self.ask("SELECT id FROM coin_journal WHERE uid = ?", (uuid.uuid4().hex,)).fetchone()
            number = self.journal("earn", self.head(), (budget, purse, amount), self.balances(budget, purse))
            self.ask(_LOT, (purse, number, amount, amount, LAST))

    def redeem(self, purse: int, till: int, station: int, good: int, price: int) -> None:
        with self.act():
            self.ask("SELECT id FROM coin_journal WHERE uid = ?", (uuid.uuid4().hex,)).fetchone()
            stock = "SELECT on_hand FROM coin_stock WHERE station_id = ? AND good_id = ?"
            on_hand = self.ask(stock, (station, good)).fetchone()[0]
            lots, wanted = self.ask(_LOTS, (purse,)).fetchall(), price
            number = self.journal("redeem", self.head(), (purse, till, price), self.balances(purse, till))
            for lot, remaining in lots:
                part = min(remaining, wanted)
                self.ask(_USE, (lot, number, part))
                wanted -= part
                if not wanted:
                    break
            self.ask(_MOVE, (station, good, on_hand - 1, price, number, AT))

    def earn_all(self, budget: int, purses: Sequence[int], amount: int) -> None:
        """Many earnings in one commit."""
        with self.act():
            newest, there = self.head(), self.balances(budget, *set(purses))
            for purse in purses:
                number = self.journal("earn", newest, (budget, purse, amount), there)
                newest = self.newest
                self.ask(_LOT, (purse, number, amount, amount, LAST))

    def fill(self, budget: int, purses: Sequence[int], amount: int) -> None:
        """Make many earnings for the sake of their number: on PostgreSQL by COPY, with what its triggers would do."""
        if self.sqlite:
            self.earn_all(budget, purses, amount)
            return
        with self.act():
            self.ask("SET LOCAL session_replication_role = replica")  # no triggers
            self.newest, there = self.head(), self.balances(budget, *set(purses))
            rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _COLUMNS}
            for purse in purses:
                journal, line = self.rows("earn", self.newest, (budget, purse, amount), there)
                lot = (purse, self.newest[0], amount, amount, LAST)
                for table, row in zip(rows, (journal, line, lot), strict=True):
                    rows[table].append(row)
            for table, found in rows.items():
                with self.connection.cursor().copy(f"COPY {table} ({_COLUMNS[table]}) FROM STDIN") as copy:
                    for row in found:
                        copy.write_row(row)
            for ident, balance in there.items():
                self.ask("UPDATE coin_account SET balance = ? WHERE id = ?", (balance, ident))
            county, town, village, _org = self.place
            self.ask(_MONTH, (county, DAY[:7], town, village, len(purses), amount * len(purses)))
