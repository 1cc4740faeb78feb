"""Sent back: when the money comes, and what for."""

from dataclasses import dataclass
from datetime import datetime

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.scenarios.delivery import MOMENT
from services.cli.simulator.shipping import DAY, HOUR, Order, delivered, refund
from services.cli.simulator.story import Finding
from services.cli.simulator.teller import Teller

REFUND_LIMIT = 14 * DAY


@dataclass(frozen=True, slots=True)
class Return:
    """What came back to the shop."""

    id: str
    received_at: datetime

    @property
    def alias(self) -> str:
        """Its name as an entity."""
        return f"return:{self.id}"


def gets_money_soon(t: Teller) -> None:
    """A return like most."""
    placed = delivered(t)
    sends_back(t, placed)
    t.pause(DAY, 10 * DAY)
    refund(t, placed)


def got_money_before(t: Teller) -> None:
    """A refund that names no return counts for all, even those yet to come."""
    placed = delivered(t)
    t.pause(DAY, 3 * DAY)
    refund(t, placed)
    sends_back(t, placed)


def waits_for_money(t: Teller) -> None:
    """Refunded after weeks."""
    placed = delivered(t)
    back = sends_back(t, placed)
    t.pause(REFUND_LIMIT + HOUR, 20 * DAY)
    stays_or_goes(t, _waits(t, back, refund(t, placed)))


def gets_money_just_in_time(t: Teller) -> None:
    """Exactly at the limit is in time."""
    placed = delivered(t)
    back = sends_back(t, placed)
    t.wait_until(back.received_at + REFUND_LIMIT)
    refund(t, placed)


def gets_money_a_moment_late(t: Teller) -> None:
    """A millisecond past the limit is not."""
    placed = delivered(t)
    back = sends_back(t, placed)
    t.wait_until(back.received_at + REFUND_LIMIT + MOMENT)
    stays_or_goes(t, _waits(t, back, refund(t, placed, return_id=back.id)))


def never_gets_money(t: Teller) -> None:
    """The goods are back, and the shop forgot."""
    stays_or_goes(t, _waits(t, sends_back(t, delivered(t))))


def gets_half_the_money(t: Teller) -> None:
    """Two returns, and a refund that names one of them."""
    placed = delivered(t)
    first, second = sends_back(t, placed), sends_back(t, placed)
    t.pause(DAY, 5 * DAY)
    refund(t, placed, return_id=first.id)
    stays_or_goes(t, _waits(t, second))


def sends_back_what_broke(t: Teller) -> None:
    """Broken, says the return: the order is what suffered."""
    placed = delivered(t)
    t.pause(HOUR, 3 * DAY)
    said = t.now
    sends_back(t, placed, "damaged")
    t.pause(DAY, 10 * DAY)
    stays_or_goes(t, t.hurts("parcel_damaged", placed.alias, said, ended_at=refund(t, placed)))


def waits_for_money_for_what_broke(t: Teller) -> None:
    """Broken, sent back, and no money: one follows from the other."""
    placed = delivered(t)
    t.pause(HOUR, 3 * DAY)
    said = t.now
    back = sends_back(t, placed, "damaged")
    t.wait_until(back.received_at + REFUND_LIMIT)
    t.pause(HOUR, 3 * DAY)
    damage = t.hurts("parcel_damaged", placed.alias, said, ended_at=refund(t, placed))
    _waits(t, back, t.now, follows=damage)
    stays_or_goes(t, damage)


def sends_back(t: Teller, placed: Order, reason: str = "size") -> Return:
    """Registered now, received days later."""
    name = t.name("return")
    t.office("logistics.return.registered", order_id=placed.id, return_id=name, reason=reason)
    t.pause(2 * DAY, 5 * DAY)
    t.office("logistics.return.received", order_id=placed.id, return_id=name)
    return Return(name, t.now)


def _waits(t: Teller, back: Return, ended_at: datetime | None = None, follows: Finding | None = None) -> Finding:
    return t.hurts("refund_delayed", back.alias, back.received_at, REFUND_LIMIT, ended_at=ended_at, follows=follows)


ALL = (
    gets_money_soon,
    got_money_before,
    waits_for_money,
    gets_money_just_in_time,
    gets_money_a_moment_late,
    never_gets_money,
    gets_half_the_money,
    sends_back_what_broke,
    waits_for_money_for_what_broke,
)
