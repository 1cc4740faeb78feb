"""How instants are written in ids."""

from datetime import UTC, datetime


def rfc3339(instant: datetime) -> str:
    """`2018-03-01T10:00:00.000Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
