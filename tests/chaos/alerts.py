"""What had to be told to people, and what was: each at least once, all sendings of one under one key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from chaos.views import Ask
from support.webhook_server import Request

LOUD = ("high", "critical")


def due(ask: Ask, shop: str) -> set[str]:
    """Pain points that stand, were open and severe for once, not held back, and were news when they were found."""
    return {
        str(row[0])
        for row in ask(
            "SELECT DISTINCT pain_point_id FROM waypost.pain_points_history "
            f"WHERE shop = '{shop}' AND status = 'open' AND severity IN {LOUD} AND NOT held_back "
            "AND detected_at <= happened_at + INTERVAL 24 HOUR "
            f"AND pain_point_id IN (SELECT pain_point_id FROM waypost.pain_points WHERE shop = '{shop}')"
        )
    }


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
