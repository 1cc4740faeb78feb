"""Rows: what is published can be read again, and every table's rows can be told apart."""

from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from schemas import rows
from schemas.rows import AlertRow, AnyRow, PainPointRow

ID = UUID(int=7)
EXAMPLES: list[AnyRow] = [
    rows.PersonRow(shop="main", version=3, alias="order:A", person_id="customer:c"),
    rows.OrderRow(
        shop="main", version=1, order_id="A", person_id="customer:c", placed_at=5, total=Decimal("9.90"), currency="EUR"
    ),
    rows.ParcelRow(
        shop="main", parcel_id="dhl/1", order_id="A", carrier="dhl", tracking_number="1", registered_at=5, deleted=True
    ),
    rows.PromiseRow(shop="main", promise_id=ID, order_id="A", promised_by=9, made_at=5, source="/shop"),
    rows.SurveyRow(
        shop="main", survey_id=ID, survey="nps", score=6.5, scale=None, person_id="customer:c", answered_at=5
    ),
    rows.ActionRow(shop="main", action_id=ID, action="called", taken_at=5),
    rows.JourneyRow(
        shop="main",
        journey_id=ID,
        person_id="customer:c",
        stage="discover",
        outcome="open",
        started_at=5,
        reached={"discover": 5},
        channels=("app", "web"),
    ),
    rows.ClockRow(shop="", partition=1, now=5),
]
PAIN = PainPointRow(
    shop="main",
    pain_point_id=ID,
    kind="low_score",
    entity="event:x",
    stage="care",
    severity="high",
    status="open",
    happened_at=5,
    detected_at=6,
    root_id=ID,
    value_at_risk=Decimal("9.90"),
    evidence=(ID,),
    factors={"carrier": "dhl"},
)
ALERT = AlertRow(
    shop="main",
    dedup_key="k",
    receiver="care",
    event="firing",
    state="sent",
    kind="low_score",
    severity="high",
    pain_point_version=1,
    decided_at=5,
)


def test_there_is_an_example_of_every_row() -> None:
    assert {type(row) for row in EXAMPLES} == set(AnyRow.__args__)


def test_rows_of_all_tables_travel_together_and_come_out_the_same() -> None:
    assert rows.read_rows(msgspec.msgpack.encode(EXAMPLES)) == EXAMPLES


def test_pain_points_and_alerts_come_out_the_same() -> None:
    assert rows.read_pain_points(msgspec.msgpack.encode([PAIN])) == [PAIN]
    assert rows.read_alerts(msgspec.msgpack.encode([ALERT])) == [ALERT]


def test_a_pain_point_is_no_row_of_another_table() -> None:
    with pytest.raises(msgspec.ValidationError):
        rows.read_rows(msgspec.msgpack.encode([PAIN]))


@pytest.mark.parametrize("row", [*EXAMPLES, PAIN, ALERT], ids=lambda row: type(row).__name__)
def test_a_row_written_before_a_field_was_added_is_read_with_the_fields_default(row: msgspec.Struct) -> None:
    whole = msgspec.msgpack.decode(msgspec.msgpack.encode(row))
    last = max(at for at, field in enumerate(msgspec.structs.fields(row), 1) if field.required)
    read = msgspec.msgpack.Decoder(type(row)).decode(msgspec.msgpack.encode(whole[: last + 1]))  # the tag is in front
    defaults = {f.name: _default(f) for f in msgspec.structs.fields(row)[last:]}
    assert read == msgspec.structs.replace(row, **defaults)


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
