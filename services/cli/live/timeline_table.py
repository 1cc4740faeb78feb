"""How a timeline is shown."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from services.cli.journeys.story import Person
from services.cli.live.timeline import Entry, What

_STYLES = {
    What.EVENT: "",
    What.PAIN_POINT: "bold red",
    What.RELIEF: "green",
    What.PROMISE: "cyan",
    What.PROMISED: "dim cyan",
}
_SIGNS = {What.EVENT: "·", What.PAIN_POINT: "✗", What.RELIEF: "✓", What.PROMISE: "→", What.PROMISED: "⏱"}


def table(person: Person, entries: Iterable[Entry], title: str = "") -> Table:
    """A line for each entry, times in UTC."""
    rows = Table(title=title or f"{person.id} of shop {person.shop}", box=None, pad_edge=False, title_justify="left")
    rows.add_column("time (UTC)", no_wrap=True)
    rows.add_column("what", no_wrap=True)
    rows.add_column("details", overflow="fold")
    for entry in entries:
        style = _STYLES[entry.what]
        rows.add_row(
            f"{entry.at:%Y-%m-%d %H:%M:%S}",
            Text(f"{_SIGNS[entry.what]} {entry.name}", style=style),
            Text(_printable(entry.text), style=style),
        )
    return rows


def _printable(text: str) -> str:
    """Text that cannot move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
