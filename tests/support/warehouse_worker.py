"""The warehouse service as a process that can be told to die between an insert and its commit."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping

from services.runtime import logs
from services.warehouse.adapters.kafka import KafkaMessages, Source
from services.warehouse.app import build, run
from services.warehouse.settings import WarehouseSettings


def main() -> None:
    """Run; with WAREHOUSE_DIES_AT=n the n-th commit is a kill -9 of itself instead."""
    settings = WarehouseSettings()
    logs.configure("warehouse", settings.log_level)
    warehouse = build(settings)
    if dies_at := int(os.environ.get("WAREHOUSE_DIES_AT", "0")):
        assert isinstance(warehouse.messages, KafkaMessages)
        _die_at(warehouse.messages, dies_at)
    run(warehouse)


def _die_at(messages: KafkaMessages, commits: int) -> None:
    left, commit = [commits], messages.commit

    def count_down(offsets: Mapping[Source, int]) -> bool:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return commit(offsets)

    messages.commit = count_down  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
