"""The rows of a register's table as markup: fifty of them, cell by cell, take a template half of the page's time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from markupsafe import Markup, escape

from queries.records import Listed
from queries.registers import Cell, CellState
from shell.i18n import moment


@dataclass(frozen=True)
class Rows:
    """The records of one page with their cells; `labels` head the columns, and on phones every cell says its own."""

    base: str
    labels: Sequence[str]
    records: Sequence[Listed]
    cells: Sequence[Sequence[Cell]]

    def __len__(self) -> int:
        return len(self.records)

    def markup(self, *, ticked: bool) -> Markup:
        """Return all rows; `ticked` puts a box before each."""
        heads = [f'<td data-label="{escape(label)}">' for label in self.labels]
        words = {
            CellState.EMPTY: _("未填"), CellState.HIDDEN: _("条件隐藏"), CellState.NOT_ASKED: _("未询问"),
            CellState.CLOSED: _("无权查看"),
        }  # fmt: skip
        blank = {state: f'<span class="muted">{escape(text)}</span>' for state, text in words.items()}
        first = f'<td class="lead-cell" data-label="{escape(_("编号"))}">'
        last = f'<td data-label="{escape(_("登记时间"))}"><span class="num nowrap">'
        pick = str(escape(_("选择"))) if ticked else ""
        lines = []
        for record, cells in zip(self.records, self.cells, strict=True):
            address, number = f"{escape(self.base)}{record.id}/", escape(record.number)
            told = "".join(
                f"{head}<span>{escape(cell.text)}</span></td>" if cell.state == CellState.FILLED
                else f"{head}{blank[cell.state]}</td>"
                for head, cell in zip(heads, cells, strict=True)
            )  # fmt: skip
            lines.append(
                f'<tr data-href="{address}">{_box(record.id, f"{pick} {number}") if ticked else ""}'
                f'{first}<a href="{address}">{number}</a></td>{told}{last}{moment(record.created_at)}</span></td></tr>'
            )
        return Markup("\n".join(lines))  # noqa: S704 - every part of it is escaped


def _box(ident: int, label: str) -> str:
    return (
        f'<td class="pick"><input class="form-check-input" type="checkbox" form="bulk" name="rowid" value="{ident}" '
        f'aria-label="{label}"></td>'
    )
