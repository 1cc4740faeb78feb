"""The properties of the one local broker: everything on loopback, single copies, small memory, quick rebalances."""

from __future__ import annotations

from pathlib import Path

HOST = "127.0.0.1"
MAX_MESSAGE_BYTES = 2 * 1024 * 1024
"""The largest record batch, as the internal topics allow."""

_FIXED = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "message.max.bytes": str(MAX_MESSAGE_BYTES),
    "replica.fetch.max.bytes": str(MAX_MESSAGE_BYTES),
    # One node: one copy of everything, and a handful of partitions of the internal topics.
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "4",
    # A group forms at once, and a killed worker's partitions need not wait for long.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # A broker that was killed may register again only when its old session is over (9 s by default).
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "4000",
    # The cleaner's map is 128 MiB of heap by default, half of what this broker has.
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    "log.index.size.max.bytes": str(2 * 1024 * 1024),
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
}


def server_properties(data: Path, port: int, controller_port: int) -> str:
    """The text of `server.properties` for a broker at `port` with its log under `data`."""
    settings = _FIXED | {
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "log.dirs": str(data),
    }
    return "".join(f"{name}={value}\n" for name, value in sorted(settings.items()))
