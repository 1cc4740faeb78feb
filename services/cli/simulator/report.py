"""How a score is shown."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from rich.table import Table

from services.cli.simulator.forecast import WARNING, Forecast
from services.cli.simulator.score import PainPoint, Score, Scores

SHOWN = 5


def tables(found: Scores, title: str) -> Iterator[Table]:
    """A table of the kinds, of the causes, and of the roots; severities only where they are wrong."""
    yield _table(found.kinds, "kind", title)
    if found.causes:
        yield _table(found.causes, "cause", "causes of what was found")
    if found.roots:
        yield _table(found.roots, "kind", "roots of what follows from something else")
    if poor := [score for score in found.severities if not score.perfect]:
        yield _table(poor, "kind", "severities")
    if found.held_back:
        yield _table(found.held_back, "kind", "held back while the carrier is silent")


def forecast_line(told: Forecast) -> str:
    """What the warnings of late deliveries were worth, in a sentence."""
    lead = "" if told.lead is None else f"; median lead time {_hours(told.lead)} before the promise"
    return (
        f"{WARNING} as a forecast: precision {told.precision:.3f} ({told.both} of {told.warned} warned orders came "
        f"late), recall {told.recall:.3f} (of {told.late} late ones){lead}"
    )


def differences(found: Scores) -> list[str]:
    """The first few pain points of each score that were missed or wrong."""
    lines = []
    for what, of in _parts(found):
        for score in of:
            for word, points in (("missed", score.missed), ("wrong", score.wrong)):
                lines += [f"{word}{what}: {_line(point)}" for point in points[:SHOWN]]
                if len(points) > SHOWN:
                    lines.append(f"{word}{what}: {len(points) - SHOWN} more of {score.name}")
    return lines


def as_json(found: Scores, told: Forecast) -> dict[str, Any]:
    """The same as plain data; durations in seconds."""
    lead = None if told.lead is None else told.lead.total_seconds()
    return {
        "kinds": [_plain(score, "kind") for score in found.kinds],
        "causes": [_plain(score, "cause") for score in found.causes],
        "roots": [_plain(score, "kind") for score in found.roots],
        "severities": [_plain(score, "kind") for score in found.severities],
        "held_back": [_plain(score, "kind") for score in found.held_back],
        "forecast": {
            "warned": told.warned,
            "late": told.late,
            "both": told.both,
            "precision": told.precision,
            "recall": told.recall,
            "median_lead_seconds": lead,
        },
    }


def _parts(found: Scores) -> tuple[tuple[str, Sequence[Score]], ...]:
    return (
        ("", found.kinds),
        (" cause", found.causes),
        (" root", found.roots),
        (" severity", found.severities),
        (" held back", found.held_back),
    )


def _table(found: Sequence[Score], name: str, title: str) -> Table:
    rows = Table(title=title)
    rows.add_column(name)
    for column in ("right", "missed", "wrong", "precision", "recall"):
        rows.add_column(column, justify="right")
    for score in found:
        rows.add_row(
            score.name,
            str(score.right),
            str(len(score.missed)),
            str(len(score.wrong)),
            f"{score.precision:.3f}",
            f"{score.recall:.3f}",
            style="" if score.perfect else "red",
        )
    return rows


def _hours(span: timedelta) -> str:
    hours = span // timedelta(hours=1)
    return f"{hours // 24} d {hours % 24} h"


def _plain(score: Score, name: str) -> dict[str, Any]:
    return {
        name: score.name,
        "right": score.right,
        "missed": [_line(point) for point in score.missed],
        "wrong": [_line(point) for point in score.wrong],
        "precision": score.precision,
        "recall": score.recall,
    }


def _line(point: PainPoint) -> str:
    return f"{point.kind} {point.entity} {point.status} {point.id}"
