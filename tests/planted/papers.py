"""Planted defects about the paper: whose it is, what stands on it, and that it belongs to what was asked for."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from pikepdf import Dictionary
from PIL import Image
from sqlalchemy import bindparam, select

import kiosk_app.paper as terminal_paper
import server_stub.certificates.residence as residence
import server_stub.certificates.seal_registration as seal_registration
import server_stub.eras as eras
import server_stub.paper.back_page as backing
import server_stub.paper.finish as finish
import server_stub.paper.pattern as pattern
import server_stub.paper.scramble as scramble
import server_stub.paper.typesetting as typesetting
import server_stub.registry.replica as replica
from kiosk_app import sheet_inspection
from kiosk_app.center_gateway import CenterGateway
from server_stub.eras import seireki, wareki
from server_stub.interface import binding
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import Manifest
from server_stub.registry.records import Person, ResidentStatus
from server_stub.registry.tables import persons
from tests.planted.defect import defect

ALONE, HARU = "一人世帯の写しを受け取る", "用紙は1枚で、載っているのは「六甲翠」だけである"
APPLIED = "「住民票の写し」を世帯全員で1部申し込む"
COUPLE, BOTH = "二部を受け取る", "用紙は4枚で、載っているのは「御影直樹、御影さくら」だけである"
FOREIGN = "外国人住民を含む世帯の写しを受け取る"
KITANO = "用紙は3枚で、載っているのは「北野健、北野マリア、北野リオ」だけである"
ONE, MINAMI = (
    "世帯の一人だけ、個人番号を記載しない写しを受け取る",
    "用紙は1枚で、載っているのは「港美波」だけである",
)
SEAL, TAICHI = "印鑑登録証明書を受け取る", "用紙は1枚で、載っているのは「港太一」だけである"
NUMBER = "世帯の一人だけ、個人番号を記載した写しを受け取る"


def front(patch: pytest.MonkeyPatch, change: Callable[[Any], Any], kind: Any = residence) -> None:
    """What that kind's folder puts on a front goes through `change`."""
    name = "residence_front" if kind is residence else "seal_front"
    real = getattr(kind, name)
    patch.setattr(kind, name, lambda *given, **named: change(real(*given, **named)))


def members(patch: pytest.MonkeyPatch, change: Callable[[list[Any]], list[Any]]) -> None:
    """The blocks of the persons on a 住民票の写し go through `change`."""
    front(patch, lambda made: replace(made, persons=tuple(change(list(made.persons)))))


def exchange(patch: pytest.MonkeyPatch, field: str) -> None:
    """The first two members have each other's value in this field."""

    def change(blocks: list[Any]) -> list[Any]:
        one, other, *rest = blocks
        return [
            replace(one, **{field: getattr(other, field)}),
            replace(other, **{field: getattr(one, field)}),
            *rest,
        ]

    members(patch, change)


def fronts_unread(patch: pytest.MonkeyPatch) -> None:
    """Neither centre nor terminal reads what is printed on a front."""
    patch.setattr(finish, "check_fronts", lambda pdf, fronts: None)
    patch.setattr(sheet_inspection, "check_front", lambda *read: [])
    patch.setattr(sheet_inspection, "check_numbers", lambda *read, **known: None)


# --- whose values stand where ---------------------------------------------------------------------------------------


@defect(
    "世帯員どうしのフリガナを取り違える",
    harm="氏名の読みが他人のものになり、銀行などの窓口で本人と認められない。",
    scenario=FOREIGN,
    sentence=KITANO,
)
def readings_exchanged(patch: pytest.MonkeyPatch) -> None:
    exchange(patch, "reading")


@defect(
    "世帯員どうしの生年月日を取り違える",
    harm="年齢を示す証明書が他人の年齢を示す。",
    scenario=FOREIGN,
    sentence="「住民票の写し」を世帯全員で1部申し込む",
)
def births_exchanged(patch: pytest.MonkeyPatch) -> None:
    exchange(patch, "birth")


@defect(
    "別の人の個人番号を印字する",
    harm="勤め先に渡した写しの個人番号が他人のものになる。",
    scenario=NUMBER,
    sentence=MINAMI,
)
def another_number(patch: pytest.MonkeyPatch) -> None:
    members(patch, lambda blocks: [replace(block, my_number=Secret("507727018413")) for block in blocks])


