"""The scenarios by name: each tells one story on a `Teller`, pain points included."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.cli.simulator.scenarios import (
    care,
    causes,
    chains,
    delivery,
    forecasts,
    fulfilment,
    identity,
    late,
    mishaps,
    parcels,
    parts,
    payments,
    returns,
    silences,
    storefront,
    tickets,
    visits,
)
from services.cli.simulator.teller import Teller


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way a journey can go, and how often it does."""

    tell: Callable[[Teller], None]
    weight: float = 1.0


_USUAL: Mapping[str, float] = {
    "looks_around": 300,
    "is_content": 300,
    "buys": 150,
    "leaves_cart": 80,
    "buys_again": 60,
    "leaves_checkout": 30,
    "asks_and_is_answered": 20,
    "would_rather_recommend": 20,
    "is_just_content": 10,
    "arrives_late": 6,
    "stalls_and_arrives": 5,
    "comes_late_as_foretold": 4,
    "takes_the_slow_lane": 2,
}
"""What happens more often than once in a while; all else has the weight 1."""

_CHAPTERS = (
    storefront,
    visits,
    payments,
    causes,
    fulfilment,
    parcels,
    delivery,
    forecasts,
    silences,
    mishaps,
    parts,
    tickets,
    returns,
    care,
    chains,
    identity,
    late,
)

SCENARIOS: Mapping[str, Scenario] = {
    tell.__name__: Scenario(tell, _USUAL.get(tell.__name__, 1.0)) for chapter in _CHAPTERS for tell in chapter.ALL
}
