"""Who an alias belongs to, whatever arrives in whichever order, and whatever dies meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime
from itertools import permutations, product

import pytest
from support.story import SHOP, at, live, ms, parcel, placed, registered, scanned, table, told
from support.world import World

from schemas.rows import OrderRow, ParcelRow, PersonRow

END = at(days=60)


def page(when: datetime, **who: str) -> bytes:
    return told("storefront.page.viewed", when, url="/", **who)


def identified(when: datetime, anonymous: str, customer: str) -> bytes:
    return told("storefront.customer.identified", when, anonymous_id=anonymous, customer_id=customer)


def persons(world: World) -> dict[str, str]:
    """Alias to person, as published."""
    return {row.alias: row.person_id for row in table(world, "PersonRow") if isinstance(row, PersonRow)}


def orders(world: World) -> dict[str, OrderRow]:
    return {row.order_id: row for row in table(world, "OrderRow") if isinstance(row, OrderRow)}


def parcels(world: World) -> dict[str, ParcelRow]:
    return {row.parcel_id: row for row in table(world, "ParcelRow") if isinstance(row, ParcelRow)}


def arrivals(events: list[bytes]) -> Iterable[World]:
    """The world after every order of arrival, each event a message of its own."""
    for order in permutations(events):
        yield live(order, END)


def test_a_session_with_a_customer_belongs_to_the_customer() -> None:
    assert persons(live([page(at(), session_id="s", customer_id="c")], END)) == {
        "session:s": "customer:c",
        "customer:c": "customer:c",
    }


def test_a_session_that_names_nobody_is_a_person_of_its_own() -> None:
    assert persons(live([page(at(), session_id="s")], END)) == {"session:s": "session:s"}


def test_an_alias_belongs_to_nobody_in_another_shop() -> None:
    there = told("storefront.page.viewed", at(), shop="olist", url="/", session_id="s", customer_id="c")
    world = live([page(at(), session_id="s"), there], END)
    found = {(row.shop, row.alias): row.person_id for row in table(world, "PersonRow") if isinstance(row, PersonRow)}
    assert found == {
        (SHOP, "session:s"): "session:s",
        ("olist", "session:s"): "customer:c",
        ("olist", "customer:c"): "customer:c",
    }


def test_a_guest_who_signs_in_later_is_the_customer_all_along_in_every_order_of_arrival() -> None:
    events = [
        page(at(), session_id="s1", anonymous_id="a"),
        told("storefront.cart.updated", at(hours=1), cart_id="k", currency="EUR", items=[], anonymous_id="a"),
        identified(at(hours=2), "a", "c"),
        page(at(days=1), session_id="s2", customer_id="c"),
    ]
    for world in arrivals(events):
        assert persons(world) == dict.fromkeys(
            ("session:s1", "session:s2", "cart:k", "anonymous:a", "customer:c"), "customer:c"
        )


def test_a_shared_tablet_never_makes_two_customers_one() -> None:
    events = [
        page(at(), session_id="s1", anonymous_id="tablet", customer_id="ann"),
        page(at(hours=1), session_id="s2", anonymous_id="tablet", customer_id="bob"),
        page(at(hours=2), session_id="s3", anonymous_id="tablet"),
        identified(at(hours=3), "tablet", "bob"),
    ]
    for world in arrivals(events):
        assert persons(world) == {
            "session:s1": "customer:ann",
            "session:s2": "customer:bob",
            "session:s3": "customer:ann",  # the tablet's first customer
            "anonymous:tablet": "customer:ann",
            "customer:ann": "customer:ann",
            "customer:bob": "customer:bob",
        }


def test_a_session_in_which_the_customer_changes_belongs_to_the_first() -> None:
    events = [page(at(hours=n), session_id="s", customer_id=c) for n, c in enumerate(("ann", "bob"))]
    for world in arrivals(events):
        assert persons(world)["session:s"] == "customer:ann"


def test_the_recipient_of_a_gift_who_writes_to_us_stays_a_person_of_their_own() -> None:
    ticket = {"ticket_id": "t", "channel": "email", "order_id": "o"}
    events = [
        placed("o", at(), customer_id="giver"),
        told("service.ticket.opened", at(days=2), customer_id="taker", **ticket),
        registered("o", at(days=1)),
    ]
    for world in arrivals(events):
        assert persons(world) == {
            "order:o": "customer:giver",
            "parcel:dhl/1": "customer:giver",
            "customer:giver": "customer:giver",
            "ticket:t": "customer:taker",
            "customer:taker": "customer:taker",
        }
        assert orders(world)["o"].person_id == "customer:giver"


def test_a_ticket_that_names_no_customer_belongs_to_the_person_of_its_order() -> None:
    ticket = told("service.ticket.opened", at(days=2), ticket_id="t", channel="email", order_id="o")
    for world in arrivals([placed("o", at()), ticket]):
        assert persons(world)["ticket:t"] == "customer:c1"


def test_a_ticket_that_learns_of_its_customer_later_leaves_the_orders_person() -> None:
    about = {"ticket_id": "t", "order_id": "o"}
    events = [
        placed("o", at()),
        told("service.ticket.opened", at(days=2), channel="email", **about),
        told("service.ticket.replied", at(days=3), by="customer", customer_id="taker", **about),
    ]
    for world in arrivals(events):
        assert (persons(world)["ticket:t"], persons(world)["order:o"]) == ("customer:taker", "customer:c1")


def test_an_order_whose_customer_becomes_known_later_keeps_all_its_rows() -> None:
    events = [
        placed("o", at(), customer_id=None, session_id="s"),
        told("storefront.payment.succeeded", at(hours=1), order_id="o", method="card", customer_id="c9"),
        registered("o", at(days=1)),
        scanned(at(days=2)),
    ]
    for world in arrivals(events):
        assert orders(world)["o"].person_id == persons(world)["parcel:dhl/1"] == "customer:c9"
        assert (parcels(world)["dhl/1"].order_id, parcels(world)["dhl/1"].status) == ("o", "in_transit")


def test_shipping_and_care_do_not_say_whose_an_order_is() -> None:
    events = [
        told("logistics.order.packed", at(), order_id="o", customer_id="warehouse"),
        told("storefront.order.placed", at(), order_id="o", total="5", currency="EUR", anonymous_id="a"),
    ]
    for world in arrivals(events):
        assert persons(world)["order:o"] == "anonymous:a"


def test_what_a_carrier_says_before_the_registration_without_a_shop_is_not_lost() -> None:
    events = [
        parcel("scanned", at(days=2), shop="", status="in_transit"),
        parcel("delivered", at(days=3), shop=""),
        registered("o", at(days=1)),
        placed("o", at()),
    ]
    for world in arrivals(events):
        row = parcels(world)["dhl/1"]
        assert (row.shop, row.status, row.delivered_at) == (SHOP, "delivered", ms(at(days=3)))
        assert orders(world)["o"].delivered_at == ms(at(days=3))
        assert persons(world)["parcel:dhl/1"] == "customer:c1"


def test_a_parcel_nobody_registered_is_nobodys_and_has_no_row() -> None:
    world = live([scanned(at())], END)
    assert (persons(world), parcels(world)) == ({}, {})


def test_a_parcel_of_an_order_that_nobody_placed_has_a_row_and_the_order_none() -> None:
    world = live([registered("o", at()), scanned(at(days=1))], END)
    assert (list(parcels(world)), orders(world)) == (["dhl/1"], {})


def test_a_tracking_number_used_again_is_another_parcel_of_another_person() -> None:
    again = at(days=30)
    events = [
        registered("o1", at()),
        parcel("delivered", at(days=2)),
        registered("o2", again),
        parcel("delivered", at(days=33)),
    ]
    placements = [placed("o1", at(), customer_id="ann"), placed("o2", at(), customer_id="bob")]
    later = f"dhl/1@{again:%Y-%m-%dT%H:%M:%S.000Z}"
    for order in permutations(events):
        world = live([*placements, *order], END)
        assert {name: (row.order_id, row.delivered_at) for name, row in parcels(world).items()} == {
            "dhl/1": ("o1", ms(at(days=2))),
            later: ("o2", ms(at(days=33))),
        }
        found = persons(world)
        assert (found["parcel:dhl/1"], found[f"parcel:{later}"]) == ("customer:ann", "customer:bob")


def test_several_parcels_of_an_order_are_all_its_persons() -> None:
    events = [placed("o", at()), registered("o", at(days=1), "1"), registered("o", at(days=2), "2")]
    for world in arrivals([*events, parcel("delivered", at(days=3), "2")]):
        assert {name: person for name, person in persons(world).items() if name.startswith("parcel:")} == {
            "parcel:dhl/1": "customer:c1",
            "parcel:dhl/2": "customer:c1",
        }
        assert orders(world)["o"].delivered_at is None


MOVING = [
    placed("o", at(), customer_id=None, anonymous_id="a"),
    registered("o", at(days=1)),
    scanned(at(days=2)),
    told("service.ticket.opened", at(days=3), ticket_id="t", channel="email", order_id="o"),
    identified(at(days=4), "a", "c"),
    told("storefront.payment.succeeded", at(days=5), order_id="o", method="card", customer_id="d"),
]
"""The order moves from the visitor, who becomes customer c, to customer d."""


def shown(world: World) -> dict[str, object]:
    """Persons, and all else but versions and when it was found."""
    rows = {name: row for name, row in world.current().items() if not name.startswith("ClockRow")}
    return {name: _plain(row) for name, row in {**rows, **{str(k): p for k, p in world.pain_points().items()}}.items()}


def _plain(row: object) -> dict[str, object]:
    fields: tuple[str, ...] = row.__struct_fields__  # type: ignore[attr-defined]
    return {name: getattr(row, name) for name in fields if name not in {"version", "detected_at"}}


def test_an_order_that_moves_ends_with_its_last_person_and_leaves_nothing_behind() -> None:
    world = live(MOVING, END)
    assert persons(world) == {
        "anonymous:a": "customer:c",
        "customer:c": "customer:c",
        "customer:d": "customer:d",
        "order:o": "customer:d",
        "parcel:dhl/1": "customer:d",
        "ticket:t": "customer:d",
    }
    assert {pain.person_id for pain in world.pain_points().values()} == {"customer:d"}


@pytest.mark.parametrize(("crash", "partitions"), list(product(["cells", "ack"], [1, 3])))
def test_a_crash_after_any_step_of_a_hand_over_changes_nothing(crash: str, partitions: int) -> None:
    expected = shown(live(MOVING, END))
    steps = 0
    while steps < 200:
        world = World(partitions)
        left = _worked(world, crash, crash_at=steps)
        assert shown(world) == expected, f"crash before {crash} at step {steps}"
        if left > 0:
            return
        steps += 1
    pytest.fail("the story has more steps than this test looks at")


def _worked(world: World, crash: str, crash_at: int) -> int:
    """Work message by message, dying once; returns how many steps short of the crash the story ended."""
    left = crash_at
    for feed in (*([event] for event in MOVING), None):
        if feed is None:
            world.tick(SHOP, ms(END))
        else:
            world.send(feed)
        while behind := [w for w in world.workers if w.read < len(world.logs[w.place.number])]:
            world.step(behind[0], 1, crash_before=crash if left == 0 else "")
            left -= 1
    return left + 1


@pytest.mark.parametrize("seed", range(20))
def test_a_parent_that_changes_while_the_clock_runs_ends_the_same(seed: int) -> None:
    rng = random.Random(seed)
    world = World(3)
    arriving = rng.sample(MOVING, len(MOVING))
    for day, event in zip(sorted(rng.sample(range(1, 59), len(arriving))), arriving, strict=True):
        world.send([event])
        world.tick(SHOP, ms(at(days=day)))
        for _ in range(rng.randint(0, 4)):
            if behind := [w for w in world.workers if w.read < len(world.logs[w.place.number])]:
                world.step(rng.choice(behind), rng.randint(1, 4))
    world.tick(SHOP, ms(END))
    world.run(rng=rng)
    assert shown(world) == shown(live(MOVING, END))


def test_persons_show_each_alias_as_known_at_every_moment() -> None:
    world, found = World(1), []
    for event in (MOVING[0], MOVING[4], MOVING[5]):
        world.send([event])
        world.run()
        found.append(persons(world)["order:o"])
    assert found == ["anonymous:a", "customer:c", "customer:d"]


def test_two_orders_that_claim_a_recycled_number_at_one_instant_come_to_rest() -> None:
    later = at(days=1)
    claims = [registered("o2", at(), id="r0"), registered("o1", later, id="r1"), registered("o2", later, id="r2")]
    for told_in in permutations([*claims, placed("o1", at()), placed("o2", at())]):
        world = World(2)
        world.send(list(told_in))
        steps = 0
        while behind := [w for w in world.workers if w.read < len(world.logs[w.place.number])]:
            world.step(behind[0], 10)
            steps += 1
            assert steps < 100, "the orders hand the parcel to and fro"
        assert {row.parcel_id: row.order_id for row in table(world, "ParcelRow")} == {
            "dhl/1": "o2",
            "dhl/1@2024-05-03T10:00:00.000Z": "o1",
        }


def test_pain_points_of_a_number_move_with_it_to_the_order_that_had_it_first() -> None:
    numbers = [f"{n}" for n in range(12)]
    orders = [placed(f"{which}{n}", at()) for n in numbers for which in ("old", "new")]
    broken = [parcel("damaged", at(days=1), number) for number in numbers]
    world = live([*orders, *(registered(f"new{n}", at(days=2), n) for n in numbers), *broken], END, 1)
    world.send([registered(f"old{number}", at(hours=1), number) for number in numbers])
    world.run(group=1000)
    found = {pain.entity: pain.order_id for pain in world.pain_points().values() if pain.kind == "parcel_damaged"}
    assert found == {f"parcel:dhl/{number}": f"old{number}" for number in numbers}
