"""`waypost run`: everything up, shown, and stopped again."""

import signal
from pathlib import Path

import pytest
from support.installation import Installation

from services.cli.local.state import read_state

pytestmark = pytest.mark.timeout(600)


def test_run_shows_the_line_at_work_and_ctrl_c_stops_all_of_it(tmp_path: Path) -> None:
    everything = Installation(tmp_path)
    process = everything.start("run", "--speed", "3h")
    shown: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            shown.append(line)
            if "cart_abandoned=" in line and "checkout_abandoned=" in line:
                break
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=90)
    finally:
        process.kill()
        process.wait()
        everything.call("down")
    text = "".join(shown)
    assert "stored=" in text, text
    assert "ingest" in text
    assert (process.returncode, "stopped; data stays" in rest) == (0, True), rest
    state = read_state(tmp_path)
    assert state is not None
    assert state.alive() == []


def test_run_can_stop_by_itself_and_leaves_what_was_running(installation: Installation) -> None:
    said = installation.waypost("run", "--for", "3", "--speed", "10m", timeout=120)
    assert "shop demo ·" in said
    assert installation.call("status").returncode == 0
