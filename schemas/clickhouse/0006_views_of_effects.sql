-- What goes with what: observations of those with and those without, never proof of a cause. All sums are of whole
-- numbers (scores in ten thousandths), so that no order of adding changes a digit; z = 1.96 makes intervals of 95 %.

CREATE OR REPLACE VIEW waypost_storage.shop_clocks ${on_cluster}
AS
SELECT s.shop AS shop, if(own.now != toDateTime64(0, 3, 'UTC'), own.now, live.now) AS now
FROM (SELECT DISTINCT toString(shop) AS shop, '' AS clock FROM waypost_storage.orders) AS s
LEFT ANY JOIN (SELECT toString(shop) AS shop, min(now) AS now FROM waypost_storage.clocks FINAL GROUP BY shop) AS own
    ON s.shop = own.shop
LEFT ANY JOIN (SELECT toString(shop) AS shop, min(now) AS now FROM waypost_storage.clocks FINAL GROUP BY shop) AS live
    ON s.clock = live.shop
SETTINGS join_use_nulls = 0
COMMENT 'What time it is in each shop that has orders: what all rows know; 1970 while no clock was heard';

CREATE OR REPLACE VIEW waypost_storage.order_pains ${on_cluster}
AS
SELECT toString(shop) AS shop, order_id, toString(kind) AS kind, min(happened_at) AS happened_at
FROM waypost_storage.pain_points FINAL
WHERE status != 'retracted' AND order_id != ''
GROUP BY shop, order_id, kind
COMMENT 'Which kinds of pain points an order has, and since when';

CREATE OR REPLACE VIEW waypost.satisfaction_by_pain ${on_cluster}
(
    shop String COMMENT 'Shop',
    survey String COMMENT 'csat, nps, ces or review',
    scale Float64 COMMENT 'The greatest score there is: 10 for nps',
    kind String COMMENT 'Kind of pain point; not low_score, which is an answer itself, nor churn_risk, which comes after',
    with_answers UInt64 COMMENT 'n: answers about an order with such a pain point',
    with_mean Float64 COMMENT 'Their mean score',
    with_mean_low Nullable(Float64) COMMENT '95 % confidence interval of it, from; NULL below two answers',
    with_mean_high Nullable(Float64) COMMENT '95 % confidence interval of it, to',
    without_answers UInt64 COMMENT 'n: answers about an order without one',
    without_mean Nullable(Float64) COMMENT 'Their mean score; NULL when there is none',
    without_mean_low Nullable(Float64) COMMENT '95 % confidence interval of it, from; NULL below two answers',
    without_mean_high Nullable(Float64) COMMENT '95 % confidence interval of it, to',
    difference Nullable(Float64) COMMENT 'with_mean - without_mean: an observation, no proof that the one makes the other',
    difference_low Nullable(Float64) COMMENT '95 % confidence interval of it, from; normal approximation: needs some 30 answers each',
    difference_high Nullable(Float64) COMMENT '95 % confidence interval of it, to',
    answered_before UInt64 COMMENT 'of with_answers those given before the pain point happened: they cannot come from it'
)
AS
WITH
    answers AS
    (
        SELECT
            toString(shop) AS shop, toString(survey) AS survey, ifNull(scale, 10) AS scale, order_id, answered_at,
            toInt128(round(score * 10000)) AS points
        FROM waypost_storage.surveys FINAL
        WHERE order_id != ''
    ),
    compared AS
    (
        SELECT
            w.shop AS shop, w.survey AS survey, w.scale AS scale, w.kind AS kind, w.before AS before,
            w.n AS n1, w.points AS s1, w.squares AS q1, a.n - w.n AS n2, a.points - w.points AS s2, a.squares - w.squares AS q2
        FROM
        (
            SELECT
                s.shop AS shop, s.survey AS survey, s.scale AS scale, p.kind AS kind, toInt128(count()) AS n,
                sum(s.points) AS points, sum(s.points * s.points) AS squares, countIf(s.answered_at < p.happened_at) AS before
            FROM answers AS s
            INNER JOIN waypost_storage.order_pains AS p ON s.shop = p.shop AND s.order_id = p.order_id
            WHERE p.kind NOT IN ('low_score', 'churn_risk')
            GROUP BY shop, survey, scale, kind
        ) AS w
        INNER JOIN
        (
            SELECT
                shop, survey, scale, toInt128(count()) AS n, sum(answers.points) AS points,
                sum(answers.points * answers.points) AS squares
            FROM answers
            GROUP BY shop, survey, scale
        ) AS a ON w.shop = a.shop AND w.survey = a.survey AND w.scale = a.scale
    )
