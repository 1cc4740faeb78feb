"""How long a pain point is remembered.

The bound: one announcement for every pain point that a route could match and that ended in the last 120 days or
began in the last 520, and for every one with a delivery still to be made (which the delivery deadline bounds).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from services.alerts.domain.announcements import Announcement, Notice

KEEP_ENDED = timedelta(days=120)
"""After its last change, of a pain point that is over: nothing is said of its entity any more after as long."""
KEEP_OPEN = timedelta(days=520)
"""After its last change, of one that is not: an entity is forgotten 400 days after its last activity, and 120 more
cover what happened to it on the way."""

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the topic stands: the broker's timestamp of the record, and the greatest detection of the row's shop."""

    appended_at: int
    clock: int


def forgotten(detected_at: int, now: Moment) -> bool:
    """Whether a pain point was found so long ago that it may have been remembered and is not any more."""
    return detected_at < now.clock - _ms(KEEP_ENDED)


def expired(known: Announcement, now: Moment, delivered: Callable[[Announcement, Notice, str], bool]) -> bool:
    """Whether an announcement may leave: it is old by its shop's time or by the broker's, and nothing is pending.

    The broker's time bounds what a shop leaves behind that is never heard of again, such as a replay's.
    """
    keep = _ms(KEEP_OPEN if known.status == "open" else KEEP_ENDED)
    if now.clock - known.clock <= keep and now.appended_at - known.appended_at <= keep:
        return False
    return all(delivered(known, notice, receiver) for notice, receiver in known.deliveries())


def sweep_day(now: Moment) -> tuple[int, int]:
    """Changes once a day of either time: when to look for what has expired."""
    return now.appended_at // _DAY_MS, now.clock // _DAY_MS


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
