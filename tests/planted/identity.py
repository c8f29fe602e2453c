"""Planted defects about who stands at the terminal: card, PIN, certificate, session."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update

import cards.jpki as jpki
import kiosk_app.paper as terminal_paper
import server_stub.center.authentication.jpki as certificates
import server_stub.issuing.service as service
from cards.jpki import JpkiClient
from kiosk_app.card_trust import CardKind, CardTrust
from kiosk_app.flow import card_rows, certificate_rows, events
from kiosk_app.flow.state import StateName as S
from kiosk_app.flow.state import TimeOuts, Visit
from server_stub.center import tables
from server_stub.center.authentication.jpki import HolderCertificate, StatusAuthority, TrustedCertificates
from server_stub.center.sessions import Sessions
from server_stub.interface import binding
from server_stub.interface.failures import Failed
from tests.planted.defect import defect
from tests.planted.flow import rows_of

PIN = "正しい暗証番号を入力する"
WRONG_ONCE = "暗証番号を間違えると残り回数が表示される"


def status(patch: pytest.MonkeyPatch, *accepted: str) -> None:
    """The centre takes these answers of the authority for good."""
    real = StatusAuthority.check

    def check(authority: Any, *given: Any) -> None:
        try:
            real(authority, *given)
        except Failed as failed:
            if failed.failure not in accepted:
                raise

    patch.setattr(StatusAuthority, "check", check)


def at_another_time(patch: pytest.MonkeyPatch, when: datetime) -> None:
    """Certificates are checked as of another time."""
    real = TrustedCertificates.check
    patch.setattr(TrustedCertificates, "check", lambda trusted, encoded, now: real(trusted, encoded, when))


# --- the certificate ------------------------------------------------------------------------------------------------


@defect(
    "失効しているかを認証局に尋ねない",
    harm="失効させたカードで、拾った人が証明書を取れる。",
    scenario="失効した電子証明書",
    sentence="「Certificate_Revoked」で断られる",
)
def authority_not_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(StatusAuthority, "check", lambda authority, *given: None)


@defect(
    "失効という答えを有効と取り違える",
    harm="失効させたカードで、拾った人が証明書を取れる。",
    scenario="失効した電子証明書",
    sentence="「Certificate_Revoked」で断られる",
)
def revoked_taken_for_good(patch: pytest.MonkeyPatch) -> None:
    status(patch, "Certificate_Revoked")


@defect(
    "一時停止という答えを有効と取り違える",
    harm="紛失を届け出たカードで、拾った人が証明書を取れる。",
    scenario="一時停止の届出をすると止まり、解除すると使える",
    sentence="「Certificate_On_Hold」で断られる",
)
def held_taken_for_good(patch: pytest.MonkeyPatch) -> None:
    status(patch, "Certificate_On_Hold")


@defect(
    "認証局が答えないときは有効とみなす",
    harm="通信を妨げるだけで、失効したカードが使える。",
    scenario="有効性確認ができない",
    sentence="「Authority_Unreachable」で断られる",
)
def silence_taken_for_good(patch: pytest.MonkeyPatch) -> None:
    status(patch, "Authority_Unreachable")


@defect(
    "一度の有効という答えを使い回す",
    harm="紛失の届出のあとも、その日のうちはカードが使える。",
    scenario="さきほど使えたカードも、一時停止の届出のあとは断られる",
    sentence="「Certificate_On_Hold」で断られる",
)
def status_remembered(patch: pytest.MonkeyPatch) -> None:
    real, good = StatusAuthority.check, set()

    def check(authority: Any, certificate: Any, *given: Any) -> None:
        if certificate.serial_number not in good:
            real(authority, certificate, *given)
            good.add(certificate.serial_number)

    patch.setattr(StatusAuthority, "check", check)


@defect(
    "有効期限の切れた電子証明書を通す",
    harm="更新されていない電子証明書で本人と認める。",
    scenario="有効期限の切れた電子証明書",
    sentence="「Certificate_Expired」で断られる",
)
def expired_accepted(patch: pytest.MonkeyPatch) -> None:
    real = TrustedCertificates.check

    def check(trusted: Any, encoded: str, now: datetime) -> Any:
        try:
            return real(trusted, encoded, now)
        except Failed as failed:
            if failed.failure != "Certificate_Expired":
                raise
            return real(trusted, encoded, failed.facts["until"])

    patch.setattr(TrustedCertificates, "check", check)


@defect(
    "有効期間の始まっていない電子証明書を通す",
    harm="まだ渡されていないカードで証明書が取れる。",
    scenario="有効期間の始まっていないカード",
    sentence="「Certificate_Not_Yet_Valid」で断られる",
)
def not_yet_valid_accepted(patch: pytest.MonkeyPatch) -> None:
    real = TrustedCertificates.check

    def check(trusted: Any, encoded: str, now: datetime) -> Any:
        try:
            return real(trusted, encoded, now)
        except Failed as failed:
            if failed.failure != "Certificate_Not_Yet_Valid":
                raise
            return real(trusted, encoded, failed.facts["since"])

    patch.setattr(TrustedCertificates, "check", check)


@defect(
    "認証局の署名を確かめない",
    harm="だれでも作れる電子証明書で、他人になりすませる。",
    scenario="本人確認で断られる認証局を騙るカード",
    sentence="「Certificate_Unknown_Issuer」で断られる",
)
def any_issuer_accepted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(certificates, "_issuer_of", lambda certificate, anchors: anchors[0])


@defect(
    "カードの署名を確かめない",
    harm="電子証明書の写しだけで、カードも暗証番号もなしになりすませる。",
    scenario="本人確認で断られる鍵の壊れたカード",
    sentence="「Signature_Invalid」で断られる",
)
def any_signature_accepted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HolderCertificate, "check_signature", lambda holder, signature, text: None)


@defect(
    "署名用の電子証明書で本人確認をする",
    harm="氏名と住所の入った電子証明書が、求めていない相手に渡る。",
    scenario="本人確認で断られる電子証明書を取り違えたカード",
    sentence="「Certificate_Wrong_Kind」で断られる",
)
def any_kind_accepted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(certificates, "_check_use", lambda extensions, **of: None)
    patch.setattr(certificates, "_policies", lambda extensions: _Everything())


class _Everything:
    def __rand__(self, other: set[Any]) -> set[Any]:
        return other


@defect(
    "実在の認証局のカードに暗証番号を送る",
    harm="通りがかりの人の本物のカードで、暗証番号の回数を減らす。",
    scenario="実在の認証局の名をもつカードは暗証番号の前に断られる",
    sentence="「Certificate_Production」で断られる",
)
def real_cards_taken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CardTrust, "kind", lambda trust, certificate: CardKind.VIRTUAL)


# --- nonce and session ----------------------------------------------------------------------------------------------


@defect(
    "古い乱数への署名を受け付ける",
    harm="前に盗み見た署名を、あとから使って本人になりすませる。",
    scenario="署名を待つうちに本人確認の時間が過ぎる",
    sentence="「Nonce_Not_Valid」で断られる",
)
def old_nonce_accepted(patch: pytest.MonkeyPatch) -> None:
    def use_nonce(sessions: Any, session_id: str, terminal_id: str) -> str:
        row = sessions._find(tables.NONCE, session_id, terminal_id, sessions._clock.now())
        return str(row.nonce)

    patch.setattr(Sessions, "use_nonce", use_nonce)


@defect(
    "一度使った乱数を、もう一度受け付ける",
    harm="盗み見た署名をその場でもう一度送れば、本人になりすませる。",
    scenario="本人確認の乱数は一度しか使えない",
    sentence="本人確認の乱数は使い終わっている",
)
def nonce_used_twice(patch: pytest.MonkeyPatch) -> None:
    real = Sessions.use_nonce

    def use_nonce(sessions: Any, session_id: str, terminal_id: str) -> str:
        nonce = real(sessions, session_id, terminal_id)
        with sessions._database.write() as connection:
            connection.execute(
                update(tables.sessions).where(tables.sessions.c.session_id == session_id).values(nonce=nonce)
            )
        return nonce

    patch.setattr(Sessions, "use_nonce", use_nonce)


@defect(
    "時間の過ぎた手続を続けさせる",
    harm="席を立った人の手続を、あとから来た人が終わらせる。",
    scenario="選び直しているうちに手続の時間が過ぎる",
    sentence="「住民票の写し」を世帯全員で1部申し込んで断られる",
)
def session_never_over(patch: pytest.MonkeyPatch) -> None:
    real = Sessions.open

    def open_for_long(sessions: Any, terminal_id: str) -> Any:
        with pytest.MonkeyPatch.context() as longer:
            longer.setattr(
                sessions, "_times", replace(sessions._times, session_life=sessions._times.session_life * 9)
            )
            return real(sessions, terminal_id)

    patch.setattr(Sessions, "open", open_for_long)


@defect(
    "前の人の本人確認が、次の人の手続に残る",
    harm="前の人の証明書が次の人に渡りうる（川崎などで起きた事故）。",
    scenario="遅れて届いた紙は次の人に渡らない",
    sentence="「印鑑登録証明書」を1部申し込む",
)
def holder_remembered(patch: pytest.MonkeyPatch) -> None:
    mix_up(patch)


@defect(
    "前の人の記録が次の人に使われ、センターも端末も照合しない",
    harm="前の人の証明書が次の人に渡る（川崎などで起きた事故）。",
    scenario="遅れて届いた紙は次の人に渡らない",
    sentence="用紙は1枚で、載っているのは「港太一」だけである",
)
def holder_remembered_unseen(patch: pytest.MonkeyPatch) -> None:
    """At the issuing server, so that what is offered and what is made are both those of the one before."""
    real, first = service.find_holder, []

    def find_holder(*given: Any, **named: Any) -> Any:
        found = real(*given, **named)
        first.append(found)
        return replace(found, key=first[0].key, person=first[0].person)

    patch.setattr(service, "find_holder", find_holder)
    patch.setattr(binding, "check_binding", lambda manifest, **known: None)
    patch.setattr(terminal_paper, "check_binding", lambda manifest, **known: None)


def mix_up(patch: pytest.MonkeyPatch) -> None:
    """Every session is taken for the first one's holder."""
    real, first = Sessions.known, []

    def known(sessions: Any, session_id: str, terminal_id: str) -> Any:
        first.append(real(sessions, session_id, terminal_id))
        return replace(first[0], session_id=session_id)

    patch.setattr(Sessions, "known", known)


