"""Planted defects about what a register really holds, and what of a foreign resident is printed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import server_stub.certificates.residence as residence
import server_stub.certificates.residence.front as fronts
import server_stub.paper.typesetting as typesetting
import server_stub.registry.household_order as household_order
import server_stub.registry.records as records
import server_stub.registry.replica as replica
import server_stub.registry.values as values
from server_stub.eras import wareki
from tests.planted.defect import defect
from tests.planted.papers import front, fronts_unread

NOTHING = "何も答えなければ、外国人住民の写しに在留カード等の番号は載らない"
ZHANG = "用紙は1枚で、載っているのは「張玉蓮」だけである"
ANNEX = "外国人住民の写しに通称の記載・削除だけを載せる"
READINGS = "振り仮名の公証のいろいろな5人世帯も写しを受け取れる"
TAKATORI = "用紙は5枚で、載っているのは「鷹取薫、鷹取瞳、鷹取蓮、鷹取蘭、深江ミツ」だけである"


@defect(
    "在留カード等の番号を、求められなくても印字する",
    harm="勤め先に渡した写しから在留カードの番号が知られ、悪用される。",
    scenario=NOTHING,
    sentence=ZHANG,
)
def card_number_unasked(patch: pytest.MonkeyPatch) -> None:
    real = fronts.foreign_items
    patch.setattr(
        fronts,
        "foreign_items",
        lambda foreign, *given: replace(real(foreign, *given), card_number=foreign.card_number),
    )
    shown = fronts.shown_on
    patch.setattr(
        fronts, "shown_on", lambda head, persons: {**shown(head, persons), fronts.CARD_NUMBER: "no"}
    )


@defect(
    "外国人住民の写しに本籍の欄を設ける",
    harm="本籍のない人の写しに本籍があるように見え、提出先で誤りとされる。",
    scenario=NOTHING,
    sentence=ZHANG,
)
def domicile_of_a_foreigner(patch: pytest.MonkeyPatch) -> None:
    real = fronts._fields

    def fields(front: Any) -> Any:
        told = real(front)
        return told | {"foreign": False} if isinstance(front, fronts.ResidencePerson) else told

    patch.setattr(fronts, "_fields", fields)


@defect(
    "公証されていない振り仮名を印字する",
    harm="戸籍に記録のない読みが公に証明されたものとして使われる。",
    scenario=READINGS,
    sentence=TAKATORI,
)
def reading_that_is_none(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(values.Reading, "words", property(lambda reading: reading.kana))


@defect(
    "不詳の生年月日を、内部の日付で印字する",
    harm="分からないはずの生年月日が証明され、年金などの資格が誤って判断される。",
    scenario="生まれた年しか分からない人も写しを受け取れる",
    sentence="「住民票の写し」を世帯全員で1部申し込む",
)
def inner_date(patch: pytest.MonkeyPatch) -> None:
    real = residence.residence_front

    def made(persons: Any, *given: Any, **named: Any) -> Any:
        front = real(persons, *given, **named)
        blocks = [
            replace(block, birth=wareki(person.birth.inner))
            for block, person in zip(front.persons, persons, strict=True)
        ]
        return replace(front, persons=tuple(blocks))

    patch.setattr(residence, "residence_front", made)


@defect(
    "どの用紙にも認証文と公印を印字する",
    harm="一枚だけを抜き取っても、一部の証明書として通ってしまう。",
    scenario="外国人住民を含む世帯の写しを受け取る",
    sentence="用紙は3枚で、載っているのは「北野健、北野マリア、北野リオ」だけである",
)
def certified_on_each(patch: pytest.MonkeyPatch) -> None:
    template = fronts.TEMPLATE.read_text(encoding="utf-8")
    assert "if k == n { closing(" in template
    real = typesetting.main_file

    def main_file(path: Any, call: str, data: Any, issuer: Any) -> bytes:
        main = real(path, call, data, issuer).decode()
        first, rest = main.split("\n", 1)
        assert first == f'#import "/{path.name}": *'
        return (template.replace("if k == n { closing(", "if true { closing(") + "\n" + rest).encode()

    patch.setattr(typesetting, "main_file", main_file)


@defect(
    "承認の済んでいない異動を印字する",
    harm="取り消されるかもしれない氏名や住所が証明される。",
    scenario="承認の済んでいない異動は写しに載らない",
    sentence="用紙は1枚で、載っているのは「伊川涼子」だけである",
)
def provisional_row(patch: pytest.MonkeyPatch) -> None:
    real = replica.person_of

    def person_of(row: Any) -> Any:
        found = real(row)
        return replace(found, name="学園　涼子") if found.key == "0000104001" else found

    patch.setattr(replica, "person_of", person_of)


@defect(
    "世帯員を届いた順に並べる",
    harm="順位のない世帯の写しで、孫が世帯主の子より先に並び、家族の関係が読み違えられる。",
    scenario="世帯員の順位のない、五代の世帯も写しを受け取れる",
    sentence="用紙は5枚で、載っているのは「駒林源蔵、駒林茂、駒林明、駒林航、駒林湊」だけである",
)
def in_order_of_delivery(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(replica, "in_order", lambda members: tuple(reversed(household_order.in_order(members))))


@defect(
    "転入通知の届いた人を世帯全員の写しに載せる",
    harm="もう住んでいない人が、住んでいると証明される。",
    scenario="転入通知の届いた人は、転出予定日の前でも世帯全員の写しに載らない",
    sentence="「住民票の写し」を世帯全員で1部申し込む",
)
def arrived_elsewhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(records.Person, "status_on", lambda person, day: person.status)


@defect(
    "別紙の通称を一つ落とす",
    harm="以前の通称で結んだ契約の本人だと示せない。",
    scenario=ANNEX,
    sentence="用紙は3枚で、載っているのは「張玉蓮」だけである",
)
def an_alias_less(patch: pytest.MonkeyPatch) -> None:
    real = residence._aliases
    patch.setattr(residence, "_aliases", lambda case, person: real(case, person)[1:])


@defect(
    "選んでいない家族に当てはまる項目も尋ねる",
    harm="日本人の写しに国籍や在留資格を載せるかを尋ねられ、住民が何を答えてよいか分からない。",
    scenario="日本人だけを選ぶと、同じ世帯の外国人住民の項目は尋ねない",
    sentence="画面に「国籍・地域」と表示されない",
)
def asked_of_everybody(patch: pytest.MonkeyPatch) -> None:
    real = residence._question
    patch.setattr(residence, "_question", lambda code, concerns: real(code, ()))


def _annex(patch: pytest.MonkeyPatch, **changed: str) -> None:
    """Each block of the 別紙 has these fields."""
    front(patch, lambda made: replace(made, annex=tuple(replace(block, **changed) for block in made.annex)))


@defect(
    "別紙に別の人の氏名を印字する",
    harm="他人の通称の移り変わりが、本人の写しに綴じられる。",
    scenario=ANNEX,
    sentence="250円を入れる",
)
def annex_of_another(patch: pytest.MonkeyPatch) -> None:
    _annex(patch, name="北野　マリア")


@defect(
    "別紙に別の人の氏名を印字する（センターも端末も紙面を読まない）",
    harm="他人の通称の移り変わりが、本人の写しに綴じられる。",
    scenario=ANNEX,
    sentence="用紙は3枚で、載っているのは「張玉蓮」だけである",
)
def annex_of_another_unread(patch: pytest.MonkeyPatch) -> None:
    fronts_unread(patch)
    annex_of_another(patch)


@defect(
    "別紙が、申請していない人のものと申告される",
    harm="求めていない人の通称が渡る。",
    scenario=ANNEX,
    sentence="250円を入れる",
)
def annex_told_of_another(patch: pytest.MonkeyPatch) -> None:
    _annex(patch, key="0000100302")


def _in_form(patch: pytest.MonkeyPatch, form: str) -> None:
    """Whatever form the municipality has, the paper is made in this one."""
    real = residence.render_residence

    def render(kind: str, copies: Any, issuer: Any, layout: str, asked: Any) -> Any:
        return real(kind, copies, issuer, form, asked)

    patch.setattr(residence, "render_residence", render)


@defect(
    "個人票の市の写しを、世帯連記式で作る",
    harm="一人分だけを提出できるはずの写しから、ほかの家族のことが提出先に知られる。",
    scenario="外国人住民を含む世帯の写しを受け取る",
    sentence="用紙は3枚で、載っているのは「北野健、北野マリア、北野リオ」だけである",
)
def household_for_individual(patch: pytest.MonkeyPatch) -> None:
    _in_form(patch, "household")


@defect(
    "世帯連記式の市の写しを、個人票で作る",
    harm="一枚で家族を示すはずの写しが人数分の紙になり、提出先で様式が違うとされる。",
    scenario="世帯連記式の市では、日本人と外国人の世帯は1枚に載る",
    sentence="用紙は1枚で、載っているのは「北野健、北野マリア、北野リオ」だけである",
)
def individual_for_household(patch: pytest.MonkeyPatch) -> None:
    _in_form(patch, "individual")


@defect(
    "異動前住所の欄に、転入前住所を印字する",
    harm="市の中で移る前の住所とのつながりを示せず、登記などの手続で受け付けられない。",
    scenario="異動前住所を尋ねる市で、異動前住所を記載した写しを受け取る",
    sentence="用紙は1枚で、載っているのは「花隈理恵」だけである",
)
def another_address_before(patch: pytest.MonkeyPatch) -> None:
    real = fronts.residence_person
    patch.setattr(
        fronts,
        "residence_person",
        lambda person, *given: replace(real(person, *given), address_before=person.previous_address),
    )
