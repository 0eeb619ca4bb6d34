"""The keyed hash by which sealed values are found; the vault lends it, reads must not reach the keys."""

from __future__ import annotations

from typing import Protocol


class Blind(Protocol):
    """Hash a normalised value for one context (table.column or record.fid)."""

    def __call__(self, text: str, *, context: str) -> str: ...


_lent: list[Blind] = []


def lend(blind: Blind) -> None:
    """Set the process's hash; services.vault.install calls this once."""
    _lent[:] = [blind]


def blind(text: str, *, context: str) -> str:
    """Return the keyed hash. Raises RuntimeError before the vault was opened."""
    if not _lent:
        raise RuntimeError("no vault: create_app() installs it")
    return _lent[0](text, context=context)
