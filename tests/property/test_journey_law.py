"""The law: any arrival order, repeats, groups and crashes end in the same persons, journeys and pain points."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from support.examples import examples
from support.story import SHOP, T0, ms, told
from support.world import World

from services.journey.domain.waking import LOOKS_DUE

END = T0 + timedelta(days=280)
CUSTOMERS, VISITORS, SESSIONS = ("c1", "c2"), ("a1", "a2"), ("s1", "s2", "s3")
CARTS, CHECKOUTS, ORDERS, NUMBERS, TICKETS = ("k1", "k2"), ("x1", "x2"), ("o1", "o2", "o3"), ("n1", "n2"), ("t1", "t2")


def instants() -> st.SearchStrategy[timedelta]:
    """Mostly hours and days apart, sometimes at the very same instant."""
    return st.one_of(
        st.integers(0, 60 * 24 * 90).map(lambda minutes: timedelta(minutes=minutes)),
        st.sampled_from([timedelta(0), timedelta(hours=1), timedelta(days=5), timedelta(days=30)]),
    )


def some(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=fields)


WHO = {
    "customer_id": st.sampled_from(CUSTOMERS),
    "anonymous_id": st.sampled_from(VISITORS),
}
VISIT = some(**WHO)
MONEY = st.fixed_dictionaries({"total": st.sampled_from(["20", "250.50"]), "currency": st.just("EUR")})


def data(
    required: dict[str, st.SearchStrategy[object]], *more: st.SearchStrategy[dict[str, object]]
) -> st.SearchStrategy[dict[str, object]]:
    return st.tuples(st.fixed_dictionaries(required), *more).map(
        lambda parts: {k: v for p in parts for k, v in p.items()}
    )


SESSION = st.sampled_from(SESSIONS)
ORDER = st.sampled_from(ORDERS)
PARCEL = {"carrier": st.just("dhl"), "tracking_number": st.sampled_from(NUMBERS)}
PROMISE = st.sampled_from([(T0 + timedelta(days=d)).isoformat() for d in (3, 10, 40)])
CHECKOUT = {"checkout_id": st.sampled_from(CHECKOUTS)}
OF_ORDER = st.fixed_dictionaries({"order_id": ORDER})
PAYER = st.one_of(st.fixed_dictionaries(CHECKOUT), OF_ORDER, st.fixed_dictionaries({**CHECKOUT, "order_id": ORDER}))
RETURN = ORDER.map(lambda order_id: {"order_id": order_id, "return_id": f"r-{order_id}"})
ITEM = {"sku": "A", "quantity": 1, "unit_price": "5.00"}

EVENTS: dict[str, st.SearchStrategy[dict[str, object]]] = {
    "storefront.page.viewed": data(
        {"url": st.just("/"), "session_id": SESSION},
        VISIT,
        some(page=st.sampled_from(["product", "order_status"]), lcp_ms=st.sampled_from([100, 9000]), **CHECKOUT),
    ),
    "storefront.search.performed": data(
        {"query": st.just("boots"), "results": st.sampled_from([0, 0, 3]), "session_id": SESSION}, VISIT
    ),
    "storefront.product.viewed": data(
        {"sku": st.sampled_from(["A", "B"]), "in_stock": st.booleans(), "session_id": SESSION}, VISIT
    ),
    "storefront.error.occurred": data(
        {"kind": st.just("js"), "message": st.just("boom")},
        st.one_of(st.fixed_dictionaries({"session_id": SESSION}), st.fixed_dictionaries(CHECKOUT)),
        VISIT,
        some(**CHECKOUT),
    ),
    "storefront.customer.identified": data(WHO),
    "storefront.cart.updated": data(
        {
            "cart_id": st.sampled_from(CARTS),
            "currency": st.just("EUR"),
            "items": st.sampled_from(
                [[], [{"sku": "A", "quantity": 2, "unit_price": "5.00"}], [{**ITEM, "in_stock": False}]]
            ),
        },
        VISIT,
        some(session_id=SESSION, **CHECKOUT),
    ),
    "storefront.checkout.started": data(
        CHECKOUT, MONEY, VISIT, some(cart_id=st.sampled_from(CARTS), session_id=SESSION)
    ),
    "storefront.checkout.step_completed": data(
        {**CHECKOUT, "step": st.just("shipping")},
        VISIT,
        some(
            promised_by=PROMISE,
            session_id=SESSION,
            shipping_cost=st.sampled_from(["1", "90"]),
            shipping_options=st.sampled_from([[], ["post"]]),
            payment_options=st.sampled_from([[], ["card"]]),
        ),
    ),
    "storefront.payment.failed": data({"method": st.just("card")}, PAYER, VISIT),
    "storefront.payment.succeeded": data({"method": st.just("card")}, PAYER, VISIT),
    "storefront.order.placed": data(
        {"order_id": ORDER},
        MONEY,
        VISIT,
        some(
            promised_by=PROMISE,
            session_id=SESSION,
            cart_id=st.sampled_from(CARTS),
            replaces=ORDER,
            items=st.just([ITEM]),
            **CHECKOUT,
        ),
    ),
    "storefront.order.approved": data({"order_id": ORDER}),
    "storefront.order.cancelled": data({"order_id": ORDER}),
    "storefront.order.refunded": data(
        {"amount": st.just("5"), "currency": st.just("EUR")}, st.one_of(RETURN, OF_ORDER)
    ),
    "logistics.parcel.registered": data({"order_id": ORDER, **PARCEL}, some(promised_by=PROMISE)),
    "logistics.parcel.scanned": data(
        {**PARCEL, "status": st.sampled_from(["in_transit", "available_for_pickup", "out_for_delivery"])},
        some(estimated_delivery=PROMISE),
    ),
    "logistics.parcel.delivery_attempted": data(PARCEL),
    "logistics.parcel.damaged": data(PARCEL),
    "logistics.parcel.delivered": data(PARCEL),
    "logistics.parcel.lost": data(PARCEL),
    "logistics.parcel.returned": data(PARCEL),
    "logistics.return.registered": data({}, RETURN, some(reason=st.just("damaged"))),
    "logistics.return.received": data({}, RETURN, some(reason=st.just("damaged"))),
    "service.ticket.opened": data(
        {"ticket_id": st.sampled_from(TICKETS), "channel": st.just("email")},
        some(customer_id=st.sampled_from(CUSTOMERS), order_id=ORDER, topic=st.just("damaged")),
    ),
    "service.ticket.replied": data(
        {"ticket_id": st.sampled_from(TICKETS), "by": st.sampled_from(["agent", "customer"])}
    ),
    "service.ticket.solved": data({"ticket_id": st.sampled_from(TICKETS)}),
    "service.ticket.reopened": data({"ticket_id": st.sampled_from(TICKETS)}),
    "service.survey.answered": data(
        {"survey": st.just("csat"), "score": st.integers(1, 5), "scale": st.just(5)},
        st.one_of(OF_ORDER, st.fixed_dictionaries({"ticket_id": st.sampled_from(TICKETS)})),
        some(order_id=ORDER),
    ),
    "service.feedback.posted": data(
        {"where": st.just("wall"), "sentiment": st.sampled_from(["bad", "good"])},
        st.one_of(OF_ORDER, st.fixed_dictionaries({"ticket_id": st.sampled_from(TICKETS)})),
    ),
    "service.action.taken": data({"action": st.sampled_from(["called", "acknowledged"]), "order_id": ORDER}),
}


@st.composite
def shops(draw: st.DrawFn) -> list[bytes]:
    """What happened in a shop, in the order in which it happened."""
    happened = draw(st.lists(st.tuples(instants(), st.sampled_from(sorted(EVENTS))), min_size=1, max_size=14))
    events = [(when, type_, draw(EVENTS[type_])) for when, type_ in sorted(happened)]
    shop = lambda type_: "" if type_ == "logistics.parcel.scanned" and draw(st.booleans()) else SHOP  # noqa: E731
    return [
        told(type_, T0 + when, id=f"e{n}", shop=shop(type_), **what) for n, (when, type_, what) in enumerate(events)
    ]


def undisturbed(events: list[bytes]) -> dict[str, object]:
    world = World(1)
    world.send(events)
    world.run(group=1)
    world.tick(SHOP, ms(END))
    world.run(group=1)
    return world.truth()


def disturbed(events: list[bytes], seed: int) -> dict[str, object]:
    """The same events shuffled, some of them twice, over several partitions, with ticks and crashes in between.

    Where one message may look at one or two roots only, what a tick makes due is spread over many.
    """
    rng = random.Random(seed)
    world = World(rng.randint(1, 3), looks_due=rng.choice([1, 2, LOOKS_DUE]))
    arriving = [*events, *rng.sample(events, rng.randint(0, len(events)))]
    rng.shuffle(arriving)
    clock = T0
    while arriving:
        size = rng.randint(1, len(arriving))
        world.send(arriving[:size])
        del arriving[:size]
        if rng.random() < 0.5:
            clock = max(clock, min(clock + timedelta(days=rng.uniform(0, 40)), _horizon(arriving)))
            world.tick(SHOP, ms(clock))
        _work(world, rng)
    world.tick(SHOP, ms(END))
    _work(world, rng, until_done=True)
    return world.truth()


def _horizon(waiting: list[bytes]) -> datetime:
    """How far the clock may go: nothing that is still to come may be more than 90 days behind it."""
    times = (datetime.fromisoformat(msgspec.json.decode(event)["time"]) for event in waiting)
    return min(times, default=END) + timedelta(days=90)


def _work(world: World, rng: random.Random, *, until_done: bool = False) -> None:
    for _ in range(10_000 if until_done else rng.randint(0, 6)):
        behind = [w for w in world.workers if w.read < len(world.logs[w.place.number])]
        if not behind:
            return
        crash = rng.choice(["cells", "ack"]) if rng.random() < 0.2 else ""
        world.step(rng.choice(behind), rng.randint(1, 5), crash_before=crash)
    assert not until_done, "the world does not come to rest"


def change_nothing(events: list[bytes], seed: int) -> None:
    expected, found = undisturbed(events), disturbed(events, seed)
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            note(f"{name}\n  in order:  {expected.get(name)}\n  disturbed: {found.get(name)}")
    assert found == expected


CALM = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(CALM, max_examples=examples(150))
@given(shops(), st.integers(0, 2**32))
def test_arrival_order_repeats_groups_partitions_and_crashes_change_nothing(events: list[bytes], seed: int) -> None:
    change_nothing(events, seed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(CALM, max_examples=5_000)
@given(shops(), st.integers(0, 2**32))
def test_they_change_nothing_in_thousands_of_shops(events: list[bytes], seed: int) -> None:
    change_nothing(events, seed)
