"""The data sets that can be replayed, by name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli.replays import olist, rees46, retail
from services.cli.replays.event import SentEvent

Translate = Callable[[Path, str], Iterator[SentEvent]]


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set: its usual shop, and how a directory of it becomes events in order of time."""

    shop: str
    about: str
    translate: Translate


DATA_SETS: Mapping[str, DataSet] = {
    "olist": DataSet("olist", "Olist's Brazilian marketplace: orders, parcels and reviews, 2016 to 2018", olist.events),
    "retail": DataSet(
        "retail", "Online Retail: a British shop's invoices and credit notes, 2010 to 2011", retail.events
    ),
    "rees46": DataSet("rees46", "REES46: what visitors of a storefront viewed, put in carts and bought", rees46.events),
}
