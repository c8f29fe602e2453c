"""Planted defects of the 住登外戸籍 利用登録 at the terminal: the number, its slip and money, the card again, and who is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import kiosk_app.card_session as card_session
import kiosk_app.screens.registration as screens
import kiosk_app.slip as slips
import server_stub.issuing.ledger as ledger
import server_stub.issuing.service as issuing
import server_stub.registration.service as service
from kiosk_app.devices.coin_unit import SimulatedCoinUnit
from kiosk_app.flow import registration_rows
from server_stub.center.authentication.jpki import StatusAuthority
from server_stub.center.issuing_servers import IssuingServers
from server_stub.center.registration import Registration
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import ReportKind
from server_stub.registration.store import Store
from tests.planted.defect import defect
from tests.planted.flow import rows_of

WHOLE = "申請して紐付けられ、サイトで利用可能になり、本籍地の戸籍の証明書を受け取る"
SLIP = "申請番号を10円で印刷し、おつりと領収書を受け取る"
JAM = "申請番号の用紙が詰まると、10円が戻る"
BEFORE = "審査が終わるまで本籍地の証明書は断られ、終わると附票も受け取れる"


@defect(
    "申請番号を画面の文字の一覧に書く",
    harm="一度だけ見せるはずの番号が、記録に残って他人に読まれる。",
    scenario=WHOLE,
    sentence="申請番号が一度だけ表示されている",
)
def number_among_the_words(patch: pytest.MonkeyPatch) -> None:
    def written(screen: Any, box: Any, secret: Secret, size: int, colour: str) -> None:
        screen.text(box, secret.reveal(), size, colour=colour)

    patch.setattr(screens, "SecretText", written)


@defect(
    "用紙に別の申請番号を印字する",
    harm="十円を払った人が、自分の登録状況を調べられない。",
    scenario=SLIP,
    sentence="申請番号の用紙に、画面の申請番号と「湊市」が印字されている",
)
def another_number_printed(patch: pytest.MonkeyPatch) -> None:
    real = slips.grouped
    patch.setattr(slips, "grouped", lambda number: real(Secret(number.reveal()[::-1])))


@defect(
    "申請番号の印刷に二十円を取る",
    harm="十円と案内された人が、二十円を払わされる。",
    scenario=SLIP,
    sentence="おつりは40円である",
)
def slip_charged_twice(patch: pytest.MonkeyPatch) -> None:
    real = SimulatedCoinUnit.take
    patch.setattr(SimulatedCoinUnit, "take", lambda unit, due, application: real(unit, 2 * due, application))


@defect(
    "申請番号の印刷を証明書として台帳に記す",
    harm="出していない証明書の手数料が、市の統計に載る。",
    scenario=SLIP,
    sentence="印刷が終わり、用紙を取る",
)
def slip_booked_as_a_certificate(patch: pytest.MonkeyPatch) -> None:
    real = issuing.slip_entry
    patch.setattr(issuing, "slip_entry", lambda *given: replace(real(*given), kind="family_register_full"))


@defect(
    "詰まった申請番号の用紙の返金を台帳に記さない",
    harm="返した十円が、市の収入として残る。",
    scenario=JAM,
    sentence="お金も用紙も動いていない",
)
def refund_of_the_slip_unbooked(patch: pytest.MonkeyPatch) -> None:
    real = ledger.book

    def book(connection: Any, application_id: str, report: Any) -> None:
        if report.kind is not ReportKind.CANCELLED:
            real(connection, application_id, report)

    patch.setattr(ledger, "book", book)


@defect(
    "二度目に置いたカードを比べない",
    harm="一人が本人確認をし、別の人のカードがパスワードを失う。",
    scenario="別のカードを置くと、パスワードを入力せずに終わる",
    sentence="「Registration_Another_Card」で断られる",
)
def second_card_not_compared(patch: pytest.MonkeyPatch) -> None:
    import kiosk_app.center_gateway as gateway

    real = card_session.read_signer

    def read_signer(reader: Any, observer: Any, trust: Any, holder_ref: str, **named: Any) -> Any:
        own = card_session.read_card(reader, observer, trust).holder_ref
        return real(reader, observer, trust, own, **named)

    for module in (card_session, gateway):
        if hasattr(module, "read_signer"):
            patch.setattr(module, "read_signer", read_signer)
    patch.setattr(Registration, "_same_card", lambda own, holder, encoded: "1")


@defect(
    "パスワードの残りの回数を一つ多く知らせる",
    harm="あと一回と知らずに入力した人のカードがロックされる。",
    scenario="パスワードを間違えると、残りの回数が知らされる",
    sentence="画面に「あと4回」と表示される",
)
def tries_told_too_high(patch: pytest.MonkeyPatch) -> None:
    real = card_session._failed

    def failed(error: Any) -> Failed:
        told = real(error)
        if "tries_left" not in told.facts:
            return told
        return Failed(told.failure, **{**told.facts, "tries_left": told.facts["tries_left"] + 1})

    patch.setattr(card_session, "_failed", failed)


@defect(
    "却下された申請を未決のものとして数える",
    harm="書き間違えて却下された人が、二度と申請できない。",
    scenario="却下された人は、却下の文を読み、もう一度申請できる",
    sentence="申請番号が一度だけ表示されている",
)
def rejected_for_ever(patch: pytest.MonkeyPatch) -> None:
    def open_of(own: Store, municipality: str, holders: Any) -> list[Any]:
        found = [own.latest_of(municipality, holder) for holder in holders]
        return [one for one in found if one is not None]

    patch.setattr(Store, "open_of", open_of)


@defect(
    "受け付ける時刻を確かめない",
    harm="休止中の申請が、だれにも受け取られないまま残る。",
    scenario="受け付ける時刻を過ぎると、申請できない",
    sentence="「Service_Closed_Now」で断られる",
)
def hours_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(service, "check_open", lambda municipality, terms, moment: None)


@defect(
    "住所地と本籍地が同じでも先へ進む",
    harm="要らない申請のために、本籍と電話番号を入力させる。",
    scenario="住所と本籍が同じ市の人は、申請失敗と案内される",
    sentence="「Registration_Same_Municipality」で断られる",
)
def own_municipality_accepted(patch: pytest.MonkeyPatch) -> None:
    rows_of(patch, lambda row: row.when is registration_rows.is_home, when=lambda happening: False)


@defect(
    "審査中の人に未申請と案内する",
    harm="申請した人が、何度も申請をやり直す。",
    scenario=BEFORE,
    sentence="「Registration_Under_Review」で断られる",
)
def review_unsaid(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Store, "latest_of", lambda own, municipality, holder_ref: None)


@defect(
    "署名用電子証明書の失効を確かめない",
    harm="引っ越した人の古い住所で申請が通る。",
    scenario="引っ越して署名用電子証明書が失効している人は、申請できない",
    sentence="「Signature_Certificate_Revoked」で断られる",
)
def revocation_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(StatusAuthority, "check", lambda own, *told: None)


@defect(
    "支援措置の対象者を利用登録で止めない",
    harm="加害者が、本籍の市区町村に手続を進められる。",
    scenario="支援措置の対象者は、本人確認のあとで断られる",
    sentence="「Holder_Restricted」で断られる",
)
def restriction_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(IssuingServers, "check_holder", lambda own, asked: None)
