"""site_error: an error on a checkout, or three in a session, until an order in that session."""

from support.story import Hurt, at, checkout, error, hurts, pains, placed

KIND = "site_error"


def errors(*minutes: float, **about: object) -> list[bytes]:
    return [error(at(minutes=minute), **about) for minute in minutes]


def test_two_errors_are_not_enough_and_the_third_hurts() -> None:
    assert hurts(errors(1, 2), at(hours=5), KIND) == []
    assert hurts(errors(1, 2, 3), at(hours=5), KIND) == [Hurt("session:s1", at(minutes=3), None, "medium")]


def test_one_error_on_a_checkout_hurts_and_is_severe() -> None:
    events = errors(1, checkout_id="x1")
    assert hurts(events, at(hours=5), KIND) == [Hurt("session:s1", at(minutes=1), None, "high")]


def test_a_later_error_on_a_checkout_makes_it_severe() -> None:
    events = [*errors(1, 2, 3), *errors(9, checkout_id="x1")]
    assert hurts(events, at(hours=5), KIND) == [Hurt("session:s1", at(minutes=3), None, "high")]


def test_an_order_in_the_session_ends_it_and_the_count_begins_from_nothing() -> None:
    bought = placed("o1", at(minutes=10), session_id="s1")
    events = [*errors(1, 2, 3), bought, *errors(11, 12)]
    expected = [Hurt("session:s1", at(minutes=3), at(minutes=10), "medium")]
    assert hurts(events, at(hours=5), KIND) == expected
    assert hurts([*events, *errors(13)], at(hours=5), KIND) == [
        *expected,
        Hurt("session:s1", at(minutes=13), None, "medium"),
    ]


def test_an_order_that_names_a_checkout_of_the_session_is_an_order_in_it() -> None:
    events = [checkout(at()), *errors(1, checkout_id="x1"), placed("o1", at(minutes=9), checkout_id="x1")]
    assert hurts(events, at(hours=5), KIND) == [Hurt("session:s1", at(minutes=1), at(minutes=9), "high")]


def test_an_order_elsewhere_ends_nothing() -> None:
    events = [*errors(1, 2, 3), placed("o1", at(minutes=9), session_id="s2")]
    assert hurts(events, at(hours=5), KIND) == [Hurt("session:s1", at(minutes=3), None, "medium")]


def test_an_error_on_a_checkout_without_a_session_is_the_checkouts() -> None:
    alone = errors(1, 2, checkout_id="x1", session_id=None)
    assert hurts([checkout(at()), *alone], at(hours=5), KIND) == [Hurt("checkout:x1", at(minutes=1), None, "high")]
    bought = placed("o1", at(minutes=9), checkout_id="x1")
    assert hurts([checkout(at()), *alone, bought], at(hours=5), KIND) == [
        Hurt("checkout:x1", at(minutes=1), at(minutes=9), "high")
    ]


def test_nothing_is_said_of_a_checkout_that_nobody_started() -> None:
    assert hurts(errors(1, checkout_id="x9", session_id=None), at(hours=5), KIND) == []


def test_it_shows_the_errors_and_the_page_they_share() -> None:
    (pain,) = pains(errors(1, 2, 3, 4), at(hours=5), KIND)
    assert (len(pain.evidence), pain.factors) == (3, {"page": "/pay"})
