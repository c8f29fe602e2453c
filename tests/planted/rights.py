"""Planted defects about who may get what, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, func, or_, select

import server_stub.issuing.rights as rights
import server_stub.registry.importers.restriction_record as restriction_record
import server_stub.registry.replica as replica
from kiosk_app.flow import card_rows
from server_stub.center.authentication import Authentication
from server_stub.center.terminals import TerminalBook
from server_stub.certificates.certificate import Case, ServiceTerms
from server_stub.interface.failures import Failed
from server_stub.interface.operations import ExceptionAct
from server_stub.issuing.exceptions import AgeExceptions
from server_stub.issuing.service import IssuingService
from server_stub.municipalities.settings import ClosedSpan
from server_stub.registry.replica import ReplicaReader
from server_stub.registry.tables import restrictions as table
from tests.planted.defect import defect
from tests.planted.flow import rows_of

IDENTIFIED = "「六甲翠のカード」で本人確認を済ませる"
CLOSED_NOW, CLOSED_TODAY = "「Service_Closed_Now」で断られる", "「Service_Closed_Today」で断られる"


def without_rule(patch: pytest.MonkeyPatch, rule: Callable[..., None]) -> None:
    """The issuing server does not ask this about the holder."""
    patch.setattr(rights, rule.__name__, lambda asked: None)


def ages(patch: pytest.MonkeyPatch, days: int) -> None:
    """Everybody's age is that of so many days later."""
    real = rights.age
    patch.setattr(rights, "age", lambda birth, today: real(birth, today + timedelta(days=days)))


def opening(patch: pytest.MonkeyPatch, is_open: Callable[[ServiceTerms, time], bool]) -> None:
    patch.setattr(ServiceTerms, "open_at", is_open)


def minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


# --- the holder -----------------------------------------------------------------------------------------------------


@defect(
    "死亡の記録がある人のカードを通す",
    harm="亡くなった人の住民票や印鑑登録証明書が、カードを持つ人に渡る。",
    scenario="死亡の記録がある人",
    sentence="「Holder_Deceased」で断られる",
)
def the_dead_served(patch: pytest.MonkeyPatch) -> None:
    without_rule(patch, rights.not_deceased)


@defect(
    "転出した人のカードを通す",
    harm="もう住民でない人に、住民であるという証明が渡る。",
    scenario="転出した人",
    sentence="「Holder_Moved_Out」で断られる",
)
def the_gone_served(patch: pytest.MonkeyPatch) -> None:
    without_rule(patch, rights.not_moved_out)


@defect(
    "転出の届出をした人を、転出の日まで通す",
    harm="届出のあとに、変わることが決まった住所を証明する。",
    scenario="転出の届出をした人",
    sentence="「Holder_Moved_Out」で断られる",
)
def the_leaving_served(patch: pytest.MonkeyPatch) -> None:
    real = rights.not_moved_out

    def not_gone(facts: Any) -> None:
        if facts.person.moves_on is None or facts.person.moves_on <= facts.today:
            real(facts)

    patch.setattr(rights, "not_moved_out", not_gone)


@defect(
    "支援措置の対象者に交付する",
    harm="加害者が被害者のカードで、逃げた先の住所を知る。",
    scenario="支援措置の対象者",
    sentence="「Holder_Restricted」で断られる",
)
def the_protected_served(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReplicaReader, "restriction", lambda reader, person, on: None)


@defect(
    "支援措置を解除のあとも解かない",
    harm="措置を解かれた住民が、理由の分からないまま断られ続ける。",
    scenario="対の支援措置が終わった人は受け取れる",
    sentence="「髙﨑誠司のカード」で本人確認を済ませる",
)
def restricted_for_ever(patch: pytest.MonkeyPatch) -> None:
    real = ReplicaReader.restriction
    patch.setattr(
        ReplicaReader,
        "restriction",
        lambda reader, person, on: real(reader, person, min(on, date(2026, 6, 1))),
    )


def restrictions(patch: pytest.MonkeyPatch, *conditions: Any) -> None:
    """A restriction is in force by these conditions."""
    earliest = select(table).where(replica._OF_THESE, *conditions).order_by(*replica._FIRST).limit(1)
    patch.setattr(replica, "_EARLIEST", earliest)


ON = bindparam("on")
HOLDS_STILL = or_(table.c.released_on.is_(None), table.c.released_on > ON)


@defect(
    "発行制限を、始まる日の翌日から効かせる",
    harm="支援措置の届出をした当日に、加害者へ住所が渡る。",
    scenario="発行制限の始まった日は受け取れない",
    sentence="「Holder_Restricted」で断られる",
)
def restricted_a_day_late(patch: pytest.MonkeyPatch) -> None:
    restrictions(patch, table.c.since < ON, HOLDS_STILL)


