-- What became of every position of the public topics, and the events themselves.
-- Each statement may be run twice: a migration that was cut off is run again from its start.

CREATE TABLE IF NOT EXISTS waypost_storage.ledger ${on_cluster}
(
    topic LowCardinality(String),
    partition UInt32 CODEC(ZSTD(1)),
    `offset` UInt64 CODEC(Delta, ZSTD(1)),
    `index` UInt32 CODEC(Delta, ZSTD(1)),
    `of` UInt32 CODEC(ZSTD(1)) COMMENT 'elements in the record',
    offsets UInt64 CODEC(ZSTD(1)) COMMENT 'offsets answered, from this one on',
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    finding LowCardinality(String) COMMENT 'accepted, late, rejected, tick or gap',
    reason LowCardinality(String),
    message String CODEC(ZSTD(1)),
    payload String CODEC(ZSTD(3)) COMMENT 'the bytes of a refused event',
    attributes String CODEC(ZSTD(1)) COMMENT 'the headers of a refused event in binary mode, a JSON object',
    shop LowCardinality(String),
    source LowCardinality(String),
    id String CODEC(ZSTD(1)),
    type LowCardinality(String),
    digest UInt64 CODEC(ZSTD(1)) COMMENT 'of the decoded content',
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8 CODEC(ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX refused finding TYPE set(8) GRANULARITY 4,
    INDEX named id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (topic, partition, `offset`, `index`)
TTL inserted_at + toIntervalDay(${days:ledger})
COMMENT 'One row per position: where it was read and what was found there';

CREATE TABLE IF NOT EXISTS waypost_storage.events ${on_cluster}
(
    event_id UUID CODEC(ZSTD(1)),
    source LowCardinality(String),
    id String CODEC(ZSTD(1)),
    type LowCardinality(String),
    shop LowCardinality(String),
    occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    topic LowCardinality(String),
    partition UInt32 CODEC(ZSTD(1)),
    `offset` UInt64 CODEC(Delta, ZSTD(1)),
    `index` UInt32 CODEC(ZSTD(1)),
    alias String CODEC(ZSTD(1)) COMMENT 'of the cell it went to first',
    customer_id String CODEC(ZSTD(1)),
    anonymous_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    order_id String CODEC(ZSTD(1)),
    parcel_id String CODEC(ZSTD(1)),
    ticket_id String CODEC(ZSTD(1)),
    channel LowCardinality(String),
    device LowCardinality(String),
    data String CODEC(ZSTD(3)),
    extensions String CODEC(ZSTD(1)),
    digest UInt64 CODEC(ZSTD(1)),
    late UInt8 CODEC(ZSTD(1)),
    version UInt256 CODEC(ZSTD(1)) COMMENT 'the greater, the earlier the position',
    deleted UInt8 CODEC(ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_event_id event_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_alias alias TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_order order_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_time occurred_at TYPE minmax GRANULARITY 1,
    INDEX by_shop shop TYPE set(16) GRANULARITY 4
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (source, id)
TTL inserted_at + toIntervalDay(${days:events})
COMMENT 'One row per event: what its earliest position said';

CREATE TABLE IF NOT EXISTS waypost_storage.put_aside ${on_cluster}
(
    `table` LowCardinality(String),
    digest UInt64 COMMENT 'of table and content: the same row is put aside once',
    content String CODEC(ZSTD(3)) COMMENT 'the row as JSON',
    error String CODEC(ZSTD(1)),
    version UInt64,
    deleted UInt8,
    inserted_at DateTime('UTC') DEFAULT now()
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (`table`, digest)
TTL inserted_at + toIntervalDay(${days:put_aside})
COMMENT 'Rows that the engine refused, with its reason';

CREATE TABLE IF NOT EXISTS waypost_storage.shops ${on_cluster}
(
    shop LowCardinality(String),
    time_zone LowCardinality(String),
    since Array(DateTime64(3, 'UTC')) COMMENT 'instants at which the offset from UTC changed',
    offset_seconds Array(Int32) COMMENT 'the offset from each of them on',
    version UInt64,
    deleted UInt8,
    inserted_at DateTime('UTC') DEFAULT now()
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY shop
COMMENT 'The local clocks of the shops seen so far';
