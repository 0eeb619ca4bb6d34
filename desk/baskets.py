"""What stands in a basket: read from the page, changed by its buttons, added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desk.typed import whole_number
from queries.stock import Place
from services.stock import MOST_OF_A_GOOD, Basket

_FIELD = "q_"
_FIGURES = len(str(MOST_OF_A_GOOD))


@dataclass(frozen=True)
class Line:
    """One good on the page: what there is of it, and how many are wanted."""

    place: Place
    wanted: int

    @property
    def field(self) -> str:
        return f"{_FIELD}{self.place.good.id}"

    @property
    def cost(self) -> int:
        return int(self.wanted * self.place.good.price)


def read_basket(sent: Mapping[str, str], places: Sequence[Place]) -> dict[int, int]:
    """Read how many of each good are wanted; what is no number, or no good of the station, does not count."""
    found = {place.good.id: whole_number(sent.get(f"{_FIELD}{place.good.id}", ""), _FIGURES) for place in places}
    return {good_id: wanted for good_id, wanted in found.items() if wanted}


def pressed(basket: dict[int, int], act: str, places: Sequence[Place]) -> None:
    """Do what a button of one good says: "more-7" or "less-7"."""
    how, _dash, good_id = act.partition("-")
    known = {str(place.good.id): place.good.id for place in places}
    if how in {"more", "less"} and good_id in known:
        change(basket, known[good_id], 1 if how == "more" else -1)


def scanned(basket: dict[int, int], code: str, places: Sequence[Place]) -> bool:
    """Add the good whose code a scanner read; tell whether the station has such a good."""
    good_id = next((place.good.id for place in places if place.good.code == code.strip()), None)
    if good_id is not None:
        change(basket, good_id, 1)
    return good_id is not None


def change(basket: dict[int, int], good_id: int, by: int) -> None:
    wanted = min(max(basket.get(good_id, 0) + by, 0), MOST_OF_A_GOOD)
    if wanted:
        basket[good_id] = wanted
    else:
        basket.pop(good_id, None)


def lines(places: Sequence[Place], basket: Basket) -> list[Line]:
    return [Line(place, basket.get(place.good.id, 0)) for place in places]
