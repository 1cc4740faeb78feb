-- The newest rows of a day without reading those of all others. Each part keeps its rows a second time, by time: these
-- find the rows of a day in any version, and the few columns of a key show which of them are the newest. A row's time
-- may change with its version, so no table can be sorted by it.

ALTER TABLE waypost_storage.journeys ${on_cluster} MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild';
ALTER TABLE waypost_storage.journeys ${on_cluster} MODIFY COLUMN version UInt64 CODEC(LZ4);
ALTER TABLE waypost_storage.journeys ${on_cluster} ADD PROJECTION IF NOT EXISTS by_time
(
    SELECT
        shop, version, deleted, journey_id, person_id, outcome, started_at, ended_at, discover_at, consider_at, checkout_at,
        order_at, fulfil_at, transit_at, deliver_at, care_at, touches, channels, devices, pain_points
    ORDER BY shop, started_at
);
ALTER TABLE waypost_storage.journeys ${on_cluster} MATERIALIZE PROJECTION by_time;

ALTER TABLE waypost_storage.pain_points ${on_cluster} MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild';
ALTER TABLE waypost_storage.pain_points ${on_cluster} MODIFY COLUMN version UInt64 CODEC(LZ4);
ALTER TABLE waypost_storage.pain_points ${on_cluster} ADD PROJECTION IF NOT EXISTS by_time
(
    SELECT
        shop, version, deleted, pain_point_id, kind, stage, severity, status, happened_at, ended_at, cause, root_id,
        value_at_risk, currency, journey_id, order_id, person_id
    ORDER BY shop, happened_at
);
ALTER TABLE waypost_storage.pain_points ${on_cluster} MATERIALIZE PROJECTION by_time;

ALTER TABLE waypost_storage.parcels ${on_cluster}
    MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild', allow_nullable_key = 1;
ALTER TABLE waypost_storage.parcels ${on_cluster} MODIFY COLUMN version UInt64 CODEC(LZ4);
ALTER TABLE waypost_storage.parcels ${on_cluster} ADD PROJECTION IF NOT EXISTS by_delivery
(
    SELECT shop, version, deleted, parcel_id, order_id, carrier, origin, destination, handed_over_at, delivered_at
    ORDER BY shop, delivered_at
);
ALTER TABLE waypost_storage.parcels ${on_cluster} MATERIALIZE PROJECTION by_delivery;

ALTER TABLE waypost_storage.surveys ${on_cluster} MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild';
ALTER TABLE waypost_storage.surveys ${on_cluster} MODIFY COLUMN version UInt64 CODEC(LZ4);
ALTER TABLE waypost_storage.surveys ${on_cluster} ADD PROJECTION IF NOT EXISTS by_time
(
    SELECT shop, version, deleted, survey_id, survey, score, scale, person_id, answered_at
    ORDER BY shop, answered_at
);
ALTER TABLE waypost_storage.surveys ${on_cluster} MATERIALIZE PROJECTION by_time;

ALTER TABLE waypost_storage.orders ${on_cluster} MODIFY COLUMN version UInt64 CODEC(LZ4);
