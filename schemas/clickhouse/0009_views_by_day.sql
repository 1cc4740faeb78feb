-- The same numbers by the shop's local day as ever, from the newest rows of the days that are asked for.

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
AS
SELECT
    j.shop AS shop, j.day AS day,
    multiIf(empty(j.channels), '', length(j.channels) = 1, toString(j.channels[1]), 'several') AS channel,
    multiIf(empty(j.devices), '', length(j.devices) = 1, toString(j.devices[1]), 'several') AS device,
    count() AS journeys, uniqExact(j.person_id) AS people,
    countIf(isNotNull(j.discover_at)) AS discovered, countIf(isNotNull(j.consider_at)) AS considered,
    countIf(isNotNull(j.checkout_at)) AS checkouts, countIf(isNotNull(j.order_at)) AS ordered,
    countIf(isNotNull(j.fulfil_at)) AS approved, countIf(isNotNull(j.transit_at)) AS handed_over,
    countIf(isNotNull(j.deliver_at)) AS delivered, countIf(isNotNull(j.care_at)) AS cared,
    countIf(j.outcome = 'completed') AS completed, countIf(j.outcome = 'cancelled') AS cancelled,
    countIf(j.outcome = 'returned') AS returned, countIf(j.outcome = 'lost') AS lost,
    countIf(j.outcome = 'abandoned') AS abandoned, countIf(j.outcome = 'browsed') AS browsed,
    countIf(j.outcome = 'open') AS still_open, ordered / journeys AS conversion,
    quantileExactOrNull(0.5)(dateDiff('millisecond', j.at, j.order_at) / 3600000) AS hours_to_order_p50
FROM waypost_storage.journeys_by_day AS j
GROUP BY shop, day, channel, device
SETTINGS join_use_nulls = 0
COMMENT 'Journeys by the local day they began, channel and device: how far they got and how they ended';

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
AS
SELECT
    p.shop AS shop, p.day AS day, p.kind AS kind,
    p.cause AS cause, p.currency AS currency,
    count() AS abandoned, uniqExact(p.person_id) AS people, countIf(p.status = 'resolved') AS resumed,
    countIf(p.led_to != '') AS ordered, countIf(p.status = 'open') AS still_open, sum(p.value) AS value_at_risk,
    sumIf(p.value, p.status = 'resolved') AS value_resumed,
    quantileExactOrNull(0.5)(dateDiff('millisecond', p.at, p.ended_at) / 3600000) AS hours_to_return_p50
FROM
(
    SELECT
        p.shop AS shop, p.day AS day, p.pain_point_id AS pain_point_id, any(p.at) AS at, any(p.ended_at) AS ended_at,
        any(toString(p.kind)) AS kind, any(toString(p.cause)) AS cause, any(p.status) AS status, any(p.person_id) AS person_id,
        any(if(isNull(p.value_at_risk), '', toString(p.currency))) AS currency,
        any(ifNull(p.value_at_risk, toDecimal64(0, 4))) AS value,
        argMaxIf(if(j.deleted, '', j.order_id), j.version, j.shop = p.shop) AS led_to
    FROM (SELECT shop, journey_id, order_id, version, deleted FROM waypost_storage.journeys) AS j
    RIGHT JOIN
    (
        SELECT *, assumeNotNull(journey_id) AS journey
        FROM waypost_storage.pain_points_by_day
        WHERE kind IN ('cart_abandoned', 'checkout_abandoned')
    ) AS p ON j.journey_id = p.journey
    GROUP BY shop, day, pain_point_id
) AS p
GROUP BY shop, day, kind, cause, currency
SETTINGS join_use_nulls = 0
COMMENT 'Abandoned carts and checkouts by local day and cause, and what came of them';

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
AS
SELECT
    p.shop AS shop, p.day AS day, p.carrier AS carrier,
    p.origin AS origin, p.destination AS destination,
    count() AS delivered, countIf(isNotNull(p.first_promise)) AS promised,
    countIf(isNotNull(p.first_promise) AND NOT p.late) AS on_time, promised - on_time AS late,
    if(promised = 0, NULL, on_time / promised) AS on_time_share,
    quantileExactOrNullIf(0.5)(dateDiff('millisecond', p.first_promise, p.at) / 3600000, p.late) AS hours_late_p50,
    quantileExactOrNull(0.5)(p.transit_hours) AS transit_hours_p50,
    quantileExactOrNull(0.8)(p.transit_hours) AS transit_hours_p80,
    quantileExactOrNull(0.95)(p.transit_hours) AS transit_hours_p95
