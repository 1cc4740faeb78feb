from importlib.util import find_spec

import pytest

from services.cli.main import COMMANDS, run

INSTALLED = [name for name in COMMANDS if find_spec(f"services.cli.commands.{name}")]


def test_help_lists_the_installed_commands_without_loading_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0

    shown = capsys.readouterr().out
    assert all(name in shown for name in INSTALLED)


@pytest.mark.parametrize("name", INSTALLED)
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0

    assert f"waypost {name}" in capsys.readouterr().out


def test_a_mistyped_command_fails_and_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["statsu"]) == 2

    assert "status" in capsys.readouterr().err


def test_a_refused_setting_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYPOST_KAFKA_PORT", "ninety")

    assert run(["status"]) == 1

    assert "kafka_port" in capsys.readouterr().err


def test_a_failing_command_says_what_to_do_next(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("WAYPOST_HOME", str(tmp_path))

    assert run(["status"]) == 1

    assert "waypost up" in capsys.readouterr().err
