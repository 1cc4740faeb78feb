"""The real orders as ingest and journey publish them, made in memory."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from support.world import World

from schemas.topics import PUBLIC
from schemas.wire import Kind, kind
from services.cli.kafka.records import topic_of
from services.cli.replays.event import epoch_ms
from services.cli.replays.olist import events
from services.cli.replays.portions import portions, up_to
from services.warehouse.domain.events import read_with_digests

END = datetime.fromisoformat("2018-10-17T17:30:18-03:00")
END_MS = epoch_ms(END)


def olist_world(folder: Path) -> World:
    """A world that has read the files in `folder` up to `END`.

    The clock moves once a month: what is found does not depend on it, only when it was detected.
    """
    world = World(partitions=1, received_ms=END_MS)
    for portion in portions(up_to(events(folder), END_MS), END_MS, 3000, timedelta(days=30)):
        by_topic: dict[str, list[bytes]] = {topic.name: [] for topic in PUBLIC}
        for event in portion.events:
            by_topic[topic_of(event.type)].append(event.encoded())
        for topic, values in by_topic.items():
            world.send(values, topic)
        world.tick("olist", portion.tick_ms)
        world.run(100)
    return world


def items(world: World) -> list[msgspec.Struct]:
    """What the warehouse reads of a world: events, positions, and rows with all their versions."""
    batches = (output for log in world.logs for output in log if kind(output.headers) == Kind.EVENTS)
    found = [event for output in batches for event in read_with_digests(output.value or b"")]
    return [*found, *world.positions, *world.rows, *world.pains]
