"""A process that ends itself does so with its exit code, whatever becomes of its last words."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.runtime.exits import FAILED

ENDS = """
import resource
from services.runtime.exits import fatal
print("in the buffer")
{before}
with fatal("work"):
    raise ArithmeticError("boom")
"""
FULL_DISK = "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"


@pytest.mark.parametrize("before", ["", FULL_DISK], ids=["with room", "on a full disk"])
def test_an_error_ends_the_process_even_if_what_it_said_cannot_be_written(tmp_path: Path, before: str) -> None:
    script = ENDS.format(before=before)
    with (tmp_path / "log").open("wb") as out:
        buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run([sys.executable, "-c", script], env=buffered, stdout=out, stderr=out, timeout=30)
    assert done.returncode == FAILED
