"""Verification of the audit chain: ids without gaps, every hash over its row and the one before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import RowMapping

from models.audit import GENESIS, HASHED, AuditEvent, chain_hash
from models.base import snapshot

BATCH = 1000


@dataclass(frozen=True)
class Break:
    """The first row that does not fit, and why (for operators, in Chinese)."""

    id: int
    reason: str


def first_break() -> tuple[int, Break | None]:
    """Walk the chain in order. Returns (rows that fit, the first break or None)."""
    columns = [getattr(AuditEvent, name) for name in (*HASHED, "hash")]
    query = sa.select(*columns).order_by(AuditEvent.id).execution_options(yield_per=BATCH)
    with snapshot() as connection, connection.execute(query) as result:  # a server-side cursor
        return _walk(result.mappings())


def _walk(events: Iterable[RowMapping]) -> tuple[int, Break | None]:
    expected, head = 1, GENESIS
    for found in events:
        row = {str(name): value for name, value in found.items()}
        if row["id"] != expected:
            return expected - 1, Break(expected, f"缺少这一行（下一行是 {row['id']}）")
        if row["prev_hash"] != head:
            return expected - 1, Break(expected, "与上一行接不上")
        if chain_hash(row) != row["hash"]:
            return expected - 1, Break(expected, "内容与校验值不符，已被改动")
        expected, head = expected + 1, row["hash"]
    return expected - 1, None
