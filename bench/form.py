"""The register that is measured: the demo's neighbour disputes with ten configured fields that lists are asked by."""

from __future__ import annotations

import copy
import random
from typing import Any

from services.demo_forms import NEIGHBOUR_DISPUTE

KEY = "bench_dispute"
TITLE = "邻里纠纷登记"
PREFIX = "LLJF"
SOURCES = ("visit", "phone", "online", "passed")
# Besides village, kind, day and amount, which the demo indexes already.
MORE: list[dict[str, Any]] = [
    {"fid": "d1", "key": "people", "type": "integer", "label": "涉及人数", "min": 1, "max": 500, "index": True},
    {"fid": "d2", "key": "paid", "type": "money", "label": "赔偿金额", "index": True},
    {"fid": "d3", "key": "urgent", "type": "boolean", "label": "是否紧急", "index": True},
    {"fid": "d4", "key": "pleased", "type": "rating", "label": "满意度", "index": True},
    {"fid": "d5", "key": "source", "type": "select_one", "label": "来源", "index": True,
     "options": [{"value": one, "label": one} for one in SOURCES]},
]  # fmt: skip
INDEXED = ("a1", "a2", "a4", "a5", "c2", "d1", "d2", "d3", "d4", "d5")


def document() -> dict[str, Any]:
    """Return the definition of the register."""
    made = copy.deepcopy(NEIGHBOUR_DISPUTE)
    made["key"] = KEY
    pages = made["pages"]
    next(item for item in pages[2]["items"] if item["fid"] == "c2")["index"] = True
    pages.append({"id": "p4", "title": "处置", "items": copy.deepcopy(MORE)})
    return made


def more_answers(pick: random.Random) -> dict[str, Any]:
    """Return raw answers to the further questions, some of them blank."""
    raw: dict[str, Any] = {"d1": str(pick.randint(1, 12)), "d5": pick.choice(SOURCES)}
    if pick.random() < 0.4:
        raw["d2"] = f"{pick.randrange(200_000) / 100:.2f}"
    if pick.random() < 0.9:
        raw["d3"] = pick.choice(("true", "false"))
    if pick.random() < 0.6:
        raw["d4"] = str(pick.randint(1, 5))
    return raw
