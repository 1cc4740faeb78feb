-- Numbers by day without looking through all rows. What had happened up to a quarter of an hour ago lies, each row once,
-- by the shop's local day in tables that the engine makes anew from the newest rows four times an hour: settled. Rows that
-- were inserted since count if no version is newer, and replace settled ones that are not newer: so views by day say at
-- any time what the newest rows say, though a table was made long ago or never. An insert dates its rows before it shows
-- them: what counts as inserted since begins five minutes before a table was made. In unions it comes first: of a table
-- that is made anew while a question is planned, the newer one is read then.

-- What each question would derive anew is derived once, when a row is stored.
ALTER TABLE waypost_storage.journeys ${on_cluster} ADD COLUMN IF NOT EXISTS
    path LowCardinality(String) MATERIALIZED arrayStringConcat(arrayMap(stage -> stage.3, arraySort(arrayFilter(
        stage -> stage.1 != toDateTime64(0, 3, 'UTC'),
        [
            (ifNull(discover_at, toDateTime64(0, 3, 'UTC')), 1, 'discover'),
            (ifNull(consider_at, toDateTime64(0, 3, 'UTC')), 2, 'consider'),
            (ifNull(checkout_at, toDateTime64(0, 3, 'UTC')), 3, 'checkout'),
            (ifNull(order_at, toDateTime64(0, 3, 'UTC')), 4, 'order'),
            (ifNull(fulfil_at, toDateTime64(0, 3, 'UTC')), 5, 'fulfil'),
            (ifNull(transit_at, toDateTime64(0, 3, 'UTC')), 6, 'transit'),
            (ifNull(deliver_at, toDateTime64(0, 3, 'UTC')), 7, 'deliver'),
            (ifNull(care_at, toDateTime64(0, 3, 'UTC')), 8, 'care')
        ]))), ' > ') COMMENT 'stages in the order first reached';
ALTER TABLE waypost_storage.journeys ${on_cluster} ADD COLUMN IF NOT EXISTS
    channel LowCardinality(String)
    MATERIALIZED multiIf(empty(channels), '', length(channels) = 1, toString(channels[1]), 'several');
ALTER TABLE waypost_storage.journeys ${on_cluster} ADD COLUMN IF NOT EXISTS
    device LowCardinality(String)
    MATERIALIZED multiIf(empty(devices), '', length(devices) = 1, toString(devices[1]), 'several');
ALTER TABLE waypost_storage.journeys ${on_cluster} ADD COLUMN IF NOT EXISTS
    hurts Bool MATERIALIZED notEmpty(pain_points);
ALTER TABLE waypost_storage.journeys ${on_cluster} MATERIALIZE COLUMN path;
ALTER TABLE waypost_storage.journeys ${on_cluster} MATERIALIZE COLUMN hurts;
ALTER TABLE waypost_storage.journeys ${on_cluster} MATERIALIZE COLUMN channel;
ALTER TABLE waypost_storage.journeys ${on_cluster} MATERIALIZE COLUMN device;


ALTER TABLE waypost_storage.journeys ${on_cluster} DROP PROJECTION IF EXISTS by_time;
ALTER TABLE waypost_storage.journeys ${on_cluster} ADD PROJECTION IF NOT EXISTS by_id
(
    SELECT shop, journey_id, version, deleted, order_id
    ORDER BY UUIDToNum(journey_id)
)
WITH SETTINGS (index_granularity = 256, min_compress_block_size = 16384);
ALTER TABLE waypost_storage.journeys ${on_cluster} MATERIALIZE PROJECTION by_id;
ALTER TABLE waypost_storage.journeys ${on_cluster}
    ADD INDEX IF NOT EXISTS by_insertion inserted_at TYPE minmax GRANULARITY 64;
ALTER TABLE waypost_storage.journeys ${on_cluster} MATERIALIZE INDEX by_insertion;

ALTER TABLE waypost_storage.surveys ${on_cluster} DROP PROJECTION IF EXISTS by_time;
ALTER TABLE waypost_storage.surveys ${on_cluster} ADD PROJECTION IF NOT EXISTS by_id
(
    SELECT shop, survey_id, version
    ORDER BY UUIDToNum(survey_id)
)
WITH SETTINGS (index_granularity = 256, min_compress_block_size = 16384);
ALTER TABLE waypost_storage.surveys ${on_cluster} MATERIALIZE PROJECTION by_id;
ALTER TABLE waypost_storage.surveys ${on_cluster}
    ADD INDEX IF NOT EXISTS by_insertion inserted_at TYPE minmax GRANULARITY 64;
ALTER TABLE waypost_storage.surveys ${on_cluster} MATERIALIZE INDEX by_insertion;

