"""Settings of ingest: what every service has, and how often it ticks."""

from pydantic import Field

from services.runtime.settings import ServiceSettings


class IngestSettings(ServiceSettings):
    """`WAYPOST_*`, as every service; `WAYPOST_TICK_SECONDS` is ingest's own."""

    tick_seconds: float = Field(default=1.0, gt=0, le=10)
    """How often a live tick is written to each public partition that this worker owns."""
