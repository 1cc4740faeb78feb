-- Numbers by day cost little but their planning, and most of that was views within views, each of which the engine takes
-- apart on its own: now each view asks the tables itself, for the columns that it needs.
-- Deliveries looked the orders of new parcels up among all orders: what is settled tells of every order now, also of one
-- without a parcel, what it promises. A table is made anew before its view is: while nothing is settled, all is fresh.

DROP TABLE IF EXISTS waypost_storage.settle_deliveries ${on_cluster};

CREATE OR REPLACE TABLE waypost_storage.settled_deliveries ${on_cluster}
(
    shop LowCardinality(String),
    day Date COMMENT 'of the delivery; 1970-01-01 where there is none, to say which versions were known',
    parcel_id String CODEC(LZ4) COMMENT 'empty for orders without parcels',
    version UInt64 CODEC(LZ4),
    order_id String CODEC(LZ4) COMMENT 'empty for parcels that were withdrawn',
    carrier LowCardinality(String),
    origin LowCardinality(String),
    destination LowCardinality(String),
    handed_over_at Nullable(DateTime64(3, 'UTC')),
    delivered_at DateTime64(3, 'UTC'),
    order_version UInt64 CODEC(LZ4),
    first_promise Nullable(DateTime64(3, 'UTC')) COMMENT 'of its order',
    late Bool COMMENT 'its order is',
    since DateTime('UTC') COMMENT 'rows inserted from then on are read as well',
    PROJECTION by_id (SELECT shop, parcel_id, version ORDER BY cityHash64(parcel_id))
        WITH SETTINGS (index_granularity = 128, min_compress_block_size = 1024),
    PROJECTION by_order (SELECT shop, order_id, order_version, first_promise, late ORDER BY cityHash64(order_id))
        WITH SETTINGS (index_granularity = 128, min_compress_block_size = 1024)
)
ENGINE = MergeTree
ORDER BY (shop, day, carrier, origin, destination)
SETTINGS index_granularity = 512
COMMENT 'Parcels by the local day of their delivery with what their orders promised, as they were when this table was made';

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
WITH
    recent AS
    (
        SELECT
            shop, parcel_id, version, deleted, inserted_at, order_id, carrier, origin, destination, handed_over_at,
            isNotNull(parcels.delivered_at) AS is_delivered, assumeNotNull(parcels.delivered_at) AS delivered_at
        FROM waypost_storage.parcels
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_deliveries LIMIT 1), toDateTime(0, 'UTC'))
    ),
    -- Of orders that have a new version, and of those that fresh parcels belong to.
    promises AS
    (
        SELECT shop, order_id, max(version) AS order_version, argMax((promise, is_late), (version, at)) AS newest
        FROM
        (
            SELECT
                shop, order_id, version, inserted_at AS at, if(deleted, NULL, first_promise) AS promise,
                late AND NOT deleted AS is_late
            FROM waypost_storage.orders
            WHERE inserted_at >=
                ifNull((SELECT since FROM waypost_storage.settled_deliveries LIMIT 1), toDateTime(0, 'UTC'))
            UNION ALL
            SELECT shop, order_id, order_version, toDateTime(0, 'UTC'), first_promise, late
            FROM waypost_storage.settled_deliveries
            WHERE cityHash64(order_id) IN (SELECT cityHash64(order_id) FROM recent)
        )
        GROUP BY shop, order_id
    )
SELECT
    shop, day, carrier, origin, destination, count() AS delivered, countIf(isNotNull(promise)) AS promised,
    countIf(isNotNull(promise) AND NOT is_late) AS on_time, promised - on_time AS late,
    if(promised = 0, NULL, on_time / promised) AS on_time_share,
    quantileExactOrNullIf(0.5)(dateDiff('millisecond', promise, delivered_at) / 3600000, is_late) AS hours_late_p50,
    quantileExactOrNull(0.5)(dateDiff('millisecond', handed_over_at, delivered_at) / 3600000 AS hours)
        AS transit_hours_p50,
    quantileExactOrNull(0.8)(hours) AS transit_hours_p80, quantileExactOrNull(0.95)(hours) AS transit_hours_p95
