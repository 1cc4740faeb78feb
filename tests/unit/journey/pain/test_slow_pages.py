"""slow_pages: two poor pages in a session, until an order in it."""

import pytest
from support.story import Hurt, at, hurts, page, pains, placed

KIND = "slow_pages"


def slow(minutes: float, **vitals: object) -> bytes:
    return page(at(minutes=minutes), **(vitals or {"lcp_ms": 4001}))


@pytest.mark.parametrize("sign", [{"lcp_ms": 4000}, {"inp_ms": 500}, {"ttfb_ms": 1800}, {"cls": 0.25}], ids=str)
def test_a_page_is_poor_above_each_limit_and_not_at_it(sign: dict[str, float]) -> None:
    above = {name: limit + 0.01 for name, limit in sign.items()}
    assert hurts([slow(1, **sign), slow(2, **sign)], at(hours=5), KIND) == []
    assert hurts([slow(1, **above), slow(2, **above)], at(hours=5), KIND) == [
        Hurt("session:s1", at(minutes=2), None, "low")
    ]


def test_one_poor_page_is_not_enough() -> None:
    assert hurts([slow(1), page(at(minutes=2), lcp_ms=100)], at(hours=5), KIND) == []


def test_poor_pages_of_two_sessions_do_not_add_up() -> None:
    assert hurts([slow(1), page(at(minutes=2), "s2", lcp_ms=9000)], at(hours=5), KIND) == []


def test_an_order_in_the_session_ends_it_and_the_count_begins_from_nothing() -> None:
    bought = placed("o1", at(minutes=3), session_id="s1")
    events = [slow(1), slow(2), bought, slow(4)]
    ended = Hurt("session:s1", at(minutes=2), at(minutes=3), "low")
    assert hurts(events, at(hours=5), KIND) == [ended]
    assert hurts([*events, slow(5)], at(hours=5), KIND) == [ended, Hurt("session:s1", at(minutes=5), None, "low")]


def test_an_order_between_two_poor_pages_keeps_them_apart() -> None:
    assert hurts([slow(1), placed("o1", at(minutes=2), session_id="s1"), slow(3)], at(hours=5), KIND) == []


def test_further_poor_pages_change_nothing() -> None:
    (pain,) = pains([slow(1), slow(2), slow(3)], at(hours=5), KIND)
    assert (len(pain.evidence), pain.factors) == (2, {"page": "product"})
