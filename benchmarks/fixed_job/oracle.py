"""What the job must say, found another way: all events at once, standard library only, no stream, no state."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from benchmarks.fixed_job.data import CHECKOUT, ORDER

APART = timedelta(minutes=30)

Abandoned = tuple[str, int, int]
"""Session, last activity in ms, distinct events."""


def expected(values: Iterable[bytes]) -> Counter[Abandoned]:
    """The records that must go out, each as often as it must."""
    named = {}
    for value in values:
        event = json.loads(value)
        facts = [event.get(field) for field in ("source", "id", "type", "time")] + [event["data"].get("session_id")]
        if all(facts):
            source, id_, kind, time, session = facts
            named[source, id_] = (session, datetime.fromisoformat(time), kind)
    found: Counter[Abandoned] = Counter()
    for session, own in groupby(sorted(named.values()), key=lambda event: event[0]):
        for visit in visits([(time, kind) for _, time, kind in own]):
            kinds = {kind for _, kind in visit}
            if CHECKOUT in kinds and ORDER not in kinds:
                found[session, round(visit[-1][0].timestamp() * 1000), len(visit)] += 1
    return found


def visits(events: list[tuple[datetime, str]]) -> list[list[tuple[datetime, str]]]:
    """A session's events in order, cut wherever more than 30 minutes pass."""
    cut = [[events[0]]]
    for before, event in pairwise(events):
        if event[0] - before[0] > APART:
            cut.append([])
        cut[-1].append(event)
    return cut
