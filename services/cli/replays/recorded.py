"""Recorded events: files of CloudEvents, replayed in their own order."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from services.cli.replays.event import SentEvent

_one = msgspec.json.Decoder(SentEvent).decode
_many = msgspec.json.Decoder(list[SentEvent]).decode


def events(files: Iterable[Path], shop: str = "") -> Iterator[SentEvent]:
    """The events of the files, each a JSON array, or an event or array a line; in their order.

    `shop` replays them as another: shop, source and carrier are then named after it, so that they meet nothing of the
    shop they were recorded from. Raises `ValueError` naming file and line of what is no event.
    """
    for file in files:
        for event in _read(file):
            yield renamed(event, shop) if shop else event


def renamed(event: SentEvent, shop: str) -> SentEvent:
    """The same event as another shop's."""
    data = dict(event.data)
    if "carrier" in data:
        data["carrier"] = f"{shop}-{data['carrier']}"
    return msgspec.structs.replace(event, shop=shop, source=f"{shop}/{event.source}", data=data)


def only_shop(found: Iterable[SentEvent]) -> str:
    """The one shop that events name; a tick moves one clock. Raises `ValueError` when there are several, or none."""
    shops = {event.shop for event in found} - {""}
    if len(shops) != 1:
        named = ", ".join(sorted(shops)) or "none"
        raise ValueError(f"the events name {named} as their shop; --shop says as which one to replay them")
    return shops.pop()


def _read(file: Path) -> Iterator[SentEvent]:
    text = file.read_bytes()
    if text.lstrip()[:1] == b"[":
        try:
            yield from _many(text)
        except msgspec.DecodeError:
            yield from _lines(file, text)
    else:
        yield from _lines(file, text)


def _lines(file: Path, text: bytes) -> Iterator[SentEvent]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield from _many(line) if line.lstrip()[:1] == b"[" else [_one(line)]
        except msgspec.DecodeError as error:
            raise ValueError(f"{file}, line {number}: no event ({error}); `waypost check` says more") from error
