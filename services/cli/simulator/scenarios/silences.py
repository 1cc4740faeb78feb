"""Feeds that are not heard: carriers and a source that only one story uses, so that their silences are its own.

A feed's usual gap is what nine of ten of its gaps did not exceed. It is told by the minute: all that these feeds say,
they say at whole minutes.
"""

from datetime import datetime, timedelta

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.scenarios.delivery import GENEROUS, LOSS_AFTER_PROMISE, LOSS_LIMIT, STALL_LIMIT
from services.cli.simulator.scenarios.parcels import SCAN_LIMIT
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    PROMISE,
    Order,
    Parcel,
    approve,
    approved_order,
    breaks_promise,
    moves,
    place,
    register,
    scan,
)
from services.cli.simulator.shopping import fill_cart, visit
from services.cli.simulator.story import Finding
from services.cli.simulator.teller import Teller

MINUTE = timedelta(minutes=1)
GAPS, LEAST, TOLD_BY = 6, HOUR, MINUTE - timedelta(milliseconds=1)
"""How many usual gaps, and how much time at least, are no silence yet; nor is the rest of the minute that is told."""

USUAL = 2 * HOUR
"""How often these carriers are heard, unless a story says otherwise; ten gaps make one usual."""


def falls_silent_for_a_day(t: Teller) -> None:
    """After ten gaps it is missed; heard again, it is not; when its parcel has come, it has nothing left to say."""
    courier, _, parcel = _with_a_courier(t)
    last = _makes_rounds(t, parcel, 10)
    t.wait(20 * HOUR)
    _was_silent(t, courier, last, scan(t, parcel))
    _comes(t, courier, parcel)


def falls_silent_twice(t: Teller) -> None:
    """One long gap does not make long gaps usual; the second silence begins with the word that ended the first."""
    courier, _, parcel = _with_a_courier(t)
    last = _makes_rounds(t, parcel, 24)
    t.wait(DAY)
    heard = scan(t, parcel)
    _was_silent(t, courier, last, heard)
    t.wait(30 * HOUR)
    _was_silent(t, courier, heard, scan(t, parcel))
    _comes(t, courier, parcel)


def is_heard_just_in_time(t: Teller) -> None:
    """Exactly six usual gaps are no silence."""
    courier, _, parcel = _with_a_courier(t)
    _makes_rounds(t, parcel)
    t.wait(GAPS * USUAL)
    scan(t, parcel)
    _comes(t, courier, parcel)


def is_heard_a_minute_late(t: Teller) -> None:
    """A minute more is one."""
    courier, _, parcel = _with_a_courier(t)
    last = _makes_rounds(t, parcel)
    t.wait(GAPS * USUAL + MINUTE)
    _was_silent(t, courier, last, scan(t, parcel))
    _comes(t, courier, parcel)


def pauses_every_night(t: Teller) -> None:
    """One gap in five takes half a day: that is usual then, and it takes three days of silence to be missed."""
    courier, _, parcel = _with_a_courier(t)
    for _ in range(4):
        _makes_rounds(t, parcel, 4)
        t.wait(12 * HOUR)
        last = scan(t, parcel)
    t.wait(3 * DAY + HOUR)
    _was_silent(t, courier, last, scan(t, parcel), usual=12 * HOUR)
    _comes(t, courier, parcel, usual=12 * HOUR)


def is_heard_all_the_time(t: Teller) -> None:
    """A carrier that is heard every few minutes may rest for an hour, and no minute more."""
    courier, _, parcel = _with_a_courier(t)
    for _ in range(20):
        t.wait(55 * MINUTE)
        scan(t, parcel)
        t.wait(5 * MINUTE)
        scan(t, parcel)
    t.wait(LEAST)
    last = scan(t, parcel)
    t.wait(LEAST + MINUTE)
    _was_silent(t, courier, last, scan(t, parcel), usual=5 * MINUTE)
    t.wait(5 * MINUTE)
    _is_heard_no_more(t, courier, moves(t, parcel, "delivered"), usual=5 * MINUTE)


