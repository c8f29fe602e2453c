"""An application is taken once, from whom it may be taken, and as it was signed."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from server_stub.interface.failures import Failed
from server_stub.interface.operations import StopRequest
from server_stub.interface.registration import RegistrationState
from server_stub.interface.registration_text import read_text, text_of
from server_stub.interface.values import TerminalKind
from tests.registration.hall import (
    MIDORI,
    MINATO,
    TERMINAL,
    WATARU,
    Applicant,
    Hall,
    certificate_of,
    signed,
    text_for,
)

RENEWED = replace(WATARU, serial=0x51A3)


def refusal(hall: Hall, **more: object) -> Failed:
    with pytest.raises(Failed) as caught:
        hall.apply(**more)  # type: ignore[arg-type]
    return caught.value


def test_what_was_typed_and_what_the_certificate_says_are_kept_beside_each_other(hall: Hall) -> None:
    """Of the name, the character that the certificate cannot write is flagged (髙 is in neither JIS X 0208 nor 0212)."""
    kumi = replace(WATARU, name="髙橋　渉󠄀", key="kumi", serial=0x77)
    answer = hall.apply(kumi, head="高橋　渉", telephone="0900000000")
    told = hall.registrations.show(answer.application_id)
    entry = told.entry
    assert (entry.domicile, entry.head, entry.telephone) == ("白砂県湊市港町７番地", "高橋　渉", "0900000000")
    assert (entry.name, entry.name_flags) == ("●橋　渉", "1001")
    assert (entry.birth, entry.sex, entry.address) == (date(1979, 11, 3), "1", "青葉県みどり市楠町３番１２号")
    assert entry.state is RegistrationState.RECEIVED
    assert told.text == text_for(head="高橋　渉", telephone="0900000000")


@pytest.mark.witness
def test_openssl_verifies_the_signature_over_the_text_that_was_shown(hall: Hall, tmp_path: Path) -> None:
    """By what the server keeps: text, signature and certificate, and nothing else of ours."""
    answer = hall.apply()
    told = hall.registrations.show(answer.application_id)
    (tmp_path / "text").write_text(told.text, encoding="utf-8", newline="")
    (tmp_path / "signature").write_bytes(b64decode(told.signature))
    (tmp_path / "certificate").write_bytes(b64decode(told.certificate))

    def openssl(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, text=True, check=False)

    key = openssl("x509", "-inform", "DER", "-in", "certificate", "-pubkey", "-noout").stdout
    (tmp_path / "key").write_text(key)
    verify = ("dgst", "-sha256", "-verify", "key", "-signature", "signature")
    assert openssl(*verify, "text").stdout.strip() == "Verified OK"
    (tmp_path / "other").write_text(told.text.replace("７番地", "８番地"), encoding="utf-8")
    assert openssl(*verify, "other").returncode != 0


def test_a_text_that_is_not_written_as_agreed_is_no_application(hall: Hall) -> None:
    right = text_for()
    assert text_of(read_text(right)) == right
    for wrong in (
        right.replace("\n", "\r\n"),
        right.rstrip("\n"),
        right + "追伸\n",
        right.replace("本籍　", "本籍 "),
        right.replace("（49202）", "（49202） "),
        right.replace("2026年6月3日", "2026年06月3日"),
        right.replace("2026年6月3日", "2026年6月31日"),
        right.replace("海野　渉", "海野\u200b　渉"),
        right.replace("090-0000-0000", "090-0000-00"),
        right.replace("白砂県湊市", "青葉県みどり市"),
        right.replace("白砂県湊市港町７番地", "白砂県湊市"),
        right.replace("湊市（", "港市（"),
    ):
        assert wrong != right
        assert refusal(hall, text=wrong).failure == "Registration_Entry_Wrong", wrong


def test_what_was_not_signed_is_no_application(hall: Hall) -> None:
    asked = hall.application()
    other = text_for(domicile="白砂県湊市港町８番地")
    for forged in (
        asked.model_copy(update={"text": other}),
        asked.model_copy(update={"signature": signed(asked.text, "somebody else")}),
    ):
        with pytest.raises(Failed, match="Signature_Invalid"):
            hall.service.register(forged)
    assert hall.registrations.store.page(None, list(RegistrationState), None, 9) == []


def test_a_repeated_request_gets_the_same_number_and_another_none(hall: Hall) -> None:
    asked = hall.application()
    first = hall.service.register(asked)
    again = asked.model_copy(update={"received_at": asked.received_at.replace(minute=5)})
    assert hall.service.register(again) == first
    changed = asked.model_copy(update={"home": "13103"})
    with pytest.raises(Failed, match="Idempotency_Conflict"):
        hall.service.register(changed)


def test_a_person_has_one_open_application_in_a_municipality(hall: Hall) -> None:
    first = hall.apply()
    failed = refusal(hall)
    assert failed.failure == "Registration_Already_Received"
    assert failed.facts == {"municipality": "湊市", "telephone": "000-492-0200"}
    hall.reject(first.application_id)
    second = hall.apply()
    assert second.number != first.number
    hall.link(second.application_id)
    assert refusal(hall).failure == "Registration_Already_Received"


def test_a_renewed_certificate_waits_for_the_application_that_is_under_review(hall: Hall) -> None:
    hall.apply()
    failed = refusal(hall, person=RENEWED, earlier=(WATARU.identity.reference,))
    assert failed.failure == "Registration_Already_Received"


@pytest.mark.parametrize(
    "person",
    [replace(WATARU, municipality=MINATO), replace(WATARU, address="白砂県湊市浜町１番地", key="here")],
    ids=["by the issue notice", "by the address in the certificate"],
)
def test_who_lives_in_the_same_municipality_need_not_apply(hall: Hall, person: Applicant) -> None:
    failed = refusal(hall, person=person)
    assert failed.failure == "Registration_Same_Municipality"
    assert failed.facts == {"municipality": "湊市"}


def test_who_is_under_fifteen_cannot_apply(hall: Hall) -> None:
    young = replace(WATARU, birth=date(2011, 6, 4), key="young")
    assert refusal(hall, person=young).failure == "Holder_Under_Fifteen"


def test_who_is_fifteen_today_may_apply(hall: Hall) -> None:
    """The twin of who is not: born a day earlier."""
    hall.apply(replace(WATARU, birth=date(2011, 6, 3), key="fifteen"))


@pytest.mark.parametrize(
    ("moment", "failure"),
    [
        ("2026-06-03 06:29:59", "Service_Closed_Now"),
        ("2026-06-03 06:30:00", None),
        ("2026-06-03 22:59:59", None),
        ("2026-06-03 23:00:00", "Service_Closed_Now"),
        ("2026-12-29 10:00:00", "Service_Closed_Today"),
    ],
)
def test_the_service_has_hours_of_its_own(hall: Hall, moment: str, failure: str | None) -> None:
    hall.at(moment)
    if failure is None:
        hall.apply()
    else:
        assert refusal(hall).failure == failure


def test_an_official_stops_the_service_alone(hall: Hall) -> None:
    stop = hall.service.stop(StopRequest(municipality=MINATO, kind="registration"))
    assert refusal(hall).failure == "Service_Stopped"
    hall.service.release(stop.stop_id)
    hall.apply()


def test_a_terminal_of_a_kind_that_is_not_served_takes_none(hall: Hall) -> None:
    municipal = TERMINAL.model_copy(update={"kind": TerminalKind.MUNICIPAL})
    asked = hall.application().model_copy(update={"terminal": municipal})
    hall.service.register(asked)  # 湊市 serves both
    (service,) = hall.registrations.services(TerminalKind.STORE).services
    assert (service.municipality, service.slip_fee, service.refusal) == (MINATO, 10, None)
    assert service.hours == {"ja": "6:30〜23:00", "en": "6:30–23:00"}


def test_the_nine_wards_of_kobe_are_one_with_it() -> None:
    """Codes of 全国地方公共団体コード; 28111 (西区) is the last of the nine, 28201 is 姫路市."""
    from scenarios.towns import load_town, shipped_town

    terms = load_town(shipped_town("kobe")).municipality.registration
    assert terms is not None
    assert len(terms.wards) == 9 and "28110" in terms.wards and "28201" not in terms.wards


def test_the_certificate_of_an_applicant_is_the_authoritys_own() -> None:
    assert certificate_of(WATARU)[:1] == b"\x30" and MIDORI != MINATO
