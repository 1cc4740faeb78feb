"""All real orders: the events hold what the files hold, counted by other means than the translation's."""

import csv
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.cli.replays import olist
from services.cli.replays.event import SentEvent, epoch_ms
from services.cli.replays.portions import up_to

END = datetime.fromisoformat("2018-10-17T17:30:18-03:00")
FOREVER = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
Moments = dict[str, datetime]


@pytest.fixture(scope="module")
def events(olist_dir: Path) -> list[SentEvent]:
    return list(olist.events(olist_dir))


@pytest.fixture(scope="module")
def rows(olist_dir: Path) -> list[dict[str, str]]:
    with (olist_dir / "olist_orders_dataset.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def lives(events: list[SentEvent]) -> dict[str, Moments]:
    """Of every order: when each thing was said up to END, its promise and its latest shipping time."""
    found: dict[str, Moments] = defaultdict(dict)
    for event in up_to(events, epoch_ms(END)):
        if event.type == "service.survey.answered":
            continue
        order = str(event.data.get("order_id") or event.data["tracking_number"])
        found[order][event.type.rpartition(".")[2]] = event.time
        for field in ("promised_by", "ship_by"):
            if field in event.data:
                found[order][field] = datetime.fromisoformat(str(event.data[field]))
    return found


def test_every_dated_thing_in_the_files_is_one_event(events: list[SentEvent], rows: list[dict[str, str]]) -> None:
    counts = Counter(event.type for event in events)
    assert counts == {
        "storefront.order.placed": len(rows),
        "storefront.order.approved": sum(bool(r["order_approved_at"]) for r in rows),
        "storefront.order.cancelled": sum(r["order_status"] in ("canceled", "unavailable") for r in rows),
        "logistics.parcel.registered": sum(
            bool(r["order_delivered_carrier_date"] or r["order_delivered_customer_date"]) for r in rows
        ),
        "logistics.parcel.handed_over": sum(bool(r["order_delivered_carrier_date"]) for r in rows),
        "logistics.parcel.delivered": sum(bool(r["order_delivered_customer_date"]) for r in rows),
        "service.survey.answered": 4090,
    }
    assert len(rows) == 4047


def test_every_id_is_used_once(events: list[SentEvent]) -> None:
    assert len({(event.source, event.id) for event in events}) == len(events)


def test_events_come_in_order_of_time(events: list[SentEvent]) -> None:
    times = [event.time_ms for event in events]
    assert times == sorted(times)


def test_two_translations_give_the_same_bytes(events: list[SentEvent], olist_dir: Path) -> None:
    again = [event.encoded() for event in olist.events(olist_dir)]
    assert again == [event.encoded() for event in events]


def test_persons_are_the_customers_across_their_orders(events: list[SentEvent]) -> None:
    assert len({e.data["customer_id"] for e in events if e.type == "storefront.order.placed"}) == 3974


def test_reviews_answered_by_the_end_have_the_known_mean(events: list[SentEvent]) -> None:
    scores = [int(str(e.data["score"])) for e in up_to(events, epoch_ms(END)) if e.type == "service.survey.answered"]
    assert (len(scores), round(sum(scores) / len(scores), 4), sum(s <= 2 for s in scores)) == (4088, 3.2962, 1469)


def test_the_pain_points_that_follow_are_those_known_to_be_true(lives: dict[str, Moments]) -> None:
    """Counted order by order with plain comparisons: what the whole line has to find."""
    found = Counter[str]()
    still_open = Counter[str]()
    for life in lives.values():
        for kind, ended in hurts(life):
            found[kind] += 1
            still_open[kind] += ended > END
    assert found == {
        "approval_delayed": 217,
        "fulfilment_delayed": 598,
        "parcel_stalled": 2379,
        "parcel_lost": 644,
        "delivery_late": 1004,
    }
    assert still_open == {
        "approval_delayed": 4,
        "fulfilment_delayed": 289,
        "parcel_stalled": 573,
        "parcel_lost": 573,
        "delivery_late": 833,
    }


def hurts(life: Moments) -> list[tuple[str, datetime]]:
    """(kind, when it ended) of one order's pain points, or FOREVER where nothing ended it."""
    cancelled, delivered = life.get("cancelled", FOREVER), life.get("delivered", FOREVER)
    shipped = min(life.get("handed_over", FOREVER), delivered)
    approved = min(life.get("approved", FOREVER), shipped)
    found = []

    def waits(kind: str, limit: datetime, ended: datetime) -> None:
        if min(ended, END + timedelta(microseconds=1)) > limit:
            found.append((kind, ended))

    waits("approval_delayed", life["placed"] + timedelta(hours=48), min(approved, cancelled))
    if approved < FOREVER:
        limit = max(approved, life.get("ship_by", approved + timedelta(days=3)))
        waits("fulfilment_delayed", limit, min(shipped, cancelled))
    if shipped < FOREVER:
        waits("parcel_stalled", shipped + timedelta(days=5), delivered)
        lost = max(shipped + timedelta(days=14), life["promised_by"] + timedelta(days=7))
        waits("parcel_lost", lost, delivered)
    waits("delivery_late", life["promised_by"], min(delivered, cancelled))
    return found
