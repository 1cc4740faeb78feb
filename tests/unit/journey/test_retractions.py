"""Retractions say why: which event came late, or whose it turned out to be."""

from collections.abc import Iterable
from datetime import datetime
from typing import get_args

import msgspec
import pytest
from support.story import (
    at,
    cart,
    checkout,
    live,
    ms,
    page,
    placed,
    registered,
    reply,
    scanned,
    ticket,
    told,
)

from schemas.ids import event_id
from schemas.rows import PainPointRow
from services.journey.domain import facts as f
from services.journey.domain.instants import rfc3339
from services.journey.domain.retraction import WORDS

WHOSE = "it turned out to be of {}, not of {}; with all that is known of them it did not happen"


def taken_back(known: Iterable[bytes], now: datetime, *late: bytes) -> list[PainPointRow]:
    """What is retracted when these events come late, each in a message of its own."""
    world = live(known, now)
    for event in late:
        world.send([event])
        world.run()
    return [pain for pain in world.pain_points(retracted=True).values() if pain.status == "retracted"]


def because(what: str, when: datetime, event: bytes) -> str:
    """The reason that names an event."""
    return f"{what} of {rfc3339(ms(when))} (event {name_of(event)}) shows that it did not happen"


def name_of(event: bytes) -> object:
    told = msgspec.json.decode(event)
    return event_id(told["source"], told["id"])


def test_every_fact_has_words_for_it() -> None:
    assert set(WORDS) == set(get_args(f.AnyFact))


def test_a_stall_that_a_late_scan_disproves_names_the_scan_and_keeps_it_as_evidence() -> None:
    moved, first = scanned(at(days=4)), scanned(at(days=1))
    known = [placed("o1", at()), registered("o1", at(hours=1)), first]
    (pain,) = (p for p in taken_back(known, at(days=7), moved) if p.kind == "parcel_stalled")
    assert (pain.entity, pain.reason) == ("parcel:dhl/1", because("a scan", at(days=4), moved))
    assert pain.evidence == (name_of(first), name_of(moved))
    assert (pain.status, pain.ended_at) == ("retracted", None)


def test_of_two_late_scans_in_one_message_the_one_within_the_wait_disproves_it() -> None:
    moved, later, before = scanned(at(days=4)), scanned(at(days=6, hours=12)), scanned(at(hours=12))
    world = live([placed("o1", at()), registered("o1", at(hours=1)), scanned(at(days=1))], at(days=7))
    world.send([b"[" + b",".join((later, moved, before)) + b"]"])
    world.run()
    reasons = [p.reason for p in world.pain_points(retracted=True).values() if p.status == "retracted"]
    assert because("a scan", at(days=4), moved) in reasons


def test_a_cart_that_was_ordered_after_all_names_the_order() -> None:
    late = placed("o1", at(minutes=30), cart_id="k1")
    (pain,) = (p for p in taken_back([cart(at(), "a")], at(hours=5), late) if p.kind == "cart_abandoned")
    assert pain.reason == because("an order", at(minutes=30), late)


def test_an_answer_that_comes_late_takes_the_silence_back() -> None:
    late = reply("agent", at(hours=2))
    found = taken_back([ticket("opened", at())], at(hours=30), late)
    assert [(p.kind, p.reason) for p in found] == [("ticket_unanswered", because("a reply", at(hours=2), late))]


def test_an_approval_that_comes_late_takes_the_delay_back() -> None:
    late = told("storefront.order.approved", at(hours=3), order_id="o1")
    found = taken_back([placed("o1", at())], at(hours=60), late)
    assert [(p.kind, p.reason) for p in found] == [("approval_delayed", because("an approval", at(hours=3), late))]


def test_a_visit_that_comes_late_is_named_without_its_event() -> None:
    hurt = [placed("o1", at(), promised_by=at(days=2))]
    found = taken_back(hurt, at(days=120), page(at(days=30)))
    (pain,) = (p for p in found if p.kind == "churn_risk")
    assert pain.reason == f"a visit of {rfc3339(ms(at(days=30)))} shows that it did not happen"


def test_a_cart_that_turns_out_to_be_of_somebody_who_ordered_says_whose_it_is() -> None:
    lonely = cart(at(), "a", customer_id=None, anonymous_id="a1")
    bought = placed("o1", at(minutes=20))
    linked = told("storefront.customer.identified", at(days=1), anonymous_id="a1", customer_id="c1")
    found = taken_back([lonely, bought], at(hours=5), linked)
    (pain,) = (p for p in found if p.kind == "cart_abandoned")
    assert pain.reason == WHOSE.format("customer:c1", "anonymous:a1")
    assert pain.evidence == (name_of(lonely),)


def test_what_rested_on_tickets_of_another_person_says_that_they_belong_elsewhere() -> None:
    tickets = [ticket("opened", at(hours=n), f"t{n}", customer_id=None, order_id="o1") for n in range(3)]
    orders = [
        told("storefront.order.placed", at(hours=-9), order_id="o1", total="5", currency="EUR", anonymous_id="a1")
    ]
    named = told("service.ticket.replied", at(hours=4), ticket_id="t2", by="agent", customer_id="c2")
    found = taken_back([*orders, *tickets], at(hours=6), named)
    (pain,) = (p for p in found if p.kind == "repeat_contact")
    assert pain.reason == "something that it rested on turned out to belong elsewhere"


@pytest.mark.parametrize("group", [1, 7])
def test_the_same_log_gives_the_same_reasons_however_it_is_committed(group: int) -> None:
    world = live([cart(at(), "a", id="k"), checkout(at(minutes=1), id="x")], at(hours=5))
    world.send([placed("o1", at(minutes=15), checkout_id="x1", cart_id="k1", id="o", session_id="s1")])
    world.run(group)
    (pain,) = (p for p in world.pain_points(retracted=True).values() if p.kind == "checkout_abandoned")
    assert pain.reason.startswith("an order of 2024-05-02T10:15:00.000Z (event ")
