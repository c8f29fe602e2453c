"""Defects that are planted in 利用登録, each of which a named test of this folder must find. With `make fuzz` (KONBINI_LONG=1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

import server_stub.center.registration as centre
import server_stub.registration.service as service
import server_stub.registration.store as store
from server_stub.authority import Authority
from server_stub.center.authentication.jpki import StatusAuthority
from server_stub.center.holders import Holders
from server_stub.interface import registration
from server_stub.interface.registration import RegistrationState
from server_stub.interface.signature_certificate import SignatureCertificate
from server_stub.issuing.ledger import Ledger
from server_stub.municipalities.registration import RegistrationTerms
from server_stub.registration.links import RegisteredLinks
from server_stub.registration.store import Store
from server_stub.sites.guesses import Guesses
from tests.long import LONG
from tests.registration import test_applying, test_centre, test_life, test_links, test_numbers, test_site
from tests.registration.hall import Hall
from tests.registration.nodes import Nodes

pytestmark = pytest.mark.skipif(not LONG, reason="with make fuzz (KONBINI_LONG=1)")
Plant = Callable[[pytest.MonkeyPatch], object]


@dataclass(frozen=True)
class Defect:
    """`found_by`: the test that must fail, on `nodes` or on the `hall` alone."""

    name: str
    harm: str
    plant: Plant
    found_by: Callable[[Any], None]
    of_nodes: bool = False


def _patch(target: Any, name: str, value: Any) -> Plant:
    return lambda patch: patch.setattr(target, name, value)


def _everybody_usable(kept: Store, municipality: str, holders: Any) -> Any:
    return kept.page(municipality, (RegistrationState.USABLE,), None, 99)


DEFECTS = (
    Defect(
        "署名を検証しない",
        "画面に出たものと違う申請が、本人の署名として残る。",
        _patch(SignatureCertificate, "check_signature", lambda own, signature, text: None),
        test_applying.test_what_was_not_signed_is_no_application,
    ),
    Defect(
        "署名の証明書がだれのものか比べない",
        "他人の名で申請される。",
        _patch(Holders, "is_signer", lambda own, holder, signer: True),
        test_centre.test_two_cards_are_never_one_application,
        of_nodes=True,
    ),
    Defect(
        "受付番号を比べない",
        "一度の署名が、別の手続でもう一度使われる。",
        _patch(centre.Registration, "_of_this_session", lambda own, session, form: None),
        test_centre.test_a_signature_serves_in_its_own_session_only,
        of_nodes=True,
    ),
    Defect(
        "署名用電子証明書の失効を確かめない",
        "引っ越した人の古い住所で申請が通る。",
        _patch(StatusAuthority, "check", lambda own, *told: None),
        test_centre.test_a_signature_certificate_that_is_not_valid_is_refused_by_name,
        of_nodes=True,
    ),
    Defect(
        "同じ人の申請を二つ受け付ける",
        "番号が二つあり、どちらが本当かだれにもわからない。",
        lambda patch: (
            patch.setattr(Store, "open_of", lambda own, municipality, holders: []),
            patch.setattr(store, "_row", _with_open_for_nobody(store._row)),
        ),
        test_applying.test_a_person_has_one_open_application_in_a_municipality,
    ),
    Defect(
        "だれの登録でも使える",
        "申請していない人が、他人の戸籍の証明書を受け取る。",
        _patch(RegisteredLinks, "_usable", lambda own, holders: _everybody_usable(own._store, "49202", ())),
        test_links.test_somebody_elses_certificate_opens_nothing,
    ),
    Defect(
        "紐付けのときに戸籍と比べない",
        "取り違えた人の戸籍が、申請者のものになる。",
        _patch(service, "differences", lambda facts, **told: ()),
        test_links.test_what_differs_from_the_register_is_told,
    ),
    Defect(
        "審査の日数に休日を数える",
        "期限を過ぎていない申請が、期限超過として催促される。",
        _patch(RegistrationTerms, "due_on", lambda own, received: received.date()),
        lambda hall: test_life.test_it_is_due_in_the_municipalitys_business_days(
            hall, "2026-06-03 10:00:00", date(2026, 6, 10)
        ),
    ),
    Defect(
        "職員のメモをサイトに出す",
        "内部のやりとりが、申請番号を知る人に読まれる。",
        lambda patch: patch.setattr(
            Store,
            "move",
            _with_note_in_public(Store.move),
        ),
        test_life.test_a_rejection_tells_its_public_text_and_never_the_officials_note,
    ),
    Defect(
        "検査数字の重みを左から付ける",
        "市区町村の公表している番号の形と合わない番号が出る。",
        lambda patch: patch.setattr(
            test_numbers, "check_digit", lambda digits: registration.check_digit(digits[::-1])
        ),
        lambda hall: test_numbers.test_the_number_that_a_published_document_shows_has_our_check_digit(),
    ),
    Defect(
        "推測を数えない",
        "だれかの申請が、番号を試し続ける人に見つかる。",
        _patch(Guesses, "reserve", lambda own, address, now: 1),
        test_site.test_an_address_is_locked_for_the_rest_of_the_hour,
        of_nodes=True,
    ),
    Defect(
        "印刷の10円を台帳に記さない",
        "受け取った10円が、どの帳簿にもない。",
        _patch(Ledger, "take_report", lambda own, *told: own.state(told[0])),
        test_centre.test_a_slip_that_jammed_is_given_back,
        of_nodes=True,
    ),
    Defect(
        "転居しても署名用電子証明書を失効しない",
        "古い住所の証明書で、いつまでも申請できる。",
        _patch(Authority, "moved", lambda own, person: []),
        test_centre.test_a_signature_certificate_that_is_not_valid_is_refused_by_name,
        of_nodes=True,
    ),
)


def _with_open_for_nobody(row: Any) -> Any:
    """The database would refuse a second open application too."""
    return lambda one: {**row(one), "open_for": None}


def _with_note_in_public(move: Any) -> Any:
    def moved(own: Store, application: Any, state: Any, act: Any, **more: Any) -> Any:
        if "public_text" in more:
            more["public_text"] = act.note
        return move(own, application, state, act, **more)

    return moved


@pytest.mark.parametrize("fault", DEFECTS, ids=lambda fault: fault.name)
def test_a_planted_defect_is_found(
    fault: Defect, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    where: Hall | Nodes = request.getfixturevalue("nodes" if fault.of_nodes else "hall")
    with monkeypatch.context() as patch:
        fault.plant(patch)
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            fault.found_by(where)


def test_ten_defects_are_planted() -> None:
    assert len(DEFECTS) >= 10
