"""What service events say."""

from collections.abc import Callable, Mapping
from uuid import UUID

from schemas.aliases import Kind
from services.journey.domain import facts as f
from services.journey.domain.reading.reader import Reader


def _ticket_opened(event: Reader) -> None:
    opened = f.TicketOpened(
        *event.name, channel=event.text("channel"), topic=event.text("topic"), order_id=event.text("order_id")
    )
    event.tell(Kind.TICKET, opened)
    event.tell(Kind.ORDER, f.TicketNamedOrder(*event.name, ticket_id=event.text("ticket_id"), topic=opened.topic))
    _ticket_kinship(event)


def _ticket_replied(event: Reader) -> None:
    event.tell(Kind.TICKET, f.TicketReplied(*event.name, by=event.text("by")))
    _ticket_kinship(event)


def _ticket_solved(event: Reader) -> None:
    event.tell(Kind.TICKET, f.TicketSolved(*event.name))
    _ticket_kinship(event)


def _ticket_reopened(event: Reader) -> None:
    event.tell(Kind.TICKET, f.TicketReopened(*event.name))
    _ticket_kinship(event)


def _survey_answered(event: Reader) -> None:
    scale = event.data.get("scale")
    answered = f.SurveyAnswered(
        *event.name,
        survey=event.text("survey"),
        score=float(event.data.get("score") or 0),
        scale=None if scale is None else float(scale),
        order_id=event.text("order_id"),
        ticket_id=event.text("ticket_id"),
    )
    event.home().entity.facts.append(answered)


def _feedback_posted(event: Reader) -> None:
    posted = f.FeedbackPosted(
        *event.name,
        where=event.text("where"),
        sentiment=event.text("sentiment"),
        order_id=event.text("order_id"),
        ticket_id=event.text("ticket_id"),
    )
    event.home().entity.facts.append(posted)


def _action_taken(event: Reader) -> None:
    taken = f.ActionTaken(
        *event.name,
        action=event.text("action"),
        pain_point_id=_uuid(event.text("pain_point_id")),
        plan=event.text("plan"),
        by=event.text("by"),
        note=event.text("note"),
        order_id=event.text("order_id"),
    )
    event.home().entity.facts.append(taken)


def _ticket_kinship(event: Reader) -> None:
    parents = [event.named[k] for k in (Kind.CUSTOMER, Kind.ORDER) if k in event.named]
    if Kind.TICKET in event.named:
        event.link(event.named[Kind.TICKET], *parents)


TELLERS: Mapping[str, Callable[[Reader], None]] = {
    "service.ticket.opened": _ticket_opened,
    "service.ticket.replied": _ticket_replied,
    "service.ticket.solved": _ticket_solved,
    "service.ticket.reopened": _ticket_reopened,
    "service.survey.answered": _survey_answered,
    "service.feedback.posted": _feedback_posted,
    "service.action.taken": _action_taken,
}
"""What each type of event tells."""


def _uuid(text: str) -> str:
    """However it was written; "" when it is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""
