"""The naive model: all events of a shop in memory, sorted, judged by the definitions alone, plain and slow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from support.naive import pain_of_care, pain_of_orders, pain_of_visits
from support.naive.chains import roots
from support.naive.events import Event, read
from support.naive.journeys import Journey, journeys
from support.naive.limits import Limits
from support.naive.orders import Order
from support.naive.pain import Pain
from support.naive.parcels import Parcel
from support.naive.shop import Shop

KINDS: Mapping[str, Callable[[Shop], Iterator[Pain]]] = {
    "cart_abandoned": pain_of_visits.cart_abandoned,
    "checkout_abandoned": pain_of_visits.checkout_abandoned,
    "payment_failed": pain_of_visits.payment_failed,
    "site_error": pain_of_visits.site_error,
    "slow_pages": pain_of_visits.slow_pages,
    "search_dead_end": pain_of_visits.search_dead_end,
    "out_of_stock": pain_of_visits.out_of_stock_met,
    "approval_delayed": pain_of_orders.approval_delayed,
    "fulfilment_delayed": pain_of_orders.fulfilment_delayed,
    "never_scanned": pain_of_orders.never_scanned,
    "parcel_stalled": pain_of_orders.parcel_stalled,
    "delivery_late": pain_of_orders.delivery_late,
    "delivery_attempt_failed": pain_of_orders.delivery_attempt_failed,
    "parcel_lost": pain_of_orders.parcel_lost,
    "parcel_damaged": pain_of_orders.parcel_damaged,
    "refund_delayed": pain_of_orders.refund_delayed,
    "ticket_unanswered": pain_of_care.ticket_unanswered,
    "ticket_unresolved": pain_of_care.ticket_unresolved,
    "repeat_contact": pain_of_care.repeat_contact,
    "low_score": pain_of_care.low_score,
}
"""Every kind but `churn_risk`, which looks at the others, and the feeds' and the estimates'."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is so at `now`."""

    shop: Shop
    persons: Mapping[str, str]
    orders: list[Order]
    parcels: list[Parcel]
    surveys: list[Event]
    journeys: list[Journey]
    pains: list[Pain]
    roots: Mapping[UUID, UUID]


def naive(
    events: Iterable[Mapping[str, Any]],
    now: datetime,
    limits: Limits | None = None,
    *,
    shop: str,
    kinds: Iterable[str] = (*KINDS, "churn_risk"),
) -> Truth:
    """What a shop's events (CloudEvents as dicts) mean at `now`; chains are told among the chosen kinds."""
    view = Shop(shop, read(events), now, limits or Limits())
    chosen = set(kinds)
    pains = [pain for kind, found in KINDS.items() if kind in chosen for pain in found(view)]
    if "churn_risk" in chosen:
        pains += pain_of_care.churn_risk(view, pains)
    return Truth(
        shop=view,
        persons=view.persons,
        orders=[order for order in view.orders if order.was_placed],
        parcels=view.parcels,
        surveys=view.of("service.survey.answered"),
        journeys=journeys(view, pains),
        pains=pains,
        roots=roots(pains, view.limits.chain_memory),
    )
