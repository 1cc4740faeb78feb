"""What the batch consumer relies on inside Faust and aiokafka, pinned.

When this fails after an upgrade, read the named functions' changes against `docs/faust.md`, run the integration tests
of the runtime, and only then write the new digests here (`python tests/unit/runtime/test_faust_pins.py` prints them).
"""

import hashlib
import inspect
import textwrap
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords  # type: ignore[import-untyped]
from aiokafka.consumer.group_coordinator import GroupCoordinator  # type: ignore[import-untyped]
from aiokafka.record.default_records import _DefaultRecordBatchPy  # type: ignore[import-untyped]
from aiokafka.record.memory_records import _MemoryRecordsPy  # type: ignore[import-untyped]
from faust.app import App
from faust.app.base import BootStrategy
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.conductor import Conductor
from faust.transport.consumer import Consumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, ConsumerRebalanceListener

VERSIONS = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14.0"}

RELIED_ON: Mapping[type, tuple[str, ...]] = {
    Consumer: (
        "getmany",
        "_drain_messages",
        "perform_seek",
        "ack",
        "_add_gap",
        "commit",
        "force_commit",
        "stop_flow",
        "resume_flow",
        "on_partitions_revoked",
        "on_partitions_assigned",
        "_get_active_partitions",
        "verify_all_partitions_active",
    ),
    AIOKafkaConsumerThread: (
        "on_start",
        "_create_worker_consumer",
        "_fetch_records",
        "seek_to_committed",
        "_commit",
        "getmany",
    ),
    ConsumerRebalanceListener: ("on_partitions_revoked", "on_partitions_assigned"),
    App: ("_on_partitions_revoked", "_on_partitions_assigned", "_create_directories", "on_stop", "_stop_consumer"),
    BootStrategy: ("kafka_producer", "kafka_consumer"),
    Conductor: ("_subscriber",),
    Recovery: ("_resume_streams",),
    TableManager: ("on_start", "_update_channels"),
    GroupCoordinator: ("_do_heartbeat", "_on_join_prepare", "_on_join_complete", "_maybe_leave_group"),
    Fetcher: ("fetched_records",),
    FetchResult: ("getall", "check_assignment"),
    PartitionRecords: ("__iter__", "__next__", "_unpack_records", "_consumer_record", "_contains_abort_marker"),
    _MemoryRecordsPy: ("next_batch", "_cache_next"),
    _DefaultRecordBatchPy: ("_maybe_uncompress", "_read_msg"),
    AIOKafkaConsumer: ("seek_to_committed", "seek_to_beginning"),
}

DIGESTS: Mapping[str, str] = {
    "Consumer.getmany": "e486c434b7928ee8",
    "Consumer._drain_messages": "8f35dd7a11144daa",
    "Consumer.perform_seek": "2b4ceebd23deb7ee",
    "Consumer.ack": "5548cf0f75843f73",
    "Consumer._add_gap": "f1cc1db634f5ea09",
    "Consumer.commit": "e43a7d03685f9206",
    "Consumer.force_commit": "464b62ae917215ab",
    "Consumer.stop_flow": "aa77389dc23a1981",
    "Consumer.resume_flow": "192f20bc377f5fec",
    "Consumer.on_partitions_revoked": "652177e770ee66d6",
    "Consumer.on_partitions_assigned": "c07feb1175f7dcf1",
    "Consumer._get_active_partitions": "da41bc1e8d869433",
    "Consumer.verify_all_partitions_active": "b0d2b193d5b74784",
    "AIOKafkaConsumerThread.on_start": "675d03707bbecd3c",
    "AIOKafkaConsumerThread._create_worker_consumer": "c179c0bdb9755c3a",
    "AIOKafkaConsumerThread._fetch_records": "9e7369fc572de4d0",
    "AIOKafkaConsumerThread.seek_to_committed": "43907fc1163624bd",
    "AIOKafkaConsumerThread._commit": "78c931ecfa8dde44",
    "AIOKafkaConsumerThread.getmany": "1b1c58046a9b2bb7",
    "ConsumerRebalanceListener.on_partitions_revoked": "cb4aa49e968a4a46",
    "ConsumerRebalanceListener.on_partitions_assigned": "f8231db51dd545c6",
    "App._on_partitions_revoked": "c1abd58dcb37f0a2",
    "App._on_partitions_assigned": "c9c5485eb273837f",
    "App._create_directories": "11b6b0b79e317509",
    "App.on_stop": "d8e7904b258c93f5",
    "App._stop_consumer": "96573acf5f044586",
    "BootStrategy.kafka_producer": "c76e8008f9990c3a",
    "BootStrategy.kafka_consumer": "492b1eb6a2054d97",
    "Conductor._subscriber": "dce003bc3ef8b5c5",
    "Recovery._resume_streams": "fbe0f747b84c0b27",
    "TableManager.on_start": "b82e759be50ccebe",
    "TableManager._update_channels": "c43fe8c0812bf9cb",
    "GroupCoordinator._do_heartbeat": "5628cb32b3d29bf4",
    "GroupCoordinator._on_join_prepare": "620a6bbc67252dde",
    "GroupCoordinator._on_join_complete": "186788a437c08195",
    "GroupCoordinator._maybe_leave_group": "7bc230e3f4dc0222",
    "Fetcher.fetched_records": "e20ce0c8117f12d2",
    "FetchResult.getall": "b638929de3431c67",
    "FetchResult.check_assignment": "2ffd6c1af9bc64df",
    "PartitionRecords.__iter__": "500ad1bfb0a1f5d2",
    "PartitionRecords.__next__": "0c0c7e1a9e163108",
    "PartitionRecords._unpack_records": "047f7fc3f005c220",
    "PartitionRecords._consumer_record": "56c3ee13f914a9d2",
    "PartitionRecords._contains_abort_marker": "9692685641abdf0f",
    "_MemoryRecordsPy.next_batch": "8915c50380624be3",
    "_MemoryRecordsPy._cache_next": "2a1ba1434a10bb7a",
    "_DefaultRecordBatchPy._maybe_uncompress": "373cfd89b30da68e",
    "_DefaultRecordBatchPy._read_msg": "d8aa5d60caca268c",
    "AIOKafkaConsumer.seek_to_committed": "9c20926f17126a19",
    "AIOKafkaConsumer.seek_to_beginning": "dc814c5693624dea",
}


def source(member: Any) -> str:
    """The text of a method, also of one that mode has made a task of."""
    return textwrap.dedent(inspect.getsource(getattr(member, "fun", member)))


def digests() -> dict[str, str]:
    """A digest of the source of everything relied on."""
    return {
        f"{owner.__name__}.{name}": hashlib.sha256(source(getattr(owner, name)).encode()).hexdigest()[:16]
        for owner, names in RELIED_ON.items()
        for name in names
    }


@pytest.mark.parametrize(("package", "pinned"), VERSIONS.items())
def test_versions_are_the_ones_that_were_read(package: str, pinned: str) -> None:
    assert version(package) == pinned


def test_the_internals_relied_on_are_as_they_were_read() -> None:
    found = digests()
    changed = sorted(name for name in found if found[name] != DIGESTS.get(name))
    assert not changed, f"changed since they were read: {changed}"
    assert found.keys() == DIGESTS.keys()


if __name__ == "__main__":
    for name, digest in digests().items():
        print(f'    "{name}": "{digest}",')
