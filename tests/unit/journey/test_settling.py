"""What is over for good leaves the state; its rows stay, and later facts about it change nothing."""

import msgspec
from support.story import SHOP, at, ms, placed, told
from support.world import World, of

from schemas.aliases import partition_of
from schemas.rows import AnyRow
from services.journey.domain.facts import AnyFact


def page(hours: float, **who: str) -> bytes:
    return told("storefront.page.viewed", at(hours=hours), id=f"v{hours}", url="/", **{"customer_id": "c1", **who})


def bought(day: int) -> list[bytes]:
    """A visit, an order and its delivery, within five days."""
    order, number = f"o{day}", f"n{day}"
    parcel = {"carrier": "dhl", "tracking_number": number}
    return [
        page(24 * day, session_id=f"s{day}"),
        page(24 * day + 0.5),
        placed(order, at(days=day, hours=1), id=f"p{day}"),
        told("storefront.order.approved", at(days=day, hours=2), id=f"a{day}", order_id=order),
        told("logistics.parcel.registered", at(days=day, hours=3), id=f"r{day}", order_id=order, **parcel),
        told("logistics.parcel.handed_over", at(days=day, hours=4), id=f"h{day}", **parcel),
        told("logistics.parcel.delivered", at(days=day + 2), id=f"d{day}", **parcel),
    ]


def lived(*days: int, now: int, partitions: int = 2) -> World:
    """A customer's purchases, each told in its time, the clock moved along and then to the day `now`."""
    world = World(partitions)
    for day in days:
        world.send(bought(day))
        world.run()
        world.tick(SHOP, ms(at(days=day + 3)))
        world.run()
    world.tick(SHOP, ms(at(days=now)))
    world.run()
    return world


def units(world: World) -> list[str]:
    """What the customer's cell still holds."""
    home = world.workers[partition_of("demo/customer:c1", world.partitions)]
    return sorted(home.alive().cells.open("demo/customer:c1").cell.others)


def standing(world: World) -> dict[str, AnyRow]:
    return {name: row for name, row in world.current().items() if not name.startswith("ClockRow")}


def unversioned(world: World) -> dict[str, AnyRow]:
    return {name: msgspec.structs.replace(row, version=0) for name, row in standing(world).items()}


def test_a_purchase_leaves_the_state_when_all_of_it_was_quiet_for_120_days() -> None:
    world = lived(0, 130, now=133)
    world.send([page(24 * 133, session_id="s133")])  # a person is looked at when something happens
    world.run()
    assert units(world) == ["order:o130", "session:s130", "session:s133"]


def test_what_was_published_of_it_stays_as_it_is() -> None:
    before = standing(lived(0, now=3))
    after = standing(lived(0, 130, 260, now=263))
    assert {name: after.get(name) for name in before} == before
    assert len(list(of(after, "JourneyRow"))) == len(list(of(after, "OrderRow"))) == 3


def test_repeats_of_its_events_change_nothing() -> None:
    world = lived(0, 130, 133, now=136)
    before, held = standing(world), units(world)
    world.send(bought(0))
    world.run()
    assert (standing(world), units(world)) == (before, held)


def test_an_order_that_still_hurts_stays_and_with_it_all_that_came_after() -> None:
    world = World(1)
    world.send(
        [*bought(0), told("service.survey.answered", at(days=3), survey="csat", score=1, scale=5, order_id="o0")]
    )
    world.run()
    for day in (130, 260):
        world.send(bought(day))
        world.tick(SHOP, ms(at(days=day + 3)))
        world.run()
    assert {"order:o0", "order:o130", "order:o260"} <= set(units(world))


def test_after_400_quiet_days_it_leaves_even_so() -> None:
    world = World(1)
    world.send(
        [*bought(0), told("service.survey.answered", at(days=3), survey="csat", score=1, scale=5, order_id="o0")]
    )
    world.send(bought(404))
    world.run()
    world.tick(SHOP, ms(at(days=407)))
    world.run()
    [low] = [pain for pain in world.pain_points().values() if pain.kind == "low_score"]
    assert ("order:o0" in units(world), low.status) == (False, "open")