SELECT
    shop, survey, scale, kind,
    toUInt64(n1) AS with_answers, s1 / n1 / 10000 AS with_mean,
    with_mean - with_half AS with_mean_low, with_mean + with_half AS with_mean_high,
    toUInt64(n2) AS without_answers, if(n2 = 0, NULL, s2 / n2 / 10000) AS without_mean,
    without_mean - without_half AS without_mean_low, without_mean + without_half AS without_mean_high,
    with_mean - without_mean AS difference,
    difference - sqrt(with_half * with_half + without_half * without_half) AS difference_low,
    difference + sqrt(with_half * with_half + without_half * without_half) AS difference_high,
    before AS answered_before
FROM
(
    SELECT
        *,
        if(n1 < 2, NULL, 1.96 * sqrt((n1 * q1 - s1 * s1) / (n1 * (n1 - 1)) / n1) / 10000) AS with_half,
        if(n2 < 2, NULL, 1.96 * sqrt((n2 * q2 - s2 * s2) / (n2 * (n2 - 1)) / n2) / 10000) AS without_half
    FROM compared
)
SETTINGS join_use_nulls = 0
COMMENT 'Observational: mean score of answers about orders with and without each kind of pain point, with n and confidence intervals';

CREATE OR REPLACE VIEW waypost.returning_by_pain ${on_cluster}
(
    shop String COMMENT 'Shop',
    kind String COMMENT 'Kind of pain point; not churn_risk, which is that nobody came back',
    censored Bool COMMENT 'The 90 days of these orders are not over: their shares will still rise; leave them out of comparisons',
    with_orders UInt64 COMMENT 'n: orders with such a pain point, of persons who can be known again',
    with_returned UInt64 COMMENT 'of them those whose customer placed another order within 90 days of this one',
    with_share Float64 COMMENT 'with_returned / with_orders',
    with_share_low Float64 COMMENT '95 % confidence interval of it (Wilson), from',
    with_share_high Float64 COMMENT '95 % confidence interval of it (Wilson), to',
    without_orders UInt64 COMMENT 'n: orders without one',
    without_returned UInt64 COMMENT 'of them those whose customer placed another order within 90 days of this one',
    without_share Nullable(Float64) COMMENT 'without_returned / without_orders; NULL when there is none',
    without_share_low Nullable(Float64) COMMENT '95 % confidence interval of it (Wilson), from',
    without_share_high Nullable(Float64) COMMENT '95 % confidence interval of it (Wilson), to',
    difference Nullable(Float64) COMMENT 'with_share - without_share: an observation, no proof that the one makes the other',
    difference_low Nullable(Float64) COMMENT '95 % confidence interval of it (Newcombe), from',
    difference_high Nullable(Float64) COMMENT '95 % confidence interval of it (Newcombe), to'
)
AS
WITH
    orders AS
    (
        SELECT
            o.shop AS shop, o.order_id AS order_id, o.returned AS returned,
            o.placed_at + toIntervalDay(90) >= c.now AS censored
        FROM
        (
            SELECT
                toString(shop) AS shop, order_id, placed_at, toUnixTimestamp64Milli(placed_at) AS placed_ms,
                -- Backwards, as a frame that only grows: the next order's time, 0 when there is none.
                min(placed_ms) OVER
                (
                    PARTITION BY shop, person_id ORDER BY placed_ms DESC
                    RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ) AS next_ms,
                next_ms != 0 AND next_ms - placed_ms <= 7776000000 AS returned
            FROM waypost_storage.orders FINAL
            WHERE person_id != '' AND NOT startsWith(person_id, 'order:')
        ) AS o
        LEFT ANY JOIN waypost_storage.shop_clocks AS c ON o.shop = c.shop
    ),
    compared AS
    (
        SELECT
            w.shop AS shop, w.kind AS kind, w.censored AS censored, w.n AS n1, w.returned AS r1, a.n - w.n AS n2,
            a.returned - w.returned AS r2, n1 = 0 ? 0 : r1 / n1 AS p1, n2 = 0 ? 0 : r2 / n2 AS p2
        FROM
        (
            SELECT o.shop AS shop, p.kind AS kind, o.censored AS censored, count() AS n, countIf(o.returned) AS returned
            FROM orders AS o
            INNER JOIN waypost_storage.order_pains AS p ON o.shop = p.shop AND o.order_id = p.order_id
            WHERE p.kind != 'churn_risk'
            GROUP BY shop, kind, censored
        ) AS w
        INNER JOIN
        (
            SELECT shop, censored, count() AS n, countIf(orders.returned) AS returned FROM orders GROUP BY shop, censored
        ) AS a ON w.shop = a.shop AND w.censored = a.censored
    )
