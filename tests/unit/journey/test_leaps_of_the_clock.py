"""A clock that leaps makes many due at once: each message does a bounded share of it, and nobody is forgotten."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from support.story import SHOP, at, cart, ms
from support.world import World, of

from schemas.rows import ClockRow, JourneyRow, PainPointRow
from schemas.wire import Kind, kind

LOOKS = 3
CROWD = 10


def leapt(partitions: int = 1, looks: int = LOOKS) -> World:
    """Ten carts that nobody came back to, and a tick a day later that nobody has taken up yet."""
    world = World(partitions, looks_due=looks)
    world.send(cart(at(), "a", cart_id=f"k{n}", customer_id=f"c{n}") for n in range(CROWD))
    world.tick(SHOP, ms(at()))
    world.run()
    world.tick(SHOP, ms(at(days=1)))
    return world


def abandoned(world: World) -> Sequence[PainPointRow]:
    return [pain for pain in world.pains if pain.kind == "cart_abandoned" and pain.status == "open"]


def shown(world: World) -> int:
    """The clock as analysts see it, ms."""
    return max(row.now for row in world.rows if isinstance(row, ClockRow) and row.shop == SHOP)


def test_no_message_looks_at_more_than_its_share() -> None:
    world = leapt()
    [worker] = world.workers
    found = []
    while worker.read < len(world.logs[0]):
        before = len(abandoned(world))
        world.step(worker, 1)
        found.append(len(abandoned(world)) - before)
    assert [each for each in found if each] == [3, 3, 3, 1]


def test_the_clock_shows_an_instant_when_all_is_said_that_it_made_due() -> None:
    world = leapt()
    [worker] = world.workers
    while worker.read < len(world.logs[0]):
        world.step(worker, 1)
        assert (shown(world) == ms(at(days=1))) == (len(abandoned(world)) == CROWD)
    assert shown(world) == ms(at(days=1))


@pytest.mark.parametrize("crash_before", ["cells", "ack"])
@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_forgotten_by_a_worker_that_dies_in_between(seed: int, crash_before: str) -> None:
    world, rng = leapt(2), random.Random(seed)
    for _ in range(8):
        behind = [worker for worker in world.workers if worker.read < len(world.logs[worker.place.number])]
        if behind:
            world.step(rng.choice(behind), 1, crash_before=crash_before if rng.random() < 0.5 else "")
    world.run()
    assert len({pain.pain_point_id for pain in abandoned(world)}) == CROWD


def test_ticks_that_follow_start_no_second_round() -> None:
    world = leapt()
    [worker] = world.workers
    for minute in range(1, 20):
        world.tick(SHOP, ms(at(days=1, minutes=minute)))
    while worker.read < len(world.logs[0]):
        world.step(worker, 1)
        assert sum(kind(output.headers) == Kind.LETTERS for output in world.logs[0][worker.read :]) <= 1


@pytest.mark.parametrize("lag", range(8))
@pytest.mark.parametrize("calm", range(4))
def test_a_replay_keeps_the_moments_of_those_who_are_ahead_of_it(lag: int, calm: int) -> None:
    """They were due, were looked at, and are due once more by a clock that the replay knows from its start."""
    world = leapt(looks=CROWD - 1)
    [worker] = world.workers
    for _ in range(lag):
        world.step(worker, 1)
    world.tick(SHOP, ms(at(days=60)))
    while not abandoned(world):
        world.step(worker, 1)
    for _ in range(calm):
        world.step(worker, 1)
    world.step(worker, 2, crash_before="ack")
    world.run()
    assert outcomes(world) == {"abandoned": CROWD}


def outcomes(world: World) -> Counter[str]:
    return Counter(row.outcome for row in of(world.current(), "JourneyRow") if isinstance(row, JourneyRow))
