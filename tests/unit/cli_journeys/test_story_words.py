"""How amounts, spans and promises are said."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.cli.journeys.story import Order, Promise
from services.cli.journeys.wording import money, some, span, verdict

DUE = datetime(2024, 5, 6, 22, tzinfo=UTC)
DAY = timedelta(days=1)
PROMISE = Promise("A-1", DUE - 3 * DAY, DUE, "shop", "")


def order(seen: datetime | None = None, cancelled: datetime | None = None) -> Order:
    return Order("A-1", "placed", DUE, seen, seen, cancelled)


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (Decimal("1234.5000"), "EUR", "1,234.50 EUR"),
        ("0.125", "KWD", "0.125 KWD"),
        (Decimal("100"), "", "100.00"),
        (7, "USD", "7.00 USD"),
        (None, "EUR", ""),
        ("dear", "EUR", "dear EUR"),
    ],
)
def test_money_has_its_currency_and_two_decimals_or_more(amount: object, currency: str, said: str) -> None:
    assert money(amount, currency) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(days=2, hours=3, minutes=9), "2 d 3 h"),
        (timedelta(days=2, minutes=9), "2 d"),
        (timedelta(hours=1, minutes=5), "1 h 5 min"),
        (timedelta(seconds=30), "30 s"),
        (timedelta(0), "0 s"),
        (-timedelta(minutes=1, seconds=1), "1 min 1 s"),
    ],
)
def test_a_span_has_its_two_greatest_units(length: timedelta, said: str) -> None:
    assert span(length) == said


def test_some_things_are_named_and_the_others_counted_if_more_than_one() -> None:
    assert some("aabcd", 3) == "a, b, c, d"
    assert some("abcde", 3) == "a, b, c and 2 more"
    assert some("abcde", 0) == "a, b, c, d, e"


@pytest.mark.parametrize(
    ("known", "clock", "kept", "said"),
    [
        (order(DUE), None, True, "promise kept, 0 s before its end"),
        (order(DUE + DAY), None, False, "promise broken: 1 d late"),
        (order(cancelled=DUE), DUE + DAY, None, "promise no longer due: the order was cancelled"),
        (order(cancelled=DUE + DAY), DUE + 2 * DAY, False, "promise broken: the order was cancelled 1 d later"),
        (order(), DUE, None, "promise due"),
        (order(), None, None, "promise due"),
        (order(), DUE + DAY, False, "promise broken: nothing came in the 1 d since"),
        (None, DUE + DAY, None, "promise due"),
    ],
)
def test_a_promise_is_judged_by_the_first_attempt(
    known: Order | None, clock: datetime | None, kept: bool | None, said: str
) -> None:
    assert verdict(PROMISE, known, clock) == (kept, said)
