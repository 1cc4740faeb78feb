"""The sender with receivers that are told how to behave; real time, but only milliseconds of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from support.alert_rows import NOON, batch, key, pain_point, policy, record

from schemas.rows import AlertRow, PainPointRow
from services.alerts.adapters.cells import AlertCells
from services.alerts.courier import Receiver, Sending
from services.alerts.domain.line import Backoff
from services.alerts.domain.results import Delivered, Gone, Result, Undelivered
from services.alerts.domain.routes import Policy, Route
from services.alerts.metrics import AlertsMetrics
from services.alerts.processor import AlertsProcessor
from services.alerts.sender import Sender
from services.runtime.records import Change

DEADLINE = timedelta(days=3)
BOTH = policy(Route("both", ("care", "default")))


class FakeReceiver:
    """Gives the results it was told to, then takes everything."""

    def __init__(self, *results: Result) -> None:
        self.results = list(results)
        self.ids: list[str] = []
        self.bodies: list[Mapping[str, object]] = []
        self.hangs = False

    async def post(self, id_: str, body: bytes, at: datetime) -> Result:
        self.ids.append(id_)
        self.bodies.append(json.loads(body))
        if self.hangs:
            await asyncio.Event().wait()
        return self.results.pop(0) if self.results else Delivered(204)


class FakeJournal:
    """Confirms at once, or fails."""

    def __init__(self, cells: AlertCells) -> None:
        self.cells = cells
        self.rows: list[AlertRow] = []
        self.fails = False

    async def record(self, row: AlertRow, change: Change) -> None:
        if self.fails:
            raise ConnectionError("Kafka is away")
        self.rows.append(row)
        self.cells.apply([change])


class Service:
    """The processor and the sender over the same cells."""

    def __init__(self, by: Policy, cells: AlertCells | None = None, **receivers: Receiver) -> None:
        self.cells = cells or AlertCells()
        self.journal = FakeJournal(self.cells)
        self.now = datetime.fromtimestamp(NOON / 1000, UTC)
        self.registry = CollectorRegistry()
        metrics = AlertsMetrics(self.registry)
        self.errors: list[BaseException] = []
        self.processor = AlertsProcessor(self.cells, by, metrics)
        how = Sending(Backoff(0.002, 0.01), DEADLINE, lambda: self.now, lambda: 0.5)
        self.sender = Sender(self.cells, receivers, self.journal, metrics, how)

    def take(self, *rows: PainPointRow) -> None:
        effects = self.processor.process(batch(record(0, rows)))
        self.cells.apply([*effects.changes, *effects.last_changes])

    def outcomes(self) -> list[tuple[str, str, str]]:
        return [(row.receiver, row.event, row.state) for row in self.journal.rows]


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not look():  # noqa: ASYNC110 (what is looked at are plain values)
            await asyncio.sleep(0.001)


def play(service: Service, story: Callable[[Service], Awaitable[None]]) -> None:
    async def running() -> None:
        service.sender.start(service.errors.append)
        try:
            await story(service)
        finally:
            service.sender.stop()

    asyncio.run(running())


def firing(name: str = "late") -> str:
    return f"firing_{key(name)}"


def test_what_is_confirmed_is_delivered_and_its_outcome_written_down() -> None:
    care = FakeReceiver()
    service = Service(policy(Route("r", ("care",))), care=care)

    async def story(service: Service) -> None:
        service.take(pain_point())
        await until(lambda: service.outcomes() == [("care", "firing", "sent")])
        service.take(pain_point(version=2, status="resolved"))
        await until(lambda: service.outcomes()[1:] == [("care", "resolved", "sent")])

    play(service, story)
    assert care.ids == [firing(), f"resolved_{key('late')}"]
    assert (
        service.registry.get_sample_value("waypost_alerts_notifications_total", {"receiver": "care", "result": "sent"})
        == 2
    )


def test_what_was_pending_at_the_start_is_delivered_and_what_was_sent_is_not() -> None:
    care = FakeReceiver()
    first = Service(policy(Route("r", ("care",))), care=care)

    async def story(service: Service) -> None:
        service.take(pain_point())
        await until(lambda: service.outcomes())

    play(first, story)
    first.take(pain_point("lost"))
    second = Service(policy(Route("r", ("care",))), first.cells, care=care)

    async def next_story(service: Service) -> None:
        await until(lambda: service.outcomes())

    play(second, next_story)
    assert care.ids == [firing(), firing("lost")]


def test_a_receiver_that_is_down_gets_everything_in_order_when_it_is_back() -> None:
    care = FakeReceiver(*[Undelivered("503")] * 7)
    service = Service(policy(Route("r", ("care",))), care=care)

    async def story(service: Service) -> None:
        service.take(pain_point(), pain_point("lost"))
        service.take(pain_point(version=2, status="resolved"))
        await until(lambda: len(service.outcomes()) == 3)

    play(service, story)
    assert sorted(set(care.ids)) == sorted([firing(), firing("lost"), f"resolved_{key('late')}"])
    assert care.ids.index(f"resolved_{key('late')}") > max(i for i, id_ in enumerate(care.ids) if id_ == firing())
    late = [body for id_, body in zip(care.ids, care.bodies, strict=True) if id_ == firing()]
    assert all(body["data"]["already_over"] for body in late)  # type: ignore[index]


def test_a_receiver_that_hangs_holds_up_no_other() -> None:
    care, default = FakeReceiver(), FakeReceiver()
    care.hangs = True
    service = Service(BOTH, care=care, default=default)

    async def story(service: Service) -> None:
        service.take(pain_point(), pain_point("lost"))
        await until(lambda: len(default.ids) == 2)

    play(service, story)
    assert care.ids == [firing()]
    assert service.outcomes() == [("default", "firing", "sent")] * 2


def test_one_notification_that_a_receiver_never_takes_holds_up_no_other() -> None:
    class Picky(FakeReceiver):
        async def post(self, id_: str, body: bytes, at: datetime) -> Result:
            await super().post(id_, body, at)
            return Undelivered("400") if id_ == firing() else Delivered(204)

    service = Service(policy(Route("r", ("care",))), care=Picky())

    async def story(service: Service) -> None:
        service.take(pain_point(), *[pain_point(f"other {n}") for n in range(20)])
        await until(lambda: len(service.outcomes()) == 20)

    play(service, story)
    assert service.cells.outcome(key("late"), service.cells.announcement(key("late")).notices[0].event, "care") is None  # type: ignore[union-attr]


def test_an_end_whose_beginning_was_refused_is_recorded() -> None:
    care = FakeReceiver(Gone("410 Gone"))
    service = Service(policy(Route("r", ("care",))), care=care)

    async def story(service: Service) -> None:
        service.take(pain_point(), pain_point(version=2, status="resolved"))
        await until(lambda: len(service.outcomes()) == 2)

    play(service, story)
    assert service.outcomes() == [("care", "firing", "failed"), ("care", "resolved", "recorded")]
    assert care.ids == [firing()]


def test_after_the_deadline_one_more_attempt_decides() -> None:
    care = FakeReceiver(Undelivered("503"))
    service = Service(policy(Route("r", ("care",))), care=care)
    service.now += DEADLINE

    async def story(service: Service) -> None:
        service.take(pain_point(), pain_point("lost"))
        await until(lambda: len(service.outcomes()) == 2)

    play(service, story)
    assert service.outcomes() == [("care", "firing", "failed"), ("care", "firing", "sent")]


def test_a_receiver_that_is_not_configured_any_more_keeps_its_notifications_until_the_deadline() -> None:
    service = Service(policy(Route("r", ("gone",))))

    async def story(service: Service) -> None:
        service.take(pain_point())
        attempts = {"receiver": "gone", "result": "undelivered"}
        await until(lambda: service.registry.get_sample_value("waypost_alerts_attempts_total", attempts))
        assert service.outcomes() == []
        service.now += DEADLINE
        await until(lambda: service.outcomes())

    play(service, story)
    assert service.outcomes() == [("gone", "firing", "failed")]


def test_nothing_is_delivered_after_a_stop_and_what_was_cut_off_is_still_pending() -> None:
    care = FakeReceiver()
    care.hangs = True
    service = Service(policy(Route("r", ("care",))), care=care)

    async def story(service: Service) -> None:
        service.take(pain_point())
        await until(lambda: care.ids)
        service.sender.stop()
        service.take(pain_point("lost"))

    play(service, story)
    assert care.ids == [firing()]
    assert [list(service.cells.pending(known)) for known in service.cells.announcements()] == [["care"], ["care"]]


def test_an_outcome_that_cannot_be_written_down_is_told_to_whoever_started_it() -> None:
    service = Service(policy(Route("r", ("care",))), care=FakeReceiver())
    service.journal.fails = True

    async def story(service: Service) -> None:
        service.take(pain_point())
        await until(lambda: service.errors)

    play(service, story)
    with pytest.raises(ConnectionError, match="Kafka is away"):
        raise service.errors[0]


def test_how_much_waits_and_for_how_long_is_measured() -> None:
    care = FakeReceiver()
    care.hangs = True
    service = Service(policy(Route("r", ("care",))), care=care)
    service.now += timedelta(minutes=5)

    async def story(service: Service) -> None:
        service.take(pain_point(), pain_point("lost"))
        await until(
            lambda: service.registry.get_sample_value("waypost_alerts_pending_pain_points", {"receiver": "care"})
        )

    play(service, story)
    value = service.registry.get_sample_value
    assert value("waypost_alerts_pending_pain_points", {"receiver": "care"}) == 2
    assert value("waypost_alerts_oldest_pending_age_seconds", {"receiver": "care"}) == 300
