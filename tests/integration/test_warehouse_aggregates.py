"""What the aggregates count and what they do not, on a handful of rows in the real engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest
from clickhouse_driver import Client
from support.warehouse_items import AT, NAMES, pain_point
from support.warehouse_tables import without_rows

from deploy.local.clickhouse.process import EngineProcess
from schemas import rows
from services.runtime.clickhouse.insert import ColumnarInserter
from services.runtime.clickhouse.migrate import STORAGE
from services.warehouse.domain.routes import rows_of

DAY = 86_400_000
EVERYONE = "customer:c1"


@pytest.fixture
def client(clickhouse: EngineProcess) -> Iterator[Client]:
    with without_rows(clickhouse) as client:
        yield client


def store(client: Client, items: Sequence[msgspec.Struct]) -> None:
    insert = ColumnarInserter(client, STORAGE)
    for table in rows_of(items):
        assert insert(table.name, table.columns, table.rows) == []


def name(number: int) -> UUID:
    return uuid5(NAMES, f"aggregate {number}")


def order(number: int, placed_at: int = AT, person: str = EVERYONE, shop: str = "main") -> rows.OrderRow:
    return rows.OrderRow(shop=shop, version=1, order_id=f"A-{number}", person_id=person, placed_at=placed_at)


def survey(
    number: int, kind: str, score: float, scale: float | None, order_id: str = "", at: int = AT
) -> rows.SurveyRow:
    asked: dict[str, Any] = {"survey": kind, "score": score, "scale": scale, "order_id": order_id, "answered_at": at}
    return rows.SurveyRow(shop="main", version=1, survey_id=name(number), person_id=EVERYONE, **asked)


def action(number: int, word: str, taken_at: int, **about: str) -> rows.ActionRow:
    return rows.ActionRow(shop="main", version=1, action_id=name(number), action=word, taken_at=taken_at, **about)


def clock(now: int, partition: int = 0, shop: str = "") -> rows.ClockRow:
    return rows.ClockRow(shop=shop, version=1, partition=partition, now=now)


def test_nps_is_promoters_less_detractors_in_percent(client: Client) -> None:
    store(client, [survey(n, "nps", score, None) for n, score in enumerate([10, 9, 9, 8, 7, 6, 0])])
    found = client.execute(
        "SELECT answers, promoters, passives, detractors, round(nps, 3), csat, low_scores, scale, satisfied "
        "FROM waypost.satisfaction_daily"
    )
    assert found == [(7, 3, 2, 2, round(100 / 7, 3), None, 2, 10, 0)]


def test_satisfied_are_the_two_highest_of_five_and_scales_are_kept_apart(client: Client) -> None:
    fives = [survey(n, "csat", score, 5) for n, score in enumerate([5, 4, 3, 2])]
    store(client, [*fives, survey(10, "csat", 5, 7), survey(11, "ces", 6, 7)])
    found = client.execute(
        "SELECT survey, scale, answers, satisfied, csat, mean_score, low_scores, nps "
        "FROM waypost.satisfaction_daily ORDER BY survey, scale"
    )
    assert found == [
        ("ces", 7, 1, 1, None, 6.0, 0, None),
        ("csat", 5, 4, 2, 50.0, 3.5, 1, None),
        ("csat", 7, 1, 0, 0.0, 5.0, 0, None),
    ]


def test_a_chain_costs_its_greatest_value_once_in_each_currency(client: Client) -> None:
    root = pain_point(1).pain_point_id
    links: list[dict[str, Any]] = [
        {"kind": "parcel_stalled", "happened_at": AT - DAY, "value_at_risk": Decimal(50), "pain_point_id": root},
        {"value_at_risk": Decimal(70), "status": "resolved"},
        {"kind": "low_score", "value_at_risk": Decimal(7), "currency": "USD"},
        {"kind": "ticket_unanswered", "value_at_risk": None, "currency": ""},
    ]
    chain = [pain_point(n, **{"pain_point_id": name(n), **link, "root_id": root}) for n, link in enumerate(links)]
    alone = pain_point(9, status="resolved", root_id=name(9), pain_point_id=name(9), value_at_risk=None, currency="")
    store(client, [*chain, alone, pain_point(8, status="retracted", root_id=root, value_at_risk=Decimal(900))])
    found = client.execute(
        "SELECT root_kind, currency, chains, still_open, pain_points, toString(value_at_risk), "
        "toString(value_still_open) "
        "FROM waypost.pain_cost ORDER BY root_kind, currency"
    )
    assert found == [
        ("delivery_late", "", 1, 0, 1, "0", "0"),
        ("parcel_stalled", "EUR", 1, 1, 4, "70", "70"),
        ("parcel_stalled", "USD", 1, 1, 4, "7", "7"),
    ]


@pytest.mark.parametrize(("after", "returned"), [(0, 0), (1, 1), (90 * DAY, 1), (90 * DAY + 1, 0)])
def test_bought_again_is_later_and_within_90_days(client: Client, after: int, returned: int) -> None:
    late = pain_point(1)
    store(client, [order(1), order(2, AT + after), late, clock(AT + 900 * DAY)])
    found = client.execute("SELECT with_orders, with_returned, without_orders, censored FROM waypost.returning_by_pain")
    assert found == [(1, returned, 1, False)]


@pytest.mark.parametrize(
    ("clocks", "censored"),
    [
        ([], True),
        ([clock(AT + 90 * DAY)], True),
        ([clock(AT + 90 * DAY + 1)], False),
        ([clock(AT + 99 * DAY), clock(AT, 1)], True),
        ([clock(AT + 99 * DAY), clock(AT, shop="main")], True),
        ([clock(AT), clock(AT + 99 * DAY, shop="main")], False),
        ([clock(AT), clock(AT + 99 * DAY, shop="other")], True),
    ],
)
def test_orders_are_censored_until_the_shops_clock_is_90_days_past(
    client: Client, clocks: list[rows.ClockRow], censored: bool
) -> None:
    store(client, [order(1), pain_point(1), *clocks])
    assert client.execute("SELECT censored FROM waypost.returning_by_pain") == [(censored,)]


def test_orders_of_nobody_known_and_of_other_shops_are_not_counted(client: Client) -> None:
    strangers = [order(2, person="order:A-2"), order(3, shop="olist"), order(4, AT + DAY, shop="olist")]
    store(client, [order(1), *strangers, pain_point(1), pain_point(2), clock(AT + 900 * DAY)])
    found = client.execute("SELECT shop, with_orders, with_returned, without_orders FROM waypost.returning_by_pain")
    assert found == [("main", 1, 0, 0)]


def effect(client: Client) -> list[tuple[object, ...]]:
    return client.execute(  # type: ignore[no-any-return]
        "SELECT action, with_orders, with_returned, without_orders, without_returned "
        "FROM waypost.action_effect WHERE NOT censored ORDER BY action"
    )


def test_an_action_counts_from_the_pain_point_on_and_mere_notice_not_at_all(client: Client) -> None:
    people = [f"customer:c{n}" for n in range(6)]
    orders = [order(n, AT - DAY, person) for n, person in enumerate(people)]
    again = [order(10, AT + DAY, people[0]), order(14, AT + 80 * DAY, people[4])]
    pains = [pain_point(n, pain_point_id=name(n)) for n in range(6)]
    other = pain_point(20, pain_point_id=name(20), order_id="A-5", kind="never_scanned", happened_at=AT - DAY)
    deeds = [
        action(30, "refund", AT, order_id="A-0"),
        action(31, "refund", AT + 5, pain_point_id=str(name(1))),
        action(32, "call", AT + 9, order_id="A-1"),
        action(33, "acknowledged", AT + 5, order_id="A-2"),
        action(34, "refund", AT - 1, order_id="A-3"),
        action(35, "refund", AT + 5, pain_point_id=str(name(20))),
    ]
    store(client, [*orders, *again, *pains, other, *deeds, clock(AT + 900 * DAY)])
    late = [row for row in effect(client) if row[3]]
    assert late == [("", 2, 1, 4, 1), ("call", 1, 0, 4, 1), ("refund", 2, 1, 4, 1)]


def test_only_scores_after_the_action_count_for_it(client: Client) -> None:
    said = [
        survey(1, "review", 1, 5, "A-1", AT + 5),
        survey(2, "review", 5, 5, "A-1", AT + 20),
        survey(3, "nps", 5, None, "A-2", AT + 1),
        survey(4, "nps", 10, None, "A-2", AT),
    ]
    deed = action(30, "refund", AT + 10, order_id="A-1")
    store(client, [order(1), order(2), pain_point(1), pain_point(2), *said, deed, clock(AT + 900 * DAY)])
    found = client.execute(
        "SELECT with_answers, with_score, with_score_low, without_answers, without_score "
        "FROM waypost.action_effect WHERE action = 'refund'"
    )
    assert found == [(1, 100.0, None, 1, 50.0)]


def test_a_checkout_that_is_taken_up_again_is_told_from_one_that_led_to_an_order(client: Client) -> None:
    def journey(number: int, order_id: str) -> rows.JourneyRow:
        how: dict[str, Any] = {"stage": "checkout", "outcome": "open", "reached": {"checkout": AT}, "started_at": AT}
        return rows.JourneyRow(
            shop="main", version=1, journey_id=name(number), person_id=EVERYONE, order_id=order_id, **how
        )

    def abandoned(number: int, **changed: Any) -> rows.PainPointRow:
        known: dict[str, Any] = {"kind": "checkout_abandoned", "journey_id": name(number), "cause": "shipping_cost"}
        return pain_point(number, **{**known, **changed})

    resumed: dict[str, Any] = {"status": "resolved", "ended_at": AT + 2 * 3_600_000}
    store(
        client,
        [
            *(journey(1, "A-1"), journey(2, "")),
            *(abandoned(1, **resumed), abandoned(2, **resumed), abandoned(3)),
            *(abandoned(4, cause="slow_pages", journey_id=None), abandoned(5, status="retracted")),
        ],
    )
    found = client.execute(
        "SELECT cause, abandoned, people, resumed, ordered, still_open, toString(value_resumed), hours_to_return_p50 "
        "FROM waypost.abandonment_daily ORDER BY cause"
    )
    assert found == [("shipping_cost", 3, 1, 2, 1, 1, "25", 2.0), ("slow_pages", 1, 1, 0, 0, 1, "0", None)]


def test_a_path_is_in_the_order_first_reached(client: Client) -> None:
    def journey(number: int, reached: dict[str, int]) -> rows.JourneyRow:
        how: dict[str, Any] = {"stage": "order", "outcome": "open", "reached": reached, "started_at": AT}
        return rows.JourneyRow(shop="main", version=1, journey_id=name(number), person_id=EVERYONE, **how)

    straight = {"discover": AT, "checkout": AT, "order": AT + 1}
    asked_first = {"care": AT, "discover": AT + 1, "order": AT + 2}
    store(client, [journey(1, straight), journey(2, straight), journey(3, straight), journey(4, asked_first)])
    assert client.execute("SELECT path, steps, journeys, share FROM waypost.journey_paths ORDER BY journeys") == [
        ("care > discover > order", 3, 1, 0.25),
        ("discover > checkout > order", 3, 3, 0.75),
    ]


def test_means_with_and_without_a_kind_come_with_n_and_intervals(client: Client) -> None:
    scores = {1: [1.0, 2.0, 3.0], 2: [4.0, 5.0]}
    said = [survey(10 * n + i, "review", s, 5, f"A-{n}", AT - 1 + i) for n in scores for i, s in enumerate(scores[n])]
    store(client, [*said, pain_point(1), pain_point(3), pain_point(1, pain_point_id=name(1), kind="low_score")])
    [found] = client.execute("SELECT * EXCEPT (shop, survey, scale) FROM waypost.satisfaction_by_pain")
    half, half_without = 1.96 * (1 / 3) ** 0.5, 1.96 * (0.5 / 2) ** 0.5
    both = (half**2 + half_without**2) ** 0.5
    expected = (
        3,
        2,
        2 - half,
        2 + half,
        2,
        4.5,
        4.5 - half_without,
        4.5 + half_without,
        -2.5,
        -2.5 - both,
        -2.5 + both,
        1,
    )
    assert found[0] == "delivery_late"
    assert found[1:] == pytest.approx(expected)


def incident_pains(day: int, count: int, **changed: Any) -> list[rows.PainPointRow]:
    """So many stalled parcels of one carrier at noon of a day, each of an order and a customer of its own."""
    return [
        pain_point(
            number,
            **{
                "pain_point_id": name(1000 * day + number),
                "kind": "parcel_stalled",
                "happened_at": AT + day * DAY,
                "person_id": f"customer:c{number}",
                "factors": {"carrier": "dhl"},
                **changed,
            },
        )
        for number in range(count)
    ]


INCIDENTS = (
    "SELECT kind, factor, value, toString(first_day), toString(last_day), status, pain_points, still_open, "
    "round(usual, 2), customers, orders, value_at_risk FROM waypost.incidents ORDER BY first_day, value"
)


def test_an_incident_is_many_equal_pain_points_with_one_thing_in_common(client: Client) -> None:
    usual = [row for day in range(28) for row in incident_pains(day, 2)]
    store(client, [*usual, *incident_pains(28, 10), *incident_pains(29, 12, status="resolved", ended_at=AT + 30 * DAY)])
    money = {"EUR": Decimal("275")}
    expected = ("parcel_stalled", "carrier", "dhl", "2023-12-12", "2023-12-13", "open", 22, 10, 2.0, 12, 12, money)
    assert client.execute(INCIDENTS) == [expected]


def test_what_is_usual_or_few_or_of_different_factors_is_no_incident(client: Client) -> None:
    busy = [row for day in range(9) for row in incident_pains(day, 12)]
    few = [pain_point(n, kind="payment_failed", factors={"payment_method": "card"}) for n in range(100, 109)]
    mixed = [pain_point(n, kind="site_error", factors={"page": f"p{n}"}, happened_at=AT + 8 * DAY) for n in range(20)]
    store(client, [*busy, *few, *mixed])
    assert client.execute(INCIDENTS) == []


def test_an_incident_goes_when_its_pain_points_are_retracted_and_keeps_its_id_when_read_again(client: Client) -> None:
    quiet = incident_pains(0, 1)
    pains = incident_pains(20, 11)
    store(client, [*quiet, *pains])
    [(first,)] = client.execute("SELECT incident_id FROM waypost.incidents")
    store(client, [*reversed(pains)])
    assert client.execute("SELECT incident_id, pain_points FROM waypost.incidents") == [(first, 11)]
    store(client, incident_pains(20, 2, version=2, status="retracted"))
    assert client.execute("SELECT count() FROM waypost.incidents") == [(0,)]