@defect(
    "通称を印字しない",
    harm="通称で暮らす外国人住民が、証明書で本人と示せない。",
    scenario=FOREIGN,
    sentence=KITANO,
)
def alias_missing(patch: pytest.MonkeyPatch) -> None:
    members(patch, lambda blocks: [replace(block, alias="") for block in blocks])


@defect(
    "旧氏を印字しない",
    harm="旧氏で働く人が、資格や契約の名義を示せない。",
    scenario=COUPLE,
    sentence=BOTH,
)
def former_surname_missing(patch: pytest.MonkeyPatch) -> None:
    members(patch, lambda blocks: [replace(block, former_surname="") for block in blocks])


@defect(
    "外国人住民の生年月日を和暦で印字する",
    harm="在留カードの生年月日と表記が合わず、手続で差し戻される。",
    scenario=FOREIGN,
    sentence="「住民票の写し」を世帯全員で1部申し込む",
)
def foreign_birth_in_eras(patch: pytest.MonkeyPatch) -> None:
    def change(blocks: list[Any]) -> list[Any]:
        born = wareki(date(1987, 2, 19))
        return [replace(b, birth=born) if b.birth == seireki(date(1987, 2, 19)) else b for b in blocks]

    members(patch, change)


@defect(
    "世帯主の欄に別の人を印字する",
    harm="世帯主が誰かを示す証明が誤る。",
    scenario=FOREIGN,
    sentence=KITANO,
)
def another_head(patch: pytest.MonkeyPatch) -> None:
    front(patch, lambda made: replace(made, head_of_household=made.persons[-1].name))


@defect(
    "転出した人を世帯全員の写しに載せる",
    harm="もう住んでいない人を世帯員と証明する。",
    scenario="転出した人は世帯全員の写しに載らない",
    sentence="用紙は2枚で、載っているのは「垂水健吾、垂水由美」だけである",
)
def moved_out_still_there(patch: pytest.MonkeyPatch) -> None:
    everybody = (
        select(persons)
        .where(persons.c.generation == bindparam("generation"), persons.c.household == bindparam("household"))
        .order_by(persons.c.position)
    )
    patch.setattr(replica, "_HOUSEHOLD", everybody)
    patch.setattr(Person, "status_on", lambda person, day: ResidentStatus.RESIDENT)


@defect(
    "一人だけの写しに世帯全員の認証文を印字する",
    harm="ほかの世帯員がいないと証明したことになる。",
    scenario=ONE,
    sentence=MINAMI,
)
def attested_as_whole(patch: pytest.MonkeyPatch) -> None:
    real = residence.Residence.render

    def render(kind: Any, copies: Any, *given: Any) -> Any:
        return real(kind, [replace(records, whole_household=True) for records in copies], *given)

    patch.setattr(residence.Residence, "render", render)


@defect(
    "発行日を一日前にする",
    harm="発行から三か月以内などの期限が一日短くなる。",
    scenario=ALONE,
    sentence=HARU,
)
def issued_yesterday(patch: pytest.MonkeyPatch) -> None:
    real = residence.residence_front

    def made(people: Any, answers: Any, *, issued_on: date, **named: Any) -> Any:
        return real(people, answers, issued_on=issued_on - timedelta(days=1), **named)

    patch.setattr(residence, "residence_front", made)


@defect(
    "世帯員どうしの個人番号を取り違える",
    harm="家族の個人番号が、別の家族のものとして勤め先に届け出られる。",
    scenario="世帯全員の個人番号を記載した写しを受け取る",
    sentence="用紙に「北野健、北野マリア、北野リオ」の個人番号が記載されている",
)
def numbers_exchanged(patch: pytest.MonkeyPatch) -> None:
    exchange(patch, "my_number")


@defect(
    "大正を昭和と印字する",
    harm="百歳の人の生年月日が十五年ずれる。",
    scenario="大正13年5月4日に生まれた人の生年月日を元号で印字する",
    sentence=HARU,
)
def taisho_as_showa(patch: pytest.MonkeyPatch) -> None:
    wrong = tuple(replace(era, name="昭和") if era.name == "大正" else era for era in eras.ERAS)
    patch.setattr(eras, "ERAS", wrong)


def _print_by(patch: pytest.MonkeyPatch, wrong: Sequence[eras.Era]) -> None:
    """Days are printed by a wrong table, and read from a delivery by the right one."""

    def found(day: date, _eras: object = None) -> tuple[eras.Era, int] | None:
        return next(
            ((era, day.year - era.first.year + 1) for era in reversed(wrong) if day >= era.first), None
        )

    patch.setattr(eras, "era_of", found)


