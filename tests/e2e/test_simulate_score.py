"""The simulated shop: all that its stories say hurts is found, nothing else, and ended when the customer came back."""

import json
from typing import Any

import pytest
from support.installation import Installation

from services.cli.simulator.score import KINDS

pytestmark = pytest.mark.timeout(600)


PARTS = {"kinds": "kind", "causes": "cause", "roots": "kind", "severities": "kind"}


def report(installation: Installation, *arguments: str) -> Any:
    """What a run that fails at nothing prints."""
    return json.loads(installation.waypost("simulate", "--score", "--format", "json", *arguments, timeout=250))


def scored(installation: Installation, *arguments: str) -> dict[str, tuple[int, float, float]]:
    """(right, precision, recall) of each kind, cause, root and severity, under names like `kinds low_score`."""
    return scores_of(report(installation, *arguments))


def scores_of(found: Any) -> dict[str, tuple[int, float, float]]:
    return {
        f"{part} {score[name]}": (score["right"], score["precision"], score["recall"])
        for part, name in PARTS.items()
        for score in found[part]
    }


def test_kinds_causes_and_roots_are_found_with_precision_and_recall_of_one(installation: Installation) -> None:
    told = report(installation, "--journeys", "260", "--seed", "1")
    found = scores_of(told)
    assert {name: (precision, recall) for name, (_, precision, recall) in found.items()} == dict.fromkeys(
        found, (1.0, 1.0)
    )
    assert {name.removeprefix("kinds ") for name in found if name.startswith("kinds ")} == set(KINDS)
    assert all(right >= 1 for right, _, _ in found.values()), found
    assert told["forecast"]["both"] >= 1
    assert told["forecast"]["median_lead_seconds"] > 0


def test_disorder_and_repeats_change_nothing_of_that(installation: Installation) -> None:
    found = scored(installation, "--journeys", "260", "--seed", "2", "--disorder", "6h", "--duplicates", "0.1")
    assert {(precision, recall) for _, precision, recall in found.values()} == {(1.0, 1.0)}


def test_a_clock_that_stops_in_the_middle_leaves_open_what_is_open_then(installation: Installation) -> None:
    """The views know of nothing that has not happened yet by the shop's clock."""
    ((clock,),) = installation.rows(
        "SELECT formatDateTime(max(now) + INTERVAL 5 DAY, '%FT%TZ', 'UTC') FROM waypost.clocks WHERE shop = 'demo'"
    )
    found = scored(installation, "--journeys", "260", "--seed", "3", "--until", clock)
    assert {(precision, recall) for _, precision, recall in found.values()} == {(1.0, 1.0)}


def test_the_shop_goes_on_behind_its_clock_with_new_names(installation: Installation) -> None:
    ((before,),) = installation.rows("SELECT toUnixTimestamp64Milli(max(now)) FROM waypost.clocks WHERE shop = 'demo'")
    ((known,),) = installation.rows("SELECT count() FROM waypost.events WHERE shop = 'demo'")
    said = installation.waypost("simulate", "--journeys", "5", "--seed", "1", "--wait")
    run = said.partition("run ")[2].partition(",")[0]
    ((new, first),) = installation.rows(
        "SELECT count(), toUnixTimestamp64Milli(min(occurred_at)) FROM waypost.events "
        f"WHERE shop = 'demo' AND startsWith(id, '{run}-')"
    )
    ((after,),) = installation.rows("SELECT count() FROM waypost.events WHERE shop = 'demo'")
    assert int(first) > int(before)
    assert int(after) == int(known) + int(new)
