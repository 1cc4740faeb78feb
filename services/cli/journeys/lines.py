"""A story as lines of text, no wider than asked for, that need no colour to be understood."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from uuid import UUID

from services.cli.journeys.chapters import Chapter, Entry, What, chapters
from services.cli.journeys.story import Event, Journey, PainPoint, Promise, Retraction, Story
from services.cli.journeys.wording import about, details, event_name, money, printable, some, span, verdict, words

NAMES_SHOWN = 5
EVIDENCE_SHOWN = 3

_TIME, _SIGN = 12, 14  # columns: of the sign, and of the text behind it
_LOOKING = frozenset({"storefront.page.viewed", "storefront.product.viewed", "storefront.search.performed"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line and the role that colours it."""

    text: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """How a story is to be shown."""

    zone: tzinfo
    zone_name: str
    width: int = 100
    whole: bool = False
    retracted: bool = False


def lines(story: Story, look: Look) -> Iterator[Line]:
    """The whole story."""
    teller = _Teller(story, look)
    yield from teller.head()
    told = chapters(story, retracted=look.retracted)
    for chapter in told:
        yield Line("")
        yield from teller.chapter(chapter, sum(1 for each in told if each.journey))


class _Teller:
    def __init__(self, story: Story, look: Look) -> None:
        self.story, self.look = story, look
        self.events = {event.event_id: event for event in story.events}
        self.pains = {pain.pain_point_id: pain for pain in story.pain_points}
        self.orders = {order.order_id: order for order in story.orders}
        self.numbers = {journey.journey_id: number for number, journey in enumerate(story.journeys, 1)}

    # -- headings

    def head(self) -> Iterator[Line]:
        """Who it is, by what names, and how much hurt."""
        story, most = self.story, 0 if self.look.whole else NAMES_SHOWN
        yield Line(printable(f"{story.person.id} of shop {story.person.shop}"), "title")
        names = [name for name in story.aliases if name != story.person.id]
        if names:
            yield from self._wrapped(f"known as {some(names, most)}", 2)
        yield from self._wrapped(" · ".join(self._sums()), 2)

    def _sums(self) -> Iterator[str]:
        open_ = sum(pain.status == "open" for pain in self.story.pain_points)
        yield _count(len(self.story.journeys), "journey")
        yield _count(len(self.story.pain_points), "pain point") + (f", {open_} open" if open_ else "")
        if gone := len(self.story.retracted):
            yield f"{gone} retracted" + ("" if self.look.retracted else " (see --retracted)")
        yield f"times in {self.look.zone_name}" + (
            f", as of {self._minute(self.story.clock)}" if self.story.clock else ""
        )

    def chapter(self, chapter: Chapter, of: int) -> Iterator[Line]:
        """A journey under its heading, a paragraph a day."""
        journey = chapter.journey
        heading = "Outside of any journey" if journey is None else self._heading(journey, of)
        yield from self._wrapped(heading, 0, "heading")
        yield Line("─" * self.look.width, "heading")
        if journey is not None:
            yield from self._wrapped(" · ".join(self._facts(journey)), 2)
        known = f"order:{journey.order_id}" if journey and journey.order_id else ""
        for day, entries in groupby(chapter.entries, lambda entry: f"{self._local(entry.at):%a %Y-%m-%d}"):
            yield Line("")
            yield Line(f"  {day}", "day")
            for run in self._runs(list(entries)):
                yield from self._entry(run, known)

    def _heading(self, journey: Journey, of: int) -> str:
        order = f"order {journey.order_id}" if journey.order_id else "no order"
        parts = [f"Journey {self.numbers[journey.journey_id]} of {of}", order]
        parts += [f"{journey.outcome}, stage {journey.stage}", money(journey.value, journey.currency)]
        return " · ".join(filter(None, parts))

    def _facts(self, journey: Journey) -> Iterator[str]:
        begin = self._minute(journey.started_at)
        yield f"{begin} to {self._minute(journey.ended_at)}" if journey.ended_at else f"since {begin}, no end yet"
        yield _count(journey.touches, "touch", "touches")
        yield from filter(None, (", ".join(journey.channels), ", ".join(journey.devices)))

    # -- entries

    def _runs(self, entries: Sequence[Entry]) -> Iterator[list[Entry]]:
        """Entries that share a line: looks around in a row, the same again of one thing, stages of an instant."""
        for _, run in groupby(enumerate(entries), lambda item: self._kinship(*item)):
            yield [entry for _, entry in run]

    def _kinship(self, place: int, entry: Entry) -> object:
        if entry.what is What.STAGE:
            return entry.at
        if self.look.whole or not isinstance(entry.about, Event):
            return place
        return "looking" if entry.about.type in _LOOKING else (entry.about.type, entry.about.alias)

    def _entry(self, run: list[Entry], known: str) -> Iterator[Line]:
        at, what = run[0].at, run[0].what
        match run[0].about:
            case Event():
                yield from self._event([entry.about for entry in run if isinstance(entry.about, Event)], known)
            case Promise() as promise if what is What.PROMISE:
                yield from self._say(at, "→", self._promise(promise), "promise")
            case Promise() as promise:
                kept, said = verdict(promise, self.orders.get(promise.order_id), self.story.clock)
                sign, role = {True: ("✓", "relief"), False: ("✗", "pain"), None: ("…", "promise")}[kept]
                yield from self._say(at, sign, f"{said}{self._which(promise)}", role)
            case PainPoint() as pain if what is What.RELIEF:
                yield from self._say(at, "✓", f"{words(pain.kind)} over{self._entity(pain, known)}", "relief")
            case PainPoint() as pain:
                yield from self._pain(pain, known)
            case Retraction() as gone:
                title = f"{words(gone.kind)}, retracted · {gone.severity}{_other(gone.entity, known)}"
                yield from self._say(at, "⊘", title, "retracted", f"because {gone.reason}")
            case str():
                yield from self._say(at, "▸", f"reached {', '.join(str(entry.about) for entry in run)}", "stage")

    def _event(self, run: list[Event], known: str) -> Iterator[Line]:
        said = []
        for type_ in dict.fromkeys(event.type for event in run):
            same = [event for event in run if event.type == type_]
            times = f" ×{len(same)}" if len(same) > 1 else ""
            each = [" · ".join(details(event)) for event in same]
            said.append(": ".join(filter(None, (event_name(type_) + times, some(each, NAMES_SHOWN)))))
        if things := about([printable(event.alias) for event in run], known):
            said.append(things)
        if any(event.late for event in run):
            said.append("came too late to count")
        if len(run) > 1 and run[-1].occurred_at > run[0].occurred_at:
            said.append(f"until {self._local(run[-1].occurred_at):%H:%M:%S}")
        yield from self._say(run[0].occurred_at, "·", " · ".join(said))

    def _promise(self, promise: Promise) -> str:
        slip = f": a slip of the {promise.slip_owner}" if promise.slip_owner else ""
        return f"promised by {self._minute(promise.promised_by)}{slip}{self._which(promise)}"

    def _which(self, promise: Promise) -> str:
        """Told only where an order has several: the first one counts."""
        of_order = [other for other in self.story.promises if other.order_id == promise.order_id]
        if len(of_order) < 2:
            return ""
        return " (the first, which counts)" if promise is of_order[0] else f" (the {_ordinal(of_order.index(promise))})"

    def _pain(self, pain: PainPoint, known: str) -> Iterator[Line]:
        held = " · held back: nothing is heard of its carrier" if pain.held_back else ""
        title = f"{words(pain.kind).upper()} · {pain.severity} · {self._state(pain)}{self._entity(pain, known)}{held}"
        yield from self._say(pain.happened_at, "✗", title, "pain", *self._why(pain))

    def _entity(self, pain: PainPoint, known: str) -> str:
        """What it is about, unless the heading says so; of another pain point its name."""
        behind = next((p for p in self.story.pain_points if pain.entity == f"pain_point:{p.pain_point_id}"), None)
        return f" · after {words(behind.kind)}" if behind else _other(pain.entity, known)

    def _state(self, pain: PainPoint) -> str:
        if pain.ended_at is None:
            return "open"
        return f"over {self._minute(pain.ended_at)}, after {span(pain.ended_at - pain.happened_at)}"

    def _why(self, pain: PainPoint) -> Iterator[str]:
        if pain.cause:
            yield f"cause: {words(pain.cause)}"
        root = self.pains.get(pain.root_id)
        if root is not None and root is not pain:
            yield f"follows from {words(root.kind)} of {self._minute(root.happened_at)}"
        elif root is None and pain.root_id != pain.pain_point_id:
            yield f"follows from pain point {pain.root_id}"
        if led := [words(p.kind) for p in self.story.pain_points if p.root_id == pain.pain_point_id and p is not pain]:
            yield f"led to {some(led, 0)}"
        if pain.value_at_risk is not None:
            yield f"at risk: {money(pain.value_at_risk, pain.currency)}"
        if pain.evidence:
            shown = 0 if self.look.whole else EVIDENCE_SHOWN
            yield f"shown by {some(map(self._evidence, pain.evidence), shown)}"
        if pain.ended_at is None:
            until = f" Before {self._minute(pain.act_before)}." if pain.act_before else ""
            yield f"do: {pain.playbook}{until}"

    def _evidence(self, name: UUID) -> str:
        event = self.events.get(name)
        said = f"{event_name(event.type)} of {self._minute(event.occurred_at)}" if event else f"event {name}"
        return f"{said} ({name})" if event and self.look.whole else said

    # -- text

    def _say(self, at: datetime, sign: str, title: str, role: str = "", *more: str) -> Iterator[Line]:
        """A title behind its time, and what there is to add indented below it."""
        begin = f"  {self._local(at):%H:%M:%S}  {sign} "
        yield from self._wrapped(title, _SIGN, role, begin)
        for text in more:
            yield from self._wrapped(text, _SIGN + 2, "more")

    def _wrapped(self, text: str, indent: int, role: str = "", begin: str = "") -> Iterator[Line]:
        blank = " " * indent
        for part in textwrap.wrap(
            printable(text), self.look.width, initial_indent=begin or blank, subsequent_indent=blank,
            break_on_hyphens=False,
        ):  # fmt: skip
            yield Line(part, role)

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.look.zone)

    def _minute(self, at: datetime) -> str:
        return f"{self._local(at):%Y-%m-%d %H:%M}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def _other(entity: str, known: str) -> str:
    return "" if entity == known else f" · {entity}"


_ORDINALS: Mapping[int, str] = {1: "second", 2: "third"}


def _ordinal(place: int) -> str:
    return _ORDINALS.get(place, f"{place + 1}th")


def text(told: Iterable[Line]) -> str:
    """Lines without colours."""
    return "\n".join(line.text for line in told)
