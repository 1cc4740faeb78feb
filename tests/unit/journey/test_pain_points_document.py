"""docs/pain-points.md says of every kind what its rule and config/rules.yaml say."""

from pathlib import Path

import pytest
import yaml

from services.journey.domain.pain import RULES
from services.journey.domain.pain.cause import CAUSES
from services.journey.domain.pain.spell import Severity, Subject

ROOT = Path(__file__).parents[3]
COLUMNS = ("kind", "entity", "opens", "ends", "limits", "severity", "stage", "place", "playbook")
_SUBJECTS = {Subject.SURVEY: "event", Subject.PERSON: "ticket", Subject.HISTORY: "pain_point"}


def tables() -> list[dict[str, list[str]]]:
    """The document's tables, as rows by what their first cell has in backticks."""
    found: list[dict[str, list[str]]] = [{}]
    for line in (ROOT / "docs" / "pain-points.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            found[-1][cells[0].strip("`")] = cells
        elif found[-1]:
            found.append({})
    return [table for table in found if table]


KINDS, CAUSE_ROWS = tables()


def test_it_has_a_row_for_every_kind_and_for_nothing_else() -> None:
    assert sorted(KINDS) == sorted(RULES)


@pytest.mark.parametrize("kind", sorted(RULES))
def test_the_row_of_a_kind_says_what_its_rule_says(kind: str) -> None:
    rule = RULES[kind]
    assert rule.kind == kind
    row = dict(zip(COLUMNS, KINDS[kind], strict=True))
    limits = yaml.safe_load((ROOT / "config" / "rules.yaml").read_text(encoding="utf-8"))["kinds"].get(kind, {})
    assert row["limits"] == (", ".join(f"`{name}` {value}" for name, value in limits.items()) or "–")
    assert row["stage"] == rule.stage
    assert row["place"] == (str(rule.place) if rule.place else "–")
    assert row["playbook"] == rule.playbook
    assert any(severity.value in row["severity"] for severity in Severity)
    for subject in (rule.subject, *rule.also):
        assert f"{_SUBJECTS.get(subject, subject.value)}:…`" in row["entity"]


def test_the_causes_stand_in_their_order() -> None:
    assert list(CAUSE_ROWS) == [*(cause for cause, _ in CAUSES), "unknown"]
