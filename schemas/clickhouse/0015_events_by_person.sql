-- The view is as it was; its comment says which one answers at once.

CREATE OR REPLACE VIEW waypost.events_by_person ${on_cluster}
(
    person_id String COMMENT 'The person as known now, as in customer:42; empty while nobody is',
    event_id UUID COMMENT 'UUIDv5 of source and id',
    source String COMMENT 'Who sent it; source and id together name an event',
    id String COMMENT 'The sender''s own id of it',
    type String COMMENT 'What happened, as in storefront.order.placed',
    shop String COMMENT 'Shop; a carrier''s event without one has that of its registered parcel',
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
SELECT
    p.person_id AS person_id, e.event_id AS event_id, e.source AS source, e.id AS id, e.type AS type, e.shop AS shop,
    e.occurred_at AS occurred_at, e.received_at AS received_at, e.customer_id AS customer_id,
    e.anonymous_id AS anonymous_id, e.session_id AS session_id, e.order_id AS order_id, e.parcel_id AS parcel_id,
    e.ticket_id AS ticket_id, e.channel AS channel, e.device AS device, e.data AS data, e.extensions AS extensions,
    e.alias AS alias, e.late AS late
FROM waypost.events AS e
LEFT ANY JOIN (SELECT toString(shop) AS shop, alias, person_id FROM waypost_storage.persons FINAL) AS p
    ON e.shop = p.shop AND e.alias = p.alias
SETTINGS join_use_nulls = 0
COMMENT 'The view events with the person each belongs to, as known now: reads all events; of one person ask timeline';
