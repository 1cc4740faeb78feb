"""Names that are computed, so that every part of Waypost computes the same one."""

from uuid import NAMESPACE_URL, UUID, uuid5


def event_id(source: str, id: str) -> UUID:
    """The UUIDv5 of an event's `(source, id)`: of `waypost:event/<length of source>/<source>/<id>` as a URL.

    The length, in characters, keeps `("a/b", "c")` and `("a", "b/c")` apart.
    """
    return uuid5(NAMESPACE_URL, f"waypost:event/{len(source)}/{source}/{id}")
