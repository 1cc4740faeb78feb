"""What is known of an entity is a set: order, grouping and repeats of what was told change nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.journey.domain import entity as e
from services.journey.domain.entity import Entity
from services.journey.domain.facts import AnyFact, Fact, rank

TYPES: tuple[type[Fact], ...] = get_args(AnyFact)
NAMES = {"time": st.integers(0, 3), "source": st.sampled_from(["/a", "/b"]), "id": st.sampled_from(["1", "2"])}
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.sampled_from(["", "x"]),
    bool: st.booleans(),
    int: st.integers(0, 2),
    Decimal: st.sampled_from([Decimal(0), Decimal("9.90")]),
    float: st.sampled_from([0.0, 4.5]),
    float | None: st.sampled_from([None, 5.0]),
    int | None: st.sampled_from([None, 0, 7]),
    Decimal | None: st.sampled_from([None, Decimal("9.90")]),
    dict[str, Decimal]: st.dictionaries(st.sampled_from(["A", "B"]), st.sampled_from([Decimal(1), Decimal(2)])),
    tuple[str, ...]: st.sampled_from([(), ("A", "B")]),
}
"""Few of each, so that many facts collide."""
TOUCHES = st.dictionaries(
    st.sampled_from(["", "care", "order:o"]),
    st.lists(st.integers(0, 6), min_size=1, max_size=4).map(lambda s: sorted(set(s))),
)


def facts(type_: type[Fact]) -> st.SearchStrategy[Any]:
    """Facts of a type, built from its fields."""
    values = {name: VALUES[hint] for name, hint in get_type_hints(type_).items()}
    return st.builds(type_, **(values | NAMES))


def entities(fact: st.SearchStrategy[Any]) -> st.SearchStrategy[Entity]:
    """Accounts of one entity: facts in order and each once, as `join` keeps them."""
    names = st.lists(st.sampled_from(["app", "store", "web"]), unique=True).map(sorted)
    return st.builds(_joined, st.lists(fact, max_size=4), TOUCHES, names, names)


def _joined(told: list[Any], touches: dict[str, list[int]], channels: list[str], devices: list[str]) -> Entity:
    known = Entity()
    for fact in told:
        e.join(known, Entity([fact]))
    e.join(known, Entity([], touches, channels, devices))
    return known


def joined(*accounts: Entity) -> Entity:
    """All accounts together, none of them changed."""
    known = Entity()
    for account in accounts:
        e.join(known, account)
    return known


ANY = entities(st.one_of([facts(type_) for type_ in TYPES]))


@pytest.mark.parametrize("type_", TYPES, ids=lambda type_: type_.__name__)
@settings(max_examples=12)
@given(data=st.data())
def test_the_order_and_grouping_of_accounts_does_not_matter(type_: type[Fact], data: st.DataObject) -> None:
    a, b, c = (data.draw(entities(facts(type_))) for _ in range(3))
    assert joined(a, b) == joined(b, a)
    assert joined(joined(a, b), c) == joined(a, joined(b, c))
    assert joined(a, a) == joined(a, b, a, b) if a == b else joined(a, b, a) == joined(a, b)


@given(ANY, ANY)
def test_facts_of_all_types_join_to_one_set_in_one_order(a: Entity, b: Entity) -> None:
    found = joined(a, b)
    assert joined(b, a) == found
    assert joined(found, a, b) == found
    assert [rank(fact) for fact in found.facts] == sorted(rank(fact) for fact in found.facts)
    assert len(found.facts) == len({_text(fact) for fact in found.facts})
    assert {_text(fact) for fact in found.facts} == {_text(fact) for fact in (*a.facts, *b.facts)}


@given(ANY, ANY)
def test_what_was_new_is_just_what_was_missing(a: Entity, b: Entity) -> None:
    known = joined(a)
    new = e.join(known, b)
    assert known == joined(a, new)
    assert not e.join(joined(a, b), b)
    assert {_text(fact) for fact in new.facts} == {_text(f) for f in b.facts} - {_text(f) for f in a.facts}


@given(ANY, ANY)
def test_joining_leaves_what_was_told_alone(a: Entity, b: Entity) -> None:
    before, known = e.copy(b), joined(a)
    e.join(known, b)
    e.join(known, a)
    assert b == before


@given(ANY, ANY)
def test_what_an_account_learns_later_is_not_known_to_those_it_was_told_to(a: Entity, b: Entity) -> None:
    known = Entity()
    new = e.join(known, a)
    told, news = e.copy(known), e.copy(new)
    e.join(a, b)
    assert (known, new) == (told, news)


@given(ANY, ANY)
def test_a_copy_shares_nothing_that_changes(a: Entity, b: Entity) -> None:
    copied, before = e.copy(a), joined(a)
    e.join(copied, b)
    assert joined(a) == before
    e.join(a, b)
    assert copied == a


@given(ANY)
def test_an_entity_is_the_same_after_it_was_stored(a: Entity) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(a), type=Entity) == a


def _text(fact: Fact) -> tuple[str, tuple[int, str, str, bytes]]:
    return type(fact).__name__, rank(fact)
