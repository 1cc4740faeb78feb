"""A ticket of the help desk: who wrote, and whether anybody answered."""

from dataclasses import dataclass

from propcache.api import cached_property

from services.journey.domain import facts as f
from services.journey.domain.entities.returned import DAMAGED
from services.journey.domain.entity import Entity

WORDS = (f.TicketOpened, f.TicketReplied, f.TicketSolved, f.TicketReopened)


@dataclass(eq=False)
class Ticket:
    """A ticket; nothing is said of one that was never opened."""

    alias: str
    entity: Entity

    @cached_property
    def opened(self) -> f.TicketOpened | None:
        """The creating fact."""
        return next(iter(self.entity.of(f.TicketOpened)), None)

    @cached_property
    def order_id(self) -> str:
        """The order that it names, "" when it names none."""
        return next((opened.order_id for opened in self.entity.of(f.TicketOpened) if opened.order_id), "")

    @cached_property
    def words(self) -> list[f.Fact]:
        """What was written in it and done with it, in order; a survey about it is a word of its own."""
        return [fact for fact in self.entity.facts if isinstance(fact, WORDS)]

    @cached_property
    def damages(self) -> list[f.Fact]:
        """Openings that speak of damage and name no order themselves: they speak of the ticket's."""
        openings = self.entity.of(f.TicketOpened)
        return [opened for opened in openings if opened.topic == DAMAGED and not opened.order_id]

    @cached_property
    def contacts(self) -> list[f.Fact]:
        """Each time that the customer turned to the shop: opened, reopened, wrote."""
        return [fact for fact in self.entity.facts if _is_contact(fact)]

    @cached_property
    def requests(self) -> list[f.Fact]:
        """Each time that a solution was asked for: opened, reopened."""
        return [fact for fact in self.entity.facts if isinstance(fact, (f.TicketOpened, f.TicketReopened))]

    @cached_property
    def solutions(self) -> list[int]:
        """Instants at which it was called solved."""
        return [fact.time for fact in self.entity.of(f.TicketSolved)]

    @cached_property
    def answers(self) -> list[int]:
        """Instants at which the customer heard back: an agent's reply or a solution."""
        return [fact.time for fact in self.entity.facts if isinstance(fact, f.TicketSolved) or _is_agents(fact)]


def _is_contact(fact: f.Fact) -> bool:
    wrote = isinstance(fact, f.TicketReplied) and fact.by == "customer"
    return wrote or isinstance(fact, (f.TicketOpened, f.TicketReopened))


def _is_agents(fact: f.Fact) -> bool:
    return isinstance(fact, f.TicketReplied) and fact.by == "agent"