ALTER TABLE waypost_storage.parcels ${on_cluster} DROP PROJECTION IF EXISTS by_delivery;
ALTER TABLE waypost_storage.parcels ${on_cluster} ADD PROJECTION IF NOT EXISTS by_id
(
    SELECT shop, parcel_id, version
    ORDER BY cityHash64(parcel_id)
)
WITH SETTINGS (index_granularity = 256, min_compress_block_size = 16384);
ALTER TABLE waypost_storage.parcels ${on_cluster} MATERIALIZE PROJECTION by_id;
ALTER TABLE waypost_storage.parcels ${on_cluster}
    ADD INDEX IF NOT EXISTS by_insertion inserted_at TYPE minmax GRANULARITY 64;
ALTER TABLE waypost_storage.parcels ${on_cluster} MATERIALIZE INDEX by_insertion;

ALTER TABLE waypost_storage.orders ${on_cluster} MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild';
ALTER TABLE waypost_storage.orders ${on_cluster} ADD PROJECTION IF NOT EXISTS by_id
(
    SELECT shop, order_id, version, deleted, first_promise, late
    ORDER BY cityHash64(order_id)
)
WITH SETTINGS (index_granularity = 256, min_compress_block_size = 16384);
ALTER TABLE waypost_storage.orders ${on_cluster} MATERIALIZE PROJECTION by_id;
ALTER TABLE waypost_storage.orders ${on_cluster}
    ADD INDEX IF NOT EXISTS by_insertion inserted_at TYPE minmax GRANULARITY 64;
ALTER TABLE waypost_storage.orders ${on_cluster} MATERIALIZE INDEX by_insertion;

ALTER TABLE waypost_storage.pain_points ${on_cluster} DROP PROJECTION IF EXISTS by_time;
ALTER TABLE waypost_storage.pain_points ${on_cluster} ADD PROJECTION IF NOT EXISTS by_id
(
    SELECT
        shop, version, deleted, inserted_at, pain_point_id, kind, stage, severity, status, happened_at, ended_at, cause,
        root_id, value_at_risk, currency, journey_id, order_id, person_id
    ORDER BY UUIDToNum(pain_point_id)
)
WITH SETTINGS (index_granularity = 256, min_compress_block_size = 16384);
ALTER TABLE waypost_storage.pain_points ${on_cluster} MATERIALIZE PROJECTION by_id;
ALTER TABLE waypost_storage.pain_points ${on_cluster}
    ADD INDEX IF NOT EXISTS by_insertion inserted_at TYPE minmax GRANULARITY 64;
ALTER TABLE waypost_storage.pain_points ${on_cluster} MATERIALIZE INDEX by_insertion;

CREATE TABLE IF NOT EXISTS waypost_storage.settled_journeys ${on_cluster}
(
    shop LowCardinality(String),
    day Date,
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
    since DateTime('UTC') COMMENT 'rows inserted from then on are read as well'
)
ENGINE = MergeTree
ORDER BY (shop, day, channel, device, path, outcome)
COMMENT 'Journeys by the local day they began, as they were when this table was made';

CREATE MATERIALIZED VIEW IF NOT EXISTS waypost_storage.settle_journeys ${on_cluster}
REFRESH EVERY 15 MINUTE OFFSET 1 MINUTE
TO waypost_storage.settled_journeys
AS
SELECT
    j.shop AS shop, toDate(j.started_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, j.journey_id AS journey_id,
    j.version AS version, j.person_id AS person_id, j.outcome AS outcome, j.path AS path, j.channel AS channel, j.device AS device,
    j.touches AS touches, j.hurts AS hurts, j.started_at AS started_at, j.order_at AS order_at, j.ended_at AS ended_at,
    now() - toIntervalMinute(5) AS since
FROM waypost_storage.journeys AS j FINAL
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON j.shop = c.shop AND j.started_at >= c.since
SETTINGS max_threads = 1, join_use_nulls = 0
COMMENT 'Makes settled_journeys';

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
    )
