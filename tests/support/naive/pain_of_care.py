"""Pain points with the help desk, in surveys, and of customers who stay away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from support.naive.chains import PLACE
from support.naive.events import Event
from support.naive.pain import Pain, overdue, spells
from support.naive.shop import Shop, first_after

from schemas.aliases import Kind


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that was opened, and its words in order."""

    alias: str
    words: list[Event]

    def at(self, what: str, by: str = "") -> list[datetime]:
        """When it was opened, replied, solved, reopened."""
        its = [e for e in self.words if e.type == f"service.ticket.{what}"]
        return [e.time for e in its if not by or e.data["by"] == by]

    @property
    def contacts(self) -> list[Event]:
        """The customer's words, in order."""
        spoken = ("service.ticket.opened", "service.ticket.reopened")
        return [e for e in self.words if e.type in spoken or e.data.get("by") == "customer"]


def tickets(shop: Shop) -> list[Ticket]:
    """All tickets that were opened."""
    return [
        Ticket(alias, [e for e in shop.of("service.ticket.") if e.name(Kind.TICKET) == alias])
        for alias in shop.names(Kind.TICKET, "service.ticket.opened")
    ]


def _pain(shop: Shop, kind: str, ticket: str, anchor: datetime, happened: datetime, end: datetime | None,
          severity: str) -> Pain:  # fmt: skip
    order_id = shop.order_of_ticket(ticket)
    return Pain(shop.name, kind, ticket, anchor, happened, end, severity, shop.persons[ticket], order_id)


def ticket_unanswered(shop: Shop) -> Iterator[Pain]:
    """A contact with no agent's reply or solution for 24 h, counted from the oldest such contact."""
    for ticket in tickets(shop):
        answers = [*ticket.at("replied", "agent"), *ticket.at("solved")]
        for spell in spells([(e.time, e.time) for e in ticket.contacts], answers):
            oldest, due = spell.facts[0], spell.facts[0] + shop.limits.ticket_unanswered
            if overdue(due, spell.ended_at, shop.now):
                yield _pain(shop, "ticket_unanswered", ticket.alias, oldest, due, spell.ended_at, "medium")


def ticket_unresolved(shop: Shop) -> Iterator[Pain]:
    """Opened or reopened, and not solved for 5 d."""
    for ticket in tickets(shop):
        opened = sorted([*ticket.at("opened"), *ticket.at("reopened")])
        for spell in spells([(at, at) for at in opened], ticket.at("solved")):
            first, due = spell.facts[0], spell.facts[0] + shop.limits.ticket_unresolved
            if overdue(due, spell.ended_at, shop.now):
                yield _pain(shop, "ticket_unresolved", ticket.alias, first, due, spell.ended_at, "high")


def repeat_contact(shop: Shop) -> Iterator[Pain]:
    """Three contacts of a person in 7 d; over when there was none for 7 d."""
    every = tickets(shop)
    for person in sorted({shop.persons[t.alias] for t in every}):
        contacts = sorted(e for t in every if shop.persons[t.alias] == person for e in t.contacts)
        for run in _runs(contacts, shop):
            yield from _repeated(shop, run)


def _runs(contacts: list[Event], shop: Shop) -> list[list[Event]]:
    """Contacts cut wherever there was none for more than 7 d."""
    runs: list[list[Event]] = []
    for contact in contacts:
        if not runs or contact.time - runs[-1][-1].time > shop.limits.repeat_contact:
            runs.append([])
        runs[-1].append(contact)
    return runs


def _repeated(shop: Shop, run: list[Event]) -> Iterator[Pain]:
    n = shop.limits.contacts
    for first, last in zip(run, run[n - 1 :], strict=False):
        if last.time - first.time <= shop.limits.repeat_contact:
            over = run[-1].time + shop.limits.repeat_contact
            end = over if shop.now > over else None
            yield _pain(shop, "repeat_contact", first.name(Kind.TICKET) or "", last.time, last.time, end, "high")
            return


def low_score(shop: Shop) -> Iterator[Pain]:
    """At most 40 % of the scale, nps up to 6, or bad feedback; until an action taken on it or its order."""
    for event in shop.of("service.survey.answered", "service.feedback.posted"):
        if severity := _hurts(event, shop):
            entity, order_id = f"event:{event.uuid}", shop.order_of(event)
            found = Pain(shop.name, "low_score", entity, event.time, event.time, None, severity, shop.person(event),
                         order_id)  # fmt: skip
            end = first_after(_actions_on(shop, found), event.time)
            yield Pain(shop.name, "low_score", entity, event.time, event.time, end, severity, found.person, order_id)


def _hurts(event: Event, shop: Shop) -> str | None:
    if event.type == "service.feedback.posted":
        return "medium" if event.data["sentiment"] == "bad" else None
    score = Decimal(str(event.data["score"]))
    if event.data["survey"] == "nps":
        low, lowest = score <= shop.limits.low_nps, score == 0
    else:
        low = score <= shop.limits.low_share * Decimal(str(event.data["scale"]))
        lowest = score == 1
    return ("high" if lowest else "medium") if low else None


def _actions_on(shop: Shop, pain: Pain) -> list[datetime]:
    actions = [e for e in shop.of("service.action.taken") if e.data["action"] != "acknowledged"]
    on_it = [e.time for e in actions if e.data.get("pain_point_id") == str(pain.id)]
    same = [e for e in actions if shop.person(e) == pain.person]  # not on a gift's order, which is the giver's
    on_order = [e.time for e in same if pain.order_id and e.data.get("order_id") == pain.order_id]
    return [*on_it, *on_order]


def churn_risk(shop: Shop, others: Iterable[Pain]) -> Iterator[Pain]:
    """90 d after an order's first high or critical pain point, neither a touch of the person nor an order since."""
    first: dict[tuple[str, str], Pain] = {}
    for pain in sorted(others, key=lambda p: (p.happened_at, PLACE.get(p.kind, -1), p.id)):
        if pain.order_id and pain.severity in ("high", "critical"):
            first.setdefault((pain.person, pain.order_id), pain)
    for (person, order_id), pain in first.items():
        seen = [*(e.time for e in shop.touches_of(person)), *shop.orders_of(person)]
        end, due = first_after(seen, pain.happened_at), pain.happened_at + shop.limits.churn_risk
        if overdue(due, end, shop.now):
            entity = f"pain_point:{pain.id}"
            yield Pain(shop.name, "churn_risk", entity, pain.happened_at, due, end, "high", person, order_id)
