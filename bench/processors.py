"""On which processors is measured.

Where a client and its database run is the kernel's choice, anew in each run: side by side or one after the other, a
statement takes 70 us or 240. What two processes do in turns is measured on one processor, where that has no part.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

ALL = os.sched_getaffinity(0)
ONE = frozenset({max(ALL)})  # interrupts come to the first


def keep_to(processors: frozenset[int] | set[int], server: Path) -> None:
    """Keep this process, what it starts, and the PostgreSQL server of a data folder, if there is one, to processors."""
    os.sched_setaffinity(0, processors)
    for pid in _server(server):
        with suppress(ProcessLookupError):  # a worker of its own that has ended
            os.sched_setaffinity(pid, processors)


def _server(folder: Path) -> list[int]:
    told = folder / "postgres" / "postmaster.pid"
    if not told.exists():
        return []
    first = int(told.read_text().split()[0])
    return [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]
