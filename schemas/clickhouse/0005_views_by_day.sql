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
    still_open UInt64 COMMENT 'of them not ended yet'
)
AS
SELECT
    j.shop AS shop, toDate(j.started_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day,
    multiIf(empty(j.channels), '', length(j.channels) = 1, toString(j.channels[1]), 'several') AS channel,
    multiIf(empty(j.devices), '', length(j.devices) = 1, toString(j.devices[1]), 'several') AS device,
    count() AS journeys,
    countIf(isNotNull(j.discover_at)) AS discovered, countIf(isNotNull(j.consider_at)) AS considered,
    countIf(isNotNull(j.checkout_at)) AS checkouts, countIf(isNotNull(j.order_at)) AS ordered,
    countIf(isNotNull(j.fulfil_at)) AS approved, countIf(isNotNull(j.transit_at)) AS handed_over,
    countIf(isNotNull(j.deliver_at)) AS delivered, countIf(isNotNull(j.care_at)) AS cared,
    countIf(j.outcome = 'completed') AS completed, countIf(j.outcome = 'cancelled') AS cancelled,
    countIf(j.outcome = 'returned') AS returned, countIf(j.outcome = 'lost') AS lost,
    countIf(j.outcome = 'abandoned') AS abandoned, countIf(j.outcome = 'browsed') AS browsed,
    countIf(j.outcome = 'open') AS still_open
FROM
(
    SELECT
        toString(shop) AS shop, started_at, channels, devices, discover_at, consider_at, checkout_at, order_at, fulfil_at,
        transit_at, deliver_at, care_at, outcome
    FROM waypost_storage.journeys FINAL
) AS j
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON j.shop = c.shop AND j.started_at >= c.since
GROUP BY shop, day, channel, device
SETTINGS join_use_nulls = 0
COMMENT 'Journeys by the local day they began, how far they got and how they ended';

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
    on_time_share Nullable(Float64) COMMENT 'on_time / promised; NULL without a promise',
    transit_hours_p50 Nullable(Float64) COMMENT 'Hours from hand-over to delivery: median',
    transit_hours_p80 Nullable(Float64) COMMENT 'The same, 80th percentile',
    transit_hours_p95 Nullable(Float64) COMMENT 'The same, 95th percentile'
)
AS
SELECT
    p.shop AS shop, toDate(p.delivered + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.carrier AS carrier,
    p.origin AS origin, p.destination AS destination,
    count() AS delivered, countIf(isNotNull(o.first_promise)) AS promised,
    countIf(isNotNull(o.first_promise) AND NOT o.late) AS on_time,
    if(promised = 0, NULL, on_time / promised) AS on_time_share,
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
COMMENT 'Delivered parcels by local day, carrier and lane: were they on time, how long were they on their way';

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
    value_at_risk Decimal(38, 4) COMMENT 'Sum in that currency; a chain counts each of its links'
)
AS
SELECT
    p.shop AS shop, toDate(p.happened_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.kind AS kind,
    p.stage AS stage, p.severity AS severity, p.currency AS currency,
    count() AS pain_points, countIf(p.status = 'open') AS still_open, countIf(p.status = 'resolved') AS resolved,
    sum(ifNull(p.value, toDecimal64(0, 4))) AS value_at_risk
FROM
(
    SELECT
        toString(shop) AS shop, happened_at, kind, stage, severity, status, value_at_risk AS value,
        if(isNull(value_at_risk), '', toString(currency)) AS currency
    FROM waypost_storage.pain_points FINAL
    WHERE status != 'retracted'
) AS p
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.happened_at >= c.since
GROUP BY shop, day, kind, stage, severity, currency
SETTINGS join_use_nulls = 0
COMMENT 'Pain points by the local day they happened';
