"""`waypost topics`: creates the topics, or checks that they are as declared."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import typer
from kafka.errors import KafkaError
from rich.console import Console

from schemas.topics import ALL
from services.cli.failure import CommandFailedError
from services.runtime.kafka.admin import TopicAdmin
from services.runtime.settings import KafkaSettings, ServiceSettings

app = typer.Typer()

CONNECT_TIMEOUT_S = 5.0


@app.command()
def create() -> None:
    """Create the topics that are missing; what exists is left as it is.

    WAYPOST_PARTITIONS is the partition count of the keyed topics, fixed for life, and WAYPOST_REPLICATION the number of
    copies.

    Example: waypost topics create
    """
    settings = ServiceSettings()
    with _admin(settings.kafka) as admin:
        created = admin.create(ALL, settings.partitions, settings.replication)
    console = Console(highlight=False, soft_wrap=True)
    for name in created:
        console.print(f"created {name}")
    console.print(f"all {len(ALL)} topics exist on {settings.kafka.bootstrap}")


@app.command()
def check() -> None:
    """Compare the topics with their declarations and exit with 1 if any differs.

    Example: waypost topics check
    """
    settings = ServiceSettings()
    with _admin(settings.kafka) as admin:
        differences = admin.check(ALL, settings.partitions)
    if differences:
        raise CommandFailedError("\n".join(str(difference) for difference in differences))
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"all {len(ALL)} topics on {settings.kafka.bootstrap} are as declared")


@contextmanager
def _admin(settings: KafkaSettings) -> Iterator[TopicAdmin]:
    try:
        if not any(map(_listens, settings.brokers)):  # the client would try for half a minute
            raise ConnectionError("nothing listens there")
        with TopicAdmin(settings) as admin:
            yield admin
    except (KafkaError, TimeoutError, OSError) as error:
        raise CommandFailedError(
            f"Kafka at {settings.bootstrap} does not do what was asked: {error}",
            "start it with `waypost up`, or set KAFKA_BROKERS to where it is",
        ) from error


def _listens(broker: str) -> bool:
    host, _, port = broker.rpartition(":")
    with suppress(OSError, ValueError), socket.create_connection((host.strip("[]"), int(port)), CONNECT_TIMEOUT_S):
        return True
    return False
