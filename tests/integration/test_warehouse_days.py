"""Numbers by day are of the newest rows, whichever day an older version was of; and an upgrade changes none of them.

On the real engine: what is read from projections, and what joins make of it, is its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid5

import msgspec
import pytest
from clickhouse_driver import Client
from support.warehouse_items import AT, NAMES, one_of_each, pain_point
from support.warehouse_log import DAY, checksums, interleaved, streams
from support.warehouse_tables import settle, store, unsettle, without_databases, without_rows

from deploy.local.clickhouse.process import EngineProcess
from schemas import rows
from services.runtime.clickhouse.migrate import migrate
from services.runtime.clickhouse.migration_files import read_migrations

FIRST_RELEASE = 6
"""Migrations of the first released schema."""
PART = 130
"""Items stored at once: versions of a row lie in several parts, each of which an upgrade writes anew."""
MIDNIGHT = 1_700_006_400_000  # 2023-11-15T00:00:00Z


@pytest.fixture
def empty(clickhouse: EngineProcess) -> Iterator[Client]:
    """A client of an engine without our databases."""
    with without_databases(clickhouse) as client:
        yield client


@pytest.fixture
def client(clickhouse: EngineProcess) -> Iterator[Client]:
    """A client of a warehouse without a row."""
    with without_rows(clickhouse) as client:
        yield client


def moved(number: int, version: int, days: int, **changed: object) -> list[rows.Row]:
    """An order's rows with all that happened so many days later."""
    later = {
        rows.JourneyRow: {"started_at": AT + days * DAY},
        rows.ParcelRow: {"delivered_at": AT + (days + 1) * DAY},
        rows.SurveyRow: {"answered_at": AT + days * DAY},
        rows.PainPointRow: {"happened_at": AT + days * DAY, "detected_at": AT + days * DAY},
    }
    return [
        msgspec.structs.replace(row, **later[type(row)], **changed)
        for row in one_of_each(number, version)
        if type(row) in later
    ]


BY_DAY = {
    "funnel_daily": "journeys",
    "journey_paths": "journeys",
    "delivery_daily": "delivered",
    "satisfaction_daily": "answers",
    "pain_points_daily": "pain_points",
    "pain_cost": "chains",
}


def counted(client: Client, condition: str = "true") -> dict[str, list[tuple[str, int]]]:
    """By view: the days it shows, and how many on each."""
    return {
        view: client.execute(
            f"SELECT toString(day), sum({column}) FROM waypost.{view} WHERE {condition} GROUP BY day ORDER BY day"
        )
        for view, column in BY_DAY.items()
    }


def test_a_row_that_moves_counts_on_its_last_day_only(client: Client) -> None:
    store(client, *moved(1, 1, 0), *moved(2, 1, 0))
    store(client, *moved(1, 3, 2))
    for again in (moved(1, 2, 5), moved(1, 1, 0), moved(1, 3, 2)):
        store(client, *again)
        assert set(map(repr, counted(client).values())) == {
            repr([("2023-11-14", 1), ("2023-11-16", 1)]),
            repr([("2023-11-15", 1), ("2023-11-17", 1)]),
        }
        assert counted(client, "shop = 'main' AND day = '2023-11-14'")["funnel_daily"] == [("2023-11-14", 1)]
        assert counted(client, "shop = 'main' AND day = '2023-11-19'")["funnel_daily"] == []


def test_a_row_that_was_withdrawn_counts_on_no_day(client: Client) -> None:
    store(client, *moved(1, 1, 0), *moved(2, 1, 0), *moved(2, 2, 3, deleted=True))
    store(client, *moved(1, 5, 1, deleted=True))
    assert counted(client) == {key: [] for key in BY_DAY}


