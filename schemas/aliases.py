"""Aliases, the cells they name, and the partition a cell lives in.

An alias names one thing of a shop (`order:A-1`, `session:s9`). A cell key is the alias behind its shop,
`main/order:A-1`; a parcel's has no shop (`/parcel:dhl/00340`), since a carrier does not know it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from struct import unpack_from

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995
_SEED = 0x9747B28C


class Kind(StrEnum):
    """What an alias names."""

    CUSTOMER = "customer"
    ANONYMOUS = "anonymous"
    SESSION = "session"
    CART = "cart"
    CHECKOUT = "checkout"
    ORDER = "order"
    PARCEL = "parcel"
    TICKET = "ticket"
    FEED = "feed"  # a source or a carrier; no event names it, each is heard from one


FIELDS: Mapping[Kind, str] = {
    Kind.CUSTOMER: "customer_id",
    Kind.ANONYMOUS: "anonymous_id",
    Kind.SESSION: "session_id",
    Kind.CART: "cart_id",
    Kind.CHECKOUT: "checkout_id",
    Kind.ORDER: "order_id",
    Kind.TICKET: "ticket_id",
}
"""The data field that carries each alias; a parcel's are `carrier` and `tracking_number`."""

_PREFIXED = tuple((kind, f"{kind.value}:", field) for kind, field in FIELDS.items())
"""The same with the prefix at hand: every event asks for all of them, and an enum's value is slow to read."""

_DEFAULT = (
    Kind.PARCEL,
    Kind.ORDER,
    Kind.CHECKOUT,
    Kind.CART,
    Kind.TICKET,
    Kind.SESSION,
    Kind.ANONYMOUS,
    Kind.CUSTOMER,
)
_VISIT = (
    Kind.SESSION,
    Kind.ANONYMOUS,
    Kind.CUSTOMER,
    Kind.CHECKOUT,
    Kind.CART,
    Kind.ORDER,
    Kind.TICKET,
    Kind.PARCEL,
)
_HOMES: Mapping[str, tuple[Kind, ...]] = {
    "storefront.page.viewed": _VISIT,
    "storefront.search.performed": _VISIT,
    "storefront.product.viewed": _VISIT,
    "storefront.error.occurred": _VISIT,
    "storefront.customer.identified": (Kind.ANONYMOUS, *_VISIT),
    "storefront.cart.updated": (Kind.CART,),
    "storefront.checkout.started": (Kind.CHECKOUT,),
    "storefront.checkout.step_completed": (Kind.CHECKOUT,),
    "storefront.payment.failed": (Kind.ORDER, Kind.CHECKOUT),
    "storefront.payment.succeeded": (Kind.ORDER, Kind.CHECKOUT),
    "logistics.order.packed": (Kind.ORDER,),
    "logistics.return.registered": (Kind.ORDER,),
    "logistics.return.received": (Kind.ORDER,),
    "service.ticket.opened": (Kind.TICKET,),
    "service.ticket.replied": (Kind.TICKET,),
    "service.ticket.solved": (Kind.TICKET,),
    "service.ticket.reopened": (Kind.TICKET,),
    "service.survey.answered": (Kind.ORDER, Kind.TICKET, *_VISIT),
    "service.feedback.posted": (Kind.ORDER, Kind.TICKET, *_VISIT),
}
"""Where an event goes first: the kinds of alias to look for, the one it is about in front."""


_KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}


def alias(kind: Kind, name: str) -> str:
    """`order:A-1`."""
    return f"{kind.value}:{name}"


def parcel_alias(carrier: str, tracking_number: str) -> str:
    """`parcel:<carrier>/<tracking number>`."""
    return f"parcel:{carrier}/{tracking_number}"


def kind_of(alias_: str) -> Kind:
    """The kind an alias begins with. Raises `ValueError` for anything else."""
    found = _KINDS.get(alias_[: alias_.find(":")])
    return found if found is not None else Kind(alias_.partition(":")[0])


def name_of(alias_: str) -> str:
    """What follows the kind: the id, or `<carrier>/<number>`."""
    return alias_.partition(":")[2]


def cell_key(shop: str, alias_: str) -> str:
    """The key of an alias's cell; a parcel's cell belongs to no shop."""
    return f"/{alias_}" if alias_.startswith("parcel:") else f"{shop}/{alias_}"


def split_cell_key(key: str) -> tuple[str, str]:
    """(shop, alias) of a cell key; the shop is empty for parcels."""
    shop, _, alias_ = key.partition("/")
    return shop, alias_


def named(data: Mapping[str, object]) -> dict[Kind, str]:
    """Every alias that an event's data names, by kind."""
    found = {kind: f"{prefix}{value}" for kind, prefix, field in _PREFIXED if (value := data.get(field))}
    if (carrier := data.get("carrier")) and (number := data.get("tracking_number")):
        found[Kind.PARCEL] = parcel_alias(str(carrier), str(number))
    return found


def home(type_: str, aliases: Mapping[Kind, str]) -> str | None:
    """The alias whose cell an event goes to first, or None when it names none."""
    for kind in _search_order(type_):
        if kind in aliases:
            return aliases[kind]
    return None


def search_order(type_: str) -> list[tuple[str, str, str]]:
    """Where `home` looks: (prefix, field, second field or "") of each kind of alias, the first to count in front."""
    return [
        (f"{kind.value}:", "carrier", "tracking_number")
        if kind is Kind.PARCEL
        else (f"{kind.value}:", FIELDS[kind], "")
        for kind in _search_order(type_)
    ]


@lru_cache(1024)
def _search_order(type_: str) -> tuple[Kind, ...]:
    first: Iterable[Kind] = _HOMES.get(type_, ())
    return tuple(dict.fromkeys((*first, *_DEFAULT)))


@lru_cache(131072)
def partition_of(key: str, partitions: int) -> int:
    """The partition of a cell in every keyed internal topic: murmur2 as Kafka's own clients compute it."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Kafka's murmur2 (32 bits, seed 0x9747b28c), unsigned."""
    length = len(data)
    h = _SEED ^ length
    for k in unpack_from(f"<{length >> 2}I", data):
        k = (k * _M) & _MASK
        h = (((k ^ (k >> 24)) * _M) & _MASK) ^ ((h * _M) & _MASK)
    tail = data[length & ~3 :]
    if tail:
        h = ((h ^ int.from_bytes(tail, "little")) * _M) & _MASK
    h = ((h ^ (h >> 13)) * _M) & _MASK
    return h ^ (h >> 15)
