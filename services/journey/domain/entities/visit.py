"""What a visitor does before an order: the session, its carts and checkouts."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from propcache.api import cached_property

from services.journey.domain import facts as f
from services.journey.domain.entity import Entity, last_of_each_instant, time_of
from services.journey.domain.instants import earliest


@dataclass(eq=False)
class Visit:
    """The touches of a session, or of an anonymous or known visitor without one."""

    alias: str
    entity: Entity

    @cached_property
    def began_at(self) -> int | None:
        """The first touch, whatever it concerns."""
        return earliest(*(time_of(stamps[0]) for stamps in self.entity.touches.values() if stamps))

    @cached_property
    def errors(self) -> list[f.ErrorOccurred]:
        """What failed, in order."""
        return self.entity.of(f.ErrorOccurred)

    @cached_property
    def poor_pages(self) -> list[f.PageWasPoor]:
        """Slow or jumpy pages, in order."""
        return self.entity.of(f.PageWasPoor)

    @cached_property
    def sold_out(self) -> list[f.ItemOutOfStock]:
        """What could not be had, in order."""
        return self.entity.of(f.ItemOutOfStock)


@dataclass(eq=False)
class Cart:
    """A cart and when it changed."""

    alias: str
    entity: Entity

    @cached_property
    def updates(self) -> list[f.CartUpdated]:
        """Its contents over time, one for each instant."""
        return last_of_each_instant(self.entity.of(f.CartUpdated))

    @cached_property
    def additions(self) -> set[tuple[str, str]]:
        """The events, as (source, id), after which it held more pieces of some article than before."""
        updates = self.entity.of(f.CartUpdated)
        held: list[Mapping[str, Decimal]] = [{}, *(update.pieces for update in updates)]
        return {(u.source, u.id) for u, before in zip(updates, held, strict=False) if _more(u.pieces, before)}

    @cached_property
    def checkout_ids(self) -> set[str]:
        """The checkouts that named it."""
        return {fact.checkout_id for fact in self.entity.of(f.CheckoutTouchedCart)}

    @cached_property
    def ends(self) -> list[int]:
        """Instants that end a wait for this cart: checkouts' events and orders that name it."""
        return [fact.time for fact in self.entity.facts if isinstance(fact, (f.CheckoutTouchedCart, f.Ordered))]


@dataclass(eq=False)
class Checkout:
    """A checkout; any event that carries its id is activity."""

    alias: str
    entity: Entity

    @cached_property
    def id(self) -> str:
        """Its id in the shop."""
        return self.alias.partition(":")[2]

    @cached_property
    def started(self) -> f.CheckoutStarted | None:
        """The creating fact."""
        return next(iter(self.entity.of(f.CheckoutStarted)), None)

    @cached_property
    def activity(self) -> list[f.Fact]:
        """What was done in it, one for each instant."""
        return last_of_each_instant([fact for fact in self.entity.facts if not isinstance(fact, f.Ordered)])

    @cached_property
    def steps(self) -> list[f.CheckoutStepCompleted]:
        """Its steps, in order."""
        return self.entity.of(f.CheckoutStepCompleted)

    @cached_property
    def declines(self) -> list[f.PaymentFailed]:
        """Payments that failed, in order."""
        return self.entity.of(f.PaymentFailed)

    @cached_property
    def successes(self) -> list[int]:
        """Instants at which a payment came."""
        return [fact.time for fact in self.entity.of(f.PaymentSucceeded)]

    @cached_property
    def errors(self) -> list[f.ErrorOccurred]:
        """What failed on it, in order."""
        return self.entity.of(f.ErrorOccurred)

    @cached_property
    def orders(self) -> list[f.Ordered]:
        """The orders that name it."""
        return self.entity.of(f.Ordered)

    @cached_property
    def order_ids(self) -> list[str]:
        """The ids of the orders that it is known to be for, sorted: those that name it, those its declines name."""
        declined = {decline.order_id for decline in self.declines if decline.order_id}
        return sorted({ordered.order_id for ordered in self.orders} | declined)

    @cached_property
    def ordered_at(self) -> int | None:
        """The first order that names it."""
        return next((fact.time for fact in self.orders), None)

    @cached_property
    def cart_id(self) -> str:
        """The cart that it was last said to be of."""
        return next((s.cart_id for s in reversed(self.entity.of(f.CheckoutStarted)) if s.cart_id), "")

    @cached_property
    def sessions(self) -> list[str]:
        """The ids of the sessions that it was seen in, sorted."""
        return self.sessions_until(None)

    def sessions_until(self, instant: int | None) -> list[str]:
        """The same as known at an instant."""
        known = (fact for fact in self.entity.facts if instant is None or fact.time <= instant)
        return sorted({name for fact in known if (name := getattr(fact, "session_id", ""))})

    def basket(self, until: int) -> tuple[Decimal | None, str]:
        """(total, currency) as last said at or before an instant; (None, "") when never."""
        said = [s for s in self.entity.of(f.CheckoutStarted) if s.total is not None and s.time <= until]
        return (said[-1].total, said[-1].currency) if said else (None, "")


def _more(pieces: Mapping[str, Decimal], before: Mapping[str, Decimal]) -> bool:
    return any(number > before.get(sku, 0) for sku, number in pieces.items())
