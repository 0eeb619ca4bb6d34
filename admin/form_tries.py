"""The designer's preview and try-out: the draft as those who fill it will see it; nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request

from admin.form_acts import UNPROCESSABLE, FormActs, route
from engine.answers import clean, defaults
from engine.definition import Definition, check, parse
from forms.answers import raw_from_post
from forms.dynamic import whole_form
from forms.filling import Filling, deciding
from queries.answers import context_for
from shell.access import actor
from shell.clock import today
from shell.i18n import locale

WIDTHS = ("phone", "desktop")


class FormTries(FormActs):
    """Showing the draft as a form."""

    try_methods = {"try_view": "list"}

    @route("/<key>/try", methods=("GET", "POST"))
    def try_view(self, key: str) -> Any:
        form = self.row(key)
        width = request.args.get("width", "")
        width = width if width in WIDTHS else "desktop"
        if check(form.draft):
            return self.page("try", form, width=width, filling=None, tab="try")
        definition = parse(form.draft)
        context = context_for(actor(), today=today(), locale=locale(), permission="form:list")
        context = replace(context, file_known=lambda _uid: True)
        raw, judged = self._answers(definition, context)
        outcome = clean(definition, judged, context)
        filling = Filling(definition, actor(), context, raw, outcome, "form:list")
        asked = request.method == "POST" and "refresh" not in request.form
        page = whole_form(filling, errors=outcome.errors if asked else ())
        return self.page(
            "try", form, UNPROCESSABLE if asked and outcome.errors else 200, width=width, filling=filling, form=page,
            accepted=asked and not outcome.errors, depends=" ".join(sorted(deciding(definition))), tab="try",
        )  # fmt: skip

    @staticmethod
    def _answers(definition: Definition, context: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the form shows again, and what is judged: with a stand-in for each photograph that was sent."""
        if request.method != "POST":
            first = {fid: definition.item(fid).to_json(value) for fid, value in defaults(definition, context).items()}
            return first, first
        raw = raw_from_post(definition, request.form)
        sent = {
            item.fid: [one for one in request.files.getlist(f"f_{item.fid}") if one.filename]
            for item in definition.live_items
            if item.kind.takes_files
        }
        return raw, raw | {fid: [f"{n:032x}" for n, _one in enumerate(files)] for fid, files in sent.items() if files}
