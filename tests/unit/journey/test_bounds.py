"""Bounds: a bot on one session, a customer with very many orders."""

import itertools
from collections.abc import Iterable

from support.story import SHOP, at, ms, placed, told
from support.world import World, of

from services.journey.domain.cell import MOST_UNITS
from services.journey.domain.entity import MOST_FACTS, MOST_TOUCHES

LARGEST_CELL = 256 * 1024


def fed(events: Iterable[bytes], size: int = 500) -> World:
    world = World(1)
    stream = iter(events)
    while part := list(itertools.islice(stream, size)):
        world.send(part)
        world.run()
    return world


def largest_cell(world: World) -> int:
    return max(len(value) for worker in world.workers for _, value in worker.table.items())


def bot(views: int, begin: int = 0) -> Iterable[bytes]:
    """A page view a second on one session, all of them slow."""
    return (
        told("storefront.page.viewed", at(seconds=n), id=f"v{n}", session_id="bot", url="/", lcp_ms=9000)
        for n in range(begin, begin + views)
    )


def test_a_bots_session_stays_small_and_what_is_cut_is_counted() -> None:
    world = fed(bot(MOST_TOUCHES + 5_000))
    [journey] = of(world.current(), "JourneyRow")
    assert largest_cell(world) < LARGEST_CELL
    assert world.workers[0].alive().counts.cut >= 5_000
    assert journey.started_at == ms(at())


def test_repeats_of_what_was_cut_are_known_for_what_they_are() -> None:
    world = fed(bot(MOST_TOUCHES + 5_000))
    rows, pains, cut = world.current(), world.pain_points(), world.workers[0].alive().counts.cut
    world.send(list(bot(2_000, begin=1_000)))
    world.run()
    assert (world.current(), world.pain_points(), world.workers[0].alive().counts.cut) == (rows, pains, cut)


def test_pain_points_of_facts_that_were_cut_stay_as_they_are() -> None:
    updates = (
        told(
            "storefront.cart.updated",
            at(hours=2 * n),
            cart_id="k",
            session_id="s",
            currency="EUR",
            items=[{"sku": "A", "quantity": 1, "unit_price": "5"}],
        )
        for n in range(MOST_FACTS + 200)
    )
    world = fed(updates, 100)
    world.tick(SHOP, ms(at(days=200)))
    world.run()
    found = [pain for pain in world.pain_points(retracted=True).values() if pain.kind == "cart_abandoned"]
    assert {pain.status for pain in found} == {"resolved", "open"}


def test_a_customer_with_too_many_orders_keeps_the_latest_and_all_rows_stay() -> None:
    orders = MOST_UNITS + 100
    world = fed((placed(f"o{n}", at(minutes=10 * n), customer_id="big") for n in range(orders)), 100)
    assert len(list(of(world.current(), "OrderRow"))) == orders
    kept = sorted(world.workers[0].alive().cells.open("demo/customer:big").cell.others)
    assert len(kept) <= MOST_UNITS
    assert set(kept) == {f"order:o{n}" for n in range(orders - len(kept), orders)}


def test_a_cell_is_not_rewritten_with_a_list_of_all_that_its_person_ever_did() -> None:
    orders = 500
    world = fed((placed(f"o{n}", at(minutes=10 * n), customer_id="big") for n in range(orders)), 100)
    worker, key = world.workers[0], "demo/customer:big"
    before, listed = dict(worker.table.items()), worker.alive().cells.open(key).cell.others
    worker.partition = None  # a restart
    assert (
        sorted(worker.alive().cells.open(key).cell.others)
        == sorted(listed)
        == sorted(f"order:o{n}" for n in range(500))
    )
    world.send([placed("late", at(days=9), customer_id="big")])
    world.run()
    rewritten = {name: value for name, value in worker.table.items() if before.get(name) != value}
    assert sum(value.count(b"order:") for name, value in rewritten.items() if b"customer:big" in name) < orders / 10