SELECT
    j.shop AS shop, toDate(j.started_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, j.person_id AS person_id,
    j.outcome AS outcome, j.path AS path, j.channel AS channel, j.device AS device, j.touches AS touches,
    j.hurts AS hurts, j.started_at AS started_at, j.order_at AS order_at, j.ended_at AS ended_at
FROM
(
    SELECT * FROM recent
    WHERE deleted = 0 AND (shop, journey_id, version) IN
        (
            SELECT shop, journey_id, max(version) FROM waypost_storage.journeys
            WHERE UUIDToNum(journey_id) IN (SELECT UUIDToNum(journey_id) FROM recent)
            GROUP BY shop, journey_id
        )
    ORDER BY inserted_at DESC
    LIMIT 1 BY shop, journey_id
) AS j
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON j.shop = c.shop AND j.started_at >= c.since
UNION ALL
SELECT
    s.shop, s.day, s.person_id, s.outcome, s.path, s.channel, s.device, s.touches, s.hurts, s.started_at, s.order_at,
    s.ended_at
FROM waypost_storage.settled_journeys AS s
LEFT ANTI JOIN (SELECT shop, journey_id, max(version) AS version FROM recent GROUP BY shop, journey_id) AS r
    ON s.shop = r.shop AND s.journey_id = r.journey_id AND r.version >= s.version
SETTINGS join_use_nulls = 0
COMMENT 'The newest rows of journeys by the local day they began';

CREATE OR REPLACE VIEW waypost.funnel_daily ${on_cluster}
(
    shop String COMMENT 'Shop',
    day Date COMMENT 'Local day on which the journeys began',
    channel String COMMENT 'The one channel used, several, or empty when not said',
    device String COMMENT 'The one device used, several, or empty when not said',
    journeys UInt64 COMMENT 'Journeys that began',
    people UInt64 COMMENT 'Persons who began them; not to be added up over rows',
    discovered UInt64 COMMENT 'of them with a visit',
    considered UInt64 COMMENT 'of them with a cart',
    checkouts UInt64 COMMENT 'of them with a checkout',
    ordered UInt64 COMMENT 'of them with an order',
    approved UInt64 COMMENT 'of them with an approved order',
    handed_over UInt64 COMMENT 'of them handed over to the carrier',
    delivered UInt64 COMMENT 'of them delivered or tried to be',
    cared UInt64 COMMENT 'of them with a contact to the help desk',
    completed UInt64 COMMENT 'of them that ended completed',
    cancelled UInt64 COMMENT 'of them that ended cancelled',
    returned UInt64 COMMENT 'of them that ended returned',
    lost UInt64 COMMENT 'of them that ended lost',
    abandoned UInt64 COMMENT 'of them that ended abandoned',
    browsed UInt64 COMMENT 'of them that ended without a cart',
    still_open UInt64 COMMENT 'of them not ended yet',
    conversion Float64 COMMENT 'ordered / journeys',
    hours_to_order_p50 Nullable(Float64) COMMENT 'Hours from the first touch to the order: median'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    shop, day, channel, device, count() AS journeys, uniqExact(person_id) AS people,
    countIf(position(path, 'discover') > 0) AS discovered, countIf(position(path, 'consider') > 0) AS considered,
    countIf(position(path, 'checkout') > 0) AS checkouts, countIf(position(path, 'order') > 0) AS ordered,
    countIf(position(path, 'fulfil') > 0) AS approved, countIf(position(path, 'transit') > 0) AS handed_over,
    countIf(position(path, 'deliver') > 0) AS delivered, countIf(position(path, 'care') > 0) AS cared,
    countIf(outcome = 'completed') AS completed, countIf(outcome = 'cancelled') AS cancelled,
    countIf(outcome = 'returned') AS returned, countIf(outcome = 'lost') AS lost,
    countIf(outcome = 'abandoned') AS abandoned, countIf(outcome = 'browsed') AS browsed,
    countIf(outcome = 'open') AS still_open, ordered / journeys AS conversion,
    quantileExactOrNull(0.5)(dateDiff('millisecond', started_at, order_at) / 3600000) AS hours_to_order_p50
FROM waypost_storage.journeys_by_day
GROUP BY shop, day, channel, device
SETTINGS join_use_nulls = 0
COMMENT 'Journeys by the local day they began, channel and device: how far they got and how they ended';

CREATE OR REPLACE VIEW waypost.journey_paths ${on_cluster}
(
    shop String COMMENT 'Shop',
    day Date COMMENT 'Local day on which the journeys began',
    path String COMMENT 'Stages in the order first reached, as in discover > consider > checkout > order',
    outcome String COMMENT 'open, completed, cancelled, returned, lost, abandoned or browsed',
    steps UInt64 COMMENT 'Stages on the path',
    journeys UInt64 COMMENT 'Journeys that took it',
    people UInt64 COMMENT 'Persons who did; not to be added up over rows',
    share Float64 COMMENT 'journeys / all journeys of the shop that began on that day',
    hurt UInt64 COMMENT 'of them with a pain point',
    touches UInt64 COMMENT 'Events of the customer in the shop, of all of them together',
    hours_p50 Nullable(Float64) COMMENT 'Hours from the first touch to the end of those that ended: median'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    shop, day, path, outcome, empty(path) ? 0 : countSubstrings(path, ' > ') + 1 AS steps,
    count() AS journeys, uniqExact(person_id) AS people, journeys / sum(count()) OVER (PARTITION BY shop, day) AS share,
    countIf(hurts) AS hurt, sum(j.touches) AS touches,
    quantileExactOrNull(0.5)(dateDiff('millisecond', started_at, ended_at) / 3600000) AS hours_p50
FROM waypost_storage.journeys_by_day AS j
GROUP BY shop, day, path, outcome
SETTINGS join_use_nulls = 0
COMMENT 'Ways that journeys took through the stages, by the local day they began and how they ended';

CREATE TABLE IF NOT EXISTS waypost_storage.settled_surveys ${on_cluster}
(
    shop LowCardinality(String),
    day Date,
    survey_id UUID CODEC(NONE),
    version UInt64 CODEC(LZ4),
    survey LowCardinality(String),
    score Float64,
    scale Float64,
    person_id String CODEC(LZ4),
    since DateTime('UTC') COMMENT 'rows inserted from then on are read as well'
)
ENGINE = MergeTree
ORDER BY (shop, day, survey, scale)
COMMENT 'Answers to surveys by local day, as they were when this table was made';

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
SETTINGS max_threads = 1, join_use_nulls = 0
COMMENT 'Makes settled_surveys';

CREATE OR REPLACE VIEW waypost_storage.surveys_by_day ${on_cluster}
AS
WITH
    recent AS
    (
        SELECT shop, survey_id, version, deleted, inserted_at, survey, score, scale, person_id, answered_at
        FROM waypost_storage.surveys
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_surveys LIMIT 1), toDateTime(0, 'UTC'))
    )
SELECT
    a.shop AS shop, toDate(a.answered_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, a.survey AS survey,
    a.score AS score, ifNull(a.scale, 10) AS scale, a.person_id AS person_id
FROM
(
    SELECT * FROM recent
    WHERE deleted = 0 AND (shop, survey_id, version) IN
        (
            SELECT shop, survey_id, max(version) FROM waypost_storage.surveys
            WHERE UUIDToNum(survey_id) IN (SELECT UUIDToNum(survey_id) FROM recent)
            GROUP BY shop, survey_id
        )
    ORDER BY inserted_at DESC
    LIMIT 1 BY shop, survey_id
) AS a
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON a.shop = c.shop AND a.answered_at >= c.since
UNION ALL
SELECT s.shop, s.day, s.survey, s.score, s.scale, s.person_id
FROM waypost_storage.settled_surveys AS s
LEFT ANTI JOIN (SELECT shop, survey_id, max(version) AS version FROM recent GROUP BY shop, survey_id) AS r
    ON s.shop = r.shop AND s.survey_id = r.survey_id AND r.version >= s.version
SETTINGS join_use_nulls = 0
COMMENT 'The newest rows of surveys by local day';

CREATE OR REPLACE VIEW waypost.satisfaction_daily ${on_cluster}
(
    shop String COMMENT 'Shop',
    day Date COMMENT 'Local day on which they were answered',
    survey String COMMENT 'csat, nps, ces or review',
    scale Float64 COMMENT 'The greatest score there is: 10 for nps; scores of different scales are never averaged',
    answers UInt64 COMMENT 'Answers',
    people UInt64 COMMENT 'Persons who answered; not to be added up over rows',
    score_sum Decimal(38, 4) COMMENT 'Sum of the scores: sum(score_sum) / sum(answers) is the mean of several days',
    mean_score Float64 COMMENT 'score_sum / answers; for ces this is the customer effort score',
    low_scores UInt64 COMMENT 'Scores up to 40 % of the scale, for nps up to 6',
    satisfied UInt64 COMMENT 'Scores from 80 % of the scale on: 4 and 5 of 5; 0 for nps',
    csat Nullable(Float64) COMMENT '100 * satisfied / answers, from 0 to 100; only for csat',
    promoters UInt64 COMMENT 'nps of 9 and 10; 0 for others',
    passives UInt64 COMMENT 'nps of 7 and 8; 0 for others',
    detractors UInt64 COMMENT 'nps of 0 to 6; 0 for others',
    nps Nullable(Float64) COMMENT 'Net promoter score, 100 * (promoters - detractors) / answers, from -100 to 100; only for nps'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    shop, day, survey, scale, count() AS answers, uniqExactIf(person_id, person_id != '') AS people,
    sum(toDecimal64(score, 4)) AS score_sum, toFloat64(score_sum) / answers AS mean_score,
    countIf(survey = 'nps' ? score <= 6 : score <= 0.4 * scale) AS low_scores,
    countIf(survey != 'nps' AND score >= 0.8 * scale) AS satisfied,
    if(survey = 'csat', 100 * satisfied / answers, NULL) AS csat,
    countIf(survey = 'nps' AND score >= 9) AS promoters,
    countIf(survey = 'nps' AND score > 6 AND score < 9) AS passives,
    countIf(survey = 'nps' AND score <= 6) AS detractors,
    if(survey = 'nps', 100 * (toInt64(promoters) - toInt64(detractors)) / answers, NULL) AS nps
FROM waypost_storage.surveys_by_day
GROUP BY shop, day, survey, scale
SETTINGS join_use_nulls = 0
COMMENT 'Answers to surveys by local day: customer satisfaction, net promoter score, effort and reviews';

CREATE TABLE IF NOT EXISTS waypost_storage.settled_parcels ${on_cluster}
(
    shop LowCardinality(String),
    day Date,
    parcel_id String CODEC(LZ4),
    version UInt64 CODEC(LZ4),
    order_id String CODEC(LZ4),
    carrier LowCardinality(String),
    origin LowCardinality(String),
    destination LowCardinality(String),
    handed_over_at Nullable(DateTime64(3, 'UTC')),
    delivered_at DateTime64(3, 'UTC'),
    order_version UInt64 CODEC(LZ4),
    first_promise Nullable(DateTime64(3, 'UTC')) COMMENT 'of its order',
    late Bool COMMENT 'its order is',
    since DateTime('UTC') COMMENT 'rows inserted from then on are read as well'
)
ENGINE = MergeTree
ORDER BY (shop, day, carrier, origin, destination)
COMMENT 'Delivered parcels by local day with what their orders promised, as they were when this table was made';

CREATE MATERIALIZED VIEW IF NOT EXISTS waypost_storage.settle_parcels ${on_cluster}
REFRESH EVERY 15 MINUTE OFFSET 6 MINUTE
TO waypost_storage.settled_parcels
AS
SELECT
    p.shop AS shop, toDate(p.delivered_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.parcel_id AS parcel_id,
    p.version AS version, p.order_id AS order_id, p.carrier AS carrier, p.origin AS origin, p.destination AS destination,
    p.handed_over_at AS handed_over_at, p.delivered_at AS delivered_at, o.order_version AS order_version,
    o.newest.1 AS first_promise, o.newest.2 AS late,
    now() - toIntervalMinute(5) AS since
FROM
(
    SELECT
        shop, parcel_id, version, order_id, carrier, origin, destination, handed_over_at,
        assumeNotNull(delivered_at) AS delivered_at
    FROM waypost_storage.parcels FINAL
    WHERE isNotNull(parcels.delivered_at)
) AS p
LEFT ANY JOIN
(
    SELECT
        shop, order_id, max(version) AS order_version,
        argMax((if(deleted, NULL, orders.first_promise), late AND NOT deleted), version) AS newest
    FROM waypost_storage.orders
    GROUP BY shop, order_id
) AS o ON p.shop = o.shop AND p.order_id = o.order_id
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.delivered_at >= c.since
SETTINGS max_threads = 1, join_use_nulls = 0
COMMENT 'Makes settled_parcels';

CREATE OR REPLACE VIEW waypost_storage.parcels_by_day ${on_cluster}
AS
WITH
    recent AS
    (
        SELECT
            shop, parcel_id, version, deleted, inserted_at, order_id, carrier, origin, destination, handed_over_at,
            isNotNull(parcels.delivered_at) AS is_delivered, assumeNotNull(parcels.delivered_at) AS delivered_at
        FROM waypost_storage.parcels
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_parcels LIMIT 1), toDateTime(0, 'UTC'))
    ),
    newest AS
    (
        SELECT * FROM recent
        WHERE deleted = 0 AND (shop, parcel_id, version) IN
        (
            SELECT shop, parcel_id, max(version) FROM waypost_storage.parcels
            WHERE cityHash64(parcel_id) IN (SELECT cityHash64(parcel_id) FROM recent)
            GROUP BY shop, parcel_id
        )
        ORDER BY inserted_at DESC
        LIMIT 1 BY shop, parcel_id
    ),
    -- Versions of orders that may be newer than what parcels were settled with.
    promises AS
    (
        SELECT
            shop, order_id, max(version) AS order_version,
            argMax((if(deleted, NULL, orders.first_promise), late AND NOT deleted), version) AS newest
        FROM waypost_storage.orders
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_parcels LIMIT 1), toDateTime(0, 'UTC'))
        GROUP BY shop, order_id
    )
