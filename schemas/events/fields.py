"""The kinds of values that events are made of: what is accepted, and how JSON Schema says it.

Ids are text, never numbers: 1234 and "1234" would be two orders to one reader and one to another.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field, GetPydanticSchema, PlainValidator, StringConstraints
from pydantic_core import PydanticCustomError, core_schema

from schemas.events.currencies import CURRENCIES
from schemas.instants import END, EPOCH, read_instant

MONEY_LIMIT: Final = 1_000_000_000_000
"""No sum of money reaches this, in any currency."""

_MONEY: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,18})?")
_NO_CONTROLS: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"

Id = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=_NO_CONTROLS)]
"""A name that another system gave: 1 to 256 characters, no control characters."""

CarrierName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f/]*$")]
"""An id without a slash, because a parcel is `<carrier>/<tracking number>`."""

Word = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_NO_CONTROLS)]
"""A short word or name out of an open list."""

Text = Annotated[str, StringConstraints(max_length=65_536)]
"""What a person or a program wrote; may be empty."""

Url = Annotated[str, StringConstraints(min_length=1, max_length=8_192, pattern=_NO_CONTROLS)]

Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]
Measure = Annotated[float, Field(strict=True, ge=0, le=1_000_000_000, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]


def read_money(value: Any) -> Decimal:
    """A sum from a decimal string or a JSON number: not negative, below a million million."""
    if type(value) is str and _MONEY.fullmatch(value):
        return Decimal(value)
    if type(value) in (int, float) and 0 <= value < MONEY_LIMIT:
        return Decimal(repr(value))
    raise PydanticCustomError(
        "money", 'money: a decimal string or number from 0 to below 10^12, with a point, like "12.50"'
    )


def _read_promise(value: Any) -> datetime:
    """An instant in the years that can be stored."""
    try:
        instant = read_instant(value) if type(value) is str else None
    except ValueError:
        instant = None
    if instant is None or not EPOCH <= instant < END:
        raise PydanticCustomError(
            "instant", "an RFC 3339 instant with an offset, in 1970 to 2199, like 2024-05-02T23:59:59.999+02:00"
        )
    return instant


_MoneyText = Annotated[str, StringConstraints(pattern=f"^{_MONEY.pattern}$")]
_MoneyNumber = Annotated[float, Field(ge=0, lt=MONEY_LIMIT)]
_InstantText = Annotated[str, Field(json_schema_extra={"format": "date-time"})]

Money = Annotated[Decimal, PlainValidator(read_money, json_schema_input_type=_MoneyText | _MoneyNumber)]
"""A decimal string (preferred: it is exact) or number; its currency is beside it."""

Currency = Annotated[
    str,
    GetPydanticSchema(
        lambda _source, _handler: core_schema.custom_error_schema(
            core_schema.literal_schema(sorted(CURRENCIES)),
            custom_error_type="currency",
            custom_error_message="an ISO 4217 code in capitals, like EUR",
        )
    ),
]

Instant = Annotated[datetime, PlainValidator(_read_promise, json_schema_input_type=_InstantText)]
"""A moment, as RFC 3339 text with an offset."""