@defect(
    "改元の日を新しい元号の前の日とする",
    harm="大正最後の日に生まれた人の生年月日が、昭和になる。",
    scenario="大正15年12月24日に生まれた人の生年月日を元号で印字する",
    sentence=HARU,
)
def era_a_day_early(patch: pytest.MonkeyPatch) -> None:
    _print_by(patch, tuple(replace(era, first=era.first - timedelta(days=1)) for era in eras.ERAS))


@defect(
    "改元の日を新しい元号の次の日とする",
    harm="平成最初の日に生まれた人の生年月日が、昭和六十四年になる。",
    scenario="平成元年1月8日に生まれた人の生年月日を元号で印字する",
    sentence=HARU,
)
def era_a_day_late(patch: pytest.MonkeyPatch) -> None:
    _print_by(patch, tuple(replace(era, first=era.first + timedelta(days=1)) for era in eras.ERAS))


@defect(
    "元号の一年目を元年と書かない",
    harm="提出先が見慣れない表記を疑う。",
    scenario="昭和元年12月25日に生まれた人の生年月日を元号で印字する",
    sentence="「住民票の写し」を世帯全員で1部申し込む",
)
def first_year_as_a_number(patch: pytest.MonkeyPatch) -> None:
    members(patch, lambda blocks: [replace(b, birth=b.birth.replace("元年", "1年")) for b in blocks])


# --- characters -----------------------------------------------------------------------------------------------------


@defect(
    "異体字を標準の字形に置き換える",
    harm="戸籍と違う字の氏名を証明する。",
    scenario="異体字の辻を正しい字形で印字する",
    sentence="用紙は1枚で、載っているのは「辻千代」だけである",
)
def variant_replaced(patch: pytest.MonkeyPatch) -> None:
    def plain(text: str) -> str:
        return "".join(letter for letter in text if not 0xE0100 <= ord(letter) <= 0xE01EF)

    members(patch, lambda blocks: [replace(block, name=plain(block.name)) for block in blocks])


@defect(
    "フォントにない異体字を断らずに印字する",
    harm="似た別の字、または空白で氏名を証明する。",
    scenario="フォントにない異体字",
    sentence="「住民票の写し」を本人だけで1部申し込んで断られる",
)
def unprintable_printed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(typesetting, "check_texts", lambda data, fonts: None)


@defect(
    "欄に収まらないフリガナを切り詰めて印字する",
    harm="途中で切れた氏名を証明する。",
    scenario="様式に収まらない長さのフリガナ",
    sentence="「住民票の写し」を本人だけで1部申し込んで断られる",
)
def cut_to_fit(patch: pytest.MonkeyPatch) -> None:
    members(patch, lambda blocks: [replace(block, reading=block.reading[:20]) for block in blocks])


# --- seals ----------------------------------------------------------------------------------------------------------


@defect(
    "別の人の印影を印字する",
    harm="他人の実印を本人の実印と証明し、契約を偽造できる。",
    scenario=SEAL,
    sentence=TAICHI,
)
def another_imprint(patch: pytest.MonkeyPatch) -> None:
    def change(made: Any) -> Any:
        with Image.open(io.BytesIO(made.imprint_png)) as picture:
            mirrored = picture.transpose(Image.Transpose.ROTATE_90)
        body = io.BytesIO()
        mirrored.save(body, "PNG")
        return replace(made, imprint_png=body.getvalue())

    front(patch, change, seal_registration)


@defect(
    "印影を九割の大きさで印字する",
    harm="実印と重ねて照合できず、登記や契約が通らない。",
    scenario=SEAL,
    sentence=TAICHI,
)
def imprint_too_small(patch: pytest.MonkeyPatch) -> None:
    front(
        patch,
        lambda made: replace(made, width_mm=made.width_mm * 0.9, height_mm=made.height_mm * 0.9),
        seal_registration,
    )


@defect(
    "印鑑登録証明書の二部目に別の人の氏名を印字する（センターも端末も紙面を読まない）",
    harm="一部目だけを確かめた住民が、他人の証明書を提出する。",
    scenario="印鑑登録証明書を二部受け取る",
    sentence="用紙は2枚で、載っているのは「港太一」だけである",
)
def second_copy_of_another_unread(patch: pytest.MonkeyPatch) -> None:
    fronts_unread(patch)
    second_copy_of_another(patch)


