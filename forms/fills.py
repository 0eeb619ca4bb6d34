"""The designer's field for what a look-up carries over: one menu for each detail, offering the questions it fits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup
from wtforms.fields import Field
from wtforms.widgets import html_params

from engine.definition import Item
from engine.kinds.person import FILLS, SECRET


class FillField(Field):
    """`data` maps the fid of a question to the detail it takes; None where nothing is carried over."""

    grouped = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items: list[Item] = []

    def offer(self, items: Iterable[Item]) -> None:
        """Take in the questions that may be chosen."""
        self.items = list(items)

    def process_data(self, value: Any) -> None:
        self.data = dict(value) if isinstance(value, dict) and value else None

    def process_formdata(self, valuelist: list[Any]) -> None:
        pairs = (str(one).partition(":") for one in valuelist)
        self.data = {fid: what for what, _colon, fid in pairs if fid and what in FILLS} or None

    def widget(self, _field: Field, **_kwargs: Any) -> Markup:  # type: ignore[override]
        menus = Markup("").join(self._menu(what, label) for what, (label, _kinds) in FILLS.items())
        return Markup('<div class="row g-2">{}</div>').format(menus)

    def _menu(self, what: str, label: str) -> Markup:
        chosen = next((fid for fid, one in (self.data or {}).items() if one == what), "")
        fitting = [one for one in self.items if one.type in FILLS[what][1] and (one.sealed or what not in SECRET)]
        known = [("", _("不带入")), *((one.fid, one.text()) for one in fitting)]
        if chosen and chosen not in dict(known):
            known.append((chosen, _("（已停用的题目）")))
        options = Markup("").join(
            Markup("<option {}>{}</option>").format(
                _params({"value": fid and f"{what}:{fid}", "selected": fid == chosen}), words
            )
            for fid, words in known
        )
        wrong = {"aria_invalid": "true", "aria_describedby": f"{self.id}-error"} if self.errors else {}
        attributes = {"class": "form-select", "id": f"{self.id}-{what}", "name": self.name, **wrong}
        return Markup('<div class="col-12 col-sm-6"><label for="{}-{}">{}</label><select {}>{}</select></div>').format(
            self.id, what, _(label), _params(attributes), options
        )


def _params(attributes: dict[str, Any]) -> Markup:
    return Markup(html_params(**attributes))  # noqa: S704 - escaped by html_params
