"""The Kubernetes manifests: valid, safe, and in step with the services."""

import tomllib
from collections.abc import Sequence
from typing import Any

import kubernetes_validate
import pytest
import yaml
from support.deployment import (
    BASE,
    EXAMPLE,
    KUBERNETES,
    ROOT,
    SETTINGS,
    Manifest,
    all_variables,
    container,
    env_file,
    environment,
    of_kind,
    pod,
    receiver_variables,
    rendered,
    variables,
    workloads,
    written,
)

from services.cli.local.settings import LocalSettings
from services.runtime.clickhouse.settings import ClickHouseSettings
from services.runtime.config import FOLDER_VARIABLE
from services.runtime.settings import KafkaSettings, ServiceSettings

OLDEST, NEWEST = "1.31", kubernetes_validate.latest_version()
SERVICES = tuple(SETTINGS)
JOBS = ("topics", "migrate")

KUSTOMIZATIONS = (BASE, EXAMPLE)


@pytest.fixture(params=["as written", "rendered", "rendered example"])
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    """The same must hold for the files, for what kustomize makes of them, and for the example of an overlay."""
    match request.param:
        case "as written":
            return written(BASE)
        case "rendered":
            return rendered(BASE)
        case _:
            return rendered(EXAMPLE)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_manifest_is_valid_for_the_oldest_and_the_newest_kubernetes(
    manifests: list[Manifest], version: str
) -> None:
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)

    assert len(manifests) > 25


def test_the_validator_refuses_a_misspelt_key() -> None:
    manifest = of_kind(written(), "Deployment")["waypost-ingest"]
    pod(manifest)["spec"]["terminationGracePeriod"] = 60

    with pytest.raises(kubernetes_validate.ValidationError, match="terminationGracePeriod"):
        kubernetes_validate.validate(manifest, NEWEST, strict=True)


def test_every_file_of_the_base_is_part_of_it() -> None:
    kustomization = yaml.safe_load((BASE / "kustomization.yaml").read_text())
    files = {path.name for path in BASE.iterdir()} - {"kustomization.yaml", "settings.env"}

    assert files == {name for name in kustomization["resources"] if "/" not in name}
    assert kustomization["configMapGenerator"] == [{"name": "waypost-settings", "envs": ["settings.env"]}]


def test_all_services_and_both_jobs_are_deployed(manifests: list[Manifest]) -> None:
    kinds = {component: workload["kind"] for component, workload in workloads(manifests).items()}

    assert kinds == {
        "ingest": "Deployment",
        "journey": "StatefulSet",
        "alerts": "Deployment",
        "warehouse": "Deployment",
        "topics": "Job",
        "migrate": "Job",
    }


