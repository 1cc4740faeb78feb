"""Aliases, the cells they name, and the partitions those live in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import murmur2 as kafkas_murmur2

from schemas import aliases
from schemas.aliases import Kind
from schemas.events import EVENT_TYPES, SHOPLESS_TYPES
from schemas.golden.example_events import full, minimal

EVERYTHING = {
    "customer_id": "c",
    "anonymous_id": "a",
    "session_id": "s",
    "cart_id": "k",
    "checkout_id": "x",
    "order_id": "o",
    "ticket_id": "t",
    "carrier": "dhl",
    "tracking_number": "n",
}

FIRST_CELL = {
    "storefront.page.viewed": "session:s",
    "storefront.search.performed": "session:s",
    "storefront.product.viewed": "session:s",
    "storefront.error.occurred": "session:s",
    "storefront.customer.identified": "anonymous:a",
    "storefront.cart.updated": "cart:k",
    "storefront.checkout.started": "checkout:x",
    "storefront.checkout.step_completed": "checkout:x",
    "storefront.payment.failed": "order:o",
    "storefront.payment.succeeded": "order:o",
    "logistics.order.packed": "order:o",
    "logistics.return.registered": "order:o",
    "logistics.return.received": "order:o",
    "service.ticket.opened": "ticket:t",
    "service.ticket.replied": "ticket:t",
    "service.ticket.solved": "ticket:t",
    "service.ticket.reopened": "ticket:t",
    "service.survey.answered": "order:o",
    "service.feedback.posted": "order:o",
}
"""Where an event goes first when it names everything; any other type's parcel, else order, comes first."""


@given(st.binary(max_size=200))
def test_murmur2_is_the_one_of_kafkas_clients(data: bytes) -> None:
    assert aliases.murmur2(data) == kafkas_murmur2(data)


@given(st.text(max_size=100), st.integers(1, 64))
def test_a_cell_lives_where_kafkas_default_partitioner_would_put_its_key(key: str, partitions: int) -> None:
    assert aliases.partition_of(key, partitions) == (kafkas_murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def test_cells_spread_over_all_partitions() -> None:
    found = [aliases.partition_of(f"main/order:{number}", 12) for number in range(12_000)]
    assert {number for number in range(12) if 800 < found.count(number) < 1200} == set(range(12))


@pytest.mark.parametrize("kind", Kind)
def test_an_alias_tells_its_kind_and_its_name(kind: Kind) -> None:
    alias = aliases.alias(kind, "dhl/a:b/c")
    assert (aliases.kind_of(alias), aliases.name_of(alias)) == (kind, "dhl/a:b/c")


@pytest.mark.parametrize("text", ["", "orders:1", ":x", "Order:1"])
def test_what_begins_with_no_kind_is_no_alias(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid Kind"):
        aliases.kind_of(text)


@pytest.mark.parametrize(
    ("alias", "key"),
    [
        ("order:A/1", "main/order:A/1"),
        ("parcel:dhl/00/1", "/parcel:dhl/00/1"),
        ("ticket:parcel:1", "main/ticket:parcel:1"),
    ],
)
def test_a_cell_key_has_the_shop_in_front_but_for_parcels(alias: str, key: str) -> None:
    shop = "" if alias.startswith("parcel:") else "main"
    assert aliases.cell_key("main", alias) == key
    assert aliases.split_cell_key(key) == (shop, alias)


def test_an_event_names_every_alias_that_its_data_has() -> None:
    assert aliases.named(EVERYTHING) == {
        Kind.CUSTOMER: "customer:c",
        Kind.ANONYMOUS: "anonymous:a",
        Kind.SESSION: "session:s",
        Kind.CART: "cart:k",
        Kind.CHECKOUT: "checkout:x",
        Kind.ORDER: "order:o",
        Kind.TICKET: "ticket:t",
        Kind.PARCEL: "parcel:dhl/n",
    }


def test_a_parcel_needs_both_carrier_and_number() -> None:
    assert aliases.named({"carrier": "dhl", "customer_id": "", "order_id": None}) == {}
    assert aliases.named({"tracking_number": "n"}) == {}


@pytest.mark.parametrize("type_", sorted(EVENT_TYPES))
def test_an_event_goes_first_to_the_thing_it_is_about(type_: str) -> None:
    usual = "parcel:dhl/n"
    assert aliases.home(type_, aliases.named(EVERYTHING)) == FIRST_CELL.get(type_, usual)


@pytest.mark.parametrize("type_", sorted(EVENT_TYPES))
@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.FEED}))
def test_an_event_that_names_one_thing_goes_there_whatever_its_type(type_: str, kind: Kind) -> None:
    assert aliases.home(type_, {kind: f"{kind}:1"}) == f"{kind}:1"


def test_an_event_that_names_nothing_has_no_home() -> None:
    assert aliases.home("storefront.page.viewed", {}) is None


@pytest.mark.parametrize("type_", sorted(EVENT_TYPES))
def test_every_example_has_a_home(type_: str) -> None:
    homes = [aliases.home(type_, aliases.named(example["data"])) for example in (minimal(type_), full(type_))]
    assert None not in homes


@pytest.mark.parametrize("type_", sorted(SHOPLESS_TYPES))
def test_an_event_that_may_lack_a_shop_goes_to_a_parcel_which_has_none(type_: str) -> None:
    home = aliases.home(type_, aliases.named(full(type_)["data"])) or ""
    assert aliases.cell_key("main", home) == aliases.cell_key("", home)
