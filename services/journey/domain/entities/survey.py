"""A survey answer or a word in public: each is its event."""

from dataclasses import dataclass

from schemas.ids import event_id
from services.journey.domain import facts as f


@dataclass(frozen=True, slots=True)
class Survey:
    """An answer, with the order it speaks of (its own, else its ticket's)."""

    fact: f.SurveyAnswered | f.FeedbackPosted
    order_id: str

    @property
    def alias(self) -> str:
        """`event:<event id>`."""
        return f"event:{event_id(self.fact.source, self.fact.id)}"

    def is_low(self, share: float) -> bool:
        """At most `share` percent of the scale; nps up to 6; feedback that is bad."""
        if isinstance(self.fact, f.FeedbackPosted):
            return self.fact.sentiment == "bad"
        if self.fact.survey == "nps":
            return self.fact.score <= 6
        return self.fact.scale is not None and self.fact.score * 100 <= share * self.fact.scale

    @property
    def is_lowest(self) -> bool:
        """The lowest score there is: 0 for nps, else 1."""
        if isinstance(self.fact, f.FeedbackPosted):
            return False
        return self.fact.score <= (0 if self.fact.survey == "nps" else 1)
