import pytest

from services.cli.local.settings import LocalSettings


def test_clusters_elsewhere_need_no_local_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BROKERS", "kafka.example:9092")
    monkeypatch.setenv("CLICKHOUSE_URL", "clickhouse://house.example")
    settings = LocalSettings()

    assert settings.ports(services=()) == {}
    assert settings.environment()["KAFKA_BROKERS"] == "kafka.example:9092"
    assert settings.environment()["CLICKHOUSE_URL"] == "clickhouse://house.example"


def test_every_port_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, port in (("KAFKA_PORT", 1001), ("CLICKHOUSE_PORT", 1002), ("METRICS_PORT_ALERTS", 1003)):
        monkeypatch.setenv(f"WAYPOST_{name}", str(port))
    settings = LocalSettings(external_brokers="", external_clickhouse="")

    assert settings.brokers == "127.0.0.1:1001"
    assert settings.clickhouse_url == "clickhouse://default@127.0.0.1:1002"
    assert settings.service_environment("alerts")["WAYPOST_METRICS_PORT"] == "1003"
    assert settings.ports(("alerts",)) == {
        "WAYPOST_METRICS_PORT_ALERTS": 1003,
        "WAYPOST_KAFKA_PORT": 1001,
        "WAYPOST_CLICKHOUSE_PORT": 1002,
    }
