-- A chain that gained, lost or changed a link was counted anew from pain points, which it had to find by id among all of
-- them. What is settled of links holds all that a chain is counted from, in the order of chains; which chains are fresh is
-- found out once. A table is made anew before its view is: while nothing is settled, all is fresh.

DROP TABLE IF EXISTS waypost_storage.settle_chains ${on_cluster};

CREATE OR REPLACE TABLE waypost_storage.settled_chains ${on_cluster}
(
    shop LowCardinality(String),
    day Date COMMENT 'the day a chain began; of a link 1970-01-01',
    root_id UUID CODEC(NONE),
    pain_points UInt64 COMMENT '0 for a link',
    root_kind LowCardinality(String) COMMENT 'empty for a link',
    is_open Bool,
    persons Array(String),
    prices Map(LowCardinality(String), Decimal(18, 4)) COMMENT 'the greatest value by currency',
    link UUID CODEC(NONE) COMMENT 'pain point of a chain, what follows is its own; also one that was withdrawn or retracted',
    version UInt64 CODEC(LZ4),
    kind LowCardinality(String),
    status LowCardinality(String),
    happened_at DateTime64(3, 'UTC'),
    value_at_risk Nullable(Decimal(18, 4)),
    currency LowCardinality(String),
    person_id String CODEC(LZ4),
    since DateTime('UTC') COMMENT 'rows inserted from then on are read as well',
    PROJECTION by_link (SELECT link, root_id ORDER BY UUIDToNum(link))
        WITH SETTINGS (index_granularity = 128, min_compress_block_size = 1024)
)
ENGINE = MergeTree
ORDER BY (shop, day, root_kind, UUIDToNum(root_id))
SETTINGS index_granularity = 256, min_compress_block_size = 1024
COMMENT 'Chains of pain points by the local day they began, and their links, as they were when this table was made';

CREATE OR REPLACE VIEW waypost.pain_cost ${on_cluster}
(
    shop String COMMENT 'Shop',
    day Date COMMENT 'Local day on which the chain began',
    root_kind String COMMENT 'Kind of the pain point that began it',
    currency String COMMENT 'Currency of the values; empty for chains without a value',
    chains UInt64 COMMENT 'Chains of pain points: what followed from one root',
    still_open UInt64 COMMENT 'of them with a pain point that is not over',
    pain_points UInt64 COMMENT 'Pain points in them',
    people UInt64 COMMENT 'Persons they hurt; not to be added up over rows',
    value_at_risk Decimal(38, 4) COMMENT 'Sum of the greatest value of each chain, in that currency: money counts once',
    value_still_open Decimal(38, 4) COMMENT 'of it what chains that are not over hold'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH
    recent AS
    (
        SELECT
            shop, pain_point_id, version, deleted, inserted_at, kind, status, happened_at, root_id, value_at_risk,
            currency, person_id
        FROM waypost_storage.pain_points
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_chains LIMIT 1), toDateTime(0, 'UTC'))
    ),
    -- Roots of chains that gained, lost or changed a link.
    (
        SELECT groupUniqArray(root)
        FROM
        (
            SELECT UUIDToNum(root_id) AS root FROM recent
            UNION ALL
            SELECT UUIDToNum(root_id)
            FROM waypost_storage.settled_chains
            WHERE UUIDToNum(link) IN (SELECT UUIDToNum(pain_point_id) FROM recent)
        )
    ) AS fresh
SELECT
    shop, day, root_kind, price.1 AS currency, count() AS chains, countIf(is_open) AS still_open,
    sum(w.pain_points) AS pain_points, uniqExactArray(persons) AS people, sum(price.2) AS value_at_risk,
    sumIf(price.2, is_open) AS value_still_open
