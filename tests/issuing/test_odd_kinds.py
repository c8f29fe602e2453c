"""A kind that is wrong in itself, or too large for a terminal, is refused alone and by name: everything else stays on offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from server_stub.certificates.certificate import Offered
from server_stub.certificates.residence import Residence
from server_stub.interface.failures import Failed
from server_stub.interface.offers import Choice, Question, Scope
from server_stub.interface.values import FailureBody
from server_stub.registry.records import Person
from server_stub.registry.replica import ReplicaReader
from tests.issuing.helper import HINA, MIDORI, RESIDENCE, SEAL, TAICHI, TownHall, refused

OUT_OF_ORDER = "kind residence offers nothing"
Hook = Callable[[Offered], Any]


def raising(error: BaseException) -> Hook:
    def hook(offered: Offered) -> Any:
        raise error

    return hook


def one_choice(offered: Offered) -> Offered:
    choice = Choice(code="yes", words={"ja": "はい"})
    return replace(
        offered, questions=(Question(code="q", words={"ja": "問"}, choices=(choice,), default="yes"),)
    )


def member_refused(refusal: FailureBody) -> Hook:
    return lambda offered: replace(
        offered,
        subjects=(*offered.subjects[:-1], offered.subjects[-1].model_copy(update={"refusal": refusal})),
    )


ODD: dict[str, Hook] = {
    "an error": raising(RuntimeError("氏名 見本太郎 100100000011")),
    "nothing": lambda offered: None,
    "a subject twice": lambda offered: replace(offered, subjects=offered.subjects * 2),
    "a scope twice": lambda offered: replace(offered, scopes=offered.scopes * 2),
    "one choice": one_choice,
    "no Japanese": lambda offered: replace(offered, whole={"en": "whole"}),
    "no words for the whole": lambda offered: replace(offered, whole=None),
    "a refusal that nobody knows": lambda offered: raising(Failed("No_Such_Failure"))(offered),
    "overlong words": lambda offered: raising(Failed.in_words("Odd_Kind", {"ja": "長" * 5000}))(offered),
    "the terminal's own failure": raising(Failed("Printer_Jam")),
    "an incident": raising(Failed("Binding_Mismatch")),
    "a card's failure": raising(Failed("Certificate_Revoked")),
    "a member refused as the terminal's own": member_refused(FailureBody(failure="Printer_Jam")),
    "a member refused by a name without words": member_refused(FailureBody(failure="No_Such_Failure")),
}


def offering(patch: pytest.MonkeyPatch, hook: Hook) -> None:
    real = Residence.offer
    patch.setattr(Residence, "offer", lambda kind, case: hook(real(kind, case)))


def only_residence_is_refused(hall: TownHall, person: str = TAICHI) -> str:
    told = {offer.kind: offer.refusal for offer in hall.offers(person).offers}
    seal, refusal = told[SEAL], told[RESIDENCE]
    assert seal is None and refusal is not None
    assert refused(lambda: hall.apply(person)).failure == refusal.failure
    assert refusal.words is None and not refusal.facts
    return refusal.failure


@pytest.mark.expects_log(OUT_OF_ORDER)
@pytest.mark.parametrize("what", ODD)
def test_a_kind_whose_hook_is_wrong_is_refused_alone(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    offering(monkeypatch, ODD[what])
    assert only_residence_is_refused(hall) == "Service_Out_Of_Order"


@pytest.mark.expects_log(OUT_OF_ORDER)
@pytest.mark.parametrize(
    ("attribute", "value"),
    [("words", {"en": "Odd"}), ("words", None), ("title", "短"), ("title", None), ("symbol", "banana")],
)
def test_a_kind_that_cannot_even_be_named_is_refused_alone(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch, attribute: str, value: Any
) -> None:
    monkeypatch.setattr(Residence, attribute, value)
    assert only_residence_is_refused(hall) == "Service_Out_Of_Order"


@pytest.mark.expects_log(OUT_OF_ORDER)
def test_a_class_in_the_place_of_its_instance_is_refused_alone(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tenant,) = hall.service._tenants
    monkeypatch.setitem(tenant.municipality.kinds, RESIDENCE, Residence)  # type: ignore[arg-type]
    assert only_residence_is_refused(hall) == "Service_Out_Of_Order"


def of_many(patch: pytest.MonkeyPatch, most: int) -> None:
    """Everybody's household has `most` persons."""
    read = ReplicaReader.household

    def household(reader: ReplicaReader, number: str) -> tuple[Person, ...]:
        own = read(reader, number)
        more = (replace(own[-1], key=f"9{count:09}") for count in range(most - len(own)))
        return (*own, *more)

    patch.setattr(ReplicaReader, "household", household)


@pytest.mark.parametrize("most", [201, 500])
def test_a_household_too_large_for_a_terminal_keeps_the_other_kinds(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    of_many(monkeypatch, most)
    assert only_residence_is_refused(hall, HINA) == "Application_Too_Large"


@pytest.mark.parametrize(("most", "copies"), [(200, 2), (101, 4), (100, 5), (50, 10), (10, 10)])
def test_no_more_copies_are_offered_than_one_application_can_have_sheets(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch, most: int, copies: int
) -> None:
    """500 sheets, of which each person may need one; Kobe offers 10 copies."""
    of_many(monkeypatch, most)
    offer = hall.offer(HINA)
    assert (offer.refusal, len(offer.subjects), offer.max_copies) == (None, most, copies)


def test_a_paper_of_more_sheets_than_one_application_can_have_is_refused_before_it_is_recorded(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server_stub.issuing.copies.MOST_SHEETS", 1)
    assert refused(lambda: hall.apply(MIDORI, copies=2)).failure == "Application_Too_Large"
    assert len(hall.apply(MIDORI, copies=1).pages) == 1


def test_words_of_a_kinds_own_stay_in_its_offer(hall: TownHall, monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"ja": "記載中のため、交付できません。"}
    offering(monkeypatch, raising(Failed.in_words("Register_Being_Written", words)))
    refusal = hall.offer(TAICHI).refusal
    assert refusal is not None and (refusal.failure, refusal.words) == ("Register_Being_Written", words)


def test_a_scope_of_nobody_is_no_offer(hall: TownHall, monkeypatch: pytest.MonkeyPatch) -> None:
    offering(monkeypatch, lambda offered: replace(offered, subjects=(), questions=(), scopes=(Scope.CHOSEN,)))
    refusal = hall.offer(TAICHI).refusal
    assert refusal == FailureBody(failure="Service_Not_Offered")
