-- A timeline read its events three times: for their ids, for the newest version of each, and for what they say. Whole events
-- in the order of their ids answer the last two at once. The names of a person, which all else goes by, are found once.
-- All of the old orders go before the first new one comes: what is dropped behind it would wait for it to be made.

ALTER TABLE waypost_storage.events ${on_cluster} DROP PROJECTION IF EXISTS of_alias;
ALTER TABLE waypost_storage.events ${on_cluster} DROP PROJECTION IF EXISTS of_event;

ALTER TABLE waypost_storage.events ${on_cluster} ADD PROJECTION IF NOT EXISTS of_name
(
    SELECT event_id
    ORDER BY cityHash64(alias)
)
WITH SETTINGS (index_granularity = 256, min_compress_block_size = 1024);
ALTER TABLE waypost_storage.events ${on_cluster} ADD PROJECTION IF NOT EXISTS of_id
(
    SELECT
        event_id, source, id, type, shop, occurred_at, received_at, alias, customer_id, anonymous_id, session_id,
        order_id, parcel_id, ticket_id, channel, device, data, extensions, late, version, deleted
    ORDER BY UUIDToNum(event_id)
)
WITH SETTINGS (index_granularity = 64, min_compress_block_size = 1024);

ALTER TABLE waypost_storage.events ${on_cluster} MATERIALIZE PROJECTION of_name;
ALTER TABLE waypost_storage.events ${on_cluster} MATERIALIZE PROJECTION of_id;

CREATE OR REPLACE VIEW waypost.timeline ${on_cluster}
(
    person_id String COMMENT 'The person asked for, as in customer:42',
    event_id UUID COMMENT 'UUIDv5 of source and id',
    source String COMMENT 'Who sent it; source and id together name an event',
    id String COMMENT 'The sender''s own id of it',
    type String COMMENT 'What happened, as in storefront.order.placed',
    shop String COMMENT 'The shop asked for; a carrier''s event without one has that of its registered parcel',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened, as its sender says',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker got it first',
    customer_id String COMMENT 'As sent; empty when it names none',
    anonymous_id String COMMENT 'As sent; empty when it names none',
    session_id String COMMENT 'As sent; empty when it names none',
    order_id String COMMENT 'As sent; empty when it names none',
    parcel_id String COMMENT 'Carrier and tracking number with a slash between; empty when it names none',
    ticket_id String COMMENT 'As sent; empty when it names none',
    channel String COMMENT 'As in web, app, store, phone; empty when not said',
    device String COMMENT 'As sent; empty when not said',
    data String COMMENT 'All of its data as JSON text',
    extensions String COMMENT 'Other CloudEvents attributes as JSON text; empty when there are none',
    alias String COMMENT 'The thing it is about, as in order:A-1',
    late Bool COMMENT 'It came more than 90 days behind and changes no journey'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH
    -- Names that were the person's at some time. It has its own settings: it is asked before those below hold.
    (
        SELECT groupUniqArray(alias)
        FROM waypost_storage.persons
        WHERE shop = {shop:String} AND person_id = {person:String}
        SETTINGS max_threads = 1, use_skip_indexes = 0, optimize_use_implicit_projections = 0
    ) AS names,
    -- Those that are now.
    aliases AS
    (
        SELECT alias
        FROM waypost_storage.persons
        WHERE sipHash128(shop, alias) IN (SELECT sipHash128({shop:String}, arrayJoin(names)))
        GROUP BY alias
        HAVING argMax((person_id, deleted), version) = ({person:String}, 0)
    ),
    told AS
    (
        SELECT *
        FROM
        (
            SELECT
                event_id, source, id, type, shop, occurred_at, received_at, customer_id, anonymous_id, session_id,
                order_id, parcel_id, ticket_id, channel, device, data, extensions, alias, late, deleted
            FROM waypost_storage.events
            WHERE UUIDToNum(event_id) IN
            (
                SELECT UUIDToNum(event_id) FROM waypost_storage.events
                WHERE cityHash64(alias) IN (SELECT cityHash64(arrayJoin(names)))
            )
            ORDER BY version DESC
            LIMIT 1 BY event_id
        )
        WHERE alias IN aliases AND shop IN ({shop:String}, '') AND deleted = 0
    ),
    lives AS
    (
        SELECT number, arraySort(groupArray((registered_at, shop))) AS found
        FROM
        (
            SELECT
                concat(carrier, '/', tracking_number) AS number, toString(shop) AS shop, parcel_id, registered_at,
                deleted
            FROM waypost_storage.parcels
            -- What a parcel's alias says after its kind.
            WHERE concat(carrier, '/', tracking_number) IN
                (SELECT substring(arrayJoin(arrayFilter(name -> startsWith(name, 'parcel:'), names)), 8))
            ORDER BY version DESC
            LIMIT 1 BY shop, parcel_id
        )
        WHERE deleted = 0
        GROUP BY number
    )
SELECT
    {person:String} AS person_id, e.event_id AS event_id, CAST(e.source, 'String') AS source, e.id AS id,
    CAST(e.type, 'String') AS type, {shop:String} AS shop, e.occurred_at AS occurred_at, e.received_at AS received_at,
    e.customer_id AS customer_id, e.anonymous_id AS anonymous_id, e.session_id AS session_id, e.order_id AS order_id,
    e.parcel_id AS parcel_id, e.ticket_id AS ticket_id, CAST(e.channel, 'String') AS channel,
    CAST(e.device, 'String') AS device, e.data AS data, e.extensions AS extensions, e.alias AS alias,
    CAST(e.late, 'Bool') AS late
FROM told AS e
LEFT ANY JOIN lives AS p ON e.parcel_id = p.number
-- A scan belongs to the latest registration at or before its time, else to the first.
WHERE e.shop != ''
    OR {shop:String} = if(empty(p.found), '',
        (arrayLast(life -> life.1 <= e.occurred_at, p.found) AS latest).1 > toDateTime64(0, 3, 'UTC')
            ? latest.2 : p.found[1].2)
SETTINGS
    join_use_nulls = 0, max_threads = 1, use_skip_indexes = 0, enable_join_runtime_filters = 0,
    optimize_use_implicit_projections = 0
COMMENT 'All events of one person, found at once: timeline(shop = ''demo'', person = ''customer:42'')';