FROM
(
    SELECT
        d.shop AS shop, d.day AS day, d.carrier AS carrier, d.origin AS origin, d.destination AS destination,
        d.handed_over_at AS handed_over_at, d.delivered_at AS delivered_at,
        o.order_version >= d.order_version ? o.newest.1 : d.first_promise AS promise,
        o.order_version >= d.order_version ? o.newest.2 : d.late AS is_late
    FROM
    (
        SELECT
            r.shop AS shop, toDate(r.delivered_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day,
            r.carrier AS carrier, r.origin AS origin, r.destination AS destination,
            r.handed_over_at AS handed_over_at, r.delivered_at AS delivered_at, r.order_id AS order_id,
            0 AS order_version, CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS first_promise, false AS late
        FROM (SELECT * FROM recent ORDER BY version DESC, inserted_at DESC LIMIT 1 BY shop, parcel_id) AS r
        LEFT ANTI JOIN
        (
            SELECT shop, parcel_id, version
            FROM waypost_storage.settled_deliveries
            WHERE cityHash64(parcel_id) IN (SELECT cityHash64(parcel_id) FROM recent)
        ) AS k ON r.shop = k.shop AND r.parcel_id = k.parcel_id AND k.version > r.version
        ASOF LEFT JOIN
        (
            SELECT toString(shop) AS shop, change.1 AS since, change.2 AS offset_seconds
            FROM (SELECT shop, arrayJoin(arrayZip(since, offset_seconds)) AS change FROM waypost_storage.shops FINAL)
        ) AS c ON r.shop = c.shop AND r.delivered_at >= c.since
        WHERE r.deleted = 0 AND r.is_delivered
        UNION ALL
        SELECT
            s.shop, s.day, s.carrier, s.origin, s.destination, s.handed_over_at, s.delivered_at, s.order_id,
            s.order_version, s.first_promise, s.late
        FROM waypost_storage.settled_deliveries AS s
        LEFT ANTI JOIN (SELECT shop, parcel_id, version FROM recent) AS r
            ON s.shop = r.shop AND s.parcel_id = r.parcel_id AND r.version >= s.version
        WHERE s.day > toDate(0)
    ) AS d
    LEFT ANY JOIN promises AS o ON d.shop = o.shop AND d.order_id = o.order_id
)
GROUP BY shop, day, carrier, origin, destination
SETTINGS join_use_nulls = 0
COMMENT 'Delivered parcels by local day, carrier and lane: on time or not, and how long on their way; those that never came are not here';

CREATE MATERIALIZED VIEW IF NOT EXISTS waypost_storage.settle_deliveries ${on_cluster}
REFRESH EVERY 15 MINUTE OFFSET 6 MINUTE
TO waypost_storage.settled_deliveries
AS
SELECT
    p.shop AS shop,
    p.is_delivered ? toDate(p.delivered_at + toIntervalSecond(c.offset_seconds), 'UTC') : toDate(0) AS day,
    p.parcel_id AS parcel_id, p.version AS version, p.order_id AS order_id, p.carrier AS carrier, p.origin AS origin,
    p.destination AS destination, p.handed_over_at AS handed_over_at, p.delivered_at AS delivered_at,
    p.order_version AS order_version, p.newest.1 AS first_promise, p.newest.2 AS late,
    now() - toIntervalMinute(5) AS since
FROM
(
    SELECT *
    FROM
    (
        SELECT
            shop, parcel_id, version, order_id, carrier, origin, destination, handed_over_at,
            isNotNull(parcels.delivered_at) AS is_delivered, assumeNotNull(parcels.delivered_at) AS delivered_at
        FROM waypost_storage.parcels FINAL
        UNION ALL
        SELECT shop, parcel_id, version, '', '', '', '', NULL, 0, toDateTime64(0, 3, 'UTC')
        FROM waypost_storage.parcels
        WHERE deleted = 1
    ) AS n
    FULL JOIN
    (
        SELECT
            shop, order_id, max(version) AS order_version,
            argMax((if(deleted, NULL, first_promise), late AND NOT deleted), version) AS newest
        FROM waypost_storage.orders
        GROUP BY shop, order_id
    ) AS o USING (shop, order_id)
) AS p
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.delivered_at >= c.since
SETTINGS max_threads = 1, join_use_nulls = 0
COMMENT 'Makes settled_deliveries';

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
WITH
    recent AS
    (
        SELECT
            shop, journey_id, version, deleted, inserted_at, started_at, person_id, outcome, path, channel, device,
            order_at
        FROM waypost_storage.journeys
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_journeys LIMIT 1), toDateTime(0, 'UTC'))
    )
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
FROM
(
    SELECT
        r.shop AS shop, toDate(r.started_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, r.person_id AS person_id,
        r.outcome AS outcome, r.path AS path, r.channel AS channel, r.device AS device, r.started_at AS started_at,
        r.order_at AS order_at
    FROM (SELECT * FROM recent ORDER BY version DESC, inserted_at DESC LIMIT 1 BY shop, journey_id) AS r
    LEFT ANTI JOIN
    (
        SELECT shop, journey_id, version
        FROM waypost_storage.settled_journeys
        WHERE UUIDToNum(journey_id) IN (SELECT UUIDToNum(journey_id) FROM recent)
    ) AS k ON r.shop = k.shop AND r.journey_id = k.journey_id AND k.version > r.version
    ASOF LEFT JOIN
    (
        SELECT toString(shop) AS shop, change.1 AS since, change.2 AS offset_seconds
        FROM (SELECT shop, arrayJoin(arrayZip(since, offset_seconds)) AS change FROM waypost_storage.shops FINAL)
    ) AS c ON r.shop = c.shop AND r.started_at >= c.since
    WHERE r.deleted = 0
    UNION ALL
    SELECT
        s.shop, s.day, s.person_id, s.outcome, s.path, s.channel, s.device, s.started_at, s.order_at
    FROM waypost_storage.settled_journeys AS s
    LEFT ANTI JOIN (SELECT shop, journey_id, version FROM recent) AS r
        ON s.shop = r.shop AND s.journey_id = r.journey_id AND r.version >= s.version
    WHERE s.day > toDate(0)
) AS d
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
WITH
    recent AS
    (
        SELECT
            shop, journey_id, version, deleted, inserted_at, started_at, person_id, outcome, path, touches, hurts, ended_at
        FROM waypost_storage.journeys
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_journeys LIMIT 1), toDateTime(0, 'UTC'))
    )
