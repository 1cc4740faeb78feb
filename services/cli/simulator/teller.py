"""Tells a story: keeps its time, names what it invents, and collects what is said and what hurts."""

from datetime import datetime, timedelta
from random import Random

from services.cli.replays.event import SentEvent
from services.cli.simulator.story import Finding, Story

_MS = timedelta(milliseconds=1)
DEVICES = ("phone", "desktop", "tablet")


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
        self._findings: list[Finding] = []

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

    def enter(self, *, known: bool) -> None:
        """A visit begins: of the story's customer, or of somebody who never says who they are."""
        kind = "customer" if known else "anonymous"
        self._who = {
            f"{kind}_id": f"{self._name}-{kind}",
            "session_id": self.name("session"),
            "channel": "web",
            "device": self.rng.choice(DEVICES),
        }

    @property
    def customer_id(self) -> str:
        """The story's customer."""
        return f"{self._name}-customer"

    def web(self, type_: str, **data: object) -> SentEvent:
        """The storefront says something of the visit."""
        return self._say("web", f"storefront.{type_}", {**self._who, **data}, self.shop)

    def office(self, type_: str, **data: object) -> SentEvent:
        """The shop's order system says something."""
        return self._say("orders", type_, data, self.shop)

    def desk(self, type_: str, **data: object) -> SentEvent:
        """The help desk says something of the customer."""
        return self._say("desk", f"service.{type_}", {"customer_id": self.customer_id, **data}, self.shop)

    def carrier(self, carrier: str, type_: str, *, knows_shop: bool, **data: object) -> SentEvent:
        """A carrier says something; it need not know whose parcel it is."""
        return self._say("carrier", f"logistics.{type_}", {"carrier": carrier, **data}, self.shop if knows_shop else "")

    def hurts(
        self,
        kind: str,
        entity: str,
        anchor: datetime,
        after: timedelta | None = None,
        happened_at: datetime | None = None,
        ended_at: datetime | None = None,
    ) -> None:
        """The author's word: this pain point is true, `after` its anchor or at `happened_at`; neither: by its event."""
        timed = after is not None or happened_at is not None
        at = happened_at or anchor + (after or timedelta(0))
        self._findings.append(Finding(kind, entity, anchor, at, timed, ended_at))

    def told(self, scenario: str) -> Story:
        """The whole story."""
        return Story(scenario, tuple(self._events), tuple(self._findings))

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
        return event