@defect(
    "終わりを定めない発行制限を、一年でひとりでに解く",
    harm="更新を忘れられた被害者の住所が、ある日から渡る。",
    scenario="発行制限の終わりのない間は受け取れない",
    sentence="「Holder_Restricted」で断られる",
)
def restriction_ends_by_itself(patch: pytest.MonkeyPatch) -> None:
    real = ReplicaReader.restriction

    def restriction(reader: Any, person: str, on: date) -> Any:
        found = real(reader, person, on)
        ended = found is not None and found.until is None and found.since + timedelta(days=365) < on
        return None if ended else found

    patch.setattr(ReplicaReader, "restriction", restriction)


@defect(
    "発行制限を、予定の終わりの日でひとりでに解く",
    harm="延長の届出が済んでいない被害者の住所が、予定の日を過ぎると渡る。",
    scenario="発行制限の予定の終わりを過ぎた日は受け取れない",
    sentence="「Holder_Restricted」で断られる",
)
def restriction_ends_as_announced(patch: pytest.MonkeyPatch) -> None:
    restrictions(patch, table.c.since <= ON, or_(table.c.until.is_(None), table.c.until >= ON), HOLDS_STILL)


@defect(
    "発行制限を、解除の前の日までとする",
    harm="措置の最後の日に、守られるはずの住所が渡る。",
    scenario="発行制限の解除の前の日は受け取れない",
    sentence="「Holder_Restricted」で断られる",
)
def restriction_ends_a_day_early(patch: pytest.MonkeyPatch) -> None:
    on_the_next_day = or_(table.c.released_on.is_(None), table.c.released_on > func.date(ON, "+1 day"))
    restrictions(patch, table.c.since <= ON, on_the_next_day)


@defect(
    "まだ始まっていない発行制限を効かせる",
    harm="届出の前の日に、理由なく断られる。",
    scenario="発行制限の始まる前の日は受け取れる",
    sentence="「六甲翠のカード」で本人確認を済ませる",
)
def restricted_too_early(patch: pytest.MonkeyPatch) -> None:
    restrictions(patch, HOLDS_STILL)


@defect(
    "十五歳の誕生日の前日から交付する",
    harm="十四歳の子に、保護者の知らないうちに証明書が渡る。",
    scenario="十四歳の人は利用できない",
    sentence="「Holder_Under_Fifteen」で断られる",
)
def fifteen_a_day_early(patch: pytest.MonkeyPatch) -> None:
    ages(patch, 1)


@defect(
    "十五歳の誕生日にはまだ交付しない",
    harm="誕生日に来た十五歳の人が断られる。",
    scenario="対の十五歳になった人は受け取れる",
    sentence="「摩耶陽菜のカード」で本人確認を済ませる",
)
def fifteen_a_day_late(patch: pytest.MonkeyPatch) -> None:
    ages(patch, -1)


@defect(
    "支援措置の対象者がいる世帯の全員の写しを出す",
    harm="同じ世帯の人を通して、守られている人の住所が知られる。",
    scenario="世帯の中に証明できない人がいると世帯全員は選べない",
    sentence="世帯全員は選べない",
)
def the_protected_on_a_household(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Case, "restricted", lambda case, key: False)


@defect(
    "廃止した印鑑登録の証明書を出す",
    harm="廃止した実印で契約が結ばれる（新潟、さいたま、熊本で起きた事故）。",
    scenario="廃止した印鑑登録の証明書は出ない",
    sentence="「印鑑登録証明書」は「お名前の変更により廃止されています。」の理由で選べない",
)
def abolished_seal(patch: pytest.MonkeyPatch) -> None:
    real = ReplicaReader.seal

    def seal(reader: Any, person: str) -> Any:
        return real(reader, person) or replace(real(reader, "0000100301"), person=person)

    patch.setattr(ReplicaReader, "seal", seal)


# --- the hours ------------------------------------------------------------------------------------------------------


@defect(
    "六時半の一分前から受け付ける",
    harm="夜間の保守の間に証明書が出る。",
    scenario="朝六時二十九分",
    sentence=CLOSED_NOW,
)
def opens_a_minute_early(patch: pytest.MonkeyPatch) -> None:
    opening(patch, lambda terms, moment: minutes(terms.opens) - 1 <= minutes(moment) < minutes(terms.closes))


@defect(
    "六時半にはまだ受け付けない",
    harm="案内どおりの時刻に来た住民が断られる。",
    scenario="朝六時半は受け取れる",
    sentence=IDENTIFIED,
)
def opens_a_minute_late(patch: pytest.MonkeyPatch) -> None:
    opening(patch, lambda terms, moment: minutes(terms.opens) < minutes(moment) < minutes(terms.closes))


