-- The newest rows by the shop's local day. A condition on shop and day reaches the tables: a local day lies in one of
-- three days of UTC (no clock is more than 12 h behind or 14 h before UTC), each of which is a range of a projection.
-- Of what is found there, rows of which a newer version exists, on whatever day, are left out, and copies are dropped.

CREATE OR REPLACE VIEW waypost_storage.journeys_by_day ${on_cluster}
AS
WITH
    versions AS
    (
        SELECT
            shop, version, deleted, journey_id, started_at AS at, person_id, outcome, ended_at, discover_at,
            consider_at, checkout_at, order_at, fulfil_at, transit_at, deliver_at, care_at, touches, channels, devices,
            pain_points
        FROM waypost_storage.journeys
    )
SELECT
    shop, day, at, journey_id, person_id, outcome, ended_at, discover_at, consider_at, checkout_at, order_at, fulfil_at,
    transit_at, deliver_at, care_at, touches, channels, devices, pain_points
FROM
(
    SELECT
        r.shop AS shop, r.day AS day, r.at AS at, r.journey_id AS journey_id, r.person_id AS person_id,
        r.outcome AS outcome, r.ended_at AS ended_at, r.discover_at AS discover_at, r.consider_at AS consider_at,
        r.checkout_at AS checkout_at, r.order_at AS order_at, r.fulfil_at AS fulfil_at, r.transit_at AS transit_at,
        r.deliver_at AS deliver_at, r.care_at AS care_at, r.touches AS touches, r.channels AS channels,
        r.devices AS devices, r.pain_points AS pain_points
    FROM (SELECT shop, journey_id, version FROM waypost_storage.journeys) AS m
    RIGHT ANTI JOIN
    (
        SELECT d.*
        FROM
        (
            SELECT *, toDate(at, 'UTC') - 1 AS day FROM versions WHERE toHour(at, 'UTC') < 12
            UNION ALL
            SELECT *, toDate(at, 'UTC') + 0 AS day FROM versions
            UNION ALL
            SELECT *, toDate(at, 'UTC') + 1 AS day FROM versions WHERE toHour(at, 'UTC') >= 10
        ) AS d
        ASOF LEFT JOIN waypost_storage.local_clocks AS c ON d.shop = c.shop AND d.at >= c.since
        WHERE d.day = toDate(d.at + toIntervalSecond(c.offset_seconds), 'UTC')
    ) AS r
    ON m.journey_id = r.journey_id AND m.version > if(m.shop = r.shop, r.version, 18446744073709551615)
    WHERE r.deleted = 0
)
LIMIT 1 BY shop, day, journey_id
SETTINGS join_use_nulls = 0
COMMENT 'Journeys by the local day they began';

CREATE OR REPLACE VIEW waypost_storage.pain_points_by_day ${on_cluster}
AS
WITH
    versions AS
    (
        SELECT
            shop, version, deleted, pain_point_id, happened_at AS at, kind, stage, severity, status, ended_at, cause,
            root_id, value_at_risk, currency, journey_id, order_id, person_id
        FROM waypost_storage.pain_points
    )
SELECT
    shop, day, at, pain_point_id, kind, stage, severity, status, ended_at, cause, root_id, value_at_risk, currency,
    journey_id, order_id, person_id
FROM
(
    SELECT
        r.shop AS shop, r.day AS day, r.at AS at, r.pain_point_id AS pain_point_id, r.kind AS kind, r.stage AS stage,
        r.severity AS severity, r.status AS status, r.ended_at AS ended_at, r.cause AS cause, r.root_id AS root_id,
        r.value_at_risk AS value_at_risk, r.currency AS currency, r.journey_id AS journey_id, r.order_id AS order_id,
        r.person_id AS person_id
    FROM (SELECT shop, pain_point_id, version FROM waypost_storage.pain_points) AS m
    RIGHT ANTI JOIN
    (
        SELECT d.*
        FROM
        (
            SELECT *, toDate(at, 'UTC') - 1 AS day FROM versions WHERE toHour(at, 'UTC') < 12
            UNION ALL
            SELECT *, toDate(at, 'UTC') + 0 AS day FROM versions
            UNION ALL
            SELECT *, toDate(at, 'UTC') + 1 AS day FROM versions WHERE toHour(at, 'UTC') >= 10
        ) AS d
        ASOF LEFT JOIN waypost_storage.local_clocks AS c ON d.shop = c.shop AND d.at >= c.since
        WHERE d.day = toDate(d.at + toIntervalSecond(c.offset_seconds), 'UTC')
    ) AS r
    ON m.pain_point_id = r.pain_point_id AND m.version > if(m.shop = r.shop, r.version, 18446744073709551615)
    WHERE r.deleted = 0 AND r.status != 'retracted'
)
LIMIT 1 BY shop, day, pain_point_id, kind
SETTINGS join_use_nulls = 0
COMMENT 'Pain points that were not retracted by the local day they happened';

