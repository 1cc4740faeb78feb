"""A shop's history of any size, made by the engine itself: whole lives of orders straight into the storage tables.

Each statement makes the rows of a range of orders, so that tables end up in many parts, as in life, and every order,
parcel, journey and pain point is stored twice: as it was at first, and as it ended.
"""

from collections.abc import Iterator

from clickhouse_driver import Client

DAY_MS = 86_400_000
EVENTS_PER_ORDER = 10
LIFE = """
    number AS n,
    if(n % 10 = 0, 'second', 'main') AS shop,
    toInt64({began} + intDiv(n * {span}, {orders})) AS placed_ms,
    toInt64(cityHash64(n, 'luck') % 1000) AS luck,
    lower(hex(cityHash64(n, 'order'))) AS name,
    concat('A-', name) AS order_id,
    concat('c', toString(cityHash64(n, 'customer') % {customers})) AS customer,
    concat('customer:', customer) AS person_id,
    concat('s', lower(hex(cityHash64(n, 'session')))) AS session,
    ['dhl', 'ups', 'gls', 'post'][1 + luck % 4] AS carrier,
    concat(carrier, '/', name) AS parcel_id,
    toDecimal64(10 + luck / 7, 2) AS total,
    luck < 80 AS is_late,
    placed_ms + {day} * (is_late ? 9 : 4) AS delivered_ms,
    now() - toIntervalSecond(intDiv({ends} - (step = 1 ? placed_ms : delivered_ms), 1000)) AS stored_at
"""
AT = "fromUnixTimestamp64Milli(toInt64({}), 'UTC')"


def at(expression: str) -> str:
    return AT.format(expression)


ORDERS = f"""
INSERT INTO waypost_storage.orders
(shop, version, deleted, order_id, person_id, placed_at, approved_at, handed_over_at, first_attempt_at, delivered_at,
 first_promise, current_promise, total, currency, payment_method, status, late,
 inserted_at)
WITH {{life}}
SELECT shop, step * 1000000000 + n, 0, order_id, person_id, {at("placed_ms")},
    step = 1 ? NULL : {at("placed_ms + 3600000")}, step = 1 ? NULL : {at("placed_ms + {day}")},
    step = 1 ? NULL : {at("delivered_ms")}, step = 1 ? NULL : {at("delivered_ms")}, {at("placed_ms + 6 * {day}")},
    {at("placed_ms + 6 * {day}")}, total, 'EUR', luck % 2 = 1 ? 'card' : 'invoice', step = 1 ? 'placed' : 'delivered',
    step = 2 AND is_late, stored_at
FROM numbers({{first}}, {{count}})
"""
PROMISES = f"""
INSERT INTO waypost_storage.promises
(shop, version, deleted, promise_id, order_id, promised_by, made_at, source, inserted_at)
WITH {{life}}
SELECT shop, n, 0, reinterpretAsUUID(sipHash128(n, 'promise')), order_id, {at("placed_ms + 6 * {day}")},
    {at("placed_ms")}, 'https://shop.example/checkout', stored_at
FROM numbers({{first}}, {{count}})
"""
PARCELS = f"""
INSERT INTO waypost_storage.parcels
(shop, version, deleted, parcel_id, order_id, carrier, tracking_number, origin, destination, registered_at,
 handed_over_at, first_scan_at, last_scan_at, delivered_at, status, inserted_at)
WITH {{life}}
SELECT shop, step * 1000000000 + n, 0, parcel_id, order_id, carrier, name, 'DE', ['DE', 'FR', 'AT', 'NL'][1 + n % 4],
    {at("placed_ms + 7200000")}, {at("placed_ms + {day}")}, {at("placed_ms + {day}")},
    {at("step = 1 ? placed_ms + {day} : delivered_ms")}, step = 1 ? NULL : {at("delivered_ms")},
    step = 1 ? 'handed_over' : 'delivered', stored_at
FROM numbers({{first}}, {{count}})
"""
JOURNEYS = f"""
INSERT INTO waypost_storage.journeys
(shop, version, deleted, journey_id, person_id, order_id, stage, outcome, started_at, ended_at, discover_at,
 consider_at, checkout_at, order_at, fulfil_at, transit_at, deliver_at, value, currency, touches, channels, devices,
 pain_points, inserted_at)
WITH {{life}}
SELECT shop, step * 1000000000 + n, 0, reinterpretAsUUID(sipHash128(n, 'journey')), person_id, order_id,
    step = 1 ? 'order' : 'deliver', step = 1 ? 'open' : 'completed', {at("placed_ms - 1800000")},
    step = 1 ? NULL : {at("delivered_ms")}, {at("placed_ms - 1800000")}, {at("placed_ms - 900000")},
    {at("placed_ms - 300000")}, {at("placed_ms")}, step = 1 ? NULL : {at("placed_ms + 3600000")},
    step = 1 ? NULL : {at("placed_ms + {day}")}, step = 1 ? NULL : {at("delivered_ms")}, total, 'EUR', 5 + luck % 9,
    [luck % 3 != 0 ? 'web' : 'app'], [luck % 3 != 0 ? 'desktop' : 'phone'],
    is_late ? ['delivery_late', 'parcel_stalled'] : [], stored_at
FROM numbers({{first}}, {{count}})
UNION ALL
SELECT shop, n, 0, reinterpretAsUUID(sipHash128(n, 'visit')), concat('anonymous:', session), '', 'consider',
    luck % 2 = 1 ? 'abandoned' : 'browsed', {at("placed_ms + 60000")}, {at("placed_ms + 3660000")},
    {at("placed_ms + 60000")}, luck % 2 = 1 ? {at("placed_ms + 120000")} : NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, '', 3, ['web'], ['phone'], luck % 2 = 1 ? ['cart_abandoned'] : [], stored_at
FROM numbers({{first}}, {{count}})
WHERE step = 2
"""
PAINS = """
    [
        (luck < 150, 'parcel_stalled', placed_ms + 6 * {day}, concat('parcel:', parcel_id), 'transit', 'medium'),
        (is_late, 'delivery_late', placed_ms + 6 * {day}, concat('order:', order_id), 'deliver', 'high'),
        (luck < 30, 'low_score', delivered_ms + {day}, concat('event:', name), 'care', 'medium'),
        (luck % 4 = 1, 'cart_abandoned', placed_ms + 3660000, concat('cart:', name), 'consider', 'low')
    ] AS pains,
    arrayJoin(arrayFilter(pain -> pain.1, pains)) AS pain,
    pain.2 != 'cart_abandoned' AS is_of_order
"""
PAIN_COLUMNS = {
    "shop": "shop",
    "version": "step * 1000000000 + n",
    "deleted": "0",
    "pain_point_id": "reinterpretAsUUID(sipHash128(n, pain.2))",
    "kind": "pain.2",
    "entity": "pain.4",
    "stage": "pain.5",
    "severity": "pain.6",
    "status": "step = 1 ? 'open' : 'resolved'",
    "happened_at": at("pain.3"),
    "detected_at": at("pain.3 + 60000"),
    "ended_at": f"step = 1 ? NULL : {at('pain.3 + 3 * {day}')}",
    "root_id": "reinterpretAsUUID(sipHash128(n, pain.2 = 'cart_abandoned' ? pain.2 : 'parcel_stalled'))",
    "value_at_risk": "total",
    "currency": "'EUR'",
    "evidence": "[reinterpretAsUUID(sipHash128(n, 'evidence'))]",
    "playbook": "'Tell the customer before they ask'",
    "journey_id": "reinterpretAsUUID(sipHash128(n, is_of_order ? 'journey' : 'visit'))",
    "order_id": "is_of_order ? order_id : ''",
    "person_id": "is_of_order ? person_id : concat('anonymous:', session)",
    "factors": "map('carrier', carrier)",
    "inserted_at": "stored_at",
}
CHANGE_COLUMNS = [
    "shop",
    "version",
    "deleted",
    "pain_point_id",
    "kind",
    "entity",
    "severity",
    "status",
    "happened_at",
    "detected_at",
    "ended_at",
    "order_id",
    "person_id",
    "inserted_at",
]


