"""What the address of a register page asks for: words, conditions, order, place; and how the page says it."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from admin.hub_asking import Asked, Choice, asked_of, plain, quick_inputs
from engine.definition import Definition, Item
from models.access import Actor
from models.forms import Form
from queries import records, registers
from queries.indexing import shape
from queries.views import ViewLine
from shell import clock
from shell.addresses import address

MOST_COLUMNS = 60
EVERYTHING = "all"  # names no view, where one would open by itself


class ListRequest:
    """A register page as asked for. Unknown names and impossible values are ignored, never an error."""

    def __init__(
        self, form: Form, args: MultiDict[str, str], actor: Actor, locale: str, view: ViewLine | None = None
    ) -> None:
        self.form, self.args, self.actor, self.locale, self.view = form, args, actor, locale, view
        self.base = address("hub.index_view", form_key=form.key)
        known = shape(form.id)
        self.definition: Definition = known.newest
        stage = registers.stage_column(form)
        self.has_stages = stage is not None
        self.columns = (*((stage,) if stage else ()), *registers.columns(form, actor))
        self.searchable = registers.searchable(form, actor)
        listed = {*self.definition.list_fids, *((stage.fid,) if stage else ())}
        self.by_fid = {item.fid: item for item in self.columns}
        self.chosen = [fid for fid in dict.fromkeys(plain_list(args.get("cols", ""))) if fid in self.by_fid]
        self.fids = self.chosen or [item.fid for item in self.columns if item.fid in listed]
        self.fields = [known.fields[fid] for fid in self.by_fid if fid in known.fields and fid in self.searchable]
        self.sortable = {field.fid for field in self.fields if field.sortable}
        self.words = plain(args.get("q", ""))
        self.sort, self.descending = self._order(args.get("sort", ""))
        asking = [name for name in args if name.startswith("f_")]
        about = [field for field in self.fields if any(name.startswith(f"f_{field.fid}") for name in asking)]
        self.conditions = [one for field in about for one in asked_of(field, args)]
        today = clock.today()
        self.query = records.Request(
            filters=tuple(one.filter(today, actor) for one in self.conditions),
            search=self.words,
            sort=self.sort,
            descending=self.descending,
            after=args.get("after", ""),
        )

    def document(self) -> dict[str, Any]:
        """Return what a saved view keeps of this page (services/views.py)."""
        sort = f"-{self.sort}" if self.sort and self.descending else self.sort
        conditions = [{"fid": one.item.fid, "op": one.operator, "values": list(one.values)} for one in self.conditions]
        parts = {"columns": self.chosen, "search": self.words, "sort": sort, "conditions": conditions}
        return {name: part for name, part in parts.items() if part}

    @property
    def changed(self) -> bool:
        """Tell whether the page asks something else than the view it came from."""
        kept = {name: part for name, part in self.view.document.items() if name != "chart"} if self.view else {}
        return self.view is not None and kept != self.document()

    def column_items(self) -> list[Item]:
        return [self.by_fid[fid] for fid in self.fids]

    def labels(self) -> list[str]:
        return [item.text(self.locale) for item in self.column_items()]

    def inputs(self) -> list[Choice]:
        """Return the inputs of the short condition panel, several for a range."""
        return [
            choice
            for field in self.fields
            if registers.filterable(field.item)
            for choice in quick_inputs(field, self.conditions_on(field.fid), self.actor, self.locale)
        ]

    def conditions_on(self, fid: str) -> list[Asked]:
        return [one for one in self.conditions if one.item.fid == fid]

    def chips(self) -> list[tuple[str, str]]:
        """Return what narrows the list, each with the address without it."""
        chips = [(_("搜索：%(words)s", words=self.words), self.url(q=None))] if self.words else []
        told = ((one.told(self.actor, self.locale), self.url(**{one.name: None})) for one in self.conditions)
        return [*chips, *told]

    def kept(self, *names: str) -> list[tuple[str, str]]:
        """Return the arguments a GET form carries on as hidden inputs, but for those it sets itself."""
        return [(name, value) for name, value in self._state.items() if name not in names]

    def sort_url(self, item: Item) -> str | None:
        """Return the address that sorts by an item, the other way round when it already does."""
        if item.fid not in self.sortable:
            return None
        turned = self.sort == item.fid and self.descending
        return self.url(sort=item.fid if turned else f"-{item.fid}")

    def url(self, **changes: str | None) -> str:
        """Return the address of this list with some arguments changed; paging starts anew."""
        state = {**self._state, **changes}
        given = urlencode({name: value for name, value in state.items() if value})
        return f"{self.base}?{given}" if given else self.base

    def older_url(self, cursor: str | None) -> str | None:
        return self.url(after=cursor) if cursor else None

    def newest_url(self) -> str | None:
        return self.url() if self.args.get("after") else None

    def export_url(self, kind: str) -> str:
        return url_for("hub.export_view", form_key=self.form.key, type=kind, **self._state)

    def place(self, endpoint: str) -> str:
        """Return the address of a page around the list that does not depend on what is asked."""
        return address(endpoint, form_key=self.form.key)

    def around_url(self, endpoint: str) -> str:
        """Return the address of a page around the list that is asked the same."""
        return f"{self.place(endpoint)}?{self._query}" if self._query else self.place(endpoint)

    def save_url(self, endpoint: str, uid: str | None = None) -> str:
        """Return where this page is saved as a view, a new one or the one named."""
        args: dict[str, Any] = {"view_uid": uid} if uid else {}
        return url_for(endpoint, form_key=self.form.key, **args, **self._state)

    @property
    def plain_url(self) -> str:
        """Return the address of the list without any condition, column choice or view."""
        return f"{self.base}?view={EVERYTHING}"

    @cached_property
    def _query(self) -> str:
        return urlencode(self._state)

    @cached_property
    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {"q": self.words} if self.words else {}
        if self.sort:
            state["sort"] = f"-{self.sort}" if self.descending else self.sort
        if self.chosen:
            state["cols"] = ",".join(self.chosen)
        state |= {one.name: one.value for one in self.conditions}
        origin = self.view.uid if self.view else EVERYTHING if EVERYTHING in self._named_views else ""
        return state | ({"base": origin} if origin else {})

    @property
    def _named_views(self) -> tuple[str, str]:
        return self.args.get("view", ""), self.args.get("base", "")

    def _order(self, asked: str) -> tuple[str | None, bool]:
        fid = asked.removeprefix("-")
        return (fid, asked.startswith("-")) if fid in self.sortable else (None, True)


def plain_list(text: str) -> list[str]:
    return [plain(part) for part in text.split(",")[:MOST_COLUMNS]]
