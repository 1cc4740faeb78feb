"""Fetches the broker's jars once, by Maven or without it, and checks each against its pinned checksum.

`python -m deploy.local.kafka.jars` fetches ahead of time, `… pin` renews the checksums after a change of pom.xml.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.local.kafka import java, repository

ENV_DOWNLOADS = "WAYPOST_DOWNLOADS"
FETCH_TIMEOUT_S = 900
_HERE = Path(__file__).parent
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


class JarsError(RuntimeError):
    """The jars cannot be had or are not the pinned ones; the message says what to do."""


def pinned_jars(sums: Path = _HERE / "jars.sha256") -> dict[str, str]:
    """The SHA-256 of each jar by its path in a Maven repository."""
    lines = (line.split() for line in sums.read_text().splitlines() if line)
    return {path: digest for digest, path in lines}


def jars_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the jars are kept: in WAYPOST_DOWNLOADS or the checkout's `.waypost/downloads`, a folder for these pins."""
    base = environ.get(ENV_DOWNLOADS) or _HERE.parents[2] / ".waypost" / "downloads"
    pins = hashlib.sha256((_HERE / "jars.sha256").read_bytes()).hexdigest()[:12]
    return Path(base).resolve() / f"kafka-{pins}"


def fetch_jars(into: Path | None = None) -> list[Path]:
    """The broker's class path; downloads what is missing, several processes may call it at once.

    Raises JarsError when a jar is missing or is not the pinned one.
    """
    into, pins = into or jars_dir(), pinned_jars()
    if not into.is_dir():
        into.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into.parent, prefix="kafka-") as scratch:
            _download(pins, Path(scratch) / "jars")
            check_jars(Path(scratch) / "jars", pins)
            _publish(Path(scratch) / "jars", into)
    check_jars(into, pins)
    return [into / path for path in pins]


def check_jars(folder: Path, pins: Mapping[str, str]) -> None:
    """Raises JarsError, naming the jar, unless `folder` holds every pinned jar with its pinned content."""
    for path, digest in pins.items():
        jar = folder / path
        if not jar.is_file() or hashlib.sha256(jar.read_bytes()).hexdigest() != digest:
            state = "is not the pinned one" if jar.is_file() else "is missing"
            raise JarsError(f"{jar} {state} (deploy/local/kafka/jars.sha256); remove {folder} and try again")


def _download(pins: Mapping[str, str], into: Path) -> None:
    if maven := shutil.which("mvn"):
        try:
            _by_maven(maven, into)
            return
        except JarsError as error:  # it may lack a home to keep things in, or be of an old version
            print(f"{error}\nnow without Maven", file=sys.stderr)
        shutil.rmtree(into, ignore_errors=True)
    repository.download(pins, into)


def _by_maven(maven: str, into: Path) -> None:
    """Maven knows the user's mirrors, proxies and credentials; it runs on the same Java as the broker."""
    runtime = java.find_java().resolve().parents[1]
    options = ["-Dmdep.useRepositoryLayout=true", f"-DoutputDirectory={into}"]
    done = subprocess.run(
        [maven, "-B", "-q", "-f", str(_HERE / "pom.xml"), _PLUGIN, *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=FETCH_TIMEOUT_S,
        env=os.environ | {"JAVA_HOME": str(runtime)},
    )
    if done.returncode != 0:
        raise JarsError(f"Maven could not fetch Kafka's jars:\n{(done.stdout + done.stderr)[-2000:]}")


def _publish(fetched: Path, into: Path) -> None:
    try:
        fetched.rename(into)
    except OSError:
        if not into.is_dir():  # else another process was faster, with the same pins
            raise


def _pin() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        _by_maven(shutil.which("mvn") or "mvn", Path(scratch))
        found = sorted(Path(scratch).rglob("*.jar"))
        lines = [f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.relative_to(scratch)}\n" for jar in found]
    (_HERE / "jars.sha256").write_text("".join(lines))


if __name__ == "__main__":
    if sys.argv[1:] == ["pin"]:
        _pin()
    else:
        print(f"{len(fetch_jars())} jars in {jars_dir()}")