@defect(
    "印鑑登録証明書の二部目に別の人の氏名を印字する",
    harm="一部目だけを確かめた住民が、他人の証明書を提出する。",
    scenario="印鑑登録証明書を二部受け取る",
    sentence="「印鑑登録証明書」を2部申し込む",
)
def second_copy_of_another(patch: pytest.MonkeyPatch) -> None:
    made = iter(range(1, 100))
    front(
        patch,
        lambda seal: replace(seal, name="港　美波") if next(made) % 2 == 0 else seal,
        seal_registration,
    )


@defect(
    "公印を印字しない",
    harm="公印のない紙は、どこでも証明書として受け取られない。",
    scenario=ALONE,
    sentence=HARU,
)
def no_official_seal(patch: pytest.MonkeyPatch) -> None:
    body = io.BytesIO()
    Image.new("RGBA", (600, 600)).save(body, "PNG")
    real = typesetting.typeset

    def typeset(template: Any, call: str, data: Any, issuer: Any) -> bytes:
        return real(template, call, data, replace(issuer, seal_png=body.getvalue()))

    patch.setattr(residence.front, "typeset", typeset)


# --- sheets, copies, numbers ----------------------------------------------------------------------------------------


@defect(
    "すべての部に同じ発行番号を印字する（センターも端末も紙面を読まない）",
    harm="一通の真偽を問い合わせても、どの部のことか分からない。",
    scenario=COUPLE,
    sentence=BOTH,
)
def one_number_for_all_unread(patch: pytest.MonkeyPatch) -> None:
    fronts_unread(patch)
    one_number_for_all(patch)


@defect(
    "すべての部に同じ発行番号を印字する",
    harm="一通の真偽を問い合わせても、どの部のことか分からない。",
    scenario=COUPLE,
    sentence="500円を入れる",
)
def one_number_for_all(patch: pytest.MonkeyPatch) -> None:
    front(patch, lambda made: replace(made, issue_number="28100-20260603-2222-3333-4444"))


@defect(
    "裏面のページ番号を誤る",
    harm="一枚が抜き取られても、そろっているように見える。",
    scenario=FOREIGN,
    sentence=KITANO,
)
def wrong_page_on_the_back(patch: pytest.MonkeyPatch) -> None:
    real = finish._facts_content

    def content(made: Any, application_id: str, facts: Any) -> bytes:
        return real(made, application_id, replace(facts, k=1))

    patch.setattr(finish, "_facts_content", content)


@defect(
    "裏面の二次元コードに別の申請を記録する",
    harm="表と裏を照合する提出先で、偽造と疑われる。",
    scenario=ALONE,
    sentence=HARU,
)
def code_of_another(patch: pytest.MonkeyPatch) -> None:
    real = finish._qr
    patch.setattr(finish, "_qr", lambda text: real(text.replace('"copy":1', '"copy":2')))


@defect(
    "見本の文字を重ねない",
    harm="試験で出した紙が、本物の証明書として使われうる。",
    scenario=ALONE,
    sentence=APPLIED,  # the terminal itself looks at the sheet, before a coin is asked for
)
def no_sample_mark(patch: pytest.MonkeyPatch) -> None:
    real = finish.back_page_template

    def kit(municipality: str) -> Any:
        made = real(municipality)
        nothing = made.source.make_stream(b"", Dictionary(Type="/XObject"))
        nothing.stream_dict = Dictionary(
            Type=made.stamp.Type, Subtype=made.stamp.Subtype, BBox=made.stamp.BBox
        )
        return replace(made, stamp=made.source.make_indirect(nothing))

    patch.setattr(finish, "back_page_template", kit)


@defect(
    "用紙を逆の順に出す",
    harm="二枚目が一枚目として提出され、世帯主が分からない。",
    scenario=FOREIGN,
    sentence=KITANO,
)
def sheets_in_reverse(patch: pytest.MonkeyPatch) -> None:
    real = CenterGateway.sheet

    def sheet(papers: Any, application_id: str, number: int) -> Any:
        count = len(papers.sheet_ids(application_id))
        return real(papers, application_id, count + 1 - number)

    patch.setattr(CenterGateway, "sheet", sheet)


