"""Cutting fetched records into batches loses none, keeps their order, and keeps the limits."""

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.runtime.kafka.batches import cut_records


@dataclass(frozen=True)
class Fetched:
    offset: int
    value: bytes | None


records = st.lists(st.none() | st.binary(max_size=30)).map(
    lambda values: [Fetched(offset, value) for offset, value in enumerate(values)]
)


@given(records=records, most=st.integers(1, 5), size=st.integers(1, 60))
def test_cuts_are_the_records_in_order_within_the_limits(records: list[Fetched], most: int, size: int) -> None:
    cuts = list(cut_records(records, most, size))
    assert [record for cut, _ in cuts for record in cut] == records
    for cut, n in cuts:
        assert n == sum(len(record.value or b"") for record in cut)
        assert 1 <= len(cut) <= most
        assert n <= size or len(cut) == 1


@given(records=records, most=st.integers(1, 5), size=st.integers(1, 60))
def test_neighbouring_cuts_would_not_fit_into_one(records: list[Fetched], most: int, size: int) -> None:
    cuts = list(cut_records(records, most, size))
    for (cut, n), (after, _) in pairwise(cuts):
        assert len(cut) == most or n + len(after[0].value or b"") > size
