"""Search over numbers, names and any two characters, in all registers of the actor's scope."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from desk.blueprint import bp
from models.forms import Form
from queries import records
from queries.forms import published_forms
from shell.access import actor, requires

SHOWN = 10
LONGEST = 100


@dataclass(frozen=True)
class Hit:
    """What one register has for the words: the newest, and whether there are more."""

    form: Form
    records: list[records.Listed]
    more: bool


@bp.get("/search")
@requires("record:list")
def search() -> ResponseReturnValue:
    words = request.args.get("q", "").strip()[:LONGEST]
    hits = [hit for form in published_forms(actor()) if (hit := _hit(form, words)).records] if words else []
    if len(hits) == 1 and len(hits[0].records) == 1 and hits[0].records[0].number == words.upper():
        only = hits[0].records[0]
        return redirect(url_for("hub.details_view", form_key=hits[0].form.key, record_id=only.id))
    return render_template("desk/search.html", words=words, hits=hits)


def _hit(form: Form, words: str) -> Hit:
    asked = records.Request(search=words, limit=SHOWN)
    page = records.page(form, actor(), asked)
    return Hit(form, list(page.records), page.next is not None)