# --- card and PIN ---------------------------------------------------------------------------------------------------


@defect(
    "残り回数を一回多く知らせる",
    harm="もう一回あると思った住民のカードがロックされる。",
    scenario=WRONG_ONCE,
    sentence="画面に「あと2回」と表示される",
)
def one_try_too_many(patch: pytest.MonkeyPatch) -> None:
    def ask_again(happening: Any) -> Any:
        visit, effects = card_rows.ask_pin_again(happening)
        return replace(visit, tries_left=visit.tries_left + 1), effects

    rows_of(patch, lambda row: row.do is card_rows.ask_pin_again, do=ask_again)


@defect(
    "一度の間違いで暗証番号を二度送る",
    harm="一回の打ち間違いで回数が二回減る。",
    scenario="減った回数はカードに残り、次の人には伝わらない",
    sentence="画面に「あと2回」と表示される",
)
def sent_twice(patch: pytest.MonkeyPatch) -> None:
    real = JpkiClient._exchange

    def exchange(client: Any, command: Any) -> Any:
        answer = real(client, command)
        if command.ins == 0x20 and command.data and answer.sw != 0x9000:
            real(client, command)
        return answer

    patch.setattr(JpkiClient, "_exchange", exchange)


@defect(
    "残り一回のカードに、断りなく暗証番号を送る",
    harm="確かめないまま最後の一回を使い、カードがロックされる。",
    scenario="残り一回のカードに正しい暗証番号を入れる",
    sentence="最後の一回でも入力すると答える",
)
def last_try_unasked(patch: pytest.MonkeyPatch) -> None:
    rows_of(patch, lambda row: row.target is S.CONFIRM_LAST_TRY, target=S.ENTER_PIN)


