"""`now`: the slowest of all partitions, heard in every round, and never going back."""

from collections.abc import Iterable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from schemas.wire import Tick
from services.journey.domain.clocks import ROUNDS, Clocks, Heard

JOURNEY = "journey.events.v1"
PUBLIC = {"a": 2, "b": 1}
ORIGINS = ("a/0", "a/1", "b/0")


def tick(origin: str, at: int, clock: str = "", round_: int = 0, origins: dict[str, int] | None = None) -> Tick:
    return Tick(round_, origin, PUBLIC if origins is None else origins, {clock: at})


def heard(*ticks: Tick) -> Clocks:
    clocks = Clocks()
    for each in ticks:
        list(clocks.hear(each))
    return clocks


def moved(clocks: Clocks, each: Tick) -> list[tuple[str, int]]:
    return list(clocks.hear(each))


def everywhere(at: int, clock: str = "") -> Iterable[Tick]:
    """Ticks of all origins in all rounds, from one journey partition's world."""
    yield from (tick(origin, at, clock) for origin in ORIGINS)
    yield from (tick(f"{JOURNEY}/0", at, clock, round_, {JOURNEY: 1}) for round_ in range(1, ROUNDS + 1))


def test_a_clock_that_nobody_spoke_of_does_not_exist() -> None:
    assert (Clocks().now(""), Clocks().holding_back("")) == (None, "")


def test_a_round_moves_when_its_last_origin_was_heard_and_not_before() -> None:
    clocks = Clocks()
    assert [moved(clocks, tick(origin, at)) for origin, at in zip(ORIGINS, (9, 7, 8), strict=True)] == [
        [],
        [],
        [("", 7)],
    ]


def test_now_is_the_last_round_and_does_not_exist_before_all_rounds_were_heard() -> None:
    clocks = Clocks()
    found = []
    for each in everywhere(50):
        list(clocks.hear(each))
        found.append(clocks.now(""))
    assert found == [None] * (len(ORIGINS) + ROUNDS - 1) + [50]


def test_now_is_the_minimum_over_all_partitions_of_its_round() -> None:
    last = [tick(f"{JOURNEY}/{n}", at, round_=ROUNDS, origins={JOURNEY: 3}) for n, at in enumerate((30, 10, 20))]
    assert heard(*last).now("") == 10


def test_an_origin_never_goes_back() -> None:
    clocks = heard(*everywhere(50))
    assert moved(clocks, tick("a/0", 40)) == []
    assert clocks.rounds[""][0].at == {"a/0": 50, "a/1": 50, "b/0": 50}


def test_a_round_tells_each_of_its_moves_once() -> None:
    clocks = heard(*(tick(origin, 5) for origin in ORIGINS))
    assert moved(clocks, tick("a/0", 8)) == []
    assert moved(clocks, tick("a/1", 9)) == []
    assert moved(clocks, tick("b/0", 7)) == [("", 7)]
    assert moved(clocks, tick("b/0", 7)) == []


def test_one_tick_moves_several_clocks() -> None:
    clocks = Clocks()
    both = Tick(0, "a/0", {"a": 1}, {"": 5, "olist": 900})
    assert moved(clocks, both) == [("", 5), ("olist", 900)]


def test_clocks_are_independent() -> None:
    clocks = heard(*everywhere(50), *everywhere(7, "olist"), tick("a/0", 900, "olist"))
    assert (clocks.now(""), clocks.now("olist"), clocks.now("retail")) == (50, 7, None)


def test_a_partition_added_later_starts_at_the_present_and_takes_nothing_back() -> None:
    clocks = heard(*everywhere(50), tick("a/0", 80), tick("a/1", 60), tick("b/0", 70))
    grown = {"a": 2, "b": 3}
    assert moved(clocks, tick("a/1", 90, origins=grown)) == []
    assert clocks.rounds[""][0] == Heard(grown, {"a/0": 80, "a/1": 90, "b/0": 70, "b/1": 60, "b/2": 60})
    assert clocks.rounds[""][0].now() == 60
    assert moved(clocks, tick("b/2", 100, origins=grown)) == []
    assert moved(clocks, tick("b/1", 100, origins=grown)) == [("", 70)]


def test_a_partition_added_before_there_was_a_now_must_be_heard_like_any_other() -> None:
    clocks = heard(tick("a/0", 5))
    more = {"a": 3, "b": 1}
    assert [moved(clocks, tick(origin, 5, origins=more)) for origin in ("a/1", "b/0", "a/2")] == [[], [], [("", 5)]]


def test_an_origin_that_knows_fewer_partitions_than_another_takes_none_away() -> None:
    clocks = heard(tick("a/0", 5, origins={"a": 2}), tick("a/0", 6, origins={"a": 1}))
    assert clocks.rounds[""][0] == Heard({"a": 2}, {"a/0": 6})


def test_the_one_that_was_never_heard_holds_a_clock_back() -> None:
    assert heard(tick("a/0", 5)).holding_back("") == "a/1"
    assert (
        heard(
            *(tick(origin, 5) for origin in ORIGINS), tick(f"{JOURNEY}/1", 5, round_=1, origins={JOURNEY: 2})
        ).holding_back("")
        == f"{JOURNEY}/0"
    )


def test_the_slowest_holds_a_clock_back_when_all_were_heard() -> None:
    assert heard(*everywhere(50), tick("a/0", 90), tick("b/0", 70)).holding_back("") == "a/1"


@given(st.lists(st.tuples(st.sampled_from(ORIGINS), st.integers(0, 9)), max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_ticks_and_repeats_do_not_matter_and_now_only_rises(
    told: list[tuple[str, int]], random: Random
) -> None:
    ticks = [tick(origin, at) for origin, at in told]
    clocks, told_moves = Clocks(), []
    for each in ticks:
        told_moves += [at for _, at in clocks.hear(each)]
    assert told_moves == sorted(set(told_moves))
    shuffled = [*ticks, *ticks[::2]]
    random.shuffle(shuffled)
    assert heard(*shuffled).rounds == clocks.rounds
    latest = {origin: max(at for o, at in told if o == origin) for origin, _ in told}
    expected = min(latest.values()) if len(latest) == len(ORIGINS) else None
    assert (clocks.rounds[""][0].now() if ticks else None) == expected
