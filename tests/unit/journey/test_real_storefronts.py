"""Two real shops through the core, compared with what their files say when counted with plain comparisons.

Expectations are computed from the CSV files and the definitions alone, without the translation or the core.
"""

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.world import World, of

from schemas.rows import AnyRow, PainPointRow
from services.cli.replays import rees46, retail
from services.cli.replays.disturbance import Disturbance, disturbed
from services.cli.replays.event import SentEvent, epoch_ms
from services.cli.replays.portions import portions

Rows = list[dict[str, str]]
Told = Mapping[str, object]
RETAIL_END = datetime(2011, 12, 12, tzinfo=UTC)
REES46_END = datetime(2019, 11, 15, tzinfo=UTC)
"""Both a while after the data: what silence tells has had its time."""


def rows_of(folder: Path) -> Rows:
    found: Rows = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += csv.DictReader(file)
    return found


def replayed(shop: str, events: Iterable[SentEvent], end: datetime) -> World:
    """The world after a replay: the same portions and ticks as the command sends."""
    world = World(2)
    for portion in portions(events, epoch_ms(end)):
        taken = world.send(event.encoded() for event in portion.events)
        assert not taken.rejected
        world.tick(shop, portion.tick_ms)
        world.run(group=200)
    return world


def table(world: World, name: str) -> list[AnyRow]:
    return list(of(world.current(), name))


def pains(world: World, kind: str) -> list[PainPointRow]:
    return [pain for pain in world.pain_points().values() if pain.kind == kind]


@dataclass
class Sale:
    """An invoice as the file has it."""

    at: datetime
    customer: str
    total: Decimal


@pytest.fixture(scope="module")
def invoices(shared_data: Path) -> Rows:
    return rows_of(shared_data / "online_retail")


@pytest.fixture(scope="module")
def sales(invoices: Rows) -> dict[str, Sale]:
    """What somebody ordered: not a credit note, and either somebody's or for money."""
    found: dict[str, Sale] = {}
    for row in invoices:
        if row["InvoiceNo"].startswith("C") or not (row["CustomerID"] or Decimal(row["UnitPrice"])):
            continue
        at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=ZoneInfo("Europe/London"))
        sale = found.setdefault(row["InvoiceNo"], Sale(at, row["CustomerID"].partition(".")[0], Decimal(0)))
        sale.at = min(sale.at, at)
        sale.total += int(row["Quantity"]) * Decimal(row["UnitPrice"])
    return found


@pytest.fixture(scope="module")
def undone(invoices: Rows) -> dict[str, datetime]:
    """When each order was credited in full, by a search that tells single units apart."""
    units: dict[tuple[str, str, Decimal], list[str]] = defaultdict(list)
    left = Counter[str]()
    found: dict[str, datetime] = {}
    for row in sorted(invoices, key=lambda r: (r["InvoiceDate"], r["InvoiceNo"].startswith("C"))):
        price, count = Decimal(row["UnitPrice"]), int(row["Quantity"])
        if not price or not row["CustomerID"]:
            continue
        article = (row["CustomerID"], row["StockCode"], price)
        if count > 0:
            units[article] += [row["InvoiceNo"]] * count
            left[row["InvoiceNo"]] += count
        for _ in range(min(-count, len(units[article]))):
            order = units[article].pop()
            left[order] -= 1
            if not left[order]:
                local = datetime.fromisoformat(row["InvoiceDate"])
                found[order] = local.replace(tzinfo=ZoneInfo("Europe/London"))
    return {order: at for order, at in found.items() if not left[order]}


@pytest.fixture(scope="module")
def shop(shared_data: Path) -> World:
    return replayed("retail", retail.events(shared_data / "online_retail"), RETAIL_END)


def person(order_id: str, sale: Sale) -> str:
    return f"customer:{sale.customer}" if sale.customer else f"order:{order_id}"


def test_orders_are_the_invoices(shop: World, sales: dict[str, Sale], undone: dict[str, datetime]) -> None:
    assert len(undone) == 5
    assert {
        row.order_id: (row.person_id, row.placed_at, row.total, row.currency, row.status, row.cancelled_at)
        for row in table(shop, "OrderRow")
    } == {
        name: (
            person(name, sale),
            epoch_ms(sale.at),
            sale.total,
            "GBP",
            "cancelled" if name in undone else "placed",
            epoch_ms(undone[name]) if name in undone else None,
        )
        for name, sale in sales.items()
    }


def test_persons_are_the_customers_and_each_guests_order(shop: World, sales: dict[str, Sale], invoices: Rows) -> None:
    """A customer of whom there are only credit notes is one, too."""
    customers = {f"customer:{row['CustomerID'].partition('.')[0]}" for row in invoices if row["CustomerID"]}
    guests = {f"order:{name}" for name, sale in sales.items() if not sale.customer}
    persons = table(shop, "PersonRow")
    assert {row.person_id for row in persons} == customers | guests
    of_orders = {row.alias: row.person_id for row in persons if row.alias.startswith("order:")}
    expected = {f"order:{name}": person(name, sale) for name, sale in sales.items()}
    assert {alias: of_orders[alias] for alias in expected} == expected


def test_every_order_is_a_journey_that_ended_where_it_was_undone(
    shop: World, sales: dict[str, Sale], undone: dict[str, datetime]
) -> None:
    assert {
        row.order_id: (row.person_id, row.started_at, row.outcome, row.ended_at, row.value, row.currency)
        for row in table(shop, "JourneyRow")
    } == {
        name: (
            person(name, sale),
            epoch_ms(sale.at),
            "cancelled" if name in undone else "open",
            epoch_ms(undone[name]) if name in undone else None,
            sale.total,
            "GBP",
        )
        for name, sale in sales.items()
    }


