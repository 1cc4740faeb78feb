import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from support.polling import eventually

from services.cli.local.processes import Identity, end, identity, is_alive

STUBBORN = "import signal, sys, time; signal.signal(15, signal.SIG_IGN); print('set', flush=True); time.sleep(60)"


@pytest.fixture
def process() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == b"set\n"
        yield started
        started.kill()


def test_a_process_is_itself() -> None:
    myself = identity(os.getpid())

    assert myself is not None
    assert is_alive(myself)


def test_a_later_process_with_the_same_pid_is_somebody_else() -> None:
    myself = identity(os.getpid())
    assert myself is not None

    assert not is_alive(Identity(myself.pid, myself.started - 1))


def test_a_pid_that_was_reused_gets_no_signal(process: "subprocess.Popen[bytes]") -> None:
    now = identity(process.pid)
    assert now is not None

    assert end([Identity(now.pid, now.started - 1)], timeout=0) == []
    assert is_alive(now)


def test_a_process_that_ignores_sigterm_is_killed_at_the_deadline(process: "subprocess.Popen[bytes]") -> None:
    now = identity(process.pid)
    assert now is not None

    assert end([now], timeout=0.2) == [now]
    eventually(lambda: not is_alive(now), timeout=5)


def test_a_process_that_ended_but_was_not_waited_for_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as started:
        eventually(lambda: identity(started.pid) is None, timeout=10)
