-- Parcels are looked up for the carriers' events that are asked for: where there are none, no parcel is read.

CREATE OR REPLACE VIEW waypost.events ${on_cluster}
(
    event_id UUID COMMENT 'UUIDv5 of source and id',
    source String COMMENT 'Who sent it; source and id together name an event',
    id String COMMENT 'The sender''s own id of it',
    type String COMMENT 'What happened, as in storefront.order.placed',
    shop String COMMENT 'Shop; a carrier''s event without one has that of its registered parcel, empty while there is none',
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
    data String COMMENT 'All of its data as JSON text: JSONExtractString(data, ''url'')',
    extensions String COMMENT 'Other CloudEvents attributes as JSON text; empty when there are none',
    alias String COMMENT 'The thing it is about, as in order:A-1; with shop the key of the view persons',
    late Bool COMMENT 'It came more than 90 days behind and changes no journey'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    event_id, source, id, type, shop, occurred_at, received_at, customer_id, anonymous_id, session_id, order_id,
    parcel_id, ticket_id, channel, device, data, extensions, alias, late
FROM waypost_storage.events FINAL
WHERE shop != ''
UNION ALL
SELECT
    e.event_id, e.source, e.id, e.type,
    -- A scan belongs to the latest registration at or before its time, else to the first.
    if(empty(p.lives), '', (arrayLast(life -> life.1 <= e.occurred_at, p.lives) AS latest).1 > toDateTime64(0, 3, 'UTC')
        ? latest.2 : p.lives[1].2) AS shop,
    e.occurred_at, e.received_at, e.customer_id, e.anonymous_id, e.session_id, e.order_id,
    e.parcel_id, e.ticket_id, e.channel, e.device, e.data, e.extensions, e.alias, e.late
FROM
(
    SELECT concat(carrier, '/', tracking_number) AS number, arraySort(groupArray((registered_at, toString(shop)))) AS lives
    FROM waypost_storage.parcels FINAL
    GROUP BY number
) AS p
RIGHT JOIN (SELECT * FROM waypost_storage.events FINAL WHERE shop = '') AS e ON p.number = e.parcel_id
SETTINGS join_use_nulls = 0
COMMENT 'One row per event, however often it was sent: what its earliest position said';
