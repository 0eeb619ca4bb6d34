"""Lists: search, conditions, keyset pages, a capped count, look-ups and downloads of the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import Response, abort, flash, jsonify, redirect, request
from flask_admin.model.base import ViewArgs
from flask_babel import gettext as _

from admin.conditions import Condition
from admin.formatters import TYPE_FORMATTERS, verbatim
from admin.guard import expose
from admin.paging import COUNT_CAP, Asked, Listing, beyond, cursor_of, read_cursor
from admin.rows import ScopedView
from admin.tables import attachment
from models.base import db
from services.downloads import note_download
from shell.access import actor
from shell.clock import now, today

EXPORT_CAP = 5_000
SEARCH_MAX = 50
LOOKUP_MAX = 20


class ListView(ScopedView):
    """How the rows of a scope are listed."""

    list_template = "admin/model/list.html"
    export_types = ("xlsx", "csv")
    page_size = 50
    searchable: ClassVar[bool] = False
    search_hint: Any = ""
    conditions: ClassVar[Sequence[Condition]] = ()
    eager: ClassVar[Sequence[Any]] = ()  # loader options: what a row shows of other tables, read at once
    default_order: ClassVar[tuple[str, bool]] = ("id", True)  # column, largest first
    column_sortable_list: Any = ()  # name only columns with an index and without nulls
    column_formatters: Any = {}
    column_formatters_export: Any = None
    column_type_formatters = TYPE_FORMATTERS
    column_type_formatters_export = TYPE_FORMATTERS
    column_type_formatters_detail = TYPE_FORMATTERS

    @classmethod
    def permission_for(cls, method: str) -> str | None:
        return None if method == "ajax_lookup" and not cls.form_ajax_refs else super().permission_for(method)

    def _refresh_cache(self) -> None:
        super()._refresh_cache()
        # A file gets the words without the markup around them.
        formatters = self.column_formatters_export.items()
        self.column_formatters_export = {name: show for name, show in formatters if show is not verbatim}

    def init_search(self) -> bool:
        return self.searchable

    def _refresh_filters_cache(self) -> None:
        """Know the conditions by name; their choices depend on who asks, so they are made for each page."""
        self._filters = list(self.conditions)
        self._filter_args = {flt.arg: (index, flt) for index, flt in enumerate(self._filters)}
        self._filter_groups = None

    def get_filter_arg(self, index: int, flt: Condition) -> str:  # noqa: ARG002 - Flask-Admin's shape
        return flt.arg

    def find(self, query: Any, text: str) -> Any:
        """Narrow a query to rows that match the words. Views with `searchable` say how."""
        raise NotImplementedError(text)

    def listing(self, asked: Asked) -> Listing:
        """Return one page of rows."""
        query = self.narrowed(asked)
        count = self.capped_count(query)
        columns, descending = self.order(asked)
        last = read_cursor(asked.after, columns)
        if last is not None:
            query = query.filter(beyond(columns, last, descending=descending))
        query = query.options(*self.eager).order_by(
            *(column.desc() if descending else column.asc() for column in columns)
        )
        rows = query.limit(asked.size + 1).all()
        shown = rows[: asked.size]
        more = len(rows) > asked.size
        older = cursor_of([getattr(shown[-1], column.key) for column in columns]) if more else None
        return Listing(shown, count, older)

    def narrowed(self, asked: Asked) -> Any:
        """Return the query for the rows asked for, in no order yet."""
        query = self.get_query()
        if asked.search:
            query = self.find(query, asked.search)
        for index, _name, value in asked.conditions:
            condition = self._filters[index]
            query = condition.apply(query, condition.clean(value))
        return query

    def capped_count(self, query: Any) -> int:
        """Count at most one more than the cap: beyond it a list says "10 000+"."""
        some = query.with_entities(self.key()).order_by(None).limit(COUNT_CAP + 1).subquery()
        return int(db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0)

    def order(self, asked: Asked) -> tuple[list[Any], bool]:
        """Return the sort columns, the key last so that no two rows are equal, and the one direction of all."""
        name, descending = (asked.sort, asked.descending) if asked.sort else self.default_order
        column = getattr(self.model, name)
        return ([column] if column.key == self.key().key else [column, self.key()]), descending

    def asked(self) -> Asked:
        """Read the address of a list. What makes no sense there is left out, never an error."""
        args = self._get_list_extra_args()
        column = self._get_column_by_idx(args.sort)
        name = str(column[0]) if column and self.is_sortable(column[0]) else None
        return Asked(
            search=args.search or "",
            conditions=tuple(args.filters or ()),
            sort=name,
            descending=bool(args.sort_desc),
            after=request.args.get("after", ""),
            size=self.page_size,
        )

    @expose("/")
    def index_view(self) -> Any:
        return self.list_page(self.list_template)

    def list_page(self, template: str, **more: Any) -> str:
        """Show a page of the list in a template; `more` is what that one asks for besides."""
        args, asked = self._get_list_extra_args(), self.asked()
        listing = self.listing(asked)
        here = self._get_list_url(args)
        older = f"{here}{'&' if '?' in here else '?'}after={listing.older}" if listing.older else None
        page = self.render(
            template,
            keyset={"older_url": older, "newest_url": here if asked.after else None},
            **{**self.list_context(args, listing), **more},
        )
        return str(page)

    def list_context(self, args: ViewArgs, listing: Listing) -> dict[str, Any]:
        """Return what the list template asks for."""
        return {
            "data": listing.rows, "count": listing.count, "count_capped": listing.capped,
            "list_columns": self._list_columns, "sort_column": args.sort, "sort_desc": args.sort_desc,
            "export_url": lambda kind: self.get_url(".export", export_type=kind, **self.kept(args)),
            "sort_url": lambda column, invert=False: self.sort_url(args, column, invert=invert),
            "list_row_actions": self.get_list_row_actions(), "page_size": self.page_size,
            "default_page_size": self.page_size, "can_set_page_size": False, "num_pages": None, "page": 0,
            "search_supported": self.searchable, "search": args.search, "search_placeholder": self.search_hint,
            "clear_search_url": self.get_url(".index_view"), "filters": self._filters,
            "filter_groups": self._get_filter_groups(), "active_filters": args.filters,
            "filter_args": self._get_filters(args.filters), "actions": self.get_actions_list()[0], "action_form": None,
            "get_pk_value": self.get_pk_value, "get_value": self.get_list_value,
            "return_url": self._get_list_url(args), "extra_args": args.extra_args,
        }  # fmt: skip

    def sort_url(self, args: ViewArgs, column: int, *, invert: bool = False) -> str:
        return str(self._get_list_url(args.clone(sort=column, sort_desc=1 if invert and not args.sort_desc else None)))

    # What the address says

    def _get_list_extra_args(self) -> ViewArgs:
        """Read the address. Arguments nobody knows are not carried on: url_for would take some of them as orders."""
        search = " ".join(request.args.get("search", "").replace("\0", "").split())[:SEARCH_MAX]
        return ViewArgs(
            page=None,
            page_size=None,
            sort=request.args.get("sort", type=int),
            sort_desc=1 if request.args.get("desc") == "1" else None,
            search=search or None if self.searchable else None,
            filters=self._get_list_filter_args(),
            extra_args={},
        )

    def _get_list_filter_args(self) -> list[tuple[int, str, str]]:
        """Return (index, name, value) of the conditions that make sense; blank and impossible ones do not count."""
        found = {}
        for name, value in request.args.items():
            arg = name.split("_", 1)[1] if name.startswith("flt") and "_" in name else ""
            known = (self._filter_args or {}).get(arg)
            if known and value and self._makes_sense(known[1], value):
                found[known[0]] = (known[0], str(known[1].name), value)
        return [found[index] for index in sorted(found)]

    def _makes_sense(self, condition: Condition, value: str) -> bool:
        options = condition.get_options(self)
        return bool(condition.validate(value)) and (options is None or value in dict(options))

    def _get_filter_groups(self) -> dict[str, list[dict[str, Any]]]:
        """Return the conditions with the choices of who is signed in."""
        return {
            str(flt.name): [
                dict(index=index, arg=flt.arg, operation="", options=flt.get_options(self), type=flt.data_type)  # noqa: C408
            ]
            for index, flt in enumerate(self._filters)
        }

    def _get_column_by_idx(self, idx: int | None) -> Any:
        return self._list_columns[idx] if idx is not None and 0 <= idx < len(self._list_columns) else None

    def kept(self, args: ViewArgs) -> dict[str, Any]:
        """Return the arguments that every address of the list carries on."""
        order = {"sort": args.sort, "desc": args.sort_desc, "search": args.search}
        return {**order, **self._get_filters(args.filters)}

    def _get_list_url(self, view_args: ViewArgs) -> str:
        return str(self.get_url(".index_view", **self.kept(view_args)))

    # Downloads

    @expose("/export/<export_type>/")
    def export(self, export_type: str) -> Any:
        if export_type not in self.export_types:
            abort(404)
        asked = self.asked()
        rows = self.export_rows(asked)
        if len(rows) > EXPORT_CAP:
            flash(_("一次最多导出 %(n)s 条。请先加条件缩小范围，再导出。", n=EXPORT_CAP), "warning")
            return redirect(self._get_list_url(self._get_list_extra_args()))
        what, permission = str(self.name), self.permission()
        note_download(what, permission=permission, count=len(rows), kind=export_type, actor=actor(), at=now())
        header = [str(label) for _name, label in self._export_columns]
        cells = [[self.get_export_value(row, name) for name, _label in self._export_columns] for row in rows]
        return attachment(export_type, f"{self.name}-{today():%Y%m%d}", header, cells)

    def export_rows(self, asked: Asked) -> Sequence[Any]:
        """Return the rows of a list without its pages, at most one more than the cap."""
        columns, descending = self.order(asked)
        query = (
            self.narrowed(asked).options(*self.eager).order_by(*(c.desc() if descending else c.asc() for c in columns))
        )
        found: Sequence[Any] = query.limit(EXPORT_CAP + 1).all()
        return found

    # Look-ups for fields that point to rows of another list

    @expose("/ajax/lookup/")
    def ajax_lookup(self) -> Response:
        loader = self._form_ajax_refs.get(request.args.get("name", ""))
        if loader is None:
            abort(404)
        rows = loader.get_list(request.args.get("query", "")[:SEARCH_MAX], 0, LOOKUP_MAX)
        return jsonify([loader.format(row) for row in rows])
