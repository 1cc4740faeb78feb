"""How a snapshot is shown: a screen for a terminal, a line for a log."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from services.cli.live import timeline_table
from services.cli.live.services import WORK
from services.cli.live.snapshot import ServiceState, Snapshot
from services.cli.replays.arguments import shown
from services.cli.replays.event import from_epoch_ms

ENTRIES = 9
"""Lines of a customer's journey: the last ones."""

_QUESTIONS = (
    "SELECT kind, severity, entity, happened_at, playbook FROM waypost.worklist WHERE shop = '{shop}' LIMIT 10",
    "SELECT kind, status, count() FROM waypost.pain_points WHERE shop = '{shop}' GROUP BY ALL ORDER BY ALL",
    "SELECT * FROM waypost.funnel_daily WHERE shop = '{shop}' ORDER BY day DESC LIMIT 10",
)


def questions(shop: str, program: str, alias: str = "") -> list[str]:
    """Commands to copy."""
    asked = [f'{program} sql "{question.format(shop=shop)}"' for question in _QUESTIONS]
    return [*asked, f"{program} journey {alias}"] if alias else asked


def screen(snapshot: Snapshot, shop: str, program: str, footer: str = "") -> RenderableType:
    """All of a snapshot; the footer says how to leave."""
    views = snapshot.views
    top = Table.grid(padding=(0, 4))
    top.add_row(
        _services(snapshot.services),
        _counts("answers", views.answers),
        _counts("open pain points", views.open_pain_points),
    )
    alias = views.person.id if views.person else ""
    parts: list[RenderableType] = [Text(clock_line(snapshot, shop)), Text(), top]
    if views.problem:
        parts.append(Text(views.problem, style="red"))
    if views.person:
        parts += [Text(), timeline_table.table(views.person, views.entries[-ENTRIES:], f"the journey of {alias}")]
    parts += [Text(), Text("ask, in another terminal:", style="bold")]
    parts += [Text(f"  {line}", style="cyan", overflow="fold") for line in questions(shop, program, alias)]
    return Panel(Group(*parts), title="Waypost", subtitle=footer)


def line(snapshot: Snapshot, shop: str) -> str:
    """The essence of a snapshot."""
    rates = ", ".join(f"{s.name} {_number(s.per_second)}/s lag {_number(s.lag_messages)}" for s in snapshot.services)
    views = snapshot.views
    answers = " ".join(f"{name}={count}" for name, count in views.answers.items()) or "none"
    pains = " ".join(f"{kind}={count}" for kind, count in views.open_pain_points.items()) or "none"
    said = f"{clock_line(snapshot, shop)} · {rates} · answers: {answers} · open: {pains}"
    return f"{said} · {views.problem}" if views.problem else said


def clock_line(snapshot: Snapshot, shop: str) -> str:
    """Where the shop's clock is, as sent and as the views know it."""
    sent, known = snapshot.sent_clock_ms, snapshot.views.clock_ms
    text = f"shop {shop} · {snapshot.sent_events:,} events sent · clock {shown(from_epoch_ms(sent - sent % 1000))}"
    if known is None:
        return f"{text}, not yet in the views"
    behind = timedelta(milliseconds=max(0, sent - known))
    return f"{text}, the views are {_span(behind)} of its time behind"


def _services(services: Sequence[ServiceState]) -> Table:
    rows = Table(box=None, pad_edge=False)
    rows.add_column("service")
    for name in ("per second", "", "lag", "lag, s"):
        rows.add_column(name, justify="left" if not name else "right")
    for state in services:
        rows.add_row(
            state.name,
            _number(state.per_second),
            WORK[state.name][1],
            _number(state.lag_messages),
            "–" if state.lag_seconds is None else f"{state.lag_seconds:.1f}",
            style="red" if state.lag_messages is None else "",
        )
    return rows


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    rows = Table(box=None, pad_edge=False)
    rows.add_column(title)
    rows.add_column("", justify="right")
    for name, count in counts.items():
        rows.add_row(name, f"{count:,}")
    if not counts:
        rows.add_row("none yet", "")
    return rows


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes else f"{span.total_seconds():.0f} s"
