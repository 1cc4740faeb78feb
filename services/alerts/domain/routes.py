"""Routes: who is told of which pain points. The first that matches wins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase

from schemas.rows import PainPointRow
from services.alerts.domain.vocabulary import SEVERITIES


@dataclass(frozen=True, slots=True)
class Route:
    """Conditions that must all hold, and the receivers to tell; an empty condition holds for everything.

    `shop` and `kind` are globs. `severity` is the mildest that counts: conditions on it hold for every worse one.
    `value_at_risk` is the least amount for each currency; a pain point in another currency does not match.
    """

    name: str
    receivers: tuple[str, ...]
    kind: tuple[str, ...] = ()
    severity: str = "low"
    shop: tuple[str, ...] = ()
    carrier: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    cause: tuple[str, ...] = ()
    value_at_risk: Mapping[str, Decimal] = field(default_factory=dict)
    replay: bool = False

    def may_match(self, row: PainPointRow) -> bool:
        """Whether this or an earlier version of the row can match: all that never changes for a pain point holds.

        Severity counts here, too, since it only rises.
        """
        return (
            _globs(self.kind, row.kind)
            and _globs(self.shop, row.shop)
            and _one_of(self.stage, row.stage)
            and SEVERITIES.index(row.severity) >= SEVERITIES.index(self.severity)
        )

    def matches(self, row: PainPointRow) -> bool:
        """Whether every condition holds for the row."""
        return (
            self.may_match(row)
            and _one_of(self.carrier, row.factors.get("carrier", ""))
            and _one_of(self.cause, row.cause)
            and self._enough_at_risk(row)
        )

    def _enough_at_risk(self, row: PainPointRow) -> bool:
        if not self.value_at_risk:
            return True
        least = self.value_at_risk.get(row.currency)
        return least is not None and row.value_at_risk is not None and row.value_at_risk >= least


@dataclass(frozen=True, slots=True)
class Policy:
    """All that decides who is told: routes in order, receivers that cannot be reached (with the reason), live shops."""

    routes: tuple[Route, ...]
    is_live: Callable[[str], bool]
    unconfigured: Mapping[str, str] = field(default_factory=dict)

    def route(self, row: PainPointRow) -> Route | None:
        """The route for a row, or None.

        For a replayed shop, the first match among the routes that ask for replays; failing that, the first match of
        all, so that what a live shop would have sent can be recorded.
        """
        if not self.is_live(row.shop) and (asked := self._first(row, replay_only=True)):
            return asked
        return self._first(row)

    def may_route(self, row: PainPointRow) -> bool:
        """Whether any version of this pain point up to this one can have had a route."""
        return any(route.may_match(row) for route in self.routes)

    def _first(self, row: PainPointRow, replay_only: bool = False) -> Route | None:
        return next((r for r in self.routes if (r.replay or not replay_only) and r.matches(row)), None)


def _globs(patterns: tuple[str, ...], value: str) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for pattern in patterns)


def _one_of(values: tuple[str, ...], value: str) -> bool:
    return not values or value in values
