"""Tells a story: keeps its time, names what it invents, and collects what is said and what hurts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

from schemas.ids import event_id
from services.cli.replays.event import SentEvent
from services.cli.simulator.story import Finding, Story

_MS = timedelta(milliseconds=1)
_NONE = timedelta(0)
DEVICES = ("phone", "desktop", "tablet")
_SURVEYS = ("service.survey.answered", "service.feedback.posted")


class Teller:
    """One story in the making. All names carry the run and the story's number, so that no two runs meet."""

    def __init__(self, shop: str, name: str, start: datetime, rng: Random) -> None:
        self.now = start
        self.rng = rng
        self.shop = shop
        self._name = name
        self._who: dict[str, object] = {}
        self._counts: dict[str, int] = {}
        self._events: list[SentEvent] = []
        self._sent_at: datetime | None = None
        self._delays: dict[str, timedelta] = {}
        self._findings: list[Finding] = []
        self._disproved: list[Finding] = []

    def name(self, thing: str) -> str:
        """A name that nothing else has: `k3x9-12-cart`, the second time `k3x9-12-cart2`."""
        self._counts[thing] = count = self._counts.get(thing, 0) + 1
        return f"{self._name}-{thing}{count if count > 1 else ''}"

    def pause(self, least: timedelta, most: timedelta) -> datetime:
        """Let a random time pass."""
        return self.wait(self.rng.randint(least // _MS, most // _MS) * _MS)

    def wait(self, span: timedelta) -> datetime:
        """Let exactly this time pass."""
        self.now += span
        return self.now

    def wait_until(self, instant: datetime) -> datetime:
        """Let time pass up to an instant; none when it is past."""
        return self.wait(max(instant - self.now, _NONE))

    def enter(self, *, known: bool) -> None:
        """A visit begins: of the story's customer, or of somebody who never says who they are."""
        self.enter_as(**({"customer_id": self.customer_id} if known else {"anonymous_id": self.anonymous_id}))

    def enter_as(self, **who: str) -> None:
        """A visit of whoever these aliases name begins."""
        self._who = {
            **who,
            "session_id": self.name("session"),
            "channel": "web",
            "device": self.rng.choice(DEVICES),
        }

    @property
    def customer_id(self) -> str:
        """The story's customer."""
        return f"{self._name}-customer"

    @property
    def anonymous_id(self) -> str:
        """The browser or tablet that the story's visitors use."""
        return f"{self._name}-anonymous"

    @property
    def session(self) -> str:
        """The visit's name as an entity."""
        return f"session:{self._who['session_id']}"

    def web(self, type_: str, **data: object) -> SentEvent:
        """The storefront says something of the visit."""
        return self._say("web", f"storefront.{type_}", {**self._who, **data}, self.shop)

    def app(self, type_: str, **data: object) -> SentEvent:
        """The storefront says something of which it does not tell in what visit."""
        return self._say("app", f"storefront.{type_}", data, self.shop)

    def elsewhere(self, source: str, type_: str, **data: object) -> SentEvent:
        """A source of the story's own says something of the visit."""
        return self._say(source, f"storefront.{type_}", {**self._who, **data}, self.shop)

    def office(self, type_: str, **data: object) -> SentEvent:
        """The shop's order system says something."""
        return self._say("orders", type_, data, self.shop)

    def desk(self, type_: str, **data: object) -> SentEvent:
        """The help desk says something of the customer, of another one, or (`customer_id` None) names nobody."""
        named = {"customer_id": self.customer_id, **data}
        return self._say("desk", f"service.{type_}", {k: v for k, v in named.items() if v is not None}, self.shop)

    def carrier(self, carrier: str, type_: str, *, knows_shop: bool, **data: object) -> SentEvent:
        """A carrier says something; it need not know whose parcel it is."""
        return self._say("carrier", f"logistics.{type_}", {"carrier": carrier, **data}, self.shop if knows_shop else "")

    @contextmanager
    def heard_late(self, by: timedelta) -> Iterator[None]:
        """What is said meanwhile is sent only so much later than now, all at once."""
        self._sent_at = self.now + by
        yield
        self._sent_at = None

    def hurts(
        self,
        kind: str,
        entity: str,
        anchor: datetime,
        after: timedelta | None = None,
        happened_at: datetime | None = None,
        ended_at: datetime | None = None,
        *,
        lapses_at: datetime | None = None,
        end_known_at: datetime | None = None,
        cause: str = "",
        severe_at: datetime | None = None,
        follows: Finding | None = None,
        held_back_by: Finding | None = None,
    ) -> Finding:
        """The author's word: this pain point is true, `after` its anchor or at `happened_at`; neither: by its event.

        `follows` is what it is a consequence of; its root is that one's. `held_back_by` is its carrier's silence.
        """
        timed = after is not None or happened_at is not None
        finding = Finding(
            kind,
            entity,
            anchor,
            happened_at or anchor + (after or _NONE),
            timed,
            lapses_at or ended_at,
            lapses_at is not None,
            end_known_at,
            cause,
            severe_at,
            follows and (follows.root or follows),
            held_back_by,
        )
        self._findings.append(finding)
        return finding

    def seems(self, kind: str, entity: str, anchor: datetime, after: timedelta | None = None) -> None:
        """The author's word: this is believed until something that is heard late disproves it."""
        happened_at = anchor + (after or _NONE)
        self._disproved.append(Finding(kind, entity, anchor, happened_at, after is not None))

    def told(self, scenario: str) -> Story:
        """The whole story."""
        return Story(
            scenario,
            tuple(self._events),
            tuple(self._findings),
            tuple(self._disproved),
            self._delays,
            tuple(entity_of(event) for event in self._events if event.type in _SURVEYS),
        )

    def _say(self, source: str, type_: str, data: dict[str, object], shop: str) -> SentEvent:
        event = SentEvent(
            id=f"{self._name}-{len(self._events)}",
            source=f"{self.shop}/{source}",
            type=type_,
            time=self.now,
            shop=shop,
            data=data,
        )
        self._events.append(event)
        if self._sent_at is not None:
            self._delays[event.id] = self._sent_at - self.now
        return event


def entity_of(answer: SentEvent) -> str:
    """The name of an answer or of feedback as an entity."""
    return f"event:{event_id(answer.source, answer.id)}"
