"""Stores a batch's rows: shops' clocks first, what the engine refuses put aside."""

import logging
from collections.abc import Callable, Sequence
from time import monotonic

from schemas.shops import Shops
from services.runtime.clickhouse.insert import Inserter, UnavailableError
from services.warehouse.domain.local_clocks import local_clocks
from services.warehouse.domain.put_aside import put_aside
from services.warehouse.domain.tables import TableRows
from services.warehouse.metrics import WarehouseMetrics

log = logging.getLogger("waypost.warehouse.store")


class Store:
    """All rows it is given are stored when `store` returns."""

    def __init__(self, insert: Inserter, shops: Shops, metrics: WarehouseMetrics, now_ms: Callable[[], int]) -> None:
        """`now_ms` dates the shops' clocks: what a later start read from the configuration counts."""
        self._insert = insert
        self._shops = shops
        self._metrics = metrics
        self._now_ms = now_ms
        self._seen: set[str] = set()

    def store(self, tables: Sequence[TableRows]) -> None:
        """Insert rows, table by table in the order given. Raises `UnavailableError`: call it again with the same."""
        new = {name for table in tables for name in _shops_of(table)} - self._seen
        clocks = [(name, shop.time_zone) for name in sorted(new) if (shop := self._shops.find(name))]
        if clocks:
            self._one(local_clocks(clocks, self._now_ms()))
        self._seen |= new
        for table in tables:
            self._one(table)

    def _one(self, table: TableRows) -> None:
        started = monotonic()
        refused = self._insert(table.name, table.columns, table.rows)
        if refused:
            self._put_aside(table, [(bad.row, bad.error) for bad in refused])
        self._metrics.insert_seconds.labels(table.name).observe(monotonic() - started)
        self._metrics.rows.labels(table.name).inc(len(table.rows) - len(refused))

    def _put_aside(self, table: TableRows, refused: Sequence[tuple[tuple[object, ...], str]]) -> None:
        aside = put_aside(table.name, table.columns, refused)
        log.error(
            "rows were put aside in waypost_storage.put_aside",
            extra={"where": {"table": table.name, "rows": len(refused), "error": refused[0][1]}},
        )
        if self._insert(aside.name, aside.columns, aside.rows):
            raise UnavailableError(f"ClickHouse refused to put rows of {table.name} aside")
        self._metrics.put_aside.labels(table.name).inc(len(refused))


def _shops_of(table: TableRows) -> set[str]:
    if "shop" not in table.columns:
        return set()
    place = table.columns.index("shop")
    return {row[place] for row in table.rows if row[place]}
