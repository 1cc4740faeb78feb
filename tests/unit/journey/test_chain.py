"""Chains: which pain point on an order another one follows from."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from support.story import at, live, order, parcel, placed, registered, return_, scanned, survey, ticket

from services.journey.domain.chain import roots
from services.journey.domain.instants import DAY


@dataclass(frozen=True)
class Link:
    """What a chain is made of; days since the beginning."""

    place: int
    day: float
    ended: float | None = None
    order_id: str = "o1"
    behind: UUID | None = None
    id: UUID = field(default_factory=uuid4)

    @property
    def happened_at(self) -> int:
        return int(self.day * DAY)

    @property
    def ended_at(self) -> int | None:
        return None if self.ended is None else int(self.ended * DAY)


def root_of(link: Link, *others: Link) -> UUID:
    return roots([link, *others])[link.id]


def test_what_follows_from_nothing_is_its_own_root() -> None:
    first = Link(4, 1)
    assert root_of(first) == first.id


def test_a_root_is_taken_over_along_the_chain() -> None:
    first, second = Link(1, 1, ended=2), Link(4, 3, ended=4)
    assert root_of(Link(6, 5), first, second) == first.id


def test_the_latest_that_stands_earlier_counts_and_at_one_instant_the_further() -> None:
    early, late, further = Link(4, 2), Link(2, 3), Link(3, 3)
    assert root_of(Link(6, 5), early, late) == late.id
    assert root_of(Link(6, 5), early, further) == further.id


def test_kinds_that_share_a_place_do_not_explain_one_another() -> None:
    later = Link(5, 3)
    assert root_of(later, Link(5, 1)) == later.id


def test_what_stands_later_in_the_chain_or_outside_of_it_explains_nothing() -> None:
    later = Link(4, 3)
    assert root_of(later, Link(6, 1), Link(0, 2)) == later.id


@pytest.mark.parametrize(("day", "explained"), [(32.0, True), (32.0 + 1 / DAY, False)])
def test_what_ended_at_most_30_days_before_still_explains(day: float, explained: bool) -> None:
    first, later = Link(4, 1, ended=2), Link(6, day)
    assert (root_of(later, first) == first.id) is explained


def test_other_orders_and_what_is_on_no_order_explain_nothing() -> None:
    later, loose = Link(6, 5), Link(6, 5, order_id="")
    assert root_of(later, Link(4, 1, order_id="o2"), Link(4, 1, order_id="")) == later.id
    assert root_of(loose, Link(4, 1, order_id="")) == loose.id


def test_one_that_is_about_another_takes_its_root_however_long_ago() -> None:
    first, second = Link(4, 1), Link(6, 2, ended=3)
    assert root_of(Link(10, 92, behind=second.id), first, second) == first.id
    outside = Link(0, 1)
    assert root_of(Link(10, 92, behind=outside.id), outside) == outside.id


def test_a_whole_story_has_one_root() -> None:
    events = [
        placed("o1", at(), promised_by=at(days=9)),
        order("approved", at(days=3)),
        registered("o1", at(days=3)),
        scanned(at(days=4)),
        parcel("delivered", at(days=12)),
        ticket("opened", at(days=13), order_id="o1"),
        return_("received", at(days=14)),
        survey(1, at(days=30), order_id="o1"),
    ]
    found = live(events, at(days=200)).pain_points().values()
    first = next(pain for pain in found if pain.kind == "approval_delayed")
    assert {pain.kind: pain.root_id == first.pain_point_id for pain in found} == dict.fromkeys(
        [
            "approval_delayed",
            "parcel_stalled",
            "delivery_late",
            "ticket_unanswered",
            "ticket_unresolved",
            "refund_delayed",
            "low_score",
            "churn_risk",
        ],
        True,
    )


def test_a_ticket_and_what_is_said_about_it_stand_in_the_chain_of_its_order() -> None:
    late = [placed("o1", at(), promised_by=at(days=1)), registered("o1", at()), parcel("delivered", at(days=2))]
    asked = ticket("opened", at(days=5), order_id="o1")
    scored = survey(1, at(days=7), order_id=None, ticket_id="t1")
    found = {pain.kind: pain for pain in live([*late, asked, scored], at(days=11)).pain_points().values()}
    assert {found[kind].order_id for kind in ("ticket_unanswered", "ticket_unresolved", "low_score")} == {"o1"}
    assert {pain.root_id for pain in found.values()} == {found["delivery_late"].pain_point_id}
