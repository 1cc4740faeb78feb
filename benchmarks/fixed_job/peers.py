"""The same kind of job on other tools, run by scripts that are not part of this repository."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.fixed_job.speed import Speed

PEERS = "confluent loop;event clock;quix custom, changelog;Table memory"
LINE = re.compile(r"^(?P<name>.+) (?P<which>run|check on) (?P<number>\d+): (?P<found>\{.*\})$")


def peers(bootstrap: str, folder: Path, n: int) -> list[Speed]:
    """The same kind of job on other tools, where their scripts are at hand."""
    scripts = os.environ.get("WAYPOST_PEERS")
    if not scripts:
        print("  peers: skipped, WAYPOST_PEERS names no folder of their scripts")
        return []
    shutil.copytree(scripts, folder / "peers")  # they leave their results beside themselves
    environment = {**os.environ, "KAFKA": bootstrap, "PEERS_EVENTS": str(n), "PEERS_TMP": str(folder / "peers-data")}
    environment = {"PEERS_RUNS": "1", "PEERS_BUDGET": "15", "PEERS_SMALL": "20000", **environment}
    words = os.environ.get("WAYPOST_PEERS_ONLY", PEERS).split(";")
    command = [os.environ.get("WAYPOST_PEERS_PYTHON", sys.executable), "run.py", *words]
    found: dict[str, Speed] = {}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=folder / "peers") as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("SKIPPED"):
                print(f"  peers: {line.strip()}", flush=True)
            if match := LINE.match(line.strip()):
                note(found, match)
    return list(found.values())


def note(found: dict[str, Speed], match: re.Match[str]) -> None:
    """Take in what a line says of a peer; what it said before its end was not all, so only a run to the end counts."""
    name, result = match["name"], json.loads(match["found"])
    if match["which"] != "run" and name in found:
        found[name] = replace(found[name], verdict=f"{result.get('verdict')} on {int(match['number']):,} events")
    elif "ev_s" in result:
        verdict = "stopped before its end" if "partial" in result else str(result["verdict"])
        found[name] = Speed(f"  {name}", result["ev_s"], result["cpu_us"], verdict)
    if name in found:
        print(found[name], flush=True)
