"""Heard late: what happened in time, but was believed not to have; and what nobody knew of."""

from datetime import timedelta

from services.cli.simulator.aftermath import CHURN_LIMIT, stays_or_goes
from services.cli.simulator.desk import ANSWER_LIMIT, asks, is_answered, is_solved
from services.cli.simulator.scenarios.delivery import GENEROUS, STALL_LIMIT
from services.cli.simulator.scenarios.fulfilment import APPROVAL_LIMIT
from services.cli.simulator.scenarios.parcels import SCAN_LIMIT
from services.cli.simulator.scenarios.payments import DECLINE_LIMIT
from services.cli.simulator.scenarios.storefront import CART_LIMIT
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    approve,
    approved_order,
    arrives,
    breaks_promise,
    goes_well,
    moves,
    moves_until_the_promise,
    on_its_way,
    order,
    place,
    register,
    scan,
    shipped,
)
from services.cli.simulator.shopping import (
    CHECKOUT_LIMIT,
    LONG,
    SHORT,
    abandons,
    come_back,
    fill_cart,
    finish_checkout,
    is_declined,
    pay,
    start_checkout,
    to_checkout,
    up_to_payment,
    visit,
)
from services.cli.simulator.teller import Teller


def was_approved_in_time(t: Teller) -> None:
    """The approval is heard days late; what was believed of the order is taken back."""
    placed = order(t, ship=6 * DAY)
    t.pause(HOUR, 6 * HOUR)
    with t.heard_late(3 * DAY):
        approve(t, placed)
    t.seems("approval_delayed", placed.alias, placed.placed_at, APPROVAL_LIMIT)
    t.wait(4 * DAY)
    arrives(t, shipped(t, placed))


def was_scanned_in_time(t: Teller) -> None:
    """A scanner that was offline: the parcel never stalled."""
    _, parcel = on_its_way(t, GENEROUS)
    seen = t.now
    t.pause(3 * DAY, 4 * DAY)
    with t.heard_late(3 * DAY):
        scan(t, parcel)
    t.seems("parcel_stalled", parcel.alias, seen, STALL_LIMIT)
    t.wait(4 * DAY)
    scan(t, parcel)
    arrives(t, parcel)


def was_delivered_in_time(t: Teller) -> None:
    """The delivery is heard days after the promise broke, as it seemed."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    t.wait_until(placed.promised_by - HOUR)
    with t.heard_late(3 * DAY):
        moves(t, parcel, "delivered")
    t.seems("delivery_late", placed.alias, placed.promised_by, timedelta(0))


def was_handed_over_in_time(t: Teller) -> None:
    """Seen by the carrier long before anybody said so."""
    placed = approved_order(t, ship=6 * DAY)
    parcel, registered = register(t, placed), t.now
    t.pause(HOUR, DAY)
    with t.heard_late(3 * DAY):
        moves(t, parcel, "handed_over")
    t.seems("never_scanned", parcel.alias, registered, SCAN_LIMIT)
    t.wait(4 * DAY)
    scan(t, parcel)
    arrives(t, parcel)


def had_paid_in_time(t: Teller) -> None:
    """The provider's word of the payment comes an hour late."""
    cart, checkout = to_checkout(t)
    t.pause(SHORT, LONG)
    declined = is_declined(t, up_to_payment(t, checkout))
    t.pause(SHORT, LONG)
    with t.heard_late(HOUR):
        paid = pay(t, declined)
    t.seems("payment_failed", declined.alias, declined.touched_at, DECLINE_LIMIT)
    t.wait(DECLINE_LIMIT)
    goes_well(t, place(t, cart, paid))


def had_gone_to_the_checkout(t: Teller) -> None:
    """The cart was not left: its checkout and order are heard hours late."""
    visit(t)
    cart = fill_cart(t)
    with t.heard_late(5 * HOUR):
        t.pause(SHORT, LONG)
        checkout = finish_checkout(t, start_checkout(t, cart))
        t.pause(SHORT, LONG)
        placed = place(t, cart, checkout)
    t.seems("cart_abandoned", cart.alias, cart.updated_at, CART_LIMIT)
    t.wait(6 * HOUR)
    goes_well(t, placed)


def had_ordered(t: Teller) -> None:
    """Only the order is heard late: the checkout was not left."""
    cart, checkout = to_checkout(t)
    checkout = finish_checkout(t, checkout)
    t.pause(SHORT, LONG)
    with t.heard_late(5 * HOUR):
        placed = place(t, cart, checkout)
    t.seems("checkout_abandoned", checkout.alias, checkout.touched_at, CHECKOUT_LIMIT)
    t.wait(6 * HOUR)
    goes_well(t, placed)