SELECT
    shop, kind, toBool(censored) AS censored, toUInt64(n1) AS with_orders, toUInt64(r1) AS with_returned, p1 AS with_share,
    greatest(0, middle1 - half1) AS with_share_low, least(1, middle1 + half1) AS with_share_high,
    toUInt64(n2) AS without_orders, toUInt64(r2) AS without_returned, n2 = 0 ? NULL : p2 AS without_share,
    n2 = 0 ? NULL : greatest(0, middle2 - half2) AS without_share_low,
    n2 = 0 ? NULL : least(1, middle2 + half2) AS without_share_high,
    with_share - without_share AS difference,
    difference - sqrt(pow(with_share - with_share_low, 2) + pow(without_share_high - without_share, 2)) AS difference_low,
    difference + sqrt(pow(with_share_high - with_share, 2) + pow(without_share - without_share_low, 2)) AS difference_high
FROM
(
    SELECT
        *,
        (p1 + 3.8416 / 2 / n1) / (1 + 3.8416 / n1) AS middle1,
        1.96 * sqrt(p1 * (1 - p1) / n1 + 3.8416 / 4 / n1 / n1) / (1 + 3.8416 / n1) AS half1,
        (p2 + 3.8416 / 2 / n2) / (1 + 3.8416 / n2) AS middle2,
        1.96 * sqrt(p2 * (1 - p2) / n2 + 3.8416 / 4 / n2 / n2) / (1 + 3.8416 / n2) AS half2
    FROM compared
)
SETTINGS join_use_nulls = 0
COMMENT 'Observational: share of orders after which the customer bought again within 90 days, with and without each kind of pain point';

