"""Storing a batch's rows, on a fake engine."""

from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from schemas.shops import read_shops
from services.runtime.clickhouse.insert import Refused, Row, UnavailableError
from services.warehouse.adapters.store import Store
from services.warehouse.domain.tables import TableRows
from services.warehouse.metrics import WarehouseMetrics

SHOPS = read_shops({"main": {"clock": "live"}, "olist*": {"clock": "replay", "time_zone": "America/Sao_Paulo"}})


class FakeEngine:
    def __init__(self, refuse: object = None, down: int = 0) -> None:
        self.tables: dict[str, list[Row]] = {}
        self.order: list[str] = []
        self.refuse = refuse
        self.down = down

    def __call__(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> list[Refused]:
        if self.down:
            self.down -= 1
            raise UnavailableError("gone")
        self.order.append(table)
        self.tables.setdefault(table, []).extend(row for row in rows if self.refuse not in row)
        return [Refused(row, "code 53: no") for row in rows if self.refuse in row]


def store(engine: FakeEngine) -> tuple[Store, WarehouseMetrics]:
    metrics = WarehouseMetrics(CollectorRegistry())
    return Store(engine, SHOPS, metrics, lambda: 9), metrics


def orders(*rows: Row) -> TableRows:
    return TableRows("orders", ("shop", "order_id"), list(rows))


def test_the_clock_of_a_shop_is_stored_once_before_its_first_rows() -> None:
    engine = FakeEngine(refuse="bad")
    keep, _ = store(engine)
    keep.store([orders(("olist-a", "A-1"))])
    keep.store([orders(("olist-a", "A-2"), ("nobody", "A-3"))])
    assert engine.order == ["shops", "orders", "orders"]
    assert [(row[0], row[1]) for row in engine.tables["shops"]] == [("olist-a", "America/Sao_Paulo")]


def test_a_clock_that_could_not_be_stored_is_stored_with_the_next_try() -> None:
    engine = FakeEngine(refuse="bad", down=1)
    keep, _ = store(engine)
    with pytest.raises(UnavailableError):
        keep.store([orders(("main", "A-1"))])
    keep.store([orders(("main", "A-1"))])
    assert engine.order == ["shops", "orders"]


def test_a_refused_row_is_put_aside_and_its_neighbours_stored() -> None:
    engine = FakeEngine(refuse="bad")
    keep, metrics = store(engine)
    keep.store([orders(("main", "A-1"), ("main", "bad"), ("main", "A-3"))])
    assert engine.tables["orders"] == [("main", "A-1"), ("main", "A-3")]
    [aside] = engine.tables["put_aside"]
    assert (aside[0], aside[2], aside[3]) == ("orders", b'{"shop":"main","order_id":"bad"}', "code 53: no")
    assert metrics.registry.get_sample_value("waypost_warehouse_put_aside_rows_total", {"table": "orders"}) == 1
    assert metrics.registry.get_sample_value("waypost_warehouse_rows_total", {"table": "orders"}) == 2
