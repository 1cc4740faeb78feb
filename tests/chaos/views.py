"""What the views say of a shop, in words that do not tell which shop it is: so that two shops can be compared.

All columns that the law names: all but when something was detected. Ids that are hashes of names become what they name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import UUID

from services.cli.clickhouse.views import Row

Ask = Callable[[str], Sequence[Row]]
Rows = Mapping[str, list[str]]
"""By view: its rows as text, sorted."""

VIEWS: Mapping[str, str] = {
    "persons": "* EXCEPT shop",
    "journeys": "* EXCEPT shop",
    "orders": "* EXCEPT shop",
    "parcels": "* EXCEPT shop",
    "promises": "* EXCEPT shop",
    "pain_points": "* EXCEPT (shop, detected_at)",
    "surveys": "* EXCEPT shop",
    "actions": "* EXCEPT shop",
    "events": "event_id, source, id, type, occurred_at, data",
}
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DEPTH = 3
"""A pain point may be about another one, and that about an event."""
EXCEPTED = ("delivery_at_risk",)
"""Kinds of pain points that depend on when news came, so the law does not name them."""


def standing(ask: Ask, shop: str) -> Rows:
    """The rows of a shop in every view that the law names."""
    name = names(ask, shop)

    def plain(value: object) -> object:
        if isinstance(value, UUID):
            return name.get(value, f"nobody knows {value}")
        if isinstance(value, str):
            return _with_names(value, name).replace(shop, "")
        if isinstance(value, dict):
            return sorted((plain(key), plain(held)) for key, held in value.items())
        if isinstance(value, list | tuple):
            return sorted((plain(held) for held in value if held not in EXCEPTED), key=str)
        return value

    def rows(view: str, columns: str) -> Iterator[str]:
        but = f" AND kind NOT IN {(*EXCEPTED, '')}" if view == "pain_points" else ""
        for row in ask(f"SELECT {columns} FROM waypost.{view} WHERE shop = '{shop}'{but}"):
            yield " | ".join(str(plain(value)) for value in row)

    return {view: sorted(rows(view, columns)) for view, columns in VIEWS.items()}


def names(ask: Ask, shop: str) -> dict[UUID, str]:
    """What each id of a shop's events, journeys and pain points stands for."""
    questions = {
        "event": ("event_id, source, id", "events"),
        "journey": ("journey_id, person_id, order_id, started_at", "journeys"),
        "pain": ("pain_point_id, kind, entity, happened_at", "pain_points"),
    }
    found: dict[UUID, str] = {}
    for what, (columns, view) in questions.items():
        for id_, *words in ask(f"SELECT {columns} FROM waypost.{view} WHERE shop = '{shop}'"):
            found[id_] = " ".join([what, *(str(word).replace(shop, "") for word in words)])
    for _ in range(DEPTH):
        found = {id_: _with_names(word, found) for id_, word in found.items()}
    return found


def _with_names(text: str, found: Mapping[UUID, str]) -> str:
    """A text that holds an id, as `pain_point:<id>` does, with what the id stands for instead."""
    return ID.sub(lambda match: found.get(UUID(match[0]), match[0]), text)


def differences(one: Rows, other: Rows) -> dict[str, list[str]]:
    """By view, the rows that only one of both has: `-` the first, `+` the second; empty when they are equal."""
    found = {}
    for view in one:
        mine, theirs = Counter(one[view]), Counter(other[view])
        lines = [
            *(f"- {row}" for row in (mine - theirs).elements()),
            *(f"+ {row}" for row in (theirs - mine).elements()),
        ]
        if lines:
            found[view] = lines
    return found
