"""The worked questions of the analysts' page with the answers that it shows."""

from __future__ import annotations

import io
import re
from pathlib import Path

from clickhouse_driver import Client

from services.cli.sql.answer import Answer, Column
from services.cli.sql.formats import write_csv

PAGE = Path(__file__).parents[2] / "docs" / "analysts.md"
WORKED = re.compile(r"```sql\n([^`]*)```\n\n```csv\n([^`]*)```")


def worked_questions() -> list[tuple[str, str]]:
    """Each query with its answer as CSV."""
    return WORKED.findall(PAGE.read_text(encoding="utf-8"))


def answered(client: Client, query: str) -> str:
    """The answer as `waypost sql --format csv` writes it."""
    rows, columns = client.execute(query, with_column_types=True)
    out = io.StringIO()
    write_csv(Answer([Column(*column) for column in columns], iter(rows)), out)
    return out.getvalue()
