"""A source or a carrier is not heard any more."""

from collections.abc import Iterator

from services.journey.domain.entities.feed import Feed
from services.journey.domain.instants import HOUR, MINUTE
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person

TOLD_BY = MINUTE - 1
"""A minute in which it was heard may have been heard to its end: feeds are told by the minute."""


def find(feed: Feed, person: Person, limits: Limits) -> Iterator[Spell]:
    """Not heard for `times` its usual gap, but at least `at_least`; being heard again ends it."""
    for silence in feed.silences(longer_than=limits["at_least"]):
        if silence.usual is None:
            continue
        yield Spell(
            entity=feed.alias,
            anchor=silence.begin,
            happened_at=silence.begin + max(limits["at_least"], limits["times"] * silence.usual) + TOLD_BY,
            ended_at=silence.end,
            severity=Severity.HIGH,
        )


RULE = Rule(
    kind="feed_silent",
    subject=Subject.FEED,
    stage="transit",
    place=0,
    playbook="Ask the feed's owner (see config/shops.yaml) whether it is down; do not blame parcels meanwhile.",
    act_within=HOUR,
    limits=frozenset({"at_least"}),
    numbers=frozenset({"times"}),
    find=find,
)
