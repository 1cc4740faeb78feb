"""Reads `rules.yaml`: the limits of every kind of pain point, and each shop's overrides."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from schemas.shops import Shops, is_glob
from services.journey.adapters.lanes_file import load_lanes
from services.journey.adapters.values import Keys, read_duration, read_mapping, read_number
from services.journey.domain.pain import RULES, delivery_at_risk
from services.journey.domain.pain.spell import Limits
from services.journey.domain.rules import ENABLED, Override, Rules
from services.runtime.config import ConfigError, Document, config_folder, read_yaml

CONDITIONS = frozenset({"shop", "carrier", "service_level", "destination", "feed"})
"""What an override may depend on."""


def load_rules(shops: Shops, folder: Path | None = None) -> Rules:
    """The rules of `rules.yaml`, `shops.yaml` and `lanes.yaml`. Raises ConfigError naming file, line and key."""
    folder = folder or config_folder()
    document = read_yaml(folder / "rules.yaml")
    kinds = read_mapping(document, (), document.values).get("kinds")
    defaults = dict(_defaults(document, read_mapping(document, ("kinds",), kinds)))
    risk = delivery_at_risk.RULE.kind
    defaults[risk] = {**load_lanes(folder), **defaults[risk]}
    overrides = [*_overrides(document), *_shop_overrides(folder, shops)]
    return Rules(defaults, tuple(overrides))


def _defaults(document: Document, kinds: Mapping[str, Any]) -> Iterator[tuple[str, Limits]]:
    for kind in kinds:
        _known_kind(document, ("kinds", kind), kind)
    for kind, rule in RULES.items():
        at: Keys = ("kinds", kind)
        given = _limits(document, at, kind, kinds[kind]) if kind in kinds else {}
        if missing := (rule.limits | rule.numbers) - given.keys():
            wanted = ", ".join(f"{name}: …" for name in sorted(missing))
            raise document.error(at, f"it has no default for {', '.join(sorted(missing))}: write {kind}: {{{wanted}}}")
        yield kind, {ENABLED: 1, **given}


def _overrides(document: Document) -> Iterator[Override]:
    entries = read_mapping(document, (), document.values).get("overrides") or []
    if not isinstance(entries, list):
        raise document.error(("overrides",), "expected a list of entries with `where` and `kinds`")
    for index, entry in enumerate(entries):
        at: Keys = ("overrides", index)
        where = read_mapping(document, (*at, "where"), read_mapping(document, at, entry).get("where"))
        for name in where:
            if name not in CONDITIONS:
                raise document.error((*at, "where", name), f"expected one of {', '.join(sorted(CONDITIONS))}")
        named = {name: str(glob) for name, glob in where.items()}
        yield from _kinds(document, (*at, "kinds"), entry.get("kinds"), named)


def _shop_overrides(folder: Path, shops: Shops) -> Iterator[Override]:
    document = read_yaml(folder / "shops.yaml") if any(shop.rules for shop in shops.declared) else None
    for shop in shops.declared:
        if document is not None and shop.rules:
            closer = tuple(other.name for other in shops.declared if _is_closer(other.name, shop.name))
            for override in _kinds(document, (shop.name, "rules"), shop.rules, {"shop": shop.name}):
                yield replace(override, but=closer)


def _is_closer(name: str, than: str) -> bool:
    """Whether a shop that fits both names is declared by the first: an exact one, else the longer glob."""
    return name != than and (not is_glob(name) or (is_glob(than) and len(name) > len(than)))


def _kinds(document: Document, at: Keys, kinds: object, where: Mapping[str, str]) -> Iterator[Override]:
    for kind, given in read_mapping(document, at, kinds).items():
        if kind not in RULES and given == {ENABLED: False}:
            continue  # what there is not is off already
        _known_kind(document, (*at, kind), kind)
        yield Override(kind, where, _limits(document, (*at, kind), kind, given))


def _limits(document: Document, at: Keys, kind: str, given: object) -> dict[str, int]:
    found = {}
    for name, value in read_mapping(document, at, given).items():
        found[str(name)] = _reader(document, (*at, name), kind, name)(document, (*at, name), value)
    return found


def _reader(document: Document, at: Keys, kind: str, name: str) -> Callable[[Document, Keys, object], int]:
    if name == ENABLED:
        return _switch
    if name in RULES[kind].numbers:
        return read_number
    if name in RULES[kind].limits:
        return read_duration
    known = ", ".join(sorted((*RULES[kind].limits, *RULES[kind].numbers, ENABLED)))
    raise document.error(at, f"{kind} has no such limit; it has {known}")


def _switch(document: Document, at: Keys, value: object) -> int:
    if not isinstance(value, bool):
        raise document.error(at, f"given {value!r}, expected true or false")
    return int(value)


def _known_kind(document: Document, at: Keys, kind: str) -> None:
    if kind not in RULES:
        raise _unknown(document, at)


def _unknown(document: Document, at: Keys) -> ConfigError:
    return document.error(at, f"no such pain point; there are {', '.join(RULES)}")
