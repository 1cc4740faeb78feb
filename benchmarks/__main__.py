"""`make bench`: every benchmark, one after the other, then one table.

Run: python -m benchmarks [NAME...]. Each benchmark is a file `bench_<name>.py` that can be run alone, prints what it
measures and needs nothing but this repository. One that takes too long is stopped and said so.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer

HERE = Path(__file__).resolve().parent
FIGURE = re.compile(r"[\d,.]+ (µs|ms|s\b|bytes for|MiB|events/s|rows/s|records/s|cells/s|events a second)")
LIMITS = {
    "decode": 60,
    "ingest": 420,
    "journey": 420,
    "runtime": 240,
    "recovery": 420,
    "memory": 420,
    "fixed_job": 1200,
    "workers": 600,
    "warehouse": 300,
    "replay": 300,
    "line": 1200,
}
"""Seconds that each may take, in the order in which they are run; any other has 300."""


@dataclass(slots=True)
class Result:
    """How one benchmark went, and the lines with its figures."""

    name: str
    outcome: str = "done"
    seconds: float = 0.0
    figures: list[str] = field(default_factory=list)


def main(wanted: list[str]) -> int:
    unknown = set(wanted) - set(names())
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names())}", file=sys.stderr)
        return 2
    results = [measured(name) for name in wanted or names()]
    print(f"\n{'':=<118}\nmachine: {machine()}\n")
    for result in results:
        print(f"{result.name:<11}{result.outcome}, {result.seconds:.0f} s")
        for figure in result.figures:
            print(f"{'':<11}{figure}")
    return any(result.outcome != "done" for result in results)


def names() -> list[str]:
    found = {path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py")}
    return [*(name for name in LIMITS if name in found), *sorted(found - set(LIMITS))]


def measured(name: str) -> Result:
    """Run one benchmark in a process group of its own, showing what it says as it says it."""
    print(f"\n--- {name}", flush=True)
    result, began, limit = Result(name), time.monotonic(), LIMITS.get(name, 300)
    process = subprocess.Popen(
        [sys.executable, str(HERE / f"bench_{name}.py")],
        cwd=HERE.parent,
        env={**os.environ, "PYTHONPATH": str(HERE.parent), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    late = Timer(limit, lambda: stop(process, result, limit))
    late.start()
    try:
        for line in lines(process):
            print(line, flush=True)
            if FIGURE.search(line):
                result.figures.append(line.strip())
        if process.wait() and result.outcome == "done":
            result.outcome = f"failed with {process.returncode}"
    finally:
        late.cancel()
        end_group(process)
    result.seconds = time.monotonic() - began
    return result


def lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    assert process.stdout is not None
    return (line.rstrip() for line in process.stdout)


def stop(process: "subprocess.Popen[str]", result: Result, limit: int) -> None:
    """Ask it to end, since it has servers of its own to stop, and end it when it does not."""
    result.outcome = f"stopped after {limit} s"
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        end_group(process)


def end_group(process: "subprocess.Popen[str]") -> None:
    """Nothing that a benchmark started may outlive it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def machine() -> str:
    """What the figures were measured on."""
    cpu = Path("/proc/cpuinfo")
    models = re.findall(r"model name\s*: (.+)", cpu.read_text()) if cpu.exists() else []
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    make = models[0] if models else "unknown make"
    return f"{os.cpu_count()} cores of {make}, Python {sys.version.split()[0]}, load {load}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