SELECT
    shop, day, path, outcome, empty(path) ? 0 : countSubstrings(path, ' > ') + 1 AS steps,
    count() AS journeys, uniqExact(person_id) AS people, journeys / sum(count()) OVER (PARTITION BY shop, day) AS share,
    countIf(hurts) AS hurt, sum(d.touches) AS touches,
    quantileExactOrNull(0.5)(dateDiff('millisecond', started_at, ended_at) / 3600000) AS hours_p50
FROM
(
    SELECT
        r.shop AS shop, toDate(r.started_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, r.person_id AS person_id,
        r.outcome AS outcome, r.path AS path, r.touches AS touches, r.hurts AS hurts, r.started_at AS started_at,
        r.ended_at AS ended_at
    FROM (SELECT * FROM recent ORDER BY version DESC, inserted_at DESC LIMIT 1 BY shop, journey_id) AS r
    LEFT ANTI JOIN
    (
        SELECT shop, journey_id, version
        FROM waypost_storage.settled_journeys
        WHERE UUIDToNum(journey_id) IN (SELECT UUIDToNum(journey_id) FROM recent)
    ) AS k ON r.shop = k.shop AND r.journey_id = k.journey_id AND k.version > r.version
    ASOF LEFT JOIN
    (
        SELECT toString(shop) AS shop, change.1 AS since, change.2 AS offset_seconds
        FROM (SELECT shop, arrayJoin(arrayZip(since, offset_seconds)) AS change FROM waypost_storage.shops FINAL)
    ) AS c ON r.shop = c.shop AND r.started_at >= c.since
    WHERE r.deleted = 0
    UNION ALL
    SELECT
        s.shop, s.day, s.person_id, s.outcome, s.path, s.touches, s.hurts, s.started_at, s.ended_at
    FROM waypost_storage.settled_journeys AS s
    LEFT ANTI JOIN (SELECT shop, journey_id, version FROM recent) AS r
        ON s.shop = r.shop AND s.journey_id = r.journey_id AND r.version >= s.version
    WHERE s.day > toDate(0)
) AS d
GROUP BY shop, day, path, outcome
SETTINGS join_use_nulls = 0
COMMENT 'Ways that journeys took through the stages, by the local day they began and how they ended';

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
WITH
    recent AS
    (
        SELECT
            shop, survey_id, version, deleted, inserted_at, answered_at, survey, score, scale, person_id
        FROM waypost_storage.surveys
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_surveys LIMIT 1), toDateTime(0, 'UTC'))
    )
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
FROM
(
    SELECT
        r.shop AS shop, toDate(r.answered_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, r.survey AS survey,
        r.score AS score, ifNull(r.scale, 10) AS scale, r.person_id AS person_id
    FROM (SELECT * FROM recent ORDER BY version DESC, inserted_at DESC LIMIT 1 BY shop, survey_id) AS r
    LEFT ANTI JOIN
    (
        SELECT shop, survey_id, version
        FROM waypost_storage.settled_surveys
        WHERE UUIDToNum(survey_id) IN (SELECT UUIDToNum(survey_id) FROM recent)
    ) AS k ON r.shop = k.shop AND r.survey_id = k.survey_id AND k.version > r.version
    ASOF LEFT JOIN
    (
        SELECT toString(shop) AS shop, change.1 AS since, change.2 AS offset_seconds
        FROM (SELECT shop, arrayJoin(arrayZip(since, offset_seconds)) AS change FROM waypost_storage.shops FINAL)
    ) AS c ON r.shop = c.shop AND r.answered_at >= c.since
    WHERE r.deleted = 0
    UNION ALL
    SELECT
        s.shop, s.day, s.survey, s.score, s.scale, s.person_id
    FROM waypost_storage.settled_surveys AS s
    LEFT ANTI JOIN (SELECT shop, survey_id, version FROM recent) AS r
        ON s.shop = r.shop AND s.survey_id = r.survey_id AND r.version >= s.version
    WHERE s.day > toDate(0)
) AS d
GROUP BY shop, day, survey, scale
SETTINGS join_use_nulls = 0
COMMENT 'Answers to surveys by local day: customer satisfaction, net promoter score, effort and reviews';

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
    shop, day, kind, stage, severity, if(isNull(d.value_at_risk), '', d.currency) AS currency,
    count() AS pain_points, countIf(status = 'open') AS still_open, countIf(status = 'resolved') AS resolved,
    uniqExactIf(person_id, person_id != '') AS people, uniqExactIf(order_id, order_id != '') AS orders,
    quantileExactOrNull(0.5)(dateDiff('millisecond', at, ended_at) / 3600000 AS hours) AS hours_p50,
    quantileExactOrNull(0.95)(hours) AS hours_p95,
    sum(ifNull(d.value_at_risk, toDecimal64(0, 4))) AS value_at_risk
FROM
(
    SELECT
        r.shop AS shop, toDate(r.at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, r.at AS at, r.kind AS kind,
        r.stage AS stage, r.severity AS severity, r.status AS status, r.ended_at AS ended_at,
        r.value_at_risk AS value_at_risk, r.currency AS currency, r.order_id AS order_id, r.person_id AS person_id
    FROM (SELECT * FROM recent ORDER BY version DESC, inserted_at DESC LIMIT 1 BY shop, pain_point_id) AS r
    LEFT ANTI JOIN
    (
        SELECT shop, pain_point_id, version
        FROM waypost_storage.settled_pain_points
        WHERE UUIDToNum(pain_point_id) IN (SELECT UUIDToNum(pain_point_id) FROM recent)
    ) AS k ON r.shop = k.shop AND r.pain_point_id = k.pain_point_id AND k.version > r.version
    ASOF LEFT JOIN
    (
        SELECT toString(shop) AS shop, change.1 AS since, change.2 AS offset_seconds
        FROM (SELECT shop, arrayJoin(arrayZip(since, offset_seconds)) AS change FROM waypost_storage.shops FINAL)
    ) AS c ON r.shop = c.shop AND r.at >= c.since
    WHERE r.deleted = 0 AND r.status != 'retracted'
    UNION ALL
    SELECT
        s.shop, s.day, s.at, s.kind, s.stage, s.severity, s.status, s.ended_at, s.value_at_risk, s.currency, s.order_id,
        s.person_id
    FROM waypost_storage.settled_pain_points AS s
    LEFT ANTI JOIN (SELECT shop, pain_point_id, version FROM recent) AS r
        ON s.shop = r.shop AND s.pain_point_id = r.pain_point_id AND r.version >= s.version
    WHERE s.day > toDate(0)
) AS d
GROUP BY shop, day, kind, stage, severity, currency
SETTINGS join_use_nulls = 0
COMMENT 'Pain points by the local day they happened, kind and severity';

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
WITH
    recent AS
    (
        SELECT
            shop, pain_point_id, version, deleted, inserted_at, happened_at AS at, kind, status, ended_at, cause,
            value_at_risk, currency, assumeNotNull(journey_id) AS journey, person_id
        FROM waypost_storage.pain_points
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_pain_points LIMIT 1), toDateTime(0, 'UTC'))
    )
