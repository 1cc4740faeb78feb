"""Who asks: the analyst, who is granted the views and nothing else, or the owner of the tables."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runtime.clickhouse.settings import ClickHouseSettings


class AnalystSettings(BaseSettings):
    """`CLICKHOUSE_ANALYST_*`: the account that `waypost sql` asks as."""

    model_config = SettingsConfigDict(env_prefix="CLICKHOUSE_ANALYST_", extra="ignore", frozen=True)

    user: str = "analyst"
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    """Wins over `CLICKHOUSE_ANALYST_PASSWORD`."""

    def secret(self) -> str:
        """The password, empty when there is none."""
        if self.password_file:
            return self.password_file.read_text(encoding="utf-8").strip()
        return self.password.get_secret_value()


def as_analyst(owner: ClickHouseSettings, analyst: AnalystSettings) -> ClickHouseSettings:
    """The same server for the analyst; nothing of the owner's secret is left."""
    parts = urlsplit(owner.url)
    host = parts.netloc.rpartition("@")[2]
    url = urlunsplit(parts._replace(netloc=f"{quote(analyst.user, safe='')}@{host}"))
    secret = SecretStr(analyst.secret())
    return owner.model_copy(update={"url": url, "password": secret, "password_file": None})
