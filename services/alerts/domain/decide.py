"""The decision: what a pain point's row means for those who are to be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from schemas.rows import AlertRow, PainPointRow
from services.alerts.domain.announcements import Announcement, Notice
from services.alerts.domain.lifecycle import Event, next_event
from services.alerts.domain.retention import Moment, forgotten
from services.alerts.domain.routes import Policy, Route

NEWS_FOR = timedelta(hours=24)
"""What is older than this when it is found is no news: it is recorded, not sent."""

DECIDED_VERSION = 1
"""Version of an alert's row when it is decided; its outcome's is the time in ms, so always above."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is known after a row, and the notice it led to, if any."""

    known: Announcement
    notice: Notice | None = None

    def rows(self) -> tuple[AlertRow, ...]:
        """The alerts' rows of the notice: one for each receiver."""
        return alert_rows(self.notice) if self.notice else ()


def decide(known: Announcement | None, row: PainPointRow, now: Moment, policy: Policy) -> Decision | None:
    """The decision on a row, given what is known of its pain point; None when it changes nothing.

    A version that is not above the last one seen changes nothing, and neither does one that no route can match.
    """
    if known is None:
        if forgotten(row.detected_at, now) or not policy.may_route(row):
            return None
        known = Announcement(row.pain_point_id, row.shop, row.version, row.status, now.clock, now.appended_at)
    elif row.version <= known.version:
        return None
    notice = _notice(known, row, now, policy)
    after = msgspec.structs.replace(
        known,
        version=row.version,
        status=row.status,
        clock=now.clock,
        appended_at=now.appended_at,
        notices=(*known.notices, notice) if notice else known.notices,
    )
    return Decision(after, notice)


def alert_rows(notice: Notice) -> tuple[AlertRow, ...]:
    """The rows that publish a notice: one for each receiver, pending or recorded."""
    row = notice.row
    return tuple(
        AlertRow(
            shop=row.shop,
            version=DECIDED_VERSION,
            dedup_key=str(row.pain_point_id),
            receiver=receiver,
            event=notice.event.value,
            state="recorded" if recorded else "pending",
            kind=row.kind,
            severity=row.severity,
            pain_point_version=row.version,
            decided_at=notice.decided_at,
            error=recorded,
        )
        for receiver, recorded in notice.to.items()
    )


def _notice(known: Announcement, row: PainPointRow, now: Moment, policy: Policy) -> Notice | None:
    event = next_event(row.status, row.held_back, known.announced())
    if event is None:
        return None
    if firing := known.notice(Event.FIRING):
        return Notice(event, now.appended_at, row, _as_the_firing(firing))
    route = policy.route(row)
    return Notice(event, now.appended_at, row, _receivers(route, row, policy)) if route else None


def _as_the_firing(firing: Notice) -> Mapping[str, str]:
    """An end goes to whom the beginning went."""
    return {receiver: recorded and f"its firing was not sent: {recorded}" for receiver, recorded in firing.to.items()}


def _receivers(route: Route, row: PainPointRow, policy: Policy) -> Mapping[str, str]:
    reason = _why_recorded(route, row, policy)
    return {receiver: reason or policy.unconfigured.get(receiver, "") for receiver in route.receivers}


def _why_recorded(route: Route, row: PainPointRow, policy: Policy) -> str:
    """Why nobody is told, or ""."""
    if not (route.replay or policy.is_live(row.shop)):
        return f"the shop is replayed and route {route.name} does not ask for replays"
    if row.detected_at - row.happened_at > NEWS_FOR // timedelta(milliseconds=1):
        return "older than 24 h at detection"
    return ""
