"""PDF連携: the application goes to the 戸籍 system with the certificate's serial number, is linked there, and comes back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scenarios.towns import load_town, shipped_town
from server_stub.existing_system.faults import Wrongs
from server_stub.existing_system.records import Records
from server_stub.existing_system.service import ExistingSystem
from server_stub.faults.box import FaultBox
from server_stub.interface.binding import new_ulid
from server_stub.interface.existing_system import (
    OfferAnswer,
    OfferRequest,
    PaperAnswer,
    PaperRequest,
    RegisterApplication,
    RegisterLink,
    RegisterState,
)
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import IssueRequest
from server_stub.interface.offers import ApplicationRequest, Scope
from server_stub.interface.registration import RegistrationState, Shown
from server_stub.interface.values import Place
from tests.registration.hall import MINATO, REGISTER, TERMINAL, WATARU, Hall
from tests.registration.test_links import refusal, text_of_fronts

RENEWED = replace(WATARU, serial=0x51A3)


class System:
    """The 戸籍 system without a wire, as `issuing.existing_systems.ExistingSystem`; `away`: it does not answer."""

    def __init__(self, service: ExistingSystem, records: Records) -> None:
        self.service, self.records, self.away = service, records, False
        self.taken: list[RegisterApplication] = []

    def _answers(self) -> None:
        if self.away:
            raise Failed("Existing_System_Unreachable", error="ReadTimeout")

    def offer(self, asked: OfferRequest, deadline: float) -> OfferAnswer:
        self._answers()
        return self.service.offer(asked)

    def paper(self, asked: PaperRequest, deadline: float) -> PaperAnswer:
        self._answers()
        return self.service.paper(asked)

    def register(self, asked: RegisterApplication, deadline: float) -> RegisterState:
        self._answers()
        self.taken.append(asked)
        return self.service.registrations.take(asked)

    def link(self, asked: RegisterLink, deadline: float) -> RegisterState:
        self._answers()
        return self.service.registrations.link(asked)

    def registration(self, application_id: str, deadline: float) -> RegisterState:
        self._answers()
        return self.service.registrations.state(application_id)

    def close(self) -> None:
        self.records.close()


@pytest.fixture(scope="module")
def _linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hall, System]]:
    """湊市 whose 戸籍 system makes all papers of the family registers."""
    folder = tmp_path_factory.mktemp("pdf")
    place = folder / "minato"
    shutil.copytree(shipped_town("minato"), place, ignore=shutil.ignore_patterns("references"))
    file = place / "municipality.toml"
    text = re.sub(
        r"^(\[service\.(?:family_register_\w+|address_history)\].*\n)",
        r'\1link = "pdf_link"\n',
        file.read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    file.write_text(text, encoding="utf-8")
    town = load_town(place)
    hall = Hall(folder, town)
    (folder / "system").mkdir()
    records = Records(town.municipality, None, folder / "system", hall.clock, hall.trace)
    system = System(ExistingSystem(town.municipality, records, Wrongs(FaultBox())), records)
    tenants = hall.service._tenants
    tenants._by_code[MINATO] = replace(tenants.get(MINATO), existing_system=system)  # type: ignore[arg-type]
    yield hall, system
    hall.close()


@pytest.fixture
def linked(_linked: tuple[Hall, System]) -> tuple[Hall, System]:
    hall, system = _linked
    hall.empty()
    system.away = False
    system.taken.clear()
    system.service.registrations._kept.clear()
    return hall, system


def test_the_application_goes_there_with_the_serial_number_and_comes_back_usable(
    linked: tuple[Hall, System],
) -> None:
    hall, system = linked
    answer = hall.apply()
    (taken,) = system.taken
    assert (taken.serial, taken.name, taken.head) == ("51A2", "海野　渉", "海野　渉")
    assert hall.registrations.show(answer.application_id).entry.state is RegistrationState.UNDER_REVIEW
    assert refusal(hall) == "Registration_Under_Review"
    hall.link(answer.application_id)
    assert hall.status(answer.number).status is Shown.USABLE
    kept = hall.registrations.show(answer.application_id)
    assert kept.register_number is None and kept.member is None  # the 戸籍 system alone knows


def test_its_papers_are_the_holders(linked: tuple[Hall, System]) -> None:
    hall, _ = linked
    hall.link(hall.apply().application_id)
    (offer,) = [one for one in hall.offers().offers if one.kind == "family_register_full"]
    assert offer.refusal is None and [one.name for one in offer.subjects] == ["海野　渉"]
    paper = hall.service.issue(
        IssueRequest(
            application_id=new_ulid(hall.clock),
            holder=WATARU.identity,
            place=Place.DOMICILE,
            application=ApplicationRequest(
                kind=offer.kind,
                municipality=MINATO,
                scope=Scope.WHOLE,
                subjects=tuple(one.ref for one in offer.subjects),
                answers={},
                copies=1,
                fee_total=offer.copy_fee(1),
            ),
            terminal=TERMINAL,
            received_at=hall.clock.now(),
        )
    )
    assert paper.holder == WATARU.identity and "港町７番地" in text_of_fronts(paper.pdf)


def test_what_is_decided_there_comes_back_by_itself(linked: tuple[Hall, System]) -> None:
    """An official of the 戸籍 system decides on its own screen: nobody tells the issuing server."""
    hall, system = linked
    usable, rejected = hall.apply(), hall.apply(replace(WATARU, serial=0x61))
    system.link(RegisterLink(application_id=usable.application_id, register_number=REGISTER, member=1), 1)
    system.link(RegisterLink(application_id=rejected.application_id), 1)
    assert hall.status(usable.number).status is Shown.USABLE
    assert hall.status(rejected.number).status is Shown.REJECTED
    assert [one.operator for one in hall.registrations.show(usable.application_id).acts] == [
        "申請者",
        "戸籍システム",
        "戸籍システム",
    ]


def test_an_application_waits_for_a_system_that_is_away_or_has_lost_it(linked: tuple[Hall, System]) -> None:
    hall, system = linked
    system.away = True
    answer = hall.apply()
    assert hall.status(answer.number).status is Shown.UNDER_REVIEW and system.taken == []
    system.away = False
    assert hall.registrations.show(answer.application_id).entry.state is RegistrationState.UNDER_REVIEW
    assert len(system.taken) == 1
    system.service.registrations._kept.clear()  # as after a restart
    hall.link(answer.application_id)
    assert len(system.taken) == 2 and hall.status(answer.number).status is Shown.USABLE


def test_who_differs_or_is_taken_is_refused_there_too(linked: tuple[Hall, System]) -> None:
    hall, _ = linked
    stranger = hall.apply(replace(WATARU, serial=0x99, name="別人　太郎", key="stranger"))
    with pytest.raises(Failed, match="Registration_Differs"):
        hall.link(stranger.application_id)
    with pytest.raises(Failed, match="Registration_Register_Unknown"):
        hall.link(stranger.application_id, "492020000099", anyway=True)
    hall.link(hall.apply().application_id)
    with pytest.raises(Failed, match="Registration_Member_Taken"):
        hall.link(stranger.application_id, anyway=True)


def test_an_ended_registration_opens_nothing_there(linked: tuple[Hall, System]) -> None:
    hall, system = linked
    answer = hall.apply()
    hall.link(answer.application_id)
    hall.end(answer.application_id)
    assert refusal(hall) == "Registration_Missing"
    with pytest.raises(Failed, match="Holder_Not_Linked"):
        system.offer(
            OfferRequest(
                kind="family_register_full",
                person=f"serial:{WATARU.serial:X}",
                place=Place.DOMICILE,
                day=hall.clock.now().date(),
            ),
            1,
        )


def carried(tmp_path: Path) -> Path:
    place = tmp_path / "minato"
    shutil.copytree(shipped_town("minato"), place, ignore=shutil.ignore_patterns("references"))
    file = place / "municipality.toml"
    text = file.read_text(encoding="utf-8")
    assert 'renewal = "apply_again"' in text
    file.write_text(text.replace('renewal = "apply_again"', 'renewal = "carry_over"'), encoding="utf-8")
    return place


def test_a_registration_can_be_carried_over_to_a_renewed_certificate(tmp_path: Path) -> None:
    """The switch: who has the earlier certificate by the issue notices needs no new application, and gets the papers."""
    folder = tmp_path / "hall"
    folder.mkdir()
    hall = Hall(folder, load_town(carried(tmp_path)))
    old = (WATARU.identity.reference,)
    hall.link(hall.apply().application_id)
    assert refusal(hall, RENEWED) == "Registration_Missing"  # nobody says that it is the same person
    offers = {one.kind: one for one in hall.offers(RENEWED, old).offers}
    assert offers["family_register_full"].refusal is None
    with pytest.raises(Failed, match="Registration_Already_Received"):
        hall.apply(RENEWED, earlier=old)
    offer = offers["family_register_full"]
    paper = hall.service.issue(
        IssueRequest(
            application_id=new_ulid(hall.clock),
            holder=RENEWED.identity,
            place=Place.DOMICILE,
            application=ApplicationRequest(
                kind=offer.kind,
                municipality=MINATO,
                scope=Scope.WHOLE,
                subjects=tuple(one.ref for one in offer.subjects),
                copies=1,
                fee_total=offer.copy_fee(1),
            ),
            terminal=TERMINAL,
            received_at=hall.clock.now(),
            earlier=old,
        )
    )
    assert paper.holder == RENEWED.identity
    hall.close()