@defect(
    "二十三時の一分前に閉める",
    harm="取扱時間のうちに来た住民が断られる。",
    scenario="二十二時五十九分は受け取れる",
    sentence=IDENTIFIED,
)
def closes_a_minute_early(patch: pytest.MonkeyPatch) -> None:
    opening(patch, lambda terms, moment: minutes(terms.opens) <= minutes(moment) < minutes(terms.closes) - 1)


@defect(
    "二十三時ちょうどにも受け付ける",
    harm="取扱時間を過ぎた申請に証明書が出る。",
    scenario="選んでいる間に取扱時間が終わると断られる",
    sentence=CLOSED_NOW,
)
def closes_a_minute_late(patch: pytest.MonkeyPatch) -> None:
    opening(patch, lambda terms, moment: minutes(terms.opens) <= minutes(moment) <= minutes(terms.closes))


@defect(
    "受け付けた申請を、二十三時を過ぎたからと断る",
    harm="取扱時間のうちに申し込んだ住民の手続が途中で終わる。",
    scenario="二十三時前に受け付けた申請は二十三時を過ぎても完了する",
    sentence="印刷が終わり、用紙を取る",
)
def cut_off_at_the_hour(patch: pytest.MonkeyPatch) -> None:
    from kiosk_app.devices.coin_unit import SimulatedCoinUnit

    real = SimulatedCoinUnit.take

    def take(unit: Any, due: int, application: str) -> int:
        if unit._trace._clock.now().hour >= 23:
            raise Failed("Service_Closed_Now")
        return real(unit, due, application)

    patch.setattr(SimulatedCoinUnit, "take", take)


@defect(
    "十二月三十日から一月二日までを休まない",
    harm="職員のいない年末年始に、確かめられない証明書が出る。",
    scenario="元日は休み",
    sentence=CLOSED_TODAY,
)
def open_at_new_year(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ClosedSpan, "holds", lambda span, day: f"{day:%m-%d}" in (span.first, span.last))


@defect(
    "年をまたぐ休みを、年の内だけ休む",
    harm="一月一日から三日までの休みに証明書が出る。",
    scenario="一月二日は休み",
    sentence=CLOSED_TODAY,
)
def open_after_midnight(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ClosedSpan, "holds", lambda span, day: f"{day:%m-%d}" >= span.first)


@defect(
    "十二月二十八日から休む",
    harm="休みの前に必要な証明書を取りに来た住民が断られる。",
    scenario="年末の前日は受け取れる",
    sentence=IDENTIFIED,
)
def closed_a_day_early(patch: pytest.MonkeyPatch) -> None:
    real = ClosedSpan.holds
    patch.setattr(ClosedSpan, "holds", lambda span, day: real(span, day + timedelta(days=1)))


@defect(
    "一月四日も休む",
    harm="仕事始めの日に証明書が取れない。",
    scenario="年始の休み明けは受け取れる",
    sentence=IDENTIFIED,
)
def closed_a_day_longer(patch: pytest.MonkeyPatch) -> None:
    real = ClosedSpan.holds
    patch.setattr(ClosedSpan, "holds", lambda span, day: real(span, day - timedelta(days=1)))


@defect(
    "土曜日に手数料を割り増す",
    harm="条例にない手数料を住民から取る。",
    scenario="朝六時半は受け取れる",
    sentence="印刷が終わり、用紙を取る",
)
def dearer_on_saturdays(patch: pytest.MonkeyPatch) -> None:
    real = IssuingService._tenant

    def tenant(issuing: Any, code: str, moment: Any) -> Any:
        found = real(issuing, code, moment)
        if issuing._context.clock.now().weekday() != 5:
            return found
        dearer = {
            kind: terms.model_copy(update={"fee": terms.fee + 50})
            for kind, terms in found.municipality.services.items()
        }
        return replace(found, municipality=replace(found.municipality, services=dearer))

    patch.setattr(IssuingService, "_tenant", tenant)


# --- terminals and municipalities ------------------------------------------------------------------------------------


@defect(
    "自治体が設置した端末にも交付する",
    harm="市が対象としていない端末から証明書が出る。",
    scenario="自治体設置の端末を対象としない市",
    sentence="「Terminal_Kind_Excluded」で断られる",
)
def any_terminal_served(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rights, "terminal_kind_is_served", lambda municipality, kind: None)
    patch.setattr(Authentication, "_check_municipality", lambda centre, code, kind: None)


@defect(
    "登録されていない端末を受け付ける",
    harm="持ち込まれた偽の端末で証明書が出せる。",
    scenario="センターに登録されていない端末",
    sentence="「Terminal_Unknown」で断られる",
)
def strangers_served(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TerminalBook, "identify", lambda book, key: next(iter(book._by_key.values())))


