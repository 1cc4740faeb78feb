"""Topics as data: what brokers are asked for, and who may write and read what."""

from datetime import timedelta

import pytest

from schemas import topics
from schemas.topics import ALL, CHANGELOGS, INTERNAL, PUBLIC, Shape, Topic

DAY_MS = 24 * 3600 * 1000

EXPECTED = {
    "storefront.events.v1": (12, "delete", 14 * DAY_MS),
    "logistics.events.v1": (12, "delete", 14 * DAY_MS),
    "service.events.v1": (12, "delete", 14 * DAY_MS),
    "journey.events.v1": (12, "delete", 14 * DAY_MS),
    "ingest.rejected.v1": (12, "delete", 14 * DAY_MS),
    "journey.changes.v1": (12, "delete", 14 * DAY_MS),
    "pain_points.changes.v1": (1, "delete", 14 * DAY_MS),
    "alerts.changes.v1": (1, "delete", 14 * DAY_MS),
    "waypost-journey-cells-changelog": (12, "compact", -1),
    "waypost-alerts-cells-changelog": (1, "compact", -1),
}


def test_the_topics_are_these_with_partitions_cleanup_and_retention() -> None:
    found = {
        topic.name: (
            topic.partitions(12),
            topic.settings()["cleanup.policy"],
            int(topic.settings()["retention.ms"]),
        )
        for topic in ALL
    }
    assert found == EXPECTED


@pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.name)
def test_the_broker_stamps_every_record_and_allows_two_mebibytes(topic: Topic) -> None:
    settings = topic.settings()
    assert settings["message.timestamp.type"] == "LogAppendTime"
    assert settings["max.message.bytes"] == str(2 * 1024 * 1024)


def test_only_changelogs_are_compacted_and_kept_for_ever() -> None:
    assert {topic.name for topic in ALL if topic.compacted or topic.retention is None} == {t.name for t in CHANGELOGS}


def test_public_internal_and_changelogs_are_all_topics_each_once() -> None:
    assert [t.name for t in ALL] == [t.name for t in (*PUBLIC, *INTERNAL, *CHANGELOGS)]
    assert len({topic.name for topic in ALL}) == len(ALL)


def test_what_a_service_reads_somebody_writes() -> None:
    readers = {reader for topic in ALL for reader in topic.consumers}
    assert readers == {"ingest", "journey", "alerts", "warehouse"}
    assert all(topic.producers for topic in ALL)
    assert {topic.name for topic in ALL if "ingest" in topic.consumers} == {topic.name for topic in PUBLIC}


def test_a_table_has_the_partitions_of_the_topic_that_its_service_reads() -> None:
    assert topics.JOURNEY_CELLS.shape is topics.JOURNEY_EVENTS.shape is Shape.KEYED
    assert topics.ALERTS_CELLS.shape is topics.PAIN_POINTS_CHANGES.shape is Shape.SINGLE


def test_a_topics_own_settings_win() -> None:
    topic = Topic("t", "c", (), (), retention=timedelta(hours=1), config={"retention.ms": "5", "segment.ms": "7"})
    assert topic.settings() == {
        "cleanup.policy": "delete",
        "max.message.bytes": "2097152",
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": "5",
        "segment.ms": "7",
    }