def is_hardly_known(t: Teller) -> None:
    """After nine gaps nobody misses a carrier, however long it is silent."""
    courier, _, parcel = _with_a_courier(t)
    _makes_rounds(t, parcel, 9)
    t.wait(4 * DAY)
    scan(t, parcel)
    _comes(t, courier, parcel)


def is_not_blamed_for_a_silence(t: Teller) -> None:
    """While its carrier is silent, what is not heard of a parcel is held back; from its next word on, it is not."""
    courier, placed, spoken_of = _with_a_courier(t)
    forgotten = _gets(t, placed, courier)
    last = _makes_rounds(t, spoken_of)
    scan(t, forgotten)
    label = register(t, placed, courier)
    t.wait(6 * DAY)
    heard = scan(t, spoken_of)
    silence = _was_silent(t, courier, last, heard)
    t.wait(USUAL)
    found = scan(t, forgotten)
    t.wait(USUAL)
    loaded = moves(t, label, "handed_over")
    never = t.hurts("never_scanned", label.alias, last, SCAN_LIMIT, ended_at=loaded, held_back_by=silence)
    for parcel, seen in ((spoken_of, heard), (forgotten, found)):
        t.hurts("parcel_stalled", parcel.alias, last, STALL_LIMIT, ended_at=seen, follows=never, held_back_by=silence)
    for parcel in (spoken_of, forgotten, label):
        t.wait(USUAL)
        moves(t, parcel, "delivered")
    _is_heard_no_more(t, courier, t.now)


def is_forgiven_when_another_is_heard_of(t: Teller) -> None:
    """Nobody speaks of the parcel when its carrier is heard again: it is held back no longer all the same."""
    courier, _, forgotten = _with_a_courier(t)
    t.enter_as(customer_id=t.name("neighbour"))
    neighbours = place(t, fill_cart(t), promise=GENEROUS, ship=GENEROUS)
    approve(t, neighbours)
    t.wait_until(_next_hour(t.now))
    spoken_of = _gets(t, neighbours, courier)
    _makes_rounds(t, spoken_of)
    seen, last = scan(t, forgotten), t.now
    t.wait(6 * DAY)
    heard = scan(t, spoken_of)
    silence = _was_silent(t, courier, last, heard)
    t.hurts("parcel_stalled", spoken_of.alias, last, STALL_LIMIT, ended_at=heard, held_back_by=silence)
    t.wait(USUAL)
    moves(t, spoken_of, "delivered")
    t.wait(USUAL)
    found = moves(t, forgotten, "delivered")
    t.hurts("parcel_stalled", forgotten.alias, seen, STALL_LIMIT, ended_at=found, held_back_by=silence)
    _is_heard_no_more(t, courier, found)


def stood_still_before_the_silence(t: Teller) -> None:
    """What hurt while the carrier was still heard is not held back."""
    courier, placed, spoken_of = _with_a_courier(t)
    forgotten, seen = _gets(t, placed, courier), t.now
    last = _makes_rounds(t, spoken_of, 12, 12 * HOUR)
    t.wait(4 * DAY)
    _was_silent(t, courier, last, scan(t, spoken_of), usual=12 * HOUR)
    t.wait(USUAL)
    t.hurts("parcel_stalled", forgotten.alias, seen, STALL_LIMIT, ended_at=moves(t, forgotten, "delivered"))
    _comes(t, courier, spoken_of, usual=12 * HOUR)


def is_never_heard_again(t: Teller) -> None:
    """The stall is held back; that the order is late, and its parcel lost, is not: its customer waits all the same."""
    courier, placed, parcel = _with_a_courier(t, PROMISE)
    last = _makes_rounds(t, parcel)
    silence = _is_heard_no_more(t, courier, last)
    stall = t.hurts("parcel_stalled", parcel.alias, last, STALL_LIMIT, held_back_by=silence)
    late = breaks_promise(t, placed, follows=stall)
    lost_at = max(last + LOSS_LIMIT, placed.promised_by + LOSS_AFTER_PROMISE)
    t.hurts("parcel_lost", parcel.alias, last, happened_at=lost_at, follows=stall)
    stays_or_goes(t, late)


