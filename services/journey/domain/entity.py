"""What is known of one entity, and how two accounts of it join."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from itertools import pairwise
from typing import TypeVar
from zlib import crc32

import msgspec

from services.journey.domain.facts import AnyFact, Fact, rank

F = TypeVar("F", bound=Fact)


class Entity(msgspec.Struct, array_like=True):
    """The facts of one entity, in order, each once; the touches of a visitor as stamps.

    A stamp is `time << 20 | hash of the event`: as an integer it sorts by time, and a repeat is equal. Touches that
    concern one order (its status page, help about it) are kept under the order's alias, the others under "".
    """

    facts: list[AnyFact] = []
    touches: dict[str, list[int]] = {}
    channels: list[str] = []
    devices: list[str] = []
    heard: dict[int, tuple[int, int]] = {}  # of a feed: hours since the epoch -> (first, last) instant, ms

    cut: int = 0  # facts and touches forgotten, because there were too many
    hidden: tuple[int, int] | None = None  # (from, to], ms: facts of this time were forgotten
    hidden_touches: tuple[int, int] | None = None  # (from, to], stamps
    heard_from: int = -1  # hours since the epoch: what was heard before was forgotten

    def of(self, type_: type[F]) -> list[F]:
        """Its facts of one type, in order."""
        return [fact for fact in self.facts if isinstance(fact, type_)]

    def __bool__(self) -> bool:
        return bool(self.facts or self.touches or self.heard)


MOST_FACTS = 1_000
MOST_TOUCHES = 10_000
KEPT_FIRST = 100
"""Bounds of one entity. Beyond them the middle is forgotten: the first ones anchor journeys, the last ones matter now.

What is forgotten is a span of time, so that repeats of it are known for what they are.
"""


def last_of_each_instant(facts: list[F]) -> list[F]:
    """Of ordered facts, those that no other one of the same millisecond follows: a later word takes its place."""
    return [fact for fact, after in pairwise([*facts, None]) if fact and (after is None or after.time > fact.time)]


def touch(time_ms: int, source: str, id_: str) -> int:
    """The stamp of an event."""
    return time_ms << 20 | crc32(f"{source}\n{id_}".encode()) & 0xFFFFF


def time_of(stamp: int) -> int:
    """The instant of a stamp, in ms."""
    return stamp >> 20


def join(known: Entity, told: Entity) -> Entity:
    """Add to `known` what it did not know, in place; returns just that part (empty when there was nothing new).

    Commutative, associative and idempotent in what `known` holds at the end.
    """
    new = Entity()
    if told.facts:
        new.facts = _join_facts(known.facts, told.facts, known.hidden)
    if told.touches:
        for about, stamps in told.touches.items():
            if fresh := _join_touches(known, about, stamps):
                new.touches[about] = fresh
    if told.channels or told.devices:
        new.channels = _join_names(known.channels, told.channels)
        new.devices = _join_names(known.devices, told.devices)
    if told.heard:
        told_now = ((hour, span) for hour, span in told.heard.items() if hour >= known.heard_from)
        new.heard = {hour: span for hour, span in told_now if _join_hour(known.heard, hour, span)}
    if new.facts or new.touches:
        _bound(known)
    return new


def forget(entity: Entity, until: int) -> None:
    """Forget all facts up to an instant (ms), in place; repeats of them will be known for what they are."""
    entity.hidden = -1, max(until, entity.hidden[1] if entity.hidden else -1)
    entity.facts = [fact for fact in entity.facts if not _within(entity.hidden, fact.time)]


def forget_touches(entity: Entity, until: int) -> None:
    """The same for touches."""
    latest = touch_limit(until)
    entity.hidden_touches = -1, max(latest, entity.hidden_touches[1] if entity.hidden_touches else -1)
    entity.touches = {
        about: [stamp for stamp in stamps if not _within(entity.hidden_touches, stamp)]
        for about, stamps in entity.touches.items()
    }


def forget_heard(entity: Entity, hour: int) -> None:
    """Forget what was heard before an hour since the epoch, in place; repeats of it are not taken in again."""
    entity.heard_from = max(entity.heard_from, hour)
    entity.heard = {known: span for known, span in entity.heard.items() if known >= entity.heard_from}


def touch_limit(instant: int) -> int:
    """The greatest stamp of an instant."""
    return (instant + 1 << 20) - 1


def last_activity(entity: Entity) -> int:
    """The latest instant that an account speaks of, -1 for none."""
    touches = (time_of(stamps[-1]) for stamps in entity.touches.values() if stamps)
    return max((entity.facts[-1].time if entity.facts else -1), *touches, -1)


def copy(entity: Entity) -> Entity:
    """An entity that shares nothing mutable with another."""
    return Entity(
        list(entity.facts),
        {about: list(stamps) for about, stamps in entity.touches.items()},
        list(entity.channels),
        list(entity.devices),
        dict(entity.heard),
        entity.cut,
        entity.hidden,
        entity.hidden_touches,
        entity.heard_from,
    )


def _join_facts(known: list[AnyFact], told: Iterable[AnyFact], hidden: tuple[int, int] | None) -> list[AnyFact]:
    new = []
    for fact in told if hidden is None else [fact for fact in told if not _within(hidden, fact.time)]:
        if not known or known[-1].time < fact.time:  # nearly always: in order
            known.append(fact)
        elif fact not in known:
            insort(known, fact, key=rank)
        else:
            continue
        new.append(fact)
    return new


def _join_touches(known: Entity, about: str, told: Iterable[int]) -> list[int]:
    mine = known.touches.setdefault(about, [])
    return [stamp for stamp in told if not _within(known.hidden_touches, stamp) and _insert(mine, stamp)]


def _insert(stamps: list[int], stamp: int) -> bool:
    at = bisect_left(stamps, stamp)
    if at < len(stamps) and stamps[at] == stamp:
        return False
    stamps.insert(at, stamp)
    return True


def _join_names(known: list[str], told: Iterable[str]) -> list[str]:
    new = [name for name in told if name not in known]
    for name in new:
        insort(known, name)
    return new


def _join_hour(known: dict[int, tuple[int, int]], hour: int, span: tuple[int, int]) -> bool:
    mine = known.get(hour, span)
    joined = min(mine[0], span[0]), max(mine[1], span[1])
    new = known.get(hour) != joined
    known[hour] = joined
    return new


def _within(span: tuple[int, int] | None, point: int) -> bool:
    return span is not None and span[0] < point <= span[1]


def _bound(known: Entity) -> None:
    """Forget the middle of what is too much, in place."""
    if len(known.facts) > MOST_FACTS:
        known.hidden = _span(known.hidden, [fact.time for fact in known.facts])
        kept = [fact for fact in known.facts if not _within(known.hidden, fact.time)]
        known.cut += len(known.facts) - len(kept)
        known.facts = kept
    if known.touches and sum(map(len, known.touches.values())) > MOST_TOUCHES:
        known.hidden_touches = _span(known.hidden_touches, sorted(s for t in known.touches.values() for s in t))
        before = sum(map(len, known.touches.values()))
        known.touches = {
            about: [stamp for stamp in stamps if not _within(known.hidden_touches, stamp)]
            for about, stamps in known.touches.items()
        }
        known.cut += before - sum(map(len, known.touches.values()))


def _span(known: tuple[int, int] | None, points: list[int]) -> tuple[int, int]:
    """The span to forget of ascending points: from the first ones kept to the middle."""
    begin = known[0] if known else points[KEPT_FIRST - 1]
    return begin, max(points[len(points) // 2], known[1] if known else begin)
