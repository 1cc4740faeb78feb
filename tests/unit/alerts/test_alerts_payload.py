import json

import msgspec
from support.alert_rows import DAY, NOON, key, pain_point

from services.alerts.domain.announcements import Announcement, Notice
from services.alerts.domain.lifecycle import Event
from services.alerts.domain.payload import body, labelled_test, webhook_id

ROW = pain_point()
FIRING = Notice(Event.FIRING, NOON, ROW, {"default": ""})
KNOWN = Announcement(key("late"), "main", 1, "open", NOON, NOON, (FIRING,))


def test_the_id_is_made_of_event_and_dedup_key_without_a_full_stop() -> None:
    assert webhook_id(key("late"), Event.FIRING) == f"firing_{key('late')}"


def test_a_notification_holds_all_that_is_needed_to_act() -> None:
    assert json.loads(body(KNOWN, FIRING)) == {
        "type": "pain_point.firing",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "data": {
            "dedup_key": str(key("late")),
            "shop": "main",
            "already_over": False,
            "reason": "",
            "pain_point": {
                "id": str(key("late")),
                "version": 1,
                "kind": "delivery_late",
                "entity": "order:A-1",
                "stage": "deliver",
                "severity": "high",
                "status": "open",
                "happened_at": "2023-11-14T22:13:20.000Z",
                "detected_at": "2023-11-14T22:13:20.000Z",
                "ended_at": None,
                "act_before": "2023-11-15T22:13:20.000Z",
                "cause": "",
                "root_id": str(key("root")),
                "playbook": "Tell the customer before they ask.",
                "evidence": [str(key("evidence"))],
                "value_at_risk": "120.50",
                "currency": "EUR",
                "order_id": "A-1",
                "journey_id": None,
                "person_id": "customer:c1",
                "factors": {"carrier": "dhl"},
            },
        },
    }
    assert ROW.act_before == NOON + DAY


def test_a_beginning_that_arrives_after_the_end_says_so() -> None:
    over = msgspec.structs.replace(KNOWN, status="resolved")

    assert json.loads(body(over, FIRING))["data"]["already_over"] is True


def test_a_retraction_says_why() -> None:
    row = pain_point(status="retracted", reason="delivered before the promise")

    message = json.loads(body(KNOWN, Notice(Event.RETRACTED, NOON, row, {"default": ""})))

    assert (message["type"], message["data"]["reason"]) == ("pain_point.retracted", "delivered before the promise")


def test_a_test_cannot_be_mistaken_for_a_pain_point() -> None:
    assert json.loads(labelled_test("default", NOON))["type"] == "waypost.test"
