"""A register on paper: the rows of a list, and the form itself to be filled in by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l

from admin.guard import ZhiyeView, expose
from admin.hub_door import form_at
from admin.hub_list import ListRequest
from queries import records, registers
from queries.forms import definition
from queries.indexing import shape
from queries.records import MOST_ROWS
from queries.settings import county_title
from services.printing import note_printed
from shell import clock, i18n
from shell.access import actor

BLANK_ROWS = 4  # of a repeat on an empty form
LARGE = frozenset({"textarea", "signature", "image"})


class HubPrint(ZhiyeView):
    """The rows of a list, laid out for paper."""

    allows = {"list": "record:export"}

    @expose("/")
    def index_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:export")
        asked = ListRequest(form, request.args, actor(), i18n.locale())
        query = replace(asked.query, after="", limit=MOST_ROWS)
        page = records.page(form, actor(), query, "record:export")
        cells = registers.table(page.records, asked.fids, known=shape(form.id), actor=actor(), locale=i18n.locale())
        # Taken out of the records now: they are gone from the session once the audit is written.
        rows = [(one.number, one.created_at, line) for one, line in zip(page.records, cells, strict=True)]
        more = page.next is not None
        note_printed(form, query, rows=len(rows), actor=actor(), at=clock.now())
        return self.render(
            "admin/hub/print.html", form=form, asked=asked, rows=rows, more=more, most=MOST_ROWS, at=clock.now(),
            office=county_title(form.county_id),
        )  # fmt: skip


class HubBlank(ZhiyeView):
    """The newest version of the form, with lines and boxes instead of answers."""

    allows = {"list": "record:list"}

    @expose("/")
    def index_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:list")
        newest = definition(form.id, form.current_version or 1)
        return self.render(
            "admin/hub/blank.html", form=form, definition=newest, office=county_title(form.county_id), rows=BLANK_ROWS,
            large=LARGE,
        )  # fmt: skip


def views() -> list[ZhiyeView]:
    """Return what admin/__init__.py registers."""
    return [
        HubPrint(name=_l("打印"), endpoint="hub_print", url="/admin/f/<form_key>/print"),
        HubBlank(name=_l("空白表"), endpoint="hub_blank", url="/admin/f/<form_key>/blank"),
    ]
