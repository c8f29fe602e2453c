"""A usable registration opens the 戸籍 papers of its own register, to its own certificate, and to nobody else's."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from dataclasses import replace
from datetime import date

import pytest

from server_stub.interface.binding import new_ulid
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import IssueRequest
from server_stub.interface.offers import ApplicationRequest, Offer, Scope
from server_stub.interface.registration import RegistrationState
from server_stub.interface.values import Place
from tests.registration.hall import (
    KUMI_REGISTER,
    MINATO,
    NAGIKO,
    NAGIKO_REGISTER,
    REGISTER,
    TERMINAL,
    WATARU,
    Applicant,
    Hall,
)

WHOLE, ONE, HISTORY = "family_register_full", "family_register_individual", "address_history"
RENEWED = replace(WATARU, serial=0x51A3)
STRANGER = replace(WATARU, serial=0x99, name="別人　太郎", key="stranger")


def text_of_fronts(pdf: str) -> str:
    """All that can be read on the fronts, by poppler and not by what looks at them elsewhere."""
    read = subprocess.run(["pdftotext", "-", "-"], input=b64decode(pdf), capture_output=True, check=True)
    return read.stdout.decode()


def offers(hall: Hall, person: Applicant = WATARU, earlier: tuple[str, ...] = ()) -> dict[str, Offer]:
    return {one.kind: one for one in hall.offers(person, earlier).offers}


def refusal(hall: Hall, person: Applicant = WATARU) -> str:
    with pytest.raises(Failed) as caught:
        hall.offers(person)
    return caught.value.failure


def test_before_it_is_usable_the_municipality_says_why_not(hall: Hall) -> None:
    assert refusal(hall) == "Registration_Missing"
    first = hall.apply()
    assert refusal(hall) == "Registration_Under_Review"
    hall.reject(first.application_id)
    assert refusal(hall) == "Registration_Rejected"
    second = hall.apply()
    assert refusal(hall) == "Registration_Under_Review"
    hall.link(second.application_id)
    assert all(offer.refusal is None for offer in hall.offers().offers)
    hall.end(second.application_id)
    assert refusal(hall) == "Registration_Missing"


def test_a_registered_holder_gets_the_papers_of_the_own_register(hall: Hall) -> None:
    hall.link(hall.apply().application_id)
    found = offers(hall)
    assert set(found) == {WHOLE, ONE, HISTORY}
    for kind, scope in ((WHOLE, Scope.WHOLE), (ONE, Scope.CHOSEN), (HISTORY, Scope.WHOLE)):
        offer = found[kind]
        assert offer.refusal is None
        assert [(one.name, one.holder) for one in offer.subjects] == [("海野　渉", True)]
        subjects = tuple(one.ref for one in offer.subjects)
        paper = hall.service.issue(
            IssueRequest(
                application_id=new_ulid(hall.clock),
                holder=WATARU.identity,
                place=Place.DOMICILE,
                application=ApplicationRequest(
                    kind=kind,
                    municipality=MINATO,
                    scope=scope,
                    subjects=subjects,
                    answers={one.code: one.default for one in offer.asks(subjects)},
                    copies=1,
                    fee_total=offer.copy_fee(1),
                ),
                terminal=TERMINAL,
                received_at=hall.clock.now(),
            )
        )
        assert paper.holder == WATARU.identity and paper.kind == kind
        text = text_of_fronts(paper.pdf)
        assert "渉" in text and "港町７番地" in text


def test_somebody_elses_certificate_opens_nothing(hall: Hall) -> None:
    hall.link(hall.apply().application_id)
    assert refusal(hall, STRANGER) == "Registration_Missing"
    hall.apply(STRANGER)
    assert refusal(hall, STRANGER) == "Registration_Under_Review"


def test_a_link_leads_to_a_living_member_of_an_open_register(hall: Hall) -> None:
    answer = hall.apply()
    for register, member in (("492020000099", 1), (REGISTER, 2), (KUMI_REGISTER, 1)):
        with pytest.raises(Failed, match="Registration_Register_Unknown"):
            hall.link(answer.application_id, register, member, anyway=True)
    assert refusal(hall) == "Registration_Under_Review"  # 髙橋茂 of the last one was removed


def test_what_differs_from_the_register_is_told(hall: Hall) -> None:
    other = replace(WATARU, name="海野　亘", birth=date(1979, 11, 4), key="wataru 2", serial=0x53)
    answer = hall.apply(other, domicile="白砂県湊市港町８番地")
    with pytest.raises(Failed, match="Registration_Differs") as caught:
        hall.link(answer.application_id)
    assert caught.value.facts["items"] == ["name", "birth", "domicile"]
    wrong_head = hall.apply(replace(WATARU, serial=0x52), head="海野　亘")
    with pytest.raises(Failed, match="Registration_Differs") as caught:
        hall.link(wrong_head.application_id)
    assert caught.value.facts["items"] == ["head"]
    hall.link(wrong_head.application_id, anyway=True)


def test_width_and_blanks_are_no_difference(hall: Hall) -> None:
    answer = hall.apply(domicile="白砂県湊市港町7番地", head="海野渉")
    hall.link(answer.application_id)


def test_nobody_is_linked_with_somebody_elses_member(hall: Hall) -> None:
    hall.link(hall.apply().application_id)
    stranger = hall.apply(STRANGER)
    with pytest.raises(Failed, match="Registration_Member_Taken"):
        hall.link(stranger.application_id, anyway=True)
    with pytest.raises(Failed, match="Registration_Member_Taken"):
        hall.link(stranger.application_id, NAGIKO_REGISTER, 1, anyway=True)  # linked by the delivery
    assert refusal(hall, STRANGER) == "Registration_Under_Review"
    assert offers(hall)[WHOLE].refusal is None


def test_a_renewed_certificate_applies_again_and_takes_the_place_of_the_old_one(hall: Hall) -> None:
    old = WATARU.identity.reference
    first = hall.apply()
    hall.link(first.application_id)
    with pytest.raises(Failed, match="Registration_Missing"):
        hall.offers(RENEWED, (old,))
    second = hall.apply(RENEWED, earlier=(old,))
    hall.link(second.application_id)
    assert offers(hall, RENEWED, (old,))[WHOLE].refusal is None
    ended = hall.registrations.show(first.application_id)
    assert ended.entry.state is RegistrationState.ENDED
    assert refusal(hall) == "Registration_Missing"


def test_who_is_linked_by_a_delivery_need_not_apply(
    hall: Hall, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from server_stub.interface import notices
    from tests.registry.helper import Notice, write_notices

    nagiko = Notice(7, NAGIKO, MINATO)
    delivered = Hall(tmp_path_factory.mktemp("delivered"))
    file = delivered.folder / notices.FILE_NAME
    write_notices(file, [nagiko])
    delivered.town.load(delivered.replica_url, file, delivered.clock, delivered.trace)
    asked = delivered.application()
    holder = asked.holder.model_copy(update={"reference": nagiko.holder_ref})
    with pytest.raises(Failed, match="Registration_Not_Needed"):
        delivered.service.register(asked.model_copy(update={"holder": holder}))
    delivered.close()
