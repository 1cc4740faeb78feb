-- Views by day looked what came since days were settled up in all versions of a table. The engine takes an order by ids
-- only when it has fewer granules to read than the table has, however small they are: a few hundred ids, and it read the
-- table whole. So what is settled says of every id, withdrawn ones too, which version was known, in a table with granules
-- enough; of ids that it does not know all versions are fresh.
-- A table is made anew before its view is: while nothing is settled, all rows count as fresh.

DROP TABLE IF EXISTS waypost_storage.settle_journeys ${on_cluster};

CREATE OR REPLACE TABLE waypost_storage.settled_journeys ${on_cluster}
(
    shop LowCardinality(String),
    day Date COMMENT '1970-01-01 for withdrawn ones, of which it says what was known',
    journey_id UUID CODEC(NONE),
    version UInt64 CODEC(LZ4),
    person_id String CODEC(LZ4),
    outcome LowCardinality(String),
    path LowCardinality(String),
    channel LowCardinality(String),
    device LowCardinality(String),
    touches UInt32,
    hurts Bool,
    started_at DateTime64(3, 'UTC'),
    order_at Nullable(DateTime64(3, 'UTC')),
    ended_at Nullable(DateTime64(3, 'UTC')),
    since DateTime('UTC') COMMENT 'rows inserted from then on are read as well',
    PROJECTION by_id (SELECT shop, journey_id, version ORDER BY UUIDToNum(journey_id))
        WITH SETTINGS (index_granularity = 64, min_compress_block_size = 1024)
)
ENGINE = MergeTree
ORDER BY (shop, day, channel, device, path, outcome)
SETTINGS index_granularity = 512
COMMENT 'Journeys by the local day they began, as they were when this table was made';

CREATE OR REPLACE VIEW waypost_storage.journeys_by_day ${on_cluster}
AS
WITH
    recent AS
    (
        SELECT
            shop, journey_id, version, deleted, inserted_at, person_id, outcome, path, channel, device, touches, hurts,
            started_at, order_at, ended_at
        FROM waypost_storage.journeys
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_journeys LIMIT 1), toDateTime(0, 'UTC'))
    ),
    newest AS
    (
        SELECT r.*
        FROM (SELECT * FROM recent ORDER BY version DESC, inserted_at DESC LIMIT 1 BY shop, journey_id) AS r
        LEFT ANTI JOIN
        (
            SELECT shop, journey_id, version
            FROM waypost_storage.settled_journeys
            WHERE UUIDToNum(journey_id) IN (SELECT UUIDToNum(journey_id) FROM recent)
        ) AS k ON r.shop = k.shop AND r.journey_id = k.journey_id AND k.version > r.version
        WHERE r.deleted = 0
    )