SELECT
    p.shop AS shop, toDate(p.delivered_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.carrier AS carrier,
    p.origin AS origin, p.destination AS destination, p.handed_over_at AS handed_over_at,
    p.delivered_at AS delivered_at, o.newest.1 AS first_promise, o.newest.2 AS late
FROM newest AS p
LEFT ANY JOIN
(
    SELECT
        shop, order_id, argMax((if(deleted, NULL, orders.first_promise), late AND NOT deleted), version) AS newest
    FROM waypost_storage.orders
    WHERE cityHash64(order_id) IN (SELECT cityHash64(order_id) FROM newest)
    GROUP BY shop, order_id
) AS o ON p.shop = o.shop AND p.order_id = o.order_id
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.delivered_at >= c.since
WHERE p.is_delivered
UNION ALL
SELECT
    s.shop, s.day, s.carrier, s.origin, s.destination, s.handed_over_at, s.delivered_at,
    o.order_version >= s.order_version ? o.newest.1 : s.first_promise,
    o.order_version >= s.order_version ? o.newest.2 : s.late
FROM waypost_storage.settled_parcels AS s
LEFT ANTI JOIN (SELECT shop, parcel_id, max(version) AS version FROM recent GROUP BY shop, parcel_id) AS r
    ON s.shop = r.shop AND s.parcel_id = r.parcel_id AND r.version >= s.version
LEFT ANY JOIN promises AS o ON s.shop = o.shop AND s.order_id = o.order_id
SETTINGS join_use_nulls = 0
COMMENT 'Delivered parcels by the local day of the delivery, with what their orders promised';

CREATE OR REPLACE VIEW waypost.delivery_daily ${on_cluster}
(
    shop String COMMENT 'Shop',
    day Date COMMENT 'Local day of the delivery',
    carrier String COMMENT 'Carrier',
    origin String COMMENT 'Where the lane starts',
    destination String COMMENT 'Where the lane ends',
    delivered UInt64 COMMENT 'Parcels delivered that day',
    promised UInt64 COMMENT 'of them those whose order carries a promise',
    on_time UInt64 COMMENT 'of those the ones whose order kept its first promise',
    late UInt64 COMMENT 'of those the others: promised - on_time',
    on_time_share Nullable(Float64) COMMENT 'on_time / promised; NULL without a promise',
    hours_late_p50 Nullable(Float64) COMMENT 'Hours from the first promise to the delivery of late ones: median',
    transit_hours_p50 Nullable(Float64) COMMENT 'Hours from hand-over to delivery: median',
    transit_hours_p80 Nullable(Float64) COMMENT 'The same, 80th percentile',
    transit_hours_p95 Nullable(Float64) COMMENT 'The same, 95th percentile'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    shop, day, carrier, origin, destination, count() AS delivered, countIf(isNotNull(first_promise)) AS promised,
    countIf(isNotNull(first_promise) AND NOT p.late) AS on_time, promised - on_time AS late,
    if(promised = 0, NULL, on_time / promised) AS on_time_share,
    quantileExactOrNullIf(0.5)(dateDiff('millisecond', first_promise, delivered_at) / 3600000, p.late) AS hours_late_p50,
    quantileExactOrNull(0.5)(hours) AS transit_hours_p50, quantileExactOrNull(0.8)(hours) AS transit_hours_p80,
    quantileExactOrNull(0.95)(hours) AS transit_hours_p95
FROM
(
    SELECT *, dateDiff('millisecond', handed_over_at, delivered_at) / 3600000 AS hours
    FROM waypost_storage.parcels_by_day
) AS p
GROUP BY shop, day, carrier, origin, destination
SETTINGS join_use_nulls = 0
COMMENT 'Delivered parcels by local day, carrier and lane: on time or not, and how long on their way; those that never came are not here';

CREATE TABLE IF NOT EXISTS waypost_storage.settled_pain_points ${on_cluster}
(
    shop LowCardinality(String),
    day Date,
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
    since DateTime('UTC') COMMENT 'rows inserted from then on are read as well'
)
ENGINE = MergeTree
ORDER BY (shop, day, kind, severity, status)
COMMENT 'Pain points by the local day they happened, as they were when this table was made';

CREATE MATERIALIZED VIEW IF NOT EXISTS waypost_storage.settle_pain_points ${on_cluster}
REFRESH EVERY 15 MINUTE OFFSET 9 MINUTE
TO waypost_storage.settled_pain_points
AS
SELECT
    p.shop AS shop, toDate(p.happened_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day,
    p.pain_point_id AS pain_point_id, p.version AS version, p.happened_at AS at, p.kind AS kind, p.stage AS stage, p.severity AS severity,
    p.status AS status, p.ended_at AS ended_at, p.cause AS cause, p.value_at_risk AS value_at_risk,
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
SETTINGS max_threads = 1, join_use_nulls = 0
COMMENT 'Makes settled_pain_points';

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
    )
SELECT
    p.shop AS shop, toDate(p.at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.at AS at, p.kind AS kind,
    p.stage AS stage, p.severity AS severity, p.status AS status, p.ended_at AS ended_at,
    p.value_at_risk AS value_at_risk, p.currency AS currency, p.order_id AS order_id, p.person_id AS person_id
FROM
(
    SELECT * FROM recent
    WHERE deleted = 0 AND status != 'retracted' AND (shop, pain_point_id, version) IN
        (
            SELECT shop, pain_point_id, max(version) FROM waypost_storage.pain_points
            WHERE UUIDToNum(pain_point_id) IN (SELECT UUIDToNum(pain_point_id) FROM recent)
            GROUP BY shop, pain_point_id
        )
    ORDER BY inserted_at DESC
    LIMIT 1 BY shop, pain_point_id
) AS p
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.at >= c.since
UNION ALL
SELECT
    s.shop, s.day, s.at, s.kind, s.stage, s.severity, s.status, s.ended_at, s.value_at_risk, s.currency, s.order_id,
    s.person_id
FROM waypost_storage.settled_pain_points AS s
LEFT ANTI JOIN (SELECT shop, pain_point_id, max(version) AS version FROM recent GROUP BY shop, pain_point_id) AS r
    ON s.shop = r.shop AND s.pain_point_id = r.pain_point_id AND r.version >= s.version
SETTINGS join_use_nulls = 0
COMMENT 'Pain points that were not retracted by the local day they happened';

CREATE OR REPLACE VIEW waypost.pain_points_daily ${on_cluster}
(
    shop String COMMENT 'Shop',
    day Date COMMENT 'Local day on which they happened',
    kind String COMMENT 'What hurts',
    stage String COMMENT 'Stage of the journey',
    severity String COMMENT 'low, medium, high or critical',
    currency String COMMENT 'Currency of value_at_risk; empty for those without a value',
    pain_points UInt64 COMMENT 'Pain points that were not retracted',
    still_open UInt64 COMMENT 'of them not over yet',
    resolved UInt64 COMMENT 'of them over',
    people UInt64 COMMENT 'Persons they hurt; not to be added up over rows',
    orders UInt64 COMMENT 'Orders they hurt; not to be added up over rows',
    hours_p50 Nullable(Float64) COMMENT 'Hours that those that are over lasted: median',
    hours_p95 Nullable(Float64) COMMENT 'The same, 95th percentile',
    value_at_risk Decimal(38, 4) COMMENT 'Sum in that currency; a chain counts each of its links, see pain_cost for each chain once'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    shop, day, kind, stage, severity, if(isNull(p.value_at_risk), '', p.currency) AS currency,
    count() AS pain_points, countIf(status = 'open') AS still_open, countIf(status = 'resolved') AS resolved,
    uniqExactIf(person_id, person_id != '') AS people, uniqExactIf(order_id, order_id != '') AS orders,
    quantileExactOrNull(0.5)(hours) AS hours_p50, quantileExactOrNull(0.95)(hours) AS hours_p95,
    sum(ifNull(p.value_at_risk, toDecimal64(0, 4))) AS value_at_risk
FROM (SELECT *, dateDiff('millisecond', at, ended_at) / 3600000 AS hours FROM waypost_storage.pain_points_by_day) AS p
GROUP BY shop, day, kind, stage, severity, currency
SETTINGS join_use_nulls = 0
COMMENT 'Pain points by the local day they happened, kind and severity';

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
        SELECT * FROM recent
        WHERE deleted = 0 AND status != 'retracted' AND kind IN ('cart_abandoned', 'checkout_abandoned')
            AND (shop, pain_point_id, version) IN
        (
            SELECT shop, pain_point_id, max(version) FROM waypost_storage.pain_points
            WHERE UUIDToNum(pain_point_id) IN (SELECT UUIDToNum(pain_point_id) FROM recent)
            GROUP BY shop, pain_point_id
        )
        ORDER BY inserted_at DESC
        LIMIT 1 BY shop, pain_point_id
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
LEFT ANTI JOIN (SELECT shop, pain_point_id, max(version) AS version FROM recent GROUP BY shop, pain_point_id) AS r
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
WHERE s.kind IN ('cart_abandoned', 'checkout_abandoned')
SETTINGS join_use_nulls = 0
COMMENT 'Abandoned carts and checkouts by local day, and whether their journeys led to an order';

CREATE OR REPLACE VIEW waypost.abandonment_daily ${on_cluster}
(
    shop String COMMENT 'Shop',
    day Date COMMENT 'Local day on which they were abandoned',
    kind String COMMENT 'cart_abandoned or checkout_abandoned',
    cause String COMMENT 'Most likely cause, as in shipping_cost; unknown when none shows; empty for carts, which name none',
    currency String COMMENT 'Currency of the values; empty for those without a value',
    abandoned UInt64 COMMENT 'Carts or checkouts abandoned',
    people UInt64 COMMENT 'Persons who did; not to be added up over rows',
    resumed UInt64 COMMENT 'of them taken up again or ordered',
    ordered UInt64 COMMENT 'of them whose journey has led to an order',
    still_open UInt64 COMMENT 'of them still abandoned',
    value_at_risk Decimal(38, 4) COMMENT 'What they were worth, in that currency',
    value_resumed Decimal(38, 4) COMMENT 'of it what was taken up again',
    hours_to_return_p50 Nullable(Float64) COMMENT 'Hours until it was taken up again: median'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    shop, day, kind, cause, if(isNull(p.value_at_risk), '', p.currency) AS currency,
    count() AS abandoned, uniqExact(person_id) AS people, countIf(status = 'resolved') AS resumed,
    countIf(led_to_order) AS ordered, countIf(status = 'open') AS still_open,
    sum(ifNull(p.value_at_risk, toDecimal64(0, 4))) AS value_at_risk,
    sumIf(ifNull(p.value_at_risk, toDecimal64(0, 4)), status = 'resolved') AS value_resumed,
    quantileExactOrNull(0.5)(dateDiff('millisecond', at, ended_at) / 3600000) AS hours_to_return_p50
FROM waypost_storage.abandoned_by_day AS p
GROUP BY shop, day, kind, cause, currency
SETTINGS join_use_nulls = 0
COMMENT 'Abandoned carts and checkouts by local day and cause, and what came of them';

CREATE TABLE IF NOT EXISTS waypost_storage.settled_chains ${on_cluster}
(
    shop LowCardinality(String),
    day Date COMMENT 'the day a chain began; of a link 1970-01-01',
    root_id UUID CODEC(NONE),
    link UUID CODEC(NONE) COMMENT 'of the row of one link of a chain: its pain point, and nothing else',
    pain_points UInt64,
    root_kind LowCardinality(String),
    is_open Bool,
    persons Array(String),
    prices Map(LowCardinality(String), Decimal(18, 4)) COMMENT 'the greatest value by currency',
    since DateTime('UTC') COMMENT 'rows inserted from then on are read as well',
    PROJECTION by_link (SELECT link, root_id ORDER BY UUIDToNum(link)) WITH SETTINGS (index_granularity = 256),
    PROJECTION by_root (SELECT link, root_id ORDER BY UUIDToNum(root_id)) WITH SETTINGS (index_granularity = 256)
)
ENGINE = MergeTree
ORDER BY (shop, day, root_kind)
COMMENT 'Chains of pain points by the local day they began, and their links, as they were when this table was made';

CREATE MATERIALIZED VIEW IF NOT EXISTS waypost_storage.settle_chains ${on_cluster}
REFRESH EVERY 15 MINUTE OFFSET 12 MINUTE
TO waypost_storage.settled_chains
AS
WITH
    counted AS
    (
        SELECT shop, root_id, pain_point_id, happened_at, kind, status, person_id, value_at_risk, currency
        FROM waypost_storage.pain_points FINAL
        WHERE status != 'retracted'
    )
SELECT
    w.shop AS shop, toDate(w.began + toIntervalSecond(c.offset_seconds), 'UTC') AS day, w.root_id AS root_id,
    toUUID('00000000-0000-0000-0000-000000000000') AS link, w.pain_points AS pain_points, w.root_kind AS root_kind,
    w.is_open AS is_open, w.persons AS persons, CAST(w.prices, 'Map(LowCardinality(String), Decimal(18, 4))') AS prices,
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
    shop, toDate(0) AS day, root_id, pain_point_id AS link, 0 AS pain_points, '' AS root_kind, false AS is_open,
    [] AS persons, CAST(map(), 'Map(LowCardinality(String), Decimal(18, 4))') AS prices,
    now() - toIntervalMinute(5) AS since
FROM counted
SETTINGS max_threads = 1, join_use_nulls = 0
COMMENT 'Makes settled_chains';

CREATE OR REPLACE VIEW waypost_storage.chains_by_day ${on_cluster}
AS
WITH
    moved AS
    (
        SELECT UUIDToNum(pain_point_id) AS link, UUIDToNum(root_id) AS root FROM waypost_storage.pain_points
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_chains LIMIT 1), toDateTime(0, 'UTC'))
    ),
    -- Roots of chains that gained, lost or changed a link.
    fresh AS
    (
        SELECT root FROM moved
        UNION ALL
        SELECT UUIDToNum(root_id) FROM waypost_storage.settled_chains WHERE UUIDToNum(link) IN (SELECT link FROM moved)
    )
SELECT
    w.shop AS shop, toDate(w.began + toIntervalSecond(c.offset_seconds), 'UTC') AS day, w.pain_points AS pain_points,
    w.root_kind AS root_kind, w.is_open AS is_open, w.persons AS persons,
    CAST(w.prices, 'Map(LowCardinality(String), Decimal(18, 4))') AS prices
FROM
(
    SELECT
        shop, root_id, min(happened_at) AS began, count() AS pain_points,
        argMin(toString(kind), (pain_point_id != root_id, happened_at, pain_point_id)) AS root_kind,
        max(status = 'open') AS is_open, groupUniqArrayIf(person_id, person_id != '') AS persons,
        maxMapIf(map(toString(currency), ifNull(value_at_risk, toDecimal64(0, 4))), isNotNull(value_at_risk)) AS prices
    FROM
    (
        SELECT
            shop, pain_point_id, deleted, kind, status, happened_at, root_id, value_at_risk, currency, person_id
        FROM waypost_storage.pain_points
        WHERE UUIDToNum(pain_point_id) IN
        (
            SELECT link FROM moved
            UNION ALL
            SELECT UUIDToNum(link) FROM waypost_storage.settled_chains WHERE UUIDToNum(root_id) IN fresh
        )
        ORDER BY version DESC, inserted_at DESC
        LIMIT 1 BY shop, pain_point_id
    )
    WHERE deleted = 0 AND status != 'retracted' AND UUIDToNum(root_id) IN fresh
    GROUP BY shop, root_id
) AS w
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON w.shop = c.shop AND w.began >= c.since
UNION ALL
SELECT shop, day, pain_points, root_kind, is_open, persons, prices
FROM waypost_storage.settled_chains
WHERE pain_points > 0 AND UUIDToNum(root_id) NOT IN fresh
SETTINGS join_use_nulls = 0
COMMENT 'Chains of the newest rows of pain points by the local day they began';

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
SELECT
    shop, day, root_kind, price.1 AS currency, count() AS chains, countIf(is_open) AS still_open,
    sum(w.pain_points) AS pain_points, uniqExactArray(persons) AS people, sum(price.2) AS value_at_risk,
    sumIf(price.2, is_open) AS value_still_open
FROM waypost_storage.chains_by_day AS w
ARRAY JOIN if(empty(prices), [('', toDecimal64(0, 4))], arrayZip(mapKeys(prices), mapValues(prices))) AS price
GROUP BY shop, day, root_kind, currency
SETTINGS join_use_nulls = 0
COMMENT 'Money at risk by the local day a chain of pain points began: the greatest value of a chain, counted once';
