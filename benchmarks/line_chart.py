"""Charts of lines over minutes, as an SVG of their own: nothing else is needed to look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 900, 240, 60, 30, 130, 30
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b")
STEPS = 4

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: its title, and its lines by name."""

    title: str
    lines: Mapping[str, Points]


def chart(charts: Sequence[Chart]) -> str:
    """All of them, one below the other."""
    height = HEIGHT * len(charts)
    parts = [part for number, each in enumerate(charts) for part in _one(each, number * HEIGHT)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{height}" fill="white"/>', *parts, "</svg>", ""])


def _one(each: Chart, top: float) -> Iterator[str]:
    points = [point for line in each.lines.values() for point in line]
    across, up = max((x for x, _ in points), default=1.0) or 1.0, max((y for _, y in points), default=1.0) or 1.0
    right, base = WIDTH - RIGHT, top + HEIGHT - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + x / across * (right - LEFT), base - y / up * (HEIGHT - TOP - BOTTOM)

    yield _text(LEFT, top + 18, each.title, 14)
    for step in range(STEPS + 1):
        x, y = across * step / STEPS, up * step / STEPS
        _, level = place(0, y)
        yield f'<line x1="{LEFT}" x2="{right}" y1="{level:.1f}" y2="{level:.1f}" stroke="#ddd"/>'
        yield _text(4, level + 4, f"{y:.3g}", 11)
        yield _text(place(x, 0)[0] - 8, base + 16, f"{x:.3g}{' min' if step == STEPS else ''}", 11)
    for number, (name, line) in enumerate(each.lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line))
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.2"/>'
        yield _text(right + 8, top + TOP + 14 * number + 8, name, 12, colour)


def _text(x: float, y: float, text: str, size: int, colour: str = "#333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}">{escape(text)}</text>'
