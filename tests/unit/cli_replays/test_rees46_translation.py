"""The translation on a few visits written here, each with one of the data's traps."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.cli.replays import rees46
from services.cli.replays.event import SentEvent

HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"


def line(
    second: int, deed: str, product: str = "p1", price: str = "9.50", user: str = "u1", session: str = "s1"
) -> str:
    return f"2019-10-01 00:00:{second:02d} UTC,{deed},{product},1,,,{price},{user},{session}"


def translated(directory: Path, *lines: str, shop: str = "rees46") -> list[SentEvent]:
    (directory / "month.csv").write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return list(rees46.events(directory, shop))


def carts(events: list[SentEvent]) -> list[dict[str, int]]:
    """What is in the cart at each change: units by product."""
    changes = (event for event in events if event.type == "storefront.cart.updated")
    return [{i["sku"]: i["quantity"] for i in change.data["items"]} for change in changes]  # type: ignore[attr-defined]


def test_a_view_is_of_a_session_and_its_user(tmp_path: Path) -> None:
    events = translated(tmp_path, "2019-10-01 00:00:01 UTC,view,17,9,furniture.sofa,acme,543.10,u1,s1", line(2, "view"))
    who = {"customer_id": "u1", "session_id": "s1"}
    assert events == [
        SentEvent(
            id="s1.view.17.20191001T000001Z",
            source="rees46/storefront",
            type="storefront.product.viewed",
            time=datetime(2019, 10, 1, 0, 0, 1, tzinfo=UTC),
            shop="rees46",
            data={
                **who,
                "sku": "17",
                "price": "543.10",
                "currency": "USD",
                "category": "furniture.sofa",
                "brand": "acme",
            },
        ),
        SentEvent(
            id="s1.view.p1.20191001T000002Z",
            source="rees46/storefront",
            type="storefront.product.viewed",
            time=datetime(2019, 10, 1, 0, 0, 2, tzinfo=UTC),
            shop="rees46",
            data={**who, "sku": "p1", "price": "9.50", "currency": "USD"},
        ),
    ]


def test_a_cart_is_told_whole_after_each_change(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        line(1, "cart", "p1"),
        line(2, "cart", "p2"),
        line(3, "cart", "p1"),
        line(4, "cart", "p3", session="s2"),
        line(5, "remove_from_cart", "p1"),
        line(6, "remove_from_cart", "p1"),
        line(7, "remove_from_cart", "p2"),
        line(8, "remove_from_cart", "p4"),  # never put in
    )
    assert carts(events) == [{"p1": 1}, {"p1": 1, "p2": 1}, {"p1": 2, "p2": 1}, {"p3": 1}, {"p1": 1, "p2": 1},
                             {"p2": 1}, {}, {}]  # fmt: skip
    assert [event.data["cart_id"] for event in events] == ["s1", "s1", "s1", "s2", "s1", "s1", "s1", "s1"]


def test_what_a_session_buys_in_one_second_is_one_order_of_its_cart(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        line(1, "cart", "p1"),
        line(5, "purchase", "p1", "9.50"),
        line(5, "purchase", "p9", "1.00", session="s2"),
        line(5, "purchase", "p1", "9.50"),
        line(5, "purchase", "p2", "0.99"),
        line(6, "purchase", "p3", "7"),
    )
    orders = [event for event in events if event.type == "storefront.order.placed"]
    assert [(o.id, o.data["order_id"], o.data["total"], o.data.get("cart_id")) for o in orders] == [
        ("s1.20191001T000005Z.placed", "s1.20191001T000005Z", "19.99", "s1"),
        ("s2.20191001T000005Z.placed", "s2.20191001T000005Z", "1.00", None),
        ("s1.20191001T000006Z.placed", "s1.20191001T000006Z", "7", "s1"),
    ]
    assert orders[0].data["items"] == [
        {"sku": "p1", "quantity": 2, "unit_price": "9.50"},
        {"sku": "p2", "quantity": 1, "unit_price": "0.99"},
    ]


def test_what_was_bought_is_no_longer_in_the_cart(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        line(1, "cart", "p1"),
        line(2, "cart", "p2"),
        line(3, "purchase", "p1"),
        line(4, "cart", "p3"),
    )
    assert carts(events) == [{"p1": 1}, {"p1": 1, "p2": 1}, {"p2": 1, "p3": 1}]


def test_a_line_that_is_there_twice_happened_twice(tmp_path: Path) -> None:
    events = translated(tmp_path, *[line(1, "view")] * 3)
    assert [event.id.removeprefix("s1.view.p1.20191001T000001Z") for event in events] == ["", ".2", ".3"]


def test_ids_do_not_depend_on_other_lines(tmp_path: Path) -> None:
    some = [line(9, "view"), line(9, "purchase")]
    few = {event.id for event in translated(tmp_path, *some)}
    assert few < {event.id for event in translated(tmp_path, line(1, "view"), line(3, "purchase"), *some)}


def test_files_are_put_in_order_of_time(tmp_path: Path) -> None:
    for name, text in (("2019-Nov", line(9, "view")), ("2019-Oct", line(1, "view"))):
        (tmp_path / f"{name}.csv").write_text(f"{HEADER}\n{text}\n", encoding="utf-8")
    assert [event.time.second for event in rees46.events(tmp_path)] == [1, 9]


def test_without_a_session_a_user_has_one_cart(tmp_path: Path) -> None:
    (event,) = translated(tmp_path, line(1, "cart", session=""))
    assert (event.data["customer_id"], event.data["cart_id"], "session_id" in event.data) == ("u1", "user-u1", False)


def test_another_storefront_shares_no_source(tmp_path: Path) -> None:
    (event,) = translated(tmp_path, line(1, "view"), shop="replay-b")
    assert (event.shop, event.source) == ("replay-b", "replay-b/storefront")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (line(1, "wish"), "event_type: 'wish' is none of view, cart, remove_from_cart, purchase"),
        (line(1, "view", product=""), "product_id: empty, but needed"),
        (line(1, "view", user=""), "user_id: empty, but needed"),
        (line(1, "view", price="x"), "price: 'x' is no number"),
        (line(1, "view", price="-1"), "price: '-1' is below zero"),
        (line(1, "view").replace(" UTC", ""), "event_time: '2019-10-01 00:00:01' is no time like"),
        (line(1, "view") + ",more", "not the 9 columns"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"month\.csv, line 3: ") as caught:
        translated(tmp_path, line(1, "view"), text)
    assert complaint in str(caught.value)
