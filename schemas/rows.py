"""Rows that services publish: whole rows, one struct for each storage table.

Every row has a `version` that rises with each publication (the greatest wins) and `deleted`, which withdraws it.
Instants are UTC milliseconds since the epoch, None where not (yet) known. Money is never without its currency.
Ids: `person_id` is the alias of the person's root (`customer:…`), `order_id` and `ticket_id` are the shop's own,
`parcel_id` is `<carrier>/<tracking number>`, for a number's later life followed by `@<registered at, RFC 3339>`.
"""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What every row begins with."""

    shop: str
    version: int = 0
    deleted: bool = False


class PersonRow(Row, frozen=True, kw_only=True, tag="person"):
    """Which person an alias belongs to, as known now. Key: (shop, alias)."""

    alias: str
    person_id: str


class OrderRow(Row, frozen=True, kw_only=True, tag="order"):
    """An order that was placed. Key: (shop, order_id)."""

    order_id: str
    person_id: str
    placed_at: int
    approved_at: int | None = None
    handed_over_at: int | None = None
    first_attempt_at: int | None = None
    delivered_at: int | None = None
    cancelled_at: int | None = None
    first_promise: int | None = None
    current_promise: int | None = None
    ship_by: int | None = None
    total: Decimal | None = None
    currency: str = ""
    payment_method: str = ""
    status: str = "placed"  # placed approved handed_over attempted delivered cancelled returned lost
    late: bool = False


class ParcelRow(Row, frozen=True, kw_only=True, tag="parcel"):
    """A registered parcel. Key: (shop, parcel_id)."""

    parcel_id: str
    order_id: str
    carrier: str
    tracking_number: str
    service_level: str = ""
    origin: str = ""
    destination: str = ""
    registered_at: int
    handed_over_at: int | None = None
    first_scan_at: int | None = None
    last_scan_at: int | None = None
    delivered_at: int | None = None
    status: str = "registered"  # registered handed_over, a scan's status, attempted delivered damaged lost returned


class PromiseRow(Row, frozen=True, kw_only=True, tag="promise"):
    """A promise made to the customer. Key: (shop, promise_id)."""

    promise_id: UUID  # the event that made it, with the order
    order_id: str
    promised_by: int
    made_at: int
    source: str
    slip_owner: str = ""  # "shop" or "carrier" when it moved the date of the promise before it later


class SurveyRow(Row, frozen=True, kw_only=True, tag="survey"):
    """An answered survey. Key: (shop, survey_id), the event's id."""

    survey_id: UUID
    survey: str
    score: float
    scale: float | None
    person_id: str
    order_id: str = ""
    ticket_id: str = ""
    answered_at: int


class ActionRow(Row, frozen=True, kw_only=True, tag="action"):
    """Something a person or a system did about a pain point. Key: (shop, action_id), the event's id."""

    action_id: UUID
    action: str
    pain_point_id: str = ""
    plan: str = ""
    by: str = ""
    note: str = ""
    person_id: str = ""
    order_id: str = ""
    taken_at: int


class JourneyRow(Row, frozen=True, kw_only=True, tag="journey"):
    """One purchase attempt, from first touch to the last word about it. Key: (shop, journey_id)."""

    journey_id: UUID
    person_id: str
    order_id: str = ""
    stage: str  # discover consider checkout order fulfil transit deliver care
    outcome: str  # open completed cancelled returned lost abandoned browsed
    started_at: int
    ended_at: int | None = None
    reached: Mapping[str, int]  # stage -> first time there
    value: Decimal | None = None
    currency: str = ""
    touches: int = 0
    channels: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    pain_points: tuple[str, ...] = ()  # their kinds, sorted, each once


class PainPointRow(Row, frozen=True, kw_only=True, tag="pain_point"):
    """A point where a journey hurts, with every change of its status. Key: (shop, pain_point_id)."""

    pain_point_id: UUID
    kind: str
    entity: str
    stage: str
    severity: str  # low medium high critical
    status: str  # open resolved retracted
    happened_at: int
    detected_at: int  # the shop's clock when it was first found
    ended_at: int | None = None
    cause: str = ""
    root_id: UUID
    value_at_risk: Decimal | None = None
    currency: str = ""
    evidence: tuple[UUID, ...] = ()  # event ids
    playbook: str = ""
    act_before: int | None = None
    journey_id: UUID | None = None
    order_id: str = ""
    person_id: str = ""
    reason: str = ""  # why it was retracted
    held_back: bool = False  # its feed is silent: shown, not acted on
    factors: Mapping[str, str] = {}  # carrier, lane, payment_method, page, browser: what equal ones may share


class AlertRow(Row, frozen=True, kw_only=True, tag="alert"):
    """A notification of one pain point to one receiver. Key: (shop, dedup_key, receiver, event)."""

    dedup_key: str  # the pain point's id
    receiver: str
    event: str  # firing resolved retracted
    state: str  # pending sent recorded (not sent: too old, replayed shop) failed
    kind: str
    severity: str
    pain_point_version: int
    attempts: int = 0
    decided_at: int
    sent_at: int | None = None
    error: str = ""


class ClockRow(Row, frozen=True, kw_only=True, tag="clock"):
    """How far one journey partition's clock of a shop has come; behind all rows of before. Key: (shop, partition)."""

    partition: int
    now: int


AnyRow = PersonRow | OrderRow | ParcelRow | PromiseRow | SurveyRow | ActionRow | JourneyRow | ClockRow

read_rows = msgspec.msgpack.Decoder(list[AnyRow]).decode
read_pain_points = msgspec.msgpack.Decoder(list[PainPointRow]).decode
read_alerts = msgspec.msgpack.Decoder(list[AlertRow]).decode
"""The items of a message of that kind. Raise `msgspec.DecodeError`: our own bug, never bad data."""
