"""What a person's carts and checkouts were said to be worth, in order of time."""

from bisect import insort
from collections.abc import Mapping

from services.journey.domain.reads import Streams
from services.journey.domain.units import Basket

BASKETS = "baskets"
"""The stream of instants at which anything was said to be worth something."""

NO_BASKET: Basket = (None, "")


class Baskets:
    """What all units of a person told, by instant."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._told: dict[int, list[tuple[str, Basket]]] = {}  # instant -> (unit, basket), sorted by unit

    def replace(self, unit: str, before: Mapping[int, Basket], after: Mapping[int, Basket]) -> None:
        """What a unit tells now in place of what it told before."""
        for instant in sorted({**before, **after}):
            told = self._told.setdefault(instant, [])
            if before.get(instant) == after.get(instant):
                continue
            if instant in before:
                told.remove((unit, before[instant]))
                self._streams.change(BASKETS, instant, gone=True)
            if instant in after:
                insort(told, (unit, after[instant]), key=_unit)
                self._streams.change(BASKETS, instant)

    def last(self, since: int, until: int) -> Basket:
        """The last that was told between two instants, both included; of several at one, the last by unit."""
        at = self._streams.last_until(BASKETS, until)
        return NO_BASKET if at is None or at < since else self._told[at][-1][1]


def _unit(entry: tuple[str, Basket]) -> str:
    return entry[0]
