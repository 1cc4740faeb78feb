"""payment_failed: a decline with no success or approval within 10 minutes; severe at the third."""

from datetime import timedelta

from support.story import SHOP, Hurt, at, checkout, hurts, live, ms, order, pains, parcel, payment, placed, registered

KIND = "payment_failed"
START = checkout(at())
MOMENT = timedelta(milliseconds=1)


def decline(minutes: float, **about: object) -> bytes:
    return payment("failed", at(minutes=minutes), **about)


def test_a_decline_without_success_for_over_ten_minutes_hurts() -> None:
    events = [START, decline(1)]
    assert hurts(events, at(minutes=11), KIND) == []
    assert hurts(events, at(minutes=11) + MOMENT, KIND) == [Hurt("checkout:x1", at(minutes=11), None, "medium")]


def test_a_success_exactly_at_the_limit_is_in_time() -> None:
    events = [START, decline(1), payment("succeeded", at(minutes=11))]
    assert hurts(events, at(hours=5), KIND) == []


def test_a_success_a_moment_after_the_limit_ends_it() -> None:
    late = at(minutes=11) + MOMENT
    events = [START, decline(1), payment("succeeded", late)]
    assert hurts(events, at(hours=5), KIND) == [Hurt("checkout:x1", at(minutes=11), late, "medium")]


def test_further_declines_belong_to_the_first_and_the_third_makes_it_severe() -> None:
    events = [START, decline(1), decline(5)]
    assert hurts(events, at(hours=5), KIND) == [Hurt("checkout:x1", at(minutes=11), None, "medium")]
    assert hurts([*events, decline(90)], at(hours=5), KIND) == [Hurt("checkout:x1", at(minutes=11), None, "high")]


def test_after_a_success_the_declines_are_counted_from_nothing() -> None:
    paid = payment("succeeded", at(minutes=30))
    events = [START, decline(1), decline(2), paid, decline(40), decline(41)]
    assert hurts(events, at(hours=5), KIND) == [
        Hurt("checkout:x1", at(minutes=11), at(minutes=30), "medium"),
        Hurt("checkout:x1", at(minutes=50), None, "medium"),
    ]


def test_a_success_in_time_starts_the_count_anew() -> None:
    paid = payment("succeeded", at(minutes=3))
    events = [START, decline(1), decline(2), paid, decline(4), decline(5)]
    assert hurts(events, at(hours=5), KIND) == [Hurt("checkout:x1", at(minutes=14), None, "medium")]


def test_the_approval_of_the_checkouts_order_ends_it() -> None:
    bought = [placed("o1", at(minutes=20), checkout_id="x1"), order("approved", at(minutes=30))]
    events = [START, decline(1), *bought]
    assert hurts(events, at(hours=5), KIND) == [Hurt("checkout:x1", at(minutes=11), at(minutes=30), "medium")]


def test_a_success_of_the_order_that_a_decline_names_ends_it() -> None:
    known = [START, placed("o1", at())]
    both = decline(1, checkout_id="x1", order_id="o1")
    events = [*known, both, payment("succeeded", at(minutes=30), order_id="o1")]
    assert hurts(events, at(hours=5), KIND) == [Hurt("checkout:x1", at(minutes=11), at(minutes=30), "medium")]


def test_an_order_may_be_declined_and_is_approved_by_being_handed_over() -> None:
    bought = placed("o1", at())
    about_order = decline(1, order_id="o1")
    shipped = [registered("o1", at(hours=1)), parcel("handed_over", at(hours=2))]
    assert hurts([bought, about_order], at(hours=5), KIND) == [Hurt("order:o1", at(minutes=11), None, "medium")]
    assert hurts([bought, about_order, *shipped], at(hours=5), KIND) == [
        Hurt("order:o1", at(minutes=11), at(hours=2), "medium")
    ]


def test_a_decline_that_names_both_is_the_checkouts() -> None:
    events = [START, placed("o1", at(), checkout_id="x1"), decline(1, order_id="o1", checkout_id="x1")]
    assert [hurt.entity for hurt in hurts(events, at(hours=5), KIND)] == ["checkout:x1"]


def test_a_cancellation_ends_nothing() -> None:
    events = [placed("o1", at()), decline(1, order_id="o1"), order("cancelled", at(minutes=2))]
    assert hurts(events, at(hours=5), KIND) == [Hurt("order:o1", at(minutes=11), None, "medium")]


def test_nothing_is_said_of_a_checkout_or_order_that_nobody_began() -> None:
    assert hurts([decline(1), decline(1, order_id="o9")], at(hours=5), KIND) == []


def test_it_says_what_is_at_stake_and_what_was_declined() -> None:
    (pain,) = pains([START, decline(1), decline(2)], at(hours=5), KIND)
    assert (str(pain.value_at_risk), pain.currency, len(pain.evidence)) == ("50.00", "EUR", 2)
    assert pain.factors == {"payment_method": "card"}


def test_a_success_that_arrives_late_but_happened_in_time_retracts_it() -> None:
    world = live([START, decline(1)], at(minutes=30))
    assert [p.kind for p in world.pain_points().values() if p.kind == KIND] == [KIND]
    world.send([payment("succeeded", at(minutes=5))])
    world.run()
    world.tick(SHOP, ms(at(minutes=31)))
    world.run()
    assert [p.status for p in world.pain_points(retracted=True).values() if p.kind == KIND] == ["retracted"]
