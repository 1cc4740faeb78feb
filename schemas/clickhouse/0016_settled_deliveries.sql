-- Deliveries by day without looking into all parcels and orders for what came since days were settled. Projections were
-- for that, but the engine takes one only when it has fewer granules to read than the table, however small they are:
-- with a hundred parcels to look up it read all. So what is settled tells of every parcel which version was known and
-- what its order promised, in granules small enough; orders are looked up only for parcels of which it knows nothing.

CREATE TABLE IF NOT EXISTS waypost_storage.settled_deliveries ${on_cluster}
(
    shop LowCardinality(String),
    day Date COMMENT 'of the delivery; 1970-01-01 for parcels on their way or withdrawn, of which it says what was known',
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
    since DateTime('UTC') COMMENT 'rows inserted from then on are read as well',
    PROJECTION by_id
    (
        SELECT shop, parcel_id, version, order_id, order_version, first_promise, late ORDER BY cityHash64(parcel_id)
    )
    WITH SETTINGS (index_granularity = 256, min_compress_block_size = 1024)
)
ENGINE = MergeTree
ORDER BY (shop, day, carrier, origin, destination)
SETTINGS index_granularity = 512
COMMENT 'Parcels by the local day of their delivery with what their orders promised, as they were when this table was made';

CREATE MATERIALIZED VIEW IF NOT EXISTS waypost_storage.settle_deliveries ${on_cluster}
REFRESH EVERY 15 MINUTE OFFSET 6 MINUTE
TO waypost_storage.settled_deliveries
AS
SELECT
    p.shop AS shop,
    p.is_delivered ? toDate(p.delivered_at + toIntervalSecond(c.offset_seconds), 'UTC') : toDate(0) AS day,
    p.parcel_id AS parcel_id, p.version AS version, p.order_id AS order_id, p.carrier AS carrier, p.origin AS origin,
    p.destination AS destination, p.handed_over_at AS handed_over_at, p.delivered_at AS delivered_at,
    o.order_version AS order_version, o.newest.1 AS first_promise, o.newest.2 AS late,
    now() - toIntervalMinute(5) AS since
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
COMMENT 'Makes settled_deliveries';

CREATE OR REPLACE VIEW waypost_storage.parcels_by_day ${on_cluster}
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
    -- A version inserted before is settled, or an older one than what is.
    newest AS
    (
        SELECT
            r.shop AS shop, r.order_id AS order_id, r.carrier AS carrier, r.origin AS origin,
            r.destination AS destination, r.handed_over_at AS handed_over_at, r.delivered_at AS delivered_at,
            k.promise.2 AS order_version, (k.promise.3, k.promise.4) AS promise,
            k.version > 0 AND k.promise.1 = r.order_id AS is_known
        FROM (SELECT * FROM recent ORDER BY version DESC, inserted_at DESC LIMIT 1 BY shop, parcel_id) AS r
        LEFT ANY JOIN
        (
            SELECT
                shop, parcel_id, max(d.version) AS version,
                argMax((order_id, order_version, first_promise, late), d.version) AS promise
            FROM waypost_storage.settled_deliveries AS d
            WHERE cityHash64(parcel_id) IN (SELECT cityHash64(parcel_id) FROM recent)
            GROUP BY shop, parcel_id
        ) AS k ON r.shop = k.shop AND r.parcel_id = k.parcel_id
        WHERE r.deleted = 0 AND r.is_delivered AND r.version >= k.version
    ),
    -- Versions of orders that may be newer than what parcels were settled with.
    promises AS
    (
        SELECT
            shop, order_id, max(version) AS order_version,
            argMax((if(deleted, NULL, orders.first_promise), late AND NOT deleted), version) AS newest
        FROM waypost_storage.orders
        WHERE inserted_at >= ifNull((SELECT since FROM waypost_storage.settled_deliveries LIMIT 1), toDateTime(0, 'UTC'))
        GROUP BY shop, order_id
    )
SELECT
    p.shop AS shop, toDate(p.delivered_at + toIntervalSecond(c.offset_seconds), 'UTC') AS day, p.carrier AS carrier,
    p.origin AS origin, p.destination AS destination, p.handed_over_at AS handed_over_at,
    p.delivered_at AS delivered_at,
    (multiIf(NOT p.is_known, a.newest, o.order_version > 0 AND o.order_version >= p.order_version, o.newest, p.promise)
        AS said).1 AS first_promise,
    said.2 AS late
FROM newest AS p
LEFT ANY JOIN promises AS o ON p.shop = o.shop AND p.order_id = o.order_id
LEFT ANY JOIN
(
    SELECT
        shop, order_id, argMax((if(deleted, NULL, orders.first_promise), late AND NOT deleted), version) AS newest
    FROM waypost_storage.orders
    WHERE cityHash64(order_id) IN
    (
        SELECT cityHash64(order_id) FROM recent
        WHERE is_delivered AND (shop, parcel_id, order_id) NOT IN
        (
            SELECT shop, parcel_id, order_id FROM waypost_storage.settled_deliveries
            WHERE cityHash64(parcel_id) IN (SELECT cityHash64(parcel_id) FROM recent)
        )
    )
    GROUP BY shop, order_id
) AS a ON p.shop = a.shop AND p.order_id = a.order_id
ASOF LEFT JOIN waypost_storage.local_clocks AS c ON p.shop = c.shop AND p.delivered_at >= c.since
UNION ALL
SELECT
    s.shop, s.day, s.carrier, s.origin, s.destination, s.handed_over_at, s.delivered_at,
    o.order_version >= s.order_version ? o.newest.1 : s.first_promise,
    o.order_version >= s.order_version ? o.newest.2 : s.late
FROM waypost_storage.settled_deliveries AS s
LEFT ANTI JOIN (SELECT shop, parcel_id, version FROM recent) AS r
    ON s.shop = r.shop AND s.parcel_id = r.parcel_id AND r.version >= s.version
LEFT ANY JOIN promises AS o ON s.shop = o.shop AND s.order_id = o.order_id
WHERE s.day > toDate(0)
SETTINGS join_use_nulls = 0
COMMENT 'Delivered parcels by the local day of the delivery, with what their orders promised';

DROP TABLE IF EXISTS waypost_storage.settle_parcels ${on_cluster};
DROP TABLE IF EXISTS waypost_storage.settled_parcels ${on_cluster};