def test_the_same_id_in_two_shops_is_two_rows(client: Client) -> None:
    store(client, *moved(1, 1, 0), *moved(1, 9, 0, shop="olist"))
    shops = client.execute("SELECT shop, sum(journeys) FROM waypost.funnel_daily GROUP BY shop ORDER BY shop")
    assert shops == [("main", 1), ("olist", 1)]


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_midnight_is_the_shops_own_also_when_a_day_is_asked_for(client: Client, second: int) -> None:
    at = MIDNIGHT + 3 * 3_600_000 + second * 1000  # around midnight in São Paulo
    store(client, pain_point(1, shop="olist", happened_at=at))
    day = "2023-11-14" if second < 0 else "2023-11-15"
    asked = "SELECT day = %(day)s, pain_points FROM waypost.pain_points_daily WHERE shop = 'olist' AND day = %(day)s"
    assert client.execute(asked, {"day": day}) == [(1, 1)]


def test_a_chain_counts_on_the_day_it_began_with_all_its_links(client: Client) -> None:
    root = pain_point(1, happened_at=AT)
    link = {"root_id": root.pain_point_id, "kind": "low_score", "pain_point_id": uuid5(NAMES, "link")}
    store(client, root, pain_point(1, happened_at=AT + 3 * DAY, **link))
    asked = "SELECT toString(day), chains, pain_points FROM waypost.pain_cost WHERE shop = 'main' AND day = %(day)s"
    assert client.execute(asked, {"day": "2023-11-14"}) == [("2023-11-14", 1, 2)]
    assert client.execute(asked, {"day": "2023-11-17"}) == []


