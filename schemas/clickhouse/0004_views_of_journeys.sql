-- What is known now of persons, orders, parcels and journeys, and of where they hurt.

CREATE OR REPLACE VIEW waypost.persons ${on_cluster}
(
    shop String COMMENT 'Shop',
    alias String COMMENT 'One of the names a person goes by, as in session:s9 or order:A-1',
    person_id String COMMENT 'The person as known now: the alias at the root, as in customer:42'
)
AS
SELECT shop, alias, person_id FROM waypost_storage.persons FINAL
COMMENT 'One row per alias: the person it belongs to as known now';

CREATE OR REPLACE VIEW waypost.journeys ${on_cluster}
(
    journey_id UUID COMMENT 'Stays the same for a journey with an order',
    person_id String COMMENT 'The person as known now',
    shop String COMMENT 'Shop',
    order_id String COMMENT 'Its order; empty while there is none',
    stage String COMMENT 'discover, consider, checkout, order, fulfil, transit, deliver or care',
    outcome String COMMENT 'open, completed, cancelled, returned, lost, abandoned or browsed',
    started_at DateTime64(3, 'UTC') COMMENT 'First touch',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Last word about it; NULL while it is open',
    discover_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First time at discover',
    consider_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First time at consider: a cart',
    checkout_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First time at checkout',
    order_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Order placed',
    fulfil_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Order approved',
    transit_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Handed over to the carrier',
    deliver_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First delivery attempt or delivery',
    care_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First contact with the help desk',
    value Nullable(Decimal(18, 4)) COMMENT 'Value of the order, else of the checkout or cart',
    currency String COMMENT 'ISO 4217; never add values of different currencies',
    touches UInt32 COMMENT 'Events of the customer in the shop',
    channels Array(String) COMMENT 'Channels used',
    devices Array(String) COMMENT 'Devices used',
    pain_points Array(String) COMMENT 'Kinds of pain points met, each once'
)
AS
SELECT
    journey_id, person_id, shop, order_id, stage, outcome, started_at, ended_at, discover_at, consider_at, checkout_at,
    order_at, fulfil_at, transit_at, deliver_at, care_at, value, currency, touches, channels, devices, pain_points
FROM waypost_storage.journeys FINAL
COMMENT 'One row per journey: a purchase attempt from first touch to the last word about it';

CREATE OR REPLACE VIEW waypost.orders ${on_cluster}
(
    order_id String COMMENT 'The shop''s own id of it',
    person_id String COMMENT 'The person as known now',
    shop String COMMENT 'Shop',
    placed_at DateTime64(3, 'UTC') COMMENT 'When it was placed',
    approved_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was approved, at the latest when it was handed over',
    handed_over_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When each of its parcels was with its carrier',
    first_attempt_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When each of its parcels was brought or tried to be',
    delivered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last of its parcels was delivered',
    cancelled_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was cancelled',
    first_promise Nullable(DateTime64(3, 'UTC')) COMMENT 'The promise that on time is judged by',
    current_promise Nullable(DateTime64(3, 'UTC')) COMMENT 'The promise made last',
    ship_by Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was to be handed over',
    total Nullable(Decimal(18, 4)) COMMENT 'What the customer pays',
    currency String COMMENT 'ISO 4217; never add totals of different currencies',
    payment_method String COMMENT 'As sent; empty when not said',
    status String COMMENT 'placed, approved, handed_over, attempted, delivered, cancelled, returned or lost',
    late Bool COMMENT 'Its first promise was broken: it has a delivery_late that was not retracted'
)
AS
SELECT
    order_id, person_id, shop, placed_at, approved_at, handed_over_at, first_attempt_at, delivered_at, cancelled_at,
    first_promise, current_promise, ship_by, total, currency, payment_method, status, late
FROM waypost_storage.orders FINAL
COMMENT 'One row per order that was placed';

CREATE OR REPLACE VIEW waypost.parcels ${on_cluster}
(
    parcel_id String COMMENT 'Carrier and tracking number with a slash between; a number''s later life ends in @ and its registration',
    order_id String COMMENT 'The order it carries',
    shop String COMMENT 'Shop that registered it',
    carrier String COMMENT 'Carrier',
    tracking_number String COMMENT 'The carrier''s number',
    service_level String COMMENT 'As registered; empty when not said',
    origin String COMMENT 'Where it starts; with destination the lane',
    destination String COMMENT 'Where it goes',
    registered_at DateTime64(3, 'UTC') COMMENT 'When it was registered',
    handed_over_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the carrier got it',
    first_scan_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First scan',
    last_scan_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Last scan',
    delivered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was delivered',
    status String COMMENT 'registered, handed_over, the status of its last scan, attempted, delivered, damaged, lost or returned'
)
AS
SELECT
    parcel_id, order_id, shop, carrier, tracking_number, service_level, origin, destination, registered_at,
    handed_over_at, first_scan_at, last_scan_at, delivered_at, status
