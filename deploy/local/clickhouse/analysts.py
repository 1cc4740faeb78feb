"""What somebody may do who only reads views: the engine's own access control, and what it would let through."""

from __future__ import annotations

from deploy.local.clickhouse.errors import Code, ServerError
from deploy.local.clickhouse.statements import Kind, Statement, called

ROLE = "waypost_analyst"
"""The role that such a session is left with; it cannot take another, since it can say nothing but questions."""
_QUESTIONS = {Kind.STREAM, Kind.ROWS}
_BEYOND_GRANTS = {"file", "python", "executable", "executablepool", "catboostevaluate"}
"""Functions that read files or run programs without asking for a grant, in small letters."""


def refuse_to_analysts(statement: Statement) -> None:
    """ACCESS_DENIED for all but questions, and for functions that reach beyond the tables."""
    if statement.kind not in _QUESTIONS:
        raise _denied("only SELECT, SHOW, DESCRIBE, EXPLAIN and EXISTS are granted")
    beyond = sorted(name for name in called(statement.text) if name.lower() in _BEYOND_GRANTS)
    if beyond:
        raise _denied(f"the function {beyond[0]} is not granted")


def _denied(reason: str) -> ServerError:
    return ServerError.of(Code.ACCESS_DENIED, f"Not enough privileges: {reason} to who reads views")