FROM
(
    SELECT
        r.shop AS shop, toDate(r.began + toIntervalSecond(c.offset_seconds), 'UTC') AS day, r.pain_points AS pain_points,
        r.root_kind AS root_kind, r.is_open AS is_open, r.persons AS persons,
        CAST(r.prices, 'Map(LowCardinality(String), Decimal(18, 4))') AS prices
    FROM
    (
        SELECT
            shop, root_id, min(happened_at) AS began, count() AS pain_points,
            argMin(toString(kind), (pain_point_id != root_id, happened_at, pain_point_id)) AS root_kind,
            max(status = 'open') AS is_open, groupUniqArrayIf(person_id, person_id != '') AS persons,
            maxMapIf(map(toString(currency), ifNull(value_at_risk, toDecimal64(0, 4))), isNotNull(value_at_risk))
                AS prices
        FROM
        (
            SELECT *
            FROM
            (
                SELECT
                    shop, pain_point_id, version, inserted_at AS at, deleted OR status = 'retracted' AS is_gone, kind,
                    status, happened_at, root_id, value_at_risk, currency, person_id
                FROM recent
                UNION ALL
                SELECT
                    shop, link, version, toDateTime(0, 'UTC'), status = 'retracted', kind, status, happened_at, root_id,
                    value_at_risk, currency, person_id
                FROM waypost_storage.settled_chains
                WHERE day = toDate(0) AND root_kind = '' AND UUIDToNum(root_id) IN (SELECT arrayJoin(fresh))
            )
            ORDER BY version DESC, at DESC
            LIMIT 1 BY shop, pain_point_id
        )
        WHERE NOT is_gone
        GROUP BY shop, root_id
    ) AS r
    ASOF LEFT JOIN
    (
        SELECT toString(shop) AS shop, change.1 AS since, change.2 AS offset_seconds
        FROM (SELECT shop, arrayJoin(arrayZip(since, offset_seconds)) AS change FROM waypost_storage.shops FINAL)
    ) AS c ON r.shop = c.shop AND r.began >= c.since
    UNION ALL
    SELECT shop, day, pain_points, root_kind, is_open, persons, prices
    FROM waypost_storage.settled_chains
    WHERE pain_points > 0 AND UUIDToNum(root_id) NOT IN (SELECT arrayJoin(fresh))
) AS w
ARRAY JOIN if(empty(prices), [('', toDecimal64(0, 4))], arrayZip(mapKeys(prices), mapValues(prices))) AS price
GROUP BY shop, day, root_kind, currency
SETTINGS join_use_nulls = 0
COMMENT 'Money at risk by the local day a chain of pain points began: the greatest value of a chain, counted once';

CREATE MATERIALIZED VIEW IF NOT EXISTS waypost_storage.settle_chains ${on_cluster}
REFRESH EVERY 15 MINUTE OFFSET 12 MINUTE
TO waypost_storage.settled_chains
AS
WITH
    counted AS
    (
        SELECT
            shop, root_id, pain_point_id, version, happened_at, kind, status, person_id, value_at_risk, currency
        FROM waypost_storage.pain_points FINAL
        WHERE status != 'retracted'
    )
SELECT
    w.shop AS shop, toDate(w.began + toIntervalSecond(c.offset_seconds), 'UTC') AS day, w.root_id AS root_id,
    w.pain_points AS pain_points, w.root_kind AS root_kind, w.is_open AS is_open, w.persons AS persons,
    CAST(w.prices, 'Map(LowCardinality(String), Decimal(18, 4))') AS prices,
    toUUID('00000000-0000-0000-0000-000000000000') AS link, 0 AS version, '' AS kind, '' AS status,
    w.began AS happened_at, CAST(NULL, 'Nullable(Decimal(18, 4))') AS value_at_risk, '' AS currency, '' AS person_id,
    now() - toIntervalMinute(5) AS since
FROM
(
    SELECT
        shop, root_id, min(happened_at) AS began, count() AS pain_points,
        argMin(toString(kind), (pain_point_id != root_id, happened_at, pain_point_id)) AS root_kind,
        max(status = 'open') AS is_open, groupUniqArrayIf(person_id, person_id != '') AS persons,
        maxMapIf(map(toString(currency), ifNull(value_at_risk, toDecimal64(0, 4))), isNotNull(value_at_risk)) AS prices
    FROM counted
    GROUP BY shop, root_id
) AS w
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON w.shop = c.shop AND w.began >= c.since
UNION ALL
SELECT
    shop, toDate(0), root_id, 0, '', false, [], CAST(map(), 'Map(LowCardinality(String), Decimal(18, 4))'),
    pain_point_id, version, kind, status, happened_at, value_at_risk, currency, person_id,
    now() - toIntervalMinute(5)
FROM counted
UNION ALL
SELECT
    shop, toDate(0), root_id, 0, '', false, [], CAST(map(), 'Map(LowCardinality(String), Decimal(18, 4))'),
    pain_point_id, version, '', 'retracted', happened_at, NULL, '', '', now() - toIntervalMinute(5)
FROM waypost_storage.pain_points
WHERE deleted = 1 OR status = 'retracted'
SETTINGS max_threads = 1, join_use_nulls = 0
COMMENT 'Makes settled_chains';