def test_every_pod_runs_unprivileged_on_a_read_only_root(manifests: list[Manifest]) -> None:
    for workload in workloads(manifests).values():
        spec = pod(workload)["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["serviceAccountName"] in of_kind(manifests, "ServiceAccount")
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 10_000
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not spec.keys() & {"hostNetwork", "hostPID", "hostIPC", "initContainers"}
        assert container(workload)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_every_container_says_what_it_needs(manifests: list[Manifest]) -> None:
    for workload in workloads(manifests).values():
        resources = container(workload)["resources"]
        assert resources["requests"].keys() == {"cpu", "memory", "ephemeral-storage"}
        assert resources["limits"]["memory"] == resources["requests"]["memory"]


def test_every_image_has_the_tag_of_this_version(manifests: list[Manifest]) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    tags = {container(workload)["image"].rpartition(":")[2] for workload in workloads(manifests).values()}

    assert tags == {version}


@pytest.mark.parametrize("service", SERVICES)
def test_probes_ask_the_port_that_the_service_is_told(manifests: list[Manifest], service: str) -> None:
    workload = workloads(manifests)[service]
    port = LocalSettings.model_fields[f"metrics_port_{service}"].default

    assert environment(workload)["WAYPOST_METRICS_PORT"] == str(port)
    assert container(workload)["ports"] == [{"name": "metrics", "containerPort": port}]
    assert _asked(workload) == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    [offered] = of_kind(manifests, "Service")[f"waypost-{service}"]["spec"]["ports"]
    assert offered == {"name": "metrics", "port": port, "targetPort": "metrics"}


def _asked(workload: Manifest) -> dict[str, str]:
    probes = {name: probe["httpGet"] for name, probe in container(workload).items() if name.endswith("Probe")}
    assert all(get["port"] == "metrics" for get in probes.values())
    return {name: get["path"] for name, get in probes.items()}


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_is_given_longer_to_stop_than_its_service_takes(manifests: list[Manifest], service: str) -> None:
    grace = pod(workloads(manifests)[service])["spec"]["terminationGracePeriodSeconds"]

    assert grace == 60
    assert ServiceSettings.model_fields["stop_seconds"].default + 5 < grace


@pytest.mark.parametrize("service", SERVICES)
def test_one_pod_at_a_time_may_be_evicted(manifests: list[Manifest], service: str) -> None:
    budget = of_kind(manifests, "PodDisruptionBudget")[f"waypost-{service}"]["spec"]

    assert budget["maxUnavailable"] == 1
    assert _selects(budget["selector"], workloads(manifests)[service])


@pytest.mark.parametrize("component", [*SERVICES, *JOBS])
def test_every_variable_of_a_pod_is_one_that_it_reads(manifests: list[Manifest], component: str) -> None:
    settings: tuple[type[Any], ...] = (SETTINGS.get(component, ServiceSettings), KafkaSettings, ClickHouseSettings)
    known = {name for each in settings for name in variables(each)}

    assert environment(workloads(manifests)[component]).keys() - known == set()


@pytest.mark.parametrize("component", [*SERVICES, *JOBS])
def test_a_pod_starts_what_exists(manifests: list[Manifest], component: str) -> None:
    arguments = container(workloads(manifests)[component])["args"]

    assert (ROOT / arguments[0].replace(".", "/") / "__main__.py").is_file()
    wanted = {"topics": ["services.cli", "topics", "create"], "migrate": ["services.cli", "migrate"]}
    assert arguments == wanted.get(component, [f"services.{component}"])


def test_the_shared_settings_are_read_by_some_service() -> None:
    settings = env_file(BASE / "settings.env")

    assert settings.keys() - all_variables().keys() == {FOLDER_VARIABLE}
    assert settings["WAYPOST_BIND"] == "0.0.0.0"


def test_the_shared_settings_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in env_file(BASE / "settings.env").items():
        monkeypatch.setenv(name, value)

    assert ServiceSettings().partitions == 12
    assert ClickHouseSettings().where() == "clickhouse-waypost.clickhouse.svc:9000"


def test_what_the_overlay_and_its_components_set_is_read_by_some_service() -> None:
    folders = [EXAMPLE, *(KUBERNETES / "components").iterdir()]
    generators = [
        generator
        for folder in folders
        for generator in yaml.safe_load((folder / "kustomization.yaml").read_text()).get("configMapGenerator", [])
    ]
    names = {literal.split("=", 1)[0] for generator in generators for literal in generator.get("literals", [])}

    assert names
    assert names - all_variables().keys() == set()


def test_secrets_are_referred_to_but_not_kept(manifests: list[Manifest]) -> None:
    assert of_kind(manifests, "Secret") == {}
    readme = (KUBERNETES / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in _secrets(manifests))


def _secrets(manifests: Sequence[Manifest]) -> set[str]:
    names = set()
    for workload in workloads(manifests).values():
        names |= {v["secret"]["secretName"] for v in pod(workload)["spec"]["volumes"] if "secret" in v}
        names |= {e["secretRef"]["name"] for e in container(workload)["envFrom"] if "secretRef" in e}
    assert {"waypost-clickhouse", "waypost-receivers"} <= names
    return names


def test_the_readme_names_the_variables_of_the_receivers() -> None:
    assert {"WAYPOST_WEBHOOK_URL", "WAYPOST_WEBHOOK_SECRET"} <= receiver_variables()
    assert "`WAYPOST_WEBHOOK_URL`, `WAYPOST_WEBHOOK_SECRET`" in (KUBERNETES / "README.md").read_text()


def test_every_configuration_file_is_deployed_as_it_is() -> None:
    generated = yaml.safe_load((ROOT / "config" / "kustomization.yaml").read_text())["configMapGenerator"]
    files = sorted(path.name for path in (ROOT / "config").glob("*.yaml") if path.name != "kustomization.yaml")

    assert generated == [{"name": "waypost-config", "files": files}]


def test_the_rendered_configuration_equals_the_files() -> None:
    [data] = [m["data"] for m in of_kind(rendered(BASE), "ConfigMap").values() if "shops.yaml" in m["data"]]

    assert data == {name: (ROOT / "config" / name).read_text() for name in data}


def test_the_overlay_replaces_one_file_and_keeps_the_others() -> None:
    [data] = [m["data"] for m in of_kind(rendered(EXAMPLE), "ConfigMap").values() if "shops.yaml" in m["data"]]

    assert data["shops.yaml"] == (EXAMPLE / "shops.yaml").read_text()
    assert data["routes.yaml"] == (ROOT / "config" / "routes.yaml").read_text()


@pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=lambda folder: folder.name)
def test_pods_use_the_config_maps_that_were_generated(folder: Any) -> None:
    manifests = rendered(folder)
    used = set()
    for workload in workloads(manifests).values():
        used |= {e["configMapRef"]["name"] for e in container(workload)["envFrom"] if "configMapRef" in e}
        used |= {v["configMap"]["name"] for v in pod(workload)["spec"]["volumes"] if "configMap" in v}

    assert used == of_kind(manifests, "ConfigMap").keys()
    assert {m["metadata"].get("namespace") for m in manifests if m["kind"] != "Namespace"} == {"waypost"}


