"""Why a checkout was abandoned: the likeliest cause that the facts up to that moment show, with its evidence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from propcache.api import cached_property

from services.journey.domain import facts as f
from services.journey.domain.entities.visit import Checkout, Visit
from services.journey.domain.instants import at_or_after
from services.journey.domain.pain import site_error, slow_pages
from services.journey.domain.pain.spell import Limits
from services.journey.domain.person import Person

F = TypeVar("F", bound=f.Fact)

Evidence = Sequence[f.Fact]
"""What shows a cause; empty when nothing does."""


@dataclass(eq=False)
class Case:
    """An abandoned checkout with its sessions, as they were at one instant."""

    checkout: Checkout
    person: Person
    limits: Limits
    instant: int

    def known(self, facts: Sequence[F]) -> list[F]:
        """Of facts, those up to the instant."""
        return [fact for fact in facts if fact.time <= self.instant]

    @cached_property
    def sessions(self) -> list[Visit]:
        """The sessions that the checkout had been seen in."""
        found = (self.person.session(session_id) for session_id in self.checkout.sessions_until(self.instant))
        return [session for session in found if session is not None]

    def last_word(self, name: str) -> f.CheckoutStepCompleted | None:
        """The last step that said something about a field."""
        said = (step for step in reversed(self.known(self.checkout.steps)) if getattr(step, name) is not None)
        return next(said, None)

    @cached_property
    def began_at(self) -> int:
        """When its first session began, or the checkout itself, if that was before."""
        own = [fact.time for fact in self.checkout.activity[:1]]
        return min([*own, *(at for session in self.sessions if (at := session.began_at) is not None)])


def cause_of(checkout: Checkout, person: Person, limits: Limits, instant: int) -> tuple[str, Evidence]:
    """(cause, what shows it) of a checkout that was abandoned at `instant`; ("unknown", ()) when nothing does."""
    case = Case(checkout, person, limits, instant)
    shown = ((cause, evidence) for cause, look in CAUSES if (evidence := look(case)))
    return next(shown, ("unknown", ()))


def _payment_failed(case: Case) -> Evidence:
    """A decline without a success after it, or in the same millisecond."""
    declines = case.known(case.checkout.declines)[-1:]
    successes = [at for at in case.checkout.successes if at <= case.instant]
    return [decline for decline in declines if at_or_after(successes, decline.time) is None]


def _no_payment_option(case: Case) -> Evidence:
    step = case.last_word("payment_options")
    return [step] if step and step.payment_options == 0 else []


def _site_error(case: Case) -> Evidence:
    """An error on the checkout, or what makes a session suffer from errors."""
    own = case.known(case.checkout.errors)
    return own[:1] or next((e for s in case.sessions if (e := site_error.decisive(case.known(s.errors)))), [])


def _out_of_stock(case: Case) -> Evidence:
    return next((items[:1] for session in case.sessions if (items := case.known(session.sold_out))), [])


def _no_delivery_option(case: Case) -> Evidence:
    step = case.last_word("shipping_options")
    return [step] if step and step.shipping_options == 0 else []


def _shipping_cost(case: Case) -> Evidence:
    """A greater share of the basket than the limit; exactly the limit is fair."""
    step = case.last_word("shipping_cost")
    value, _ = case.person.basket(case.checkout, case.instant)
    if step is None or step.shipping_cost is None or value is None:
        return []
    return [step] if step.shipping_cost * 100 > value * case.limits["shipping_share"] else []


def _delivery_too_slow(case: Case) -> Evidence:
    """Promised for later than the limit, counted from when the promise was made."""
    step = case.last_word("promised_by")
    if step is None or step.promised_by is None:
        return []
    return [step] if step.promised_by - step.time > case.limits["slow_promise"] else []


def _slow_pages(case: Case) -> Evidence:
    return next((e for s in case.sessions if (e := slow_pages.decisive(case.known(s.poor_pages)))), [])


def _unanswered_question(case: Case) -> Evidence:
    """A ticket opened since shortly before the session, which no agent had answered or solved."""
    since = case.began_at - case.limits["question_before"]
    for ticket in case.person.tickets_opened(since, case.instant):
        if ticket.opened:
            answered = at_or_after(ticket.answers, ticket.opened.time)
            if answered is None or answered > case.instant:
                return [ticket.opened]
    return []


CAUSES: Sequence[tuple[str, Callable[[Case], Evidence]]] = (
    ("payment_failed", _payment_failed),
    ("no_payment_option", _no_payment_option),
    ("site_error", _site_error),
    ("out_of_stock", _out_of_stock),
    ("no_delivery_option", _no_delivery_option),
    ("shipping_cost", _shipping_cost),
    ("delivery_too_slow", _delivery_too_slow),
    ("slow_pages", _slow_pages),
    ("unanswered_question", _unanswered_question),
)
"""The causes, the likeliest first, and where to look for each."""
