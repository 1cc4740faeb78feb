"""Files of events: each event gets its answer, and a person's timeline tells what came of them."""

import json
from pathlib import Path

import pytest
from support.installation import Installation

pytestmark = pytest.mark.timeout(600)


def event(id_: str, type_: str, time: str, **data: object) -> str:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": id_,
            "source": "files",
            "type": type_,
            "time": time,
            "shop": "replay-files",
            "data": data,
        }
    )


PLACED = event(
    "placed",
    "storefront.order.placed",
    "2024-03-01T10:00:00Z",
    order_id="F-1",
    customer_id="f1",
    total="10.00",
    currency="EUR",
    promised_by="2024-03-05T10:00:00Z",
)
VIEWED = event(
    "viewed", "storefront.page.viewed", "2024-03-01T09:50:00Z", customer_id="f1", url="https://shop.example/"
)


def test_each_event_of_a_file_gets_its_answer(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    lines = (VIEWED, f"[{PLACED}, {event('wrong', 'storefront.order.placed', '2024-03-01T10:00:00Z')}]", "oops", VIEWED)
    file.write_text("\n".join(lines) + "\n")

    sent = installation.call("send", str(file), "--format", "json")
    forced = installation.call("send", str(file), "--format", "json", "--force")

    def answers(text: str) -> list[tuple[object, ...]]:
        told = [json.loads(line) for line in text.splitlines()]
        return [(line["line"], line["index"], line["answer"], line["reason"]) for line in told]

    assert answers(sent.stdout) == [
        (1, 0, "stored", ""),
        (2, 0, "stored", ""),
        (2, 1, "not sent", "invalid_data"),
        (3, 0, "not sent", "not_json"),
        (4, 0, "duplicate", ""),
    ]
    assert answers(forced.stdout) == [
        (1, 0, "duplicate", ""),
        (2, 0, "duplicate", ""),
        (2, 1, "rejected", "invalid_data"),
        (3, 0, "rejected", "not_json"),
        (4, 0, "duplicate", ""),
    ]
    assert (sent.returncode, forced.returncode) == (1, 1)


def test_recorded_events_drive_their_shops_clock_and_show_in_a_timeline(
    installation: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "recorded.json"
    file.write_text(f"[{VIEWED}, {PLACED}]")
    until = ("--until", "2024-03-05T10:00:00.001Z")
    installation.waypost("replay", "events", str(file), "--shop", "replay-recorded", *until, "--wait")

    told = json.loads(installation.waypost("journey", "order:F-1", "--shop", "replay-recorded", "--format", "json"))
    assert (told["shop"], told["person_id"]) == ("replay-recorded", "customer:f1")
    assert [(entry["at"], entry["what"], entry["name"]) for entry in told["timeline"]] == [
        ("2024-03-01T09:50:00.000Z", "event", "storefront.page.viewed"),
        ("2024-03-01T10:00:00.000Z", "event", "storefront.order.placed"),
        ("2024-03-01T10:00:00.000Z", "promise", "promised"),
        ("2024-03-03T10:00:00.000Z", "pain_point", "approval_delayed"),
        ("2024-03-05T10:00:00.000Z", "promised", "promise due"),
        ("2024-03-05T10:00:00.000Z", "pain_point", "delivery_late"),
    ]


def test_an_unknown_alias_is_said_to_be_unknown(installation: Installation) -> None:
    done = installation.call("journey", "order:never-heard-of")
    assert done.returncode == 1
    assert "nobody is known by order:never-heard-of" in done.stderr
