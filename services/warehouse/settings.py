"""Settings of the warehouse service, beside those that every service has."""

from pydantic import Field

from services.runtime.clickhouse.settings import ClickHouseSettings
from services.runtime.settings import ServiceSettings
from services.warehouse.domain.batch import Limits


class WarehouseSettings(ServiceSettings):
    """`WAYPOST_WAREHOUSE_*`, and `CLICKHOUSE_*`."""

    warehouse_batch_items: int = Field(default=50_000, ge=1)
    """A batch is stored when it holds so many items,"""
    warehouse_batch_bytes: int = Field(default=64 * 1024 * 1024, ge=1)
    """or so many bytes of messages,"""
    warehouse_batch_seconds: float = Field(default=1.0, gt=0)
    """or began so long ago; sooner where ClickHouse takes batches quickly (`rhythm.py`). Each makes a part in
    each of its tables."""
    warehouse_backoff_seconds: float = Field(default=0.5, gt=0)
    """The wait after a first failed insert; it doubles with each, and each is drawn between half and all of it."""
    warehouse_longest_backoff_seconds: float = Field(default=15.0, gt=0)
    """The longest wait, so also how soon after its return ClickHouse is noticed."""
    clickhouse: ClickHouseSettings = Field(default_factory=ClickHouseSettings)

    def limits(self) -> Limits:
        """When a batch is full."""
        return Limits(self.warehouse_batch_items, self.warehouse_batch_bytes)