FROM waypost_storage.parcels FINAL
COMMENT 'One row per registered parcel';

CREATE OR REPLACE VIEW waypost.promises ${on_cluster}
(
    shop String COMMENT 'Shop',
    order_id String COMMENT 'The order it was made for',
    promised_by DateTime64(3, 'UTC') COMMENT 'The instant promised',
    made_at DateTime64(3, 'UTC') COMMENT 'When it was made',
    source String COMMENT 'Who made it',
    slip_owner String COMMENT 'shop or carrier when it moved the promise before it later; else empty'
)
AS
SELECT shop, order_id, promised_by, made_at, source, slip_owner FROM waypost_storage.promises FINAL
COMMENT 'One row per promise made to a customer';

CREATE OR REPLACE VIEW waypost.pain_points ${on_cluster}
(
    pain_point_id UUID COMMENT 'Stays the same through resolution, retraction and replays',
    shop String COMMENT 'Shop',
    kind String COMMENT 'What hurts, as in delivery_late',
    entity String COMMENT 'What it is about, as in order:A-1',
    stage String COMMENT 'Stage of the journey',
    severity String COMMENT 'low, medium, high or critical',
    status String COMMENT 'open or resolved',
    happened_at DateTime64(3, 'UTC') COMMENT 'When its condition became true',
    detected_at DateTime64(3, 'UTC') COMMENT 'The shop''s clock when it was found',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was over; NULL while it is open',
    cause String COMMENT 'Most likely cause; empty for kinds that name none',
    root_id UUID COMMENT 'First pain point of its chain; its own id when it began one',
    value_at_risk Nullable(Decimal(18, 4)) COMMENT 'Money it puts at risk',
    currency String COMMENT 'ISO 4217; never add values of different currencies',
    evidence Array(UUID) COMMENT 'event_id of the events that show it',
    playbook String COMMENT 'What to do about it',
    act_before Nullable(DateTime64(3, 'UTC')) COMMENT 'Until when acting helps',
    journey_id Nullable(UUID) COMMENT 'Journey it belongs to',
    order_id String COMMENT 'Order it belongs to; empty when there is none',
    person_id String COMMENT 'The person as known now',
    held_back Bool COMMENT 'Its feed is silent: it may be news that is missing, not the parcel',
    factors Map(String, String) COMMENT 'What equal ones may share, as in carrier, lane or payment_method'
)
AS
SELECT
    pain_point_id, shop, kind, entity, stage, severity, status, happened_at, detected_at, ended_at, cause, root_id,
    value_at_risk, currency, evidence, playbook, act_before, journey_id, order_id, person_id, held_back, factors
FROM waypost_storage.pain_points FINAL
WHERE status != 'retracted'
COMMENT 'One row per pain point that was not retracted, open or over';

CREATE OR REPLACE VIEW waypost.pain_points_history ${on_cluster}
(
    pain_point_id UUID COMMENT 'Pain point; see the view pain_points',
    shop String COMMENT 'Shop',
    kind String COMMENT 'What hurts',
    entity String COMMENT 'What it is about',
    step UInt64 COMMENT 'Order of its changes, from 1',
    status String COMMENT 'open, resolved or retracted',
    severity String COMMENT 'low, medium, high or critical',
    happened_at DateTime64(3, 'UTC') COMMENT 'When its condition became true',
    detected_at DateTime64(3, 'UTC') COMMENT 'The shop''s clock when it was found',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was over',
    cause String COMMENT 'Most likely cause',
    reason String COMMENT 'Why it was retracted; else empty',
    order_id String COMMENT 'Order it belongs to',
    person_id String COMMENT 'The person as known then',
    held_back Bool COMMENT 'Its feed was silent'
)
AS
SELECT
    pain_point_id, shop, kind, entity,
    row_number() OVER (PARTITION BY shop, pain_point_id ORDER BY version) AS step,
    status, severity, happened_at, detected_at, ended_at, cause, reason, order_id, person_id, held_back
FROM
(
    SELECT
        *,
        lagInFrame((toString(status), toString(severity), held_back)) OVER
        (
            PARTITION BY shop, pain_point_id ORDER BY version ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
        ) AS before
    FROM waypost_storage.pain_point_changes FINAL
    WHERE deleted = 0
)
-- A publication that changed nothing a reader would call a change, as after a rebuild, is no step.
WHERE (toString(status), toString(severity), held_back) != before
COMMENT 'One row per change of status or severity of a pain point, retractions included';

