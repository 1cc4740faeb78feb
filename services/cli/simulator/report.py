"""How a score is shown."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from services.cli.simulator.score import KindScore, PainPoint

SHOWN = 5


def table(found: Sequence[KindScore], title: str) -> Table:
    """A row for each kind."""
    rows = Table(title=title)
    rows.add_column("kind")
    for name in ("right", "missed", "wrong", "precision", "recall"):
        rows.add_column(name, justify="right")
    for score in found:
        rows.add_row(
            score.kind,
            str(score.right),
            str(len(score.missed)),
            str(len(score.wrong)),
            f"{score.precision:.3f}",
            f"{score.recall:.3f}",
            style="" if score.perfect else "red",
        )
    return rows


def differences(found: Sequence[KindScore]) -> list[str]:
    """The first few pain points of each kind that were missed or wrong."""
    lines = []
    for score in found:
        for word, points in (("missed", score.missed), ("wrong", score.wrong)):
            lines += [f"{word}: {_line(point)}" for point in points[:SHOWN]]
            if len(points) > SHOWN:
                lines.append(f"{word}: {len(points) - SHOWN} more of {score.kind}")
    return lines


def as_json(found: Sequence[KindScore]) -> list[dict[str, Any]]:
    """The same as plain data."""
    return [
        {
            "kind": score.kind,
            "right": score.right,
            "missed": [_line(point) for point in score.missed],
            "wrong": [_line(point) for point in score.wrong],
            "precision": score.precision,
            "recall": score.recall,
        }
        for score in found
    ]


def _line(point: PainPoint) -> str:
    return f"{point.kind} {point.entity} {point.status} {point.id}"
