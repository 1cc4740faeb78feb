"""The event contract at the edge: bytes of a public message in, one answer per event out. Pure."""

from schemas.contract.answers import (
    AHEAD_MS,
    BEHIND_MS,
    MAX_ARRAY,
    MAX_DEPTH,
    MAX_EVENT_BYTES,
    Accepted,
    Answer,
    Event,
    Reason,
    Rejected,
)
from schemas.contract.digest import digest
from schemas.contract.quick import Taken
from schemas.contract.reading import Message, Run, judge_all, read
from schemas.contract.sending import encode

__all__ = [
    "AHEAD_MS",
    "BEHIND_MS",
    "MAX_ARRAY",
    "MAX_DEPTH",
    "MAX_EVENT_BYTES",
    "Accepted",
    "Answer",
    "Event",
    "Message",
    "Reason",
    "Rejected",
    "Run",
    "Taken",
    "digest",
    "encode",
    "judge_all",
    "read",
]
