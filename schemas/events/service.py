"""Events of the help desk, of surveys, and of what staff did about a problem."""

from enum import StrEnum
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.events.base import EventData, OrderId, TicketId
from schemas.events.fields import Measure, Text, Word


class TicketChannel(StrEnum):
    """How a customer reached the help desk."""

    PHONE = "phone"
    EMAIL = "email"
    CHAT = "chat"
    SOCIAL = "social"
    PORTAL = "portal"


class Author(StrEnum):
    """Who wrote in a ticket."""

    AGENT = "agent"
    CUSTOMER = "customer"


class SurveyKind(StrEnum):
    """What a survey measures."""

    CSAT = "csat"
    NPS = "nps"
    CES = "ces"
    REVIEW = "review"


class Sentiment(StrEnum):
    """How feedback sounds."""

    GOOD = "good"
    MIXED = "mixed"
    BAD = "bad"


class _Ticket(EventData):
    ticket_id: TicketId


class TicketOpened(_Ticket):
    """A customer asked for help."""

    channel: TicketChannel = Field(description="How the customer reached the help desk.", examples=["email"])
    topic: Word | None = Field(
        default=None,
        description="What it is about; `damaged` is known to mean a damaged parcel.",
        examples=["where_is_my_order"],
    )
    order_id: OrderId | None = None


class TicketReplied(_Ticket):
    """Somebody wrote in a ticket."""

    by: Author = Field(description="Who wrote.", examples=["agent"])


class TicketSolved(_Ticket):
    """The help desk says that the ticket is solved."""


class TicketReopened(_Ticket):
    """A solved ticket was opened again."""


class SurveyAnswered(EventData):
    """A customer answered a survey or left a rating. Scales begin at 1; only nps runs from 0 to 10 and has none."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"required": ["survey"], "properties": {"survey": {"const": "nps"}}},
            "then": {"properties": {"score": {"maximum": 10}, "scale": {"type": "null"}}},
            "else": {"required": ["scale"], "properties": {"score": {"minimum": 1}, "scale": {"type": "number"}}},
        }
    )

    shown = ("order_id", "scale")

    survey: SurveyKind = Field(description="What is measured.", examples=["csat"])
    score: Measure = Field(description="The answer: 1 to `scale`, for nps 0 to 10.", examples=[4])
    scale: Measure | None = Field(
        default=None,
        ge=2,
        description="The best answer possible; required but for nps, which must not carry it.",
        examples=[5],
    )
    order_id: OrderId | None = None
    ticket_id: TicketId | None = None
    comment: Text | None = Field(default=None, description="What the customer wrote.", examples=["Came two days late."])

    @model_validator(mode="after")
    def _score_is_on_its_scale(self) -> "SurveyAnswered":
        if self.survey is SurveyKind.NPS:
            if self.scale is not None:
                raise PydanticCustomError("scale", "no `scale` for nps, whose answers run from 0 to 10")
            if self.score > 10:
                raise PydanticCustomError("score", "a `score` from 0 to 10 for nps")
        elif self.scale is None:
            raise PydanticCustomError("scale", "a `scale` beside `score`, 2 or more (only nps has none)")
        elif not 1 <= self.score <= self.scale:
            raise PydanticCustomError("score", "a `score` from 1 to `scale`")
        return self


class FeedbackPosted(EventData):
    """A customer said something about the shop, in public or to it."""

    shown = ("customer_id",)

    where: Word = Field(description="Where it was said.", examples=["app_store"])
    sentiment: Sentiment = Field(description="How it sounds.", examples=["bad"])
    order_id: OrderId | None = None
    text: Text | None = Field(default=None, description="What was said.", examples=["Third time it came late."])


class ActionTaken(EventData):
    """Staff did something about a problem, whether a pain point told them or not."""

    shown = ("order_id",)

    action: Word = Field(
        description="What was done; `acknowledged` means seen, nothing done yet.", examples=["voucher_sent"]
    )
    pain_point_id: UUID | None = Field(
        default=None, description="The pain point it was done about.", examples=["5f0c7a5e-3c1b-5d57-9a44-0f6a9a3f7c11"]
    )
    plan: Word | None = Field(default=None, description="The plan it was part of.", examples=["late-apology"])
    by: Word | None = Field(default=None, description="Who did it.", examples=["care-team"])
    note: Text | None = Field(default=None, description="A remark.", examples=["10 EUR voucher"])