SELECT
    j.shop AS shop, toDate(j.started_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, j.person_id AS person_id,
    j.outcome AS outcome, j.path AS path, j.channel AS channel, j.device AS device, j.touches AS touches,
    j.hurts AS hurts, j.started_at AS started_at, j.order_at AS order_at, j.ended_at AS ended_at
FROM newest AS j
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON j.shop = c.shop AND j.started_at >= c.since
UNION ALL
SELECT
    s.shop, s.day, s.person_id, s.outcome, s.path, s.channel, s.device, s.touches, s.hurts, s.started_at, s.order_at,
    s.ended_at
FROM waypost_storage.settled_journeys AS s
LEFT ANTI JOIN (SELECT shop, journey_id, version FROM recent) AS r
    ON s.shop = r.shop AND s.journey_id = r.journey_id AND r.version >= s.version
WHERE s.day > toDate(0)
SETTINGS join_use_nulls = 0
COMMENT 'The newest rows of journeys by the local day they began';

CREATE MATERIALIZED VIEW IF NOT EXISTS waypost_storage.settle_journeys ${on_cluster}
REFRESH EVERY 15 MINUTE OFFSET 1 MINUTE
TO waypost_storage.settled_journeys
AS
SELECT
    j.shop AS shop, toDate(j.started_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, j.journey_id AS journey_id,
    j.version AS version, j.person_id AS person_id, j.outcome AS outcome, j.path AS path, j.channel AS channel,
    j.device AS device,
    j.touches AS touches, j.hurts AS hurts, j.started_at AS started_at, j.order_at AS order_at, j.ended_at AS ended_at,
    now() - toIntervalMinute(5) AS since
FROM waypost_storage.journeys AS j FINAL
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON j.shop = c.shop AND j.started_at >= c.since
UNION ALL
SELECT
    shop, toDate(0), journey_id, version, '', '', '', '', '', 0, false, started_at, NULL, NULL,
    now() - toIntervalMinute(5)
FROM waypost_storage.journeys
WHERE deleted = 1
SETTINGS max_threads = 1, join_use_nulls = 0
COMMENT 'Makes settled_journeys';

DROP TABLE IF EXISTS waypost_storage.settle_surveys ${on_cluster};

CREATE OR REPLACE TABLE waypost_storage.settled_surveys ${on_cluster}
(
    shop LowCardinality(String),
    day Date COMMENT '1970-01-01 for withdrawn ones, of which it says what was known',
    survey_id UUID CODEC(NONE),
    version UInt64 CODEC(LZ4),
    survey LowCardinality(String),
    score Float64,
    scale Float64,
    person_id String CODEC(LZ4),
    since DateTime('UTC') COMMENT 'rows inserted from then on are read as well',
    PROJECTION by_id (SELECT shop, survey_id, version ORDER BY UUIDToNum(survey_id))
        WITH SETTINGS (index_granularity = 64, min_compress_block_size = 1024)
)
ENGINE = MergeTree
ORDER BY (shop, day, survey, scale)
SETTINGS index_granularity = 512
COMMENT 'Answers to surveys by local day, as they were when this table was made';

CREATE OR REPLACE VIEW waypost_storage.surveys_by_day ${on_cluster}
AS
WITH
    recent AS
    (
        SELECT shop, survey_id, version, deleted, inserted_at, survey, score, scale, person_id, answered_at
        FROM waypost_storage.surveys
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_surveys LIMIT 1), toDateTime(0, 'UTC'))
    ),
    newest AS
    (
        SELECT r.*
        FROM (SELECT * FROM recent ORDER BY version DESC, inserted_at DESC LIMIT 1 BY shop, survey_id) AS r
        LEFT ANTI JOIN
        (
            SELECT shop, survey_id, version
            FROM waypost_storage.settled_surveys
            WHERE UUIDToNum(survey_id) IN (SELECT UUIDToNum(survey_id) FROM recent)
        ) AS k ON r.shop = k.shop AND r.survey_id = k.survey_id AND k.version > r.version
        WHERE r.deleted = 0
    )
