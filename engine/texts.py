"""Texts that people type: labels in several languages, and what no stored text may contain."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from engine.context import DEFAULT_LOCALE

# Direction overrides can make a label read as another one; the others break storage or printing.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Text(str):
    """A text that prints in the default language and knows its other languages."""

    __slots__ = ("locales",)
    locales: dict[str, str]

    def __new__(cls, source: str | Mapping[str, str]) -> Text:
        """Take a plain text, or a mapping from locale to text."""
        locales = {DEFAULT_LOCALE: source} if isinstance(source, str) else dict(source)
        locales = {locale: str(text).strip() for locale, text in locales.items()}
        text = super().__new__(cls, locales.get(DEFAULT_LOCALE) or next(iter(locales.values()), ""))
        text.locales = locales
        return text

    def to(self, locale: str) -> str:
        """Say it in a locale: the exact one, else its language, else the default."""
        return self.locales.get(locale) or self.locales.get(locale.partition("_")[0]) or str(self)


def forbidden(text: str, allowed: str = "") -> bool:
    """Tell whether a text holds control characters, half surrogates or direction overrides."""
    return any(
        character not in allowed and (unicodedata.category(character) in {"Cc", "Cs"} or character in _DIRECTION)
        for character in text
    )


def narrow(text: str) -> str:
    """Turn full-width digits, letters and signs into their plain form (NFKC, and the true minus sign)."""
    return unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
