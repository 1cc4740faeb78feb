"""How ClickHouse is reached and how its tables are made, read from the environment."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

RETENTION_DAYS = 400
"""How long a row stays after it was inserted, unless a table's setting says otherwise."""


class ClickHouseSettings(BaseSettings):
    """Where ClickHouse is and what its tables look like: `CLICKHOUSE_*`."""

    model_config = SettingsConfigDict(env_prefix="CLICKHOUSE_", extra="ignore", frozen=True)

    url: str = "clickhouse://default@127.0.0.1:9000"
    """`clickhouse://user@host:port`, or `clickhouses://` for TLS (`?ca_certs=FILE&verify=true`)."""
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    """Wins over `CLICKHOUSE_PASSWORD`, and either over a password in the URL."""
    connect_seconds: float = Field(default=5.0, gt=0)
    reply_seconds: float = Field(default=120.0, gt=0)
    """How long one answer may take before the connection counts as broken."""
    cluster: str = ""
    """The cluster that migrations run `ON CLUSTER` of; its tables are replicated. Empty for a single server."""
    retention_days: int = Field(default=RETENTION_DAYS, ge=1)
    retention_days_by_table: Mapping[str, int] = Field(default_factory=dict)
    """As JSON, `{"events": 90}`: tables of `waypost_storage` that are kept longer or shorter than the rest."""

    def dsn(self) -> str:
        """The URL with its secret: for the driver only, never for a log."""
        secret = (
            self.password_file.read_text(encoding="utf-8").strip()
            if self.password_file
            else self.password.get_secret_value()
        )
        if not secret:
            return self.url
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        user = parts.username or "default"
        return urlunsplit(parts._replace(netloc=f"{user}:{quote(secret, safe='')}@{host}"))

    def where(self) -> str:
        """Host and port, for messages."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def days(self, table: str) -> int:
        """How many days after insertion a row of a storage table expires."""
        return self.retention_days_by_table.get(table, self.retention_days)
