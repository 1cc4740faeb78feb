"""What the clock is waited for: questions whose answer time alone could change."""

from collections.abc import Iterator
from heapq import heappop, heappush

from services.journey.domain.reads import Question


class Timers:
    """The next due moment (ms) of each question that waits, and the units where only the clock is waited for."""

    __slots__ = ("_dues", "_heap", "_waiting")

    def __init__(self) -> None:
        self._dues: dict[Question, int] = {}
        self._heap: list[tuple[int, Question]] = []  # with those that were put off or called off since
        self._waiting: dict[Question, set[str]] = {}

    def wait(self, question: Question, due: int | None, waiting: set[str]) -> None:
        """A question waits for an instant, None for none; what waits there is in these units."""
        if waiting:
            self._waiting[question] = waiting
        else:
            self._waiting.pop(question, None)
        if due is None:
            self._dues.pop(question, None)
        elif self._dues.get(question) != due:
            self._dues[question] = due
            heappush(self._heap, (due, question))

    def passed(self, now: int) -> Iterator[Question]:
        """The questions whose moment has come by `now`; they wait no more."""
        while self._heap and self._heap[0][0] <= now:
            due, question = heappop(self._heap)
            if self._dues.get(question) == due:
                del self._dues[question]
                yield question

    @property
    def due(self) -> int | None:
        """The first moment that a question waits for."""
        while self._heap and self._dues.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    @property
    def waiting(self) -> set[str]:
        """The units where only the clock is waited for."""
        return {unit for units in self._waiting.values() for unit in units}
