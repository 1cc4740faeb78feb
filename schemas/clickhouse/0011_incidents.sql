-- Many equal pain points with one thing in common, counted by the shop's local days: what is far above what is usual.
-- Computed from the newest rows, so a late event or a retraction changes an incident or takes it away.

CREATE OR REPLACE VIEW waypost.incidents ${on_cluster}
(
    incident_id UUID COMMENT 'From shop, kind, factor, value and first day: the same after any replay',
    shop String COMMENT 'Shop',
    kind String COMMENT 'Kind of the pain points',
    factor String COMMENT 'What they have in common, as in carrier, hub, payment_method or page',
    value String COMMENT 'The one carrier, hub, method or page',
    first_day Date COMMENT 'Local day on which it began',
    last_day Date COMMENT 'Last local day of it: on each of its days at least 10 of them, and 3 times the usual number',
    first_at DateTime64(3, 'UTC') COMMENT 'When its first pain point happened',
    last_at DateTime64(3, 'UTC') COMMENT 'When its last pain point happened',
    status String COMMENT 'open while one of its pain points is, else resolved',
    pain_points UInt64 COMMENT 'Pain points on these days; one with several factors counts for each of them',
    still_open UInt64 COMMENT 'of them not over yet',
    usual Float64 COMMENT 'How many a day there were in the 28 days before, or since the shop''s first pain point',
    customers UInt64 COMMENT 'Persons they hurt',
    orders UInt64 COMMENT 'Orders they hurt',
    value_at_risk Map(String, Decimal(38, 4)) COMMENT 'Money at risk by currency; each link of a chain counts'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH
    pains AS
    (
        SELECT
            p.shop AS shop, p.kind AS kind, common.1 AS factor, common.2 AS value,
            toDate(p.happened_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.happened_at AS happened_at,
            p.status = 'open' AS is_open, p.person_id AS person_id, p.order_id AS order_id, p.price AS price
        FROM
        (
            SELECT
                toString(shop) AS shop, toString(kind) AS kind, happened_at, status, person_id, order_id,
                arrayZip(mapKeys(factors), mapValues(factors)) AS shared,
                isNull(value_at_risk)
                    ? CAST(map(), 'Map(String, Decimal(38, 4))')
                    : CAST(map(toString(currency), assumeNotNull(value_at_risk)), 'Map(String, Decimal(38, 4))') AS price
            FROM waypost_storage.pain_points FINAL
            WHERE status != 'retracted'
        ) AS p
        ARRAY JOIN p.shared AS common
        ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.happened_at >= c.since
        WHERE common.2 != ''
    ),
    days AS
    (
        SELECT
            shop, kind, factor, value, day, count() AS n, countIf(is_open) AS still_open, min(happened_at) AS first_at,
            max(happened_at) AS last_at, groupUniqArrayIf(person_id, person_id != '') AS persons,
            groupUniqArrayIf(order_id, order_id != '') AS orders, sumMap(price) AS prices
        FROM pains
        GROUP BY shop, kind, factor, value, day
    ),
    compared AS
    (
        SELECT
            *, day - min(day) OVER (PARTITION BY shop) AS known_days,
            sum(n) OVER
            (
                PARTITION BY shop, kind, factor, value ORDER BY day RANGE BETWEEN 28 PRECEDING AND 1 PRECEDING
            ) / least(known_days, 28) AS usual
        FROM days
    ),
    high AS
    (
        SELECT *, toInt32(day) - row_number() OVER (PARTITION BY shop, kind, factor, value ORDER BY day) AS run
        FROM compared
        -- What is usual is known after a week.
        WHERE known_days >= 7 AND n >= 10 AND n >= 3 * usual
    )
SELECT
    reinterpretAsUUID(MD5(toJSONString(('waypost:incident', shop, kind, factor, value, toString(first_day))))) AS incident_id,
    shop, kind, factor, value, min(day) AS first_day, max(day) AS last_day, min(high.first_at) AS first_at,
    max(high.last_at) AS last_at, sum(high.still_open) > 0 ? 'open' : 'resolved' AS status, sum(n) AS pain_points,
    sum(high.still_open) AS still_open, argMin(high.usual, day) AS usual, uniqExactArray(persons) AS customers,
    uniqExactArray(high.orders) AS orders, sumMap(prices) AS value_at_risk
FROM high
GROUP BY shop, kind, factor, value, run
SETTINGS join_use_nulls = 0
COMMENT 'One row per incident: many equal pain points with one thing in common, far more than usual, on days in a row';
