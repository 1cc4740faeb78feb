"""What is over for good leaves the state; its rows stay, and later facts about it change nothing."""

from support.story import SHOP, at, ms, placed, told
from support.world import World, of

from schemas.aliases import partition_of
from schemas.rows import AnyRow


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
