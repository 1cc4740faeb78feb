"""Settings of journey: what every service has, and how many cells it keeps unpacked."""

from pydantic import Field

from services.runtime.settings import ServiceSettings


class JourneySettings(ServiceSettings):
    """`WAYPOST_*`, as every service; the rest is journey's own."""

    journey_cache: int = Field(default=20_000, ge=1)
    """Cells kept unpacked in memory, for each partition."""
    run: int = Field(default=0, ge=0)
    """Part of every row's version: raised by a rebuild, whose rows replace all of before."""