def had_been_answered(t: Teller) -> None:
    """The answer was written up two days later."""
    ticket = asks(t)
    t.pause(HOUR, 20 * HOUR)
    with t.heard_late(2 * DAY):
        is_answered(t, ticket)
    t.seems("ticket_unanswered", ticket.alias, ticket.opened_at, ANSWER_LIMIT)
    t.wait(3 * DAY)
    is_solved(t, ticket)


def had_been_around(t: Teller) -> None:
    """A visit that the app told only when it was online again, months later: nobody was missed."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    moves_until_the_promise(t, placed, parcel)
    t.pause(HOUR, DAY)
    moves(t, parcel, "delivered")
    late = breaks_promise(t, placed, ended_at=t.now)
    t.wait_until(late.happened_at + 80 * DAY)
    come_back(t)
    with t.heard_late(20 * DAY):
        t.web("page.viewed", url="https://demo.example/", page="home")
    t.seems("churn_risk", f"pain_point:{late.id(t.shop)}", late.happened_at, CHURN_LIMIT)


def was_lost_and_nobody_knew(t: Teller) -> None:
    """The carrier's word of the loss is heard after the parcel was found again."""
    _, parcel = on_its_way(t, GENEROUS)
    t.pause(HOUR, DAY)
    with t.heard_late(3 * DAY):
        lost = moves(t, parcel, "lost")
    t.pause(HOUR, DAY)
    found = scan(t, parcel)
    t.wait(3 * DAY)
    scan(t, parcel)
    loss = t.hurts("parcel_lost", parcel.alias, lost, ended_at=found)
    arrives(t, parcel)
    stays_or_goes(t, loss)


def had_stalled_and_nobody_knew(t: Teller) -> None:
    """A scan that is heard late shows that the silence began later than it seemed."""
    _, parcel = on_its_way(t, GENEROUS)
    seemed = t.now
    t.wait(2 * DAY)
    with t.heard_late(7 * DAY):
        seen = scan(t, parcel)
    t.wait(STALL_LIMIT + HOUR)
    scan(t, parcel)
    t.seems("parcel_stalled", parcel.alias, seemed, STALL_LIMIT)
    t.hurts("parcel_stalled", parcel.alias, seen, STALL_LIMIT, ended_at=t.now)
    t.wait(3 * DAY)
    scan(t, parcel)
    arrives(t, parcel)


def was_not_approved_late(t: Teller) -> None:
    """Approved twice, the first time in time but heard last: what seemed the root of a late shipping was none."""
    placed = order(t)
    assert placed.ship_by is not None
    t.pause(HOUR, 5 * HOUR)
    with t.heard_late(5 * DAY):
        approve(t, placed)
    t.wait_until(placed.placed_at + APPROVAL_LIMIT + HOUR)
    approve(t, placed)
    t.seems("approval_delayed", placed.alias, placed.placed_at, APPROVAL_LIMIT)
    t.wait_until(placed.ship_by + HOUR)
    parcel = register(t, placed)
    moves(t, parcel, "handed_over")
    t.hurts("fulfilment_delayed", placed.alias, placed.ship_by, happened_at=placed.ship_by, ended_at=t.now)
    t.wait(3 * DAY)
    scan(t, parcel)
    arrives(t, parcel)


def was_declined_and_nobody_knew(t: Teller) -> None:
    """A decline that is heard the day after explains why the checkout was left."""
    cart, checkout = to_checkout(t)
    t.pause(SHORT, LONG)
    with t.heard_late(DAY):
        declined = is_declined(t, checkout)
    t.seems("checkout_abandoned", checkout.alias, checkout.touched_at, CHECKOUT_LIMIT)
    t.hurts("payment_failed", declined.alias, declined.touched_at, DECLINE_LIMIT)
    abandons(t, cart, declined, "payment_failed")


ALL = (
    was_approved_in_time,
    was_scanned_in_time,
    was_delivered_in_time,
    was_handed_over_in_time,
    had_paid_in_time,
    had_gone_to_the_checkout,
    had_ordered,
    had_been_answered,
    had_been_around,
    was_lost_and_nobody_knew,
    had_stalled_and_nobody_knew,
    was_not_approved_late,
    was_declined_and_nobody_knew,
)
