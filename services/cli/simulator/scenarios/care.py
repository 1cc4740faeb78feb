"""After the delivery: what customers say, and buy next."""

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.desk import answers, asks, is_answered, is_low, is_solved, low_score_of, makes_up
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    breaks_promise,
    delivered,
    goes_well,
    moves,
    on_its_way,
    order,
    scan,
)
from services.cli.simulator.shopping import visit
from services.cli.simulator.teller import Teller


def is_content(t: Teller) -> None:
    """Came in time, four or five of five."""
    answers(t, delivered(t), t.rng.randint(4, 5))


def is_just_content(t: Teller) -> None:
    """Three of five is above two fifths."""
    answers(t, delivered(t), 3)


def is_unhappy(t: Teller) -> None:
    """Two of five, and nobody does anything about it."""
    is_low(t, answers(t, delivered(t), 2))


def is_unhappy_on_another_scale(t: Teller) -> None:
    """Four of ten is exactly two fifths, and low."""
    is_low(t, answers(t, delivered(t), 4, 10, "csat"))


def is_furious(t: Teller) -> None:
    """The worst answer there is."""
    stays_or_goes(t, is_low(t, answers(t, delivered(t), 1), lowest=True))


def found_it_hard(t: Teller) -> None:
    """An effort of two of seven."""
    is_low(t, answers(t, delivered(t), 2, 7, "ces"))


def would_not_recommend(t: Teller) -> None:
    """Up to six of ten they are detractors."""
    is_low(t, answers(t, delivered(t), t.rng.randint(1, 6), None, "nps"))


def would_rather_recommend(t: Teller) -> None:
    """From seven on they are not."""
    answers(t, delivered(t), t.rng.randint(7, 10), None, "nps")


def would_never_recommend(t: Teller) -> None:
    """The scale of recommendation begins at nought."""
    stays_or_goes(t, is_low(t, answers(t, delivered(t), 0, None, "nps"), lowest=True))


def complains_in_public(t: Teller) -> None:
    """Bad feedback has no scale: it is bad, not the worst."""
    placed = delivered(t)
    t.pause(HOUR, 3 * DAY)
    is_low(t, t.desk("feedback.posted", where="app_store", sentiment="bad", order_id=placed.id))


def has_mixed_feelings(t: Teller) -> None:
    """Mixed feedback is not bad."""
    placed = delivered(t)
    t.pause(HOUR, 3 * DAY)
    t.desk("feedback.posted", where="app_store", sentiment=t.rng.choice(("mixed", "good")), order_id=placed.id)


def dislikes_the_shop(t: Teller) -> None:
    """The worst answer, about no order: nobody's churn can be told from it."""
    visit(t)
    is_low(t, answers(t, None, 1, 5, "csat"), lowest=True)


def is_made_up_to(t: Teller) -> None:
    """Somebody does something for the order after the bad score."""
    placed = delivered(t)
    answer = answers(t, placed, 1)
    worst = is_low(t, answer, makes_up(t, order_id=placed.id), lowest=True)
    stays_or_goes(t, worst)


def is_made_up_to_by_name(t: Teller) -> None:
    """Somebody does something about the very pain point, whose order they do not name."""
    answer = answers(t, delivered(t), 2)
    name = low_score_of(answer).id(t.shop)
    is_low(t, answer, makes_up(t, "called", pain_point_id=str(name)))


def was_given_something_before(t: Teller) -> None:
    """What was done before the bad score is not what was done about it."""
    placed = delivered(t)
    makes_up(t, order_id=placed.id)
    is_low(t, answers(t, placed, 2))


def is_only_acknowledged(t: Teller) -> None:
    """To have seen a bad score is not to have done something about it."""
    placed = delivered(t)
    is_low(t, answers(t, placed, 2))
    makes_up(t, "acknowledged", order_id=placed.id)


def is_late_and_angry(t: Teller) -> None:
    """A broken promise and what the customer says of it."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    t.wait(placed.promised_by - t.now)
    scan(t, parcel)
    t.pause(3 * HOUR, DAY)
    moves(t, parcel, "delivered")
    late = breaks_promise(t, placed, ended_at=t.now)
    is_low(t, answers(t, placed, 1), lowest=True, follows=late)
    stays_or_goes(t, late)


def asks_and_is_answered(t: Teller) -> None:
    """A question while the parcel is on its way, answered within hours."""
    placed, parcel = on_its_way(t)
    ticket = asks(t, placed)
    t.pause(HOUR, 5 * HOUR)
    is_answered(t, ticket)
    t.pause(HOUR / 2, HOUR)
    is_solved(t, ticket)
    t.pause(HOUR / 2, HOUR)
    t.desk("survey.answered", survey="csat", score=5, scale=5, ticket_id=ticket.id)
    moves(t, parcel, "delivered")


def blames_the_help_desk(t: Teller) -> None:
    """A bad score about a ticket is about the ticket's order, and mended by what is done for that."""
    placed, parcel = on_its_way(t)
    ticket = asks(t, placed)
    t.pause(HOUR, 5 * HOUR)
    is_solved(t, ticket)
    moves(t, parcel, "delivered")
    answer = answers(t, None, 2, 5, "csat", ticket_id=ticket.id)
    is_low(t, answer, makes_up(t, order_id=placed.id))


def buys_again(t: Teller) -> None:
    """Two good orders, weeks apart."""
    delivered(t)
    t.pause(2 * DAY, 20 * DAY)
    goes_well(t, order(t))


ALL = (
    is_content,
    is_just_content,
    is_unhappy,
    is_unhappy_on_another_scale,
    is_furious,
    found_it_hard,
    would_not_recommend,
    would_rather_recommend,
    would_never_recommend,
    complains_in_public,
    has_mixed_feelings,
    dislikes_the_shop,
    is_made_up_to,
    is_made_up_to_by_name,
    was_given_something_before,
    is_only_acknowledged,
    is_late_and_angry,
    asks_and_is_answered,
    blames_the_help_desk,
    buys_again,
)
