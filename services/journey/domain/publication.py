"""The difference between what holds and what was published."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from uuid import UUID

import msgspec

from schemas.rows import (
    ActionRow,
    AnyRow,
    JourneyRow,
    OrderRow,
    PainPointRow,
    ParcelRow,
    PersonRow,
    PromiseRow,
    SurveyRow,
)
from services.journey.domain.cell import Unit, pain_key
from services.journey.domain.retraction import NO_NEWS, News, retracted

RUN_SHIFT = 40
PARTITION_BITS = 7
"""A version is `run << 40 | counter << 7 | partition`: a rebuild raises the run; no two partitions make the same."""


_pack = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Edition:
    """Where in the log a publication is made: what makes its version."""

    run: int
    partition: int
    offset: int

    def above(self, version: int) -> int:
        """The version of a publication that follows `version`; its counter is at least the message's offset."""
        low = version & ((1 << RUN_SHIFT) - 1) if version >> RUN_SHIFT == self.run else 0
        counter = max(low >> PARTITION_BITS, self.offset) + 1
        return self.run << RUN_SHIFT | counter << PARTITION_BITS | self.partition


@dataclass(frozen=True, slots=True)
class Told:
    """All that holds of a unit."""

    rows: Mapping[str, AnyRow] = field(default_factory=dict)  # by key
    pains: Mapping[UUID, PainPointRow] = field(default_factory=dict)  # by id


@dataclass(slots=True)
class Changed:
    """What of a unit may differ from what was published; `all` when nobody knows."""

    all: bool = False
    rows: set[str] = field(default_factory=set)  # keys
    pains: set[UUID] = field(default_factory=set)  # ids


EVERYTHING = Changed(all=True)


def publish(
    unit: Unit, shop: str, told: Told, changed: Changed, at: Edition, learned: News = NO_NEWS
) -> tuple[list[AnyRow], list[PainPointRow]]:
    """What to publish of a unit so that readers know what holds, in place: the unit remembers it.

    All of it bears one version, above any before. A row that no longer holds is deleted, a pain point that no longer
    holds is retracted, because of what was just learned; both may come back. Nothing is retracted once some of the
    unit's facts were forgotten: then absence shows nothing.
    """
    rows = [row for key in _keys(unit, told, changed) if (row := _differs(unit, shop, key, told.rows.get(key)))]
    ids = _ids(unit, told, changed)
    moved = [new for id_ in ids if (new := _moved(unit.pains.get(pain_key(id_)), told.pains.get(id_)))]
    gone = [pain for id_ in ids if (pain := unit.pains.get(pain_key(id_))) and _disproved(pain, told.pains)]
    disproved = [retracted(pain, learned) for pain in gone] if gone and not _forgetful(unit) else []
    if not (rows or moved or disproved):
        return [], []
    unit.version = at.above(unit.version)
    news = [msgspec.structs.replace(pain, version=unit.version) for pain in (*moved, *disproved)]
    unit.pains.update((pain_key(pain.pain_point_id), pain) for pain in news)
    return [msgspec.structs.replace(row, version=unit.version) for row in rows], news


def _forgetful(unit: Unit) -> bool:
    return any(entity.cut or entity.hidden for entity in unit.members.values())


def _keys(unit: Unit, told: Told, changed: Changed) -> list[str]:
    return sorted({*told.rows, *unit.rows} if changed.all else changed.rows)


def _ids(unit: Unit, told: Told, changed: Changed) -> list[UUID]:
    return sorted({*told.pains, *map(UUID, unit.pains)} if changed.all else changed.pains)


def _differs(unit: Unit, shop: str, key: str, row: AnyRow | None) -> AnyRow | None:
    """What to publish of a row, None when readers know it; the unit remembers it."""
    if row is None:
        return None if unit.rows.pop(key, None) is None else _tombstone(shop, key)
    digest = _digest(row)
    if unit.rows.get(key) == digest:
        return None
    unit.rows[key] = digest
    return row


