"""The look-up field: a person is found by name or number and chosen, never typed."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from markupsafe import Markup
from wtforms.fields import Field, StringField
from wtforms.widgets import html_params

from engine.context import Context
from engine.definition import Item
from engine.kinds.person import HOUSEHOLD, LARGEST_ID, RESIDENT, person_id
from forms import controls
from models.access import Actor
from models.people import Household, Resident
from queries.people import LOOKUP_MAX, find_people, person_in_scope

ASKED = "q_"  # before the address: what is looked for
LONGEST = 64


class PersonField(StringField):
    """The one chosen, those found, and a box to look for others. What it sends is an id."""

    grouped = True

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item = item
        self.of = item.config.get("of", RESIDENT)
        self.asked, self.found = "", 0
        self.choices: list[tuple[str, str]] = []

    @property
    def at(self) -> str:
        """Return the address of the answer."""
        return str(self.short_name)

    def serve(self, actor: Actor, at: str, previous: Any, context: Context) -> None:
        """Look up who is chosen and who is asked for, as far as the actor may; `previous` is the record's answer."""
        chosen = (self.data or "").partition(" ")[0]
        self.data = chosen
        self.asked = request.form.get(f"{ASKED}{at}", "").replace("\0", "").strip()[:LONGEST]
        found = find_people(self.of, self.asked, actor) if self.asked else []
        self.found = len(found)
        self.choices = [(str(one.id), described(one)) for one in found]
        if chosen and chosen not in {ident for ident, _words in self.choices}:
            self.choices.insert(0, (chosen, self._chosen(chosen, actor, previous, context)))

    def _chosen(self, ident: str, actor: Actor, previous: Any, context: Context) -> str:
        number = int(ident) if ident.isdecimal() and len(ident) <= len(str(LARGEST_ID)) else 0
        known = person_in_scope(self.of, number, actor) if 0 < number <= LARGEST_ID else None
        if known is not None:
            return described(known)
        if isinstance(previous, str) and str(person_id(previous)) == ident:
            kept = self.item.kind.mask(self.item, previous, context)
            return str(_("%(kept)s（已登记，现在查不到）", kept=kept))
        return str(_("这一个查不到，请重新查找"))

    def widget(self, _field: Field, **_kwargs: Any) -> Markup:  # type: ignore[override]
        fills = " ".join(self.item.config.get("fill", {}))
        return Markup("<div {}>{}{}{}</div>").format(
            _params({"class": "lookup", "data_lookup_row": True, "data_fills": fills}),
            self._found(), self._told(), self._search(),
        )  # fmt: skip

    def _found(self) -> Markup:
        none = [] if self.flags.required else [("", str(_("不选")))]
        lines = [self._line(n, ident, words) for n, (ident, words) in enumerate([*self.choices, *none])]
        return Markup('<div class="choices">{}</div>').format(Markup("").join(lines)) if self.choices else Markup()

    def _line(self, place: int, ident: str, words: str) -> Markup:
        attributes = {
            "type": "radio", "class": "form-check-input", "id": f"{self.id}-{place}", "name": self.name, "value": ident,
            "checked": ident == (self.data or ""),
        }  # fmt: skip
        if self.errors:
            attributes |= {"aria_invalid": "true", "aria_describedby": f"{self.id}-error"}
        line = Markup('<label class="choice" for="{}-{}"><input {}><span data-raw>{}</span></label>')
        return line.format(self.id, place, _params(attributes), words)

    def _told(self) -> Markup:
        told = ""
        others = [ident for ident, _words in self.choices if ident != (self.data or "")]
        if self.asked and not self.found:
            told = _("没有找到“%(asked)s”。请换个写法，或核对是不是在您管辖的村里。", asked=self.asked)
        elif self.found >= LOOKUP_MAX:
            told = _("找到的太多，只列出前 %(n)s 个。请多写几个字。", n=LOOKUP_MAX)
        elif others:
            told = _("找到 %(n)s 个，请选一个。", n=self.found)
        return Markup('<p class="hint" role="status" data-raw>{}</p>').format(told)

    def _search(self) -> Markup:
        household = self.of == HOUSEHOLD
        head = _("户编号的开头、户主姓名或拼音首字母") if household else _("姓名、拼音首字母，或完整的手机号、身份证号")
        address = self.name.removeprefix("f_")
        box = {
            "type": "search", "class": "form-control", "id": f"{self.id}-q", "name": f"{ASKED}{address}",
            "value": self.asked, "maxlength": LONGEST, "autocomplete": "off", "data_lookup_box": True,
        }  # fmt: skip
        button = {
            "type": "submit", "class": "btn btn-outline-secondary", "name": "refresh", "value": self.name,
            "data_lookup_button": True,
        }  # fmt: skip
        parts = self.id, head, _params(box), _params(button), _("查找")
        line = Markup('<label for="{}-q">{}</label><div class="input-group"><input {}><button {}>{}</button></div>')
        return line.format(*parts)


def described(one: Resident | Household) -> str:
    """Say who this is, so that namesakes are told apart: year of birth, village, household; nothing sealed."""
    village = one.village.name if one.village else ""
    if isinstance(one, Household):
        parts = [one.head_name, village, one.address_hint, _("已销户") if one.closed_on else ""]
        return f"{one.code} {'，'.join(part for part in parts if part)}"
    born = _("%(year)s 年生", year=one.birth_date.year) if one.birth_date else ""
    household = _("户编号 %(code)s", code=one.household.code) if one.household else ""
    parts = [born, village, household, _("已迁出") if one.moved_out_on else ""]
    return f"{one.name}（{'，'.join(part for part in parts if part)}）"


def _params(attributes: dict[str, Any]) -> Markup:
    return Markup(html_params(**attributes))  # noqa: S704 - escaped by html_params


def person(item: Item, locale: str) -> Field:
    return PersonField(item=item, **controls.said(item, locale))