CREATE OR REPLACE VIEW waypost.action_effect ${on_cluster}
(
    shop String COMMENT 'Shop',
    kind String COMMENT 'Kind of pain point that orders had; not churn_risk',
    action String COMMENT 'What was done, in the word of who did it; empty for any action; acknowledged is none',
    censored Bool COMMENT 'The 90 days after these pain points are not over: their shares will still rise; leave them out of comparisons',
    with_orders UInt64 COMMENT 'n: orders with such a pain point and, after it, this action',
    with_returned UInt64 COMMENT 'of them those whose customer placed an order within 90 days after the pain point',
    with_share Float64 COMMENT 'with_returned / with_orders',
    with_share_low Float64 COMMENT '95 % confidence interval of it (Wilson), from',
    with_share_high Float64 COMMENT '95 % confidence interval of it (Wilson), to',
    without_orders UInt64 COMMENT 'n: orders with such a pain point about which nothing was done',
    without_returned UInt64 COMMENT 'of them those whose customer placed an order within 90 days after the pain point',
    without_share Nullable(Float64) COMMENT 'without_returned / without_orders; NULL when there is none',
    without_share_low Nullable(Float64) COMMENT '95 % confidence interval of it (Wilson), from',
    without_share_high Nullable(Float64) COMMENT '95 % confidence interval of it (Wilson), to',
    difference Nullable(Float64) COMMENT 'with_share - without_share: an observation; who acts chooses whom to help',
    difference_low Nullable(Float64) COMMENT '95 % confidence interval of it (Newcombe), from',
    difference_high Nullable(Float64) COMMENT '95 % confidence interval of it (Newcombe), to',
    with_answers UInt64 COMMENT 'n: surveys about these orders answered after the pain point and the action',
    with_score Nullable(Float64) COMMENT 'Their mean score, each from 0 (lowest) to 100 (highest of its scale)',
    with_score_low Nullable(Float64) COMMENT '95 % confidence interval of it, from; NULL below two answers',
    with_score_high Nullable(Float64) COMMENT '95 % confidence interval of it, to',
    without_answers UInt64 COMMENT 'n: surveys about orders without an action answered after the pain point',
    without_score Nullable(Float64) COMMENT 'Their mean score, each from 0 to 100',
    without_score_low Nullable(Float64) COMMENT '95 % confidence interval of it, from; NULL below two answers',
    without_score_high Nullable(Float64) COMMENT '95 % confidence interval of it, to'
)
AS
WITH
    deeds AS
    (
        SELECT
            a.shop AS shop, a.order_id != '' ? a.order_id : p.order_id AS order_id,
            arraySort(groupArray((p.kind, a.action, a.taken_at))) AS done
        FROM
        (
            SELECT toString(shop) AS shop, order_id, pain_point_id, toString(action) AS action, taken_at
            FROM waypost_storage.actions FINAL
            WHERE action != 'acknowledged'
        ) AS a
        LEFT ANY JOIN
        (
            SELECT toString(shop) AS shop, toString(pain_point_id) AS pain_point_id, toString(kind) AS kind, order_id
            FROM waypost_storage.pain_points FINAL
        ) AS p ON a.shop = p.shop AND a.pain_point_id = p.pain_point_id
        GROUP BY shop, order_id
    ),
    hurt AS
    (
        SELECT
            p.shop AS shop, p.order_id AS order_id, p.kind AS kind, p.happened_at AS happened_at,
            p.happened_at + toIntervalDay(90) >= c.now AS censored,
            b.placed_at != toDateTime64(0, 3, 'UTC') AND b.placed_at <= p.happened_at + toIntervalDay(90) AS returned
        FROM
        (
            SELECT x.shop AS shop, x.order_id AS order_id, x.kind AS kind, x.happened_at AS happened_at, o.person_id AS person_id
            FROM waypost_storage.order_pains AS x
            INNER JOIN
            (
                SELECT toString(shop) AS shop, order_id, person_id FROM waypost_storage.orders FINAL
                WHERE person_id != '' AND NOT startsWith(person_id, 'order:')
            ) AS o ON x.shop = o.shop AND x.order_id = o.order_id
            WHERE x.kind != 'churn_risk'
        ) AS p
        ASOF LEFT JOIN (SELECT toString(shop) AS shop, person_id, placed_at FROM waypost_storage.orders FINAL) AS b
            ON p.shop = b.shop AND p.person_id = b.person_id AND p.happened_at < b.placed_at
        LEFT ANY JOIN waypost_storage.shop_clocks AS c ON p.shop = c.shop
    ),
    treated AS
    (
        SELECT
            h.shop AS shop, h.order_id AS order_id, h.kind AS kind, h.censored AS censored, h.returned AS returned,
            -- What names a pain point is about its kind; what names only the order, about all that had happened to it.
            arrayFilter(one -> (one.1 = '' OR one.1 = h.kind) AND one.3 >= h.happened_at, d.done) AS ours,
            notEmpty(ours) AS is_treated,
            is_treated
                ? arrayMap(
                    word -> (word, arrayMin(arrayMap(one -> one.3, arrayFilter(one -> word = '' OR one.2 = word, ours)))),
                    arrayDistinct(arrayConcat([''], arrayMap(one -> one.2, ours))))
                : [('', h.happened_at)] AS actions
        FROM hurt AS h
        LEFT ANY JOIN deeds AS d ON h.shop = d.shop AND h.order_id = d.order_id
    ),
    answers AS
    (
        SELECT
            toString(shop) AS shop, order_id,
            groupArray((answered_at, toInt128(round(
                (survey = 'nps' ? score / 10 : (scale > 1 ? (score - 1) / (assumeNotNull(scale) - 1) : 1)) * 1000000)))) AS given
        FROM waypost_storage.surveys FINAL
        WHERE order_id != ''
        GROUP BY shop, order_id
    ),
    counted AS
    (
        SELECT
            t.shop AS shop, t.kind AS kind, action.1 AS word, t.censored AS censored, t.is_treated AS is_treated,
            count() AS n, countIf(t.returned) AS r,
            toInt128(sum(length(arrayFilter(one -> one.1 > action.2, s.given)))) AS m,
            sum(arraySum(one -> one.1 > action.2 ? one.2 : toInt128(0), s.given)) AS points,
            sum(arraySum(one -> one.1 > action.2 ? one.2 * one.2 : toInt128(0), s.given)) AS squares
        FROM (SELECT shop, order_id, kind, censored, returned, is_treated, action FROM treated ARRAY JOIN actions AS action) AS t
        LEFT ANY JOIN answers AS s ON t.shop = s.shop AND t.order_id = s.order_id
        GROUP BY shop, kind, word, censored, is_treated
    ),
    estimated AS
    (
        SELECT
            shop, kind, word, censored, is_treated, n, r, r / n AS p, (p + 3.8416 / 2 / n) / (1 + 3.8416 / n) AS middle,
            1.96 * sqrt(p * (1 - p) / n + 3.8416 / 4 / n / n) / (1 + 3.8416 / n) AS half,
            toUInt64(m) AS answers, m = 0 ? NULL : points / m / 10000 AS score,
            m < 2 ? NULL : 1.96 * sqrt((m * squares - points * points) / (m * (m - 1)) / m) / 10000 AS score_half,
            (n, r, p, greatest(0, middle - half), least(1, middle + half), answers, score, score - score_half,
                score + score_half) AS found
        FROM counted
    )
