"""A story as people read it: rows in, lines out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.cli.journeys.chapters import chapters
from services.cli.journeys.lines import Look, lines, text
from services.cli.journeys.story import Event, Journey, Order, PainPoint, Person, Promise, Retraction, Story

T0 = datetime(2024, 5, 2, 10, 0, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)
LATE, SAD, GONE = UUID(int=11), UUID(int=12), UUID(int=13)


def at(**since: float) -> datetime:
    return T0 + timedelta(**since)


def event(number: int, type_: str, when: datetime, alias: str, order_id: str = "", **data: Any) -> Event:
    return Event(when, UUID(int=100 + number), type_, alias, order_id, False, data)


def journey(name: UUID, order_id: str, began: datetime, **changes: Any) -> Journey:
    known = Journey(
        journey_id=name,
        order_id=order_id,
        stage="deliver",
        outcome="completed",
        started_at=began,
        ended_at=began + timedelta(days=9),
        value=Decimal("50.0000"),
        currency="EUR",
        touches=5,
        channels=["web"],
        devices=[],
        pain_points=[],
        reached={"discover": began, "order": began + timedelta(minutes=10)},
    )
    return replace(known, **changes)


def pain(name: UUID, kind: str, when: datetime, **changes: Any) -> PainPoint:
    known = PainPoint(
        pain_point_id=name,
        kind=kind,
        entity="order:A-1",
        stage="deliver",
        severity="high",
        status="open",
        happened_at=when,
        detected_at=when,
        ended_at=None,
        cause="",
        root_id=name,
        value_at_risk=None,
        currency="",
        evidence=[],
        playbook="Do something.",
        act_before=None,
        journey_id=FIRST,
        order_id="A-1",
        held_back=False,
    )
    return replace(known, **changes)


STORY = Story(
    person=Person("demo", "customer:c1"),
    aliases=["customer:c1", "order:A-1", "parcel:dhl/1", "session:s1", "session:s2", "ticket:t1"],
    clock=at(days=20),
    journeys=[
        journey(FIRST, "A-1", T0),
        journey(SECOND, "", at(days=5), stage="consider", outcome="open", ended_at=None, value=None, reached={}),
    ],
    events=[
        event(0, "storefront.page.viewed", at(), "session:s1", page="home", url="/"),
        event(1, "storefront.product.viewed", at(minutes=1), "session:s1", sku="boots"),
        event(2, "storefront.product.viewed", at(minutes=2), "session:s1", sku="socks"),
        event(3, "storefront.page.viewed", at(minutes=3), "session:s1", page="product", url="/p"),
        event(4, "storefront.order.placed", at(minutes=10), "order:A-1", "A-1", total="50.00", currency="EUR"),
        event(5, "logistics.parcel.scanned", at(days=6), "parcel:dhl/1", status="at_hub", location="Köln"),
        event(6, "service.survey.answered", at(days=7), "order:A-1", "A-1", survey="csat", score=1, scale=5.0),
        event(7, "storefront.page.viewed", at(days=5), "session:s2", page="list", url="/l"),
        event(8, "service.ticket.opened", at(days=6, hours=1), "ticket:t1", "A-1", ticket_id="t1", channel="email"),
        event(9, "service.ticket.solved", at(days=6, hours=2), "ticket:t1", ticket_id="t1"),
    ],
    orders=[Order("A-1", "delivered", at(days=4), at(days=6, hours=3), at(days=6, hours=3), None)],
    promises=[
        Promise("A-1", at(minutes=10), at(days=4), "shop", ""),
        Promise("A-1", at(days=3), at(days=8), "dhl", "carrier"),
    ],
    pain_points=[
        pain(
            LATE,
            "delivery_late",
            at(days=4),
            status="resolved",
            ended_at=at(days=6, hours=3),
            value_at_risk=Decimal("50"),
            currency="EUR",
            evidence=[UUID(int=104), UUID(int=999)],
        ),
        pain(SAD, "low_score", at(days=7), entity="event:e6", root_id=LATE, act_before=at(days=8), held_back=True),
    ],
    retracted=[
        Retraction(GONE, "parcel_stalled", "parcel:dhl/1", "medium", at(days=5), at(days=6), "A-1", "a scan came")
    ],
    parcels={"dhl/1": "A-1"},
)

GOLDEN = """\
customer:c1 of shop demo
  known as order:A-1, parcel:dhl/1, session:s1, session:s2, ticket:t1
  2 journeys · 2 pain points, 1 open · 1 retracted · times in Europe/Berlin, as of 2024-05-22 12:00

