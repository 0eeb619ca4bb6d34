"""Names that a new form gets when nobody chooses them: its key, and the letters its register numbers begin with."""

from __future__ import annotations

from collections.abc import Callable

from queries.forms import taken
from services.pinyin import initials

PREFIX_LENGTH = 6
_SPARE = "BD"  # 表单


def free_key(county_id: int, wanted: str) -> str:
    """Return the wanted key, or with the first number that makes it free in the county."""
    return _free(wanted, lambda key: taken(county_id, key=key), "_")


def free_prefix(county_id: int, title: str) -> str:
    """Return the initials of a title as capital letters, or with the first number that makes them free."""
    stem = (initials(title).upper() or _SPARE).lstrip("0123456789")[:PREFIX_LENGTH]
    stem = stem if len(stem) > 1 else f"{stem}{_SPARE}"
    return _free(stem, lambda prefix: taken(county_id, prefix=prefix), "")


def _free(wanted: str, is_taken: Callable[[str], bool], between: str) -> str:
    names = (wanted, *(f"{wanted}{between}{n}" for n in range(2, 100)))
    return next(name for name in names if not is_taken(name))
