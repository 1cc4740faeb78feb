"""Clocks in the small world: ticks through the edge into every journey partition, and what is found by them."""

from support.story import at, cart, ms
from support.world import World

from schemas.topics import PUBLIC
from schemas.wire import LIVE_CLOCK, PublicTick

LIVE, OLD = "main", "demo"
PLACES = [(topic.name, partition) for topic in PUBLIC for partition in range(2)]
BUSY, SLOW = PLACES[0], PLACES[-1]
"""Where the events are, and where a worker is behind."""


def tick(world: World, place: tuple[str, int], received_ms: int, body: PublicTick | None = None) -> None:
    """A tick in a public partition, taken by the broker at that instant, whoever wrote it and whatever it says."""
    world.received_ms = received_ms
    world.tick_in(*place, body or PublicTick())


def live(world: World, received_ms: int, but: tuple[str, int] | None = None) -> World:
    """What the ingest workers write that live: a tick in every partition, but perhaps one."""
    for place in PLACES:
        if place != but:
            tick(world, place, received_ms)
    world.run()
    return world


def clocks(world: World, name: str = LIVE_CLOCK) -> set[int | None]:
    """A clock as the journey partitions know it."""
    return {worker.alive().clocks.now(name) for worker in world.workers}


def said_of_carts(world: World, shop: str = LIVE) -> list[str]:
    """All that was ever said of abandoned carts, also what was taken back."""
    return [pain.status for pain in world.pains if pain.kind == "cart_abandoned" and pain.shop == shop]


def test_an_idle_partition_does_not_hold_the_clock() -> None:
    """All events go to one partition; the others have nothing but their ticks."""
    world = World(received_ms=ms(at()))
    world.send([cart(at(), "a", shop=LIVE)], *BUSY)
    live(world, ms(at(hours=1)))
    assert said_of_carts(world) == []
    live(world, ms(at(hours=1, seconds=1)))
    assert clocks(world) == {ms(at(hours=1, seconds=1))}
    assert said_of_carts(world) == ["open"]


def test_a_worker_that_is_behind_holds_the_clock_and_is_named_wherever_the_clock_is_read() -> None:
    world = live(World(received_ms=ms(at())), ms(at()))
    live(world, ms(at(hours=3)), but=SLOW)
    assert clocks(world) == {ms(at())}
    assert {worker.alive().clocks.holding_back(LIVE_CLOCK) for worker in world.workers} == {f"{SLOW[0]}/{SLOW[1]}"}


def test_nothing_is_called_abandoned_before_the_backlog_is_read() -> None:
    world = live(World(received_ms=ms(at())), ms(at()))
    world.send([cart(at(), "a", shop=LIVE)], *SLOW)
    live(world, ms(at(hours=3)), but=SLOW)
    for hours in (1, 2, 3):
        world.send([cart(at(hours=hours), "a", shop=LIVE)], *SLOW)
        world.run()
    tick(world, SLOW, ms(at(hours=3)))
    world.run()
    assert (clocks(world), said_of_carts(world)) == ({ms(at(hours=3))}, [])
    live(world, ms(at(hours=4, seconds=1)))
    assert said_of_carts(world) == ["open"]


def test_a_journey_partition_that_is_behind_holds_the_clock_of_the_others() -> None:
    """The cart is on one partition, its customer may be on another: neither may run ahead."""
    world = live(World(received_ms=ms(at())), ms(at()))
    for asleep in world.workers:
        for place in PLACES:
            tick(world, place, ms(at(hours=asleep.place.number + 1)))
        awake = next(worker for worker in world.workers if worker is not asleep)
        while awake.read < len(world.logs[awake.place.number]):
            world.step(awake, 1)
        assert awake.alive().clocks.now(LIVE_CLOCK) == ms(at(hours=asleep.place.number))
        world.run()
    assert clocks(world) == {ms(at(hours=2))}


def test_a_forged_tick_moves_the_live_clock_of_its_partition_to_the_brokers_time_at_most() -> None:
    world = live(World(received_ms=ms(at())), ms(at()))
    for years in (-9, 9):
        body = PublicTick("", ms(at(days=365 * years)))
        for place in PLACES:
            tick(world, place, ms(at(seconds=1)), body)
        world.run()
        assert clocks(world) == {ms(at(seconds=1))}


def test_forged_ticks_in_one_partition_do_not_move_the_clock() -> None:
    """Behind them nothing of the other partitions was read."""
    world = live(World(received_ms=ms(at())), ms(at()))
    world.send([cart(at(), "a", shop=LIVE)], *BUSY)
    for hours in range(9):
        tick(world, BUSY, ms(at(hours=hours)))
    world.run()
    assert (clocks(world), said_of_carts(world)) == ({ms(at())}, [])


def test_a_replay_of_the_past_and_live_traffic_leave_each_others_clocks_alone() -> None:
    long_ago = at(days=-7 * 365)
    world = World(received_ms=ms(at()))
    world.send([cart(long_ago, "a", shop=OLD)], *BUSY)
    world.send([cart(at(), "a", shop=LIVE)], *BUSY)
    live(world, ms(at(hours=2)))
    assert (clocks(world, OLD), said_of_carts(world, OLD), said_of_carts(world)) == ({None}, [], ["open"])
    world.tick(OLD, ms(long_ago) + 1)
    world.run()
    assert (clocks(world, OLD), said_of_carts(world, OLD)) == ({ms(long_ago) + 1}, [])
    world.tick(OLD, ms(long_ago) + 7_200_000)
    world.run()
    assert said_of_carts(world, OLD) == ["open"]
    assert clocks(world) == {ms(at(hours=2))}
