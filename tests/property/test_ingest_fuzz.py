"""Whatever comes in values, headers and keys: ingest does not fall over, and answers each position exactly once.

A small sample runs with every test run. The long run is
`WAYPOST_FUZZ_INPUTS=1000000 pytest -s tests/property/test_ingest_fuzz.py`; it prints its rate, memory and answers.
A failing input is named by its seed and number.
"""

import json
import os
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry
from support.contract_events import RECEIVED_MS, SHOPS

from schemas import wire
from schemas.events import EVENT_TYPES
from schemas.golden.example_events import full, minimal
from schemas.topics import MAX_MESSAGE_BYTES, PUBLIC
from schemas.wire import TICK_HEADER
from services.ingest.metrics import IngestMetrics
from services.ingest.processor import Ingest
from services.runtime.records import Effects, Headers, Record, RecordBatch

INPUTS = int(os.environ.get("WAYPOST_FUZZ_INPUTS", "3000"))
SEED = int(os.environ.get("WAYPOST_FUZZ_SEED", "7"))
BATCH = 50
SECONDS = 20.0
"""No batch takes so long, on however busy a machine."""

MEMORY = 96 * 1024
"""KiB that the process may grow by, however many inputs there are; measured from the tenth part on."""

READ = {
    wire.Kind.EVENTS: wire.read_events,
    wire.Kind.REJECTED: wire.read_rejected,
    wire.Kind.POSITIONS: wire.read_positions,
}
TOKENS = (
    b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"true", b"-0", b"-0.0", b"1e999", b"NaN", b"0" * 400,
    b"\\u0000", b"\\ud800", b"\\u00e9", b"\x00", b"\xff", b"\xc2\x85", b"\xed\xa0\x80", b"\xef\xbb\xbf", b" ", b"\n",
    b"[" * 70, b'{"a":' * 70, b"[" * 5_000, b"99999999999999999999", b"2200-01-01T00:00:00Z", b"-0001-01-01",
)  # fmt: skip
HEADERS = (
    "ce_id", "ce_source", "ce_type", "ce_specversion", "ce_time", "ce_shop", "ce_", "CE_ID", "content-type",
    "traceparent", TICK_HEADER, "", "ce_\ud800", "é",
)  # fmt: skip
SCALARS: tuple[object, ...] = (
    None, True, 0, -1, 2.5, 1e308, 10**30, "", "x", "a/b", "\x85", "£", "12.50", "x" * 7_000, [], {}, [[]],
    {"sku": "s"},
)  # fmt: skip

BINARY = {
    "ce_id": b"e",
    "ce_source": b"/s",
    "ce_type": b"service.ticket.solved",
    "ce_specversion": b"1.0",
    "ce_time": b"2024-05-02T10:15:00Z",
}

EXAMPLES = [(name, example(name)) for name in sorted(EVENT_TYPES) for example in (minimal, full)]

Input = tuple[bytes | None, bytes | None, Headers]
Mutation = Callable[[random.Random, bytes], bytes]


def event(chance: random.Random) -> dict[str, object]:
    """An example, with a few attributes and fields replaced, gone or added."""
    name, example = chance.choice(EXAMPLES)
    whole, data = dict(example), dict(example["data"])
    for _ in range(chance.choice((0, 0, 1, 2))):
        data[chance.choice([*data, *EVENT_TYPES[name].model_fields, "x"])] = chance.choice(SCALARS)
    whole["data"] = data
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        whole[chance.choice([*whole, "shop", "subject", "datacontenttype", "y"])] = chance.choice(SCALARS)
    if chance.random() < 0.1:
        whole.pop(chance.choice([*whole]))
    return whole


def text(chance: random.Random) -> bytes:
    """One event or an array of them, as JSON."""
    events = [event(chance) for _ in range(chance.choice((0, 1, 2, 5)))]
    value = json.dumps(events if len(events) != 1 else events[0], ensure_ascii=chance.random() < 0.5)
    return value.encode("utf-8", "surrogatepass")


def cut(chance: random.Random, value: bytes) -> bytes:
    return value[: chance.randint(0, len(value))]


def flip(chance: random.Random, value: bytes) -> bytes:
    at = chance.randrange(len(value) or 1)
    return value[:at] + bytes((chance.randrange(256),)) + value[at + 1 :]


def insert(chance: random.Random, value: bytes) -> bytes:
    at = chance.randint(0, len(value))
    return value[:at] + chance.choice(TOKENS) + value[at + chance.choice((0, 1, 5)) :]


