"""What a customer sends back: one return of an order."""

from dataclasses import dataclass, field

from propcache.api import cached_property

from services.journey.domain import facts as f

DAMAGED = "damaged"
"""The word, as a return's reason or a ticket's topic, that says the goods came broken."""


@dataclass(eq=False)
class Return:
    """A return; its registration or, without one, its receipt creates it."""

    id: str
    words: list[f.ReturnRegistered | f.ReturnReceived] = field(default_factory=list)  # in order

    @cached_property
    def alias(self) -> str:
        """`return:<id>`."""
        return f"return:{self.id}"

    @cached_property
    def received(self) -> f.ReturnReceived | None:
        """When the shop first had it back."""
        return next((word for word in self.words if isinstance(word, f.ReturnReceived)), None)

    @cached_property
    def damage(self) -> f.ReturnRegistered | f.ReturnReceived | None:
        """The first word that gives damage as its reason."""
        return next((word for word in self.words if word.reason == DAMAGED), None)
