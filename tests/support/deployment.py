"""What is deployed: manifests as they are written and as kustomize renders them, settings and metrics as they are."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from services.alerts.metrics import AlertsMetrics
from services.alerts.settings import AlertsSettings
from services.cli.clickhouse.analyst import AnalystSettings
from services.ingest.metrics import IngestMetrics
from services.ingest.settings import IngestSettings
from services.journey.metrics import JourneyMetrics
from services.journey.settings import JourneySettings
from services.runtime.clickhouse.settings import ClickHouseSettings
from services.runtime.metrics import RuntimeMetrics
from services.runtime.settings import KafkaSettings, ServiceSettings
from services.warehouse.metrics import WarehouseMetrics
from services.warehouse.settings import WarehouseSettings

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "k8s"
BASE = KUBERNETES / "base"
EXAMPLE = KUBERNETES / "overlays" / "example"

Manifest = dict[str, Any]
SETTINGS: Mapping[str, type[ServiceSettings]] = {
    "ingest": IngestSettings,
    "journey": JourneySettings,
    "alerts": AlertsSettings,
    "warehouse": WarehouseSettings,
}


def written(folder: Path = BASE) -> list[Manifest]:
    """The manifests of a folder, without what only kustomize understands."""
    return deepcopy(_read(folder))


@cache
def _read(folder: Path) -> list[Manifest]:
    files = sorted(path for path in folder.glob("*.yaml") if path.name != "kustomization.yaml")
    return [document for path in files for document in yaml.safe_load_all(path.read_text()) if document]


def rendered(folder: Path) -> list[Manifest]:
    """What `kubectl kustomize` makes of a folder; without kubectl the test is skipped."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed: manifests are checked as they are written, overlays are not rendered")
    return deepcopy(_render(kubectl, folder))


@cache
def _render(kubectl: str, folder: Path) -> list[Manifest]:
    done = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> dict[str, Manifest]:
    """The manifests of some kinds, by name."""
    return {m["metadata"]["name"]: m for m in manifests if m["kind"] in kinds}


def workloads(manifests: Sequence[Manifest]) -> dict[str, Manifest]:
    """What makes pods, by component."""
    found = of_kind(manifests, "Deployment", "StatefulSet", "Job").values()
    return {m["metadata"]["labels"]["app.kubernetes.io/component"]: m for m in found}


def pod(workload: Manifest) -> Manifest:
    """A workload's pod: spec and labels."""
    template: Manifest = workload["spec"]["template"]
    return template


def container(workload: Manifest) -> Manifest:
    """A workload's one container."""
    [only] = pod(workload)["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def environment(workload: Manifest) -> dict[str, str]:
    """The variables set in a workload itself; one that comes from elsewhere is empty."""
    return {entry["name"]: entry.get("value", "") for entry in container(workload).get("env", [])}


def env_file(path: Path) -> dict[str, str]:
    """The variables of a file as kustomize reads it."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def variables(settings: type[BaseSettings]) -> dict[str, FieldInfo]:
    """The environment variables that a settings class reads, with their fields; groups of settings are left out."""
    prefix = settings.model_config.get("env_prefix", "")
    return {
        f"{prefix}{name}".upper(): field
        for name, field in settings.model_fields.items()
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseSettings))
    }


def all_variables() -> dict[str, FieldInfo]:
    """Those of every service."""
    classes: tuple[type[BaseSettings], ...] = (
        KafkaSettings,
        ClickHouseSettings,
        AnalystSettings,
        ServiceSettings,
        *SETTINGS.values(),
    )
    return {name: field for settings in classes for name, field in variables(settings).items()}


def receiver_variables() -> set[str]:
    """Those that the routes file looks up, and the files that may hold them."""
    receivers = yaml.safe_load((ROOT / "config" / "routes.yaml").read_text())["receivers"].values()
    named = {value["env"] for receiver in receivers for value in receiver.values() if isinstance(value, dict)}
    return named | {f"{name}_FILE" for name in named}


def exposed_series() -> set[str]:
    """The name of every series that any service can expose."""
    return {name for service in SETTINGS for name in _series(service)}


def _series(service: str) -> Iterator[str]:
    registry = CollectorRegistry()
    if service == "warehouse":
        WarehouseMetrics(registry)
    else:
        RuntimeMetrics(service, registry)
        {"ingest": IngestMetrics, "journey": JourneyMetrics, "alerts": AlertsMetrics}[service](registry)
    suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    for metric in registry.collect():
        yield from (f"{metric.name}{suffix}" for suffix in suffixes[metric.type])


def promtool() -> str:
    """Where promtool is (PROMTOOL names another one); without it the test is skipped."""
    found = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if not found:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus): rules are checked without it")
    return found
