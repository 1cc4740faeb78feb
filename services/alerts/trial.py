"""`python -m services.alerts.trial [RECEIVER]`: sends each receiver, or one, a labelled test; a JSON line for each.

What `waypost alerts test` runs. Exit code 0 when every receiver took it, 1 when one did not, 2 when the routes file is
wrong.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import perf_counter
from uuid import uuid4

from services.alerts.adapters.routes_file import ConfigError, Routing, load_routing
from services.alerts.adapters.webhook import Target, WebhookReceiver
from services.alerts.domain.payload import labelled_test
from services.alerts.domain.results import Delivered
from services.alerts.settings import AlertsSettings

Line = Mapping[str, object]


async def attempt(target: Target) -> Line:
    """Send one labelled test and say what came back."""
    now = datetime.now(UTC)
    started = perf_counter()
    async with WebhookReceiver(target) as receiver:
        body = labelled_test(target.name, int(now.timestamp() * 1000))
        result = await receiver.post(f"test_{uuid4()}", body, now)
    took_it = isinstance(result, Delivered)
    return {
        "receiver": target.name,
        "delivered": took_it,
        "answer": f"{result.status}" if isinstance(result, Delivered) else result.error,
        "seconds": round(perf_counter() - started, 3),
        "excerpt": result.excerpt,
    }


def trials(routing: Routing, wanted: Sequence[str]) -> list[Line]:
    """A line for each receiver wanted, or for all."""
    names = wanted or sorted({*routing.targets, *routing.unconfigured})
    return [_trial(routing, name) for name in names]


def _trial(routing: Routing, name: str) -> Line:
    if target := routing.targets.get(name):
        return asyncio.run(attempt(target))
    known = ", ".join(sorted({*routing.targets, *routing.unconfigured})) or "none"
    reason = routing.unconfigured.get(name) or f"no receiver is called {name!r}; there are: {known}"
    return {"receiver": name, "delivered": False, "answer": reason}


def main(arguments: Sequence[str]) -> int:
    """Print the lines and return the exit code."""
    try:
        routing = load_routing(AlertsSettings().alerts_routes, os.environ)
    except ConfigError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    lines = trials(routing, arguments)
    for line in lines:
        sys.stdout.write(json.dumps(line) + "\n")
    return 0 if all(line["delivered"] for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
