"""After the delivery: what customers say, ask for, and buy next."""

from datetime import timedelta

from schemas.ids import event_id
from services.cli.replays.event import SentEvent
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    Order,
    delivered,
    goes_well,
    moves,
    on_its_way,
    order,
    scan,
)
from services.cli.simulator.teller import Teller


def is_content(t: Teller) -> None:
    """Came in time, four or five of five."""
    placed = delivered(t)
    _answers(t, placed, t.rng.randint(4, 5), 5)


def is_just_content(t: Teller) -> None:
    """Three of five is above two fifths."""
    placed = delivered(t)
    _answers(t, placed, 3, 5)


def is_unhappy(t: Teller) -> None:
    """One or two of five, and nobody does anything about it."""
    placed = delivered(t)
    answer = _answers(t, placed, t.rng.randint(1, 2), 5)
    t.hurts("low_score", _entity(answer), t.now)


def is_unhappy_on_another_scale(t: Teller) -> None:
    """Four of ten is exactly two fifths, and low."""
    placed = delivered(t)
    answer = _answers(t, placed, 4, 10, "csat")
    t.hurts("low_score", _entity(answer), t.now)


def is_made_up_to(t: Teller) -> None:
    """Somebody reacts to the bad score."""
    placed = delivered(t)
    answer = _answers(t, placed, 1, 5)
    said = t.now
    t.pause(HOUR, 2 * DAY)
    t.desk("action.taken", order_id=placed.id, action="voucher", by="care")
    t.hurts("low_score", _entity(answer), said, ended_at=t.now)


def is_only_acknowledged(t: Teller) -> None:
    """To have seen a bad score is not to have done something about it."""
    placed = delivered(t)
    answer = _answers(t, placed, 2, 5)
    t.hurts("low_score", _entity(answer), t.now)
    t.pause(HOUR, DAY)
    t.desk("action.taken", order_id=placed.id, action="acknowledged", by="care")


def is_late_and_angry(t: Teller) -> None:
    """A broken promise and what the customer says of it."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    t.wait(placed.promised_by - t.now)
    scan(t, parcel)
    t.pause(3 * HOUR, DAY)
    moves(t, parcel, "delivered")
    t.hurts("delivery_late", placed.alias, placed.promised_by, happened_at=placed.promised_by, ended_at=t.now)
    answer = _answers(t, placed, 1, 5)
    t.hurts("low_score", _entity(answer), t.now)


def asks_and_is_answered(t: Teller) -> None:
    """A question while the parcel is on its way, answered within hours."""
    placed, parcel = on_its_way(t)
    ticket = t.name("ticket")
    t.desk("ticket.opened", ticket_id=ticket, channel="email", topic="where_is_my_order", order_id=placed.id)
    t.pause(HOUR, 5 * HOUR)
    t.desk("ticket.replied", ticket_id=ticket, by="agent")
    t.pause(HOUR / 2, HOUR)
    t.desk("ticket.solved", ticket_id=ticket)
    t.pause(HOUR / 2, HOUR)
    t.desk("survey.answered", survey="csat", score=5, scale=5, ticket_id=ticket)
    moves(t, parcel, "delivered")


def buys_again(t: Teller) -> None:
    """Two good orders, weeks apart."""
    delivered(t)
    t.pause(2 * DAY, 20 * DAY)
    goes_well(t, order(t))


def _answers(t: Teller, placed: Order, score: int, scale: int, survey: str = "review") -> SentEvent:
    """The customer answers a survey about the order, within days."""
    t.pause(timedelta(hours=3), 4 * DAY)
    return t.desk("survey.answered", survey=survey, score=score, scale=scale, order_id=placed.id)


def _entity(answer: SentEvent) -> str:
    return f"event:{event_id(answer.source, answer.id)}"


ALL = (
    is_content,
    is_just_content,
    is_unhappy,
    is_unhappy_on_another_scale,
    is_made_up_to,
    is_only_acknowledged,
    is_late_and_angry,
    asks_and_is_answered,
    buys_again,
)
