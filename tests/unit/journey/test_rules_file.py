"""rules.yaml: its limits, its overrides, and what is said when it cannot be used."""

from pathlib import Path

import pytest

from schemas.shops import Shops
from services.journey.adapters.rules_file import load_rules
from services.journey.domain.pain import RULES
from services.journey.domain.rules import Rules
from services.runtime.config import ConfigError, load_shops

CONFIG = Path(__file__).parents[3] / "config"
HOUR, DAY = 3_600_000, 86_400_000
DOCUMENTED = {
    "approval_delayed": {"after": 48 * HOUR},
    "cart_abandoned": {"after": HOUR},
    "checkout_abandoned": {
        "after": HOUR // 2,
        "high_value": 200,
        "shipping_share": 15,
        "slow_promise": 7 * DAY,
        "question_before": DAY,
    },
    "churn_risk": {"after": 90 * DAY},
    "delivery_attempt_failed": {"apart": DAY},
    "feed_silent": {"times": 6, "at_least": HOUR},
    "fulfilment_delayed": {"after": 3 * DAY},
    "low_score": {"share": 40},
    "never_scanned": {"after": 48 * HOUR},
    "parcel_lost": {"after": 14 * DAY, "after_promise": 7 * DAY},
    "parcel_stalled": {"after": 5 * DAY},
    "payment_failed": {"after": HOUR // 6},
    "refund_delayed": {"after": 14 * DAY},
    "repeat_contact": {"within": 7 * DAY},
    "ticket_unanswered": {"after": DAY},
    "ticket_unresolved": {"after": 5 * DAY},
}


class Folder:
    """A folder of configuration that differs from the shipped one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rules = (CONFIG / "rules.yaml").read_text(encoding="utf-8")
        self.shops = (CONFIG / "shops.yaml").read_text(encoding="utf-8")

    def change(self, before: str, after: str) -> None:
        assert before in self.rules
        self.rules = self.rules.replace(before, after)

    def override(self, entry: str) -> None:
        self.change("\noverrides: []", f"\noverrides:\n{entry}")

    def declared(self) -> Shops:
        (self.path / "shops.yaml").write_text(self.shops, encoding="utf-8")
        return load_shops(self.path)

    def load(self) -> Rules:
        (self.path / "rules.yaml").write_text(self.rules, encoding="utf-8")
        return load_rules(self.declared(), self.path)

    def complaint(self) -> str:
        with pytest.raises(ConfigError) as caught:
            self.load()
        return str(caught.value).removeprefix(f"{self.path}/")

    def line(self, text: str, file: str = "rules") -> int:
        written = self.rules if file == "rules" else self.shops
        return next(n for n, line in enumerate(written.splitlines(), 1) if text in line)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_shipped_file_has_the_documented_defaults(folder: Folder) -> None:
    defaults = {kind: dict(limits) for kind, limits in folder.load().defaults.items()}
    assert all(limits.pop("enabled") == 1 for limits in defaults.values())
    assert {kind: defaults[kind] for kind in DOCUMENTED} == DOCUMENTED


def test_every_kind_with_limits_has_its_line_and_a_comment_before_it(folder: Folder) -> None:
    lines = folder.rules.splitlines()
    for kind in (kind for kind, rule in RULES.items() if rule.limits | rule.numbers):
        assert lines[folder.line(f"  {kind}:") - 2].startswith("  # "), kind


@pytest.mark.parametrize(
    ("shop", "about", "days"),
    [
        ("demo", {"carrier": "slowpost", "destination": "BR-SP", "service_level": "eco"}, 9),
        ("demo", {"carrier": "slowpost", "destination": "DE-04", "service_level": "eco"}, 5),
        ("demo", {"carrier": "dhl", "destination": "BR-SP", "service_level": "eco"}, 5),
        ("demo", {}, 5),
        ("demo", {"carrier": "dhl", "service_level": "express"}, 1),
        ("main", {"carrier": "dhl", "service_level": "eco"}, 3),
        ("main", {"carrier": "slowpost", "destination": "BR-SP", "service_level": "express"}, 1),
    ],
)
def test_overrides_by_shop_carrier_service_level_and_destination(
    folder: Folder, shop: str, about: dict[str, str], days: int
) -> None:
    folder.override(
        '  - where: {carrier: slowpost, destination: "BR-*"}\n    kinds: {parcel_stalled: {after: 9d}}\n'
        "  - where: {shop: main}\n    kinds: {parcel_stalled: {after: 3d}}\n"
        "  - where: {service_level: express}\n    kinds: {parcel_stalled: {after: 24h}}\n"
    )
    assert folder.load().limits("parcel_stalled", shop, about)["after"] == days * DAY


def test_a_shops_own_rules_win_over_all_others(folder: Folder) -> None:
    folder.override("  - where: {shop: demo}\n    kinds: {cart_abandoned: {after: 2h}}\n")
    folder.shops = folder.shops.replace("demo:\n", "demo:\n  rules: {cart_abandoned: {after: 3h}}\n")
    assert folder.load().limits("cart_abandoned", "demo", {})["after"] == 3 * HOUR
    assert folder.load().limits("cart_abandoned", "main", {})["after"] == HOUR


def test_a_globs_rules_are_not_for_shops_that_are_declared_by_a_closer_name(folder: Folder) -> None:
    declared = "clock: live"
    folder.shops += (
        f"\nmy-*:\n  {declared}\n  rules: {{cart_abandoned: {{after: 2h}}}}\n"
        f"\nmy-big-*:\n  {declared}\n  rules: {{cart_abandoned: {{after: 3h}}}}\n"
        f"\nmy-own:\n  {declared}\n"
    )
    rules = folder.load()
    found = {shop: rules.limits("cart_abandoned", shop, {})["after"] for shop in ("my-shop", "my-big-shop", "my-own")}
    assert found == {"my-shop": 2 * HOUR, "my-big-shop": 3 * HOUR, "my-own": HOUR}


def test_a_kind_can_be_switched_off_for_one_carrier(folder: Folder) -> None:
    folder.override("  - where: {carrier: slowpost}\n    kinds: {parcel_stalled: {enabled: false}}\n")
    rules = folder.load()
    assert [rules.limits("parcel_stalled", "demo", {"carrier": c})["enabled"] for c in ("slowpost", "dhl")] == [0, 1]


@pytest.mark.parametrize(
    ("before", "after", "at", "says"),
    [
        (
            "{after: 60min}",
            "{after: 60}",
            "cart_abandoned.after",
            "given 60, expected a duration like 30min, 48h or 5d",
        ),
        ("{after: 60min}", "{after: soon}", "cart_abandoned.after", "given 'soon', expected a duration"),
        ("{share: 40}", "{share: 40d}", "low_score.share", "given '40d', expected a whole number"),
        ("{share: 40}", "{share: -1}", "low_score.share", "given -1, expected a whole number"),
        ("{after: 60min}", "{since: 60min}", "cart_abandoned.since", "cart_abandoned has no such limit"),
        ("{after: 60min}", "{}", "cart_abandoned", "it has no default for after: write cart_abandoned: {after: …}"),
        ("{apart: 1d}", "{enabled: false}", "delivery_attempt_failed", "it has no default for apart"),
        ("{share: 40}", "{share: 40, enabled: 0}", "low_score.enabled", "given 0, expected true or false"),
        ("  low_score:", "  low_scores:", "low_scores", "no such pain point; there are"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_key(
    folder: Folder, before: str, after: str, at: str, says: str
) -> None:
    folder.change(before, after)
    said = folder.complaint()
    assert said.startswith(f"rules.yaml:{folder.line(after.strip())}: kinds.{at}: {says}")


def test_a_kind_whose_limits_have_no_default_is_named(folder: Folder) -> None:
    folder.change("  parcel_lost: {after: 14d, after_promise: 7d}\n", "")
    says = "it has no default for after, after_promise: write parcel_lost: {after: …, after_promise: …}"
    assert folder.complaint() == f"rules.yaml:{folder.line('kinds:')}: kinds.parcel_lost: {says}"


def test_a_kind_without_limits_needs_no_line(folder: Folder) -> None:
    whole = folder.load()
    folder.change("  site_error: {}\n", "")
    folder.change("  delivery_at_risk: {}\n", "")
    assert folder.load() == whole


@pytest.mark.parametrize(
    ("entry", "at", "says"),
    [
        ("  - where: {country: BR}\n    kinds: {}\n", "overrides.0.where.country", "expected one of carrier, destin"),
        ("  - where: {carrier: x}\n", "overrides.0.kinds", "expected a mapping of keys to values"),
        ("  - kinds: {}\n", "overrides.0.where", "expected a mapping of keys to values"),
        ("  - where: {}\n    kinds: {parcel_stalled: {share: 4}}\n", "kinds.parcel_stalled.share", "has no such limit"),
        ("  - where: {}\n    kinds: {stalled: {after: 4d}}\n", "overrides.0.kinds.stalled", "no such pain point"),
    ],
)
def test_what_is_wrong_in_an_override_is_named(folder: Folder, entry: str, at: str, says: str) -> None:
    folder.override(entry)
    said = folder.complaint()
    assert said.startswith("rules.yaml:")
    assert at in said
    assert says in said


def test_what_is_wrong_in_a_shops_rules_is_named_in_its_file(folder: Folder) -> None:
    folder.shops = folder.shops.replace("demo:\n", "demo:\n  rules: {cart_abandoned: {after: 3}}\n")
    line = folder.line("cart_abandoned", "shops")
    assert folder.complaint().startswith(f"shops.yaml:{line}: demo.rules.cart_abandoned.after: given 3, expected")
