-- Events, and the answer to each position. FINAL is inside: nobody who asks a view has to know of it. Views with a join
-- say how it treats rows without a partner, since a client's own setting would change their numbers.

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
FROM (SELECT * FROM waypost_storage.events FINAL WHERE shop = '') AS e
LEFT ANY JOIN
(
    SELECT concat(carrier, '/', tracking_number) AS number, arraySort(groupArray((registered_at, toString(shop)))) AS lives
    FROM waypost_storage.parcels FINAL
    WHERE number IN (SELECT parcel_id FROM waypost_storage.events WHERE shop = '')
    GROUP BY number
) AS p ON e.parcel_id = p.number
SETTINGS join_use_nulls = 0
COMMENT 'One row per event, however often it was sent: what its earliest position said';

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
COMMENT 'The view events with the person each belongs to, as known now';

CREATE OR REPLACE VIEW waypost.answers ${on_cluster}
(
    shop String COMMENT 'Shop as the event names it; empty for a carrier''s that names none',
    source String COMMENT 'Who sent it; empty when it was refused before that could be read',
    id String COMMENT 'The sender''s own id of it',
    type String COMMENT 'What happened, as in storefront.order.placed',
    topic String COMMENT 'Public topic it was read from',
    partition UInt32 COMMENT 'Partition of the topic',
    `offset` UInt64 COMMENT 'Offset of the record in the partition',
    `index` UInt32 COMMENT 'Place in the record''s array, from 0',
    answer String COMMENT 'stored, duplicate (sent before), conflict (same id, other content: the earliest counts), late or rejected',
    reason String COMMENT 'Why it was rejected, from a closed list; else empty',
    message String COMMENT 'What the validator said of a rejected one; else empty',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker got it'
)
AS
SELECT
    l.shop AS shop, l.source AS source, l.id AS id, l.type AS type, l.topic AS topic, l.partition AS partition,
    l.offset AS `offset`, l.index AS `index`,
    multiIf(
        l.finding = 'rejected', 'rejected',
        l.topic = first.topic AND l.partition = first.partition AND l.offset = first.offset AND l.index = first.index,
        if(l.finding = 'late', 'late', 'stored'),
        l.digest = first.digest, 'duplicate',
        'conflict') AS answer,
    l.reason AS reason, l.message AS message, l.received_at AS received_at
FROM
(
    SELECT
        topic, partition, `offset`, `index`, toString(source) AS source, id, shop, type, finding, reason, message, digest,
        received_at
    FROM waypost_storage.ledger FINAL
    WHERE finding IN ('accepted', 'late', 'rejected')
) AS l
LEFT ANY JOIN
(
    SELECT toString(source) AS source, id, topic, partition, `offset`, `index`, digest FROM waypost_storage.events FINAL
) AS first ON l.source = first.source AND l.id = first.id
SETTINGS join_use_nulls = 0
COMMENT 'One row per position of a public topic that held an event: what became of it';

CREATE OR REPLACE VIEW waypost.rejected_events ${on_cluster}
(
    reason String COMMENT 'not_json, not_cloudevents, unknown_type, invalid_data, no_alias, unknown_shop, too_large or in_the_future',
    message String COMMENT 'What the validator said',
    payload String COMMENT 'The bytes as they were sent, whole',
    attributes String COMMENT 'The headers of one sent in binary mode, as a JSON object; else empty',
    source String COMMENT 'Who sent it, when that could be read',
    id String COMMENT 'The sender''s own id, when it could be read',
    type String COMMENT 'Its type, when it could be read',
    shop String COMMENT 'Its shop, when it could be read',
    topic String COMMENT 'Public topic it was read from',
    partition UInt32 COMMENT 'Partition of the topic',
    `offset` UInt64 COMMENT 'Offset of the record in the partition',
    `index` UInt32 COMMENT 'Place in the record''s array, from 0',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker got it'
)
AS
SELECT reason, message, payload, attributes, source, id, type, shop, topic, partition, `offset`, `index`, received_at
FROM waypost_storage.ledger FINAL
WHERE finding = 'rejected'
COMMENT 'One row per refused position, with its bytes; replay them with: waypost rejected replay';

