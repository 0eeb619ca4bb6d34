"""The workbook a form was imported from: kept whole, so that an export changes only what changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class FormWorkbook(Base):
    """The last workbook imported into a form. Importing again replaces it.

    `names` says what the workbook calls things that are called otherwise here (engine.xlsform.reading.Names); `marks`
    lists what had no counterpart and must be looked at, each with cell, column, text, fid, message and params.
    """

    __tablename__ = "form_workbook"

    form_id: Mapped[int] = mapped_column(sa.ForeignKey("form.id"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    names: Mapped[dict[str, Any]]
    marks: Mapped[dict[str, Any]]
    imported_at: Mapped[datetime]
    imported_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
