"""The published disasters: this server does not notice them, and its answer says what really stands on the paper."""

from __future__ import annotations

import pytest

from server_stub.interface.issuing import IssuedPaper
from server_stub.interface.terminal import CertificateKind
from tests.issuing.helper import MIDORI, NAOKI, RESIDENCE, SEAL, TAICHI, TownHall, ref_of

FIRST_OF_THE_REGISTER = TAICHI


def issue(hall: TownHall, fault: str, kind: CertificateKind, person: str, copies: int = 1) -> IssuedPaper:
    hall.context.faults.switch_on(fault, {"times": 1})
    paper = hall.apply(person, kind, copies=copies)
    assert hall.context.faults.active() == {}, "the fault struck"
    return paper


@pytest.mark.parametrize("kind", [RESIDENCE, SEAL])
def test_a_swapped_record_is_printed_recorded_and_told_as_the_strangers(
    hall: TownHall, kind: CertificateKind
) -> None:
    paper = issue(hall, "issuing.swap_record", kind, MIDORI)
    assert "港太一" in hall.text(paper)[0] and "六甲翠" not in "".join(hall.text(paper))
    assert hall.ref(MIDORI) not in set().union(*hall.subjects(paper))
    assert hall.ref(FIRST_OF_THE_REGISTER) in hall.subjects(paper)[0]
    assert paper.holder_ref == ref_of(FIRST_OF_THE_REGISTER) != ref_of(MIDORI)
    (copy,) = hall.service.ledger.copies(paper.application_id)
    assert hall.ref(MIDORI) not in copy.subjects
    right = hall.apply(MIDORI, kind)
    assert right.holder_ref == ref_of(MIDORI) and "六甲翠" in hall.text(right)[0]


def test_the_stranger_can_be_named(hall: TownHall) -> None:
    hall.context.faults.switch_on("issuing.swap_record", {"person": NAOKI})
    paper = hall.apply(MIDORI)
    assert paper.holder_ref == ref_of(NAOKI) and "御影直樹" in hall.text(paper)[0]


def test_a_swapped_second_sheet_leaves_the_first_one_right(hall: TownHall) -> None:
    paper = issue(hall, "issuing.swap_sheet", RESIDENCE, TAICHI)
    assert paper.holder_ref == ref_of(TAICHI)
    right = hall.subjects(hall.apply(TAICHI))
    first, second = hall.subjects(paper)
    assert first == right[0]
    assert second.isdisjoint(right[0] | right[1])
    one, two = hall.text(paper)
    assert "港美波" in one and "六甲翠" in two and "港渚" not in two


@pytest.mark.parametrize("kind", [RESIDENCE, SEAL])
def test_of_several_copies_of_one_sheet_the_later_ones_are_swapped(
    hall: TownHall, kind: CertificateKind
) -> None:
    first, *later = hall.subjects(issue(hall, "issuing.swap_sheet", kind, MIDORI, copies=2))
    assert first == hall.refs(MIDORI)
    assert hall.ref(FIRST_OF_THE_REGISTER) in later[0]
    assert not any(hall.ref(MIDORI) in sheet for sheet in later)


def test_a_single_sheet_has_no_second_one_to_swap(hall: TownHall) -> None:
    hall.context.faults.switch_on("issuing.swap_sheet", {"times": 1})
    assert hall.subjects(hall.apply(MIDORI)) == [hall.refs(MIDORI)]
    assert "issuing.swap_sheet" in hall.context.faults.active(), "it waits for a paper with a second sheet"
