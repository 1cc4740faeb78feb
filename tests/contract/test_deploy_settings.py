"""docs/operations.md lists every setting with its default, and nothing else."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from support.deployment import ROOT, all_variables

from services.runtime.config import FOLDER_VARIABLE

LINE = re.compile(r"^\| `((?:WAYPOST|KAFKA|CLICKHOUSE)_[A-Z_]+)` \| (?:`([^`]*)`)? ?\| (.+) \|$", re.MULTILINE)
DOCUMENTED = {name: default for name, default, _ in LINE.findall((ROOT / "docs" / "operations.md").read_text())}


def shown(value: Any) -> str:
    """A default as it would be written in the environment."""
    match value:
        case None | "":
            return ""
        case SecretStr():
            return value.get_secret_value()
        case tuple():
            return ",".join(value)
        case dict():
            return json.dumps(value)
        case float() if value.is_integer():
            return str(int(value))
        case Path():
            return value.as_posix()
        case _:
            return str(value)


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert sorted(DOCUMENTED) == sorted({*all_variables(), FOLDER_VARIABLE})


@pytest.mark.parametrize("name", sorted(all_variables()))
def test_the_documented_default_is_the_default(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)

    assert DOCUMENTED.get(name) == shown(all_variables()[name].get_default(call_default_factory=True))


def test_no_setting_is_documented_twice() -> None:
    names = [name for name, _, _ in LINE.findall((ROOT / "docs" / "operations.md").read_text())]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("document", ["docs/operations.md", "docs/runbook.md", "deploy/k8s/README.md"])
def test_links_inside_the_repository_lead_somewhere(document: str) -> None:
    path = ROOT / document
    targets = re.findall(r"\]\(([^)#\s]*)(#[^)\s]+)?\)", path.read_text())

    for target, anchor in targets:
        if target.startswith("https://"):
            continue
        linked = (path.parent / target).resolve() if target else path
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
            assert anchor[1:] in {re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-")) for heading in headings}
