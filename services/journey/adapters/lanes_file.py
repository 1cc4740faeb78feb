"""Reads `lanes.yaml`: how long parcels usually take, by carrier, service level, origin and destination."""

from pathlib import Path
from typing import Final

from services.journey.adapters.values import Keys, read_duration, read_mapping, read_number
from services.journey.domain.pain.delivery_at_risk import lane_name
from services.journey.domain.pain.spell import Limits
from services.runtime.config import Document, read_yaml

WORDS: Final = ("carrier", "service_level", "origin", "destination")
"""What makes a lane; an empty word is one that registrations did not give."""
_KEYS: Final = (*WORDS, "parcels", "transit_p80")


def load_lanes(folder: Path) -> Limits:
    """The limits of `lanes.yaml`, none where the file is absent or empty. Raises ConfigError."""
    path = folder / "lanes.yaml"
    if not path.exists():
        return {}
    document = read_yaml(path)
    if document.values is None:
        return {}
    values = read_mapping(document, (), document.values)
    for key in values:
        if key != "lanes":
            raise document.error((key,), "an unknown key; there is only lanes")
    entries = values.get("lanes") or []
    if not isinstance(entries, list):
        raise document.error(("lanes",), f"expected a list of entries with {', '.join(_KEYS)}")
    found: dict[str, int] = {}
    for index, entry in enumerate(entries):
        name, transit = _lane(document, ("lanes", index), entry)
        if name in found:
            raise document.error(("lanes", index), "this lane is there twice")
        found[name] = transit
    return found


def _lane(document: Document, at: Keys, entry: object) -> tuple[str, int]:
    given = read_mapping(document, at, entry)
    for key in given:
        if key not in _KEYS:
            raise document.error((*at, key), f"an unknown key; there are {', '.join(_KEYS)}")
    for key in ("carrier", "transit_p80"):
        if key not in given:
            raise document.error(at, f"{key} is missing")
    read_number(document, (*at, "parcels"), given.get("parcels", 0))
    words = (_word(document, (*at, key), given.get(key, "")) for key in WORDS)
    return lane_name(*words), read_duration(document, (*at, "transit_p80"), given["transit_p80"])


def _word(document: Document, at: Keys, value: object) -> str:
    if not isinstance(value, str):
        raise document.error(at, f"given {value!r}, expected a text; put numbers in quotes")
    return value
