"""What the topics' check reports."""

from datetime import timedelta

from schemas.topics import Shape, Topic
from services.runtime.kafka.admin import Difference, differences

TOPIC = Topic("t", "c", (), (), retention=timedelta(days=1))
AS_DECLARED = {**TOPIC.settings(), "segment.bytes": "1073741824"}


def test_a_topic_as_declared_has_no_differences() -> None:
    assert list(differences(TOPIC, 4, 4, AS_DECLARED)) == []


def test_a_missing_topic_says_how_to_create_it() -> None:
    [found] = differences(TOPIC, 4, None, {})
    assert str(found) == "t: does not exist; create it with: waypost topics create"


def test_another_partition_count_says_that_it_is_fixed_for_life() -> None:
    [found] = differences(TOPIC, 4, 12, AS_DECLARED)
    assert found == Difference("t", "partitions", "4", "12")
    assert "fixed for life" in str(found)


def test_a_topic_of_one_partition_ignores_the_shared_count() -> None:
    single = Topic("t", "c", (), (), shape=Shape.SINGLE, retention=timedelta(days=1))
    assert list(differences(single, 4, 1, AS_DECLARED)) == []


def test_another_setting_names_both_values_and_the_remedy() -> None:
    [found] = differences(TOPIC, 4, 4, {**AS_DECLARED, "message.timestamp.type": "CreateTime"})
    assert str(found) == (
        "t: message.timestamp.type is CreateTime, declared LogAppendTime; set it with: "
        "kafka-configs.sh --alter --topic t --add-config message.timestamp.type=LogAppendTime"
    )
