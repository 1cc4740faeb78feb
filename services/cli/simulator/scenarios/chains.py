"""One thing leads to another: what follows from what, and for how long."""

from datetime import timedelta

from services.cli.simulator.aftermath import CHURN_LIMIT, turns_away
from services.cli.simulator.desk import (
    ANSWER_LIMIT,
    CONTACTS_WITHIN,
    SOLUTION_LIMIT,
    answers,
    asks,
    is_answered,
    is_low,
    is_solved,
    makes_up,
    writes_again,
)
from services.cli.simulator.scenarios.delivery import MOMENT, STALL_LIMIT
from services.cli.simulator.scenarios.fulfilment import APPROVAL_LIMIT
from services.cli.simulator.scenarios.parcels import SCAN_LIMIT
from services.cli.simulator.scenarios.returns import REFUND_LIMIT, sends_back
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    Order,
    approve,
    approved_order,
    arrives,
    breaks_promise,
    delivered,
    moves,
    moves_until_the_promise,
    on_its_way,
    order,
    register,
    shipped,
)
from services.cli.simulator.shopping import visit
from services.cli.simulator.story import Finding
from services.cli.simulator.teller import Teller

REACH = 30 * DAY


def suffers_everything(t: Teller) -> None:
    """From a late approval to a customer who is gone: one root."""
    placed = order(t, promise=14 * DAY, ship=4 * DAY)
    assert placed.ship_by is not None
    t.wait(APPROVAL_LIMIT + HOUR)
    root = t.hurts("approval_delayed", placed.alias, placed.placed_at, APPROVAL_LIMIT, ended_at=approve(t, placed))
    parcel, labelled = register(t, placed), t.now
    t.wait_until(placed.ship_by + 12 * HOUR)
    seen = moves(t, parcel, "handed_over")
    t.hurts(
        "fulfilment_delayed",
        placed.alias,
        placed.ship_by,
        happened_at=placed.ship_by,
        ended_at=seen,
        follows=root,
    )
    t.hurts("never_scanned", parcel.alias, labelled, SCAN_LIMIT, ended_at=seen, follows=root)
    t.wait_until(placed.promised_by + 2 * HOUR)
    ticket = asks(t, placed)
    t.wait(ANSWER_LIMIT + HOUR)
    t.hurts(
        "ticket_unanswered", ticket.alias, ticket.opened_at, ANSWER_LIMIT, ended_at=is_answered(t, ticket), follows=root
    )
    t.wait(HOUR)
    moves(t, parcel, "delivered")
    t.hurts("parcel_stalled", parcel.alias, seen, STALL_LIMIT, ended_at=t.now, follows=root)
    late = breaks_promise(t, placed, ended_at=t.now, follows=root)
    t.wait_until(ticket.opened_at + SOLUTION_LIMIT + HOUR)
    solved = is_solved(t, ticket)
    t.hurts("ticket_unresolved", ticket.alias, ticket.opened_at, SOLUTION_LIMIT, ended_at=solved, follows=root)
    is_low(t, answers(t, placed, 1), lowest=True, follows=root)
    turns_away(t, late)


def hears_nothing_of_a_late_parcel(t: Teller) -> None:
    """Late, asked about three times, and given something at last."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    moves_until_the_promise(t, placed, parcel)
    t.pause(HOUR, 5 * HOUR)
    ticket = asks(t, placed)
    for _ in range(2):
        t.pause(HOUR, 5 * HOUR)
        is_answered(t, ticket)
        t.pause(HOUR, 5 * HOUR)
        asked = writes_again(t, ticket)
    moves(t, parcel, "delivered")
    late = breaks_promise(t, placed, ended_at=t.now)
    lapses_at = asked + CONTACTS_WITHIN
    t.hurts("repeat_contact", ticket.alias, asked, lapses_at=lapses_at, follows=late)
    is_solved(t, ticket)
    answer = answers(t, placed, 2)
    is_low(t, answer, makes_up(t, order_id=placed.id), follows=late)
    turns_away(t, late)


def gets_it_broken_and_no_money(t: Teller) -> None:
    """Broken on the way, late, sent back, not refunded."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    t.pause(HOUR, DAY)
    broken = moves(t, parcel, "damaged")
    damage = t.hurts("parcel_damaged", parcel.alias, broken)
    moves_until_the_promise(t, placed, parcel)
    t.pause(HOUR, DAY)
    moves(t, parcel, "delivered")
    breaks_promise(t, placed, ended_at=t.now, follows=damage)
    back = sends_back(t, placed, "size")
    t.hurts("refund_delayed", back.alias, back.received_at, REFUND_LIMIT, follows=damage)
    turns_away(t, damage)


