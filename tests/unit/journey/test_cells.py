"""Cells: who is whose parent, and under which keys they are kept."""

import itertools
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.journey.domain import facts as f
from services.journey.domain.cell import (
    LAYOUT,
    Cell,
    Head,
    Unit,
    absorbs,
    parents_of,
    propose,
    table_key,
    unit_key,
)
from services.journey.domain.entity import Entity
from services.journey.domain.reading import Link

FIRST = Link("customer:c1", 5, "/a", "1")


def cell(alias: str, *links: Link, shop: str = "main") -> Cell:
    found = Cell(LAYOUT, None, f"{shop}/{alias}", -1)
    propose(found.links, links)
    return found


def test_a_cell_without_proposals_has_no_parent() -> None:
    assert parents_of(cell("session:s")) == []


@pytest.mark.parametrize(
    ("links", "parent"),
    [
        ([Link("anonymous:a", 1, "/a", "1"), Link("customer:c", 9, "/a", "2")], "customer:c"),
        ([Link("order:o", 1, "/a", "1"), Link("customer:c", 9, "/a", "2")], "customer:c"),
        ([Link("customer:c2", 9, "/a", "1"), Link("customer:c1", 5, "/a", "2")], "customer:c1"),
        ([Link("customer:c2", 5, "/b", "1"), Link("customer:c1", 5, "/a", "2")], "customer:c1"),
        ([Link("customer:c2", 5, "/a", "2"), Link("customer:c1", 5, "/a", "1")], "customer:c1"),
        (
            [Link("customer:c1", 9, "/a", "1"), Link("customer:c2", 7, "/a", "2"), Link("customer:c1", 5, "/a", "3")],
            "customer:c1",
        ),
    ],
)
def test_the_strongest_class_wins_then_the_first_proposal_in_any_order(links: list[Link], parent: str) -> None:
    for order in permutations(links):
        assert parents_of(cell("ticket:t", *order)) == [f"main/{parent}"]


def test_of_several_proposals_of_one_parent_the_first_is_kept() -> None:
    links: dict[str, Link] = {}
    later, earlier = msgspec.structs.replace(FIRST, time=9), msgspec.structs.replace(FIRST, time=1)
    assert propose(links, [later]) == [later]
    assert propose(links, [earlier, later]) == [earlier]
    assert links == {"customer:c1": earlier}


def test_a_parcel_reports_to_every_order_that_it_was_registered_for_in_its_shop() -> None:
    parcel = cell("parcel:dhl/1", shop="")
    orders = [("main", "o2"), ("main", "o1"), ("olist", "o1"), ("main", "o2")]
    told = [f.ParcelRegistered(at, "/a", str(at), shop=shop, order_id=id_) for at, (shop, id_) in enumerate(orders)]
    parcel.own.members[parcel.alias] = Entity([*told, f.ParcelDelivered(9, "/a", "9")])
    assert parents_of(parcel) == ["main/order:o2", "main/order:o1", "olist/order:o1"]


@pytest.mark.parametrize(
    ("parent", "child", "absorbed"),
    [
        ("order:o", "parcel:dhl/1", True),
        ("order:o", "ticket:t", False),
        ("customer:c", "parcel:dhl/1", False),
        ("customer:c", "order:o", False),
    ],
)
def test_only_an_orders_parcels_become_part_of_it(parent: str, child: str, absorbed: bool) -> None:
    assert absorbs(cell(parent), child) is absorbed


def test_a_restart_reads_of_each_cell_its_layout_and_when_it_is_due() -> None:
    packed = msgspec.msgpack.encode(Cell(LAYOUT, 77, "main/order:o", 5, own=Unit(members={"order:o": Entity()})))
    assert msgspec.msgpack.decode(packed, type=Head) == Head(LAYOUT, 77)


def test_a_cell_is_the_same_after_it_was_stored() -> None:
    before = Cell(
        LAYOUT,
        77,
        "main/order:o",
        5,
        9,
        Unit((1, 2), {"order:o": Entity([f.OrderPacked(1, "/a", "1")])}, 3),
        {"ticket:t": None},
    )
    before.links, before.gone = {"customer:c1": FIRST}, {"ticket:t": ((1,), "main/customer:c1")}
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(before), type=Cell) == before


@given(st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), unique=True, min_size=2, max_size=6))
def test_no_two_units_and_no_unit_and_cell_share_a_key(pairs: list[tuple[str, str]]) -> None:
    keys = [unit_key(cell_, unit) for cell_, unit in pairs]
    cells = {table_key(name) for name in itertools.chain.from_iterable(pairs)}
    assert len({*keys, *cells, b"k"}) == len(keys) + len(cells) + 1
