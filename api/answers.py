"""Answers by key, as programs send them, and answers by fid, as the engine reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from api.body import Pointed, pointer
from engine.answers import AnswerError, Outcome
from engine.context import Context
from engine.definition import Definition, Item
from engine.messages import Message
from engine.schema import ROW_ID
from forms.saying import said
from queries.registers import MASKED_KINDS
from services.sealing import is_sealed

_ANY_DAY = Context(today=date.min)  # masks do not depend on the world
Errors = list[tuple[str, Any]]


@dataclass
class Reading:
    """Answers being turned from keys to fids; `may` are the fids this person may give.

    `emptied` gathers the addresses of sealed answers that are meant to be blank, `errors` what no question takes.
    """

    may: frozenset[str]
    emptied: set[str] = field(default_factory=set)
    errors: Errors = field(default_factory=list)

    def level(self, items: Iterable[Item], sent: Any, where: str) -> dict[str, Any]:
        """Return what was sent for one level (a record, or a row) by fid; repeats as lists of such."""
        if not isinstance(sent, Mapping):
            self.errors.append((where, _l("这里要一个对象，每一项是一个字段。")))
            return {}
        by_key = {item.key: item for item in items if item.kind.answerable}
        raw: dict[str, Any] = {}
        for key, value in sent.items():
            at = f"{where}/{pointer(key)}"
            item = by_key.get(key)
            if key == ROW_ID and where.count("/") > 1:
                raw[ROW_ID] = value
            elif item is None:
                self.errors.append((at, _l("这张表单没有这个字段。")))
            elif item.fid not in self.may:
                self.errors.append((at, _l("您没有填写这一项的权限。")))
            elif item.calculation is not None:
                self.errors.append((at, _l("这一项由系统计算，不能填写。")))
            elif item.kind.takes_files:
                self.errors.append((at, _l("照片、文件和签名不能通过接口填写，请在页面上传。")))
            elif item.kind.repeats and isinstance(value, list):
                raw[item.fid] = [
                    self.level(item.live_row_items, row, f"{at}/{place}") for place, row in enumerate(value)
                ]
            else:
                raw[item.fid] = value
        return raw

    def merged(
        self, items: Iterable[Item], before: Mapping[str, Any], raw: Mapping[str, Any], *, whole: bool, prefix: str = ""
    ) -> dict[str, Any]:
        """Return the answers of one level after a change: `raw` over what is stored, or with `whole` instead of it.

        What this person may not give, and files, stay. So does what comes back as its own mask.
        """
        after = {}
        for item in items:
            if not item.kind.answerable:
                continue
            old, at = before.get(item.fid), f"{prefix}{item.fid}"
            keeps = item.kind.takes_files or item.fid not in self.may or (item.fid not in raw and not whole)
            value = raw.get(item.fid)
            if keeps or (value not in (None, "") and old is not None and value == mask_of(item, old)):
                after[item.fid] = _kept(old)
            elif item.kind.repeats and isinstance(value, list):
                after[item.fid] = self._rows(item, old or [], value, prefix=at)
            else:
                if is_sealed(old) and value in (None, ""):
                    self.emptied.add(at)
                after[item.fid] = value
        return after

    def _rows(self, item: Item, before: list[Any], rows: list[Any], *, prefix: str) -> list[dict[str, Any]]:
        """Return the rows as sent, each by its `_id` over the row it was: a row is always given whole."""
        known = {row[ROW_ID]: row for row in before}
        after = []
        for row in rows:
            given = row.get(ROW_ID)
            ident = given if isinstance(given, str) else ""
            under = f"{prefix}/{ident}/"
            merged = self.merged(item.live_row_items, known.get(ident, {}), row, whole=True, prefix=under)
            after.append(merged | ({ROW_ID: given} if ROW_ID in row else {}))
        return after

    def settled(self) -> None:
        """Raise Pointed when something was sent that no question takes."""
        if self.errors:
            raise Pointed(self.errors)


def mask_of(item: Item, stored: Any) -> str | None:
    """Return how a stored answer is shown masked, None where it is shown openly."""
    if is_sealed(stored):
        return stored["mask"]
    if item.type in MASKED_KINDS or item.masked:
        return item.kind.mask(item, item.kind.from_json(stored), _ANY_DAY)
    return None


def refused(definition: Definition, outcome: Outcome) -> Pointed:
    """Return the engine's errors as a refusal that points into what was sent."""
    return Pointed([(_place(definition, outcome, error), _words(error)) for error in outcome.errors])


def _kept(stored: Any) -> Any:
    """Return a stored answer as an edit page sends it back untouched: what is sealed stays blank."""
    if is_sealed(stored):
        return ""
    if isinstance(stored, list):
        return [_kept(one) for one in stored]
    return {name: _kept(one) for name, one in stored.items()} if isinstance(stored, dict) else stored


def _words(error: AnswerError) -> str:
    return said(Message(error.message, error.params))


def _place(definition: Definition, outcome: Outcome, error: AnswerError) -> str:
    """Return the JSON pointer of an error: `b0/<row id>/b1` is /answers/tenants/2/name when it is the third row."""
    steps = ["/answers"]
    parts = (error.at or "").split("/") if error.at else []
    rows: Any = outcome.values
    while parts:
        fid = parts.pop(0)
        steps.append(pointer(definition.item(fid).key))
        if parts:
            row_id = parts.pop(0)
            listed = (rows or {}).get(fid) or []
            place = next((n for n, row in enumerate(listed) if row[ROW_ID] == row_id), None)
            if place is None:
                break
            steps.append(str(place))
            rows = listed[place]
    return "/".join(steps)
