"""Statistics of a register: figures, counts by option, a cross-tab with its chart, and the table as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from admin.guard import ZhiyeView, expose
from admin.hub_door import form_at
from models.forms import Form
from queries import statistics
from queries.exports import TYPES, Sheet
from queries.indexing import month_of
from queries.periods import SPANS, USUAL_SPAN, span_months
from queries.rights import on_form
from queries.units import place_asked
from queries.views import view_lines, view_of
from services.refusals import Refusal
from services.statistics import export_statistics
from shell import clock, i18n
from shell.access import actor
from shell.addresses import address
from shell.downloads import download

CHARTS: Mapping[str, Any] = {"bar": _l("柱形图"), "line": _l("折线图"), "pie": _l("饼图")}
ROWS: Mapping[str, Any] = {"org": _l("按单位"), "month": _l("按月份")}
NAMES = ("span", "from", "to", "place", "of", "split", "rows", "kind")
NEXT_CELL = Markup('</td><td class="num">')  # hundreds of numbers: a loop of the template would take longer


class Asked:
    """A statistics page as its address (or a saved view) asks for it. What is impossible is ignored."""

    def __init__(self, form: Form, args: Mapping[str, str]) -> None:
        self.args = {name: str(args[name])[:40] for name in NAMES if args.get(name)}
        self.span = self._one_of("span", SPANS, USUAL_SPAN)
        self.rows = self._one_of("rows", ROWS, "org")
        self.kind = self._one_of("kind", CHARTS, "bar")
        self.of, self.split = self.args.get("of", ""), self.args.get("split", "")
        self.place_id = place_asked(self.args)
        first, last, self.cut = span_months(self.span, self.args, month_of(clock.now()))
        fid = self.of.removeprefix("avg.")
        self.question = statistics.Question(first, last, self.place_id, fid, fid != self.of, self.split, self.rows)
        self.figures = statistics.Statistics(form, actor(), self.question, i18n.locale())

    def _one_of(self, name: str, known: Mapping[str, Any], usual: str) -> str:
        return self.args[name] if self.args.get(name) in known else usual

    def url(self, form: Form, endpoint: str = "hub_statistics.index_view", **changes: Any) -> str:
        given = {name: value for name, value in {**self.args, **changes}.items() if value}
        return f"{address(endpoint, form_key=form.key)}?{urlencode(given)}"

    def save_url(self, form: Form) -> str:
        kept: dict[str, Any] = {f"c_{name}": value for name, value in ({"span": self.span} | self.args).items()}
        return url_for("hub_views.new_view", form_key=form.key, **kept)

    def sheet(self, title: str) -> Sheet:
        """Return the cross-tab as a table for a file."""
        table, item = self.figures.crosstab, self.figures.of.item if self.figures.of else None
        whole = [_("合计")] if len(table.heads) > 1 else []
        lines = [[line.name, *self._numbers((*line.cells, line.total), item, whole)] for line in table.lines]
        lines.append([_("合计"), *self._numbers((*table.sums, table.total), item, whole)])
        return Sheet(title, [str(ROWS[self.rows]), *table.heads, *whole], lines)

    def _numbers(self, amounts: Any, item: Any, whole: list[str]) -> list[Any]:
        kept = amounts if whole else amounts[:-1]
        return [statistics.value_of(one, item, average=self.question.average) for one in kept]


class HubStatistics(ZhiyeView):
    """The figures of one register, in the reader's scope."""

    allows = {"list": "record:list", "export": "record:export"}
    methods = {"export_view": "export"}

    @expose("/")
    def index_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:list")
        view = view_of(form, request.args["view"]) if request.args.get("view") else None
        asked = Asked(form, view.document.get("chart", {}) if view else request.args)
        figures = asked.figures
        item = figures.of.item if figures.of else None
        average, split = asked.question.average, figures.split is not None
        table = figures.crosstab if figures.roots else statistics.Crosstab([], [], [], statistics.NONE)

        def told(amount: statistics.Amount) -> str:
            return statistics.told(amount, item, average=average)

        return self.render(
            "admin/hub/statistics.html",
            form=form,
            asked=asked,
            figures=figures,
            view=view,
            lost=bool(request.args.get("view")) and view is None,
            views=[line for line in view_lines(form, actor()) if "chart" in line.document],
            table=table,
            told=told,
            lines_told=[
                (line, NEXT_CELL.join(told(cell) if cell.n else "" for cell in line.cells)) for line in table.lines
            ],
            told_sum=statistics.told,
            chart=statistics.chart_of(table, asked.kind, item, average=average, split=split),
            what=_what(asked),
            places=statistics.places_of(on_form(actor(), form.id), form),
            spans=SPANS,
            charts=CHARTS,
            rows=ROWS,
        )

    @expose("/export")
    def export_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:export")
        asked, kind = Asked(form, request.args), request.args.get("type", "xlsx")
        if kind not in TYPES:
            abort(404)
        sheet = asked.sheet(_("%(title)s统计", title=form.title))
        try:
            made = export_statistics(form, sheet, kind=kind, actor=actor(), at=clock.now(), today=clock.today())
        except Refusal as refusal:
            flash(str(refusal), "error")
            return redirect(asked.url(form))
        return download(made.content, made.content_type, made.filename)


def _what(asked: Asked) -> str:
    """Say in words what the table counts."""
    figures, locale = asked.figures, i18n.locale()
    words = _("登记数")
    if figures.of:
        label = figures.of.item.text(locale)
        words = _("“%(label)s”的平均", label=label) if asked.question.average else _("“%(label)s”的合计", label=label)
    elif figures.split:
        words = _("登记数，按“%(label)s”", label=figures.split.item.text(locale))
    return str(words)


def views() -> list[ZhiyeView]:
    """Return what admin/__init__.py registers."""
    return [HubStatistics(name=_l("统计"), endpoint="hub_statistics", url="/admin/f/<form_key>/statistics")]
