import json
from datetime import UTC, datetime

import pytest

from schemas.aliases import partition_of
from services.cli.kafka.records import ARRAY_BYTES, records, topic_of
from services.cli.replays.event import SentEvent

PARTITIONS = {"storefront.events.v1": 4, "logistics.events.v1": 4, "service.events.v1": 4}


def event(id_: str, order: str, type_: str = "storefront.order.approved", **data: object) -> SentEvent:
    time = datetime(2024, 1, 1, tzinfo=UTC)
    return SentEvent(id=id_, source="t", type=type_, time=time, shop="olist", data={"order_id": order, **data})


def test_an_event_alone_is_no_array() -> None:
    (record,) = records([event("1", "a")], PARTITIONS, 50)
    assert json.loads(record.value) == {
        "specversion": "1.0",
        "id": "1",
        "source": "t",
        "type": "storefront.order.approved",
        "time": "2024-01-01T00:00:00Z",
        "shop": "olist",
        "data": {"order_id": "a"},
    }
    assert record.topic == "storefront.events.v1"
    assert record.partition == partition_of("olist/order:a", 4)


def test_events_of_one_partition_share_arrays_in_their_order() -> None:
    sent = [event(str(n), f"o{n % 5}") for n in range(40)]
    found: dict[int, list[str]] = {}
    for record in records(sent, PARTITIONS, 3):
        value = json.loads(record.value)
        array = value if isinstance(value, list) else [value]
        assert len(array) <= 3
        found.setdefault(record.partition, []).extend(item["id"] for item in array)
    expected: dict[int, list[str]] = {}
    for item in sent:
        expected.setdefault(partition_of(item.cell, 4), []).append(item.id)
    assert found == expected


def test_a_large_event_travels_alone() -> None:
    sent = [event("1", "a"), event("2", "a", note="x" * ARRAY_BYTES), event("3", "a")]
    assert [len(json.loads(r.value)) if r.value[:1] == b"[" else 1 for r in records(sent, PARTITIONS, 50)] == [1, 1, 1]


def test_a_parcel_has_one_partition_whatever_the_shop() -> None:
    parcel = {"carrier": "dhl", "tracking_number": "1"}
    one = event("1", "a", "logistics.parcel.delivered", **parcel)
    assert one.cell == "/parcel:dhl/1"


def test_a_type_of_no_family_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"'weather\.changed' belongs to no topic"):
        topic_of("weather.changed")


def test_an_event_that_names_nothing_is_refused() -> None:
    nobody = SentEvent(
        id="1", source="t", type="storefront.page.viewed", time=datetime(2024, 1, 1, tzinfo=UTC), data={}
    )
    with pytest.raises(ValueError, match="names nothing"):
        _ = nobody.cell
