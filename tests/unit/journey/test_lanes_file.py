"""`lanes.yaml`: what is given is a limit of delivery_at_risk, and what is wrong is named with its line."""

from datetime import timedelta
from pathlib import Path

import pytest
from support.world import CONFIG

from schemas.shops import Shops
from services.cli.simulator.scenarios.forecasts import SLOW_CARRIER, SLOW_LANE, SLOW_LANE_TAKES
from services.journey.adapters.lanes_file import load_lanes
from services.journey.adapters.rules_file import load_rules
from services.journey.domain.instants import HOUR
from services.journey.domain.pain.delivery_at_risk import lane_name
from services.runtime.config import ConfigError

HEAD = "# Usual times\n\nlanes:\n"
LANE = "  - {carrier: dhl, service_level: eco, origin: DE, destination: BR, parcels: 30, transit_p80: 72h}\n"
KEYS = "carrier, service_level, origin, destination, parcels, transit_p80"


def loaded(folder: Path, text: str) -> dict[str, int]:
    (folder / "lanes.yaml").write_text(text)
    return dict(load_lanes(folder))


def test_a_lane_is_a_limit_by_its_name(tmp_path: Path) -> None:
    assert loaded(tmp_path, HEAD + LANE) == {lane_name("dhl", "eco", "DE", "BR"): 72 * HOUR}


def test_words_that_registrations_do_not_give_may_be_left_out(tmp_path: Path) -> None:
    expected = {lane_name("dhl", "", "", ""): HOUR}
    assert loaded(tmp_path, 'lanes: [{carrier: dhl, origin: "", transit_p80: 1h}]') == expected


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "lanes:\n", "lanes: []\n"])
def test_an_empty_file_has_no_lanes(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text) == {}


def test_the_file_may_be_absent(tmp_path: Path) -> None:
    assert load_lanes(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lane: []\n", "1: lane: an unknown key; there is only lanes"),
        ("- dhl\n", "1: the file: expected a mapping of keys to values"),
        ("lanes: dhl\n", f"1: lanes: expected a list of entries with {KEYS}"),
        (HEAD + LANE + "  - dhl\n", "5: lanes.1: expected a mapping of keys to values"),
        (HEAD + LANE.replace("origin", "orgin"), f"4: lanes.0.orgin: an unknown key; there are {KEYS}"),
        (HEAD + LANE + "  - {carrier: dhl}\n", "5: lanes.1: transit_p80 is missing"),
        (HEAD + "  - {transit_p80: 1h}\n", "4: lanes.0: carrier is missing"),
        (
            HEAD + LANE.replace("72h", "3 days"),
            "4: lanes.0.transit_p80: given '3 days', expected a duration like 30min, 48h or 5d",
        ),
        (HEAD + LANE.replace("30", "many"), "4: lanes.0.parcels: given 'many', expected a whole number"),
        (HEAD + LANE.replace("DE", "10115"), "4: lanes.0.origin: given 10115, expected a text; put numbers in quotes"),
        (HEAD + LANE + LANE, "5: lanes.1: this lane is there twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, text)
    assert str(error.value) == f"{tmp_path / 'lanes.yaml'}:{said}"


def test_the_rules_hold_the_lanes_for_every_shop(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text((CONFIG / "rules.yaml").read_text())
    (tmp_path / "lanes.yaml").write_text(HEAD + LANE)
    limits = load_rules(Shops([]), tmp_path).limits("delivery_at_risk", "main", {"carrier": "dhl"})
    assert limits == {"enabled": 1, lane_name("dhl", "eco", "DE", "BR"): 72 * HOUR}


def test_the_file_that_is_shipped_knows_the_simulated_shops_slow_lane_only() -> None:
    lane = lane_name(SLOW_CARRIER, *(SLOW_LANE[word] for word in ("service_level", "origin", "destination")))
    assert load_lanes(CONFIG) == {lane: SLOW_LANE_TAKES // timedelta(milliseconds=1)}