def test_what_is_held_of_a_faithful_customer_does_not_grow_with_the_years() -> None:
    assert len(units(lived(*range(0, 1500, 30), now=1480))) <= len(units(lived(*range(0, 300, 30), now=280))) + 2


def test_an_alias_that_never_did_anything_itself_is_known_all_the_same() -> None:
    world = World(2)
    world.send([page(0, session_id="s", anonymous_id="a")])
    world.run()
    persons = {row.alias: row.person_id for row in of(world.current(), "PersonRow")}
    assert persons == dict.fromkeys(("customer:c1", "anonymous:a", "session:s"), "customer:c1")


def facts_of(world: World, cell: str) -> list[AnyFact]:
    """All facts that a cell holds of anything."""
    own = world.workers[partition_of(cell, world.partitions)].alive().cells.open(cell).cell.own
    return [fact for entity in own.members.values() for fact in entity.facts]


def test_the_cells_below_keep_no_more_than_a_marker() -> None:
    world = lived(0, 130, now=133)
    world.send([page(24 * 133, session_id="s133")])
    world.run()
    for cell in ("demo/order:o0", "/parcel:dhl/n0", "demo/session:s0"):
        assert facts_of(world, cell) == []
    assert facts_of(world, "demo/order:o130") != [] != facts_of(world, "/parcel:dhl/n130")


def test_an_anonymous_visitor_between_a_session_and_its_customer_lets_go_of_it_too() -> None:
    def seen(day: int) -> bytes:
        about = {"session_id": f"s{day}", "anonymous_id": "a"}
        return told("storefront.page.viewed", at(days=day), id=f"v{day}", url="/", **about)

    who = {"anonymous_id": "a", "customer_id": "c1"}
    world = World(3)
    world.send([told("storefront.customer.identified", at(), id="i", **who), seen(0), seen(130)])
    world.run()
    world.tick(SHOP, ms(at(days=133)))
    world.run()
    world.send([seen(133)])
    world.run()
    middle = world.workers[partition_of("demo/anonymous:a", 3)].alive().cells.open("demo/anonymous:a")
    assert units(world) == ["anonymous:a", "session:s130", "session:s133"]
    assert sorted(middle.cell.others) == ["session:s130", "session:s133"]


def test_a_number_that_was_used_again_lives_on_when_its_first_parcel_is_over() -> None:
    world = lived(0, now=3)
    again = {"carrier": "dhl", "tracking_number": "n0"}
    world.send(
        [
            placed("again", at(days=130), id="p-again"),
            told("logistics.parcel.registered", at(days=130, hours=1), id="r-again", order_id="again", **again),
            told("logistics.parcel.handed_over", at(days=130, hours=2), id="h-again", **again),
        ]
    )
    world.run()
    world.tick(SHOP, ms(at(days=133)))
    world.run()
    world.send([page(24 * 133), told("logistics.parcel.delivered", at(days=133), id="d-again", **again)])
    world.run()
    parcels = {row.parcel_id: row.status for row in of(world.current(), "ParcelRow")}
    assert list(parcels.values()) == ["delivered", "delivered"]
    assert {"r0", "d0", "r-again"} <= {fact.id for fact in facts_of(world, "/parcel:dhl/n0")}


def test_a_word_about_a_purchase_that_has_left_changes_nothing_of_it() -> None:
    world = lived(0, 130, now=133)
    world.send([page(24 * 133)])
    world.run()
    before = unversioned(world)
    refund = {"order_id": "o0", "amount": "5", "currency": "EUR"}
    world.send([told("storefront.order.refunded", at(days=134), id="late-refund", **refund)])
    world.run()
    assert unversioned(world) == before
