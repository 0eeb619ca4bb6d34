"""Imports of records from workbooks: each run from the upload to its end, and which records came of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, Scoped


class ImportState(StrEnum):
    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    WRITING = "writing"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"


WORKING = frozenset({ImportState.CHECKING, ImportState.WRITING, ImportState.UNDOING})


class ImportRun(Scoped, Base):
    """One file on its way into a register. Its place is that of the importer, as for a draft.

    `mapping` says which column is which question (services/import_maps.py); `problems` holds what the dry run found,
    sealed as one text, or nothing. The file itself lies sealed beside the uploads under `uid`.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        sa.UniqueConstraint("uid"),
        sa.Index("ix_import_run_form", "form_id", "sha256"),
        sa.Index("ix_import_run_author", "author_id", "id"),
        sa.CheckConstraint(
            "state in ('uploaded','checking','checked','writing','done','undoing','undone','failed')", "state"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(32))
    form_id: Mapped[int] = mapped_column(sa.ForeignKey("form.id"))
    version: Mapped[int]
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    filename: Mapped[str] = mapped_column(sa.String(120))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    mapping: Mapped[dict[str, Any]]
    state: Mapped[ImportState] = mapped_column(sa.String(10))
    rows: Mapped[int] = mapped_column(default=0)  # records found by the dry run
    done: Mapped[int] = mapped_column(default=0)  # how far a long piece of work has come
    problems: Mapped[list[Any]]
    failure: Mapped[str] = mapped_column(sa.String(300), default="")
    reason: Mapped[str] = mapped_column(sa.String(200), default="")  # why it was undone
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    def __str__(self) -> str:
        return self.filename


class ImportedRecord(Base):
    """Which record came of which run, and of which row of its sheet."""

    __tablename__ = "imported_record"
    __table_args__ = (sa.Index("ix_imported_record_run_id", "run_id"),)

    record_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("record.id"), primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("import_run.id"))
    line: Mapped[int]
