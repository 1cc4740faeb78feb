"""Which feeds are silent: what is kept of it, and who is asked."""

import msgspec
from support.story import SHOP, at, ms
from support.world import RULES, SHOPS

from services.journey.adapters.effects import effects
from services.journey.adapters.heads import head_of
from services.journey.app import clock_of
from services.journey.domain import facts as f
from services.journey.domain.cell import CLOCKS_KEY
from services.journey.domain.clocks import Clocks
from services.journey.domain.entity import Entity
from services.journey.domain.letters import Silence
from services.journey.domain.outbox import Place
from services.journey.domain.partition import Partition
from services.journey.domain.person import Person
from services.journey.domain.portrait import Portrait
from services.journey.domain.silences import SILENT, Silences
from services.runtime.cells import MemoryCells
from services.runtime.records import Change

NAME = (ms(at()), "/story", "e1")
ORDER = {
    "order:o": Entity([f.OrderPlaced(*NAME)]),
    "parcel:dhl/1": Entity([f.ParcelRegistered(*NAME, shop=SHOP, order_id="o")]),
}


def told(**since: int | None) -> Silences:
    silences = Silences()
    for feed, at_ms in since.items():
        owner, _, carrier = feed.rpartition("_")
        silences.hear(Silence(f"{owner or 'main'}/feed:{carrier}", at_ms))
    return silences


def test_a_shop_does_not_hear_a_carrier_that_is_silent_to_it_or_to_everyone() -> None:
    silences = told(dhl=5, other_ups=7, demo_dhl=9)
    assert [silences.since(shop, "dhl") for shop in ("demo", "main", "other")] == [9, 5, 5]
    assert [silences.since(shop, "ups") for shop in ("demo", "main", "other")] == [None, None, 7]


def test_a_feed_that_is_heard_again_is_silent_no_more() -> None:
    silences = told(dhl=5)
    silences.hear(Silence("main/feed:dhl", None))
    assert silences.since("main", "dhl") is None


def test_only_what_changed_is_written_and_taken_up_again() -> None:
    silences = told(dhl=5, ups=7)
    written = silences.pack()
    silences.hear(Silence("main/feed:dhl", None))
    assert silences.pack() == {SILENT + b"main/feed:dhl": None}
    assert silences.pack() == {}
    again = Silences()
    for key, value in written.items():
        again.restore(key, head_of(key, value or b"") or b"")
    assert (again.since("main", "dhl"), again.since("main", "ups")) == (5, 7)


def test_a_person_asks_only_about_the_carriers_that_something_of_theirs_waits_for() -> None:
    """However many feeds of a shop are silent, the next look costs no more."""
    asked: list[str] = []
    portrait = Portrait(Person(SHOP, "order:o"), RULES)
    portrait.know("order:o", ORDER)
    for day in (1, 30, 31):
        portrait.update(ms(at(days=day)), lambda carrier: asked.append(carrier))
    assert [pain.kind for pain in portrait.pains["order:o"].values() if pain.held_back] == []
    assert set(asked) == {"dhl"}


def test_silences_that_an_earlier_version_kept_with_the_clocks_move_to_entries_of_their_own() -> None:
    table = MemoryCells()
    table.apply([Change(CLOCKS_KEY, msgspec.msgpack.encode(Clocks(silent={"main/feed:dhl": 5})))])
    for _ in range(2):
        partition = Partition(Place(0, 1), table, RULES, clock_of(SHOPS))
        partition.restore(table.items())
        assert partition.silences.since(SHOP, "dhl") == 5
        outbox = partition.drain()
        table.apply(effects(outbox, partition.place).last_changes)
    assert (outbox.silences, outbox.clocks) == ({}, None)
    assert [key for key, _ in table.items()] == [CLOCKS_KEY, SILENT + b"main/feed:dhl"]
