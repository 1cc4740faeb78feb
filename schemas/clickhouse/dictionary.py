"""The analysts' data dictionary, from the comments in the migrations.

`python -m schemas.clickhouse.dictionary` writes `docs/data-dictionary.md` anew.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = Path(__file__).resolve().parents[2] / "docs" / "data-dictionary.md"

_VIEW = re.compile(
    r"^CREATE OR REPLACE VIEW waypost\.(?P<name>\w+) [^\n]*\n\(\n(?P<columns>.*?)\n\)\n(?P<query>.*?)"
    r"^COMMENT '(?P<comment>(?:[^']|'')*)';$",
    re.DOTALL | re.MULTILINE,
)
_COMMENTED = re.compile(
    r"^ALTER TABLE waypost\.(?P<name>\w+) [^\n]*\n    MODIFY COMMENT '(?P<comment>(?:[^']|'')*)';$", re.MULTILINE
)
_COLUMN = re.compile(r"^    `?(?P<name>\w+)`? (?P<type>.+?) COMMENT '(?P<comment>(?:[^']|'')*)',?$", re.MULTILINE)

_HEAD = """# Data dictionary

Every view of the database `waypost` and each of its columns. Made from the views' own comments by
`python -m schemas.clickhouse.dictionary`; ClickHouse shows the same: `DESCRIBE waypost.orders`.
How to ask is in [Asking questions](analysts.md).
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a view."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True, slots=True)
class View:
    """A view with what it says of itself."""

    name: str
    comment: str
    columns: tuple[Column, ...]


def read_views(folder: Path = FOLDER) -> list[View]:
    """All views by name; of one that is made or commented on several times the last counts."""
    found: dict[str, View] = {}
    for text in (path.read_text("utf-8") for path in sorted(folder.glob("*.sql"))):
        found |= {view.name: view for view in _views(text)}
        for said in _COMMENTED.finditer(text):
            found[said["name"]] = replace(found[said["name"]], comment=_plain(said["comment"]))
    return [found[name] for name in sorted(found)]


def page(views: list[View]) -> str:
    """The dictionary as Markdown."""
    contents = "".join(f"- [`{view.name}`](#{view.name}): {view.comment}\n" for view in views)
    return "\n".join((_HEAD, contents, *map(_section, views)))


def _views(text: str) -> Iterator[View]:
    for view in _VIEW.finditer(text):
        columns = (Column(c["name"], c["type"], _plain(c["comment"])) for c in _COLUMN.finditer(view["columns"]))
        yield View(view["name"], _plain(view["comment"]), tuple(columns))


def _section(view: View) -> str:
    rows = "".join(f"| `{c.name}` | `{c.type}` | {c.comment} |\n" for c in view.columns)
    return f"## {view.name}\n\n{view.comment}.\n\n| column | type | what it is |\n|---|---|---|\n{rows}"


def _plain(comment: str) -> str:
    """A comment as it reads: quotes once, and nothing that would end a table's cell."""
    return comment.replace("''", "'").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(read_views()), encoding="utf-8")