@defect(
    "ロックされたカードで手続を進める",
    harm="使えないカードの人に暗証番号を尋ね続ける。",
    scenario="暗証番号がロックされているカード",
    sentence="「Card_Pin_Blocked」で断られる",
)
def blocked_card_taken(patch: pytest.MonkeyPatch) -> None:
    rows_of(patch, lambda row: row.when is card_rows.pin_is_blocked, when=lambda happening: False)


@defect(
    "前の人の残り回数を次の人に見せる",
    harm="次の人が、間違えてもいないのに回数が減ったと知らされる。",
    scenario="減った回数はカードに残り、次の人には伝わらない",
    sentence="画面に「あと2回」と表示されない",
)
def tries_of_the_one_before(patch: pytest.MonkeyPatch) -> None:
    least: list[int] = []

    def card_known(happening: Any) -> Any:
        visit, effects = card_rows.card_known(happening)
        least.append(visit.tries_left)
        return replace(visit, tries_left=min(least)), effects

    rows_of(patch, lambda row: row.do is card_rows.card_known, do=card_known)


@defect(
    "カードを取るよう求めずに先へ進む",
    harm="カードが端末に置き忘れられる。",
    scenario="カードを置き忘れる",
    sentence=PIN,
)
def card_not_asked_for(patch: pytest.MonkeyPatch) -> None:
    rows_of(patch, lambda row: row.do is certificate_rows.know_offers_ask_card, target=S.CHOOSE_CERTIFICATE)


