"""What must be true of every file in the repository, whoever writes it."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Written in pieces, so that this file passes its own test.
REGISTRIES = [
    "repo" + r"1?\.maven\.(apache\.)?org",
    "(test\\.|files\\.)?python" + r"hosted\.org",
    "pypi" + r"\.(org|python\.org)",
    "registry" + r"\.npmjs",
    "proxy" + r"\.golang\.org",
    "crates" + r"\.io",
    "deb" + r"\.debian\.org",
]
"""Where packages come from is the business of a machine's configuration; a mirror must work without a change here."""

MACHINE_PATHS = [r"/ho" + r"me/\w+", r"/ro" + r"ot/", r"/wo" + r"rk/\w+", r"/Us" + r"ers/\w+"]

FORBIDDEN = re.compile("|".join([*REGISTRIES, *MACHINE_PATHS]))

LIST = ["git", "-c", "safe.directory=*", "ls-files", "-z"]  # the checkout may be another user's, as in a container
FILES = subprocess.run(LIST, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout.split("\0")


def texts() -> Iterator[tuple[str, str]]:
    for name in filter(None, FILES):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield name, content.decode(errors="replace")


def test_no_file_names_a_package_registry_or_a_folder_of_one_machine() -> None:
    found = [f"{name}: {match.group()}" for name, text in texts() for match in FORBIDDEN.finditer(text)]

    assert found == []


def test_the_lock_has_hashes_for_all_and_addresses_for_none() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^[a-z0-9][a-z0-9._-]*==[^\s\\]+", lock, re.MULTILINE)

    assert len(pinned) > 50
    assert lock.count("==") == len(pinned)
    assert all(f"{pin} \\\n    --hash=sha256:" in lock for pin in pinned)
    assert "://" not in lock


def test_everything_that_pyproject_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    names = {re.split(r"[\[<>=~! ]", requirement, maxsplit=1)[0].lower().replace("_", "-") for requirement in asked}
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))

    assert names - locked == set()


NAMED_FILE = re.compile(r"`([\w./-]+\.(?:py|md|sql|ya?ml|toml))`")


@pytest.mark.parametrize("document", [name for name in FILES if name.endswith(".md")])
def test_documents_name_files_that_are_there(document: str) -> None:
    named = NAMED_FILE.findall((ROOT / document).read_text())

    assert [name for name in named if not any(f"/{file}".endswith(f"/{name}") for file in FILES)] == []


@pytest.mark.parametrize("name", ["Makefile", ".ci/run", "pyproject.toml", "requirements.lock", ".gitignore"])
def test_the_entry_points_are_part_of_the_repository(name: str) -> None:
    assert name in FILES
