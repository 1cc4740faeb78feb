"""What a question noted, and what is asked again because of it."""

import pytest

from services.journey.domain import facts as f
from services.journey.domain.entities.order import Order
from services.journey.domain.entity import Entity
from services.journey.domain.person import Person
from services.journey.domain.reads import Reads, Streams

ORDER, CHECKOUT = "order:o1", "checkout:k1"
ASKED = ("unit", ORDER)


def test_a_question_is_asked_again_for_whatever_it_read_however_often() -> None:
    reads = Reads()
    for _ in range(2):
        reads.asking(ASKED)
        reads.note("losses")
        reads.note("losses")
        reads.answered()
    reads.changed("losses")
    assert reads.stale == {ASKED}


def test_a_question_asked_anew_depends_only_on_what_it_reads_then() -> None:
    reads = Reads()
    for name in ("losses", "contacts"):
        reads.asking(ASKED)
        reads.note(name)
        reads.answered()
    reads.changed("losses")
    assert reads.stale == set()
    reads.changed("contacts")
    assert reads.stale == {ASKED}


def test_what_a_forgotten_question_goes_on_to_read_is_not_noted() -> None:
    reads = Reads()
    reads.asking(ASKED)
    reads.note("losses")
    reads.forget(ASKED)
    reads.note("contacts")
    reads.answered()
    for name in ("losses", "contacts"):
        reads.changed(name)
    assert reads.stale == set()


def test_a_stream_told_anew_moves_only_where_it_is_different() -> None:
    reads = Reads()
    streams = Streams(reads)
    streams.replace({}, {"orders": [10, 20, 30]})
    reads.asking(ASKED)
    assert streams.first_after("orders", 12) == 20
    reads.answered()
    streams.replace({"orders": [10, 20, 30]}, {"orders": [10, 20, 30, 40, 40]})
    assert reads.stale == set()
    streams.replace({"orders": [10, 20, 30, 40, 40]}, {"orders": [10, 25, 30, 40, 40]})
    assert reads.stale == {ASKED}
    assert streams.all("orders") == [10, 25, 30, 40]


@pytest.mark.parametrize(("own", "asked_again"), [(500, False), (None, True)])
def test_a_checkout_s_promise_concerns_an_order_only_if_it_has_none_of_its_own(
    own: int | None, *, asked_again: bool
) -> None:
    person = Person("demo", "customer:c1")
    person.know(ORDER, {ORDER: Entity([f.OrderPlaced(100, "/shop", "e3", checkout_id="k1", promised_by=own)])})
    started, step = f.CheckoutStarted(10, "/shop", "e1"), f.CheckoutStepCompleted(30, "/shop", "e2", promised_by=700)
    person.know(CHECKOUT, {CHECKOUT: Entity([started])})
    person.reads.stale.clear()
    assert promised(person) == own
    person.know(CHECKOUT, {CHECKOUT: Entity([started, step])}, {CHECKOUT: Entity([step])})
    assert (ASKED in person.reads.stale) is asked_again
    assert promised(person) == (own or 700)


def promised(person: Person) -> int | None:
    """What the order was promised first, with a question about it that looks."""
    order = person.views[ORDER]
    assert isinstance(order, Order)
    person.reads.asking(ASKED)
    found = person.lend_promises(order).first_promise
    person.reads.answered()
    return found
