"""What becomes of customers who were hurt."""

from datetime import datetime, timedelta

from services.cli.simulator.shopping import visit
from services.cli.simulator.story import Finding
from services.cli.simulator.teller import Teller

CHURN_LIMIT = timedelta(days=90)


def turns_away(t: Teller, worst: Finding, until: datetime | None = None) -> Finding:
    """After the order's first grave pain point the customer is not seen again, or only after months."""
    entity, since = f"pain_point:{worst.id(t.shop)}", worst.happened_at
    return t.hurts("churn_risk", entity, since, CHURN_LIMIT, ended_at=until, follows=worst)


def looks_in_again(t: Teller, worst: Finding) -> None:
    """The customer is seen again within weeks of the order's first grave pain point."""
    t.wait_until(worst.happened_at)
    t.pause(timedelta(days=1), timedelta(days=40))
    visit(t)


def stays_or_goes(t: Teller, worst: Finding) -> None:
    """Some customers forgive and some do not; they were not seen since the order's first grave pain point so far.

    The story must end within 40 days of that.
    """
    (looks_in_again if t.rng.random() < 0.6 else turns_away)(t, worst)
