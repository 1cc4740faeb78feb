"""Journeys: touches cut into attempts, each anchored by its order or its first touch."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from support.story import SHOP, at, live, ms, parcel, placed, registered, table, told
from support.world import World

from schemas.rows import JourneyRow

SILENCE = timedelta(days=30)
MOMENT = timedelta(milliseconds=1)


def page(when: datetime, **more: object) -> bytes:
    return told("storefront.page.viewed", when, **{"url": "/", "session_id": "s", "customer_id": "c1", **more})


def cart(when: datetime, price: str = "5.00") -> bytes:
    items = [{"sku": "A", "quantity": 2, "unit_price": price}]
    return told("storefront.cart.updated", when, cart_id="k", currency="EUR", items=items, customer_id="c1")


def named(anchor: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"waypost:{SHOP}/journey/{anchor}")


def rows(world: World) -> list[JourneyRow]:
    found = [row for row in table(world, "JourneyRow") if isinstance(row, JourneyRow)]
    return sorted(found, key=lambda row: row.started_at)


def journeys(events: list[bytes], now: datetime) -> list[JourneyRow]:
    return rows(live(events, now))


def test_a_visit_that_led_to_nothing_is_anchored_by_its_first_touch() -> None:
    (row,) = journeys([page(at(), channel="app", device="phone"), page(at(hours=1), channel="web")], at(days=1))
    assert row == JourneyRow(
        shop=SHOP,
        version=row.version,
        journey_id=named("session:s/2024-05-02T10:00:00.000Z"),
        person_id="customer:c1",
        stage="discover",
        outcome="open",
        started_at=ms(at()),
        reached={"discover": ms(at())},
        touches=2,
        channels=("app", "web"),
        devices=("phone",),
    )


def test_a_pause_of_exactly_thirty_days_does_not_end_a_journey() -> None:
    (row,) = journeys([page(at()), page(at() + SILENCE)], at(days=40))
    assert (row.touches, row.outcome) == (2, "open")


def test_a_longer_pause_ends_it_and_the_next_touch_begins_another() -> None:
    first, second = journeys([page(at()), page(at() + SILENCE + MOMENT)], at(days=40))
    assert (first.touches, first.outcome, first.ended_at) == (1, "browsed", ms(at() + SILENCE))
    assert (second.touches, second.outcome, second.started_at) == (1, "open", ms(at() + SILENCE + MOMENT))


@pytest.mark.parametrize(("now", "outcome"), [(at() + SILENCE, "open"), (at() + SILENCE + MOMENT, "browsed")])
def test_silence_ends_a_journey_only_when_it_is_past_thirty_days(now: datetime, outcome: str) -> None:
    (row,) = journeys([page(at())], now)
    assert row.outcome == outcome


def test_a_cart_and_then_silence_is_abandoned_with_what_the_cart_was_worth() -> None:
    (row,) = journeys([page(at()), cart(at(hours=1)), cart(at(hours=2), "7.50")], at(days=60))
    assert (row.stage, row.outcome, row.value, row.currency) == ("consider", "abandoned", Decimal("15.00"), "EUR")
    assert row.reached == {"discover": ms(at()), "consider": ms(at(hours=1))}


def test_an_order_anchors_the_journey_with_all_touches_before_it() -> None:
    (row,) = journeys([page(at()), cart(at(hours=1)), placed("o", at(hours=2))], at(days=1))
    assert row == JourneyRow(
        shop=SHOP,
        version=row.version,
        journey_id=named("order:o"),
        person_id="customer:c1",
        order_id="o",
        stage="order",
        outcome="open",
        started_at=ms(at()),
        reached={"discover": ms(at()), "consider": ms(at(hours=1)), "order": ms(at(hours=2))},
        value=Decimal("50.00"),
        currency="EUR",
        touches=3,
        pain_points=(),
    )


def test_when_an_open_journey_gains_its_order_its_open_row_is_deleted() -> None:
    world = live([page(at())], at(hours=1))
    (before,) = rows(world)
    world.send([placed("o", at(hours=2))])
    world.run()
    (after,) = rows(world)
    deleted = [row for row in world.rows if isinstance(row, JourneyRow) and row.deleted]
    assert [row.journey_id for row in deleted] == [before.journey_id]
    assert (after.journey_id, after.started_at) == (named("order:o"), ms(at()))


def test_touches_between_two_orders_belong_to_the_later_one() -> None:
    first, second = journeys([placed("o1", at()), page(at(days=1)), placed("o2", at(days=2))], at(days=3))
    assert (first.order_id, first.started_at) == ("o1", ms(at()))
    assert (second.order_id, second.started_at) == ("o2", ms(at(days=1)))


def test_touches_before_a_long_silence_do_not_belong_to_the_order_after_it() -> None:
    first, second = journeys([page(at()), placed("o", at() + SILENCE + MOMENT)], at(days=40))
    assert (first.outcome, first.order_id, second.order_id) == ("browsed", "", "o")


def test_touches_before_a_silence_of_exactly_thirty_days_do() -> None:
    (row,) = journeys([page(at()), placed("o", at() + SILENCE)], at(days=40))
    assert (row.order_id, row.started_at) == ("o", ms(at()))


def test_an_order_told_late_takes_the_touches_that_led_to_it() -> None:
    in_order = [page(at()), placed("o", at(hours=2)), page(at(days=2))]
    expected = [(row.order_id, row.touches) for row in journeys(in_order, at(days=3))]
    world = live([in_order[0], in_order[2]], at(days=3))
    world.send([in_order[1]])
    world.run()
    assert [(row.order_id, row.touches) for row in rows(world)] == expected


def test_a_shops_own_doings_are_no_touches() -> None:
    approved = told("storefront.order.approved", at(hours=1), order_id="o", customer_id="c1")
    without = journeys([placed("o", at())], at(days=1))[0].touches
    assert journeys([placed("o", at()), approved], at(days=1))[0].touches == without


RETURNED = told("logistics.return.received", at(days=9), order_id="o", return_id="r")
CANCELLED = told("storefront.order.cancelled", at(days=2), order_id="o")
DELIVERED = parcel("delivered", at(days=4))
PARCEL = registered("o", at(days=1))

OUTCOMES = {
    "open": [PARCEL],
    "completed": [PARCEL, DELIVERED],
    "returned": [PARCEL, DELIVERED, RETURNED],
    "lost": [PARCEL, parcel("lost", at(days=3))],
    "cancelled": [CANCELLED],
}
ENDED = {"open": None, "completed": at(days=4), "returned": at(days=9), "lost": None, "cancelled": at(days=2)}


@pytest.mark.parametrize("outcome", sorted(OUTCOMES))
def test_an_orders_journey_ends_as_its_order_does(outcome: str) -> None:
    (row,) = journeys([placed("o", at()), *OUTCOMES[outcome]], at(days=10))
    ended = ENDED[outcome]
    assert (row.outcome, row.ended_at) == (outcome, ended and ms(ended))


def test_a_parcel_found_again_is_not_lost() -> None:
    found = parcel("scanned", at(days=5), status="in_transit")
    (row,) = journeys([placed("o", at()), PARCEL, parcel("lost", at(days=3)), found], at(days=6))
    assert row.outcome == "open"


def test_a_delivery_counts_for_all_stages_before_it() -> None:
    (row,) = journeys([placed("o", at()), PARCEL, DELIVERED], at(days=10))
    assert (row.stage, row.reached["fulfil"], row.reached["deliver"]) == ("deliver", ms(at(days=4)), ms(at(days=4)))


def pay(when: datetime, what: str = "failed", **about: object) -> bytes:
    return told(f"storefront.payment.{what}", when, method="card", **about)


def alone(when: datetime, *items: dict[str, object]) -> bytes:
    """A cart that nobody is known to own."""
    return told("storefront.cart.updated", when, cart_id="k", currency="EUR", items=list(items))


@pytest.mark.parametrize(
    ("touch", "person", "anchor"),
    [
        (alone(at()), "cart:k", "cart:k"),
        (pay(at(), checkout_id="x"), "checkout:x", "checkout:x"),
        (pay(at(), order_id="o9"), "order:o9", "order:o9"),
        (pay(at(), checkout_id="x", customer_id="c1"), "customer:c1", "customer:c1"),
        (pay(at(), checkout_id="x", customer_id="c1", session_id="s"), "customer:c1", "session:s"),
    ],
)
def test_an_event_without_a_session_is_a_touch_of_what_it_names(touch: bytes, person: str, anchor: str) -> None:
    (row,) = journeys([touch], at(days=1))
    assert (row.person_id, row.touches, row.started_at) == (person, 1, ms(at()))
    assert row.journey_id == named(f"{anchor}/2024-05-02T10:00:00.000Z")


def test_an_order_alone_is_one_touch() -> None:
    (row,) = journeys([placed("o", at(), customer_id="c1", channel="store")], at(days=1))
    assert (row.touches, row.channels, row.reached) == (1, ("store",), {"discover": ms(at()), "order": ms(at())})


def test_paying_for_an_order_and_placing_it_again_belong_to_it_once_it_was_placed() -> None:
    events = [pay(at(), order_id="o"), placed("o", at(hours=1)), pay(at(hours=2), "succeeded", order_id="o")]
    (row,) = journeys([*events, placed("o", at(hours=3))], at(days=40))
    assert (row.order_id, row.started_at, row.touches) == ("o", ms(at()), 4)


def test_paying_for_an_order_that_nobody_placed_is_a_touch_as_any_other() -> None:
    first, second = journeys([placed("o", at()), pay(at(days=1), order_id="o9", customer_id="c1")], at(days=2))
    assert [(row.order_id, row.started_at, row.touches) for row in (first, second)] == [
        ("o", ms(at()), 1),
        ("", ms(at(days=1)), 1),
    ]


def test_an_order_told_late_takes_what_was_paid_for_it() -> None:
    world = live([pay(at(days=1), "succeeded", order_id="o", customer_id="c1")], at(days=2))
    world.send([placed("o", at())])
    world.run()
    assert [(row.order_id, row.touches) for row in rows(world)] == [("o", 2)]


@pytest.mark.parametrize("what", ["step_completed", "payment"])
def test_any_event_of_a_checkout_reaches_it(what: str) -> None:
    step = told("storefront.checkout.step_completed", at(hours=1), checkout_id="x", step="contact", customer_id="c1")
    event = step if what == "step_completed" else pay(at(hours=1), checkout_id="x", customer_id="c1")
    (row,) = journeys([page(at()), event], at(days=60))
    assert (row.stage, row.outcome, row.reached["checkout"]) == ("checkout", "abandoned", ms(at(hours=1)))


def test_an_empty_cart_is_a_touch_and_no_cart() -> None:
    (row,) = journeys([alone(at())], at(days=60))
    assert (row.stage, row.outcome, row.touches) == ("discover", "browsed", 1)


def test_the_last_word_about_a_basket_is_what_it_was_worth() -> None:
    checkout = told("storefront.checkout.started", at(hours=1), checkout_id="x", total="9.00", currency="EUR",
                    customer_id="c1")  # fmt: skip
    assert journeys([cart(at()), checkout], at(days=60))[0].value == Decimal("9.00")
    assert journeys([checkout, cart(at(hours=1))], at(days=60))[0].value == Decimal("9.00"), "in one millisecond"
    assert journeys([checkout, cart(at(hours=2))], at(days=60))[0].value == Decimal("10.00")


SAID = told("service.feedback.posted", at(), where="app", sentiment="good", customer_id="c1")
OPENED = told("service.ticket.opened", at(), ticket_id="t", channel="email", customer_id="c1")
SOLVED = told("service.ticket.solved", at(), ticket_id="t", customer_id="c1")


@pytest.mark.parametrize(
    ("words", "outcome"), [([SAID], "completed"), ([OPENED, SOLVED], "completed"), ([OPENED], "open")]
)
def test_care_alone_is_over_after_thirty_days_but_for_open_tickets(words: list[bytes], outcome: str) -> None:
    (before,) = journeys(words, at() + SILENCE)
    assert (before.stage, before.outcome, before.ended_at, before.touches) == ("care", "open", None, 0)
    (after,) = journeys(words, at() + SILENCE + MOMENT)
    assert (after.outcome, after.ended_at) == (outcome, ms(at() + SILENCE) if outcome == "completed" else None)
