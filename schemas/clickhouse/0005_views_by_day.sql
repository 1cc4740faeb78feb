-- Numbers by the shop's local day. Money is never added across currencies.

CREATE OR REPLACE VIEW waypost_storage.local_clocks ${on_cluster}
AS
SELECT toString(shop) AS shop, change.1 AS since, change.2 AS offset_seconds
FROM (SELECT shop, arrayJoin(arrayZip(since, offset_seconds)) AS change FROM waypost_storage.shops FINAL)
COMMENT 'Offset from UTC of each shop from an instant on; a shop not seen yet counts as UTC';

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
    j.shop AS shop, toDate(j.started_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day,
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
    quantileExactOrNull(0.5)(dateDiff('millisecond', j.started_at, j.order_at) / 3600000) AS hours_to_order_p50
FROM
(
    SELECT
        toString(shop) AS shop, person_id, started_at, channels, devices, discover_at, consider_at, checkout_at, order_at,
        fulfil_at, transit_at, deliver_at, care_at, outcome
    FROM waypost_storage.journeys FINAL
) AS j
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON j.shop = c.shop AND j.started_at >= c.since
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
    p.shop AS shop, toDate(p.happened_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.kind AS kind,
    p.cause AS cause, p.currency AS currency,
    count() AS abandoned, uniqExact(p.person_id) AS people, countIf(p.status = 'resolved') AS resumed,
    countIf(j.order_id != '') AS ordered, countIf(p.status = 'open') AS still_open, sum(p.value) AS value_at_risk,
    sumIf(p.value, p.status = 'resolved') AS value_resumed,
    quantileExactOrNull(0.5)(dateDiff('millisecond', p.happened_at, p.ended_at) / 3600000) AS hours_to_return_p50
FROM
(
    SELECT
        toString(shop) AS shop, happened_at, ended_at, toString(kind) AS kind, toString(cause) AS cause, status, person_id,
        assumeNotNull(journey_id) AS journey, ifNull(value_at_risk, toDecimal64(0, 4)) AS value,
        if(isNull(value_at_risk), '', toString(currency)) AS currency
    FROM waypost_storage.pain_points FINAL
    WHERE status != 'retracted' AND kind IN ('cart_abandoned', 'checkout_abandoned')
) AS p
LEFT ANY JOIN
(
    SELECT toString(shop) AS shop, journey_id, order_id FROM waypost_storage.journeys FINAL
    WHERE journey_id IN
    (
        SELECT journey_id FROM waypost_storage.pain_points WHERE kind IN ('cart_abandoned', 'checkout_abandoned')
    )
) AS j ON p.shop = j.shop AND p.journey = j.journey_id
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.happened_at >= c.since
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
    p.shop AS shop, toDate(p.delivered + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.carrier AS carrier,
    p.origin AS origin, p.destination AS destination,
    count() AS delivered, countIf(isNotNull(o.first_promise)) AS promised,
    countIf(isNotNull(o.first_promise) AND NOT o.late) AS on_time, promised - on_time AS late,
    if(promised = 0, NULL, on_time / promised) AS on_time_share,
    quantileExactOrNullIf(0.5)(dateDiff('millisecond', o.first_promise, p.delivered) / 3600000, o.late) AS hours_late_p50,
    quantileExactOrNull(0.5)(p.transit_hours) AS transit_hours_p50,
    quantileExactOrNull(0.8)(p.transit_hours) AS transit_hours_p80,
    quantileExactOrNull(0.95)(p.transit_hours) AS transit_hours_p95
FROM
(
    SELECT
        toString(shop) AS shop, order_id, carrier, origin, destination, assumeNotNull(delivered_at) AS delivered,
        dateDiff('millisecond', handed_over_at, delivered_at) / 3600000 AS transit_hours
    FROM waypost_storage.parcels FINAL
    WHERE isNotNull(delivered_at)
) AS p
LEFT ANY JOIN
(
    SELECT toString(shop) AS shop, order_id, first_promise, late FROM waypost_storage.orders FINAL
) AS o ON p.shop = o.shop AND p.order_id = o.order_id
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.delivered >= c.since
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
    p.shop AS shop, toDate(p.happened_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.kind AS kind,
    p.stage AS stage, p.severity AS severity, p.currency AS currency,
    count() AS pain_points, countIf(p.status = 'open') AS still_open, countIf(p.status = 'resolved') AS resolved,
    uniqExactIf(p.person_id, p.person_id != '') AS people, uniqExactIf(p.order_id, p.order_id != '') AS orders,
    quantileExactOrNull(0.5)(dateDiff('millisecond', p.happened_at, p.ended_at) / 3600000) AS hours_p50,
    quantileExactOrNull(0.95)(dateDiff('millisecond', p.happened_at, p.ended_at) / 3600000) AS hours_p95,
    sum(ifNull(p.value, toDecimal64(0, 4))) AS value_at_risk
FROM
(
    SELECT
        toString(shop) AS shop, happened_at, ended_at, kind, stage, severity, status, person_id, order_id,
        value_at_risk AS value, if(isNull(value_at_risk), '', toString(currency)) AS currency
    FROM waypost_storage.pain_points FINAL
    WHERE status != 'retracted'
) AS p
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.happened_at >= c.since
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
SELECT
    w.shop AS shop, toDate(w.began + toIntervalSecond(c.offset_seconds), 'UTC') AS day, w.root_kind AS root_kind,
    w.currency AS currency,
    count() AS chains, countIf(w.open) AS still_open, sum(w.links) AS pain_points, uniqExactArray(w.persons) AS people,
    sum(w.worst) AS value_at_risk, sumIf(w.worst, w.open) AS value_still_open
FROM
(
    SELECT shop, began, root_kind, links, open, persons, price.1 AS currency, price.2 AS worst
    FROM
    (
        SELECT
            toString(shop) AS shop, root_id, min(happened_at) AS began,
            argMin(toString(kind), (pain_point_id != root_id, happened_at, pain_point_id)) AS root_kind,
            count() AS links, max(status = 'open') AS open, groupUniqArrayIf(person_id, person_id != '') AS persons,
            maxMapIf(map(toString(currency), ifNull(value_at_risk, toDecimal64(0, 4))), isNotNull(value_at_risk)) AS prices
        FROM waypost_storage.pain_points FINAL
        WHERE status != 'retracted'
        GROUP BY shop, root_id
    )
    ARRAY JOIN if(empty(prices), [('', toDecimal64(0, 4))], arrayZip(mapKeys(prices), mapValues(prices))) AS price
) AS w
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON w.shop = c.shop AND w.began >= c.since
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
    s.shop AS shop, toDate(s.answered_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, s.survey AS survey,
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
    SELECT
        toString(shop) AS shop, answered_at, toString(survey) AS survey, score, ifNull(scale, 10) AS scale, person_id
    FROM waypost_storage.surveys FINAL
) AS s
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON s.shop = c.shop AND s.answered_at >= c.since
GROUP BY shop, day, survey, scale
SETTINGS join_use_nulls = 0
COMMENT 'Answers to surveys by local day: customer satisfaction, net promoter score, effort and reviews';
