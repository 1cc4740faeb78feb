"""A kind of pain point is added by its module alone: it is found, published, shown, counted, and known to routes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.warehouse_tables import without_databases

from deploy.local.clickhouse.process import EngineProcess
from services.runtime.clickhouse.migrate import migrate

ROOT = Path(__file__).parents[2]
KIND = "order_cancelled"
MODULE = f'''
"""An order was given up."""

from collections.abc import Iterator

from services.journey.domain import facts as f
from services.journey.domain.entities.order import Order
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(order: Order, person: Person, limits: Limits) -> Iterator[Spell]:
    """It is cancelled; nothing ends that."""
    for fact in order.entity.of(f.OrderCancelled)[:1] if order.placed else ():
        yield Spell(order.alias, fact.time, fact.time, Severity.LOW, timed=False, evidence=(fact,))


RULE = Rule(
    kind="{KIND}",
    subject=Subject.ORDER,
    stage="order",
    place=0,
    playbook="Ask what changed their mind.",
    act_within=None,
    limits=frozenset(),
    find=find,
)
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The source with one more module in it, and nothing else changed."""
    for name in ("schemas", "services", "config", "tests/support"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "services" / "journey" / "domain" / "pain" / f"{KIND}.py").write_text(MODULE, encoding="utf-8")
    return tmp_path


def in_the_tree(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (tree, tree / "tests", ROOT)))
    return subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def routes_for(tree: Path, kind: str) -> str:
    file = tree / "routes.yaml"
    team = "receivers: {team: {url: {env: U}, secret: {env: S}}}"
    file.write_text(f"routes:\n  - kind: {kind}\n    receivers: [team]\n{team}\n")
    return str(file)


def test_a_module_is_all_it_takes(tree: Path, clickhouse: EngineProcess) -> None:
    with without_databases(clickhouse):
        migrate(clickhouse.url)
        done = in_the_tree(tree, "-m", "support.kind_flow", clickhouse.url, routes_for(tree, KIND), KIND)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "published": [[KIND, "order:o1", "open"]],
        "shown": [[KIND, "order:o1", "open"]],
        "counted": 1.0,
        "routed": [[KIND]],
    }


def test_a_route_for_a_new_kind_that_is_misspelt_is_refused_and_the_kind_named(tree: Path) -> None:
    load = (
        "import sys, pathlib, services.alerts.adapters.routes_file as f; f.load_routing(pathlib.Path(sys.argv[1]), {})"
    )
    said = in_the_tree(tree, "-c", load, routes_for(tree, "order_canceled")).stderr
    assert "routes.yaml:2: routes.0.kind: no kind of pain point is called 'order_canceled'; there are: " in said
    assert f", {KIND}, " in said