SELECT
    shop, day, kind, cause, if(isNull(p.value_at_risk), '', p.currency) AS currency,
    count() AS abandoned, uniqExact(person_id) AS people, countIf(status = 'resolved') AS resumed,
    countIf(led_to_order) AS ordered, countIf(status = 'open') AS still_open,
    sum(ifNull(p.value_at_risk, toDecimal64(0, 4))) AS value_at_risk,
    sumIf(ifNull(p.value_at_risk, toDecimal64(0, 4)), status = 'resolved') AS value_resumed,
    quantileExactOrNull(0.5)(dateDiff('millisecond', at, ended_at) / 3600000) AS hours_to_return_p50
FROM
(
    SELECT
        r.shop AS shop, toDate(r.at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, r.at AS at, r.kind AS kind,
        r.status AS status, r.ended_at AS ended_at, r.cause AS cause, r.value_at_risk AS value_at_risk,
        r.currency AS currency, r.person_id AS person_id, toBool(j.led_to_order) AS led_to_order
    FROM (SELECT * FROM recent ORDER BY version DESC, inserted_at DESC LIMIT 1 BY shop, pain_point_id) AS r
    LEFT ANTI JOIN
    (
        SELECT shop, pain_point_id, version
        FROM waypost_storage.settled_pain_points
        WHERE UUIDToNum(pain_point_id) IN (SELECT UUIDToNum(pain_point_id) FROM recent)
    ) AS k ON r.shop = k.shop AND r.pain_point_id = k.pain_point_id AND k.version > r.version
    LEFT ANY JOIN
    (
        SELECT shop, journey_id, argMax(order_id != '' AND NOT deleted, version) AS led_to_order
        FROM waypost_storage.journeys
        WHERE UUIDToNum(journey_id) IN
        (
            SELECT UUIDToNum(journey) FROM recent
            WHERE deleted = 0 AND kind IN ('cart_abandoned', 'checkout_abandoned')
        )
        GROUP BY shop, journey_id
    ) AS j ON r.shop = j.shop AND r.journey = j.journey_id
    ASOF LEFT JOIN
    (
        SELECT toString(shop) AS shop, change.1 AS since, change.2 AS offset_seconds
        FROM (SELECT shop, arrayJoin(arrayZip(since, offset_seconds)) AS change FROM waypost_storage.shops FINAL)
    ) AS c ON r.shop = c.shop AND r.at >= c.since
    WHERE r.deleted = 0 AND r.status != 'retracted' AND r.kind IN ('cart_abandoned', 'checkout_abandoned')
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
) AS p
GROUP BY shop, day, kind, cause, currency
SETTINGS join_use_nulls = 0
COMMENT 'Abandoned carts and checkouts by local day and cause, and what came of them';

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
    ) AS r
    ASOF LEFT JOIN
    (
        SELECT toString(shop) AS shop, change.1 AS since, change.2 AS offset_seconds
        FROM (SELECT shop, arrayJoin(arrayZip(since, offset_seconds)) AS change FROM waypost_storage.shops FINAL)
    ) AS c ON r.shop = c.shop AND r.began >= c.since
    UNION ALL
    SELECT shop, day, pain_points, root_kind, is_open, persons, prices
    FROM waypost_storage.settled_chains
    WHERE pain_points > 0 AND UUIDToNum(root_id) NOT IN fresh
) AS w
ARRAY JOIN if(empty(prices), [('', toDecimal64(0, 4))], arrayZip(mapKeys(prices), mapValues(prices))) AS price
GROUP BY shop, day, root_kind, currency
SETTINGS join_use_nulls = 0
COMMENT 'Money at risk by the local day a chain of pain points began: the greatest value of a chain, counted once';

DROP VIEW IF EXISTS waypost_storage.journeys_by_day ${on_cluster};
DROP VIEW IF EXISTS waypost_storage.surveys_by_day ${on_cluster};
DROP VIEW IF EXISTS waypost_storage.parcels_by_day ${on_cluster};
DROP VIEW IF EXISTS waypost_storage.pain_points_by_day ${on_cluster};
DROP VIEW IF EXISTS waypost_storage.abandoned_by_day ${on_cluster};
DROP VIEW IF EXISTS waypost_storage.chains_by_day ${on_cluster};
