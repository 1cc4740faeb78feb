"""out_of_stock: an article that was looked at or put in the cart could not be had, until it was ordered."""

from support.story import Hurt, at, cart, hurts, pains, placed, product

KIND = "out_of_stock"


def missed(minutes: float, sku: str = "A", **more: object) -> bytes:
    return product(at(minutes=minutes), sku, in_stock=False, **more)


def bought(minutes: float, *skus: str) -> bytes:
    items = [{"sku": sku, "quantity": 1, "unit_price": "10.00"} for sku in skus]
    return placed(f"o{minutes}", at(minutes=minutes), items=items)


def test_a_look_at_what_is_not_there_hurts() -> None:
    assert hurts([missed(1)], at(hours=5), KIND) == [Hurt("session:s1", at(minutes=1), None, "low")]


def test_in_stock_or_unknown_does_not() -> None:
    assert hurts([product(at(), "A"), product(at(), "B", in_stock=True)], at(hours=5), KIND) == []


def test_it_is_one_a_session_and_article() -> None:
    events = [missed(1), missed(2), missed(3, "B"), missed(4, session_id="s2")]
    assert hurts(events, at(hours=5), KIND) == [
        Hurt("session:s1", at(minutes=1), None, "low"),
        Hurt("session:s1", at(minutes=3), None, "low"),
        Hurt("session:s2", at(minutes=4), None, "low"),
    ]


def test_an_order_of_it_ends_it_for_good() -> None:
    ended = [Hurt("session:s1", at(minutes=1), at(minutes=9), "low")]
    assert hurts([missed(1), bought(9, "B", "A")], at(hours=5), KIND) == ended
    assert hurts([missed(1), bought(9, "A"), missed(10)], at(hours=5), KIND) == ended


def test_an_order_of_something_else_or_before_does_not() -> None:
    events = [bought(0, "A"), missed(1), bought(9, "B")]
    assert hurts(events, at(hours=5), KIND) == [Hurt("session:s1", at(minutes=1), None, "low")]


def test_two_in_one_cart_are_one_pain_point_that_ends_with_the_last() -> None:
    items = [{"sku": sku, "quantity": 1, "unit_price": "10.00", "in_stock": False} for sku in "AB"]
    events = [cart(at(), session_id="s1", items=items), bought(5, "A")]
    assert hurts(events, at(hours=5), KIND) == [Hurt("session:s1", at(), None, "low")]
    assert hurts([*events, bought(7, "B")], at(hours=5), KIND) == [Hurt("session:s1", at(), at(minutes=7), "low")]
    (pain,) = pains(events, at(hours=5), KIND)
    assert len(pain.evidence) == 1
