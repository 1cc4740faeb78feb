"""Whom time alone may concern, and when: of each clock, the moments that cells wait for."""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush


class Due:
    """The moments of one partition's cells. One that a cell does not wait for any more stays until it has come."""

    def __init__(self) -> None:
        self._heaps: dict[str, list[tuple[int, str]]] = {}  # clock -> (ms, cell key)

    def restore(self, found: Iterator[tuple[str, int, str]]) -> None:
        """Take up what (clock, ms, cell key) the table has."""
        for clock, due, key in found:
            self._heaps.setdefault(clock, []).append((due, key))
        for heap in self._heaps.values():
            heapify(heap)

    def wait(self, clock: str, due: int, key: str) -> None:
        """Note that a cell waits for a moment, ms."""
        heappush(self._heaps.setdefault(clock, []), (due, key))

    def reached(self, clock: str, now: int) -> bool:
        """Whether anyone's moment has come."""
        heap = self._heaps.get(clock)
        return bool(heap and heap[0][0] <= now)

    def take(self, clock: str, now: int, most: int) -> Iterator[tuple[int, str]]:
        """The moments that have come and whose they are, in order, at most so many; they are waited for no more."""
        for _ in range(most):
            if not self.reached(clock, now):
                return
            yield heappop(self._heaps[clock])