@defect(
    "カードの取り忘れを知らせない",
    harm="カードを置いたまま住民が立ち去る。",
    scenario="カードを置き忘れる",
    sentence="カードの取り忘れが知らされる",
)
def forgotten_card_unsaid(patch: pytest.MonkeyPatch) -> None:
    rows_of(patch, lambda row: row.do is card_rows.warn_card, do=lambda happening: (happening.visit, ()))


@defect(
    "読み取り中に取られたカードに気づかない",
    harm="途中までの読み取りで手続が進む。",
    scenario="読み取り中にカードを取る",
    sentence="「六甲翠のカード」を置く",
)
def removal_unnoticed(patch: pytest.MonkeyPatch) -> None:
    for row_event in (events.CardRemoved, events.Refused):
        rows_of(
            patch,
            lambda row, event=row_event: row.state is S.READING_CARD and row.event is event,
            when=lambda happening: False,
        )


@defect(
    "住民基本台帳カードを、知らないカードと言う",
    harm="古いカードを持つ住民が、なぜ使えないのか分からない。",
    scenario="読み取れない住民基本台帳カード",
    sentence="「Card_Resident_Register_Card」で断られる",
)
def old_card_misnamed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(jpki, "_REFUSED_LABELS", {})


# --- time -----------------------------------------------------------------------------------------------------------


@defect(
    "操作のない画面を終わらせない",
    harm="立ち去った人の手続を、次に来た人が続けられる。",
    scenario="操作しないまま時間切れ",
    sentence="「Visit_Timed_Out」で断られる",
)
def never_timed_out(patch: pytest.MonkeyPatch) -> None:
    real = TimeOuts.of

    def of(times: Any, state: S, visit: Visit) -> float | None:
        return None if state is S.CHOOSE_CERTIFICATE else real(times, state, visit)

    patch.setattr(TimeOuts, "of", of)


@defect(
    "前の人の言語を次の人に残す",
    harm="日本語しか読めない住民が、英語の画面の前に立つ。",
    scenario="英語の画面の次の人は、日本語の画面で始まる",
    sentence="次の人が「六甲翠のカード」で本人確認を済ませる",
)
def language_kept(patch: pytest.MonkeyPatch) -> None:
    real = Visit.next
    patch.setattr(Visit, "next", lambda visit: replace(real(visit), language=visit.language))
