"""Settings from the environment, and what becomes of them in each client."""

import ssl
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.runtime.settings import KafkaSettings, ServiceSettings


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith(("KAFKA_", "WAYPOST_")):
            monkeypatch.delenv(name)


def test_defaults_are_one_local_broker_and_loopback() -> None:
    settings = ServiceSettings()
    assert settings.kafka.brokers == ("127.0.0.1:9092",)
    assert (settings.bind, settings.partitions, settings.home) == ("127.0.0.1", 4, Path(".waypost"))
    assert settings.kafka.kafka_python() == {
        "bootstrap_servers": ["127.0.0.1:9092"],
        "security_protocol": "PLAINTEXT",
    }


def test_brokers_are_a_comma_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BROKERS", "a:1, b:2,")
    assert ServiceSettings().kafka.bootstrap == "a:1,b:2"


def test_no_broker_is_an_error_that_says_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BROKERS", " , ")
    with pytest.raises(ValidationError, match="host:port"):
        KafkaSettings()


def test_sasl_without_a_password_is_an_error_that_names_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("KAFKA_SASL_USERNAME", "waypost")
    with pytest.raises(ValidationError, match="KAFKA_SASL_PASSWORD_FILE"):
        KafkaSettings()


def test_a_password_file_wins_and_is_in_every_clients_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from-file\n")
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("KAFKA_SASL_MECHANISM", "SCRAM-SHA-256")
    monkeypatch.setenv("KAFKA_SASL_USERNAME", "waypost")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "from-variable")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD_FILE", str(tmp_path / "password"))
    kafka = KafkaSettings()
    assert kafka.librdkafka()["sasl.password"] == "from-file"
    assert kafka.librdkafka()["security.protocol"] == "sasl_ssl"
    for options in (kafka.aiokafka(), kafka.kafka_python()):
        assert options["sasl_plain_password"] == "from-file"
        assert options["sasl_mechanism"] == "SCRAM-SHA-256"
        assert isinstance(options["ssl_context"], ssl.SSLContext)


def test_secrets_are_not_in_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("KAFKA_SASL_USERNAME", "waypost")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "hunter2")
    settings = ServiceSettings()
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"
