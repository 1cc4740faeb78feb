"""A partition's outbox as records and changes, in the order in which they must become durable."""

import msgspec

from schemas import wire
from schemas.rows import ClockRow, read_rows
from schemas.topics import BATCH_ITEMS
from schemas.wire import Tick
from services.journey.adapters.effects import effects
from services.journey.domain.cell import CLOCKS_KEY
from services.journey.domain.entity import Entity
from services.journey.domain.letters import Mention, Release, read_letters
from services.journey.domain.outbox import Outbox, Place
from services.runtime.records import Change, Effects, Output

PLACE = Place(number=1, partitions=3)
ROW = ClockRow(shop="demo", version=9, partition=1, now=9)


def header(kind: str) -> tuple[tuple[str, bytes], ...]:
    return (("waypost-kind", kind.encode()),)


def packed(*items: msgspec.Struct) -> bytes:
    return msgspec.msgpack.encode(list(items))


def test_an_empty_outbox_has_no_effects() -> None:
    assert effects(Outbox(), PLACE) == Effects(outputs=[], last_outputs=[], changes=[], last_changes=[])


def test_each_thing_goes_where_it_belongs_and_the_clock_behind_everything() -> None:
    mention, release = (
        Mention("demo/order:o", Entity(), []),
        Release("demo/order:o", "ticket:t", (1,), "demo/customer:c"),
    )
    outbox = Outbox(
        letters={2: [wire.pack_item(mention), wire.pack_item(release)], 0: [wire.pack_item(mention)]},
        rows=[wire.pack_item(ROW)],
        pains=[b"\x05"],
        tick={1: {"": 5}, 2: {"demo": 9}},
        cells={b"b": b"2", b"a": None},
        silences={b"c": None},
        clocks=b"now",
    )
    origins = {"journey.events.v1": 3}
    passed_on = packed(
        Tick(1, "journey.events.v1/1", origins, {"": 5}), Tick(2, "journey.events.v1/1", origins, {"demo": 9})
    )
    assert effects(outbox, PLACE) == Effects(
        outputs=[
            Output("journey.events.v1", 0, packed(mention), header("letters")),
            Output("journey.events.v1", 2, packed(mention, release), header("letters")),
            Output("journey.changes.v1", 1, packed(ROW), header("rows")),
            Output("pain_points.changes.v1", 0, b"\x91\x05", header("pain_points")),
        ],
        last_outputs=[Output("journey.events.v1", number, passed_on, header("ticks")) for number in range(3)],
        changes=[Change(b"b", b"2"), Change(b"a", None)],
        last_changes=[Change(b"c", None), Change(CLOCKS_KEY, b"now")],
    )


def test_letters_and_rows_keep_their_order_over_several_records() -> None:
    letters = [Mention(f"demo/order:{number}", Entity(), []) for number in range(BATCH_ITEMS + 1)]
    rows = [msgspec.structs.replace(ROW, version=number) for number in range(BATCH_ITEMS + 1)]
    found = effects(
        Outbox(letters={0: list(map(wire.pack_item, letters))}, rows=list(map(wire.pack_item, rows))), PLACE
    )
    first, second, *others = found.outputs
    assert read_letters(first.value or b"") + read_letters(second.value or b"") == letters
    assert [row for output in others for row in read_rows(output.value or b"")] == rows
