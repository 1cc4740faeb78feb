"""search_dead_end: two searches without results, until an item is added to the cart."""

from support.story import Hurt, at, cart, hurts, placed, search

KIND = "search_dead_end"


def test_the_second_search_without_results_hurts() -> None:
    assert hurts([search(at())], at(hours=5), KIND) == []
    assert hurts([search(at()), search(at(minutes=1))], at(hours=5), KIND) == [
        Hurt("session:s1", at(minutes=1), None, "low")
    ]


def test_searches_with_results_do_not_count_and_end_nothing() -> None:
    events = [search(at()), search(at(minutes=1), results=7), search(at(minutes=2))]
    assert hurts(events, at(hours=5), KIND) == [Hurt("session:s1", at(minutes=2), None, "low")]


def test_an_item_added_to_the_cart_ends_it() -> None:
    events = [search(at()), search(at(minutes=1)), cart(at(minutes=2), "A", session_id="s1")]
    assert hurts(events, at(hours=5), KIND) == [Hurt("session:s1", at(minutes=1), at(minutes=2), "low")]


def test_an_item_added_between_starts_the_count_from_nothing() -> None:
    events = [search(at()), cart(at(minutes=1), "A", session_id="s1"), search(at(minutes=2))]
    assert hurts(events, at(hours=5), KIND) == []
    assert hurts([*events, search(at(minutes=3))], at(hours=5), KIND) == [
        Hurt("session:s1", at(minutes=3), None, "low")
    ]


def test_an_item_taken_out_of_the_cart_is_not_added() -> None:
    searched = [search(at(minutes=1)), search(at(minutes=2))]
    before, after = cart(at(), "A", "B", session_id="s1"), cart(at(minutes=3), "B", session_id="s1")
    assert hurts([before, *searched, after], at(hours=5), KIND) == [Hurt("session:s1", at(minutes=2), None, "low")]


def test_another_sessions_cart_and_an_order_end_nothing() -> None:
    events = [search(at()), search(at(minutes=1)), cart(at(minutes=2), "A", session_id="s2")]
    events.append(placed("o1", at(minutes=3), session_id="s1"))
    assert hurts(events, at(hours=5), KIND) == [Hurt("session:s1", at(minutes=1), None, "low")]


def test_one_article_for_another_is_added_though_there_are_fewer_pieces() -> None:
    searched = [search(at(minutes=1)), search(at(minutes=2))]
    before, after = cart(at(), "B", "B", session_id="s1"), cart(at(minutes=3), "A", session_id="s1")
    ended = Hurt("session:s1", at(minutes=2), at(minutes=3), "low")
    assert hurts([before, *searched, after], at(hours=5), KIND) == [ended]
