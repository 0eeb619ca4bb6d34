"""One entry under way, as its pages see it: the draft, its form's version, and what is answered so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, url_for
from flask_babel import gettext as _

from engine.answers import Context, Outcome, clean
from engine.definition import Definition, Item, Page
from engine.rows import merged, places
from forms.filling import Filling
from forms.parts import PART, part_of
from models.access import Actor
from models.base import db
from models.drafts import Draft
from models.forms import Form
from queries.answers import context_for
from queries.drafts import own_draft, own_record
from queries.forms import definition
from services.carrying import hints, opened, with_hidden
from services.drafts import Contents, contents
from services.withheld import entry_context
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
        open_to = self.outcome.shown - self.context.locked
        return [page for page in self.definition.pages if any(item.fid in open_to for item in page.live_items)]

    @property
    def part(self) -> Page | None:
        """Return the page of what a new version asks first, None where nothing was carried over or nothing is asked."""
        fresh = set(self.inside.fresh) & self.outcome.shown - self.context.locked
        return part_of(self.definition, fresh, _("改版后要补填的问题")) if fresh else None

    def unseen(self) -> Page | None:
        """Return the first page that was not saved yet, None where only the check is left."""
        return next((page for page in self.pages if page.id not in self.inside.saves), None)

    def number(self, page: Page) -> int:
        """Return the number under which a page is addressed, from 1; 0 is what a new version asks first."""
        return 0 if page.id == PART else self.definition.pages.index(page) + 1

    def address(self, page: Page | None) -> str:
        """Return the address of a page; of the check page for None."""
        if page is None:
            return url_for("field.check", uid=self.draft.uid)
        return url_for("field.page", uid=self.draft.uid, page_no=self.number(page))

    def after(self, page: Page) -> Page | None:
        """Return the next page on which something is asked, or None where only the check is left."""
        if page.id == PART:
            return self.unseen()
        return next((one for one in self.pages if self.number(one) > self.number(page)), None)

    def before(self, page: Page) -> Page | None:
        """Return the page before, or None on the first one."""
        return next((one for one in reversed(self.pages) if self.number(one) < self.number(page)), None)

    def filling(self, page: Page, raw: dict[str, Any] | None = None, gone: str = "") -> Filling:
        """Judge the answers for one page; `raw` takes the place of what is saved, `gone` is a row just taken out."""
        answers = self.inside.answers if raw is None else raw
        whole = page.id == PART
        filling = Filling.of(
            self.definition, answers, actor=self.who, context=self.context, page=None if whole else page, gone=gone
        )
        return filling.only(page) if whole else filling

    @property
    def masks(self) -> dict[str, str]:
        """Return, by address, the masks of secret answers that were carried over and are not shown to anybody."""
        return hints(self.definition, self.inside.answers)

    def over(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Return what is saved with other raw answers over it."""
        items, saved = self.definition.live_items, self.inside.answers
        return merged(items, saved, with_hidden(items, saved, raw), self.inside.spare)


def load(uid: str) -> Entry:
    """Return the signed-in user's entry; one that was handed in leads to its receipt, any other is not found."""
    who = actor()
    draft = own_draft(uid, who)
    if draft is None:
        abort(404 if own_record(uid, who) is None else redirect(url_for("field.done", uid=uid)))
    form = db.session.get_one(Form, draft.form_id)
    asked = definition(draft.form_id, draft.version)
    inside = contents(draft)
    context = entry_context(context_for(who, today=clock.today(), locale=locale()), form.id, asked, who)
    return Entry(draft, form, asked, inside, who, context, clean(asked, opened(inside.answers), context))


def page_at(entry: Entry, page_no: int) -> Page:
    """Return a page by its number; 404 where the form has no such page."""
    if page_no == 0 and entry.part:
        return entry.part
    if not 1 <= page_no <= len(entry.definition.pages):
        abort(404)
    return entry.definition.pages[page_no - 1]


def upload_places(page: Page, answers: Mapping[str, Any]) -> list[tuple[str, Item, list[str]]]:
    """Return the questions of a page that take uploads, by address, each with what it has."""
    return [(at, item, uids or []) for at, item, uids in places(page.live_items, answers) if item.kind.takes_files]
