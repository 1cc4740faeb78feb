"""Rules and dashboards: on series that exist, tested, and explained in the runbook."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.deployment import ROOT, SETTINGS, exposed_series, promtool

from services.cli.local.settings import LocalSettings

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULE_FILES = sorted((PROMETHEUS / "rules").glob("*.yaml"))
TEST_FILES = sorted((PROMETHEUS / "tests").glob("*.yaml"))
DASHBOARDS = sorted((ROOT / "deploy" / "grafana").glob("*.json"))

SERIES = re.compile(r"(?<![\w:$])(?:[a-z_]+:)?waypost_[a-z0-9_]+(?::[a-z0-9_]+)?(?![\w:])")
"""A metric of ours or a recorded series in an expression."""


def rules() -> list[dict[str, Any]]:
    """Every rule of every file."""
    groups = [group for path in RULE_FILES for group in yaml.safe_load(path.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """The alerts, by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def recorded() -> set[str]:
    """The names of recorded series."""
    return {rule["record"] for rule in rules() if "record" in rule}


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every panel of every dashboard, with the name of its file."""
    for path in DASHBOARDS:
        yield from ((path.name, panel) for panel in json.loads(path.read_text())["panels"])


def expressions() -> list[str]:
    """All PromQL of rules, dashboards and the runbook."""
    shown = [target["expr"] for _, panel in panels() for target in panel.get("targets", [])]
    asked = re.findall(r"^```promql\n(.*?)^```", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE | re.DOTALL)
    return [*(rule["expr"] for rule in rules()), *shown, *asked]


def test_every_series_in_rules_dashboards_and_runbook_exists() -> None:
    used = {name for expression in expressions() for name in SERIES.findall(expression)}

    assert len(used) > 25
    assert used - exposed_series() - recorded() == set()


def test_a_series_that_does_not_exist_would_be_found() -> None:
    expression = 'sum by (topic) (rate(waypost_ingest_nonsense_total{topic="x"}[5m])) > a:waypost_b:c'

    assert set(SERIES.findall(expression)) == {"waypost_ingest_nonsense_total", "a:waypost_b:c"}
    assert "waypost_ingest_nonsense_total" not in exposed_series()


def test_every_service_is_recorded_under_the_same_names() -> None:
    services = {name: {r["labels"]["service"] for r in rules() if r.get("record") == name} for name in recorded()}

    assert services == {name: set(SETTINGS) for name in recorded()}


def test_parentheses_and_braces_are_balanced() -> None:
    for expression in expressions():
        bare = re.sub(r'"[^"]*"', '""', expression)
        assert [bare.count(each) for each in "([{"] == [bare.count(each) for each in ")]}"], expression


@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_says_what_is_wrong_how_bad_it_is_and_where_to_read_on(name: str) -> None:
    alert = alerts()[name]

    assert name.startswith("Waypost")
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert alert["annotations"]["runbook_url"] == f"docs/runbook.md#{name.lower()}"


def test_the_runbook_has_a_section_for_every_alert_and_for_no_other() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text()
    headings = re.findall(r"^### (Waypost\w+)$", text, re.MULTILINE)

    assert sorted(headings) == sorted(alerts())


@pytest.mark.parametrize("name", sorted(alerts()))
def test_the_runbook_says_what_it_means_how_bad_it_is_and_what_to_do(name: str) -> None:
    text = (ROOT / "docs" / "runbook.md").read_text()
    section = re.split(r"^##", text.partition(f"### {name}\n")[2], flags=re.MULTILINE)[0]

    assert re.findall(r"^\*\*([^*]+)\*\*", section, re.MULTILINE) == [
        "What it means.",
        "How bad.",
        "What to look at.",
        "What to do.",
    ]


def test_every_alert_has_a_unit_test() -> None:
    text = "".join(path.read_text() for path in TEST_FILES)

    assert {name for name in alerts() if not re.search(rf"\b{name}\b", text)} == set()


def test_the_unit_tests_read_as_yaml_and_load_every_rule_file() -> None:
    loaded = {
        (path.parent / name).resolve() for path in TEST_FILES for name in yaml.safe_load(path.read_text())["rule_files"]
    }

    assert loaded == set(RULE_FILES)


def test_promtool_accepts_the_rules() -> None:
    _run(promtool(), "check", "rules", *map(str, RULE_FILES))


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_the_rules_pass_their_unit_tests(path: Path) -> None:
    _run(promtool(), "test", "rules", str(path))


def test_promtool_accepts_the_configuration_of_one_machine() -> None:
    _run(promtool(), "check", "config", str(PROMETHEUS / "prometheus.yaml"))


def test_one_machine_is_scraped_where_its_services_listen() -> None:
    jobs = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text())["scrape_configs"]

    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}

    ports = {service: LocalSettings.model_fields[f"metrics_port_{service}"].default for service in SETTINGS}
    assert targets == {f"waypost-{service}": [f"127.0.0.1:{port}"] for service, port in ports.items()}


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    for path in DASHBOARDS:
        found = json.loads(path.read_text())["panels"]
        cells = [cell for panel in found for cell in _cells(panel["gridPos"])]
        assert len({panel["id"] for panel in found}) == len(found)
        assert len(set(cells)) == len(cells)
        assert all(0 <= x < 24 for x, _ in cells)


def test_every_panel_asks_the_chosen_data_source_and_namespace() -> None:
    asked = [(name, target) for name, panel in panels() for target in panel.get("targets", [])]

    assert len(asked) > 25
    for name, target in asked:
        assert target["datasource"]["uid"] == "${datasource}", name
        assert 'namespace=~"$namespace"' in target["expr"], target["expr"]


def _cells(at: dict[str, int]) -> Iterator[tuple[int, int]]:
    for x in range(at["x"], at["x"] + at["w"]):
        yield from ((x, y) for y in range(at["y"], at["y"] + at["h"]))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
