"""What an installation on one machine consists of, and how each part is started."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.cli.local.processes import Running, spawn
from services.cli.local.settings import CHECKOUT, LocalSettings

ROTATE_BYTES = 20 * 1024 * 1024
"""A log this large is put aside when its process starts; one earlier log is kept."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One process to keep running; `start` returns when it can be used, or raises what is to be shown."""

    name: str
    port: int
    log: Path
    start: Callable[[], Running]


def infrastructure(settings: LocalSettings) -> list[Unit]:
    """Kafka and ClickHouse, as far as the settings do not say that they are elsewhere."""
    units = []
    if not settings.external_brokers:
        units.append(_kafka(settings))
    if not settings.external_clickhouse:
        units.append(_clickhouse(settings))
    return units


def service(settings: LocalSettings, name: str) -> Unit:
    """One of the four services."""
    log = settings.logs / f"{name}.log"

    def start() -> Running:
        rotate(log)
        return spawn([sys.executable, "-m", f"services.{name}"], settings.service_environment(name), log, CHECKOUT)

    return Unit(name, settings.metrics_port(name), log, start)


def rotate(log: Path) -> None:
    """Puts a large log aside and makes sure that its folder is there."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > ROTATE_BYTES:
        log.replace(log.with_suffix(".log.1"))


def _kafka(settings: LocalSettings) -> Unit:
    log = settings.logs / "kafka.log"

    def start() -> Running:
        from deploy.local.kafka import process

        rotate(log)
        return process.start(settings.home / "kafka", settings.kafka_port, log, settings.kafka_heap)

    return Unit("kafka", settings.kafka_port, log, start)


def _clickhouse(settings: LocalSettings) -> Unit:
    log = settings.logs / "clickhouse.log"

    def start() -> Running:
        from deploy.local.clickhouse import process

        rotate(log)
        return process.start(settings.home / "clickhouse", settings.clickhouse_port, log)

    return Unit("clickhouse", settings.clickhouse_port, log, start)