FROM
(
    SELECT
        p.shop AS shop, p.day AS day, p.parcel_id AS parcel_id, any(p.at) AS at, any(p.carrier) AS carrier,
        any(p.origin) AS origin, any(p.destination) AS destination,
        any(dateDiff('millisecond', p.handed_over_at, p.at) / 3600000) AS transit_hours,
        argMaxIf((o.first_promise, o.late, o.deleted), o.version, o.shop = p.shop) AS newest,
        newest.3 = 0 ? newest.1 : NULL AS first_promise, newest.3 = 0 AND newest.2 AS late
    FROM (SELECT shop, order_id, version, deleted, first_promise, late FROM waypost_storage.orders) AS o
    RIGHT JOIN waypost_storage.parcels_by_day AS p ON o.order_id = p.order_id
    GROUP BY shop, day, parcel_id
) AS p
GROUP BY shop, day, carrier, origin, destination
SETTINGS join_use_nulls = 0
COMMENT 'Delivered parcels by local day, carrier and lane: on time or not, and how long on their way; those that never came are not here';

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
AS
SELECT
    p.shop AS shop, p.day AS day, p.kind AS kind,
    p.stage AS stage, p.severity AS severity, if(isNull(p.value_at_risk), '', toString(p.currency)) AS currency,
    count() AS pain_points, countIf(p.status = 'open') AS still_open, countIf(p.status = 'resolved') AS resolved,
    uniqExactIf(p.person_id, p.person_id != '') AS people, uniqExactIf(p.order_id, p.order_id != '') AS orders,
    quantileExactOrNull(0.5)(dateDiff('millisecond', p.at, p.ended_at) / 3600000) AS hours_p50,
    quantileExactOrNull(0.95)(dateDiff('millisecond', p.at, p.ended_at) / 3600000) AS hours_p95,
    sum(ifNull(p.value_at_risk, toDecimal64(0, 4))) AS value_at_risk
FROM waypost_storage.pain_points_by_day AS p
GROUP BY shop, day, kind, stage, severity, currency
SETTINGS join_use_nulls = 0
COMMENT 'Pain points by the local day they happened, kind and severity';

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
AS
WITH
    versions AS
    (
        SELECT shop, root_id, happened_at AS at FROM waypost_storage.pain_points
    ),
    -- What began on a day has a pain point on that day; whether that was its first, is seen when all of it is known.
    roots AS
    (
        SELECT shop, day, root_id
        FROM
        (
            SELECT shop, root_id, toDate(at, 'UTC') - 1 AS day FROM versions WHERE toHour(at, 'UTC') < 12
            UNION ALL
            SELECT shop, root_id, toDate(at, 'UTC') + 0 AS day FROM versions
            UNION ALL
            SELECT shop, root_id, toDate(at, 'UTC') + 1 AS day FROM versions WHERE toHour(at, 'UTC') >= 10
        )
        GROUP BY shop, day, root_id
    ),
    links AS
    (
        SELECT
            r.shop AS shop, r.day AS day, r.root_id AS root_id, r.pain_point_id AS pain_point_id, r.kind AS kind,
            r.status AS status, r.happened_at AS happened_at, r.value_at_risk AS value_at_risk, r.currency AS currency,
            r.person_id AS person_id
        FROM (SELECT shop, pain_point_id, version FROM waypost_storage.pain_points) AS m
        RIGHT ANTI JOIN
        (
            SELECT
                b.day AS day, p.shop AS shop, p.root_id AS root_id, p.pain_point_id AS pain_point_id, p.version AS version,
                p.deleted AS deleted, p.kind AS kind, p.status AS status, p.happened_at AS happened_at,
                p.value_at_risk AS value_at_risk, p.currency AS currency, p.person_id AS person_id
            FROM waypost_storage.pain_points AS p
            INNER JOIN roots AS b ON p.root_id = b.root_id AND p.shop = b.shop
        ) AS r
        ON m.pain_point_id = r.pain_point_id AND m.version > if(m.shop = r.shop, r.version, 18446744073709551615)
        WHERE r.deleted = 0 AND r.status != 'retracted'
        LIMIT 1 BY shop, day, root_id, pain_point_id
    )
SELECT
    w.shop AS shop, w.day AS day, w.root_kind AS root_kind, w.currency AS currency,
    count() AS chains, countIf(w.open) AS still_open, sum(w.links) AS pain_points, uniqExactArray(w.persons) AS people,
    sum(w.worst) AS value_at_risk, sumIf(w.worst, w.open) AS value_still_open