CREATE OR REPLACE VIEW waypost_storage.parcels_by_day ${on_cluster}
AS
WITH
    versions AS
    (
        SELECT
            shop, version, deleted, parcel_id, delivered_at, order_id, carrier, origin, destination, handed_over_at
        FROM waypost_storage.parcels
    )
SELECT
    shop, day, at, parcel_id, order_id, carrier, origin, destination, handed_over_at
FROM
(
    SELECT
        r.shop AS shop, r.day AS day, r.at AS at, r.parcel_id AS parcel_id, r.order_id AS order_id,
        r.carrier AS carrier, r.origin AS origin, r.destination AS destination, r.handed_over_at AS handed_over_at
    FROM (SELECT shop, parcel_id, version FROM waypost_storage.parcels) AS m
    RIGHT ANTI JOIN
    (
        SELECT d.*
        FROM
        (
            SELECT *, assumeNotNull(delivered_at) AS at, toDate(delivered_at, 'UTC') - 1 AS day
            FROM versions WHERE isNotNull(delivered_at) AND toHour(delivered_at, 'UTC') < 12
            UNION ALL
            SELECT *, assumeNotNull(delivered_at) AS at, toDate(delivered_at, 'UTC') + 0 AS day
            FROM versions WHERE isNotNull(delivered_at)
            UNION ALL
            SELECT *, assumeNotNull(delivered_at) AS at, toDate(delivered_at, 'UTC') + 1 AS day
            FROM versions WHERE isNotNull(delivered_at) AND toHour(delivered_at, 'UTC') >= 10
        ) AS d
        ASOF LEFT JOIN waypost_storage.local_clocks AS c ON d.shop = c.shop AND d.at >= c.since
        WHERE d.day = toDate(d.at + toIntervalSecond(c.offset_seconds), 'UTC')
    ) AS r
    ON m.parcel_id = r.parcel_id AND m.version > if(m.shop = r.shop, r.version, 18446744073709551615)
    WHERE r.deleted = 0
)
LIMIT 1 BY shop, day, parcel_id
SETTINGS join_use_nulls = 0
COMMENT 'Delivered parcels by the local day of the delivery';

CREATE OR REPLACE VIEW waypost_storage.surveys_by_day ${on_cluster}
AS
WITH
    versions AS
    (
        SELECT
            shop, version, deleted, survey_id, answered_at AS at, survey, score, scale, person_id
        FROM waypost_storage.surveys
    )
SELECT
    shop, day, at, survey_id, survey, score, scale, person_id
FROM
(
    SELECT
        r.shop AS shop, r.day AS day, r.at AS at, r.survey_id AS survey_id, r.survey AS survey, r.score AS score,
        r.scale AS scale, r.person_id AS person_id
    FROM (SELECT shop, survey_id, version FROM waypost_storage.surveys) AS m
    RIGHT ANTI JOIN
    (
        SELECT d.*
        FROM
        (
            SELECT *, toDate(at, 'UTC') - 1 AS day FROM versions WHERE toHour(at, 'UTC') < 12
            UNION ALL
            SELECT *, toDate(at, 'UTC') + 0 AS day FROM versions
            UNION ALL
            SELECT *, toDate(at, 'UTC') + 1 AS day FROM versions WHERE toHour(at, 'UTC') >= 10
        ) AS d
        ASOF LEFT JOIN waypost_storage.local_clocks AS c ON d.shop = c.shop AND d.at >= c.since
        WHERE d.day = toDate(d.at + toIntervalSecond(c.offset_seconds), 'UTC')
    ) AS r
    ON m.survey_id = r.survey_id AND m.version > if(m.shop = r.shop, r.version, 18446744073709551615)
    WHERE r.deleted = 0
)
LIMIT 1 BY shop, day, survey_id
SETTINGS join_use_nulls = 0
COMMENT 'Answers to surveys by local day';
