"""Brings an installation up and takes it down; what `waypost up`, `down` and `run` do."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from services.cli.failure import CommandFailedError
from services.cli.local.probes import readiness
from services.cli.local.processes import Child, end, identity, spawn
from services.cli.local.settings import CHECKOUT, SERVICES, LocalSettings
from services.cli.local.state import Installation, Phase, read_state

READY_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 75.0
"""The services' 30 s and what Kafka and ClickHouse need after them."""

GIVE_UP_RESTARTS = 3
"""A service that ended so often before it was ready will not become so."""

POLL_S = 0.2

Say = Callable[[str], None]


def bring_up(settings: LocalSettings, say: Say, services: Sequence[str] = SERVICES) -> Installation:
    """Starts what does not run yet and returns when all is ready; `say` is told about progress.

    Raises CommandFailedError, having stopped everything again, when something cannot be started, and leaves it running
    when it only takes longer than READY_TIMEOUT_S.
    """
    running = read_state(settings.home)
    if running and running.is_supervised():
        say("already started")
        return _wait_until_ready(settings, running.supervisor.pid, say)
    _make_room(settings, services, running, say)
    _fetch(settings, say)
    supervisor = _spawn_supervisor(settings, services)
    try:
        return _wait_until_ready(settings, supervisor.pid, say)
    except KeyboardInterrupt:
        take_down(settings, say)
        raise


def take_down(settings: LocalSettings, say: Say) -> bool:
    """Stops what `bring_up` started, and nothing else; returns whether there was anything to stop."""
    running = read_state(settings.home)
    if not running:
        return False
    stopped = False
    if running.is_supervised():
        say("stopping the services, then ClickHouse and Kafka")
        stopped = True
        for _ in end([running.supervisor], STOP_TIMEOUT_S):
            say("the supervisor had to be killed")
    leftovers = (read_state(settings.home) or running).alive()
    for killed in end(leftovers):
        say(f"process {killed.pid} had to be killed")
    return stopped or bool(leftovers)


def _make_room(settings: LocalSettings, services: Sequence[str], before: Installation | None, say: Say) -> None:
    """Ends what a killed supervisor left and checks that every port is free."""
    from deploy.local.kafka.process import port_is_free

    if before and (leftovers := before.alive()):
        say(f"stopping {len(leftovers)} processes that lost their supervisor")
        end(leftovers)
    for setting, port in settings.ports(tuple(services)).items():
        if not port_is_free(port):
            raise CommandFailedError(
                f"port {port} is taken by another process",
                f"stop that process, or choose another port: {setting}={_another(port)} waypost up",
            )


def _another(port: int) -> int:
    return port + 10_000 if port < 50_000 else port - 10_000


def _fetch(settings: LocalSettings, say: Say) -> None:
    from deploy.local.kafka.jars import fetch_jars, jars_dir

    if settings.external_brokers:
        return
    if not jars_dir().is_dir():
        say("fetching Apache Kafka (43 MB, once)")
    try:
        fetch_jars()
    except (OSError, RuntimeError) as error:
        raise CommandFailedError(f"Kafka cannot be started: {error}") from error


def _spawn_supervisor(settings: LocalSettings, services: Sequence[str]) -> Child:
    command = [sys.executable, "-m", "services.cli.local.supervise", *services]
    return spawn(command, {"WAYPOST_HOME": str(settings.home)}, settings.logs / "supervisor.log", CHECKOUT)


def _wait_until_ready(settings: LocalSettings, supervisor: int, say: Say) -> Installation:
    deadline = time.monotonic() + READY_TIMEOUT_S
    said = ""
    while time.monotonic() < deadline:
        if identity(supervisor) is None:
            raise _failed(settings, say, "the supervisor ended", settings.logs / "supervisor.log")
        state = read_state(settings.home)
        if state and state.supervisor.pid == supervisor:
            if (doing := _doing(settings, state, say)) == "":
                return state
            if doing != said:
                say(doing)
                said = doing
        time.sleep(POLL_S)
    raise CommandFailedError(
        f"not ready after {READY_TIMEOUT_S:.0f} s, last: {said}", "see `waypost status`; `waypost up` waits again"
    )


def _doing(settings: LocalSettings, state: Installation, say: Say) -> str:
    """What is still waited for; empty when all is ready. Raises CommandFailedError when waiting is of no use."""
    if state.phase is Phase.FAILED:
        raise _failed(settings, say, state.problem)
    if state.phase is not Phase.RUNNING:
        return f"starting: {state.doing}"
    waiting = []
    for process in state.processes:
        if process.name in SERVICES:
            if process.restarts >= GIVE_UP_RESTARTS:
                raise _failed(settings, say, f"{process.name} ended {process.restarts} times", Path(process.log))
            if not (probe := readiness(process.port)).ready:
                waiting.append(f"{process.name} ({probe.reason})")
    return f"waiting for {', '.join(waiting)}" if waiting else ""


def _failed(settings: LocalSettings, say: Say, problem: str, log: Path | None = None) -> CommandFailedError:
    take_down(settings, say)
    if log is None:
        return CommandFailedError(problem, f"logs are in {settings.logs}")
    last = "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""
    return CommandFailedError(f"{problem}; its log ends:\n{last}", f"the whole log: {log}")
