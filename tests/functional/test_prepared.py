"""Statements run on the driver say, and refuse, what Core would; the writers' queue is held until the commit."""

from __future__ import annotations

import fcntl
import os
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError

from models.base import db, table_of
from models.coins import CoinJournal, CoinLot
from models.orgs import OrgUnit
from models.prepared import Prepared, insertion
from models.records import FieldCount, record_number, record_text
from models.rows import Rows, write_together
from services.transaction import write_transaction
from tests.support.cast import Cast
from tests.support.coins import Station

UNKNOWN = 999_999
_journal, _lot = table_of(CoinJournal), table_of(CoinLot)


def test_a_prepared_statement_gives_what_core_gives(cast: Cast) -> None:
    Station(cast).earn("H1", 20)
    for table in (_journal, _lot):  # whole numbers, texts, days, instants, nothing
        query = sa.select(*table.c).order_by(table.c.id).limit(5)
        assert [tuple(row) for row in Prepared(query).all()] == [tuple(row) for row in db.session.execute(query)]


def test_an_insertion_refused_by_the_database_tells_nothing_that_was_typed(cast: Cast) -> None:
    Station(cast).earn("H1", 20)
    lot = {"account_id": UNKNOWN, "journal_id": 1, "amount": 424_242, "remaining": 424_242, "expires_on": None}
    with pytest.raises(IntegrityError) as refused, write_transaction():
        insertion(_lot, "id").insert([lot])
    assert "424242" not in str(refused.value.args)
    assert db.session.scalar(sa.select(sa.func.count()).where(_lot.c.amount == 424_242)) == 0


def test_an_insertion_that_leaves_a_default_to_core_is_no_insertion(cast: Cast) -> None:
    with pytest.raises(ValueError, match="memo"), write_transaction():
        insertion(_journal, "memo").insert([{}])


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_writer_keeps_its_turn_past_a_savepoint_and_gives_it_back_with_the_commit(cast: Cast) -> None:
    seen: list[Any] = []
    sa.event.listen(db.session(), "after_commit", lambda _session: seen.append(_taken()))
    with write_transaction():
        with db.session.begin_nested():
            db.session.get_one(OrgUnit, cast.units["余村村"]).pinyin = "yucun"
        assert _taken()
    assert seen == [True, False]  # at the end of the savepoint, at the commit


def _taken() -> bool:
    """Tell whether somebody has the writers' lock."""
    handle = os.open(f"{db.engine.url.database}.queue", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)


def _indexed(record_id: int, value: Any) -> dict[str, Any]:
    return {"form_id": 1, "fid": "a1", "town_id": 0, "value": value, "record_id": record_id, "village_id": 0}


def test_rows_written_at_once_say_what_was_given(cast: Cast) -> None:
    texts = ["中文", "", "\\ \" ' %(x)s {}", "\t\n", "[1, null]"]
    numbers = [float("-inf"), float("inf"), 0.1, -1e300, 12345678901234567.0]
    with write_transaction():
        write_together([
            (Rows(record_text), [_indexed(n, value) for n, value in enumerate(texts)]),
            (Rows(record_number), [_indexed(n, value) for n, value in enumerate(numbers)]),
            (Rows(table_of(FieldCount)), []),
        ])  # fmt: skip
    for table, given in ((record_text, texts), (record_number, numbers)):
        assert list(db.session.scalars(sa.select(table.c.value).order_by(table.c.record_id))) == given


@pytest.mark.parametrize("engine_name", ["postgresql"])  # SQLite has no longest text
def test_of_rows_written_at_once_none_stays_where_one_is_too_long(cast: Cast) -> None:
    with pytest.raises(DataError), write_transaction():
        Rows(record_text).write([_indexed(1, "短"), _indexed(2, "长" * 201)])
    assert db.session.scalar(sa.select(sa.func.count()).select_from(record_text)) == 0
