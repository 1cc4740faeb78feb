"""Limits that are overridden for a carrier, service level or destination reach the parcels and orders they fit."""

import pytest
from support.story import at, ms

from services.journey.domain import facts as f
from services.journey.domain.entity import Entity
from services.journey.domain.instants import DAY
from services.journey.domain.pain import RULES
from services.journey.domain.person import Person
from services.journey.domain.portrait import Portrait
from services.journey.domain.rules import ENABLED, Override, Rules

NAME = (ms(at()), "/story", "e1")
PLACED = Entity([f.OrderPlaced(*NAME)])
PARCEL = Entity([f.ParcelRegistered(*NAME, shop="demo", order_id="o1", service_level="eco", destination="BR-SP")])
PERSON = {"order:o1": PLACED, "parcel:slow/1": PARCEL}
DEFAULTS = {kind: dict.fromkeys((*rule.limits, *rule.numbers), 2 * DAY) | {ENABLED: 1} for kind, rule in RULES.items()}


def opened(kind: str, where: dict[str, str], shop: str = "demo", **limits: int) -> list[int]:
    """When pain points of a kind opened, in days."""
    rules = Rules(DEFAULTS, (Override(kind, where, limits),))
    portrait = Portrait(Person(shop, "order:o1"), rules)
    portrait.know("order:o1", PERSON)
    portrait.update(ms(at(days=30)), lambda _: None)
    pains = (pain for unit in portrait.pains.values() for pain in unit.values())
    return [(pain.happened_at - ms(at())) // DAY for pain in pains if pain.kind == kind]


@pytest.mark.parametrize("kind", ["never_scanned", "approval_delayed"])
@pytest.mark.parametrize(
    ("where", "days"),
    [
        ({}, 4),
        ({"shop": "demo"}, 4),
        ({"shop": "main"}, 2),
        ({"carrier": "slow"}, 4),
        ({"carrier": "fast"}, 2),
        ({"service_level": "ec*", "destination": "BR-*"}, 4),
        ({"service_level": "eco", "destination": "DE-*"}, 2),
    ],
    ids=str,
)
def test_a_limit_holds_where_all_conditions_fit(kind: str, where: dict[str, str], days: int) -> None:
    assert opened(kind, where, after=4 * DAY) == [days]


def test_a_kind_that_is_switched_off_there_finds_nothing() -> None:
    assert opened("never_scanned", {"carrier": "slow"}, enabled=0) == []