CREATE OR REPLACE VIEW waypost.surveys ${on_cluster}
(
    survey_id UUID COMMENT 'event_id of the event that brought it',
    shop String COMMENT 'Shop',
    survey String COMMENT 'csat, nps, ces or review',
    score Float64 COMMENT 'As answered',
    scale Nullable(Float64) COMMENT 'The greatest score there is; NULL for nps, which goes from 0 to 10',
    person_id String COMMENT 'The person as known now',
    order_id String COMMENT 'Order it is about; empty when it names none',
    ticket_id String COMMENT 'Ticket it is about; empty when it names none',
    answered_at DateTime64(3, 'UTC') COMMENT 'When it was answered'
)
AS
SELECT survey_id, shop, survey, score, scale, person_id, order_id, ticket_id, answered_at
FROM waypost_storage.surveys FINAL
COMMENT 'One row per answered survey';

CREATE OR REPLACE VIEW waypost.actions ${on_cluster}
(
    action_id UUID COMMENT 'event_id of the event that brought it',
    shop String COMMENT 'Shop',
    action String COMMENT 'What was done, in the word of who did it; acknowledged only takes note',
    pain_point_id String COMMENT 'Pain point it answers; empty when it names none',
    plan String COMMENT 'Plan it followed; empty when it names none',
    `by` String COMMENT 'Who did it',
    note String COMMENT 'Note',
    person_id String COMMENT 'The customer as known now',
    order_id String COMMENT 'Order it is about; empty when there is none',
    taken_at DateTime64(3, 'UTC') COMMENT 'When it was done'
)
AS
SELECT action_id, shop, action, pain_point_id, plan, `by`, note, person_id, order_id, taken_at
FROM waypost_storage.actions FINAL
COMMENT 'One row per action that was taken';

CREATE OR REPLACE VIEW waypost.alerts ${on_cluster}
(
    dedup_key String COMMENT 'Pain point; one notification per key, receiver and event',
    shop String COMMENT 'Shop',
    receiver String COMMENT 'Receiver, by its name in the routes',
    event String COMMENT 'firing, resolved or retracted',
    state String COMMENT 'pending, sent, recorded (known, not sent: too old or a replayed shop) or failed',
    kind String COMMENT 'Kind of the pain point',
    severity String COMMENT 'Severity of the pain point',
    attempts UInt32 COMMENT 'How often it was tried',
    decided_at DateTime64(3, 'UTC') COMMENT 'When it was decided',
    sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the receiver took it',
    error String COMMENT 'What the last failed try met; else empty'
)
AS
SELECT dedup_key, shop, receiver, event, state, kind, severity, attempts, decided_at, sent_at, error
FROM waypost_storage.alerts FINAL
COMMENT 'One row per notification of a pain point to a receiver';

CREATE OR REPLACE VIEW waypost.worklist ${on_cluster}
(
    shop String COMMENT 'Shop',
    severity String COMMENT 'critical, high, medium or low',
    urgency UInt8 COMMENT 'The severity as a number: 4 for critical to 1 for low',
    kind String COMMENT 'What hurts',
    entity String COMMENT 'What it is about',
    person_id String COMMENT 'The customer',
    order_id String COMMENT 'Order; empty when there is none',
    value_at_risk Nullable(Decimal(18, 4)) COMMENT 'Money at risk',
    currency String COMMENT 'ISO 4217',
    act_before Nullable(DateTime64(3, 'UTC')) COMMENT 'Until when acting helps',
    playbook String COMMENT 'What to do',
    happened_at DateTime64(3, 'UTC') COMMENT 'Since when',
    cause String COMMENT 'Most likely cause',
    pain_point_id UUID COMMENT 'Name it in service.action.taken'
)
AS
SELECT
    shop, severity, toUInt8(transform(severity, ['low', 'medium', 'high', 'critical'], [1, 2, 3, 4], 0)) AS urgency, kind,
    entity, person_id, order_id, value_at_risk, currency, act_before, playbook, happened_at, cause, pain_point_id
FROM waypost_storage.pain_points FINAL
WHERE status = 'open' AND NOT held_back
ORDER BY urgency DESC, value_at_risk DESC NULLS LAST, act_before ASC NULLS LAST, pain_point_id
COMMENT 'Open pain points, the most urgent first: by severity, value at risk, deadline';

CREATE OR REPLACE VIEW waypost.clocks ${on_cluster}
(
    shop String COMMENT 'Shop; empty for the clock that all live shops share',
    partition UInt32 COMMENT 'Partition of the journeys'' topic',
    now DateTime64(3, 'UTC') COMMENT 'The shop''s time there: rows of this partition are as of then'
)
AS
SELECT shop, partition, now FROM waypost_storage.clocks FINAL
COMMENT 'One row per shop and partition of journeys: how far its clock has come; the least is what all rows know';
