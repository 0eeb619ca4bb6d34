"""The collector of garbage in a process that serves: what is loaded stays, and a page makes little that needs it."""

from __future__ import annotations

import gc

# CPython's own is 700: it looks through the newest objects whenever so many more were made than let go.
THRESHOLDS = (20_000, 20, 50)


def settle_memory() -> None:
    """Leave what is loaded out of every search for garbage, and search less often. Called once, before serving."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
