"""One entry under way, as its pages see it: the draft, its form's version, and what is answered so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, url_for

from engine.answers import Context, Outcome, clean
from engine.definition import Definition, Item, Page
from forms.filling import Filling
from models.access import Actor
from models.base import db
from models.drafts import Draft
from models.forms import Form
from queries.answers import context_for
from queries.drafts import own_draft, own_record
from queries.forms import definition
from services.drafts import Contents, contents
from shell import clock
from shell.access import actor
from shell.i18n import locale


@dataclass(frozen=True)
class Entry:
    """A draft of the signed-in user with everything around it."""

    draft: Draft
    form: Form
    definition: Definition
    inside: Contents
    who: Actor
    context: Context
    outcome: Outcome

    @property
    def title(self) -> str:
        return self.definition.title(self.context.locale)

    @property
    def older(self) -> bool:
        """Tell whether the form has been published anew since the draft was begun."""
        return self.form.current_version != self.draft.version

    @property
    def pages(self) -> list[Page]:
        """Return the pages on which something is asked."""
        shown = self.outcome.shown
        return [page for page in self.definition.pages if any(item.fid in shown for item in page.live_items)]

    def number(self, page: Page) -> int:
        """Return the number under which a page is addressed, from 1."""
        return self.definition.pages.index(page) + 1

    def address(self, page: Page | None) -> str:
        """Return the address of a page; of the check page for None."""
        if page is None:
            return url_for("field.check", uid=self.draft.uid)
        return url_for("field.page", uid=self.draft.uid, page_no=self.number(page))

    def after(self, page: Page) -> Page | None:
        """Return the next page on which something is asked, or None where only the check is left."""
        return next((one for one in self.pages if self.number(one) > self.number(page)), None)

    def before(self, page: Page) -> Page | None:
        """Return the page before, or None on the first one."""
        return next((one for one in reversed(self.pages) if self.number(one) < self.number(page)), None)

    def filling(self, page: Page, raw: dict[str, Any] | None = None) -> Filling:
        """Judge the answers for one page; `raw` takes the place of what is saved."""
        answers = self.inside.answers if raw is None else raw
        return Filling.of(self.definition, answers, actor=self.who, context=self.context, page=page)


def load(uid: str) -> Entry:
    """Return the signed-in user's entry; one that was handed in leads to its receipt, any other is not found."""
    who = actor()
    draft = own_draft(uid, who)
    if draft is None:
        abort(404 if own_record(uid, who) is None else redirect(url_for("field.done", uid=uid)))
    form = db.session.get_one(Form, draft.form_id)
    asked = definition(draft.form_id, draft.version)
    inside = contents(draft)
    context = context_for(who, today=clock.today(), locale=locale())
    return Entry(draft, form, asked, inside, who, context, clean(asked, inside.answers, context))


def page_at(entry: Entry, page_no: int) -> Page:
    """Return a page by its number; 404 where the form has no such page."""
    if not 1 <= page_no <= len(entry.definition.pages):
        abort(404)
    return entry.definition.pages[page_no - 1]


def photo_items(page: Page) -> list[Item]:
    """Return the items of a page that take photographs."""
    return [item for item in page.live_items if item.type == "image"]
