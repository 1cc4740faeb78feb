"""Who is looked at again when a carrier falls silent or is heard again."""

from services.journey.domain.unheard import LOOKS, Unheard

PACKED = [b"h13:main/feed:dhlmain/order:1", b"h13:main/feed:dhlmain/order:2"]


def waiting(**carriers: str) -> Unheard:
    unheard = Unheard()
    for name, carrier in carriers.items():
        unheard.note(f"main/order:{name}", {carrier})
    return unheard


def test_who_waits_for_a_carrier_is_found_by_its_feed_and_by_no_other() -> None:
    unheard = waiting(a="dhl", b="ups", c="dhl")
    assert unheard.waiting_for("main/feed:dhl", "") == ["main/order:a", "main/order:c"]
    assert unheard.waiting_for("main/feed:fedex", "") == unheard.waiting_for("other/feed:dhl", "") == []


def test_a_carrier_that_knows_no_shops_is_every_shops() -> None:
    unheard = waiting(a="dhl")
    unheard.note("other/order:b", {"dhl"})
    assert unheard.waiting_for("main/feed:dhl", "") == ["main/order:a", "other/order:b"]
    assert unheard.waiting_for("other/feed:dhl", "") == ["other/order:b"]


def test_the_crowd_is_looked_at_in_portions() -> None:
    unheard = waiting(**{f"{n:04d}": "dhl" for n in range(LOOKS + 1)})
    first = unheard.waiting_for("main/feed:dhl", "")
    assert (len(first), unheard.waiting_for("main/feed:dhl", first[-1])) == (LOOKS, [f"main/order:{LOOKS:04d}"])


def test_only_what_changed_is_packed_and_what_was_struck_out_apart() -> None:
    unheard = waiting(**{"1": "dhl", "2": "dhl"})
    assert unheard.pack() == (dict.fromkeys(PACKED, b"\x01"), {})
    unheard.note("main/order:1", {"dhl"})
    unheard.note("main/order:2", ())
    assert unheard.pack() == ({}, {PACKED[1]: None})
    assert unheard.pack() == ({}, {})


def test_notes_are_taken_up_from_the_table_as_they_were() -> None:
    unheard = waiting(a="dhl", b="ups:x/1")
    unheard.note("main/order:a", {"dhl", "ups:x/1"})
    again = Unheard()
    for key in unheard.pack()[0]:
        again.restore(key)
    assert again.waiting_for("main/feed:ups:x/1", "") == ["main/order:a", "main/order:b"]
    again.note("main/order:a", ())
    assert len(again.pack()[1]) == 2
