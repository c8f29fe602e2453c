from __future__ import annotations

import base64
import csv
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from server_stub.authority import Authority, AuthoritySettings, foreign_authority, prepare_database
from server_stub.authority.profile import Kind
from server_stub.db import sqlite_url
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.notices import (
    EXPIRES_AT,
    HEADER,
    ISSUED_AT,
    ISSUER,
    KIND,
    MUNICIPALITY,
    PERSON,
    SERIAL,
    NoticeKind,
)
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Event, Trace
from tests.authority.helper import OPERATOR_KEY, SomeHolder, load


@pytest.fixture
def serial(authority: Authority, card_key: RSAPublicKey) -> int:
    return load(authority.issue_authentication(card_key, SomeHolder(), now=STAGE_START)).serial_number


def test_a_hold_can_be_released_and_says_since_when(authority: Authority, clock: Clock, serial: int) -> None:
    clock.advance(timedelta(minutes=5))
    held = authority.hold(serial)
    assert (held.state, held.reason, held.changed_at) == ("held", "certificate_hold", clock.now())
    assert authority.release(serial).state == "good"
    assert authority.find(serial).reason == ""


def test_holding_twice_keeps_the_first_time(authority: Authority, clock: Clock, serial: int) -> None:
    first = authority.hold(serial)
    clock.advance(timedelta(minutes=5))
    assert authority.hold(serial) == first


def test_what_is_revoked_stays_revoked(authority: Authority, serial: int) -> None:
    authority.hold(serial)
    revoked = authority.revoke(serial, "affiliation_changed")
    for change in (
        authority.hold,
        authority.release,
        lambda s: authority.revoke(s, "key_compromise"),
    ):
        with pytest.raises(Failed, match="Certificate_State_Conflict"):
            change(serial)
    assert authority.find(serial) == revoked


@pytest.mark.parametrize("serial", [0, -1, 1, 2**63, 2**200])
def test_a_serial_that_was_never_issued_is_refused_by_name(authority: Authority, serial: int) -> None:
    for change in (authority.hold, authority.release, authority.revoke, authority.find):
        with pytest.raises(Failed, match="Certificate_Serial_Unknown"):
            change(serial)


@pytest.mark.parametrize("reason", ["", "lost", "certificate_hold"])
def test_an_unknown_reason_revokes_nothing(authority: Authority, serial: int, reason: str) -> None:
    with pytest.raises(Failed, match="Request_Malformed"):
        authority.revoke(serial, reason)
    assert authority.find(serial).state == "good"


def test_state_survives_the_process(authority: Authority, settings: AuthoritySettings, serial: int) -> None:
    authority.hold(serial)
    authority.close()
    again = Authority(settings, Clock(STAGE_START))
    assert again.find(serial).state == "held"
    again.close()


def test_the_list_names_exactly_the_stopped_certificates(
    authority: Authority, card_key: RSAPublicKey, clock: Clock
) -> None:
    serials = [
        load(authority.issue_authentication(card_key, SomeHolder(), now=STAGE_START)).serial_number
        for _ in range(4)
    ]
    authority.hold(serials[0])
    authority.revoke(serials[1], "key_compromise")
    authority.revoke(serials[2])
    crl = x509.load_der_x509_crl(authority.crl(Kind.AUTHENTICATION))
    reasons: dict[int, x509.ReasonFlags | None] = {}
    for entry in crl:
        try:
            reasons[entry.serial_number] = entry.extensions.get_extension_for_class(
                x509.CRLReason
            ).value.reason
        except x509.ExtensionNotFound:
            reasons[entry.serial_number] = None
    assert reasons == {
        serials[0]: x509.ReasonFlags.certificate_hold,
        serials[1]: x509.ReasonFlags.key_compromise,
        serials[2]: None,
    }
    assert crl.last_update_utc == clock.now()
    assert crl.next_update_utc == clock.now() + timedelta(days=1)
    assert len(x509.load_der_x509_crl(authority.crl(Kind.SIGNATURE))) == 0
    authority.release(serials[0])
    # removeFromCRL is for delta lists only (RFC 5280, 5.3.1): a full list just leaves the released one out
    crl = x509.load_der_x509_crl(authority.crl(Kind.AUTHENTICATION))
    assert {entry.serial_number for entry in crl} == set(serials[1:3])


def test_a_notice_leads_from_the_card_to_the_person(
    authority: Authority, card_key: RSAPublicKey, tmp_path: Path
) -> None:
    holder = replace(SomeHolder(), person_key='P,"1')
    leaf = load(authority.issue_authentication(card_key, holder, now=STAGE_START))
    signature = load(authority.issue_signature(card_key, holder, now=STAGE_START))
    path = tmp_path / "発行通知.csv"
    assert authority.write_issue_notices(path) == 2
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == HEADER
    of_kind = {row[HEADER.index(KIND)]: dict(zip(HEADER, row, strict=True)) for row in rows}
    told = of_kind[NoticeKind.AUTHENTICATION]
    issuer, serial = base64.b64decode(told[ISSUER], validate=True), int(told[SERIAL], 16)
    assert (issuer, serial) == (leaf.issuer.public_bytes(), leaf.serial_number)
    assert (told[PERSON], told[MUNICIPALITY]) == ('P,"1', "28100")
    issued, expires = (datetime.fromisoformat(told[column]) for column in (ISSUED_AT, EXPIRES_AT))
    assert (issued, expires) == (STAGE_START, leaf.not_valid_after_utc)
    assert int(of_kind[NoticeKind.SIGNATURE][SERIAL], 16) == signature.serial_number
    assert list(tmp_path.glob("*.part")) == []


def test_the_foreign_authority_has_another_organisation_and_other_keys(
    authority: Authority, card_key: RSAPublicKey, clock: Clock, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path / "foreign.db")
    prepare_database(url)
    foreign = foreign_authority(authority.settings.keys, url, clock, operator_key=Secret(OPERATOR_KEY))
    leaf = load(foreign.issue_authentication(card_key, SomeHolder(), now=STAGE_START))
    assert "O=OTHER-SIM" in leaf.issuer.rfc4514_string()
    ours, theirs = (
        load(authority.authentication_ca_certificate()),
        load(foreign.authentication_ca_certificate()),
    )
    leaf.verify_directly_issued_by(theirs)
    with pytest.raises(ValueError):
        leaf.verify_directly_issued_by(ours)
    assert ours.public_key() != theirs.public_key()
    foreign.close()


def test_every_change_is_an_event(authority: Authority, trace: Trace, serial: int) -> None:
    seen: list[Event] = []
    trace.subscribe(seen.append)
    authority.hold(serial)
    authority.release(serial)
    authority.revoke(serial, "superseded")
    assert [(e.source, e.kind) for e in seen] == [
        ("authority", "held"),
        ("authority", "released"),
        ("authority", "revoked"),
    ]
    assert seen[-1].data == {"ca": "authentication", "serial": f"{serial:X}", "reason": "superseded"}
