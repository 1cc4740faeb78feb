"""How good a forecast `delivery_at_risk` is: which late deliveries it told beforehand, and how long before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from services.cli.simulator.score import Found

WARNING, LATENESS = "delivery_at_risk", "delivery_late"
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Orders that were warned of, orders that came late, and what they have in common."""

    warned: int
    late: int
    both: int
    lead: timedelta | None
    """How long before the promise the first warning of a late order came, in half of the cases; None without any."""

    @property
    def precision(self) -> float:
        """The share of warnings that came true; 1 without any."""
        return self.both / self.warned if self.warned else 1.0

    @property
    def recall(self) -> float:
        """The share of late orders that were warned of; 1 when none was late."""
        return self.both / self.late if self.late else 1.0


def forecast(found: Found) -> Forecast:
    """What the warnings among these pain points were worth; one that came only when the promise was broken is none."""
    warned_at, broken_at = _first(found, WARNING), _first(found, LATENESS)
    leads = {order: broken_at[order] - warned_at[order] for order in broken_at.keys() & warned_at.keys()}
    useful = [lead for lead in leads.values() if lead > _NONE]
    return Forecast(
        warned=len(warned_at) - (len(leads) - len(useful)),
        late=len(broken_at),
        both=len(useful),
        lead=timedelta(seconds=median(lead.total_seconds() for lead in useful)) if useful else None,
    )


def _first(found: Found, kind: str) -> dict[str, datetime]:
    """When each entity's first pain point of a kind was: a warning when it was detected, lateness by its promise."""
    instants: dict[str, datetime] = {}
    for point, traits in found.items():
        if point.kind == kind:
            at = (traits.detected_at or traits.happened_at) if kind == WARNING else traits.happened_at
            instants[point.entity] = min(at, instants.get(point.entity, at))
    return instants
