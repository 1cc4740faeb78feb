"""What a visitor does before an order: the session, its carts and checkouts."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from services.journey.domain import facts as f
from services.journey.domain.entity import Entity, time_of


@dataclass(eq=False)
class Visit:
    """The touches of a session, or of an anonymous or known visitor without one."""

    alias: str
    entity: Entity

    def stamps(self, about: str = "") -> list[int]:
        """Stamps of the touches that concern `about`, in order."""
        return self.entity.touches.get(about, [])

    @cached_property
    def instants(self) -> list[int]:
        """Instants of the touches that concern no order in particular."""
        return [time_of(stamp) for stamp in self.stamps()]


@dataclass(eq=False)
class Cart:
    """A cart and when it changed."""

    alias: str
    entity: Entity

    @cached_property
    def updates(self) -> list[f.CartUpdated]:
        return self.entity.of(f.CartUpdated)

    @cached_property
    def ends(self) -> list[int]:
        """Instants that end a wait for this cart: its checkouts' events and orders that name it."""
        return [fact.time for fact in self.entity.facts if isinstance(fact, (f.CheckoutTouchedCart, f.Ordered))]


@dataclass(eq=False)
class Checkout:
    """A checkout; any event that carries its id is activity."""

    alias: str
    entity: Entity

    @cached_property
    def id(self) -> str:
        return self.alias.partition(":")[2]

    @cached_property
    def started(self) -> f.CheckoutStarted | None:
        return next(iter(self.entity.of(f.CheckoutStarted)), None)

    @cached_property
    def activity(self) -> list[f.Fact]:
        return [fact for fact in self.entity.facts if not isinstance(fact, f.Ordered)]

    @cached_property
    def ordered_at(self) -> int | None:
        return next((fact.time for fact in self.entity.of(f.Ordered)), None)

    @cached_property
    def cart_id(self) -> str:
        return next((s.cart_id for s in reversed(self.entity.of(f.CheckoutStarted)) if s.cart_id), "")

    @cached_property
    def sessions(self) -> set[str]:
        makers: list[f.CheckoutStarted | f.CheckoutStepCompleted] = [*self.entity.of(f.CheckoutStarted)]
        makers += self.entity.of(f.CheckoutStepCompleted)
        return {m.session_id for m in makers if m.session_id}

    def basket(self, until: int) -> tuple[Decimal | None, str]:
        """(total, currency) as last said at or before an instant; (None, "") when never."""
        said = [s for s in self.entity.of(f.CheckoutStarted) if s.total is not None and s.time <= until]
        return (said[-1].total, said[-1].currency) if said else (None, "")
