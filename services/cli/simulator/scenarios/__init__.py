"""The scenarios by name: each tells one story on a `Teller`, pain points included."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.cli.simulator.scenarios import care, delivery, fulfilment, storefront
from services.cli.simulator.teller import Teller


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way a journey can go, and how often it does."""

    tell: Callable[[Teller], None]
    weight: float = 1.0


_USUAL: Mapping[str, float] = {"looks_around": 30, "leaves_cart": 12, "leaves_checkout": 6, "is_content": 30}
"""What happens more often than once in a while."""

SCENARIOS: Mapping[str, Scenario] = {
    tell.__name__: Scenario(tell, _USUAL.get(tell.__name__, 1.0))
    for tell in (*storefront.ALL, *fulfilment.ALL, *delivery.ALL, *care.ALL)
}