SELECT
    shop, kind, w.1 AS action, toBool(censored) AS censored,
    w.2.1 AS with_orders, w.2.2 AS with_returned, w.2.3 AS with_share, w.2.4 AS with_share_low, w.2.5 AS with_share_high,
    empty(others) ? 0 : others[1].1 AS without_orders, empty(others) ? 0 : others[1].2 AS without_returned,
    empty(others) ? NULL : others[1].3 AS without_share, empty(others) ? NULL : others[1].4 AS without_share_low,
    empty(others) ? NULL : others[1].5 AS without_share_high,
    with_share - without_share AS difference,
    difference - sqrt(pow(with_share - with_share_low, 2) + pow(without_share_high - without_share, 2)) AS difference_low,
    difference + sqrt(pow(with_share_high - with_share, 2) + pow(without_share - without_share_low, 2)) AS difference_high,
    w.2.6 AS with_answers, w.2.7 AS with_score, w.2.8 AS with_score_low, w.2.9 AS with_score_high,
    empty(others) ? 0 : others[1].6 AS without_answers, empty(others) ? NULL : others[1].7 AS without_score,
    empty(others) ? NULL : others[1].8 AS without_score_low, empty(others) ? NULL : others[1].9 AS without_score_high
FROM
(
    SELECT
        shop, kind, censored, groupArrayIf((word, found), is_treated) AS withs, groupArrayIf(found, NOT is_treated) AS others
    FROM estimated
    GROUP BY shop, kind, censored
)
ARRAY JOIN withs AS w
SETTINGS join_use_nulls = 0
COMMENT 'Observational: orders with a kind of pain point, with and without an action: did their customers buy again, how did they answer';

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
    j.shop AS shop, toDate(j.started_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day,
    arrayStringConcat(arrayMap(stage -> stage.3, j.stages), ' > ') AS path, j.outcome AS outcome,
    length(j.stages) AS steps, count() AS journeys, uniqExact(j.person_id) AS people,
    journeys / sum(count()) OVER (PARTITION BY shop, day) AS share, countIf(j.hurts) AS hurt, sum(j.touches) AS touches,
    quantileExactOrNull(0.5)(dateDiff('millisecond', j.started_at, j.ended_at) / 3600000) AS hours_p50
FROM
(
    SELECT
        toString(shop) AS shop, person_id, toString(outcome) AS outcome, started_at, ended_at, touches,
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
    FROM waypost_storage.journeys FINAL
) AS j
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON j.shop = c.shop AND j.started_at >= c.since
GROUP BY shop, day, path, outcome, steps
SETTINGS join_use_nulls = 0
COMMENT 'Ways that journeys took through the stages, by the local day they began and how they ended';
