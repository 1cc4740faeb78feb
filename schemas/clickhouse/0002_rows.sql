-- Whole rows as the services publish them; the greatest version of a key is what is known now.
-- Sort keys hold only what never changes for an id.

CREATE TABLE IF NOT EXISTS waypost_storage.persons ${on_cluster}
(
    shop LowCardinality(String),
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8,
    alias String CODEC(ZSTD(1)),
    person_id String CODEC(ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_person person_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (shop, alias)
TTL inserted_at + toIntervalDay(${days:persons})
COMMENT 'Which person an alias belongs to';

CREATE TABLE IF NOT EXISTS waypost_storage.orders ${on_cluster}
(
    shop LowCardinality(String),
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8,
    order_id String CODEC(ZSTD(1)),
    person_id String CODEC(ZSTD(1)),
    placed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    approved_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    handed_over_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    first_attempt_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    delivered_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    cancelled_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    first_promise Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    current_promise Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    ship_by Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    total Nullable(Decimal(18, 4)) CODEC(ZSTD(1)),
    currency LowCardinality(String),
    payment_method LowCardinality(String),
    status LowCardinality(String),
    late Bool,
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_person person_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_time placed_at TYPE minmax GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (shop, order_id)
TTL inserted_at + toIntervalDay(${days:orders})
COMMENT 'Orders that were placed';

CREATE TABLE IF NOT EXISTS waypost_storage.parcels ${on_cluster}
(
    shop LowCardinality(String),
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8,
    parcel_id String CODEC(ZSTD(1)),
    order_id String CODEC(ZSTD(1)),
    carrier LowCardinality(String),
    tracking_number String CODEC(ZSTD(1)),
    service_level LowCardinality(String),
    origin LowCardinality(String),
    destination LowCardinality(String),
    registered_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    handed_over_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    first_scan_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    last_scan_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    delivered_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    status LowCardinality(String),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_order order_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (shop, parcel_id)
TTL inserted_at + toIntervalDay(${days:parcels})
COMMENT 'Parcels that were registered';

CREATE TABLE IF NOT EXISTS waypost_storage.promises ${on_cluster}
(
    shop LowCardinality(String),
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8,
    promise_id UUID CODEC(ZSTD(1)),
    order_id String CODEC(ZSTD(1)),
    promised_by DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    made_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    source LowCardinality(String),
    slip_owner LowCardinality(String),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_order order_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (shop, promise_id)
TTL inserted_at + toIntervalDay(${days:promises})
COMMENT 'Promises made to customers';

CREATE TABLE IF NOT EXISTS waypost_storage.surveys ${on_cluster}
(
    shop LowCardinality(String),
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8,
    survey_id UUID CODEC(ZSTD(1)),
    survey LowCardinality(String),
    score Float64 CODEC(ZSTD(1)),
    scale Nullable(Float64) CODEC(ZSTD(1)),
    person_id String CODEC(ZSTD(1)),
    order_id String CODEC(ZSTD(1)),
    ticket_id String CODEC(ZSTD(1)),
    answered_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_order order_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (shop, survey_id)
TTL inserted_at + toIntervalDay(${days:surveys})
COMMENT 'Surveys that were answered';

CREATE TABLE IF NOT EXISTS waypost_storage.actions ${on_cluster}
(
    shop LowCardinality(String),
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8,
    action_id UUID CODEC(ZSTD(1)),
    action LowCardinality(String),
    pain_point_id String CODEC(ZSTD(1)),
    plan LowCardinality(String),
    `by` String CODEC(ZSTD(1)),
    note String CODEC(ZSTD(1)),
    person_id String CODEC(ZSTD(1)),
    order_id String CODEC(ZSTD(1)),
    taken_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_pain_point pain_point_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (shop, action_id)
TTL inserted_at + toIntervalDay(${days:actions})
COMMENT 'What was done about pain points';

CREATE TABLE IF NOT EXISTS waypost_storage.journeys ${on_cluster}
(
    shop LowCardinality(String),
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8,
    journey_id UUID CODEC(ZSTD(1)),
    person_id String CODEC(ZSTD(1)),
    order_id String CODEC(ZSTD(1)),
    stage LowCardinality(String),
    outcome LowCardinality(String),
    started_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    ended_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    discover_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    consider_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    checkout_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    order_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    fulfil_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    transit_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    deliver_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    care_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    value Nullable(Decimal(18, 4)) CODEC(ZSTD(1)),
    currency LowCardinality(String),
    touches UInt32 CODEC(ZSTD(1)),
    channels Array(LowCardinality(String)) CODEC(ZSTD(1)),
    devices Array(LowCardinality(String)) CODEC(ZSTD(1)),
    pain_points Array(LowCardinality(String)) CODEC(ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_person person_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_order order_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (shop, journey_id)
TTL inserted_at + toIntervalDay(${days:journeys})
COMMENT 'Purchase attempts from first touch to last word';

CREATE TABLE IF NOT EXISTS waypost_storage.pain_points ${on_cluster}
(
    shop LowCardinality(String),
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8,
    pain_point_id UUID CODEC(ZSTD(1)),
    kind LowCardinality(String),
    entity String CODEC(ZSTD(1)),
    stage LowCardinality(String),
    severity LowCardinality(String),
    status LowCardinality(String),
    happened_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    detected_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    ended_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    cause LowCardinality(String),
    root_id UUID CODEC(ZSTD(1)),
    value_at_risk Nullable(Decimal(18, 4)) CODEC(ZSTD(1)),
    currency LowCardinality(String),
    evidence Array(UUID) CODEC(ZSTD(1)),
    playbook LowCardinality(String),
    act_before Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    journey_id Nullable(UUID) CODEC(ZSTD(1)),
    order_id String CODEC(ZSTD(1)),
    person_id String CODEC(ZSTD(1)),
    reason String CODEC(ZSTD(1)),
    held_back Bool,
    factors Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_order order_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_person person_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (shop, pain_point_id)
TTL inserted_at + toIntervalDay(${days:pain_points})
COMMENT 'Points where a journey hurts, as known now';

CREATE TABLE IF NOT EXISTS waypost_storage.pain_point_changes ${on_cluster}
(
    shop LowCardinality(String),
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8,
    pain_point_id UUID CODEC(ZSTD(1)),
    kind LowCardinality(String),
    entity String CODEC(ZSTD(1)),
    severity LowCardinality(String),
    status LowCardinality(String),
    happened_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    detected_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    ended_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    cause LowCardinality(String),
    order_id String CODEC(ZSTD(1)),
    person_id String CODEC(ZSTD(1)),
    reason String CODEC(ZSTD(1)),
    held_back Bool,
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1))
)
ENGINE = ${replicated}ReplacingMergeTree(version)
ORDER BY (shop, pain_point_id, version)
TTL inserted_at + toIntervalDay(${days:pain_point_changes})
COMMENT 'Every publication of a pain point: its version is part of the key';

CREATE TABLE IF NOT EXISTS waypost_storage.alerts ${on_cluster}
(
    shop LowCardinality(String),
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8,
    dedup_key String CODEC(ZSTD(1)),
    receiver LowCardinality(String),
    event LowCardinality(String),
    state LowCardinality(String),
    kind LowCardinality(String),
    severity LowCardinality(String),
    pain_point_version UInt64 CODEC(ZSTD(1)),
    attempts UInt32 CODEC(ZSTD(1)),
    decided_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    sent_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    error String CODEC(ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1))
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (shop, dedup_key, receiver, event)
TTL inserted_at + toIntervalDay(${days:alerts})
COMMENT 'Notifications of pain points to receivers';

CREATE TABLE IF NOT EXISTS waypost_storage.clocks ${on_cluster}
(
    shop LowCardinality(String),
    version UInt64 CODEC(ZSTD(1)),
    deleted UInt8,
    partition UInt32,
    now DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1))
)
ENGINE = ${replicated}ReplacingMergeTree(version, deleted)
ORDER BY (shop, partition)
TTL inserted_at + toIntervalDay(${days:clocks})
COMMENT 'How far the clocks of shops have come';
