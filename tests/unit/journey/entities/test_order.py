"""Orders: their stages over several parcels, what is implied, and what was promised."""

from support.story import at, live, ms, order, parcel, placed, registered, return_, scanned, table

from schemas.rows import OrderRow, PromiseRow

BOUGHT = placed("o1", at())
TWO = [BOUGHT, registered("o1", at(hours=1), "1"), registered("o1", at(hours=1), "2")]


def one(*events: bytes) -> OrderRow:
    (row,) = (r for r in table(live(events, at(days=90)), "OrderRow") if isinstance(r, OrderRow))
    return row


def promises(*events: bytes) -> list[tuple[int, str]]:
    rows = (r for r in table(live(events, at(days=90)), "PromiseRow") if isinstance(r, PromiseRow))
    return [(row.promised_by, row.slip_owner) for row in sorted(rows, key=lambda row: row.made_at)]


def test_a_delivery_implies_the_attempt_the_hand_over_and_the_approval() -> None:
    row = one(BOUGHT, registered("o1", at(hours=1)), parcel("delivered", at(days=2)))
    assert {row.approved_at, row.handed_over_at, row.first_attempt_at, row.delivered_at} == {ms(at(days=2))}


def test_a_stage_is_as_early_as_any_later_one() -> None:
    shipped = [registered("o1", at(hours=1)), scanned(at(days=1)), order("approved", at(days=2))]
    row = one(BOUGHT, *shipped)
    assert (row.approved_at, row.handed_over_at) == (ms(at(days=1)), ms(at(days=1)))


def test_it_is_handed_over_attempted_and_delivered_when_each_parcel_is() -> None:
    first = [scanned(at(days=1), "1"), parcel("delivered", at(days=3), "1")]
    assert (one(*TWO, *first).handed_over_at, one(*TWO, *first).delivered_at) == (None, None)
    second = [scanned(at(days=2), "2"), parcel("delivery_attempted", at(days=4), "2")]
    row = one(*TWO, *first, *second)
    assert (row.handed_over_at, row.first_attempt_at, row.delivered_at) == (ms(at(days=2)), ms(at(days=4)), None)
    assert one(*TWO, *first, *second, parcel("delivered", at(days=5), "2")).delivered_at == ms(at(days=5))


def test_lost_and_returned_parcels_are_not_waited_for_if_one_was_delivered() -> None:
    delivered = parcel("delivered", at(days=3), "1")
    assert one(*TWO, delivered, parcel("lost", at(days=4), "2")).delivered_at == ms(at(days=4))
    assert one(*TWO, delivered, parcel("returned", at(days=5), "2")).delivered_at == ms(at(days=5))
    assert one(*TWO, parcel("lost", at(days=3), "1"), parcel("lost", at(days=4), "2")).delivered_at is None


def test_a_parcel_registered_later_reopens_it() -> None:
    one_came = [BOUGHT, registered("o1", at(hours=1)), parcel("delivered", at(days=3))]
    assert one(*one_came, registered("o1", at(days=5), "2")).delivered_at is None


def test_waiting_for_pick_up_is_an_attempt() -> None:
    row = one(BOUGHT, registered("o1", at(hours=1)), scanned(at(days=3), status="available_for_pickup"))
    assert (row.first_attempt_at, row.delivered_at, row.status) == (ms(at(days=3)), None, "attempted")


def test_it_is_returned_with_the_first_return_or_when_every_parcel_came_back() -> None:
    assert one(BOUGHT, return_("received", at(days=9))).status == "returned"
    assert one(BOUGHT, return_("registered", at(days=9))).status == "placed"
    back = [parcel("returned", at(days=4), "1"), parcel("returned", at(days=5), "2")]
    assert [one(*TWO, back[0]).status, one(*TWO, *back).status] == ["approved", "returned"]


def test_its_ship_by_is_its_own_else_its_parcels_latest_by_the_last_word_of_each() -> None:
    parcels = [registered("o1", at(), "1", ship_by=at(days=2)), registered("o1", at(), "2", ship_by=at(days=9))]
    assert one(BOUGHT, *parcels).ship_by == ms(at(days=9))
    assert one(BOUGHT, *parcels, registered("o1", at(hours=1), "2", ship_by=at(days=1))).ship_by == ms(at(days=2))
    assert one(placed("o1", at(), ship_by=at(days=4)), *parcels).ship_by == ms(at(days=4))


def test_every_promise_is_kept_and_a_slip_has_its_owner() -> None:
    events = [
        placed("o1", at(), promised_by=at(days=5)),
        registered("o1", at(days=1), promised_by=at(days=7)),
        parcel("handed_over", at(days=2)),
        registered("o1", at(days=3), promised_by=at(days=9)),
        registered("o1", at(days=4), promised_by=at(days=8)),
    ]
    assert promises(*events) == [
        (ms(at(days=5)), ""),
        (ms(at(days=7)), "shop"),
        (ms(at(days=9)), "carrier"),
        (ms(at(days=8)), ""),
    ]
    row = one(*events)
    assert (row.first_promise, row.current_promise, row.late) == (ms(at(days=5)), ms(at(days=8)), True)