def pains(table: str, columns: list[str]) -> str:
    values = ", ".join(f"{PAIN_COLUMNS[name]}" for name in columns)
    names = ", ".join(columns)
    return (
        f"INSERT INTO waypost_storage.{table} ({names}) WITH {{life}}, {PAINS} "
        f"SELECT {values} FROM numbers({{first}}, {{count}})"
    )


SURVEYS = f"""
INSERT INTO waypost_storage.surveys
(shop, version, deleted, survey_id, survey, score, scale, person_id, order_id, answered_at,
 inserted_at)
WITH {{life}}
SELECT shop, n, 0, reinterpretAsUUID(sipHash128(n, 'survey')), n % 2 = 1 ? 'review' : 'nps', is_late ? 2 : 4 + n % 2,
    n % 2 = 1 ? 5 : NULL, person_id, order_id, {at("delivered_ms + {day}")}, stored_at
FROM numbers({{first}}, {{count}})
WHERE luck % 3 = 0
"""
ACTIONS = f"""
INSERT INTO waypost_storage.actions (shop, version, deleted, action_id, action, order_id, person_id, taken_at,
 inserted_at)
WITH {{life}}
SELECT shop, n, 0, reinterpretAsUUID(sipHash128(n, 'action')), 'call', order_id, person_id,
    {at("placed_ms + 7 * {day}")}, stored_at
FROM numbers({{first}}, {{count}})
WHERE luck < 40
"""
PERSONS = """
INSERT INTO waypost_storage.persons (shop, version, deleted, alias, person_id, inserted_at)
WITH {life}
SELECT shop, n, 0, arrayJoin([concat('order:', order_id), concat('session:', session), concat('cart:', name),
    concat('checkout:', name), concat('parcel:', parcel_id), person_id]), person_id, stored_at
FROM numbers({first}, {count})
"""
EVENT = """
    'https://shop.example/web' AS web, 'https://shop.example/checkout' AS checkout,
    'https://shop.example/wms' AS warehouse,
    [
        ('storefront.page.viewed', concat('session:', session), toInt64(-1800000), web, ''),
        ('storefront.product.viewed', concat('session:', session), toInt64(-1500000), web, ''),
        ('storefront.cart.updated', concat('cart:', name), toInt64(-900000), web, ''),
        ('storefront.checkout.started', concat('checkout:', name), toInt64(-300000), checkout, ''),
        ('storefront.order.placed', concat('order:', order_id), toInt64(0), checkout, order_id),
        ('storefront.order.approved', concat('order:', order_id), toInt64(3600000), checkout, order_id),
        ('logistics.parcel.registered', concat('parcel:', parcel_id), toInt64(7200000), warehouse, order_id),
        ('logistics.parcel.handed_over', concat('parcel:', parcel_id), toInt64({day}), carrier, ''),
        ('logistics.parcel.scanned', concat('parcel:', parcel_id), toInt64(2 * {day}), carrier, ''),
        ('logistics.parcel.delivered', concat('parcel:', parcel_id), toInt64(delivered_ms - placed_ms), carrier, '')
    ] AS told,
    arrayJoin(arrayEnumerate(told)) AS k,
    told[k] AS event,
    startsWith(event.1, 'storefront') AS is_of_visit,
    placed_ms + event.3 AS event_ms,
    lower(hex(sipHash64(n, k))) AS id,
    k > 7 ? '' : shop AS event_shop,
    k > 6 ? 'logistics.events.v1' : 'storefront.events.v1' AS topic,
    cityHash64(event.2) % 4 AS partition,
    intDiv(n, 2) * 10 + k AS place
"""
EVENTS = f"""
INSERT INTO waypost_storage.events
(event_id, source, id, type, shop, occurred_at, received_at, topic, partition, `offset`, `index`, alias, customer_id,
 session_id, order_id, parcel_id, channel, device, data, digest, late, version, deleted, inserted_at)
WITH {{life}}, {EVENT}
SELECT reinterpretAsUUID(sipHash128(n, k)), event.4, id, event.1, event_shop, {at("event_ms")},
    {at("event_ms + 400")}, topic, partition, place, 0, event.2, is_of_visit ? customer : '',
    is_of_visit ? session : '', event.5, k > 6 ? parcel_id : '', is_of_visit ? 'web' : '', is_of_visit ? 'phone' : '',
    concat('{{{{"customer_id":"', customer, '","session_id":"', session, '","url":"https://shop.example/products/',
        toString(n % 5000), '?ref=list","sku":"SKU-', toString(n % 5000), '","lcp_ms":', toString(500 + luck), '}}}}'),
    sipHash64(n, k, 'digest'), 0, toUInt256(pow(2, 60)) - toUInt256(event_ms), 0, stored_at
FROM numbers({{first}}, {{count}})
WHERE step = 2
"""
LEDGER = f"""
INSERT INTO waypost_storage.ledger
(topic, partition, `offset`, `index`, `of`, offsets, received_at, finding, shop, source, id, type, digest, version,
 deleted, inserted_at)
WITH {{life}}, {EVENT}
SELECT topic, partition, place, n % 2, 2, 1, {at("event_ms + 400")}, 'accepted', event_shop, event.4, id, event.1,
    sipHash64(n, k, 'digest'), 1, 0, stored_at
FROM numbers({{first}}, {{count}})
WHERE step = 2
"""
ONCE = (PROMISES, SURVEYS, ACTIONS, PERSONS, EVENTS, LEDGER)
TWICE = (
    ORDERS,
    PARCELS,
    JOURNEYS,
    pains("pain_points", list(PAIN_COLUMNS)),
    pains("pain_point_changes", CHANGE_COLUMNS),
)


def make_history(client: Client, orders: int, days: int, ends_ms: int, portion: int = 50_000) -> Iterator[int]:
    """Store the lives of so many orders, which end at an instant; yields how many are stored after each portion."""
    began = ends_ms - (days + 10) * DAY_MS
    known = {
        "began": began,
        "span": days * DAY_MS,
        "orders": orders,
        "customers": max(1, orders * 6 // 10),
        "day": DAY_MS,
        "ends": ends_ms,
    }
    for first in range(0, orders, portion):
        count = min(portion, orders - first)
        for step, statements in ((1, TWICE), (2, TWICE + ONCE)):
            life = f"{step} AS step," + LIFE.format(**known)
            for statement in statements:
                client.execute(statement.format(life=life, first=first, count=count, **known), settings=LIMITS)
        yield first + count


LIMITS = {"max_threads": 2, "max_insert_threads": 1, "max_block_size": 65536, "max_insert_block_size": 1_048_576}
