"""parcel_damaged: the carrier says so, or a ticket's topic or a return's reason does."""

import pytest
from support.story import Hurt, at, hurts, parcel, placed, refunded, registered, return_, scanned, ticket

KIND = "parcel_damaged"
BORN = [placed("o1", at()), registered("o1", at()), scanned(at(hours=1))]
ON_PARCEL = Hurt("parcel:dhl/1", at(days=1), None, "high")
ON_ORDER = Hurt("order:o1", at(days=3), None, "high")


def damaged(**since: float) -> bytes:
    return parcel("damaged", at(**since))


def complaint(**since: float) -> bytes:
    return ticket("opened", at(**since), order_id="o1", topic="damaged")


def test_the_carriers_word_is_about_the_parcel() -> None:
    assert hurts([*BORN, damaged(days=1)], at(days=9), KIND) == [ON_PARCEL]


def test_the_delivery_does_not_end_it_and_the_word_may_come_after() -> None:
    assert hurts([*BORN, damaged(days=1), parcel("delivered", at(days=2))], at(days=9), KIND) == [ON_PARCEL]
    assert hurts([*BORN, parcel("delivered", at(hours=9)), damaged(days=1)], at(days=9), KIND) == [ON_PARCEL]


@pytest.mark.parametrize(
    "word",
    [
        complaint(days=3),
        return_("registered", at(days=3), reason="damaged"),
        return_("received", at(days=3), reason="damaged"),
    ],
    ids=["ticket", "registered", "received"],
)
def test_the_customers_word_is_about_the_order(word: bytes) -> None:
    assert hurts([*BORN, word], at(days=9), KIND) == [ON_ORDER]


def test_other_topics_and_reasons_are_not() -> None:
    events = [ticket("opened", at(days=3), order_id="o1", topic="late"), return_("registered", at(), reason="size")]
    assert hurts([*BORN, *events], at(days=9), KIND) == []


def test_a_ticket_that_names_no_order_or_one_that_nobody_placed_is_not() -> None:
    assert hurts([*BORN, ticket("opened", at(days=3), topic="damaged")], at(days=9), KIND) == []
    assert hurts([*BORN, ticket("opened", at(days=3), topic="damaged", order_id="o9")], at(days=9), KIND) == []


AMENDS = {"refund": refunded(at(days=5)), "new order": placed("o2", at(days=5), replaces="o1")}


@pytest.mark.parametrize("amends", AMENDS.values(), ids=AMENDS)
def test_a_refund_or_an_order_in_its_place_ends_both(amends: bytes) -> None:
    assert hurts([*BORN, damaged(days=1), complaint(days=3), amends], at(days=9), KIND) == [
        ON_PARCEL._replace(ended_at=at(days=5)),
        ON_ORDER._replace(ended_at=at(days=5)),
    ]


def test_a_second_word_changes_nothing_and_one_after_the_end_opens_another() -> None:
    events = [*BORN, damaged(days=1), damaged(days=2), refunded(at(days=3))]
    ended = ON_PARCEL._replace(ended_at=at(days=3))
    assert hurts(events, at(days=9), KIND) == [ended]
    assert hurts([*events, damaged(days=4)], at(days=9), KIND) == [
        ended,
        Hurt("parcel:dhl/1", at(days=4), None, "high"),
    ]


def test_a_return_speaks_once_though_it_is_registered_and_received() -> None:
    events = [return_("registered", at(days=3), reason="damaged"), refunded(at(days=4))]
    events.append(return_("received", at(days=6), reason="damaged"))
    assert hurts([*BORN, *events], at(days=9), KIND) == [ON_ORDER._replace(ended_at=at(days=4))]


def test_any_opening_of_a_ticket_may_say_so_and_speaks_of_the_tickets_order() -> None:
    opened, again = ticket("opened", at(days=2), order_id="o1"), ticket("opened", at(days=3), topic="damaged")
    assert hurts([*BORN, opened, again], at(days=9), KIND) == [ON_ORDER]
    assert hurts([*BORN, again, opened], at(days=9), KIND) == [ON_ORDER]


def test_what_is_only_known_of_another_persons_ticket_is_not_known_of_the_order() -> None:
    gift = ticket("opened", at(days=2), order_id="o1", customer_id="recipient")
    broken = ticket("opened", at(days=3), topic="damaged", customer_id="recipient")
    assert hurts([*BORN, gift, broken], at(days=9), KIND) == []
    named = ticket("opened", at(days=3), topic="damaged", customer_id="recipient", order_id="o1")
    assert hurts([*BORN, gift, named], at(days=9), KIND) == [ON_ORDER]
