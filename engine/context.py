"""What answers are judged against: the day, the person, and look-ups that the caller provides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

DEFAULT_LOCALE = "zh_Hans_CN"


@dataclass(frozen=True)
class FileFacts:
    """What is kept of an upload beside its bytes: its name, the moment in words, the place in words if it is known."""

    name: str
    moment: str = ""
    place: str | None = None


def _nameless(_org: int) -> str | None:
    return None


def _none_allowed(_org: int, _level: str | None) -> bool:
    return False


def _none_known(_uid: str) -> bool:
    return False


def _nobody(_of: str, _ident: int) -> str | None:
    return None


def _no_facts(_uid: str) -> FileFacts | None:
    return None


def _new_id() -> str:
    return uuid4().hex[:16]


def _untranslated(text: str) -> str:
    return text


@dataclass(frozen=True, kw_only=True)
class Context:
    """The world around one set of answers.

    The look-ups refuse by default, so that a caller who forgets one lets nothing through.
    `previous` holds the Python values of the record before this edit: what was allowed then stays allowed.
    `stage` is where the record stands on its way; `locked` names the items whose answers this person may not give:
    they stay as they are and are not held against anybody. `new_id` names new rows of repeats: 16 hexadecimal figures.
    `person_name` takes "resident" or "household" and an id, and knows only whom this person may look up.
    `user` knows "name" (text), "village" and "town" (organisation ids). `query` holds the texts of the address bar by
    name, `earlier` the stored answers by fid that the user entered last time: both only for defaults.
    """

    today: date
    user: Mapping[str, Any] = field(default_factory=dict)
    org_name: Callable[[int], str | None] = _nameless
    org_allowed: Callable[[int, str | None], bool] = _none_allowed
    file_known: Callable[[str], bool] = _none_known
    file_facts: Callable[[str], FileFacts | None] = _no_facts
    person_name: Callable[[str, int], str | None] = _nobody
    previous: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    earlier: Mapping[str, Any] = field(default_factory=dict)
    stage: str | None = None
    locked: frozenset[str] = frozenset()
    locale: str = DEFAULT_LOCALE
    translate: Callable[[str], str] = _untranslated
    new_id: Callable[[], str] = _new_id
