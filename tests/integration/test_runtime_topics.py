"""Topics are created and checked on a real broker."""

from concurrent.futures import ThreadPoolExecutor

from deploy.local.kafka.process import KafkaProcess
from schemas.topics import ALL, MAX_MESSAGE_BYTES, Shape, Topic
from services.runtime.kafka.admin import Difference, TopicAdmin
from services.runtime.settings import KafkaSettings


def settings(kafka: KafkaProcess) -> KafkaSettings:
    return KafkaSettings(brokers=(kafka.bootstrap,))


def test_all_declared_topics_are_created_once_by_two_at_once_and_then_as_declared(kafka: KafkaProcess) -> None:
    topics = [Topic(f"declared.{t.name}", t.contract, (), (), t.shape, t.retention, t.compacted, t.config) for t in ALL]

    def create(_: int) -> tuple[str, ...]:
        with TopicAdmin(settings(kafka)) as admin:
            return admin.create(topics, 3, 1)

    with ThreadPoolExecutor(2) as both:
        created = [name for names in both.map(create, range(2)) for name in names]
    assert sorted(created) == sorted(t.name for t in topics)
    with TopicAdmin(settings(kafka)) as admin:
        assert admin.check(topics, 3) == ()
        assert admin.create(topics, 3, 1) == ()


def test_differences_are_reported_and_nothing_is_changed(kafka: KafkaProcess) -> None:
    made = Topic("differs", "c", (), (), config={"max.message.bytes": "1000"})
    wanted = Topic("differs", "c", (), (), shape=Shape.SINGLE)
    with TopicAdmin(settings(kafka)) as admin:
        admin.create([made], 2, 1)
        assert admin.create([wanted], 2, 1) == ()
        assert admin.check([wanted, Topic("absent", "c", (), ())], 2) == (
            Difference("absent", "topic", "a topic", None),
            Difference("differs", "partitions", "1", "2"),
            Difference("differs", "max.message.bytes", str(MAX_MESSAGE_BYTES), "1000"),
        )
