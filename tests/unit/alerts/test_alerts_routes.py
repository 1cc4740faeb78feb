from decimal import Decimal

import msgspec
import pytest
from support.alert_rows import pain_point, policy

from services.alerts.domain.routes import Route


@pytest.mark.parametrize(
    ("conditions", "changes", "matches"),
    [
        ({}, {}, True),
        ({"kind": ("delivery_late",)}, {}, True),
        ({"kind": ("parcel_*",)}, {"kind": "parcel_lost"}, True),
        ({"kind": ("parcel_*",)}, {}, False),
        ({"severity": "high"}, {"severity": "critical"}, True),
        ({"severity": "high"}, {"severity": "high"}, True),
        ({"severity": "high"}, {"severity": "medium"}, False),
        ({"shop": ("ma*", "de")}, {}, True),
        ({"shop": ("de",)}, {}, False),
        ({"carrier": ("dhl",)}, {}, True),
        ({"carrier": ("ups",)}, {}, False),
        ({"carrier": ("dhl",)}, {"factors": {}}, False),
        ({"stage": ("deliver", "care")}, {}, True),
        ({"stage": ("care",)}, {}, False),
        ({"cause": ("shipping_cost",)}, {"cause": "shipping_cost"}, True),
        ({"cause": ("shipping_cost",)}, {}, False),
        ({"value_at_risk": {"EUR": Decimal("120.50")}}, {}, True),
        ({"value_at_risk": {"EUR": Decimal("120.51")}}, {}, False),
        ({"value_at_risk": {"BRL": Decimal(1)}}, {}, False),
        ({"value_at_risk": {"EUR": Decimal(0)}}, {"value_at_risk": None}, False),
    ],
)
def test_every_condition_of_a_route_must_hold(
    conditions: dict[str, object], changes: dict[str, object], matches: bool
) -> None:
    route = Route("r", ("default",), **conditions)  # type: ignore[arg-type]

    assert route.matches(msgspec.structs.replace(pain_point(), **changes)) is matches


def test_the_first_route_that_matches_wins() -> None:
    lost, rest = Route("lost", ("care",), kind=("parcel_lost",)), Route("rest", ("default",))

    assert policy(lost, rest).route(pain_point()) is rest
    assert policy(lost, rest).route(pain_point(kind="parcel_lost")) is lost


def test_a_replayed_shop_prefers_a_route_that_asks_for_replays() -> None:
    everybody, rehearsal = Route("everybody", ("default",)), Route("rehearsal", ("test",), shop=("demo",), replay=True)

    assert policy(everybody, rehearsal).route(pain_point(shop="demo")) is rehearsal
    assert policy(everybody, rehearsal).route(pain_point(shop="olist")) is everybody
    assert policy(everybody, rehearsal).route(pain_point()) is everybody


def test_what_only_a_changing_condition_rules_out_may_have_matched_before() -> None:
    dhl = policy(Route("r", ("default",), severity="high", carrier=("dhl",), cause=("unknown",)))

    assert dhl.may_route(pain_point(factors={}))
    assert not dhl.may_route(pain_point(severity="medium"))