Journey 1 of 2 · order A-1 · completed, stage deliver · 50.00 EUR
────────────────────────────────────────────────────────────────────────────────────────────────────
  2024-05-02 12:00 to 2024-05-11 12:00 · 5 touches · web

  Thu 2024-05-02
  12:00:00  ▸ reached discover
  12:00:00  · page viewed ×2: home, product · product viewed ×2: boots, socks · until 12:03:00
  12:10:00  ▸ reached order
  12:10:00  · order placed: 50.00 EUR
  12:10:00  → promised by 2024-05-06 12:00 (the first, which counts)

  Sun 2024-05-05
  12:00:00  → promised by 2024-05-10 12:00: a slip of the carrier (the second)

  Mon 2024-05-06
  12:00:00  ✗ promise broken: 2 d 3 h late (the first, which counts)
  12:00:00  ✗ DELIVERY LATE · high · over 2024-05-08 15:00, after 2 d 3 h
                led to low score
                at risk: 50.00 EUR
                shown by order placed of 2024-05-02 12:10, event
                00000000-0000-0000-0000-0000000003e7

  Tue 2024-05-07
  12:00:00  ⊘ parcel stalled, retracted · medium · parcel:dhl/1
                because a scan came

  Wed 2024-05-08
  12:00:00  · parcel scanned: at_hub · at Köln · parcel:dhl/1
  13:00:00  · ticket opened: by email · ticket:t1
  14:00:00  · ticket solved · ticket:t1
  15:00:00  ✓ delivery late over

  Thu 2024-05-09
  12:00:00  · survey answered: csat · 1 of 5
  12:00:00  ✗ LOW SCORE · high · open · event:e6 · held back: nothing is heard of its carrier
                follows from delivery late of 2024-05-06 12:00
                do: Do something. Before 2024-05-10 12:00.

  Fri 2024-05-10
  12:00:00  ✓ promise kept, 1 d 21 h before its end (the second)

Journey 2 of 2 · no order · open, stage consider
────────────────────────────────────────────────────────────────────────────────────────────────────
  since 2024-05-07 12:00, no end yet · 5 touches · web

  Tue 2024-05-07
  12:00:00  · page viewed: list"""

LOOK = Look(ZoneInfo("Europe/Berlin"), "Europe/Berlin", retracted=True)


def told(story: Story, **changes: Any) -> str:
    return text(lines(story, replace(LOOK, **changes)))


def test_a_story_reads_like_this() -> None:
    assert told(STORY) == GOLDEN


def test_retractions_are_only_counted_unless_asked_for() -> None:
    shown = told(STORY, retracted=False)
    assert "1 retracted (see --retracted)" in shown
    assert "stalled" not in shown


def test_all_tells_each_event_on_a_line_of_its_own_and_evidence_by_its_id() -> None:
    shown = told(STORY, whole=True).splitlines()
    assert [line for line in shown if "viewed" in line] == [
        "  12:00:00  · page viewed: home",
        "  12:01:00  · product viewed: boots",
        "  12:02:00  · product viewed: socks",
        "  12:03:00  · page viewed: product",
        "  12:00:00  · page viewed: list",
    ]
    assert any("00000000-0000-0000-0000-000000000068" in line for line in shown)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_wider_than_asked_for(width: int) -> None:
    long = replace(STORY, aliases=[f"session:{n:040}" for n in range(9)])
    assert max(map(len, told(long, width=width).splitlines())) <= width


def test_many_names_are_counted_unless_all_are_asked_for() -> None:
    story = Story(Person("demo", "customer:c1"), aliases=[f"session:{n}" for n in range(9)])
    assert "known as session:0, session:1, session:2, session:3, session:4 and 4 more" in told(story)
    assert "session:8" in told(story, whole=True)


def test_what_belongs_to_no_journey_is_told_all_the_same() -> None:
    lonely = Story(Person("demo", "ticket:t1"), events=[STORY.events[8]])
    (chapter,) = chapters(lonely)
    assert (chapter.journey, len(chapter.entries)) == (None, 1)
    assert "Outside of any journey" in told(lonely)


def test_text_of_an_event_cannot_move_the_cursor() -> None:
    sly = event(0, "storefront.search.performed", at(), "session:s1", query="\x1b[2J", results=0)
    shown = told(Story(Person("demo", "customer:c1"), events=[sly]))
    assert "\x1b" not in shown
    assert "search performed: “\N{REPLACEMENT CHARACTER}[2J” · 0 found" in shown


def test_a_late_event_says_that_it_did_not_count() -> None:
    late = replace(STORY.events[4], late=True)
    assert "came too late to count" in told(replace(STORY, events=[late]))


def test_the_same_step_again_in_a_row_is_one_line() -> None:
    steps = [
        event(n, "storefront.checkout.step_completed", at(minutes=n), "checkout:x", step="address") for n in range(3)
    ]
    shown = told(Story(Person("demo", "customer:c1"), events=steps))
    assert "12:00:00  · checkout step completed ×3: address · checkout:x · until 12:02:00" in shown
