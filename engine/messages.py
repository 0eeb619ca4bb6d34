"""Messages of the engine: Chinese texts with parameters, translated by whoever shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


def N_(text: str) -> str:  # noqa: N802 - the customary name of a marker for the catalogue
    """Mark a text for the catalogue and return it unchanged."""
    return text


@dataclass(frozen=True)
class Message:
    """A text of the catalogue (or of a form's author, then without params) and what fills its gaps."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.text % self.params if self.params else self.text

    def said(self, translate: Callable[[str], str]) -> str:
        """Say it in another language; messages among the params are translated too."""
        params = {name: one.said(translate) if isinstance(one, Message) else one for name, one in self.params.items()}
        return translate(self.text) % params if params else translate(self.text)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a definition, and where: `path` is like `pages[0].items[2].options`."""

    path: str
    fid: str | None
    message: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def under(self, path: str, fid: str | None) -> Problem:
        """Tell the same problem from further up the document."""
        return replace(self, path=f"{path}.{self.path}" if self.path else path, fid=fid)

    def __str__(self) -> str:
        return f"{self.path}: {Message(self.message, self.params)}"


class Invalid(ValueError):  # noqa: N818 - it names the fact, as all refusals here do
    """A raw answer that is no value of its kind."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.message = Message(message, params)
