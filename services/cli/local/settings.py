"""Settings of an installation on one machine: where its state is, its ports, and what is elsewhere already."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

HOST = "127.0.0.1"
SERVICES = ("ingest", "journey", "alerts", "warehouse")
CHECKOUT = Path(__file__).resolve().parents[3]
"""Services run here, so that `config/` is found whatever folder `waypost` is called from."""


class LocalSettings(BaseSettings):
    """`WAYPOST_HOME`, `WAYPOST_*_PORT*`, and `KAFKA_BROKERS` and `CLICKHOUSE_URL` for what is not started here."""

    model_config = SettingsConfigDict(env_prefix="WAYPOST_", extra="ignore", frozen=True, populate_by_name=True)

    home: Path = Path(".waypost")
    kafka_port: int = Field(default=9092, ge=1, le=65535)
    clickhouse_port: int = Field(default=9000, ge=1, le=65535)
    metrics_port_ingest: int = Field(default=9101, ge=1, le=65535)
    metrics_port_journey: int = Field(default=9102, ge=1, le=65535)
    metrics_port_alerts: int = Field(default=9103, ge=1, le=65535)
    metrics_port_warehouse: int = Field(default=9104, ge=1, le=65535)
    kafka_heap: str = "256m"
    partitions: int = Field(default=4, ge=1)
    external_brokers: str = Field(default="", validation_alias="KAFKA_BROKERS")
    external_clickhouse: str = Field(default="", validation_alias="CLICKHOUSE_URL")

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().resolve()

    @property
    def brokers(self) -> str:
        """Where Kafka is: KAFKA_BROKERS, else the local broker."""
        return self.external_brokers or f"{HOST}:{self.kafka_port}"

    @property
    def clickhouse_url(self) -> str:
        """Where ClickHouse is: CLICKHOUSE_URL, else the local engine."""
        return self.external_clickhouse or f"clickhouse://default@{HOST}:{self.clickhouse_port}"

    @property
    def logs(self) -> Path:
        """One file for each process."""
        return self.home / "logs"

    def metrics_port(self, service: str) -> int:
        """Where the service serves `/metrics`, `/healthz` and `/readyz`."""
        return int(getattr(self, f"metrics_port_{service}"))

    def ports(self, services: tuple[str, ...] = SERVICES) -> dict[str, int]:
        """Every port this machine must have free, by the name of its setting."""
        wanted = {f"WAYPOST_METRICS_PORT_{name.upper()}": self.metrics_port(name) for name in services}
        if not self.external_brokers:
            wanted["WAYPOST_KAFKA_PORT"] = self.kafka_port
        if not self.external_clickhouse:
            wanted["WAYPOST_CLICKHOUSE_PORT"] = self.clickhouse_port
        return wanted

    def environment(self) -> dict[str, str]:
        """What every process of the installation is told."""
        return {
            "KAFKA_BROKERS": self.brokers,
            "CLICKHOUSE_URL": self.clickhouse_url,
            "WAYPOST_HOME": str(self.home),
            "WAYPOST_PARTITIONS": str(self.partitions),
        }

    def service_environment(self, service: str) -> dict[str, str]:
        """What one service is told; its worker id lets it take its partitions over at once after a crash."""
        return self.environment() | {
            "WAYPOST_METRICS_PORT": str(self.metrics_port(service)),
            "WAYPOST_WORKER_ID": f"{service}-1",
        }
