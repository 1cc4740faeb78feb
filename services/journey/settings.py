"""Settings of journey: what every service has, and how it keeps its cells."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from services.runtime.settings import ServiceSettings


class JourneySettings(ServiceSettings):
    """`WAYPOST_*`, as every service; the rest is journey's own."""

    journey_cache: int = Field(default=5_000, ge=1)
    """Cells kept unpacked in memory, for each partition; a person's with all that is said of them: 15 to 30 KiB."""
    run: int = Field(default=0, ge=0)
    """Part of every row's version: raised by a rebuild, whose rows replace all of before."""

    journey_store: Literal["rocksdb", "memory"] = "rocksdb"
    """Where the cells are beside their changelog: on disk, from which a restart goes on, or in memory."""
    journey_store_cache_mb: int = Field(default=32, ge=1)
    """MiB of the store on disk that are kept in memory, for all partitions together."""

    @property
    def store_folder(self) -> Path:
        """The folder of this worker's stores, one in it for each partition."""
        return self.home / "cells" / "journey" / (self.worker_id or "worker")