@defect(
    "参加していない市区町村を選べる",
    harm="扱えない市区町村の手続に進み、暗証番号まで入力させられる。",
    scenario="参加していない市区町村",
    sentence="「Municipality_Not_Participating」で断られる",
)
def not_participating_chosen(patch: pytest.MonkeyPatch) -> None:
    rows_of(patch, lambda row: row.when is card_rows.not_participating, when=lambda happening: False)


@defect(
    "記録に誤りのある人のいる世帯にも、世帯全員を案内する",
    harm="一人欠けた写しが、世帯全員の写しとして交付される。",
    scenario="記録に誤りのある人と同じ世帯の人は、世帯全員の写しを受け取れない",
    sentence="世帯全員は選べない",
)
def gaps_overlooked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReplicaReader, "group_is_complete", lambda reader, register, group: True)


# --- restrictions of groups, and who may not --------------------------------------------------------------------------------


@defect(
    "世帯に掛かる発行制限を読まない",
    harm="世帯ごと守られた被害者の住所が、家族のカードで渡る。",
    scenario="世帯に掛かる発行制限で港美波も受け取れない",
    sentence="「Holder_Restricted」で断られる",
)
def households_unprotected(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReplicaReader, "households_of", lambda reader, person: set())


@defect(
    "一時解除を発行制限の解除とする",
    harm="窓口で一度だけ解いた制限が、端末で解けたままになる。",
    scenario="一時解除されている発行制限は端末では続く",
    sentence="「Holder_Restricted」で断られる",
)
def lifted_taken_for_released(patch: pytest.MonkeyPatch) -> None:
    real = restriction_record.RowFunction.__call__

    def read(decode: Any, cells: Any) -> Any:
        found = real(decode, cells)
        if "released_on" in found and cells[-1].startswith("R08.06.30"):
            found["released_on"] = found["since"]
        return found

    patch.setattr(restriction_record.RowFunction, "__call__", read)


@defect(
    "仮支援措置を、支援の要否が決まるまで効かせない",
    harm="申出をした人の住所が、決まるまでの間に相手のカードや本人のカードで渡る。",
    scenario="案内のあとに仮支援措置の申出があった人",
    sentence="「住民票の写し」を世帯全員で1部申し込んで断られる",
)
def provisional_waits(patch: pytest.MonkeyPatch) -> None:
    real = ReplicaReader._restriction_of

    def restriction_of(reader: Any, *asked: Any) -> Any:
        found = real(reader, *asked)
        return None if found is not None and found.reason == "仮支援措置" else found

    patch.setattr(ReplicaReader, "_restriction_of", restriction_of)


@defect(
    "職員が一人に認めた例外を、十五歳未満の全員に及ぼす",
    harm="認められていない子どもの証明書が、だれかの手に渡る。",
    scenario="職員がほかの人に認めた利用は、十四歳の人に及ばない",
    sentence="「Holder_Under_Fifteen」で断られる",
)
def exception_for_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AgeExceptions, "hold_for", lambda book, municipality, person: True)


@defect(
    "職員が取り消した例外を残す",
    harm="親権者が取りやめたあとも、子どもの証明書が出る。",
    scenario="職員が認めた利用を取り消すと、十四歳の人は断られる",
    sentence="「Holder_Under_Fifteen」で断られる",
)
def exception_never_withdrawn(patch: pytest.MonkeyPatch) -> None:
    real = AgeExceptions.change

    def change(book: Any, told: Any) -> Any:
        return real(book, told.model_copy(update={"act": ExceptionAct.GRANT}))

    patch.setattr(AgeExceptions, "change", change)


def _unasked(name: str, harm: str, scenario: str, failure: str, rule: Callable[..., None]) -> None:
    """One rule about the holder is not asked."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(rights, rule.__name__, lambda *asked: None)

    defect(name, harm=harm, scenario=scenario, sentence=f"「{failure}」で断られる")(plant)


# fmt: off
_unasked("転出予定の人のいる世帯を断る市で、家族に交付する", "まもなく変わる世帯を証明する。", "転出予定の方のいる世帯の人", "Holder_Household_Leaving", rights.household_stays)
_unasked("転入の届出をした当日を断る市で、当日に交付する", "まだ確かめられていない届出を証明する。", "転入の届出をした日", "Holder_Arrived_Today", rights.not_arrived_today)
_unasked("電子証明書の発行された当日を断る市で、当日に交付する", "受け取ったばかりのカードを取り違えたまま使われる。", "電子証明書が発行された日", "Certificate_Issued_Today", rights.not_certified_today)
_unasked("外字を登録中の人に交付する", "誤った字の氏名を証明する。", "記録の文字を登録中の人", "Holder_Character_Pending", rights.characters_registered)
_unasked("定めより長い氏名の人に交付する", "市が端末では出さないと定めた証明書が出る。", "氏名が定めより一字長い人", "Holder_Entry_Too_Long", rights.entries_within_limits)
# fmt: on
