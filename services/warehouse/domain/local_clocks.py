"""The local clock of a shop as a row: since when it is how far from UTC.

The engine takes a time zone only as a constant, so views that show days of many shops look offsets up.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.warehouse.domain.tables import Row, TableRows

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2050, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=7)
"""No zone changed its offset twice within a week since 1970."""
_EXACT = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)

COLUMNS = ("shop", "time_zone", "since", "offset_seconds", "version", "deleted")


def local_clocks(zones: Iterable[tuple[str, str]], version: int) -> TableRows:
    """The rows of shops by their time zones; the greatest version counts."""
    return TableRows("shops", COLUMNS, [_clock(shop, zone, version) for shop, zone in zones])


def offsets(zone: ZoneInfo) -> list[tuple[datetime, int]]:
    """The instants at which a zone's offset from UTC changed, beginning with `FIRST`, and the seconds from each on."""
    found = [(FIRST, _offset(zone, FIRST))]
    at = FIRST
    while at < LAST:
        if _offset(zone, at + _STEP) != found[-1][1]:
            change = _change(zone, at, at + _STEP)
            found.append((change, _offset(zone, change)))
        at += _STEP
    return found


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first minute of the new offset, by halving."""
    old = _offset(zone, before)
    while after - before > _EXACT:
        middle = before + (after - before) // (2 * _EXACT) * _EXACT
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    return offset // _SECOND if offset else 0


def _clock(shop: str, zone: str, version: int) -> Row:
    changes = offsets(ZoneInfo(zone))
    since = [int(at.timestamp()) * 1000 for at, _ in changes]
    return (shop, zone, since, [seconds for _, seconds in changes], version, 0)
