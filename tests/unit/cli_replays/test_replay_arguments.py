from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.shops import Clock, Shop, Shops
from services.cli.replays import recorded
from services.cli.replays.arguments import duration, instant, shown
from services.cli.replays.event import SentEvent
from services.cli.replays.shops import check_clock


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0", timedelta(0)),
        ("6h", timedelta(hours=6)),
        ("90m", timedelta(minutes=90)),
        ("1d12h", timedelta(hours=36)),
        ("1.5h", timedelta(minutes=90)),
        ("500ms", timedelta(milliseconds=500)),
    ],
)
def test_spans_are_written_with_units(text: str, span: timedelta) -> None:
    assert duration(text) == span


@pytest.mark.parametrize("text", ["6", "h", "6 hours", "-6h", "", "6h!"])
def test_what_is_no_span_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write for example 6h"):
        duration(text)


def test_an_instant_needs_its_offset() -> None:
    assert instant("2018-10-17T17:30:18-03:00") == datetime(2018, 10, 17, 20, 30, 18, tzinfo=UTC)
    for text in ("2018-10-17T17:30:18", "yesterday", "2018-10-17"):
        with pytest.raises(ValueError, match="write a time with its offset"):
            instant(text)


def test_an_instant_is_shown_in_utc() -> None:
    assert shown(instant("2018-10-17T17:30:18-03:00")) == "2018-10-17 20:30:18 UTC"


EVENT = SentEvent(
    id="1",
    source="shop/web",
    type="logistics.parcel.registered",
    time=datetime(2024, 1, 1, tzinfo=UTC),
    shop="main",
    data={"order_id": "A", "carrier": "dhl", "tracking_number": "1"},
)


def test_recorded_events_are_read_from_lines_and_arrays(tmp_path: Path) -> None:
    array, lines = tmp_path / "a.json", tmp_path / "b.ndjson"
    array.write_bytes(b"[" + EVENT.encoded() + b",\n" + EVENT.encoded() + b"]")
    lines.write_bytes(EVENT.encoded() + b"\n\n[" + EVENT.encoded() + b"]\n")
    assert list(recorded.events([array, lines])) == [EVENT] * 4


def test_a_line_that_is_no_event_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bad.ndjson"
    file.write_bytes(EVENT.encoded() + b"\n{}\n")
    with pytest.raises(ValueError, match=r"bad\.ndjson, line 2: no event"):
        list(recorded.events([file]))


def test_another_shop_shares_neither_source_nor_carrier() -> None:
    other = recorded.renamed(EVENT, "replay-b")
    assert (other.shop, other.source, other.data["carrier"]) == ("replay-b", "replay-b/shop/web", "replay-b-dhl")
    assert (other.id, other.time, other.data["tracking_number"]) == ("1", EVENT.time, "1")


def test_events_of_several_shops_need_to_be_told_which_clock_to_drive() -> None:
    assert recorded.only_shop([EVENT]) == "main"
    with pytest.raises(ValueError, match="main, replay-b as their shop; --shop says"):
        recorded.only_shop([EVENT, recorded.renamed(EVENT, "replay-b")])


SHOPS = Shops([Shop("main", Clock.LIVE), Shop("replay-*", Clock.REPLAY)])


def test_only_a_shop_with_a_replay_clock_can_be_replayed() -> None:
    check_clock(SHOPS, "replay-a")
    with pytest.raises(ValueError, match=r"'main' lives by the wall's clock, .* use --shop replay-main"):
        check_clock(SHOPS, "main")
    with pytest.raises(ValueError, match=r"'lost' is not declared; config/shops\.yaml knows main, replay-\*"):
        check_clock(SHOPS, "lost")