def double(chance: random.Random, value: bytes) -> bytes:
    begin, end = sorted((chance.randint(0, len(value)), chance.randint(0, len(value))))
    return value[:end] + value[begin:]


def nothing(_chance: random.Random, value: bytes) -> bytes:
    return value


MUTATIONS: tuple[Mutation, ...] = (nothing, nothing, cut, flip, flip, insert, insert, double)


def header(chance: random.Random) -> tuple[str, bytes]:
    value = chance.choice((b"", b"1", b"\xff", b"application/json", b"application/cloudevents", chance.randbytes(9)))
    return chance.choice(HEADERS), value


def inputs(seed: int, number: int) -> Input:
    """The input of this number: key, value, headers."""
    chance = random.Random(f"{seed}/{number}")
    kind = chance.random()
    if kind < 0.1:
        value: bytes | None = chance.choice((None, b"", chance.randbytes(chance.choice((1, 40, 3_000)))))
    else:
        value = text(chance)
        for _ in range(chance.choice((0, 1, 1, 2, 4))):
            value = chance.choice(MUTATIONS)(chance, value)
    if kind > 0.999:
        value = (value or b"x") * (MAX_MESSAGE_BYTES // len(value or b"x"))
    key = chance.choice((None, b"", b"k", chance.randbytes(20)))
    headers: Headers = ()
    if 0.1 < kind < 0.2:  # binary mode, nearly
        headers = [(name, flip(chance, word) if chance.random() < 0.1 else word) for name, word in BINARY.items()]
        value = chance.choice((b'{"ticket_id":"t"}', value))
    if chance.random() < 0.2:
        headers = [*headers, *(header(chance) for _ in range(chance.choice((1, 3))))]
    return key, value, headers


def batches(count: int) -> Iterator[RecordBatch]:
    for first in range(0, count, BATCH):
        records = []
        for number in range(first, min(first + BATCH, count)):
            key, value, headers = inputs(SEED, number)
            records.append(Record(number, RECEIVED_MS, key, value, headers))
        yield RecordBatch(PUBLIC[0].name, 0, first, records)


def answered(effects: Effects) -> Iterator[tuple[int, int, int, str]]:
    """Offset, index, of how many, and answer, of every position that the outputs answer."""
    for output in effects.outputs:
        read = READ.get(wire.kind(output.headers))  # type: ignore[call-overload]
        for item in read(output.value or b"") if read else ():
            answer = getattr(item, "reason", "") or getattr(item, "answer", "") or "accepted"
            yield item.position.offset, item.position.index, item.position.of, answer


def check(batch: RecordBatch, effects: Effects) -> Counter[str]:
    """That every position of a batch is answered exactly once, in records that Kafka takes; returns the answers."""
    found = sorted(answered(effects))
    expected = [(offset, index, of) for offset, _, of, _ in found for index in range(of) if found]
    positions = [(offset, index, of) for offset, index, of, _ in found]
    assert positions == sorted(set(expected)), f"seed {SEED}, inputs {batch.first} to {batch.last}"
    assert {offset for offset, *_ in found} == {record.offset for record in batch.records}, f"seed {SEED}"
    assert all(len(output.value or b"") < MAX_MESSAGE_BYTES for output in effects.outputs), f"seed {SEED}"
    return Counter(answer for *_, answer in found)


@pytest.mark.timeout(0 if INPUTS > 100_000 else 120)
def test_every_input_is_answered_exactly_once_and_nothing_falls_over() -> None:
    ingest = Ingest(SHOPS, 4, IngestMetrics(CollectorRegistry()))
    answers: Counter[str] = Counter()
    longest = spent = 0.0
    memory = 0
    for number, batch in enumerate(batches(INPUTS)):
        began = time.process_time()
        effects = ingest.process(batch)
        took = time.process_time() - began
        longest, spent = max(longest, took), spent + took
        assert took < SECONDS, f"seed {SEED}: inputs {batch.first} to {batch.last} took {took:.0f} s"
        answers += check(batch, effects)
        if number == INPUTS // BATCH // 10:
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    print(
        f"{INPUTS:,} inputs, {answers.total():,} answers, {INPUTS / spent:,.0f} inputs/s in process, "
        f"longest batch {longest * 1e3:.0f} ms, grown by {grown / 1024:.1f} MiB; {dict(answers.most_common())}"
    )
    assert grown < MEMORY
    assert set(answers) >= {"accepted", "not_json", "not_cloudevents", "invalid_data", "tick", "unknown_type"}
