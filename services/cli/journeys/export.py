"""A story as plain data, whole: for programs. Fields are added, never renamed or taken away."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.cli.journeys.chapters import Entry, What, chapters
from services.cli.journeys.story import Event, PainPoint, Promise, Retraction, Story
from services.cli.journeys.wording import verdict

_NAMES = {What.PROMISE: "promised", What.PROMISED: "promise due"}


def plain(story: Story, *, retracted: bool = False) -> dict[str, Any]:
    """Journeys with their stages, and a timeline in event time, each entry with its journey; instants in UTC."""
    told = chapters(story, retracted=retracted)
    timeline = [
        {"at": entry.at, **_entry(story, entry), "journey_id": chapter.journey and chapter.journey.journey_id}
        for chapter in told
        for entry in chapter.entries
        if entry.what is not What.STAGE
    ]
    timeline.sort(key=lambda entry: entry["at"])
    whole: dict[str, Any] = {
        "shop": story.person.shop,
        "person_id": story.person.id,
        "aliases": story.aliases,
        "clock": story.clock,
        "journeys": [_record(journey) for journey in story.journeys],
        "timeline": timeline,
    }
    if retracted:
        whole["retracted"] = [_record(gone) for gone in story.retracted]
    return {name: _plain(each) for name, each in whole.items()}


def _entry(story: Story, entry: Entry) -> dict[str, Any]:
    match entry.about:
        case Event() as event:
            return {"what": entry.what, "name": event.type, **_record(event)}
        case Promise() as promise:
            orders = {order.order_id: order for order in story.orders}
            kept = verdict(promise, orders.get(promise.order_id), story.clock)[0]
            return {"what": entry.what, "name": _NAMES[entry.what], **_record(promise), "kept": kept}
        case PainPoint() as pain:
            name = f"{pain.kind} ended" if entry.what is What.RELIEF else pain.kind
            return {"what": entry.what, "name": name, **_record(pain)}
        case Retraction() as gone:
            return {"what": entry.what, "name": gone.kind, **_record(gone)}
        case str(stage):
            return {"what": entry.what, "name": stage}


def _record(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _plain(value: Any) -> Any:
    """What JSON can hold: instants as RFC 3339 with milliseconds, money as text."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case UUID() | Decimal():
            return str(value)
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value