def forgives_after_a_month(t: Teller) -> None:
    """What ended exactly thirty days before is still the root."""
    _rates_after(t, REACH, still=True)


def has_forgotten_after_a_month(t: Teller) -> None:
    """What ended a millisecond longer ago is not."""
    _rates_after(t, REACH + MOMENT, still=False)


def blames_the_latest(t: Teller) -> None:
    """One part broke, then the other one stalled: neither follows from the other, the later one broke the promise."""
    placed = approved_order(t)
    weak, slow = shipped(t, placed), register(t, placed)
    seen = moves(t, slow, "handed_over")
    t.pause(HOUR, DAY)
    damage = t.hurts("parcel_damaged", weak.alias, moves(t, weak, "damaged"))
    arrives(t, weak)
    t.wait_until(placed.promised_by)
    t.pause(HOUR, 3 * DAY)
    moves(t, slow, "delivered")
    stall = t.hurts("parcel_stalled", slow.alias, seen, STALL_LIMIT, ended_at=t.now)
    breaks_promise(t, placed, ended_at=t.now, follows=stall)
    turns_away(t, damage)


def suffers_on_one_of_two_orders(t: Teller) -> None:
    """What went wrong with one order explains nothing of the other."""
    _was_late(t)
    is_low(t, answers(t, delivered(t), 2))


def is_seen_just_before_being_missed(t: Teller) -> None:
    """Exactly ninety days is in time."""
    _, late = _was_late(t)
    t.wait_until(late.happened_at + CHURN_LIMIT)
    visit(t)


def is_seen_a_moment_after_being_missed(t: Teller) -> None:
    """A millisecond more is not; the visit ends it."""
    _, late = _was_late(t)
    t.wait_until(late.happened_at + CHURN_LIMIT + MOMENT)
    turns_away(t, late, until=t.now)
    visit(t)


def comes_back_after_months(t: Teller) -> None:
    """Missed, and then there is another order."""
    _, late = _was_late(t)
    t.wait_until(late.happened_at + CHURN_LIMIT)
    t.pause(DAY, 20 * DAY)
    turns_away(t, late, until=t.now)
    delivered(t)


def _rates_after(t: Teller, span: timedelta, *, still: bool) -> None:
    """A late order, and so long after its delivery a bad word."""
    placed, late = _was_late(t)
    t.wait(span)
    answer = t.desk("survey.answered", survey="csat", score=2, scale=5, order_id=placed.id)
    is_low(t, answer, follows=late if still else None)
    turns_away(t, late)


def _was_late(t: Teller) -> tuple[Order, Finding]:
    placed, parcel = on_its_way(t, promise=5 * DAY)
    moves_until_the_promise(t, placed, parcel)
    t.pause(HOUR, DAY)
    moves(t, parcel, "delivered")
    return placed, breaks_promise(t, placed, ended_at=t.now)


ALL = (
    suffers_everything,
    hears_nothing_of_a_late_parcel,
    gets_it_broken_and_no_money,
    forgives_after_a_month,
    has_forgotten_after_a_month,
    blames_the_latest,
    suffers_on_one_of_two_orders,
    is_seen_just_before_being_missed,
    is_seen_a_moment_after_being_missed,
    comes_back_after_months,
)