CREATE OR REPLACE VIEW waypost.balance ${on_cluster}
(
    topic String COMMENT 'Public topic',
    partition UInt32 COMMENT 'Partition of the topic',
    positions UInt64 COMMENT 'Positions read; the sum of the columns stored to gap',
    stored UInt64 COMMENT 'Events that count',
    late UInt64 COMMENT 'Events that are kept but change no journey',
    duplicate UInt64 COMMENT 'Repeats of an earlier position',
    conflict UInt64 COMMENT 'Same source and id as an earlier position, other content',
    rejected UInt64 COMMENT 'Refused, with a reason',
    tick UInt64 COMMENT 'Ticks of a clock',
    gap UInt64 COMMENT 'Offsets that the broker never delivered',
    complete_offset UInt64 COMMENT 'Every position below this offset has its answer',
    complete_until Nullable(DateTime64(3, 'UTC')) COMMENT 'Every position received up to then has its answer; never passes a gap',
    closes Bool COMMENT 'Nothing that was read is without an answer'
)
AS
WITH
    assumeNotNull((
        SELECT if(max(days) = 0, 36500, max(days)) FROM waypost_storage.retention FINAL WHERE `table` = 'ledger'
    )) AS kept_days,
    firsts AS
    (
        SELECT topic, partition, countIf(NOT was_late) AS stored, countIf(was_late) AS late
        FROM (SELECT topic, partition, late AS was_late FROM waypost_storage.events FINAL)
        GROUP BY topic, partition
    ),
    found AS
    (
        SELECT
            topic, partition, `offset`, `index`, `of`, offsets, received_at, inserted_at, finding,
            finding IN ('accepted', 'late') AS taken,
            -- As the earliest position of its event says: that one, or a duplicate of it.
            taken AND sipHash128(source, id, digest) IN
                (SELECT sipHash128(source, id, digest) FROM waypost_storage.events FINAL) AS agrees
        FROM waypost_storage.ledger FINAL
    ),
    ordered AS
    (
        SELECT
            *,
            max(`offset` + offsets) OVER
            (
                PARTITION BY topic, partition ORDER BY `offset`, `index` ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS reach,
            lagInFrame(`offset`) OVER before AS last_offset,
            lagInFrame(`index`) OVER before AS last_index,
            lagInFrame(`of`) OVER before AS last_of
        FROM found
        WINDOW before AS
        (
            PARTITION BY topic, partition ORDER BY `offset`, `index` ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
        )
    ),
    marked AS
    (
        SELECT
            *,
            sum(multiIf(
                -- What is left once older rows have expired begins at a floor, not behind a gap.
                reach = 0, (`offset` > 0 OR `index` > 0) AND inserted_at > now() - toIntervalDay(kept_days) + toIntervalDay(2),
                `offset` = last_offset, `index` != last_index + 1,
                `offset` > reach OR `index` > 0 OR last_index + 1 < last_of)) OVER
            (
                PARTITION BY topic, partition ORDER BY `offset`, `index` ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS breaks,
            `index` + 1 >= `of` AS ends_its_record
        FROM ordered
    ),
    partitions AS
    (
        SELECT
            topic, partition, countIf(taken) AS events, countIf(agrees) AS agreeing,
            countIf(finding = 'rejected') AS rejected, countIf(finding = 'tick') AS tick,
            sumIf(offsets, finding = 'gap') AS gap,
            maxIf(`offset` + offsets, breaks = 0 AND ends_its_record) AS complete_offset,
            maxOrNullIf(received_at, breaks = 0 AND ends_its_record) AS complete_until,
            max(breaks) = 0 AND argMax(ends_its_record, (`offset`, `index`)) AS closes
        FROM marked
        GROUP BY topic, partition
    )
SELECT
    p.topic AS topic, p.partition AS partition, p.events + p.rejected + p.tick + p.gap AS positions,
    f.stored AS stored, f.late AS late,
    -- An event is inserted a moment before its position.
    if(p.agreeing > f.stored + f.late, p.agreeing - f.stored - f.late, 0) AS duplicate,
    p.events - p.agreeing AS conflict,
    p.rejected AS rejected, p.tick AS tick, p.gap AS gap,
    p.complete_offset AS complete_offset, p.complete_until AS complete_until, p.closes AS closes
FROM partitions AS p
LEFT ANY JOIN firsts AS f ON p.topic = f.topic AND p.partition = f.partition
SETTINGS join_use_nulls = 0
COMMENT 'One row per partition of the public topics: what was read of it and that nothing is without an answer';

CREATE OR REPLACE VIEW waypost.outcomes ${on_cluster}
(
    source String COMMENT 'Who sent it; empty when that could not be read',
    minute DateTime('UTC') COMMENT 'The minute in which the broker got it',
    positions UInt64 COMMENT 'Events sent; the sum of the columns stored to rejected',
    stored UInt64 COMMENT 'Events that count',
    late UInt64 COMMENT 'Events that are kept but change no journey',
    duplicate UInt64 COMMENT 'Repeats of an earlier position',
    conflict UInt64 COMMENT 'Same source and id as an earlier position, other content',
    rejected UInt64 COMMENT 'Refused, with a reason'
)
AS
SELECT
    source, toStartOfMinute(toDateTime(received_at, 'UTC')) AS minute, count() AS positions,
    countIf(answer = 'stored') AS stored, countIf(answer = 'late') AS late, countIf(answer = 'duplicate') AS duplicate,
    countIf(answer = 'conflict') AS conflict, countIf(answer = 'rejected') AS rejected
FROM waypost.answers
GROUP BY source, minute
COMMENT 'Answers by source and minute';
