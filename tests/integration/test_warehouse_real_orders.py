"""What the views say of real orders, against the files themselves.

Truth is computed here from the CSV files and the definitions alone: no code of ours reads them.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean, median
from zoneinfo import ZoneInfo

import pytest
from clickhouse_driver import Client
from support.cookbook import answered, worked_questions
from support.olist_rows import END, items, olist_world
from support.warehouse_tables import without_rows

from deploy.local.clickhouse.process import EngineProcess
from services.runtime.clickhouse.insert import ColumnarInserter
from services.runtime.clickhouse.migrate import STORAGE
from services.warehouse.domain.local_clocks import local_clocks
from services.warehouse.domain.routes import rows_of

pytestmark = pytest.mark.timeout(600)
ZONE = ZoneInfo("America/Sao_Paulo")
ORDERS_AND_REVIEWS = (
    "FROM waypost.surveys AS s INNER JOIN waypost.orders AS o ON s.shop = o.shop AND s.order_id = o.order_id "
    "WHERE s.shop = 'olist' AND s.survey = 'review'"
)


@dataclass(slots=True)
class TrueOrder:
    """What the files say of one order."""

    customer: str
    bought: datetime
    carrier: datetime | None
    delivered: datetime | None
    cancelled: bool
    promised_until: datetime
    scores: list[int] = field(default_factory=list)

    @property
    def late(self) -> bool:
        return self.delivered is not None and self.delivered >= self.promised_until


def broken_promises(client: Client) -> set[str]:
    return {
        order_id for (order_id,) in client.execute("SELECT order_id FROM waypost.orders WHERE shop = 'olist' AND late")
    }


def at(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC) if text else None


def lines(folder: Path, name: str) -> Iterator[dict[str, str]]:
    [path] = folder.glob(f"*{name}*.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


@pytest.fixture(scope="module")
def truth(shared_data: Path) -> dict[str, TrueOrder]:
    folder = shared_data / "olist"
    people = {row["customer_id"]: row["customer_unique_id"] for row in lines(folder, "customers")}
    found = {}
    for row in lines(folder, "olist_orders"):
        bought, promised = at(row["order_purchase_timestamp"]), at(row["order_estimated_delivery_date"])
        assert bought
        assert promised
        delivered = at(row["order_delivered_customer_date"])
        found[row["order_id"]] = TrueOrder(
            people.get(row["customer_id"]) or row["customer_id"],
            bought,
            at(row["order_delivered_carrier_date"]),
            delivered if delivered and delivered <= END else None,
            row["order_status"] in ("canceled", "unavailable"),
            promised + timedelta(days=1),
        )
    for row in lines(folder, "reviews"):
        answered = at(row["review_answer_timestamp"])
        if answered and answered <= END:
            found[row["order_id"]].scores.append(int(row["review_score"]))
    return found


@pytest.fixture(scope="module")
def client(shared_data: Path, clickhouse: EngineProcess) -> Iterator[Client]:
    """A warehouse that has read the real orders."""
    found = items(olist_world(shared_data / "olist"))
    with without_rows(clickhouse) as client:
        insert = ColumnarInserter(client, STORAGE)
        for table in [local_clocks([("olist", str(ZONE))], 1), *rows_of(found)]:
            assert insert(table.name, table.columns, table.rows) == []
        yield client


def test_the_files_hold_what_is_known_of_them(truth: dict[str, TrueOrder]) -> None:
    late = [score for order in truth.values() if order.late for score in order.scores]
    on_time = [score for order in truth.values() if order.delivered and not order.late for score in order.scores]
    never = [score for order in truth.values() if not order.delivered for score in order.scores]
    found = [(round(mean(scores), 3), len(scores)) for scores in (late, on_time, never)]
    assert found == [(2.238, 172), (4.299, 2455), (1.736, 1461)]


def test_mean_scores_of_late_punctual_and_undelivered_orders(client: Client, truth: dict[str, TrueOrder]) -> None:
    expected: dict[str, list[int]] = defaultdict(list)
    for order in truth.values():
        expected["late" if order.late else "on time" if order.delivered else "not delivered"] += order.scores
    found = client.execute(
        "SELECT multiIf(isNull(o.delivered_at), 'not delivered', o.late, 'late', 'on time') AS how, "
        f"count(), avg(s.score) {ORDERS_AND_REVIEWS} GROUP BY how"
    )
    assert {how: (count, pytest.approx(average)) for how, count, average in found} == {
        how: (len(scores), mean(scores)) for how, scores in expected.items()
    }


def test_satisfaction_by_pain_says_the_same_of_orders_with_a_broken_promise(
    client: Client, truth: dict[str, TrueOrder]
) -> None:
    late = broken_promises(client)
    with_: list[int] = []
    without: list[int] = []
    for order_id, order in truth.items():
        (with_ if order_id in late else without).extend(order.scores)
    [found] = client.execute(
        "SELECT with_answers, with_mean, with_mean_low, with_mean_high, without_answers, without_mean, difference "
        "FROM waypost.satisfaction_by_pain WHERE shop = 'olist' AND survey = 'review' AND kind = 'delivery_late'"
    )
    spread = sum((score - mean(with_)) ** 2 for score in with_) / (len(with_) - 1)
    half = 1.96 * (spread / len(with_)) ** 0.5
    assert found == pytest.approx(
        (
            len(with_),
            mean(with_),
            mean(with_) - half,
            mean(with_) + half,
            len(without),
            mean(without),
            mean(with_) - mean(without),
        )
    )


def bought_again(truth: dict[str, TrueOrder]) -> dict[str, bool]:
    """By order: whether its customer bought again within 90 days."""
    by_customer: dict[str, list[datetime]] = defaultdict(list)
    for order in truth.values():
        by_customer[order.customer].append(order.bought)
    window = timedelta(days=90)
    return {
        order_id: any(timedelta() < other - order.bought <= window for other in by_customer[order.customer])
        for order_id, order in truth.items()
    }


def test_who_bought_again_with_and_without_a_late_delivery(client: Client, truth: dict[str, TrueOrder]) -> None:
    late = broken_promises(client)
    expected: dict[bool, list[int]] = {False: [0, 0, 0, 0], True: [0, 0, 0, 0]}
    for order_id, again in bought_again(truth).items():
        counts = expected[truth[order_id].bought + timedelta(days=90) >= END]
        place = 0 if order_id in late else 2
        counts[place] += 1
        counts[place + 1] += again
    found = client.execute(
        "SELECT censored, with_orders, with_returned, without_orders, without_returned FROM waypost.returning_by_pain "
        "WHERE shop = 'olist' AND kind = 'delivery_late'"
    )
    assert {censored: list(counts) for censored, *counts in found} == expected


def test_customers_who_ever_bought_again(client: Client, truth: dict[str, TrueOrder]) -> None:
    counts: dict[str, int] = defaultdict(int)
    for order in truth.values():
        counts[order.customer] += 1
    found = client.execute(
        "SELECT count(), countIf(orders > 1) FROM "
        "(SELECT person_id, count() AS orders FROM waypost.orders WHERE shop = 'olist' GROUP BY person_id)"
    )
    assert found == [(len(counts), sum(number > 1 for number in counts.values()))]
    assert found == [(3974, 43)]


def test_median_days_of_delivered_orders_to_the_carrier_and_to_the_customer(
    client: Client, truth: dict[str, TrueOrder]
) -> None:
    days = timedelta(days=1)
    trips = [(o.bought, o.carrier, o.delivered) for o in truth.values() if o.carrier and o.delivered]
    to_carrier = median((carrier - bought) / days for bought, carrier, _ in trips)
    to_customer = median((delivered - carrier) / days for _, carrier, delivered in trips)
    assert (round(to_carrier, 2), round(to_customer, 2)) == (2.24, 7.16)
    days_between = "round(quantileExact(0.5)(dateDiff('second', {}, {})) / 86400, 2)"
    found = client.execute(
        f"SELECT {days_between.format('placed_at', 'handed_over_at')}, "
        f"{days_between.format('handed_over_at', 'delivered_at')} "
        "FROM waypost.orders WHERE shop = 'olist' AND delivered_at IS NOT NULL"
    )
    assert found == [(2.24, 7.16)]


def test_days_are_local_to_the_shop_and_deliveries_on_time_by_the_promised_day(
    client: Client, truth: dict[str, TrueOrder]
) -> None:
    expected: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for order in truth.values():
        if order.delivered:
            counts = expected[str(order.delivered.astimezone(ZONE).date())]
            counts[0] += 1
            counts[1] += order.late
    found = client.execute(
        "SELECT toString(day), sum(delivered), sum(late) FROM waypost.delivery_daily WHERE shop = 'olist' GROUP BY day"
    )
    assert {day: list(counts) for day, *counts in found} == expected


def test_pain_cost_counts_an_orders_money_once(client: Client) -> None:
    [(links, chains)] = client.execute(
        "SELECT (SELECT sum(value_at_risk) FROM waypost.pain_points_daily WHERE shop = 'olist'), "
        "(SELECT sum(value_at_risk) FROM waypost.pain_cost WHERE shop = 'olist')"
    )
    roots: dict[object, object] = {}
    for root, value in client.execute(
        "SELECT root_id, value_at_risk FROM waypost.pain_points WHERE shop = 'olist' AND value_at_risk IS NOT NULL"
    ):
        roots[root] = max(roots.get(root, value), value)  # type: ignore[type-var]
    assert chains == sum(roots.values())  # type: ignore[arg-type]
    assert chains < links


@pytest.mark.parametrize(("query", "answer"), worked_questions(), ids=lambda text: " ".join(text.split())[:50])
def test_a_worked_question_has_the_answer_that_the_page_shows(client: Client, query: str, answer: str) -> None:
    assert answered(client, query) == answer


def test_every_view_has_a_worked_question(client: Client) -> None:
    views = {name for (name,) in client.execute("SELECT name FROM system.tables WHERE database = 'waypost'")}
    asked = {name for query, _ in worked_questions() for name in re.findall(r"waypost\.([a-z_]+)", query)}
    assert views == asked