@defect(
    "最後の一枚を印刷しない",
    harm="三人世帯の写しから一人が抜け落ちる。",
    scenario=FOREIGN,
    sentence=KITANO,
)
def last_sheet_missing(patch: pytest.MonkeyPatch) -> None:
    import kiosk_app.center_gateway as center_gateway

    real = center_gateway.PaperReceived
    patch.setattr(
        center_gateway,
        "PaperReceived",
        lambda bought: real(replace(bought, sheets=bought.sheets - 1)),
    )


@defect(
    "地紋に「複写」の文字を入れない",
    harm="複写した紙が、原本と見分けられない。",
    scenario="用紙を複写すると、けん制文字が浮き出る",
    sentence="用紙を複写すると、「複写」の文字が浮き出る",
)
def pattern_without_its_word(patch: pytest.MonkeyPatch) -> None:
    fine = pattern._lattice(pattern._FINE, pattern._FINE_PITCH)
    plain = pattern.Pattern(zlib.compress(fine.tobytes(), 1), 1 / 9)
    patch.setattr(backing, "ground_pattern", lambda: plain)
    patch.setattr(finish, "back_page_template", cache(backing.back_page_template.__wrapped__))


COPIED, RESTORED = (
    "用紙を複写すると、けん制文字が浮き出る",
    "裏面のスクランブル画像を元に戻すと、表面と同じである",
)


@defect(
    "裏面のスクランブル画像を、別の用紙の二次元コードに結び付ける",
    harm="本物の証明書が、提出先で偽造と疑われる。",
    scenario=COPIED,
    sentence=RESTORED,
)
def image_of_another_sheet(patch: pytest.MonkeyPatch) -> None:
    real = scramble.seal
    patch.setattr(
        scramble, "seal", lambda page, key, text: real(page, key, text.replace('"copy":1', '"copy":2'))
    )


@defect(
    "裏面のスクランブル画像に、白紙を入れる",
    harm="提出先が裏面を確かめても、表面が本物か分からない。",
    scenario=COPIED,
    sentence=RESTORED,
)
def image_of_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scramble, "INK", 0)


@defect(
    "前の人の紙を次の人に印刷する",
    harm="前の人の住民票が次の人に渡る。",
    scenario="続けて二人が、それぞれの証明書を受け取る",
    sentence="用紙は1枚で、載っているのは「川原翔」だけである",
)
def paper_of_the_one_before(patch: pytest.MonkeyPatch) -> None:
    real, first = CenterGateway.sheet, []

    def sheet(papers: Any, application_id: str, number: int) -> Any:
        sheet_id, pdf, boxes = real(papers, application_id, number)
        first.append(pdf)
        return sheet_id, first[0], boxes

    patch.setattr(CenterGateway, "sheet", sheet)


# --- the last line of defence ---------------------------------------------------------------------------------------


@defect(
    "センターも端末も、紙と人を照合しない",
    harm="別の人の住民票が渡る（横浜、川崎などで起きた事故）。",
    scenario="認証後に記録がすり替わる",
    sentence="「住民票の写し」を世帯全員で1部申し込んで断られる",
)
def binding_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(binding, "check_binding", lambda manifest, **known: None)
    patch.setattr(terminal_paper, "check_binding", lambda manifest, **known: None)
    fronts_unread(patch)


@defect(
    "端末が紙と人を照合しない",
    harm="センターの誤りが、そのまま住民の手に渡る。",
    scenario="記録がすり替わり、センターも見逃しても端末が止める",
    sentence="「住民票の写し」を世帯全員で1部申し込んで断られる",
)
def terminal_trusts_the_centre(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(terminal_paper, "check_binding", lambda manifest, **known: None)
    fronts_unread(patch)


@defect(
    "届いた紙が壊れていても印刷する",
    harm="手数料を払った紙が読めない。",
    scenario="届いた紙が壊れている",
    sentence="「住民票の写し」を世帯全員で1部申し込んで断られる",
)
def broken_sheet_printed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(terminal_paper, "check_sheet", lambda manifest, entry, pdf, offer: None)


@defect(
    "目録の署名を確かめない",
    harm="センターを騙る相手の紙に、住民がお金を払う。",
    scenario="署名の合わない目録",
    sentence="「Manifest_Invalid」で断られる",
)
def signature_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        terminal_paper,
        "open_manifest",
        lambda signed, pinned: Manifest.model_validate_json(signed.text),
    )
