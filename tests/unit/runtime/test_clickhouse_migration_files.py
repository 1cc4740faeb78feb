"""Migrations as files and settings as placeholders."""

from pathlib import Path

import pytest

from services.runtime.clickhouse.migrate import placeholders
from services.runtime.clickhouse.migration_files import Migration, read_migrations, tables_with_retention
from services.runtime.clickhouse.settings import ClickHouseSettings

TEXT = """-- A comment; with a semicolon inside.
CREATE TABLE t ${on_cluster} (a UInt8)
ENGINE = ${replicated}ReplacingMergeTree ORDER BY a TTL inserted_at + toIntervalDay(${days:t});

-- Another
CREATE TABLE u (a String DEFAULT 'x;y') ENGINE = Memory;
"""


def test_statements_are_split_and_filled_in_for_a_single_server() -> None:
    first, second = Migration(1, "0001_t.sql", TEXT).statements(placeholders(ClickHouseSettings(), ["t"]))
    assert "CREATE TABLE t  (a UInt8)\nENGINE = ReplacingMergeTree ORDER BY a" in first
    assert first.endswith("toIntervalDay(400)")
    assert second.endswith("CREATE TABLE u (a String DEFAULT 'x;y') ENGINE = Memory")


def test_a_cluster_and_retention_are_settings() -> None:
    settings = ClickHouseSettings(cluster="main", retention_days=30, retention_days_by_table={"t": 7})
    [first, _] = Migration(1, "0001_t.sql", TEXT).statements(placeholders(settings, ["t"]))
    assert "ON CLUSTER 'main'" in first
    assert "ReplicatedReplacingMergeTree" in first
    assert "toIntervalDay(7)" in first


def test_a_placeholder_that_nobody_fills_is_an_error() -> None:
    with pytest.raises(KeyError, match="days:t"):
        Migration(1, "0001_t.sql", TEXT).statements(placeholders(ClickHouseSettings(), []))


def test_the_checksum_is_the_files_whatever_the_settings() -> None:
    assert (
        Migration(1, "a", TEXT).checksum == Migration(2, "b", TEXT).checksum != Migration(1, "a", TEXT + " ").checksum
    )


def test_numbers_have_no_holes(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("SELECT 1;")
    (tmp_path / "0003_c.sql").write_text("SELECT 1;")
    with pytest.raises(ValueError, match=r"0003_c\.sql should be number 0002"):
        read_migrations(tmp_path)


def test_the_shipped_migrations_name_tables_that_expire() -> None:
    assert {"ledger", "events", "orders"} <= set(tables_with_retention(read_migrations()))


def test_a_password_goes_into_the_dsn_and_nowhere_else(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hu/sh\n")
    settings = ClickHouseSettings(url="clickhouses://ann@ch.example:9440?verify=true", password_file=file)
    assert settings.dsn() == "clickhouses://ann:hu%2Fsh@ch.example:9440?verify=true"
    assert "sh@" not in repr(settings) + settings.where()
