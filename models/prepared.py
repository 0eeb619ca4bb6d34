"""Statements of busy pages and acts: written in Core, compiled once for each dialect, run on the driver's connection.

To run a statement through SQLAlchemy costs some 60 us of CPU on top of it, through the driver some 5; a posting has
eight, a list eleven. Use it where that is felt. There is no autoflush here: an act that has written objects and asks
for them flushes first.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from models.base import Base, Session, db

Convert = Callable[[Any], Any]
K = TypeVar("K")
E = TypeVar("E", bound=Base)
DRIVER = "driver"  # where the session keeps the cursor of its transaction


class Prepared:
    """A statement, for an INSERT with the columns it names. Values go in and come out as Core would pass them."""

    def __init__(self, statement: sa.ClauseElement, *columns: str) -> None:
        self._statement, self._columns = statement, list(columns) or None
        self._spelled: dict[str, _Spelled] = {}

    def all(self, **values: Any) -> list[Any]:
        """Return the rows as named tuples."""
        found: list[Any] = self._run(values, _Spelled.rows)
        return found

    def first(self, **values: Any) -> Any | None:
        """Return the first row, None where there is none. The statement should ask for no more."""
        found = self._run(values, _Spelled.rows)
        return found[0] if found else None

    def run(self, **values: Any) -> None:
        """Run a statement that returns no rows."""
        self._run(values, _Spelled.run)

    def insert(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            self._run(row, _Spelled.run)

    def run_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of some rows, in one call of the driver."""
        if rows:
            self._run(rows, _Spelled.run_all)

    def _run(self, values: Any, how: Callable[..., Any]) -> Any:
        dialect, cursor = driver()
        spelled = self._spelled.get(dialect.name)
        if spelled is None:
            spelled = self._spelled[dialect.name] = _spell(self._statement, self._columns, dialect)
        try:
            return how(spelled, cursor, values)
        except dialect.loaded_dbapi.Error as error:
            raise _named(error, spelled.sql, dialect) from error


def rows_of(sql: str, values: Mapping[str, Any]) -> list[Any]:
    """Return the rows of a text put together for the driver, as plain tuples, on the same terms."""
    dialect, cursor = driver()
    try:
        found: list[Any] = cursor.execute(sql, values).fetchall()
    except dialect.loaded_dbapi.Error as error:
        raise _named(error, sql, dialect) from error
    return found


def _named(error: Exception, sql: str, dialect: sa.Dialect) -> Exception:
    """Name an error of the driver as SQLAlchemy names it, without what people typed."""
    kind = dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, kind, hide_parameters=True, dialect=dialect)


def insertion(table: sa.Table, *left_out: str) -> Prepared:
    """Return the INSERT of all columns of a table but those that the database fills in."""
    return Prepared(sa.insert(table).inline(), *(column.key for column in table.c if column.key not in left_out))


