"""An official searches the family registers for an applicant, and is told letter by letter why a member differs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server_stub.certificates.matching import letters
from server_stub.interface.failures import Failed
from server_stub.interface.registration import RegistrationState
from server_stub.interface.registration_operations import LetterIs, LinkAct, MemberSearch
from server_stub.municipalities.registration import RegistrationTerms
from tests.registration.hall import KUMI_REGISTER, MEMBER, REGISTER, WATARU, Hall


def test_name_sex_and_birth_date_find_the_applicants_own_register(hall: Hall) -> None:
    application = hall.apply().application_id
    certified = hall.registrations.show(application).entry
    found = hall.registrations.search(
        application, MemberSearch(name=certified.name, sex="", birth=certified.birth)
    ).matches
    assert [(one.register_number, one.member, one.differs, one.taken) for one in found] == [
        (REGISTER, MEMBER, (), False)
    ]
    assert {pair.relation for pair in found[0].letters} == {LetterIs.SAME}
    other_day = certified.birth.replace(year=certified.birth.year + 1)
    assert hall.registrations.search(application, MemberSearch(birth=other_day)).matches == ()


def test_a_search_needs_a_birth_date_or_a_register(hall: Hall) -> None:
    application = hall.apply().application_id
    with pytest.raises(Failed) as caught:
        hall.registrations.search(application, MemberSearch(name="海野　渉"))
    assert caught.value.failure == "Registration_Search_Too_Wide"


def test_what_differs_is_told_item_by_item_for_every_member_of_a_register(hall: Hall) -> None:
    application = hall.apply().application_id
    found = hall.registrations.search(application, MemberSearch(register_number=KUMI_REGISTER)).matches
    assert len(found) > 1
    for one in found:
        assert {"name", "domicile", "head"} <= set(one.differs)
        assert LetterIs.DIFFERENT in {pair.relation for pair in one.letters}


def test_who_is_linked_already_is_told(hall: Hall) -> None:
    hall.link(hall.apply().application_id)
    other = hall.apply(replace(WATARU, serial=0x99, name="別人　太郎", key="stranger")).application_id
    found = hall.registrations.search(other, MemberSearch(register_number=REGISTER)).matches
    assert [(one.member, one.taken) for one in found] == [(MEMBER, True)]


@pytest.mark.parametrize(
    ("certified", "flags", "registered", "relations"),
    [
        ("渡邉　遥", "", "渡邉　遥", "same same same"),
        ("渡邉　遥", "", "渡邊　遥", "same variant same"),
        ("渡邉　遥", "", "渡辺　遥", "same variant same"),
        ("葛\U000e0100西　凛", "", "葛西　凛", "same same same"),
        ("吉田　吾郎", "1000", "𠮷田　吾郎", "substitute same same same"),
        ("海野　渉", "", "海原　渉", "same different same"),
        ("海野　渉", "", "海野　渉子", "same same same different"),
        ("Ｓｍｉｔｈ", "", "Smith", "same same same same same"),
    ],
)
def test_letters_are_the_same_variants_substitutes_or_others(
    certified: str, flags: str, registered: str, relations: str
) -> None:
    told = letters(certified, flags, registered)
    assert [pair.relation.value for pair in told] == relations.split()


def test_a_variant_is_found_by_the_search_and_still_told_as_a_difference(hall: Hall) -> None:
    application = hall.apply(replace(WATARU, name="海埜　渉")).application_id
    found = hall.registrations.search(application, MemberSearch(name="海埜　渉", register_number=REGISTER))
    assert [one.differs for one in found.matches] == [("name",)]
    assert [pair.relation for pair in found.matches[0].letters] == [
        LetterIs.SAME,
        LetterIs.VARIANT,
        LetterIs.SAME,
    ]


def act(operator: str, register: str = REGISTER, member: int = MEMBER, anyway: bool = False) -> LinkAct:
    return LinkAct(operator=operator, register_number=register, member=member, accept_differences=anyway)


def test_a_second_official_makes_the_link_that_the_first_has_proposed(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    municipality = hall.service._tenants.get(hall.town.code).municipality
    terms = municipality.registration
    assert isinstance(terms, RegistrationTerms)
    monkeypatch.setitem(terms.__dict__, "two_officials", True)  # settings are frozen
    application = hall.apply().application_id
    proposed = hall.registrations.link(application, act("市民課　見本一郎"))
    assert (proposed.entry.state, proposed.proposed_by) == (
        RegistrationState.UNDER_REVIEW,
        "市民課　見本一郎",
    )
    assert refusal(hall) == "Registration_Under_Review"
    with pytest.raises(Failed) as caught:
        hall.registrations.link(application, act("市民課　見本一郎"))
    assert caught.value.failure == "Registration_Second_Official"
    linked = hall.registrations.link(application, act("市民課　見本二郎"))
    assert (linked.entry.state, linked.proposed_by) == (RegistrationState.USABLE, "")
    assert [(one.act, one.operator) for one in linked.acts[1:]] == [
        ("proposed", "市民課　見本一郎"),
        ("linked", "市民課　見本二郎"),
    ]
    assert all(offer.refusal is None for offer in hall.offers().offers)


def refusal(hall: Hall) -> str:
    with pytest.raises(Failed) as caught:
        hall.offers()
    return caught.value.failure
