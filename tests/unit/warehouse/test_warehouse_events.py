"""Items to rows of the events that analysts read."""

from typing import Any

import pytest
from msgspec.structs import replace
from support.event_messages import event_message
from support.warehouse_items import AT, event, position

from schemas.contract import digest
from schemas.ids import event_id
from services.warehouse.domain.events import COLUMNS, EVENTS, read_with_digests


def row(**changed: Any) -> dict[str, object]:
    [values] = EVENTS.rows([event(position(5), **changed)])
    return dict(zip(COLUMNS, values, strict=True))


def test_an_event_names_what_its_data_names() -> None:
    found = row()
    assert found["event_id"] == event_id("shop", "e1")
    assert (found["occurred_at"], found["received_at"]) == (AT - 1000, AT + 5)
    assert (found["customer_id"], found["order_id"], found["channel"]) == ("c7", "A-1", "web")
    assert (found["anonymous_id"], found["parcel_id"], found["device"]) == ("", "", "")
    assert found["alias"] == "order:A-1"


def test_events_are_read_with_the_digests_of_what_they_say() -> None:
    given = event(position(5), digest=b"")
    [found] = read_with_digests(event_message(given))
    assert found.digest == digest(given.type, given.shop, given.time_us, given.extensions, given.data)
    assert replace(found, digest=b"") == given


def test_a_parcel_is_its_carrier_and_number() -> None:
    found = row(data=b'{"carrier":"dhl","tracking_number":"00340"}', cell="/parcel:dhl/00340", shop="")
    assert (found["parcel_id"], found["alias"], found["shop"]) == ("dhl/00340", "parcel:dhl/00340", "")


@pytest.mark.parametrize(
    ("data", "customer"),
    [
        (b'{"customer_id":42}', "42"),
        (b'{"customer_id":"42","channel":["web"]}', "42"),
        (b'{"customer_id":{"id":1}}', ""),
        (b'{"customer_id":null}', ""),
        (b"{}", ""),
    ],
)
def test_odd_data_leaves_odd_words_out_and_stays_whole(data: bytes, customer: str) -> None:
    found = row(data=data)
    assert (found["customer_id"], found["data"]) == (customer, data)
