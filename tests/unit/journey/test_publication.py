"""Publication: only differences, each above what was published before, nothing left standing that does not hold."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import rows
from schemas.rows import AnyRow, PainPointRow, PersonRow
from services.journey.domain.cell import Unit
from services.journey.domain.publication import (
    EVERYTHING,
    PARTITION_BITS,
    RUN_SHIFT,
    Edition,
    Told,
    adopt,
    give_up,
    publish,
)

AT = Edition(run=0, partition=2, offset=10)
LATER = Edition(run=0, partition=2, offset=11)
ID, OTHER = UUID(int=1), UUID(int=2)


def person(alias: str = "order:o", person_id: str = "customer:c") -> PersonRow:
    return PersonRow(shop="main", alias=alias, person_id=person_id)


def pain(id_: UUID = ID, **changes: Any) -> PainPointRow:
    row = PainPointRow(
        shop="main",
        pain_point_id=id_,
        kind="parcel_stalled",
        entity="parcel:dhl/1",
        stage="transit",
        severity="medium",
        status="open",
        happened_at=5,
        detected_at=9,
        root_id=id_,
    )
    return msgspec.structs.replace(row, **changes)


def published(unit: Unit, *told: AnyRow, pains: tuple[PainPointRow, ...] = (), at: Edition = AT) -> Any:
    keyed = {f"person:{row.alias}": row for row in told if isinstance(row, PersonRow)}
    return publish(unit, "main", Told(keyed, {row.pain_point_id: row for row in pains}), EVERYTHING, at)


def test_a_version_has_run_counter_and_partition_in_its_bits() -> None:
    version = Edition(run=3, partition=5, offset=1000).above(0)
    assert (version >> RUN_SHIFT, (version >> PARTITION_BITS) & (2**33 - 1), version & 127) == (3, 1001, 5)


@given(
    st.integers(0, 9), st.integers(0, 127), st.integers(0, 2**30), st.integers(0, 9), st.integers(0, 2**33 - 2),
    st.integers(0, 127),
)  # fmt: skip
def test_a_version_is_above_the_one_before_and_no_other_partition_makes_it(
    run: int, partition: int, offset: int, older_run: int, counter: int, other: int
) -> None:
    before = min(older_run, run) << RUN_SHIFT | counter << PARTITION_BITS | other
    version = Edition(run, partition, offset).above(before)
    assert version > before
    assert (version >> RUN_SHIFT, version & 127) == (run, partition)


def test_a_rebuild_begins_its_counter_anew_above_all_of_before() -> None:
    before = Edition(run=0, partition=2, offset=9_999_999).above(0)
    assert Edition(run=1, partition=2, offset=3).above(before) == 1 << RUN_SHIFT | 4 << PARTITION_BITS | 2


def test_two_publications_at_one_message_have_two_versions() -> None:
    first = AT.above(0)
    assert AT.above(first) > first


def test_all_that_is_new_is_published_with_one_version() -> None:
    unit = Unit()
    version = AT.above(0)
    found = published(unit, person(), pains=(pain(),))
    assert found == (
        [PersonRow(shop="main", alias="order:o", person_id="customer:c", version=version)],
        [pain(version=version)],
    )
    assert (unit.version, set(unit.rows), unit.pains) == (version, {"person:order:o"}, {str(ID): pain(version=version)})


def test_what_did_not_change_is_not_published_again() -> None:
    unit = Unit()
    published(unit, person(), person("ticket:t"), pains=(pain(),))
    before = unit.version
    assert published(unit, person(), person("ticket:t"), pains=(pain(),), at=LATER) == ([], [])
    assert unit.version == before
    news, _ = published(unit, person(person_id="customer:d"), person("ticket:t"), pains=(pain(),), at=LATER)
    assert [(row.alias, row.person_id) for row in news] == [("order:o", "customer:d")]
    assert news[0].version == unit.version > before


def test_a_row_that_no_longer_holds_is_deleted_once_and_may_come_back() -> None:
    unit = Unit()
    published(unit, person())
    (gone,), _ = published(unit, at=LATER)
    assert gone == PersonRow(shop="main", alias="order:o", person_id="", deleted=True, version=LATER.above(AT.above(0)))
    assert published(unit, at=LATER) == ([], [])
    (back,), _ = published(unit, person(), at=LATER)
    assert (back.deleted, back.version > gone.version) == (False, True)


KEYS: dict[str, tuple[str, dict[str, object]]] = {
    "person": ("order:o", {"alias": "order:o"}),
    "order": ("a:b", {"order_id": "a:b"}),
    "parcel": ("dhl/1@x", {"parcel_id": "dhl/1@x"}),
    "promise": (str(ID), {"promise_id": ID}),
    "survey": (str(ID), {"survey_id": ID}),
    "action": (str(ID), {"action_id": ID}),
    "journey": (str(ID), {"journey_id": ID}),
}


@pytest.mark.parametrize("table", sorted(KEYS))
def test_the_deletion_of_a_row_of_every_table_has_its_key(table: str) -> None:
    name, key = KEYS[table]
    (gone,), _ = publish(Unit(rows={f"{table}:{name}": b"x"}), "main", Told(), EVERYTHING, AT)
    assert (type(gone).__name__, gone.deleted, gone.shop) == (f"{table.title()}Row", True, "main")
    assert {field: getattr(gone, field) for field in key} == key
    assert rows.read_rows(msgspec.msgpack.encode([gone])) == [gone]


def test_a_table_that_does_not_exist_is_our_own_bug() -> None:
    with pytest.raises(ValueError, match="no such table: parrot:1"):
        publish(Unit(rows={"parrot:1": b"x"}), "main", Told(), EVERYTHING, AT)


def test_a_pain_point_found_again_later_keeps_when_it_was_first_found() -> None:
    unit = Unit()
    published(unit, pains=(pain(detected_at=9),))
    assert published(unit, pains=(pain(detected_at=99),), at=LATER) == ([], [])
    _, (news,) = published(unit, pains=(pain(detected_at=99, status="resolved", ended_at=50),), at=LATER)
    assert news == pain(detected_at=9, status="resolved", ended_at=50, version=unit.version)


def test_a_pain_point_that_a_later_event_disproves_is_retracted_once_and_says_why() -> None:
    unit = Unit()
    published(unit, pains=(pain(status="resolved", ended_at=8),))
    _, (news,) = published(unit, at=LATER)
    assert news == pain(
        status="retracted",
        ended_at=None,
        reason="something that it rested on turned out to belong elsewhere",
        version=LATER.above(AT.above(0)),
    )
    assert published(unit, at=LATER) == ([], [])


def test_a_retracted_pain_point_opens_again_when_it_holds_again() -> None:
    unit = Unit()
    published(unit, pains=(pain(),))
    published(unit)
    _, (news,) = published(unit, pains=(pain(detected_at=99),))
    assert (news.status, news.reason, news.detected_at) == ("open", "", 9)


def test_what_another_root_published_is_published_once_more_above_it() -> None:
    unit, theirs = Unit(), Edition(0, 1, 500).above(0)
    adopt(unit, theirs, {"person:order:o": b"digest"}, {str(ID): pain(version=theirs)})
    (row,), pains = published(unit, person(), pains=(pain(),))
    assert row.version > theirs
    assert pains == []


def test_what_another_root_published_and_does_not_hold_here_is_withdrawn() -> None:
    unit, theirs = Unit(), Edition(0, 1, 500).above(0)
    adopt(unit, theirs, {"person:parcel:dhl/1": b"digest"}, {str(ID): pain(version=theirs)})
    (row,), (news,) = published(unit)
    assert (row.alias, row.deleted, row.version > theirs) == ("parcel:dhl/1", True, True)
    assert (news.status, news.version > theirs) == ("retracted", True)


def test_a_handover_that_comes_late_lowers_no_version_and_replaces_no_later_word() -> None:
    unit = Unit()
    published(unit, person(), pains=(pain(status="resolved", ended_at=8),))
    before = unit.version
    adopt(unit, 5, {}, {str(ID): pain(version=5), str(OTHER): pain(OTHER, version=5)})
    assert unit.version == before
    assert unit.pains[str(ID)].status == "resolved"
    assert unit.pains[str(OTHER)] == pain(OTHER, version=5)


def test_of_two_words_with_one_version_the_heirs_is_said_again_above_both() -> None:
    unit = Unit()
    _, [mine] = published(unit, pains=(pain(person_id="customer:c1"),))
    adopt(unit, mine.version, {}, {str(ID): msgspec.structs.replace(mine, person_id="customer:c2")})
    _, [again] = published(unit, pains=(pain(person_id="customer:c1"),), at=LATER)
    assert (again.person_id, again.version > mine.version) == ("customer:c1", True)


def test_an_adopted_handover_twice_is_the_same_as_once() -> None:
    once, twice = Unit(), Unit()
    told: Any = (7, {"person:order:o": b"d"}, {str(ID): pain(version=7)})
    adopt(once, *told)
    adopt(twice, *told)
    adopt(twice, *told)
    assert once == twice


def test_what_was_published_of_other_orders_parcels_is_given_up_with_its_names() -> None:
    mine, theirs = pain(), pain(OTHER, entity="parcel:dhl/2")
    unit = Unit(
        rows=dict.fromkeys(("person:parcel:dhl/2", "parcel:dhl/2", "person:parcel:dhl/1", "order:o"), b"d"),
        pains={str(ID): mine, str(OTHER): theirs},
    )
    given_up = give_up(unit, {"parcel:dhl/2": "order:p", "parcel:dhl/3": "order:q"})
    assert {heir: (given.rows, given.pains) for heir, given in given_up.items()} == {
        "order:p": ({"person:parcel:dhl/2": b"d", "parcel:dhl/2": b"d"}, [theirs])
    }
    assert (set(unit.rows), unit.pains) == ({"person:parcel:dhl/1", "order:o"}, {str(ID): mine})
