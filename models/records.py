"""Register entries: one row with its answers document, its revisions, and the derived index and counters."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base, BigId, Scoped, Versioned
from models.forms import Form, FormVersion
from models.orgs import OrgUnit

Exact = sa.Numeric(38, 0).with_variant(sa.BigInteger(), "sqlite")  # whole numbers beyond 64 bits on PostgreSQL


class RecordState(StrEnum):
    ACTIVE = "active"
    VOID = "void"


class Record(Scoped, Versioned, Base):
    """An entry, pinned for ever to the form version it was entered with.

    `answers` maps fid to the stored value; sealed kinds store {"sealed": ..., "mask": ...} (services/records.py).
    `uid` is minted when the entry page opens, so a double click or a retry is one record.
    """

    __tablename__ = "record"
    __table_args__ = (
        sa.ForeignKeyConstraint(["form_id", "version"], ["form_version.form_id", "form_version.number"]),
        sa.UniqueConstraint("uid"),
        sa.UniqueConstraint("form_id", "serial"),
        sa.CheckConstraint("state in ('active','void')", "state"),
        sa.Index("ix_record_county", "form_id", "state", "county_id", "id"),
        sa.Index("ix_record_town", "form_id", "state", "town_id", "id"),
        sa.Index("ix_record_village", "form_id", "state", "village_id", "id"),
        sa.Index("ix_record_org", "org_id", "form_id", "id"),
        sa.Index("ix_record_author", "author_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(32))
    form_id: Mapped[int] = mapped_column(sa.ForeignKey("form.id"))
    version: Mapped[int]
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(sa.String(32))
    state: Mapped[RecordState] = mapped_column(sa.String(8), default=RecordState.ACTIVE)
    stage: Mapped[str | None] = mapped_column(sa.String(64))  # None is the first stage of its form, if it has any
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    answers: Mapped[dict[str, Any]]

    form: Mapped[Form] = relationship(foreign_keys="Record.form_id", overlaps="form_version")
    form_version: Mapped[FormVersion] = relationship(foreign_keys="[Record.form_id, Record.version]", overlaps="form")
    author: Mapped[User | None] = relationship()
    village: Mapped[OrgUnit | None] = relationship(foreign_keys="Record.village_id")
    town: Mapped[OrgUnit | None] = relationship(foreign_keys="Record.town_id")

    def __str__(self) -> str:
        return self.number


class RecordRevision(Base):
    """What a record said after each save. Append-only by triggers."""

    __tablename__ = "record_revision"
    __table_args__ = (sa.CheckConstraint("n >= 1", "n"),)

    record_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("record.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[RecordState] = mapped_column(sa.String(8))
    stage: Mapped[str | None] = mapped_column(sa.String(64))
    answers: Mapped[dict[str, Any]]
    hidden: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    at: Mapped[datetime]


def _index_table(name: str, value: sa.types.TypeEngine[Any]) -> sa.Table:
    """Build one side index. town_id and village_id are 0 where a record lies above that level.

    The primary key serves equality with newest-first order; `ix_..._sort` serves sorting by value.
    """
    return sa.Table(
        name,
        Base.metadata,
        sa.Column("form_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("fid", sa.String(32), primary_key=True),
        sa.Column("town_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", value, primary_key=True),
        sa.Column("record_id", BigId, primary_key=True, autoincrement=False),
        sa.Column("village_id", sa.Integer, nullable=False),
        sa.Index(f"ix_{name}_record", "record_id"),
        sqlite_with_rowid=False,
    )


# By code point on both engines: the order of a list must not depend on the collation of the database.
record_text = _index_table("record_text", sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql"))
record_number = _index_table("record_number", sa.Float(53))

# PostgreSQL finds records by these words: those of the answers, and where a record stands among all by its id.
STRETCHES = (13, 16, 19)  # binary digits of an id that a stretch leaves out: 8,192 records, 65,536 and 524,288
_STANDING = ", ".join(f"'@{shift}.' || (record_id >> {shift})::text" for shift in STRETCHES)
SEARCHED = f"(grams || ARRAY[{_STANDING}])"


def standing(record_id: int, shift: int) -> str:
    """Return the word that all records of a stretch have. It is longer than any pair of characters."""
    return f"@{shift}.{record_id >> shift}"


record_search = sa.Table(  # PostgreSQL's word index; SQLite uses the FTS5 table record_fts (see migrations)
    "record_search",
    Base.metadata,
    sa.Column("record_id", BigId, primary_key=True, autoincrement=False),
    sa.Column("form_id", sa.Integer, nullable=False),
    sa.Column("grams", sa.JSON().with_variant(ARRAY(sa.Text), "postgresql"), nullable=False),
)


class RecordCount(Base):
    """How many active records a form has per place and month ("2026-11"), kept in the act's own transaction."""

    __tablename__ = "record_count"
    __table_args__ = (sa.CheckConstraint("n >= 0", "n"),)

    form_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    county_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    town_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    village_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[str] = mapped_column(sa.String(7), primary_key=True)
    n: Mapped[int]


class FieldCount(Base):
    """How many active records carry one value of one field, per place: drives charts and the choice of index."""

    __tablename__ = "field_count"
    __table_args__ = (sa.CheckConstraint("n >= 0", "n"),)

    form_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fid: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    town_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    village_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int]


class FieldMonth(Base):
    """What statistics read: how many active records carry a value, and their sum, per unit and month.

    A record counts once for its county, its township and its village (`place_id`), so that no page adds up two
    hundred villages. fid "" stands for the records themselves; value "" for no answer, "*" for any number. A sum is
    `whole` plus `micro` millionths: exact, and beyond what one 64-bit number holds.
    """

    __tablename__ = "field_month"
    __table_args__ = (sa.CheckConstraint("n >= 0", "n"), {"sqlite_with_rowid": False})

    form_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fid: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    month: Mapped[str] = mapped_column(sa.String(7), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    n: Mapped[int]
    whole: Mapped[int] = mapped_column(Exact, default=0)
    micro: Mapped[int] = mapped_column(Exact, default=0)
