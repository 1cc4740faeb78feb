"""The gauge of open pain points."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

import pytest
from prometheus_client import CollectorRegistry

from services.warehouse.domain.kinds import KINDS, counted
from services.warehouse.metrics import WarehouseMetrics
from services.warehouse.open_pain_points import OpenPainPoints, UnknownError


def test_every_kind_has_a_number_and_unknown_ones_share_theirs() -> None:
    counts = counted([("low_score", 3), ("of a newer version", 1), ("of another", 1)])
    assert {kind: count for kind, count in counts.items() if count} == {"low_score": 3, "other": 2}
    assert set(counts) == {*KINDS, "other"}


def test_an_answer_sets_the_gauge_and_no_answer_leaves_no_old_number() -> None:
    metrics = WarehouseMetrics(CollectorRegistry())
    answers: list[Sequence[tuple[str, int]]] = [[("low_score", 3)], [("delivery_late", 1)]]

    def ask() -> Sequence[tuple[str, int]]:
        if not answers:
            raise UnknownError("gone")
        return answers.pop(0)

    def shown(kind: str) -> float | None:
        return metrics.registry.get_sample_value("waypost_warehouse_open_pain_points", {"kind": kind})

    polled = OpenPainPoints(ask, metrics)
    seen = []
    for _ in range(4):
        polled.measure()
        seen.append((shown("low_score"), shown("delivery_late"), shown("site_error")))
    assert seen == [(3, 0, 0), (0, 1, 0), (None, None, None), (None, None, None)]


@pytest.mark.timeout(60)
def test_a_question_that_hangs_holds_up_nobody() -> None:
    asked, never = Event(), Event()

    def ask() -> Sequence[tuple[str, int]]:
        asked.set()
        never.wait()
        return []

    polled = OpenPainPoints(ask, WarehouseMetrics(CollectorRegistry()))
    polled.start()
    assert asked.wait(10)
    polled.stop()
    never.set()