SELECT
    a.shop AS shop, toDate(a.answered_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, a.survey AS survey,
    a.score AS score, ifNull(a.scale, 10) AS scale, a.person_id AS person_id
FROM newest AS a
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON a.shop = c.shop AND a.answered_at >= c.since
UNION ALL
SELECT s.shop, s.day, s.survey, s.score, s.scale, s.person_id
FROM waypost_storage.settled_surveys AS s
LEFT ANTI JOIN (SELECT shop, survey_id, version FROM recent) AS r
    ON s.shop = r.shop AND s.survey_id = r.survey_id AND r.version >= s.version
WHERE s.day > toDate(0)
SETTINGS join_use_nulls = 0
COMMENT 'The newest rows of surveys by local day';

CREATE MATERIALIZED VIEW IF NOT EXISTS waypost_storage.settle_surveys ${on_cluster}
REFRESH EVERY 15 MINUTE OFFSET 4 MINUTE
TO waypost_storage.settled_surveys
AS
SELECT
    s.shop AS shop, toDate(s.answered_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, s.survey_id AS survey_id,
    s.version AS version,
    s.survey AS survey, s.score AS score, ifNull(s.scale, 10) AS scale, s.person_id AS person_id,
    now() - toIntervalMinute(5) AS since
FROM waypost_storage.surveys AS s FINAL
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON s.shop = c.shop AND s.answered_at >= c.since
UNION ALL
SELECT shop, toDate(0), survey_id, version, '', 0, 0, '', now() - toIntervalMinute(5)
FROM waypost_storage.surveys
WHERE deleted = 1
SETTINGS max_threads = 1, join_use_nulls = 0
COMMENT 'Makes settled_surveys';

DROP TABLE IF EXISTS waypost_storage.settle_pain_points ${on_cluster};

CREATE OR REPLACE TABLE waypost_storage.settled_pain_points ${on_cluster}
(
    shop LowCardinality(String),
    day Date COMMENT '1970-01-01 for withdrawn and retracted ones, of which it says what was known',
    pain_point_id UUID CODEC(NONE),
    version UInt64 CODEC(LZ4),
    at DateTime64(3, 'UTC'),
    kind LowCardinality(String),
    stage LowCardinality(String),
    severity LowCardinality(String),
    status LowCardinality(String),
    ended_at Nullable(DateTime64(3, 'UTC')),
    cause LowCardinality(String),
    value_at_risk Nullable(Decimal(18, 4)),
    currency LowCardinality(String),
    journey_id UUID CODEC(NONE),
    order_id String CODEC(LZ4),
    person_id String CODEC(LZ4),
    journey_version UInt64 CODEC(LZ4),
    led_to_order Bool COMMENT 'its journey has an order',
    since DateTime('UTC') COMMENT 'rows inserted from then on are read as well',
    PROJECTION by_id (SELECT shop, pain_point_id, version ORDER BY UUIDToNum(pain_point_id))
        WITH SETTINGS (index_granularity = 64, min_compress_block_size = 1024)
)
ENGINE = MergeTree
ORDER BY (shop, day, kind, severity, status)
SETTINGS index_granularity = 512
COMMENT 'Pain points by the local day they happened, as they were when this table was made';

CREATE OR REPLACE VIEW waypost_storage.pain_points_by_day ${on_cluster}
AS
WITH
    recent AS
    (
        SELECT
            shop, pain_point_id, version, deleted, inserted_at, happened_at AS at, kind, stage, severity, status, ended_at,
            value_at_risk, currency, order_id, person_id
        FROM waypost_storage.pain_points
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_pain_points LIMIT 1), toDateTime(0, 'UTC'))
    ),
    newest AS
    (
        SELECT r.*
        FROM (SELECT * FROM recent ORDER BY version DESC, inserted_at DESC LIMIT 1 BY shop, pain_point_id) AS r
        LEFT ANTI JOIN
        (
            SELECT shop, pain_point_id, version
            FROM waypost_storage.settled_pain_points
            WHERE UUIDToNum(pain_point_id) IN (SELECT UUIDToNum(pain_point_id) FROM recent)
        ) AS k ON r.shop = k.shop AND r.pain_point_id = k.pain_point_id AND k.version > r.version
        WHERE r.deleted = 0 AND r.status != 'retracted'
    )
SELECT
    p.shop AS shop, toDate(p.at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.at AS at, p.kind AS kind,
    p.stage AS stage, p.severity AS severity, p.status AS status, p.ended_at AS ended_at,
    p.value_at_risk AS value_at_risk, p.currency AS currency, p.order_id AS order_id, p.person_id AS person_id
FROM newest AS p
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.at >= c.since
UNION ALL
SELECT
    s.shop, s.day, s.at, s.kind, s.stage, s.severity, s.status, s.ended_at, s.value_at_risk, s.currency, s.order_id,
    s.person_id
FROM waypost_storage.settled_pain_points AS s
LEFT ANTI JOIN (SELECT shop, pain_point_id, version FROM recent) AS r
    ON s.shop = r.shop AND s.pain_point_id = r.pain_point_id AND r.version >= s.version
WHERE s.day > toDate(0)
SETTINGS join_use_nulls = 0
COMMENT 'Pain points that were not retracted by the local day they happened';

CREATE OR REPLACE VIEW waypost_storage.abandoned_by_day ${on_cluster}
AS
WITH
    recent AS
    (
        SELECT
            shop, pain_point_id, version, deleted, inserted_at, happened_at AS at, kind, status, ended_at, cause,
            value_at_risk, currency, assumeNotNull(journey_id) AS journey, person_id
        FROM waypost_storage.pain_points
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_pain_points LIMIT 1), toDateTime(0, 'UTC'))
    ),
    newest AS
    (
        SELECT r.*
        FROM (SELECT * FROM recent ORDER BY version DESC, inserted_at DESC LIMIT 1 BY shop, pain_point_id) AS r
        LEFT ANTI JOIN
        (
            SELECT shop, pain_point_id, version
            FROM waypost_storage.settled_pain_points
            WHERE UUIDToNum(pain_point_id) IN (SELECT UUIDToNum(pain_point_id) FROM recent)
        ) AS k ON r.shop = k.shop AND r.pain_point_id = k.pain_point_id AND k.version > r.version
        WHERE r.deleted = 0 AND r.status != 'retracted'
            AND r.kind IN ('cart_abandoned', 'checkout_abandoned')
    )