@dataclass(slots=True)
class Yielded:
    """What a unit published of an entity that turned out to be another order's."""

    rows: dict[str, bytes] = field(default_factory=dict)
    pains: list[PainPointRow] = field(default_factory=list)


def give_up(unit: Unit, foreign: Mapping[str, str]) -> dict[str, Yielded]:
    """Take out of a unit what it published of other orders' parcels, by the alias of the order, in place.

    A number's first life can turn out to be another order's when an older registration arrives; its rows and pain
    points keep their names, so they must change hands, not be deleted.
    """
    given: dict[str, Yielded] = {}
    for alias, heir in foreign.items():
        for key in (f"person:{alias}", f"parcel:{alias.partition(':')[2]}"):
            if key in unit.rows:
                given.setdefault(heir, Yielded()).rows[key] = unit.rows.pop(key)
        for key in [key for key, pain in unit.pains.items() if pain.entity == alias]:
            given.setdefault(heir, Yielded()).pains.append(unit.pains.pop(key))
    return given


def forget_published(unit: Unit, rows: Iterable[str]) -> None:
    """Leave rows of settled journeys as they are: neither withdrawn nor compared any more."""
    for key in rows:
        unit.rows.pop(key, None)


def show_held_back(unit: Unit, at: Edition) -> list[PainPointRow]:
    """What is to be shown of a unit that leaves, in place: what was held back, for nobody will look at it again."""
    held = [pain for pain in unit.pains.values() if pain.held_back]
    if held:
        unit.version = at.above(unit.version)
    shown = [msgspec.structs.replace(pain, held_back=False, version=unit.version) for pain in held]
    unit.pains.update((pain_key(pain.pain_point_id), pain) for pain in shown)
    return shown


def adopt(unit: Unit, version: int, rows: Mapping[str, bytes], pains: Mapping[str, PainPointRow]) -> None:
    """Continue what another root published: above its version, and all of it once more."""
    unit.version = max(unit.version, version)
    unit.rows = dict.fromkeys((*unit.rows, *rows), b"")
    for key, pain in pains.items():
        known = unit.pains.get(key)
        if known is None or known.version <= pain.version:
            unit.pains[key] = pain


def _digest(row: AnyRow) -> bytes:
    return blake2b(_pack(row), digest_size=8).digest()


def _moved(known: PainPointRow | None, pain: PainPointRow | None) -> PainPointRow | None:
    """The pain point as it is to be published, or None when nothing about it is new."""
    if known is None or pain is None:
        return pain
    same = msgspec.structs.replace(pain, detected_at=known.detected_at, version=known.version)
    return None if same == known else same


def _disproved(pain: PainPointRow, pains: Mapping[UUID, PainPointRow]) -> bool:
    return pain.status != "retracted" and pain.pain_point_id not in pains


def _tombstone(shop: str, key: str) -> AnyRow:
    """A deleted row: only its key columns matter."""
    table, _, name = key.partition(":")
    match table:
        case "person":
            return PersonRow(shop=shop, deleted=True, alias=name, person_id="")
        case "order":
            return OrderRow(shop=shop, deleted=True, order_id=name, person_id="", placed_at=0)
        case "parcel":
            return ParcelRow(
                shop=shop, deleted=True, parcel_id=name, order_id="", carrier="", tracking_number="", registered_at=0
            )
        case "promise":
            return PromiseRow(
                shop=shop, deleted=True, promise_id=UUID(name), order_id="", promised_by=0, made_at=0, source=""
            )
        case "survey":
            return SurveyRow(
                shop=shop,
                deleted=True,
                survey_id=UUID(name),
                survey="",
                score=0,
                scale=None,
                person_id="",
                answered_at=0,
            )
        case "action":
            return ActionRow(shop=shop, deleted=True, action_id=UUID(name), action="", taken_at=0)
        case "journey":
            return JourneyRow(
                shop=shop,
                deleted=True,
                journey_id=UUID(name),
                person_id="",
                stage="",
                outcome="",
                started_at=0,
                reached={},
            )
    raise ValueError(f"no such table: {key}")
