"""Parcels: the lives of a tracking number, what is implied, and when one ends."""

from datetime import timedelta

import pytest
from support.story import at, live, ms, parcel, placed, registered, scanned, table

from schemas.rows import ParcelRow

MOMENT = timedelta(milliseconds=1)
LATER = "dhl/1@2024-06-01T10:00:00.000Z"  # registered 30 days after the beginning


def parcels(*events: bytes) -> dict[str, ParcelRow]:
    rows = table(live([placed("o1", at()), placed("o2", at()), *events], at(days=90)), "ParcelRow")
    return {row.parcel_id: row for row in rows if isinstance(row, ParcelRow)}


def one(*events: bytes) -> ParcelRow:
    (row,) = parcels(registered("o1", at()), *events).values()
    return row


def test_a_new_registration_after_the_end_begins_another_parcel() -> None:
    ended = [registered("o1", at()), parcel("delivered", at(days=2))]
    again = [registered("o1", at(days=30)), scanned(at(days=31))]
    found = parcels(*ended, *again)
    assert {name: row.registered_at for name, row in found.items()} == {"dhl/1": ms(at()), LATER: ms(at(days=30))}
    assert [found[name].status for name in ("dhl/1", LATER)] == ["delivered", "in_transit"]


def test_one_that_names_another_order_begins_another_parcel_though_the_old_one_had_not_ended() -> None:
    found = parcels(registered("o1", at()), scanned(at(days=1)), registered("o2", at(days=30)), scanned(at(days=31)))
    assert {name: (row.order_id, row.last_scan_at) for name, row in found.items()} == {
        "dhl/1": ("o1", ms(at(days=1))),
        LATER: ("o2", ms(at(days=31))),
    }


def test_any_other_amends_the_first_instant_counts_and_the_last_word() -> None:
    first = registered("o1", at(), service_level="eco", destination="DE-1")
    (row,) = parcels(first, scanned(at(days=1)), registered("o1", at(days=30), service_level="express")).values()
    assert (row.registered_at, row.service_level, row.destination) == (ms(at()), "express", "DE-1")


def test_a_loss_ends_it_so_that_the_number_may_be_used_again() -> None:
    found = parcels(registered("o1", at()), parcel("lost", at(days=9)), registered("o1", at(days=30)))
    assert {name: row.status for name, row in found.items()} == {"dhl/1": "lost", LATER: "registered"}


def test_a_scan_before_any_registration_belongs_to_the_first() -> None:
    row = one(scanned(at(days=-1)))
    assert (row.registered_at, row.first_scan_at) == (ms(at()), ms(at(days=-1)))


@pytest.mark.parametrize("what", ["delivery_attempted", "damaged", "lost", "delivered", "returned"])
def test_any_word_of_the_carrier_implies_the_hand_over(what: str) -> None:
    assert one(parcel(what, at(days=1)), parcel("handed_over", at(days=1) + MOMENT)).handed_over_at == ms(at(days=1))


def test_scans_at_or_after_the_end_are_ignored() -> None:
    row = one(scanned(at(days=1)), parcel("delivered", at(days=2)), scanned(at(days=2)), scanned(at(days=3)))
    assert (row.status, row.last_scan_at, row.delivered_at) == ("delivered", ms(at(days=1)), ms(at(days=2)))


@pytest.mark.parametrize(
    ("after", "status"),
    [
        ([], "lost"),
        ([scanned(at(days=3), status="at_hub")], "at_hub"),
        ([parcel("delivery_attempted", at(days=3))], "attempted"),
        ([parcel("delivered", at(days=3))], "delivered"),
        ([parcel("returned", at(days=3))], "returned"),
        ([scanned(at(days=2))], "lost"),
    ],
    ids=["nothing", "scan", "attempt", "delivery", "return", "scan at the same instant"],
)
def test_a_loss_is_undone_by_a_later_scan_attempt_or_delivery(after: list[bytes], status: str) -> None:
    assert one(scanned(at(days=1)), parcel("lost", at(days=2)), *after).status == status


def test_what_ends_first_ends_it() -> None:
    assert one(parcel("returned", at(days=2)), parcel("delivered", at(days=3))).status == "returned"


def test_a_scan_at_the_instant_of_a_loss_is_no_later_one_and_is_ignored() -> None:
    row = one(scanned(at(days=1)), scanned(at(days=3), status="at_hub"), parcel("lost", at(days=3)))
    assert (row.status, row.last_scan_at) == ("lost", ms(at(days=1)))


def test_of_two_ends_at_one_instant_the_first_by_source_and_id_is_it() -> None:
    back, brought = parcel("returned", at(days=1), id="a"), parcel("delivered", at(days=1), id="b")
    assert one(brought, back).status == "returned"