def test_the_example_mounts_what_its_settings_name() -> None:
    manifests = rendered(EXAMPLE)
    [settings] = [m["data"] for m in of_kind(manifests, "ConfigMap").values() if "KAFKA_BROKERS" in m["data"]]
    for component in (*SERVICES, "topics"):
        mounted = {mount["mountPath"] for mount in container(workloads(manifests)[component])["volumeMounts"]}
        for name in ("KAFKA_SASL_PASSWORD_FILE", "KAFKA_SSL_CAFILE"):
            assert settings[name].rpartition("/")[0] in mounted
    for component in ("warehouse", "migrate"):
        mounted = {mount["mountPath"] for mount in container(workloads(manifests)[component])["volumeMounts"]}
        assert {"/run/secrets/waypost/clickhouse", "/run/secrets/waypost/clickhouse-ca"} <= mounted


@pytest.mark.parametrize("component", [*SERVICES, *JOBS])
def test_every_mount_has_its_volume(manifests: list[Manifest], component: str) -> None:
    workload = workloads(manifests)[component]
    claims = [claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])]
    volumes = [volume["name"] for volume in pod(workload)["spec"]["volumes"]] + claims
    mounts = [mount["name"] for mount in container(workload)["volumeMounts"]]

    assert sorted(mounts) == sorted(volumes)


def test_journey_keeps_its_name_and_its_home_over_restarts(manifests: list[Manifest]) -> None:
    journey = workloads(manifests)["journey"]
    [worker] = [entry for entry in container(journey)["env"] if entry["name"] == "WAYPOST_WORKER_ID"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container(journey)["volumeMounts"]}

    assert worker["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    assert mounts["home"] == env_file(BASE / "settings.env")["WAYPOST_HOME"]
    assert journey["spec"]["podManagementPolicy"] == "Parallel"


def test_pods_with_new_names_have_no_worker_id(manifests: list[Manifest]) -> None:
    for service in ("ingest", "warehouse"):
        assert "WAYPOST_WORKER_ID" not in environment(workloads(manifests)[service])


def test_alerts_has_one_pod_and_never_two_while_rolling(manifests: list[Manifest]) -> None:
    spec = workloads(manifests)["alerts"]["spec"]

    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_no_pod_is_without_policies_for_both_directions(manifests: list[Manifest]) -> None:
    for workload in workloads(manifests).values():
        policies = [policy["spec"] for policy in of_kind(manifests, "NetworkPolicy").values()]
        covering = [policy for policy in policies if _selects(policy["podSelector"], workload)]
        assert {direction for policy in covering for direction in policy["policyTypes"]} == {"Ingress", "Egress"}


@pytest.mark.parametrize(
    ("policy", "components"),
    [
        ("waypost-default-deny", {*SERVICES, *JOBS}),
        ("waypost-dns", {*SERVICES, *JOBS}),
        ("waypost-to-kafka", {*SERVICES, "topics"}),
        ("waypost-to-clickhouse", {"warehouse", "migrate"}),
        ("waypost-to-receivers", {"alerts"}),
    ],
)
def test_a_policy_is_for_those_that_need_it(manifests: list[Manifest], policy: str, components: set[str]) -> None:
    selector = of_kind(manifests, "NetworkPolicy")[policy]["spec"]["podSelector"]

    selected = {component for component, workload in workloads(manifests).items() if _selects(selector, workload)}

    assert selected == components


def test_the_default_policy_allows_nothing(manifests: list[Manifest]) -> None:
    spec = of_kind(manifests, "NetworkPolicy")["waypost-default-deny"]["spec"]

    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize(
    ("policy", "url"), [("waypost-to-kafka", "KAFKA_BROKERS"), ("waypost-to-clickhouse", "CLICKHOUSE_URL")]
)
def test_policies_let_pods_reach_what_their_settings_name(policy: str, url: str) -> None:
    host, _, port = env_file(BASE / "settings.env")[url].rpartition("@")[2].rpartition(":")
    [rule] = of_kind(written(), "NetworkPolicy")[policy]["spec"]["egress"]

    assert int(port) in [each["port"] for each in rule["ports"]]
    [peer] = rule["to"]
    assert peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] == host.split(".")[1]


def _selects(selector: Manifest, workload: Manifest) -> bool:
    assert not selector.keys() - {"matchLabels"}, "this test understands matchLabels only"
    labels: dict[str, str] = pod(workload)["metadata"]["labels"]
    wanted: dict[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()
