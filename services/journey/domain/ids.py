"""Names of what the core finds: computed from what was found, so that every replay finds the same."""

from functools import lru_cache
from uuid import NAMESPACE_URL, UUID, uuid5

from services.journey.domain.instants import rfc3339

_REMEMBERED = 50_000
"""Names at hand: the same few are asked for again and again."""


@lru_cache(_REMEMBERED)
def pain_point_id(shop: str, kind: str, entity: str, anchor: int) -> UUID:
    """The UUIDv5 of a pain point; `anchor` in ms."""
    return uuid5(NAMESPACE_URL, f"waypost:{shop}/{kind}/{entity}/{rfc3339(anchor)}")


@lru_cache(_REMEMBERED)
def journey_id(shop: str, anchor: str) -> UUID:
    """The UUIDv5 of a journey: anchored by its order's alias, else by `<visitor alias>/<first touch, RFC 3339>`."""
    return uuid5(NAMESPACE_URL, f"waypost:{shop}/journey/{anchor}")


@lru_cache(_REMEMBERED)
def promise_id(shop: str, order_id: str, source: str, id_: str) -> UUID:
    """The UUIDv5 of a promise: the order and the event that made it."""
    return uuid5(NAMESPACE_URL, f"waypost:{shop}/promise/{order_id}/{len(source)}/{source}/{id_}")
