"""The law: reading any topic again, twice, in any batch sizes and interleavings, changes no number that a view shows.

On the real engine, since merges, FINAL and joins are its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice

import msgspec
import pytest
from clickhouse_driver import Client
from support.warehouse_items import AT, TOPIC, event, gap, pain_point, position, rejected, ticks
from support.warehouse_log import SHOPS, checksums, interleaved, streams
from support.warehouse_tables import without_rows

from deploy.local.clickhouse.process import EngineProcess
from schemas.contract.binary import as_json
from schemas.wire import RejectedItem
from services.cli.clickhouse.views import ClickHouseViews
from services.cli.commands.answer import answers as answers_of_command
from services.cli.commands.balance import balanced
from services.cli.commands.rejected import refused, to_send
from services.cli.commands.worklist import open_pain_points
from services.cli.kafka.resending import RefusedRecord
from services.runtime.clickhouse.insert import ColumnarInserter
from services.runtime.clickhouse.settings import ClickHouseSettings
from services.warehouse.domain.local_clocks import local_clocks
from services.warehouse.domain.routes import rows_of
from services.warehouse.domain.tables import TableRows

Items = Sequence[msgspec.Struct]


@pytest.fixture
def client(clickhouse: EngineProcess) -> Iterator[Client]:
    """A client of a warehouse without a row."""
    with without_rows(clickhouse) as client:
        yield client


def store(client: Client, items: Items, batch: int = 1_000_000) -> None:
    insert = ColumnarInserter(client, "waypost_storage")

    def one(table: TableRows) -> None:
        assert insert(table.name, table.columns, table.rows) == []

    one(local_clocks(SHOPS.items(), 1))
    rest = iter(items)
    while part := list(islice(rest, batch)):
        for table in rows_of(part):
            one(table)


def merge(client: Client) -> None:
    for (table,) in client.execute(
        "SELECT name FROM system.tables WHERE database = 'waypost_storage' AND engine LIKE '%MergeTree'"
    ):
        client.execute(f"OPTIMIZE TABLE waypost_storage.{table} FINAL")


@pytest.fixture(scope="module")
def undisturbed(clickhouse: EngineProcess) -> dict[str, tuple[int, int]]:
    with without_rows(clickhouse) as client:
        store(client, interleaved(0, streams()))
        return checksums(client)


def test_the_log_of_these_tests_shows_in_every_view(undisturbed: dict[str, tuple[int, int]]) -> None:
    assert {view for view, (rows, _) in undisturbed.items() if rows == 0} == set()


@pytest.mark.parametrize(("seed", "batch"), [(1, 1_000_000), (2, 7), (3, 50)])
def test_other_batches_and_interleavings_change_no_number(
    client: Client, undisturbed: dict[str, tuple[int, int]], seed: int, batch: int
) -> None:
    store(client, interleaved(seed, streams()), batch)
    assert checksums(client) == undisturbed


def test_reading_everything_twice_more_changes_no_number_nor_does_a_merge(
    client: Client, undisturbed: dict[str, tuple[int, int]]
) -> None:
    store(client, interleaved(1, streams()), 20)
    merge(client)
    store(client, interleaved(2, streams()), 33)
    assert checksums(client) == undisturbed
    store(client, interleaved(3, streams()))
    merge(client)
    assert checksums(client) == undisturbed


def test_reading_one_topic_again_from_its_start_changes_no_number(
    client: Client, undisturbed: dict[str, tuple[int, int]]
) -> None:
    parts = streams()
    store(client, interleaved(1, parts))
    for part in parts:
        store(client, part, 10)
        assert checksums(client) == undisturbed


def answers(client: Client) -> list[tuple[int, int, str]]:
    return client.execute("SELECT offset, index, answer FROM waypost.answers ORDER BY topic, offset, index")  # type: ignore[no-any-return]


def test_each_position_has_its_answer(client: Client) -> None:
    items = [
        event(position(0, 0, 3)),
        event(position(0, 1, 3)),
        rejected(position(0, 2, 3)),
        event(position(1), digest=b"another!"),
        event(position(2), "late", late=True),
        event(position(3), "late", late=True),
        ticks(position(4)),
        gap(position(5), 5),
    ]
    store(client, list(reversed(items)), 1)
    assert answers(client) == [
        (0, 0, "stored"),
        (0, 1, "duplicate"),
        (0, 2, "rejected"),
        (1, 0, "conflict"),
        (2, 0, "late"),
        (3, 0, "duplicate"),
    ]
    [balance] = client.execute("SELECT * EXCEPT (topic, complete_until) FROM waypost.balance")
    assert balance == (0, 12, 1, 1, 2, 1, 1, 1, 5, 10, True)


def test_the_earliest_position_counts_whatever_was_read_first(client: Client) -> None:
    later = event(position(0, partition=1, at=AT + 1000), data=b'{"order_id":"later"}', digest=b"another!")
    earlier = event(position(9, partition=0), data=b'{"order_id":"earlier"}')
    store(client, [later])
    assert client.execute("SELECT order_id FROM waypost.events") == [("later",)]
    store(client, [earlier])
    store(client, [later])
    assert client.execute("SELECT order_id FROM waypost.events") == [("earlier",)]
    found = client.execute("SELECT partition, answer FROM waypost.answers ORDER BY partition")
    assert found == [(0, "stored"), (1, "conflict")]


def test_an_event_that_was_refused_counts_from_its_repair_on(client: Client) -> None:
    store(client, [rejected(position(0)), event(position(1))])
    assert answers(client) == [(0, 0, "rejected"), (1, 0, "stored")]


def test_complete_until_never_passes_a_gap(client: Client) -> None:
    def complete() -> tuple[int, int | None, bool]:
        query = "SELECT complete_offset, toUnixTimestamp64Milli(complete_until), closes FROM waypost.balance"
        [found] = client.execute(query)
        return found  # type: ignore[no-any-return]

    store(client, [event(position(1))])
    assert complete() == (0, None, False)
    store(client, [event(position(0))])
    assert complete() == (2, AT + 1, True)
    store(client, [event(position(2, 0, 2), "a"), event(position(3), "b")])
    assert complete() == (2, AT + 1, False)
    store(client, [rejected(position(2, 1, 2))])
    assert complete() == (4, AT + 3, True)
    store(client, [ticks(position(14), 2)])
    assert complete() == (4, AT + 3, False)
    store(client, [gap(position(4), 10)])
    assert complete() == (16, AT + 14, True)


def test_a_days_numbers_are_of_the_shops_local_day(client: Client) -> None:
    midnight_utc = 1_700_006_400_000  # 2023-11-15T00:00:00Z, the evening before in São Paulo
    pains = [pain_point(1, happened_at=midnight_utc), pain_point(2, happened_at=midnight_utc, shop="olist")]
    store(client, pains)
    days = client.execute("SELECT shop, toString(day), pain_points FROM waypost.pain_points_daily ORDER BY shop")
    assert days == [("main", "2023-11-15", 1), ("olist", "2023-11-14", 1)]


def test_history_keeps_changes_of_status_and_not_mere_publications(client: Client) -> None:
    store(
        client,
        [
            pain_point(1, 1),
            pain_point(1, 2),
            pain_point(1, 3, status="resolved", ended_at=AT),
            pain_point(1, 4, status="retracted"),
            pain_point(1, 1 << 40, status="retracted"),
        ],
    )
    steps = client.execute("SELECT step, status FROM waypost.pain_points_history ORDER BY step")
    assert steps == [(1, "open"), (2, "resolved"), (3, "retracted")]
    assert client.execute("SELECT count() FROM waypost.pain_points") == [(0,)]


def test_money_of_different_currencies_is_never_added(client: Client) -> None:
    store(client, [pain_point(1), pain_point(2, currency="USD"), pain_point(3, value_at_risk=None, currency="")])
    sums = client.execute("SELECT currency, toString(value_at_risk) FROM waypost.pain_points_daily ORDER BY currency")
    assert sums == [("", "0"), ("EUR", "12.5"), ("USD", "12.5")]


def test_a_carriers_scan_has_the_shop_that_registered_the_parcel_before_it(client: Client) -> None:
    from support.warehouse_items import one_of_each

    def parcel(shop: str, registered_at: int, parcel_id: str) -> msgspec.Struct:
        [row] = [row for row in one_of_each(1, 1, shop) if type(row).__name__ == "ParcelRow"]
        return msgspec.structs.replace(row, registered_at=registered_at, parcel_id=parcel_id)

    def scan(number: int, at: int) -> msgspec.Struct:
        data = b'{"carrier":"dhl","tracking_number":"T1"}'
        return event(position(number), f"s{number}", shop="", data=data, cell="/parcel:dhl/T1", time_us=at * 1000)

    lives = [parcel("main", AT, "dhl/T1"), parcel("olist", AT + 100, "dhl/T1@2023-11-14T22:13:20.100Z")]
    store(client, [scan(0, AT - 1), scan(1, AT), scan(2, AT + 99), scan(3, AT + 100), *lives])
    shops = client.execute("SELECT id, shop FROM waypost.events ORDER BY id")
    assert shops == [("s0", "main"), ("s1", "main"), ("s2", "main"), ("s3", "olist")]


def test_an_event_belongs_to_the_person_known_now(client: Client) -> None:
    from support.warehouse_items import one_of_each

    [person] = [row for row in one_of_each(1, 1) if type(row).__name__ == "PersonRow"]
    moved = msgspec.structs.replace(person, version=2, person_id="customer:other")
    store(client, [event(position(0)), person])
    assert client.execute("SELECT person_id FROM waypost.events_by_person") == [("customer:c1",)]
    store(client, [moved, person])
    assert client.execute("SELECT person_id FROM waypost.events_by_person") == [("customer:other",)]


def test_the_command_answer_shows_all_positions_of_an_event(client: Client, clickhouse: EngineProcess) -> None:
    store(client, [event(position(0)), event(position(1)), event(position(2), "other"), rejected(position(3))])
    found = answers_of_command(ClickHouseViews(ClickHouseSettings(url=clickhouse.url)), "shop", "e1")
    assert [(row[0], row[7]) for row in found] == [("stored", 0), ("duplicate", 1)]
    assert answers_of_command(ClickHouseViews(ClickHouseSettings(url=clickhouse.url)), "shop", "it's not there") == []


def test_the_command_balance_compares_with_what_the_broker_has(client: Client, clickhouse: EngineProcess) -> None:
    store(client, [event(position(0)), ticks(position(1)), event(position(3))])
    ends = {(TOPIC, 0): 4, (TOPIC, 1): 0, (TOPIC, 2): 7}
    lines = balanced(ClickHouseViews(ClickHouseSettings(url=clickhouse.url)), ends)
    assert [(line.partition, line.complete_offset, line.unanswered) for line in lines] == [
        (0, 2, 2),
        (1, 0, 0),
        (2, 0, 7),
    ]
    store(client, [rejected(position(2))])
    [line, *_] = balanced(ClickHouseViews(ClickHouseSettings(url=clickhouse.url)), ends)
    assert line.unanswered == 0
    assert {answer: n for answer, n in line.counts.items() if n} == {
        "stored": 1,
        "duplicate": 1,
        "rejected": 1,
        "tick": 1,
    }


def test_rejected_replay_sends_each_payload_once_and_not_what_was_repaired(
    client: Client, clickhouse: EngineProcess
) -> None:
    def refusal(offset: int, payload: bytes, reason: str = "not_json", id: str = "") -> RejectedItem:
        return RejectedItem(position(offset), reason, "no", payload, "shop" if id else "", id)

    again = [refusal(1, b"\xff{"), refusal(2, b"\xff{"), refusal(0, b"later shop", "unknown_shop", "e9")]
    store(client, [*again, refusal(3, b"repaired", "unknown_shop", "e1"), event(position(4), "e1")])
    views = ClickHouseViews(ClickHouseSettings(url=clickhouse.url))
    assert to_send(views, "", "") == [
        RefusedRecord(TOPIC, 0, b"later shop"),
        RefusedRecord(TOPIC, 0, b"\xff{"),
    ]
    assert to_send(views, "unknown_shop", "") == [RefusedRecord(TOPIC, 0, b"later shop")]
    assert [row[7] for row in refused(views, "not_json", "", 50)] == [2, 1]


def test_a_refused_event_in_binary_mode_is_sent_again_with_its_headers(
    client: Client, clickhouse: EngineProcess
) -> None:
    headers = (("ce_id", "é1".encode()), ("ce_source", b"shop"), ("content-type", b"application/json"))
    kept = as_json(dict(headers))
    item = RejectedItem(position(0), "unknown_shop", "no", b'{"order_id":"A-1"}', "shop", "é1", attributes=kept)
    store(client, [item, rejected(position(1), b'{"order_id":"A-1"}')])
    assert client.execute("SELECT attributes FROM waypost.rejected_events ORDER BY offset") == [
        (kept.decode(),),
        ("",),
    ]
    views = ClickHouseViews(ClickHouseSettings(url=clickhouse.url))
    assert to_send(views, "", "") == [
        RefusedRecord(TOPIC, 0, b'{"order_id":"A-1"}', headers),
        RefusedRecord(TOPIC, 0, b'{"order_id":"A-1"}'),
    ]


def test_the_command_worklist_begins_with_the_most_severe_then_the_dearest_then_the_most_urgent(
    client: Client, clickhouse: EngineProcess
) -> None:
    pains = [
        pain_point(1, severity="low", value_at_risk=Decimal(900)),
        pain_point(2, severity="critical", value_at_risk=None, currency=""),
        pain_point(3, severity="high", act_before=AT + 2000),
        pain_point(4, severity="high", act_before=AT + 1000),
        pain_point(5, severity="high", value_at_risk=Decimal(13), shop="olist"),
        pain_point(6, severity="critical", status="resolved"),
        pain_point(7, severity="critical", status="retracted"),
        pain_point(8, severity="critical", held_back=True),
    ]
    store(client, pains)
    views = ClickHouseViews(ClickHouseSettings(url=clickhouse.url))

    def listed(shop: str, limit: int) -> list[str]:
        return [row[3] for row in open_pain_points(views, shop, limit)]

    assert listed("", 0) == ["order:A-2", "order:A-5", "order:A-4", "order:A-3", "order:A-1"]
    assert listed("", 2) == ["order:A-2", "order:A-5"]
    assert listed("main", 2) == ["order:A-2", "order:A-4"]
    assert listed("it's none", 2) == []


def test_a_row_that_the_engine_refuses_is_handed_back_and_its_neighbours_stored(client: Client) -> None:
    insert = ColumnarInserter(client, "waypost_storage")
    [_, ledger] = rows_of([event(position(offset), f"e{offset}") for offset in range(100)])
    bad = (TOPIC, "no number", *ledger.rows[41][2:])
    ledger.rows[41] = bad
    assert [refused.row for refused in insert(ledger.name, ledger.columns, ledger.rows)] == [bad]
    assert client.execute("SELECT count() FROM waypost_storage.ledger") == [(99,)]
