"""A cancelled order on its way through all that speaks of kinds: `python -m support.kind_flow ENGINE_URL ROUTES KIND`.

It runs in a tree that has such a kind, and tells in JSON what became of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry
from support.story import at, order, placed
from support.warehouse_tables import store
from support.world import World

from services.alerts.adapters.routes_file import load_routing
from services.runtime.clickhouse.client import connected
from services.warehouse.metrics import WarehouseMetrics
from services.warehouse.open_pain_points import OpenPainPoints, ask


def flow(url: str, routes: str, kind: str) -> dict[str, object]:
    """What is published, shown by the view, counted by the metric and taken by a route."""
    world = World()
    world.send([placed("o1", at()), order("cancelled", at(hours=1))])
    world.run()
    metrics = WarehouseMetrics(CollectorRegistry())
    with connected(url) as client:
        store(client, *world.pains)
        OpenPainPoints(lambda: ask(client), metrics).measure()
        shown = client.execute("SELECT kind, entity, status FROM waypost.pain_points")
    return {
        "published": [(pain.kind, pain.entity, pain.status) for pain in world.pain_points().values()],
        "shown": shown,
        "counted": metrics.registry.get_sample_value("waypost_warehouse_open_pain_points", {"kind": kind}),
        "routed": [route.kind for route in load_routing(Path(routes), {}).routes],
    }


if __name__ == "__main__":
    json.dump(flow(*sys.argv[1:]), sys.stdout)
