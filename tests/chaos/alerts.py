"""What had to be told to people, and what was: each at least once, all sendings of one under one key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from chaos.repeats import messages
from chaos.views import Ask
from support.webhook_server import Request

from schemas.rows import PainPointRow
from schemas.topics import PAIN_POINTS_CHANGES
from services.alerts.domain.decide import NEWS_FOR
from services.alerts.domain.retention import Moment, forgotten
from services.runtime.settings import KafkaSettings

LOUD = ("high", "critical")
_read = msgspec.msgpack.Decoder(list[PainPointRow]).decode


@dataclass(frozen=True, slots=True)
class Due:
    """Pain points by key: what had to be told, and what alerts heard of so late that it may not tell."""

    keys: frozenset[str]
    late: frozenset[str]


def due(settings: KafkaSettings, shops: Collection[str], standing: Collection[str]) -> Due:
    """What of the shops' log had to be told: open and severe for once, not held back, news when it was found.

    Only of what stands at last: what was disproved may have been so before its turn came. A key is late if the greatest
    find of its shop was too far ahead when it was first heard of, which only a replay faster than life brings about.
    """
    clocks: dict[str, int] = defaultdict(int)
    late: dict[str, bool] = {}
    severe: set[str] = set()
    for row in (row for message in messages(settings, PAIN_POINTS_CHANGES) for row in _read(message.value() or b"")):
        clocks[row.shop] = max(clocks[row.shop], row.detected_at)
        key = str(row.pain_point_id)
        late.setdefault(key, forgotten(row.detected_at, Moment(0, clocks[row.shop])))
        news = row.detected_at - row.happened_at <= NEWS_FOR // timedelta(milliseconds=1)
        if row.shop in shops and key in standing and row.status == "open" and row.severity in LOUD:
            severe |= {key} if news and not row.held_back else set()
    return Due(frozenset(key for key in severe if not late[key]), frozenset(key for key in severe if late[key]))


def standing(ask: Ask, shops: Iterable[str]) -> set[str]:
    """Keys of the pain points that were not retracted."""
    query = "SELECT pain_point_id FROM waypost.pain_points WHERE shop IN {}"
    return {str(id_) for (id_,) in ask(query.format((*shops, "")))}


def known_of(ask: Ask, key: str) -> str:
    """What the views tell of an alert and its pain point."""
    change = "step, status, severity, held_back, happened_at, detected_at"
    history = ask(f"SELECT kind, entity, {change} FROM waypost.pain_points_history WHERE pain_point_id = '{key}'")
    told = ask(f"SELECT event, state, decided_at, error FROM waypost.alerts WHERE dedup_key = '{key}'")
    return f"{key}: {history}; alerts: {told}"


def unannounced(wanted: Iterable[str], requests: Iterable[Request]) -> set[str]:
    """Keys whose firing never came."""
    return set(wanted) - {key(request) for request in requests if request.message["type"] == "pain_point.firing"}


def keys_of_several(requests: Iterable[Request]) -> dict[tuple[str, str], set[str]]:
    """What was sent under more than one idempotency key, and those."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for request in requests:
        found[request.message["type"], key(request)].add(request.id)
    return {what: ids for what, ids in found.items() if len(ids) > 1}


def key(request: Request) -> str:
    """The pain point that a request is about."""
    return str(request.message["data"]["dedup_key"])