@dataclass(frozen=True, slots=True)
class _Spelled:
    """A statement in the words of one dialect."""

    sql: str
    order: Convert | None  # puts positional parameters into theirs; None where the driver takes them by name
    fixed: Mapping[str, Any]  # values that the statement itself says
    inward: Sequence[tuple[str, Convert]]
    outward: Sequence[tuple[int, Convert]]
    row: Convert

    def run(self, cursor: Any, values: Mapping[str, Any]) -> Any:
        return cursor.execute(self.sql, self._sent(values))

    def run_all(self, cursor: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        if len(rows) == 1:
            self.run(cursor, rows[0])
        else:
            cursor.executemany(self.sql, [self._sent(row) for row in rows])

    def _sent(self, values: Mapping[str, Any]) -> Any:
        sent = {**self.fixed, **values}
        for name, convert in self.inward:
            sent[name] = convert(sent[name])
        return sent if self.order is None else self.order(sent)

    def rows(self, cursor: Any, values: Mapping[str, Any]) -> list[Any]:
        found = self.run(cursor, values).fetchall()
        for place, convert in self.outward:
            found = [(*one[:place], convert(one[place]), *one[place + 1 :]) for one in found]
        return [self.row(one) for one in found]


def driver() -> tuple[sa.Dialect, Any]:
    """Return a cursor of the driver on the session's connection, its transaction open: one for all it asks."""
    session = db.session()
    found: tuple[sa.Dialect, Any] | None = session.info.get(DRIVER)
    if found is None:
        connection = session.connection()
        found = session.info[DRIVER] = connection.dialect, connection.connection.cursor()
    return found


@event.listens_for(Session, "after_transaction_end")
def _let_go(session: Any, _transaction: Any) -> None:
    found = session.info.pop(DRIVER, None)
    if found is not None:  # its connection is others' now; whoever holds an error holds the cursor, and the file open
        found[1].close()


def _spell(statement: Any, columns: list[str] | None, dialect: sa.Dialect) -> _Spelled:
    compiled = statement.compile(dialect=dialect, column_keys=columns)
    if columns and compiled.insert_prefetch:
        raise ValueError(f"say these too, no default is computed here: {compiled.insert_prefetch}")
    names = {name: bind for bind, name in compiled.bind_names.items()}
    shown = list(getattr(statement, "exported_columns", ()))  # of an INSERT those it returns; a text has none
    row = namedtuple("Row", [column.key for column in shown])  # type: ignore[misc]
    return _Spelled(
        str(compiled),
        _ordering(compiled.positiontup or ()) if compiled.positional else None,
        {name: bind.value for name, bind in names.items() if bind.value is not None and not bind.required},
        _converting((name, bind.type.dialect_impl(dialect).bind_processor(dialect)) for name, bind in names.items()),
        _converting((n, one.type.dialect_impl(dialect).result_processor(dialect, None)) for n, one in enumerate(shown)),
        row._make,
    )


def _ordering(names: Sequence[str]) -> Convert:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda sent: [sent[name] for name in names]


def _converting(found: Iterable[tuple[K, Convert | None]]) -> tuple[tuple[K, Convert], ...]:
    return tuple((key, convert) for key, convert in found if convert)


def literally(number: int) -> sa.ColumnElement[int]:
    """Return a limit as part of the text: of one that is a parameter PostgreSQL assumes a tenth of all rows."""
    return sa.literal_column(str(number), sa.Integer())


def unseen(name: str, kind: sa.types.TypeEngine[Any]) -> sa.ScalarSelect[Any]:
    """Return a parameter as a question of its own, whose answer PostgreSQL does not see when it plans.

    Where it sees a value that is rarer than others it plans anew each time, which takes longer than to read some rows.
    """
    return sa.select(sa.bindparam(name, type_=kind)).scalar_subquery()


def many(number: int) -> list[sa.BindParameter[Any]]:
    """Return parameters for an IN over so many values; `numbered` names the values."""
    return [sa.bindparam(f"one_{n}") for n in range(max(number, 1))]


def numbered(values: Sequence[Any]) -> dict[str, Any]:
    """Return the values of `many`; NULL, which nothing equals, where there are none."""
    return {f"one_{n}": value for n, value in enumerate(values or [None])}


def entity(model: type[E], row: Any, *, anew: bool = False) -> E:
    """Return the session's object of a row (or of values by name), as if the session had read it.

    Columns left out are read when asked for. `anew` is for a row read under lock, which counts more than what the
    session knew before.
    """
    session, values = db.session(), row if isinstance(row, dict) else row._asdict()
    key = identity_key(model, tuple(values[column.key] for column in sa.inspect(model).primary_key))
    known: E | None = session.identity_map.get(key)
    if known is None:
        known = saying(model, values)
        make_transient_to_detached(known)
        session.add(known)
    else:
        say(known, values if anew else {name: values[name] for name in sa.inspect(known).unloaded & values.keys()})
    return known


def saying(model: type[E], values: Mapping[str, Any]) -> E:
    """Return an object with these values that no session knows, as the ORM makes one of a row: without its constructor.

    That sets each value as a change which somebody might take back, at 15 us more for a record.
    """
    made: Any = sa.inspect(model).class_manager.new_instance()
    vars(made).update(values)
    return cast("E", made)


def say(thing: Base, values: Mapping[str, Any]) -> None:
    """Let an object of the session say what its row says already: nothing is to be written."""
    for name, value in values.items():
        set_committed_value(thing, name, value)
