"""The law of the ledger: what may be committed is never beyond the first delivered record that is not acked."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule
from support.examples import examples

from services.runtime.offsets import Ledger, Source, Span

SOURCES: tuple[Source, ...] = (("a", 0), ("a", 1), ("b", 0))


@dataclass
class Model:
    """A partition as a naive reader knows it: every single record, delivered or acked, one by one."""

    position: int | None  # where the reading began
    delivered: dict[int, list[int]] = field(default_factory=dict)  # last offset of a span -> its records' offsets
    acked: set[int] = field(default_factory=set)  # records
    end: int = 0  # behind the last record delivered

    def first_unacked(self) -> int | None:
        return min((o for span in self.delivered.values() for o in span if o not in self.acked), default=None)


class LedgerMachine(RuleBasedStateMachine):
    """Deliveries with holes, acks in any order, old acks, seeks back and forth, partitions that come and go."""

    spans = Bundle("spans")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.models: dict[Source, Model] = {}
        self.epochs: dict[Source, int] = {}

    @rule(source=st.sampled_from(SOURCES), position=st.none() | st.integers(0, 50))
    def begin(self, source: Source, position: int | None) -> None:
        self.epochs[source] = self.ledger.begin(source, position)
        self.models[source] = Model(position, end=position or 0)

    @rule(source=st.sampled_from(SOURCES))
    def forget(self, source: Source) -> None:
        self.ledger.forget(source)
        self.models.pop(source, None)

    @precondition(lambda self: self.models)
    @rule(target=spans, data=st.data(), hole=st.integers(0, 3), steps=st.lists(st.integers(1, 3), max_size=4))
    def deliver(self, data: st.DataObject, hole: int, steps: list[int]) -> tuple[Source, Span]:
        source = data.draw(st.sampled_from(sorted(self.models)))
        model = self.models[source]
        offsets = [model.end + hole]
        for step in steps:
            offsets.append(offsets[-1] + step)
        span = self.ledger.deliver(source, offsets[0], offsets[-1], len(offsets))
        fresh = model.position is None and not model.delivered
        assert span.start == (offsets[0] if fresh else model.end)
        model.delivered[offsets[-1]] = offsets
        model.end = offsets[-1] + 1
        return source, span

    @rule(taken=consumes(spans))
    def ack(self, taken: tuple[Source, Span]) -> None:
        self._ack(*taken)

    @rule(taken=spans)
    def ack_and_perhaps_again(self, taken: tuple[Source, Span]) -> None:
        self._ack(*taken)

    def _ack(self, source: Source, span: Span) -> None:
        model = self.models.get(source)
        current = model is not None and self.epochs[source] == span.epoch
        assert self.ledger.current(source, span) == current
        counted = self.ledger.ack(source, span)
        if not current or model is None:
            assert not counted
            return
        records = set(model.delivered[span.last])
        assert counted == bool(records - model.acked)
        model.acked |= records

    @rule(source=st.sampled_from(SOURCES), back=st.integers(1, 5))
    def refuse_records_that_were_delivered(self, source: Source, back: int) -> None:
        model = self.models.get(source)
        known = model is not None and (model.position is not None or model.delivered)
        if model is None or (known and model.end >= back):
            first = model.end - back if model else 0
            with pytest.raises(ValueError, match=f"{source[0]}/{source[1]}"):
                self.ledger.deliver(source, first, first)

    @invariant()
    def commits_nothing_unacked_and_all_that_is_acked_in_front(self) -> None:
        for source in SOURCES:
            committable, model = self.ledger.committable(source), self.models.get(source)
            if model is None:
                assert committable is None
                continue
            first_open = model.first_unacked()
            if committable is not None:
                assert first_open is None or committable <= first_open
                assert committable <= model.end
                assert committable - 1 in model.acked, "the law alone would be kept by never committing"
            front = [o for o in sorted(model.acked) if first_open is None or o < first_open]
            assert committable == (front[-1] + 1 if front else None)

    @invariant()
    def counts_what_is_pending(self) -> None:
        for source, model in self.models.items():
            undone = sorted(last for last, span in model.delivered.items() if not set(span) <= model.acked)
            behind = [span for last, span in model.delivered.items() if undone and last >= undone[0]]
            assert self.ledger.spans(source) == len(behind)
            assert self.ledger.pending(source) == sum(map(len, behind))
        assert self.ledger.sources() == self.models.keys()


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=examples(100), stateful_step_count=40, deadline=None)
