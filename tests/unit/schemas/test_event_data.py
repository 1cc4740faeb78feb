"""What the data of events may be, and what a stranger is told when they are not."""

from collections.abc import Mapping

import pytest
from support.contract_events import accepted, refusal

from schemas.contract import Reason

ORDER = {"order_id": "o", "total": "10.00", "currency": "EUR"}
SURVEY = {"order_id": "o", "survey": "csat", "score": 3, "scale": 5}


def message(event_type: str, data: Mapping[str, object]) -> str:
    reason, said = refusal(type=event_type, data=data)
    assert reason == Reason.INVALID_DATA
    return said


@pytest.mark.parametrize("total", ["0", "12.50", 12.5, 0, 59.970000000000006, "999999999999.99", 1e-9])
def test_money_is_a_decimal_string_or_a_number(total: object) -> None:
    assert accepted(type="storefront.order.placed", data={**ORDER, "total": total})


@pytest.mark.parametrize(
    "total",
    [
        "12,50",
        "-1",
        -0.01,
        "",
        " 1",
        "1e3",
        "1_000",
        "NaN",
        "٣",
        "1.",
        ".5",
        "1" * 13,
        10**12,
        10**400,
        True,
        None,
        [],
        {},
    ],
)
def test_what_is_no_sum_is_refused(total: object) -> None:
    assert message("storefront.order.placed", {**ORDER, "total": total}).startswith("data.total")


def test_a_message_names_the_field_what_was_given_and_what_is_expected() -> None:
    placed = "storefront.order.placed"
    assert message(placed, {**ORDER, "total": "12,50"}) == (
        'data.total: given "12,50", expected money: a decimal string or number from 0 to below 10^12, '
        'with a point, like "12.50"'
    )
    assert message(placed, {**ORDER, "currency": "EURO"}) == (
        'data.currency: given "EURO", expected an ISO 4217 code in capitals, like EUR'
    )
    assert message(placed, {"order_id": "o", "currency": "EUR"}) == "data.total is missing"
    assert message(placed, {**ORDER, "order_id": 17}) == "data.order_id: given 17, expected text in quotes"
    assert message(placed, {**ORDER, "items": [{"sku": "a", "quantity": -1, "unit_price": "1"}]}) == (
        "data.items[0].quantity: given -1, expected a number of at least 0"
    )
    assert message("logistics.parcel.scanned", {"carrier": "c", "tracking_number": "n", "status": "lost"}) == (
        "data.status: given \"lost\", expected one of 'accepted', 'in_transit', 'at_hub', 'customs', "
        "'out_for_delivery' or 'available_for_pickup'"
    )
    assert message("storefront.product.viewed", {"session_id": "s", "sku": "a", "price": "1"}) == (
        "data: expected `currency` beside `price`"
    )


def test_a_message_counts_the_other_problems_and_shows_only_the_start_of_a_long_value() -> None:
    said = message("storefront.order.placed", {"order_id": "o" * 300, "total": "x", "currency": "EUR"})
    assert (
        said
        == 'data.order_id: given "' + "o" * 40 + '…", expected at most 256 characters (1 more problem(s) in this event)'
    )


def test_a_message_never_shows_the_rest_of_the_event() -> None:
    said = message("storefront.order.placed", {**ORDER, "items": {"name": "Jane"}, "email": "jane@example.com"})
    assert said == "data.items: given an object of 1 field(s), expected a list"


@pytest.mark.parametrize("missing", ["order_id", "total", "currency"])
def test_a_null_is_a_missing_field(missing: str) -> None:
    assert message("storefront.order.placed", {**ORDER, "customer_id": "c", missing: None}).startswith(
        f"data.{missing}"
    )


def test_unknown_fields_are_kept_at_every_level() -> None:
    item = {"sku": "a", "quantity": 1, "unit_price": 1, "colour": "red"}
    given = accepted(type="storefront.order.placed", data={**ORDER, "items": [item], "campaign": {"id": 1}})
    assert b"colour" in given.data
    assert b"campaign" in given.data


@pytest.mark.parametrize("promise", ["2024-05-06", "2024-05-06T23:59:59", "9999-12-31T23:59:59Z", 1715032799, ""])
def test_a_promise_is_an_instant_with_an_offset(promise: object) -> None:
    assert "RFC 3339" in message("storefront.order.placed", {**ORDER, "promised_by": promise})


def test_a_payment_says_what_is_paid() -> None:
    assert message("storefront.payment.failed", {"customer_id": "c", "method": "card"}) == (
        "data: expected `checkout_id` or `order_id`, to say what is paid"
    )
    assert accepted(type="storefront.payment.failed", data={"order_id": "o", "method": "card"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scale": None}, "a `scale` beside `score`"),
        ({"scale": 1}, "data.scale: given 1, expected a number of at least 2"),
        ({"score": 0}, "a `score` from 1 to `scale`"),
        ({"score": 6}, "a `score` from 1 to `scale`"),
        ({"survey": "nps"}, "no `scale` for nps"),
        ({"survey": "nps", "scale": None, "score": 11}, "a `score` from 0 to 10 for nps"),
        ({"survey": "stars"}, "one of 'csat', 'nps', 'ces' or 'review'"),
    ],
)
def test_a_score_is_on_its_scale(changes: dict[str, object], said: str) -> None:
    assert said in message("service.survey.answered", {**SURVEY, **changes})


@pytest.mark.parametrize("changes", [{"score": 1}, {"score": 5}, {"survey": "nps", "scale": None, "score": 0}])
def test_the_ends_of_a_scale_are_on_it(changes: dict[str, object]) -> None:
    assert accepted(type="service.survey.answered", data={**SURVEY, **changes})


def test_a_carrier_has_no_slash_in_its_name_so_that_parcels_stay_apart() -> None:
    data = {"carrier": "a/b", "tracking_number": "n"}
    assert message("logistics.parcel.lost", data).startswith('data.carrier: given "a/b"')
    assert accepted(type="logistics.parcel.lost", data={"carrier": "a", "tracking_number": "b/n"})


@pytest.mark.parametrize("channel", ["fax", None, 3])
def test_a_ticket_comes_through_a_channel_of_the_list(channel: object) -> None:
    assert message("service.ticket.opened", {"ticket_id": "t", "channel": channel}).startswith("data.channel")


def test_counts_are_whole_and_not_in_quotes() -> None:
    search = "storefront.search.performed"
    for results in (True, "3", 1.5, -1, 10**400):
        assert message(search, {"session_id": "s", "query": "", "results": results}).startswith("data.results")
    assert accepted(type=search, data={"session_id": "s", "query": "", "results": 3.0})
