"""Settings that every service shares, read from the environment.

Each service subclasses `ServiceSettings` for what is its own and calls the class once, in its `__main__`.
"""

import ssl
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


class KafkaSettings(BaseSettings):
    """How to reach Kafka: `KAFKA_BROKERS`, `KAFKA_SECURITY_PROTOCOL`, `KAFKA_SASL_*`, `KAFKA_SSL_*`."""

    model_config = SettingsConfigDict(env_prefix="KAFKA_", extra="ignore", frozen=True)

    brokers: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.1:9092",)
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    sasl_username: str = ""
    sasl_password: SecretStr = SecretStr("")
    sasl_password_file: Path | None = None
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    ssl_key_password: SecretStr = SecretStr("")
    ssl_key_password_file: Path | None = None

    @field_validator("brokers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(b.strip() for b in value.split(",") if b.strip()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.brokers:
            raise ValueError("KAFKA_BROKERS names no broker; write host:port, several with commas between")
        if self.sasl and not (self.sasl_username and self.password()):
            raise ValueError(
                f"KAFKA_SECURITY_PROTOCOL={self.security_protocol} needs KAFKA_SASL_USERNAME and "
                "KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE"
            )
        return self

    @property
    def sasl(self) -> bool:
        """Whether the connection logs in."""
        return self.security_protocol.startswith("SASL")

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def bootstrap(self) -> str:
        """The brokers as one comma list."""
        return ",".join(self.brokers)

    def password(self) -> str:
        """The SASL password; a file wins over the variable."""
        return _secret(self.sasl_password, self.sasl_password_file)

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context, or None for an unencrypted connection."""
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=str(self.ssl_cafile) if self.ssl_cafile else None)
        if self.ssl_certfile:
            password = _secret(self.ssl_key_password, self.ssl_key_password_file)
            context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile, password or None)
        return context

    def librdkafka(self) -> dict[str, str | int | float | bool]:
        """Connection options of confluent-kafka's clients."""
        options: dict[str, str | int | float | bool] = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": self.security_protocol.lower(),
            "reconnect.backoff.ms": 100,
            "reconnect.backoff.max.ms": 2000,
        }
        if self.sasl:
            options |= {
                "sasl.mechanism": self.sasl_mechanism,
                "sasl.username": self.sasl_username,
                "sasl.password": self.password(),
            }
        if self.tls:
            files = {
                "ssl.ca.location": self.ssl_cafile,
                "ssl.certificate.location": self.ssl_certfile,
                "ssl.key.location": self.ssl_keyfile,
            }
            options |= {name: str(path) for name, path in files.items() if path}
            if password := _secret(self.ssl_key_password, self.ssl_key_password_file):
                options["ssl.key.password"] = password
        return options

    def kafka_python(self) -> dict[str, object]:
        """Connection options of kafka-python's clients."""
        return {"bootstrap_servers": list(self.brokers), **self._python_security()}

    def aiokafka(self) -> dict[str, object]:
        """Connection options of aiokafka's clients, which Faust's consumer is made of."""
        return {"bootstrap_servers": list(self.brokers), **self._python_security()}

    def _python_security(self) -> dict[str, object]:
        options: dict[str, object] = {"security_protocol": self.security_protocol}
        if self.sasl:
            options |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.password(),
            }
        if self.tls:
            options["ssl_context"] = self.ssl_context()
        return options


class ServiceSettings(BaseSettings):
    """What every service can be told: `WAYPOST_*`."""

    model_config = SettingsConfigDict(env_prefix="WAYPOST_", extra="ignore", frozen=True)

    bind: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """Port of `/metrics`, `/healthz` and `/readyz`; 0 takes a free one and logs it."""
    home: Path = Path(".waypost")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    partitions: int = Field(default=4, ge=1)
    """The installation's shared partition count, fixed for life."""
    replication: int = Field(default=1, ge=1)
    worker_id: str = ""
    """A name that no other live worker of the service has: with it, a restarted worker takes its partitions over at
    once instead of after the session timeout. Two live workers of one name push each other out."""

    group_records: int = Field(default=2000, ge=1)
    group_bytes: int = Field(default=2 * 1024 * 1024, ge=1)
    """One group commit covers at most so many records and bytes of values of one partition."""
    commit_seconds: float = Field(default=0.5, gt=0)
    session_seconds: float = Field(default=10.0, ge=6)
    heartbeat_seconds: float = Field(default=3.0, gt=0)
    confirm_seconds: float = Field(default=120.0, gt=0)
    """How long Kafka may take to confirm what was sent before the process ends for its supervisor."""
    stop_seconds: float = Field(default=25.0, gt=0)
    """How long a SIGTERM may take to finish the work in hand before the process ends without it."""
    stalled_seconds: float = Field(default=120.0, gt=0)
    """`/healthz` fails when there is lag and nothing moved for so long."""

    kafka: KafkaSettings = Field(default_factory=KafkaSettings)


def _secret(value: SecretStr, file: Path | None) -> str:
    return file.read_text(encoding="utf-8").strip() if file else value.get_secret_value()
