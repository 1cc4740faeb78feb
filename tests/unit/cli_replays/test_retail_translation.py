"""The translation on a few invoices written here, each with one of the data's traps."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.cli.replays import retail
from services.cli.replays.event import SentEvent

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def translated(directory: Path, *lines: str, shop: str = "retail") -> list[SentEvent]:
    (directory / "day.csv").write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return list(retail.events(directory, shop))


def said(events: list[SentEvent]) -> list[tuple[str, str, object]]:
    """(type, order, money) of each."""
    return [
        (e.type.rpartition(".")[2], str(e.data["order_id"]), e.data.get("total", e.data.get("amount"))) for e in events
    ]


def test_an_invoice_is_an_order_with_its_articles_and_what_they_come_to(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        '536365,71053,"LANTERN, WHITE",2,2010-12-01 08:26:00,0.1,17850.0,United Kingdom',
    )
    assert events == [
        SentEvent(
            id="536365.placed",
            source="retail/invoices",
            type="storefront.order.placed",
            time=datetime(2010, 12, 1, 8, 26, tzinfo=UTC),
            shop="retail",
            data={
                "order_id": "536365",
                "customer_id": "17850",
                "country": "United Kingdom",
                "total": "15.50",
                "currency": "GBP",
                "items": [
                    {"sku": "85123A", "quantity": 6, "unit_price": "2.55"},
                    {"sku": "71053", "quantity": 2, "unit_price": "0.1"},
                ],
            },
        )
    ]


def test_times_are_the_shops_in_summer_and_in_winter(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        "1,A,x,1,2011-03-27 00:59:00,1,7,x",
        "2,A,x,1,2011-03-27 02:01:00,1,7,x",
        "3,A,x,1,2011-10-30 01:30:00,1,7,x",
        "4,A,x,1,2011-10-30 02:30:00,1,7,x",
    )
    assert [event.time.astimezone(UTC).isoformat()[:16] for event in events] == [
        "2011-03-27T00:59",
        "2011-03-27T01:01",
        "2011-10-30T00:30",  # came twice: the first
        "2011-10-30T02:30",
    ]


def test_the_earliest_of_an_invoices_minutes_counts(tmp_path: Path) -> None:
    (event,) = translated(tmp_path, "1,A,x,1,2011-04-17 12:38:00,1,7,x", "1,B,x,1,2011-04-17 12:37:00,1,7,x")
    assert event.time.astimezone(UTC) == datetime(2011, 4, 17, 11, 37, tzinfo=UTC)


def test_lines_of_one_article_at_one_price_add_up(tmp_path: Path) -> None:
    (event,) = translated(tmp_path, *["1,A,x,2,2011-01-01 10:00:00,1.10,7,x"] * 3, "1,A,x,1,2011-01-01 10:00:00,1,7,x")
    assert event.data["items"] == [
        {"sku": "A", "quantity": 6, "unit_price": "1.10"},
        {"sku": "A", "quantity": 1, "unit_price": "1"},
    ]
    assert event.data["total"] == "7.60"


def test_a_guests_order_names_nobody_and_a_gift_costs_nothing(tmp_path: Path) -> None:
    guest, gift = translated(tmp_path, "1,A,x,2,2011-01-01 10:00:00,1,,", "2,A,x,2,2011-01-01 10:00:00,0,7,")
    assert guest.data == {
        "order_id": "1",
        "total": "2",
        "currency": "GBP",
        "items": [{"sku": "A", "quantity": 2, "unit_price": "1"}],
    }
    assert (gift.data["customer_id"], gift.data["total"]) == ("7", "0")


@pytest.mark.parametrize(
    "line",
    [
        "1,A,damaged,-9,2011-01-01 10:00:00,0,,x",
        "1,A,found,9,2011-01-01 10:00:00,0,,x",
        "A1,B,Adjust bad debt,1,2011-01-01 10:00:00,-11062.06,,x",
        "C1,AMAZONFEE,AMAZON FEE,-1,2011-01-01 10:00:00,5877.18,,x",
    ],
)
def test_corrections_of_stock_and_books_are_nobodys_orders(tmp_path: Path, line: str) -> None:
    assert translated(tmp_path, line) == []


def test_a_credit_note_pays_back_the_latest_purchase_of_the_article_at_its_price(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        "1,A,x,5,2011-01-01 10:00:00,2,7,x",
        "2,A,x,5,2011-01-02 10:00:00,2,7,x",
        "2,B,x,1,2011-01-02 10:00:00,9,7,x",
        "3,A,x,5,2011-01-03 10:00:00,2,8,x",  # another customer's
        "4,A,x,5,2011-01-04 10:00:00,1.9,7,x",  # at another price
        "C5,A,x,-3,2011-01-05 10:00:00,2,7,x",
        "6,A,x,5,2011-01-06 10:00:00,2,7,x",  # only later
    )
    assert said(events)[4:5] == [("refunded", "2", "6")]
    assert (events[4].id, events[4].data) == (
        "C5.refunded.2",
        {"order_id": "2", "customer_id": "7", "country": "x", "amount": "6", "currency": "GBP", "credit_note": "C5"},
    )


def test_what_the_latest_purchase_cannot_cover_goes_to_older_ones_then_to_an_unknown_order(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        "1,A,x,5,2011-01-01 10:00:00,2,7,x",
        "1,B,x,5,2011-01-01 10:00:00,2,7,x",
        "2,A,x,5,2011-01-02 10:00:00,2,7,x",
        "2,B,x,1,2011-01-02 10:00:00,1,7,x",
        "C3,A,x,-12,2011-01-03 10:00:00,2,7,x",
        "C3,D,Discount,-1,2011-01-03 10:00:00,0.5,7,x",
    )
    assert said(events)[2:] == [("refunded", "2", "10"), ("refunded", "1", "10"), ("refunded", "C3", "4.5")]


def test_an_order_credited_in_full_is_cancelled_whatever_was_a_gift(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        "1,A,x,5,2011-01-01 10:00:00,2,7,x",
        "1,B,x,1,2011-01-01 10:00:00,3,7,x",
        "1,GIFT,x,1,2011-01-01 10:00:00,0,7,x",
        "C2,A,x,-5,2011-01-02 10:00:00,2,7,x",
        "C3,B,x,-1,2011-01-03 10:00:00,3,7,x",
        "C4,B,x,-1,2011-01-04 10:00:00,3,7,x",
    )
    assert said(events)[1:] == [
        ("refunded", "1", "10"),
        ("refunded", "1", "3"),
        ("cancelled", "1", None),
        ("refunded", "C4", "3"),
    ]
    assert (events[3].id, events[3].time) == ("1.cancelled", events[2].time)


def test_a_sale_comes_before_a_credit_note_of_its_minute(tmp_path: Path) -> None:
    events = translated(tmp_path, "C2,A,x,-1,2011-01-01 10:00:00,2,7,x", "1,A,x,1,2011-01-01 10:00:00,2,7,x")
    assert said(events) == [("placed", "1", "2"), ("refunded", "1", "2"), ("cancelled", "1", None)]


def test_an_order_too_long_to_list_is_sent_with_its_total(tmp_path: Path) -> None:
    lines = [f"1,S{n},x,1,2011-01-01 10:00:00,1,7,x" for n in range(1001)]
    (longest,) = translated(tmp_path, *lines[:1000])
    (longer,) = translated(tmp_path, *lines)
    assert len(longest.data["items"]) == 1000  # type: ignore[arg-type]
    assert (longer.data["total"], "items" in longer.data) == ("1001", False)


def test_another_shop_shares_no_source(tmp_path: Path) -> None:
    (event,) = translated(tmp_path, "1,A,x,1,2011-01-01 10:00:00,1,7,x", shop="replay-a")
    assert (event.shop, event.source) == ("replay-a", "replay-a/invoices")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("X1,A,x,1,2011-01-01 10:00:00,1,7,x", "InvoiceNo: 'X1' is no invoice number"),
        ("1,,x,1,2011-01-01 10:00:00,1,7,x", "StockCode: empty, but needed"),
        ("1,A,x,many,2011-01-01 10:00:00,1,7,x", "Quantity: 'many' is no number"),
        ("1,A,x,1.5,2011-01-01 10:00:00,1,7,x", "Quantity: '1.5' is no whole number"),
        ("1,A,x,1,12/1/2010 8:26,1,7,x", "InvoiceDate: '12/1/2010 8:26' is no time like"),
        ("1,A,x,1,2011-13-01 10:00:00,1,7,x", "InvoiceDate: month must be in 1..12"),
        ("1,A,x,1,2011-01-01 10:00:00,NaN,7,x", "UnitPrice: 'NaN' is no number"),
        ("1,A,x,1,2011-01-01 10:00:00,-1,7,x", "UnitPrice: below zero"),
        ("1,A,x,-1,2011-01-01 10:00:00,1,7,x", "Quantity: below zero with a price"),
        ("C1,A,x,1,2011-01-01 10:00:00,1,7,x", "Quantity: a credit note"),
        ("0,A,x,1,2011-01-01 10:00:00,1,8,x", "CustomerID: invoice 0 is of 7, not 8"),
        ("1,A,x,1,2011-01-01 10:00:00,1,7", "not the 8 columns"),
        ("1,A,x,1,2011-01-01 10:00:00,1,7,x,y", "not the 8 columns"),
        ('1,A,"x,1,2011-01-01 10:00:00,1,7,x', "unexpected end of data"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"day\.csv, line 3: ") as caught:
        translated(tmp_path, "0,A,x,1,2011-01-01 10:00:00,1,7,x", line)
    assert complaint in str(caught.value)


def test_a_file_of_something_else_and_a_folder_without_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        list(retail.events(tmp_path))
    (tmp_path / "other.csv").write_text("InvoiceNo,Quantity\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"other\.csv, line 1: no column StockCode, InvoiceDate"):
        list(retail.events(tmp_path))
    (tmp_path / "other.csv").write_bytes(f"{HEADER}\n1,A,caf\xe9".encode("latin-1"))
    with pytest.raises(ValueError, match=r"other\.csv.*not UTF-8"):
        list(retail.events(tmp_path))
