"""A cell with many units keeps their list apart, whatever moment it grew at."""

from services.journey.domain.cell import SHELVED_FROM
from services.journey.domain.cells import Cells
from services.runtime.cells import MemoryCells
from services.runtime.records import Change

KEY = "demo/customer:c1"
MANY = SHELVED_FROM + 6


def test_a_list_that_outgrows_its_cell_one_unit_at_a_time_is_read_back_whole() -> None:
    table = MemoryCells()
    cells = Cells(table, cache=1)
    for number in range(MANY):
        live = cells.open(KEY)
        cells.make_unit(live, f"order:{number}")
        cells.changed(live)
        table.apply([Change(key, value) for key, value in cells.pack().items()])
    again = Cells(table, cache=1).open(KEY)
    assert again.cell.shelved
    assert set(again.cell.others) == {f"order:{number}" for number in range(MANY)}


def test_one_more_unit_of_a_long_list_writes_one_shelf() -> None:
    table = MemoryCells()
    cells = Cells(table, cache=1)
    live = cells.open(KEY)
    for number in range(MANY):
        cells.make_unit(live, f"order:{number}")
    cells.changed(live)
    cells.pack()
    cells.make_unit(live, "order:new")
    cells.changed(live)
    assert len([key for key in cells.pack() if b"#" in key]) == 1
