"""The published disasters: this server does not notice them, and its answer says what really stands on the paper."""

from __future__ import annotations

import pytest

from server_stub.interface.issuing import IssuedPaper
from tests.issuing.helper import MIDORI, NAOKI, RESIDENCE, SEAL, TAICHI, TownHall, household_of, identity_of

FIRST_OF_THE_REGISTER = TAICHI


def issue(hall: TownHall, fault: str, kind: str, person: str, copies: int = 1) -> IssuedPaper:
    hall.context.faults.switch_on(fault, {"times": 1})
    paper = hall.apply(person, kind, copies=copies)
    assert hall.context.faults.active() == {}, "the fault struck"
    return paper


@pytest.mark.parametrize("kind", [RESIDENCE, SEAL])
def test_a_swapped_record_is_printed_recorded_and_told_as_the_strangers(hall: TownHall, kind: str) -> None:
    paper = issue(hall, "issuing.swap_record", kind, MIDORI)
    assert "港太一" in hall.text(paper)[0] and "六甲翠" not in "".join(hall.text(paper))
    assert hall.ref(MIDORI) not in set().union(*hall.subjects(paper))
    assert hall.ref(FIRST_OF_THE_REGISTER) in hall.subjects(paper)[0]
    assert paper.holder == identity_of(FIRST_OF_THE_REGISTER) != identity_of(MIDORI)
    (copy,) = hall.service.ledger.copies(paper.application_id)
    assert hall.ref(MIDORI) not in copy.subjects
    right = hall.apply(MIDORI, kind)
    assert right.holder == identity_of(MIDORI) and "六甲翠" in hall.text(right)[0]


def test_the_stranger_can_be_named(hall: TownHall) -> None:
    hall.context.faults.switch_on("issuing.swap_record", {"person": NAOKI})
    paper = hall.apply(MIDORI)
    assert paper.holder == identity_of(NAOKI) and "御影直樹" in hall.text(paper)[0]


def test_a_swapped_second_sheet_leaves_the_first_one_right(household_hall: TownHall) -> None:
    hall = household_hall
    paper = issue(hall, "issuing.swap_sheet", RESIDENCE, TAICHI)
    assert paper.holder == identity_of(TAICHI)
    right = hall.subjects(hall.apply(TAICHI))
    first, second = hall.subjects(paper)
    assert first == right[0]
    assert second.isdisjoint(right[0] | right[1])
    one, two = hall.text(paper)
    assert "港美波" in one and "六甲翠" in two and "港渚" not in two


def test_of_one_person_a_sheet_the_later_ones_are_swapped(hall: TownHall) -> None:
    first, *later = hall.subjects(issue(hall, "issuing.swap_sheet", RESIDENCE, NAOKI))
    assert first == hall.refs(NAOKI) and later
    assert set().union(*later).isdisjoint(hall.refs(*household_of(NAOKI)))


@pytest.mark.parametrize("kind", [RESIDENCE, SEAL])
def test_of_several_copies_of_one_sheet_the_later_ones_are_swapped(hall: TownHall, kind: str) -> None:
    first, *later = hall.subjects(issue(hall, "issuing.swap_sheet", kind, MIDORI, copies=2))
    assert first == hall.refs(MIDORI)
    assert hall.ref(FIRST_OF_THE_REGISTER) in later[0]
    assert not any(hall.ref(MIDORI) in sheet for sheet in later)


def test_a_single_sheet_has_no_second_one_to_swap(hall: TownHall) -> None:
    hall.context.faults.switch_on("issuing.swap_sheet", {"times": 1})
    assert hall.subjects(hall.apply(MIDORI)) == [hall.refs(MIDORI)]
    assert "issuing.swap_sheet" in hall.context.faults.active(), "it waits for a paper with a second sheet"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("issuing.wrong_kind", {"kind": SEAL}),
        ("issuing.wrong_answers", {"my_number": "yes"}),
        ("issuing.wrong_municipality", {"municipality": "99999"}),
        ("issuing.wrong_copies", {"copies": 2}),
        ("issuing.wrong_fee", {"fee_total": 300}),
        ("issuing.hidden_number", {"boxes": 0}),
    ],
)
def test_another_paper_than_was_asked_for_says_what_it_is(
    hall: TownHall, fault: str, told: dict[str, object]
) -> None:
    hall.context.faults.switch_on(fault, {"times": 1})
    paper = hall.apply(MIDORI, my_number=fault == "issuing.hidden_number")
    assert hall.context.faults.active() == {}, "the fault struck"
    found: dict[str, object] = {
        "kind": paper.kind,
        "municipality": paper.municipality,
        "fee_total": paper.fee_total,
        "copies": len({page.copy_number for page in paper.pages}),
        "boxes": sum(len(page.secret_boxes) for page in paper.pages),
        **paper.pages[0].answers,
    }
    assert {name: found[name] for name in told} == told
    text = hall.text(paper)[0]
    assert ("印鑑登録証明書" in text) == (fault == "issuing.wrong_kind")
    assert ("よそ市長" in text) == (fault == "issuing.wrong_municipality")
