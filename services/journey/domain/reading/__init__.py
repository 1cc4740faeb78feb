"""What an event says: about whom, and who belongs to whom.

An event goes to the cell of the thing it is about (`home`); what it says of other things goes on to theirs.
"""

import msgspec

from schemas.wire import EventItem
from services.journey.domain.reading import logistics, service, storefront
from services.journey.domain.reading.reader import Account, Link, Reader, Reading

__all__ = ["Account", "Link", "Reading", "read"]

_TELLERS = {**storefront.TELLERS, **logistics.TELLERS, **service.TELLERS}


def read(item: EventItem) -> Reading:
    """Turn an accepted event into what it says of each cell. Every account is non-empty but the home's may be."""
    event = Reader(item, msgspec.json.decode(item.data))
    if tell := _TELLERS.get(item.type):
        tell(event)
    event.checkout_activity()
    if item.type.startswith("storefront."):
        event.visit()
        event.kinship()
    return Reading(item.cell, event.accounts)
