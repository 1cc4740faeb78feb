"""What cells write to one another, through the log like everything else."""

import msgspec

from schemas.rows import PainPointRow
from services.journey.domain.entity import Entity
from services.journey.domain.reading import Link

Path = tuple[int, ...]
"""Epochs from a unit's own cell up to the sender: the longer-lived claim compares greater."""


class Letter(msgspec.Struct, frozen=True, array_like=True):
    """To the cell of that key."""

    to: str


class Mention(Letter, frozen=True, tag="mention"):
    """An event at another cell said this of you."""

    entity: Entity
    links: list[Link]


class Report(Letter, frozen=True, tag="report"):
    """A child to its parent: facts of a unit, all of them after a change of parent, else what is new."""

    unit: str  # alias
    path: Path
    members: dict[str, Entity]  # alias -> facts


class Release(Letter, frozen=True, tag="release"):
    """A child to the parent it leaves: hand the unit over to its heir, unless you hold a newer claim."""

    unit: str
    path: Path
    heir: str  # cell key


class Handover(Letter, frozen=True, tag="handover"):
    """An old root to the new one: what was published of a unit, so that it is continued, not repeated."""

    unit: str
    path: Path
    version: int
    rows: dict[str, bytes]
    pains: list[PainPointRow]


class Farewell(Letter, frozen=True, tag="farewell"):
    """A root to a cell below it: what is known of a unit up to an instant (ms) is over for good.

    The unit's own cell keeps a marker that tells repeats, and tells the cells on the way up.
    """

    unit: str
    until: int


class Silence(Letter, frozen=True, tag="silence"):
    """A feed's cell to every partition: since when it is silent (ms), None when it is heard again."""

    since: int | None


class Recall(Letter, frozen=True, tag="recall"):
    """A partition to itself: go on looking at those who wait for the word of a feed, behind this one."""

    after: str  # key of a root's cell


class Wake(Letter, frozen=True, tag="wake"):
    """A partition to itself: go on looking at those for whom the time of a clock has come."""


AnyLetter = Mention | Report | Release | Handover | Farewell | Silence | Recall | Wake

read_letters = msgspec.msgpack.Decoder(list[AnyLetter]).decode
"""The letters of a message. Raises `msgspec.DecodeError`: our own bug, never bad data."""