SELECT
    p.shop AS shop, toDate(p.at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.at AS at, p.kind AS kind,
    p.status AS status, p.ended_at AS ended_at, p.cause AS cause, p.value_at_risk AS value_at_risk,
    p.currency AS currency, p.person_id AS person_id, toBool(j.led_to_order) AS led_to_order
FROM newest AS p
LEFT ANY JOIN
(
    SELECT shop, journey_id, argMax(order_id != '' AND NOT deleted, version) AS led_to_order
    FROM waypost_storage.journeys
    WHERE UUIDToNum(journey_id) IN (SELECT UUIDToNum(journey) FROM newest)
    GROUP BY shop, journey_id
) AS j ON p.shop = j.shop AND p.journey = j.journey_id
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.at >= c.since
UNION ALL
SELECT
    s.shop, s.day, s.at, s.kind, s.status, s.ended_at, s.cause, s.value_at_risk, s.currency, s.person_id,
    toBool(j.journey_version >= s.journey_version ? j.led_to_order : s.led_to_order)
FROM waypost_storage.settled_pain_points AS s
LEFT ANTI JOIN (SELECT shop, pain_point_id, version FROM recent) AS r
    ON s.shop = r.shop AND s.pain_point_id = r.pain_point_id AND r.version >= s.version
LEFT ANY JOIN
(
    -- Versions of journeys that may be newer than what pain points were settled with.
    SELECT
        shop, journey_id, max(version) AS journey_version,
        argMax(order_id != '' AND NOT deleted, version) AS led_to_order
    FROM waypost_storage.journeys
    WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_pain_points LIMIT 1), toDateTime(0, 'UTC'))
    GROUP BY shop, journey_id
) AS j ON s.shop = j.shop AND s.journey_id = j.journey_id
WHERE s.day > toDate(0) AND s.kind IN ('cart_abandoned', 'checkout_abandoned')
SETTINGS join_use_nulls = 0
COMMENT 'Abandoned carts and checkouts by local day, and whether their journeys led to an order';

CREATE MATERIALIZED VIEW IF NOT EXISTS waypost_storage.settle_pain_points ${on_cluster}
REFRESH EVERY 15 MINUTE OFFSET 9 MINUTE
TO waypost_storage.settled_pain_points
AS
SELECT
    p.shop AS shop, toDate(p.happened_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day,
    p.pain_point_id AS pain_point_id, p.version AS version, p.happened_at AS at, p.kind AS kind,
    p.stage AS stage, p.severity AS severity, p.status AS status, p.ended_at AS ended_at, p.cause AS cause, p.value_at_risk AS value_at_risk,
    p.currency AS currency, p.journey AS journey_id, p.order_id AS order_id, p.person_id AS person_id,
    j.journey_version AS journey_version, j.led_to_order AS led_to_order, now() - toIntervalMinute(5) AS since
FROM
(
    SELECT *, assumeNotNull(journey_id) AS journey FROM waypost_storage.pain_points FINAL WHERE status != 'retracted'
) AS p
LEFT ANY JOIN
(
    SELECT
        shop, journey_id, max(version) AS journey_version,
        argMax(order_id != '' AND NOT deleted, version) AS led_to_order
    FROM waypost_storage.journeys
    GROUP BY shop, journey_id
) AS j ON p.shop = j.shop AND p.journey = j.journey_id
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.happened_at >= c.since
UNION ALL
SELECT
    shop, toDate(0), pain_point_id, version, happened_at, '', '', '', '', NULL, '', NULL, '',
    toUUID('00000000-0000-0000-0000-000000000000'), '', '', 0, false, now() - toIntervalMinute(5)
FROM waypost_storage.pain_points
WHERE deleted = 1 OR status = 'retracted'
SETTINGS max_threads = 1, join_use_nulls = 0
COMMENT 'Makes settled_pain_points';