def was_heard_all_along(t: Teller) -> None:
    """What the carrier said meanwhile is heard a day later: it was never silent."""
    courier, _, parcel = _with_a_courier(t)
    last = _makes_rounds(t, parcel)
    t.seems("feed_silent", f"feed:{courier}", last, GAPS * USUAL + TOLD_BY)
    with t.heard_late(25 * HOUR):
        _makes_rounds(t, parcel, 10)
    t.wait(6 * HOUR)
    scan(t, parcel)
    _comes(t, courier, parcel)


def hangs_in_a_store(t: Teller) -> None:
    """A source can fall silent, too: a screen that is off for two days, and then for good."""
    visit(t, known=False)
    screen = t.name("screen")
    t.wait_until(_next_hour(t.now))
    last = _is_looked_at(t, screen, 15)
    t.wait(2 * DAY)
    source = f"{t.shop}/{screen}"
    _was_silent(t, source, last, _is_looked_at(t, screen), usual=HOUR)
    _is_heard_no_more(t, source, _is_looked_at(t, screen), usual=HOUR)


def _with_a_courier(t: Teller, promise: timedelta = GENEROUS) -> tuple[str, Order, Parcel]:
    """A carrier of the story's own, an order, and the first parcel that it gets; at a full hour."""
    courier = t.name("courier")
    placed = approved_order(t, promise, ship=promise)
    t.wait_until(_next_hour(t.now))
    return courier, placed, _gets(t, placed, courier)


def _gets(t: Teller, placed: Order, courier: str) -> Parcel:
    """A parcel that is announced to its carrier and handed over, now."""
    parcel = register(t, placed, courier)
    moves(t, parcel, "handed_over")
    return parcel


def _makes_rounds(t: Teller, parcel: Parcel, times: int = 12, every: timedelta = USUAL) -> datetime:
    """The carrier speaks of the parcel so often; returns when it last did, now."""
    for _ in range(times):
        t.wait(every)
        scan(t, parcel)
    return t.now


def _is_looked_at(t: Teller, screen: str, times: int = 1) -> datetime:
    """The screen is heard from each hour; returns when it last was, now."""
    for _ in range(times):
        t.wait(HOUR)
        t.elsewhere(screen, "page.viewed", url="https://demo.example/store", page="home")
    return t.now


def _was_silent(t: Teller, feed: str, last: datetime, heard: datetime, usual: timedelta = USUAL) -> Finding:
    return t.hurts("feed_silent", f"feed:{feed}", last, max(LEAST, GAPS * usual) + TOLD_BY, ended_at=heard)


def _is_heard_no_more(t: Teller, feed: str, last: datetime, usual: timedelta = USUAL) -> Finding:
    """It is silent at the end of the story, and for ever."""
    return t.hurts("feed_silent", f"feed:{feed}", last, max(LEAST, GAPS * usual) + TOLD_BY)


def _comes(t: Teller, courier: str, parcel: Parcel, usual: timedelta = USUAL) -> None:
    """The parcel is delivered, and its carrier has nothing left to say."""
    _makes_rounds(t, parcel, 1)
    t.wait(USUAL)
    _is_heard_no_more(t, courier, moves(t, parcel, "delivered"), usual)


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + HOUR


ALL = (
    falls_silent_for_a_day,
    falls_silent_twice,
    is_heard_just_in_time,
    is_heard_a_minute_late,
    pauses_every_night,
    is_heard_all_the_time,
    is_hardly_known,
    is_not_blamed_for_a_silence,
    is_forgiven_when_another_is_heard_of,
    stood_still_before_the_silence,
    is_never_heard_again,
    was_heard_all_along,
    hangs_in_a_store,
)
