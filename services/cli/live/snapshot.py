"""What the live display shows at one moment, and how it is gathered."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from services.cli.clickhouse.clocks import shop_clock
from services.cli.clickhouse.views import Views, ViewsError
from services.cli.journeys.story import Person
from services.cli.live.services import Reading
from services.cli.live.timeline import Entry, timeline

VIEWS_EVERY_S = 2.0
"""How often the views are asked at most; more rarely when they take long: to watch must not slow what is watched."""
SHARE_OF_TIME = 0.2
PERSON_FOR_S = 15.0
"""How long one customer's journey stays on the screen."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How a service does; None where it gave no answer."""

    name: str
    per_second: float | None = None
    lag_messages: float | None = None
    lag_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ViewState:
    """What the views say of the shop."""

    answers: Mapping[str, int] = field(default_factory=dict)
    clock_ms: int | None = None
    open_pain_points: Mapping[str, int] = field(default_factory=dict)
    person: Person | None = None
    entries: Sequence[Entry] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of it."""

    services: Sequence[ServiceState]
    views: ViewState
    sent_events: int
    sent_clock_ms: int


class ServiceWatch:
    """Turns counters into rates, from one look to the next."""

    def __init__(self, look: Callable[[str], Reading | None], names: Sequence[str]) -> None:
        self._look, self._names = look, names
        self._before: dict[str, tuple[float, float]] = {}

    def look(self, now: float) -> list[ServiceState]:
        """Every service as of `now`, in seconds of a clock that never goes back."""
        return [self._state(name, self._look(name), now) for name in self._names]

    def _state(self, name: str, reading: Reading | None, now: float) -> ServiceState:
        if reading is None:
            self._before.pop(name, None)
            return ServiceState(name)
        then, done = self._before.get(name, (now, reading.done))
        self._before[name] = (now, reading.done)
        # A restarted service counts from nothing again.
        rate = max(0.0, reading.done - done) / (now - then) if now > then else None
        return ServiceState(name, rate, reading.lag_messages, reading.lag_seconds)


class ViewWatch:
    """Asks the views about a shop, no more often than they can bear."""

    def __init__(self, views: Views, shop: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._views, self._shop, self._clock = views, shop, clock
        self._state = ViewState()
        self._next = self._other_person = 0.0

    def look(self) -> ViewState:
        """The last answers, renewed if it is time to."""
        begin = self._clock()
        if begin >= self._next:
            try:
                self._state = self._ask(begin)
            except ViewsError as error:
                self._state = ViewState(problem=str(error))
            took = self._clock() - begin
            self._next = self._clock() + max(VIEWS_EVERY_S, took / SHARE_OF_TIME)
        return self._state

    def _ask(self, now: float) -> ViewState:
        answers = self._views.rows("SELECT answer, count() FROM waypost.answers GROUP BY answer ORDER BY 2 DESC")
        pains = self._views.rows(
            "SELECT kind, count() FROM waypost.pain_points "
            "WHERE shop = %(shop)s AND status = 'open' GROUP BY kind ORDER BY 2 DESC, kind",
            {"shop": self._shop},
        )
        person = self._person(now)
        return ViewState(
            dict(map(tuple, answers)),
            shop_clock(self._views, self._shop),
            dict(map(tuple, pains)),
            person,
            timeline(self._views, person) if person else (),
        )

    def _person(self, now: float) -> Person | None:
        """Somebody whom something hurts badly and lately; for a while the same one."""
        if self._state.person and now < self._other_person:
            return self._state.person
        self._other_person = now + PERSON_FOR_S
        rows = self._views.rows(
            "SELECT person_id FROM waypost.pain_points WHERE shop = %(shop)s AND person_id != '' "
            "ORDER BY severity IN ('high', 'critical') DESC, happened_at DESC LIMIT 1",
            {"shop": self._shop},
        )
        return Person(self._shop, rows[0][0]) if rows else None