@pytest.mark.parametrize("seed", [1, 2, pytest.param(3, marks=pytest.mark.slow)])
def test_settled_days_with_what_is_fresh_say_what_the_newest_rows_say(client: Client, seed: int) -> None:
    log = interleaved(seed, streams())
    half = len(log) // 2
    store(client, *log[:half])
    settle(client)
    assert settled_rows(client) > 20
    for again in (log[half:], log[: half // 2], log):
        store(client, *again)
        found = checksums(client)
        kept = settled_rows(client)
        settle(client)
        assert checksums(client) == found
        assert settled_rows(client) >= kept
    unsettle(client)
    assert checksums(client) == found


def settled_rows(client: Client) -> int:
    query = "SELECT sum(total_rows) FROM system.tables WHERE database = 'waypost_storage' AND name LIKE 'settled%'"
    [(count,)] = client.execute(query)
    return int(count)


def test_what_is_settled_follows_its_order_its_journey_and_its_chain(client: Client) -> None:
    root = pain_point(1, happened_at=AT)
    link = {"root_id": root.pain_point_id, "kind": "low_score", "pain_point_id": uuid5(NAMES, "link")}
    cart = pain_point(2, kind="cart_abandoned", journey_id=uuid5(NAMES, "cart"))
    journey, parcel, order = (
        next(row for row in one_of_each(1, 1) if isinstance(row, kind))
        for kind in (rows.JourneyRow, rows.ParcelRow, rows.OrderRow)
    )
    journey = msgspec.structs.replace(journey, journey_id=uuid5(NAMES, "cart"), order_id="")
    parcel = msgspec.structs.replace(parcel, delivered_at=AT + DAY)
    order = msgspec.structs.replace(order, late=False)
    store(client, root, pain_point(3, happened_at=AT + DAY, **link), cart, journey, parcel, order)
    store(client, msgspec.structs.replace(parcel, parcel_id="on its way", delivered_at=None))

    def shown() -> list[list[tuple[int, ...]]]:
        return [
            client.execute(f"SELECT chains, pain_points FROM waypost.pain_cost WHERE root_kind = '{root.kind}'"),
            client.execute("SELECT abandoned, ordered FROM waypost.abandonment_daily"),
            client.execute("SELECT delivered, late FROM waypost.delivery_daily"),
        ]

    assert shown() == [[(1, 2)], [(1, 0)], [(1, 0)]]
    settle(client)
    assert shown() == [[(1, 2)], [(1, 0)], [(1, 0)]]
    store(client, pain_point(3, 2, happened_at=AT + DAY, **{**link, "root_id": uuid5(NAMES, "link")}))
    store(client, msgspec.structs.replace(journey, version=2, order_id="A-9"))
    store(client, msgspec.structs.replace(order, version=2, first_promise=AT, late=True))
    changed = [[(1, 1)], [(1, 1)], [(1, 1)]]
    assert shown() == changed
    settle(client)
    store(client, journey, order, pain_point(3, happened_at=AT + DAY, **link))
    assert shown() == changed
    store(client, msgspec.structs.replace(order, version=3, deleted=True))
    store(client, msgspec.structs.replace(journey, version=3, deleted=True))
    assert shown()[1:] == [[(1, 0)], [(1, 0)]]


def delivered(client: Client) -> list[tuple[int, ...]]:
    return client.execute("SELECT delivered, promised, late FROM waypost.delivery_daily")  # type: ignore[no-any-return]


@pytest.mark.parametrize("later", [{"deleted": True}, {"delivered_at": None}], ids=["withdrawn", "on its way"])
def test_a_parcel_that_was_settled_as_not_delivered_is_not_when_its_past_is_read_again(
    client: Client, later: dict[str, object]
) -> None:
    [parcel] = [row for row in one_of_each(1, 1) if isinstance(row, rows.ParcelRow)]
    parcel = msgspec.structs.replace(parcel, delivered_at=AT + DAY)
    store(client, parcel, msgspec.structs.replace(parcel, version=2, **later))
    settle(client)
    assert delivered(client) == []
    store(client, parcel)
    assert delivered(client) == []
    store(client, msgspec.structs.replace(parcel, version=3))
    assert [count for count, *_ in delivered(client)] == [1]


SHOWN_IN = {
    rows.JourneyRow: "funnel_daily",
    rows.SurveyRow: "satisfaction_daily",
    rows.PainPointRow: "pain_points_daily",
}


@pytest.mark.parametrize("later", [{"deleted": True}, {"status": "retracted"}], ids=["withdrawn", "retracted"])
def test_what_was_settled_as_withdrawn_stays_so_when_its_past_is_read_again(
    client: Client, later: dict[str, object]
) -> None:
    before = [row for row in moved(1, 1, 0) if not isinstance(row, rows.ParcelRow)]
    gone = [row for row in before if "status" not in later or isinstance(row, rows.PainPointRow)]
    store(client, *moved(2, 1, 0), *(msgspec.structs.replace(row, version=3, **later) for row in gone))
    settle(client)
    found = counted(client)
    assert [found[SHOWN_IN[type(row)]] for row in gone] == [[("2023-11-14", 1)]] * len(gone)
    for version in (1, 2):
        store(client, *(msgspec.structs.replace(row, version=version) for row in gone))
        assert counted(client) == found
    store(client, *(msgspec.structs.replace(row, version=4) for row in gone))
    again = counted(client)
    assert [again[SHOWN_IN[type(row)]] for row in gone] == [[("2023-11-14", 2)]] * len(gone)


@pytest.mark.parametrize(
    "view",
    ["funnel_daily", "pain_points_daily", "abandonment_daily", "satisfaction_daily", "delivery_daily", "pain_cost"],
)
def test_a_day_reads_a_small_part_of_what_is_stored_though_much_came_since(client: Client, view: str) -> None:
    """Days are settled for this: looked up among all versions, what came since would have them all read."""
    many, fresh = 60_000, 30
    uuid, name = "reinterpretAsUUID(sipHash128(number))", "toString(number)"
    at = f"toDateTime64('2025-01-01 00:00:00', 3, 'UTC') + number % {many // 100} * 86400"
    values = {
        "journeys": ("journey_id, started_at", f"{uuid}, {at}"),
        "surveys": ("survey_id, answered_at", f"{uuid}, {at}"),
        "pain_points": ("pain_point_id, root_id, happened_at, kind", f"{uuid}, {uuid}, {at}, 'cart_abandoned'"),
        "orders": ("order_id, first_promise", f"{name}, {at}"),
        "parcels": ("parcel_id, order_id, delivered_at", f"{name}, {name}, {at}"),
    }

    def fill(version: int, count: int) -> None:
        for table, (columns, made) in values.items():
            client.execute(
                f"INSERT INTO waypost_storage.{table} (shop, version, {columns}) "
                f"SELECT 'main', {version}, {made} FROM numbers({count})"
            )

    fill(1, many)
    settle(client)
    fill(2, fresh)
    query = f"SELECT * FROM waypost.{view} WHERE shop = 'main' AND day = '2025-01-11'"
    before = rows_read(client)
    assert len(client.execute(query)) == 1
    assert rows_read(client) - before < 0.3 * many


def rows_read(client: Client) -> int:
    [(count,)] = client.execute("SELECT value FROM system.events WHERE event = 'SelectedRows'")
    return int(count)


def test_a_parcel_that_came_since_has_the_promise_of_an_order_from_before(client: Client) -> None:
    parcel, order = (
        next(row for row in one_of_each(1, 1) if isinstance(row, kind)) for kind in (rows.ParcelRow, rows.OrderRow)
    )
    other = msgspec.structs.replace(order, order_id="A-other", first_promise=None, late=False)
    parcel = msgspec.structs.replace(parcel, delivered_at=AT + DAY)
    store(client, other, msgspec.structs.replace(order, version=2, first_promise=AT, late=True))
    store(client, msgspec.structs.replace(parcel, parcel_id="on its way", order_id="A-third", delivered_at=None))
    settle(client)
    store(client, parcel, msgspec.structs.replace(order, first_promise=None, late=False))
    assert delivered(client) == [(1, 1, 1)]
    settle(client)
    store(client, msgspec.structs.replace(parcel, version=2, order_id="A-other"))
    assert delivered(client) == [(1, 0, 0)]


def test_a_version_that_came_twice_with_two_days_counts_once(client: Client) -> None:
    """A worker that lost what it knew may publish a version again with another content: the last word counts."""
    store(client, *moved(1, 1, 0))
    store(client, *moved(1, 1, 5))
    assert [[count for _, count in found] for found in counted(client).values()] == [[1]] * len(BY_DAY)
    settle(client)
    store(client, *moved(1, 1, 2))
    days = {view: [day for day, _ in found] for view, found in counted(client).items()}
    assert days == {view: ["2023-11-17" if view == "delivery_daily" else "2023-11-16"] for view in BY_DAY}


def checksums_of_known(client: Client) -> tuple[int, int]:
    """A checksum over the events of every person, without the view for one of them."""
    [(count, found)] = client.execute(
        "SELECT count(), sum(cityHash64(toString(tuple(*)))) FROM waypost.events_by_person WHERE person_id != ''"
    )
    return count, found


def test_an_upgrade_from_the_first_release_changes_no_answer(empty: Client, clickhouse: EngineProcess) -> None:
    migrate(clickhouse.url, read_migrations()[:FIRST_RELEASE])
    log = interleaved(1, streams())
    for first in range(0, len(log), PART):
        store(empty, *log[first : first + PART])
    before = checksums(empty)
    assert all(count for count, _ in before.values())
    assert migrate(clickhouse.url) == [migration.name for migration in read_migrations()[FIRST_RELEASE:]]
    after = checksums(empty)
    assert {view: after[view] for view in before} == before
    store(empty, *log)
    again = checksums(empty)
    assert again == after
    assert after["timeline"] == checksums_of_known(empty)
    for table in ("journeys", "pain_points", "events", "persons", "parcels"):
        empty.execute(f"OPTIMIZE TABLE waypost_storage.{table} FINAL")
    assert checksums(empty) == again
