"""Personal numbers of residents and households at rest: checked, sealed, masked, and opened for one look."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from engine.context import Context
from engine.kinds import KINDS
from engine.kinds.texts import mask_middle
from engine.messages import Invalid
from models.people import Household, Resident
from services.audit import changes
from services.vault import vault

Person = Resident | Household
PERSONAL = {"resident": ("id_no", "phone", "address"), "household": ("address",)}
FOUND_BY_HASH = frozenset({"id_no", "phone"})
KIND_OF: dict[str, str] = {"id_no": "cn_id", "phone": "cn_mobile"}
ADDRESS_MAX = 200
ADDRESS_SHOWN = 6
UNTOLD = frozenset({"pinyin", "created_at", "updated_at", "row_version", "county_id", "town_id", "org_id"})
NAMES = frozenset({"name", "head_name"})


def read(which: str, raw: Any, today: date) -> tuple[str | None, Any]:
    """Return (normalised text or None when blank, what is wrong with it)."""
    if which == "address":
        text = " ".join(str(raw or "").split())
        return (text or None), (_l("住址最多 200 个字。") if len(text) > ADDRESS_MAX else None)
    kind: Any = KINDS[KIND_OF[which]]
    context = Context(today=today)
    try:
        text = kind.parse(None, raw, context)
    except Invalid as error:
        return None, _l(error.message.text, **error.message.params)
    problems = kind.validate(None, text, context) if text is not None else []
    return text, _l(problems[0].text, **problems[0].params) if problems else None


def put(row: Person, which: str, text: str | None) -> None:
    """Store a value sealed, with its keyed hash where it can be searched for; None empties it."""
    if text is not None and unsealed(row, which) == text:
        return  # a fresh nonce would look like a change
    context = _context(row, which)
    setattr(row, f"{which}_sealed", None if text is None else vault().seal(text, context=context))
    if which in FOUND_BY_HASH:
        setattr(row, f"{which}_hash", None if text is None else vault().blind(text, context=context))


def unsealed(row: Person, which: str) -> str | None:
    """Open a value. Only for a reveal, a mask or a comparison; what comes out never goes into a log."""
    return _open(row, which, getattr(row, f"{which}_sealed"))


def mask(row: Person, which: str) -> str:
    """Return a value as everybody may see it: 138****2084, 3305**********1234, the first words of an address."""
    return _masked(which, unsealed(row, which))


def mask_name(name: str) -> str:
    """Return a name as lists show it: the family name; two stars hide the length too."""
    return f"{name[:1]}**"


def masked_changes(row: Person) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (before, after) of a row's changes as the audit may keep them: numbers and names masked."""
    before, after = changes(row)
    return _told(row, before), _told(row, after)


def _told(row: Person, values: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for key, value in values.items():
        if key in UNTOLD or key.endswith("_hash"):
            continue
        if key.endswith("_sealed"):
            which = key.removesuffix("_sealed")
            told[which] = _masked(which, _open(row, which, value))
        else:
            told[key] = mask_name(value) if key in NAMES and value else value
    return told


def _masked(which: str, text: str | None) -> str:
    if text is None:
        return ""
    if which == "address":
        return f"{text[:ADDRESS_SHOWN]}****" if len(text) > ADDRESS_SHOWN else "****"
    return mask_middle(text, 3, 4) if which == "phone" else mask_middle(text, 4, 4)


def _open(row: Person, which: str, sealed: str | None) -> str | None:
    return None if sealed is None else vault().unseal(sealed, context=_context(row, which))


def _context(row: Person, which: str) -> str:
    return f"{row.__tablename__}.{which}"