def test_a_shop_that_tells_of_no_approval_waits_for_none(shop: World, sales: dict[str, Sale]) -> None:
    assert any(sale.at + timedelta(hours=48) < RETAIL_END for sale in sales.values())
    assert pains(shop, "approval_delayed") == []


@pytest.fixture(scope="module")
def visits(shared_data: Path) -> Rows:
    return rows_of(shared_data / "rees46")


@pytest.fixture(scope="module")
def storefront(shared_data: Path) -> World:
    return replayed("rees46", rees46.events(shared_data / "rees46"), REES46_END)


def instant(row: dict[str, str]) -> int:
    return epoch_ms(datetime.strptime(row["event_time"], "%Y-%m-%d %H:%M:%S %Z").replace(tzinfo=UTC))


def order_of(row: dict[str, str]) -> str:
    return f"{row['user_session']}.{row['event_time'][:19].replace('-', '').replace(':', '').replace(' ', 'T')}Z"


def test_orders_are_the_purchases(storefront: World, visits: Rows) -> None:
    expected: dict[str, tuple[str, int, Decimal]] = {}
    for row in visits:
        if row["event_type"] == "purchase":
            before = expected.get(order_of(row), ("", 0, Decimal(0)))[2]
            expected[order_of(row)] = (f"customer:{row['user_id']}", instant(row), before + Decimal(row["price"]))
    found = table(storefront, "OrderRow")
    assert {row.order_id: (row.person_id, row.placed_at, row.total) for row in found} == expected
    assert {row.currency for row in found} == {"USD"}


def test_persons_are_the_users_with_all_their_sessions(storefront: World, visits: Rows) -> None:
    expected = {f"session:{row['user_session']}": f"customer:{row['user_id']}" for row in visits}
    found = {row.alias: row.person_id for row in table(storefront, "PersonRow")}
    assert {alias: name for alias, name in found.items() if alias.startswith("session:")} == expected
    assert set(found.values()) == set(expected.values())
    assert (len(expected), len(set(expected.values()))) == (372, 330)


def test_carts_without_an_order_within_the_hour_are_abandoned(storefront: World, visits: Rows) -> None:
    hour = 3_600_000
    deeds: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in visits:
        deeds[row["user_id"]].append((instant(row), row["event_type"]))
    expected = {}
    for row in visits:
        if row["event_type"] == "cart":
            later = [at for at, deed in deeds[row["user_id"]] if deed != "view" and at > instant(row)]
            if not later or min(later) > instant(row) + hour:
                expected[f"cart:{row['user_session']}"] = (instant(row) + hour, Decimal(row["price"]), "open")
    found = pains(storefront, "cart_abandoned")
    assert {pain.entity: (pain.happened_at, pain.value_at_risk, pain.status) for pain in found} == expected
    assert len(expected) == 1


def test_journeys_are_what_led_to_an_order_and_what_led_to_none(storefront: World, visits: Rows) -> None:
    """(person, order, touches, start, outcome, value): all within an hour, so that only orders cut it."""
    mine: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in visits:
        mine[row["user_id"]].append(row)
    expected = Counter[tuple[object, ...]]()
    for user, deeds in mine.items():
        rest = deeds
        for at in sorted({instant(row) for row in deeds if row["event_type"] == "purchase"}):
            led = [row for row in rest if instant(row) <= at]
            rest = [row for row in rest if instant(row) > at]
            bought = [row for row in led if instant(row) == at and row["event_type"] == "purchase"]
            value = sum((Decimal(row["price"]) for row in bought), Decimal(0))
            touches = len(led) - len(bought) + 1
            expected[f"customer:{user}", order_of(bought[0]), touches, instant(led[0]), "open", value] += 1
        if rest:
            cart = [Decimal(row["price"]) for row in rest if row["event_type"] == "cart"]
            outcome, value = ("abandoned", sum(cart, Decimal(0))) if cart else ("browsed", None)
            expected[f"customer:{user}", "", len(rest), instant(rest[0]), outcome, value] += 1
    assert expected == Counter(
        (row.person_id, row.order_id, row.touches, row.started_at, row.outcome, row.value)
        for row in table(storefront, "JourneyRow")
    )
    assert Counter(key[4] for key in expected.elements()) == {"browsed": 327, "abandoned": 1, "open": 10}


def test_disorder_and_repeats_end_in_the_same_rows(storefront: World, shared_data: Path) -> None:
    """Sent up to ten minutes out of place, a third of it twice."""
    how = Disturbance(timedelta(minutes=10), 0.33)
    releases = disturbed(rees46.events(shared_data / "rees46"), how, random.Random(4))
    again = replayed("rees46", [release.event for release in releases], REES46_END)
    assert standing(again) == standing(storefront)


def standing(world: World) -> Mapping[str, Told]:
    """All that stands, without versions and moments of detection."""
    found: dict[str, AnyRow | PainPointRow] = {**world.current()}
    found |= {f"pain/{name}": pain for name, pain in world.pain_points().items()}
    told = {name: {field: getattr(row, field) for field in row.__struct_fields__} for name, row in found.items()}
    return {name: {k: v for k, v in row.items() if k not in ("version", "detected_at")} for name, row in told.items()}
