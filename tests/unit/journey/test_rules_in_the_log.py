"""A change of the rules takes effect at the message that announces it, for every person, and survives a crash."""

import msgspec
from support.story import SHOP, at, ms, order, placed, refunded
from support.world import RULES, World

from schemas import wire
from schemas.wire import Kind
from services.journey.domain.instants import DAY, HOUR
from services.journey.domain.rulebook import LOOKS, RULES_KEY, Announcement, Book
from services.journey.domain.rules import Rules
from services.runtime.records import Change

PATIENT = Rules(
    {**RULES.defaults, "approval_delayed": {**RULES.defaults["approval_delayed"], "after": 30 * DAY}}, RULES.overrides
)
CUSTOMERS = 3 * LOOKS


def waiting(partitions: int = 2) -> World:
    """Customers whose orders nobody approves, three days on."""
    world = World(partitions)
    world.send([placed(f"o{n}", at(), id=f"p{n}", customer_id=f"c{n}") for n in range(CUSTOMERS)])
    world.run()
    pass_time(world, days=3)
    return world


def pass_time(world: World, days: float) -> None:
    world.tick(SHOP, ms(at(days=days)))
    world.run()


def delayed(world: World, *, retracted: bool = False) -> int:
    pains = world.pain_points(retracted=retracted).values()
    return sum(pain.kind == "approval_delayed" for pain in pains)


def restart(world: World, rules: Rules) -> None:
    """The workers come back with other files."""
    for worker in world.workers:
        worker.rules, worker.partition = rules, None


def rest(world: World) -> None:
    """Time enough to look at everybody."""
    for hours in range(12):
        pass_time(world, days=3 + hours / 24)


def test_every_person_is_looked_at_again_though_nothing_happens_to_them() -> None:
    world = waiting()
    assert delayed(world) == CUSTOMERS
    restart(world, PATIENT)
    rest(world)
    assert (delayed(world), delayed(world, retracted=True)) == (0, CUSTOMERS)


def test_rules_that_are_back_are_announced_again() -> None:
    world = waiting()
    for rules in (PATIENT, RULES):
        restart(world, rules)
        rest(world)
    assert delayed(world) == CUSTOMERS


def test_the_same_rules_are_not_announced() -> None:
    world = waiting()
    before = [len(log) for log in world.logs]
    restart(world, Rules(dict(reversed(RULES.defaults.items())), RULES.overrides))
    pass_time(world, days=4)
    restart(world, RULES)
    pass_time(world, days=5)
    assert all(wire.kind(message.headers) != Kind.RULES for log in world.logs for message in log)
    assert [len(log) for log in world.logs] > before


def test_until_the_announcement_is_read_the_rules_of_before_hold_even_after_a_crash() -> None:
    world = waiting(1)
    worker = world.workers[0]
    worker.rules, worker.partition = PATIENT, None
    world.send([placed("late", at(days=3), id="late", customer_id="late")])
    world.step(worker, 1, crash_before="ack")
    assert delayed(world) == CUSTOMERS
    world.run()
    rest(world)
    assert delayed(world) == 0


def test_a_crash_in_the_middle_of_looking_forgets_nobody() -> None:
    world = waiting(1)
    worker = world.workers[0]
    restart(world, PATIENT)
    pass_time(world, days=3.1)
    while worker.alive().unseen:
        world.tick(SHOP, ms(at(days=3.1)) + HOUR * worker.read)
        world.step(worker, 1, crash_before="ack")
        worker.read += 1
    world.run()
    assert delayed(world) == 0


def test_a_replay_of_what_came_before_the_announcement_forgets_nobody() -> None:
    """Then everyone has seen that message already, and not by the rules that the replay begins with."""
    world = World(1)
    world.send([placed(f"o{n}", at(), id=f"p{n}", customer_id=None) for n in range(CUSTOMERS)])
    pass_time(world, days=3)
    assert delayed(world) == CUSTOMERS
    [worker] = world.workers
    restart(world, PATIENT)
    world.tick(SHOP, ms(at(days=3)))
    world.send([refunded(at(days=3), f"o{n}") for n in range(CUSTOMERS)])
    world.step(worker, 1)
    world.step(worker, len(world.logs[0]) - worker.read, crash_before="ack")
    rest(world)
    assert delayed(world) == 0


def test_a_restart_takes_up_the_rules_that_were_in_force() -> None:
    world = waiting(1)
    restart(world, PATIENT)
    rest(world)
    restart(world, PATIENT)
    world.send([placed("new", at(days=4), id="new", customer_id="new")])
    world.run()
    pass_time(world, days=20)
    assert delayed(world) == 0


def test_a_worker_that_has_persons_at_hand_looks_at_them_by_the_new_rules() -> None:
    world = waiting(1)
    restart(world, PATIENT)
    world.send([placed(f"o{n}", at(), id=f"again{n}", customer_id=f"c{n}") for n in range(CUSTOMERS)])
    world.run()
    rest(world)
    assert delayed(world) == 0


def test_what_an_older_version_could_not_say_is_as_the_files_say_until_they_are_announced() -> None:
    spoken = {kind: dict(limits) for kind, limits in RULES.defaults.items() if kind != "approval_delayed"}
    del spoken["fulfilment_delayed"]["after"]
    world = World(1)
    book = Book(msgspec.msgpack.encode(Announcement(spoken, [])))
    world.workers[0].table.apply([Change(RULES_KEY, msgspec.msgpack.encode(book))])
    world.send([placed("o1", at(), id="p1", customer_id="c1")])
    world.send([placed("o2", at(), id="p2", customer_id="c1"), order("approved", at(), "o2", customer_id="c1")])
    world.step(world.workers[0], 3)
    pass_time(world, days=4)
    assert sorted(pain.kind for pain in world.pain_points().values()) == ["approval_delayed", "fulfilment_delayed"]
    assert any(wire.kind(message.headers) == Kind.RULES for message in world.logs[0])
