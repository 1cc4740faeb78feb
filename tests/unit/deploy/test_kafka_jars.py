import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from deploy.local.kafka import jars, repository
from deploy.local.kafka.jars import JarsError, check_jars, fetch_jars, pinned_jars

KAFKA = Path(jars.__file__).parent


def test_the_pinned_broker_is_the_one_the_pom_names() -> None:
    pom = (KAFKA / "pom.xml").read_text()
    for artifact, version in re.findall(r"<artifactId>(\w\S+)</artifactId>\s*<version>([\d.]+)</version>\s*<", pom):
        assert any(path.endswith(f"/{artifact}-{version}.jar") for path in pinned_jars()) or artifact == "local-kafka"


def test_every_jar_is_pinned_once() -> None:
    assert len(pinned_jars()) == 46
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in pinned_jars().values())


def test_a_jar_with_other_content_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.jar").write_bytes(b"something else")

    with pytest.raises(JarsError, match=r"a\.jar is not the pinned one"):
        check_jars(tmp_path, {"a.jar": "0" * 64})


def test_a_missing_jar_is_named(tmp_path: Path) -> None:
    with pytest.raises(JarsError, match=r"b\.jar is missing"):
        check_jars(tmp_path, {"b.jar": "0" * 64})


def test_a_maven_that_fails_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho no home\nexit 1\n")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(jars, "pinned_jars", lambda: {"a.jar": hashlib.sha256(b"jar").hexdigest()})
    monkeypatch.setattr(repository, "download", _one_jar)
    assert fetch_jars(tmp_path / "into") == [tmp_path / "into" / "a.jar"]


def _one_jar(paths: Iterable[str], into: Path) -> None:
    into.mkdir(parents=True)
    for path in paths:
        (into / path).write_bytes(b"jar")