FROM
(
    SELECT shop, day, began, root_kind, links, open, persons, price.1 AS currency, price.2 AS worst
    FROM
    (
        SELECT
            shop, day, root_id, min(happened_at) AS began,
            argMin(toString(kind), (pain_point_id != root_id, happened_at, pain_point_id)) AS root_kind,
            count() AS links, max(status = 'open') AS open, groupUniqArrayIf(person_id, person_id != '') AS persons,
            maxMapIf(map(toString(currency), ifNull(value_at_risk, toDecimal64(0, 4))), isNotNull(value_at_risk)) AS prices
        FROM links
        GROUP BY shop, day, root_id
    )
    ARRAY JOIN if(empty(prices), [('', toDecimal64(0, 4))], arrayZip(mapKeys(prices), mapValues(prices))) AS price
) AS w
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON w.shop = c.shop AND w.began >= c.since
WHERE w.day = toDate(w.began + toIntervalSecond(c.offset_seconds), 'UTC')
GROUP BY shop, day, root_kind, currency
SETTINGS join_use_nulls = 0
COMMENT 'Money at risk by the local day a chain of pain points began: the greatest value of a chain, counted once';

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
AS
SELECT
    s.shop AS shop, s.day AS day, s.survey AS survey,
    s.scale AS scale, count() AS answers, uniqExactIf(s.person_id, s.person_id != '') AS people,
    sum(toDecimal64(s.score, 4)) AS score_sum, toFloat64(score_sum) / answers AS mean_score,
    countIf(s.survey = 'nps' ? s.score <= 6 : s.score <= 0.4 * s.scale) AS low_scores,
    countIf(s.survey != 'nps' AND s.score >= 0.8 * s.scale) AS satisfied,
    if(s.survey = 'csat', 100 * satisfied / answers, NULL) AS csat,
    countIf(s.survey = 'nps' AND s.score >= 9) AS promoters,
    countIf(s.survey = 'nps' AND s.score > 6 AND s.score < 9) AS passives,
    countIf(s.survey = 'nps' AND s.score <= 6) AS detractors,
    if(s.survey = 'nps', 100 * (toInt64(promoters) - toInt64(detractors)) / answers, NULL) AS nps
FROM
(
    SELECT shop, day, toString(survey) AS survey, score, ifNull(scale, 10) AS scale, person_id
    FROM waypost_storage.surveys_by_day
) AS s
GROUP BY shop, day, survey, scale
SETTINGS join_use_nulls = 0
COMMENT 'Answers to surveys by local day: customer satisfaction, net promoter score, effort and reviews';

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
AS
SELECT
    j.shop AS shop, j.day AS day,
    arrayStringConcat(arrayMap(stage -> stage.3, j.stages), ' > ') AS path, j.outcome AS outcome,
    length(j.stages) AS steps, count() AS journeys, uniqExact(j.person_id) AS people,
    journeys / sum(count()) OVER (PARTITION BY shop, day) AS share, countIf(j.hurts) AS hurt, sum(j.touches) AS touches,
    quantileExactOrNull(0.5)(dateDiff('millisecond', j.at, j.ended_at) / 3600000) AS hours_p50
FROM
(
    SELECT
        shop, day, at, person_id, toString(outcome) AS outcome, ended_at, touches,
        notEmpty(pain_points) AS hurts,
        arraySort(arrayFilter(stage -> stage.1 != toDateTime64(0, 3, 'UTC'), [
            (ifNull(discover_at, toDateTime64(0, 3, 'UTC')), 1, 'discover'),
            (ifNull(consider_at, toDateTime64(0, 3, 'UTC')), 2, 'consider'),
            (ifNull(checkout_at, toDateTime64(0, 3, 'UTC')), 3, 'checkout'),
            (ifNull(order_at, toDateTime64(0, 3, 'UTC')), 4, 'order'),
            (ifNull(fulfil_at, toDateTime64(0, 3, 'UTC')), 5, 'fulfil'),
            (ifNull(transit_at, toDateTime64(0, 3, 'UTC')), 6, 'transit'),
            (ifNull(deliver_at, toDateTime64(0, 3, 'UTC')), 7, 'deliver'),
            (ifNull(care_at, toDateTime64(0, 3, 'UTC')), 8, 'care')])) AS stages
    FROM waypost_storage.journeys_by_day
) AS j
GROUP BY shop, day, path, outcome, steps
SETTINGS join_use_nulls = 0
COMMENT 'Ways that journeys took through the stages, by the local day they began and how they ended';
