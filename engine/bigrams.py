"""Search words: pairs of neighbouring characters, the same for writing and asking and on both databases.

Chinese is written without blanks, so a word index finds nothing; every two-character word is a pair of neighbours.
A text is normalised (NFKC, case folded) and cut into runs of letters, figures and Chinese characters; a run of n
characters gives its n - 1 pairs, a run of one character gives itself:

    bigrams("漏水，Room 3") == ["漏水", "ro", "oo", "om", "3"]

Writing: store `" ".join(bigrams(text))` in an FTS5 column (tokenizer unicode61, which keeps each pair as one
token), or `bigrams(text)` in a PostgreSQL `text[]` column under GIN.
Asking: FTS5 `MATCH phrase(query)`; PostgreSQL `column @> bigrams(query)`. Both give every record that holds all
runs of the query, and may give a few more, in which the pairs stand apart or in two neighbouring runs;
`matches(text, query)` tells them apart where that matters. A query without any character of a word gives no
bigrams and an empty phrase: the caller then does not search. A single character finds only itself standing alone,
so ask for two.
"""

from __future__ import annotations

import unicodedata

# Rare names use characters newer than Python's tables: planes 2 and 3 hold nothing but Chinese characters.
_RARE_FIRST, _RARE_LAST = "\U00020000", "\U0003fffd"


def normalised(text: str) -> str:
    """Return the spelling by which texts are compared."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def runs(text: str) -> list[str]:
    """Cut a text into its unbroken runs of letters, figures and Chinese characters."""
    kept = (character if _counts(character) else " " for character in normalised(text))
    return "".join(kept).split()


def bigrams(text: str) -> list[str]:
    """Return the pairs of a text in their order, repeated ones included."""
    return [pair for run in runs(text) for pair in _pairs(run)]


def phrase(text: str) -> str:
    """Return the FTS5 query for a text: one quoted phrase a run, all of which must match; empty without any run."""
    return " ".join('"' + " ".join(_pairs(run)) + '"' for run in runs(text))


def matches(text: str, query: str) -> bool:
    """Tell whether every run of a query stands unbroken in a text."""
    written = runs(text)
    return all(any(asked in run for run in written) for asked in runs(query))


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def _counts(character: str) -> bool:
    return character.isalnum() or _RARE_FIRST <= character <= _RARE_LAST
