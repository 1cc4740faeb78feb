"""What warnings of late deliveries are worth."""

from collections import ChainMap
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from services.cli.simulator.forecast import Forecast, forecast
from services.cli.simulator.report import forecast_line
from services.cli.simulator.score import Found, PainPoint, Traits

PROMISE = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def all_of(*points: Found) -> Found:
    return dict(ChainMap(*map(dict, points)))


def late(order: str) -> Found:
    return _said("delivery_late", order, PROMISE, PROMISE + DAY)


def warned(order: str, before: timedelta, heard_after: timedelta = timedelta(0)) -> Found:
    return _said("delivery_at_risk", order, PROMISE - before, PROMISE - before + heard_after)


def _said(kind: str, order: str, happened_at: datetime, detected_at: datetime) -> Found:
    id_ = uuid5(NAMESPACE_URL, f"{kind}/{order}/{happened_at}")
    point = PainPoint(kind, f"order:{order}", id_, "resolved")
    return {point: Traits("", id_, "medium", happened_at, detected_at=detected_at)}


def test_without_warnings_and_without_late_orders_nothing_was_foretold_wrongly() -> None:
    nothing = forecast({})
    assert (nothing, nothing.precision, nothing.recall) == (Forecast(0, 0, 0, None), 1.0, 1.0)


def test_precision_is_what_came_true_and_recall_what_was_told() -> None:
    told = forecast(all_of(late("a"), late("e"), *(warned(order, DAY) for order in "abcd")))
    assert told == Forecast(warned=4, late=2, both=1, lead=DAY)
    assert (told.precision, told.recall) == (0.25, 0.5)


def test_the_first_warning_of_an_order_counts_from_when_it_was_found() -> None:
    told = forecast(all_of(late("a"), warned("a", 3 * DAY, heard_after=DAY), warned("a", DAY)))
    assert told == Forecast(1, 1, 1, 2 * DAY)


def test_the_median_lead_time_is_that_of_orders_that_came_late() -> None:
    warnings = (warned(order, days * DAY) for order, days in {"a": 1, "b": 2, "c": 9, "d": 30}.items())
    assert forecast(all_of(*warnings, *map(late, "abc"))).lead == 2 * DAY


def test_a_warning_that_is_heard_when_the_promise_is_broken_is_none() -> None:
    assert forecast(all_of(late("a"), warned("a", DAY, heard_after=DAY))) == Forecast(0, 1, 0, None)


def test_a_forecast_is_told_in_a_sentence() -> None:
    assert forecast_line(Forecast(4, 2, 1, 27 * HOUR)) == (
        "delivery_at_risk as a forecast: precision 0.250 (1 of 4 warned orders came late), "
        "recall 0.500 (of 2 late ones); median lead time 1 d 3 h before the promise"
    )
    assert "median" not in forecast_line(Forecast(0, 0, 0, None))
