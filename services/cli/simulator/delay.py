"""Events that are heard long after they happened: the scanner was offline, the ticket was written up the day after."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from services.cli.replays.disturbance import Release

_MS = timedelta(milliseconds=1)


def held_up(releases: Iterable[Release], delays: Mapping[str, timedelta]) -> Iterator[Release]:
    """Releases in the order of leaving, those of the events named in `delays` so much later.

    An event's delay must be known when its release is reached.
    """
    held: list[Release] = []
    for release in releases:
        while held and held[0].at_ms <= release.at_ms:
            yield heapq.heappop(held)
        if delay := delays.get(release.event.id):
            heapq.heappush(held, Release(release.at_ms + delay // _MS, release.number, release.event))
        else:
            yield release
    while held:
        yield heapq.heappop(held)
