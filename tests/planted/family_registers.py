"""Planted defects about the certificates of the family register: whose blocks, which entries, in which form, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import server_stub.certificates.family_register as kind
import server_stub.certificates.family_register.front as fronts
from server_stub.certificates.domicile import Membership
from server_stub.certificates.family_register.register import FAMILY_REGISTER
from server_stub.interface.failures import Failed
from server_stub.registry.replica import ReplicaReader
from tests.planted.defect import defect

WHOLE, KASAI = (
    "夫婦と子の戸籍の全部事項証明書を受け取る",
    "用紙は2枚で、載っている名は「悠斗、菜摘、凛」だけである",
)
REMADE = "死亡した筆頭者、婚姻した子、養子のいる改製後の戸籍の全部事項証明書を受け取る"
TAKAHASHI = "用紙は2枚で、載っている名は「茂、久美、菜摘、航」だけである"
ONE, RIN = "同じ戸籍の子の個人事項証明書を受け取る", "用紙は1枚で、載っている名は「凛」だけである"
HARUKA = ("市外に住む人が、自分の個人事項証明書を受け取る", "用紙は1枚で、載っている名は「遥」だけである")
PAY = "400円を入れる"
"""What fails where centre or terminal have stopped the paper."""
RESTRICTED = "同じ戸籍に発行制限の人がいる"


def front(patch: pytest.MonkeyPatch, change: Callable[[Any], Any]) -> None:
    """What is put on a copy goes through `change`."""
    real = kind.family_register_front
    patch.setattr(kind, "family_register_front", lambda *given: change(real(*given)))


def pages(patch: pytest.MonkeyPatch, change: Callable[[list[Any]], list[Any]]) -> None:
    """The pages of a copy go through `change`."""
    real = fronts.paged
    patch.setattr(fronts, "paged", lambda rows: change(real(rows)))


def member_rows(patch: pytest.MonkeyPatch, change: Callable[[list[Any]], list[Any]]) -> None:
    """The rows of a member's block go through `change`."""
    real = fronts.Rows._member
    patch.setattr(fronts.Rows, "_member", lambda rows, member, key: change(list(real(rows, member, key))))


# --- 全部事項 -------------------------------------------------------------------------------------------------------


@defect(
    "隣の戸籍の記録を印字する",
    harm="他人の家族の身分事項が渡り、本人の証明にもならない。",
    scenario=WHOLE,
    sentence=KASAI,
)
def neighbours_register(patch: pytest.MonkeyPatch) -> None:
    real = ReplicaReader.record

    def record(reader: Any, register: str, key: str) -> Any:
        found = real(reader, register, key)
        if register != FAMILY_REGISTER or found is None:
            return found
        other = real(reader, register, "482010000008")
        return replace(found, body=other.body if other is not None else found.body)

    patch.setattr(ReplicaReader, "record", record)
    birth_not_compared(patch)


@defect(
    "住民記録と生年月日の違う戸籍を印字する",
    harm="同じ名の別人の戸籍が、本人のものとして渡る。",
    scenario="戸籍の生年月日が、住民記録の生年月日と違う",
    sentence="「戸籍全部事項証明書」は「Record_Unusable」のため選べない",
)
def birth_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(kind, "may_be", lambda reader, person, born: True)


@defect(
    "除籍の人を全部事項証明書から落とす",
    harm="相続の手続で、相続人が一人足りないことに気づけない。",
    scenario=REMADE,
    sentence="450円を入れる",
)
def the_removed_left_out(patch: pytest.MonkeyPatch) -> None:
    def living(made: Any) -> Any:
        kept = [pair for pair in zip(made.members, made.keys, strict=True) if pair[0].number != 3]
        return replace(
            made,
            members=tuple(member for member, _ in kept),
            keys=tuple(key for _, key in kept),
        )

    front(patch, living)


@defect(
    "除籍の印を印字しない",
    harm="亡くなった人や婚姻で出た人を、現に戸籍にいると証明する。",
    scenario=REMADE,
    sentence=TAKAHASHI,
)
def mark_of_removal_missing(patch: pytest.MonkeyPatch) -> None:
    member_rows(
        patch, lambda rows: [replace(row, left=(), boxed=False) if row.boxed else row for row in rows]
    )


@defect(
    "従前の記録を印字しない",
    harm="更正の前の本籍とのつながりを示せず、古い登記や証書と照らせない。",
    scenario=REMADE,
    sentence=TAKAHASHI,
)
def former_record_lost(patch: pytest.MonkeyPatch) -> None:
    real = fronts.Rows._items

    def items(rows: Any, told: Any, deeper: int = 0) -> Any:
        return real(rows, [item for item in told if not item.former], deeper)

    patch.setattr(fronts.Rows, "_items", items)


@defect(
    "振り仮名のない様式に、振り仮名を印字する",
    harm="市がまだ証明していない読みが、証明されたものとして通る。",
    scenario="振り仮名のない様式の市では、記録されている振り仮名も載らない",
    sentence="用紙は1枚で、載っている名は「凪子」だけである",
)
def readings_in_the_old_form(patch: pytest.MonkeyPatch) -> None:
    labels = fronts.Labels("氏の振り仮名", "名の振り仮名")
    front(patch, lambda made: replace(made, labels=labels))


@defect(
    "二枚目に一枚目をもう一度印字する",
    harm="最後の人の身分事項が欠けた紙が、戸籍の全部として通る。",
    scenario=WHOLE,
    sentence=KASAI,
)
def first_sheet_twice(patch: pytest.MonkeyPatch) -> None:
    def twice(made: list[Any]) -> list[Any]:
        return [made[0], replace(made[1], rows=made[0].rows[:30])] if len(made) > 1 else made

    pages(patch, twice)


@defect(
    "二人の身分事項を取り違える",
    harm="夫の出生や婚姻が妻のものになり、縁組や離婚の届出を誤る。",
    scenario=WHOLE,
    sentence=KASAI,
)
def entries_exchanged(patch: pytest.MonkeyPatch) -> None:
    def exchanged(made: Any) -> Any:
        one, other, *rest = made.members
        members = (
            one.model_copy(update={"entries": other.entries}),
            other.model_copy(update={"entries": one.entries}),
        )
        return replace(made, members=(*members, *rest))

    front(patch, exchanged)


@defect(
    "最後でない用紙にも公印を印字する",
    harm="一枚目だけを切り離した紙が、証明書として通る。",
    scenario=WHOLE,
    sentence=KASAI,
)
def sealed_on_every_sheet(patch: pytest.MonkeyPatch) -> None:
    pages(patch, lambda made: [replace(page, last=True) for page in made])


@defect(
    "発行制限の人がいる戸籍の全部事項証明書を出す",
    harm="加害者が、配偶者や子の戸籍から避難先の本籍や届出地を知る。",
    scenario=RESTRICTED,
    sentence="「戸籍全部事項証明書」は「この端末では証明できない方が」の理由で選べない",
)
def the_protected_on_the_whole(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(kind, "anybody_restricted", lambda case, register: False)


# --- 個人事項 -------------------------------------------------------------------------------------------------------


@defect(
    "個人事項証明書に、ほかの人の欄も印字する",
    harm="提出先に、求められていない家族の身分事項が知られる。",
    scenario=HARUKA[0],
    sentence=HARUKA[1],
)
def another_members_block(patch: pytest.MonkeyPatch) -> None:
    def both(made: Any) -> Any:
        if len(made.members) > 1:
            return made
        # and nothing is told of it
        return replace(made, members=made.body.members, keys=(*made.keys, ""))

    front(patch, both)


@defect(
    "選んだ人でなく、カードの持ち主の個人事項を印字する",
    harm="子の手続に出した紙が親のもので、差し戻される。",
    scenario=ONE,
    sentence=PAY,
)
def holder_instead_of_the_chosen(patch: pytest.MonkeyPatch) -> None:
    def pick(own_kind: Any, case: Any, request: Any) -> Any:
        number, body, own = kind.own_register(case)
        return kind.FamilyRegisterRecords(number, body, (own,))

    patch.setattr(kind.IndividualFamilyRegister, "pick", pick)


@defect(
    "個人事項証明書に、戸籍事項を印字しない",
    harm="転籍や改製の経過が分からず、証明書として足りない。",
    scenario=HARUKA[0],
    sentence=HARUKA[1],
)
def register_entries_missing(patch: pytest.MonkeyPatch) -> None:
    def without(made: Any) -> Any:
        kept = made.body.entries[:1]
        return replace(made, body=made.body.model_copy(update={"entries": kept}))

    front(patch, without)


@defect(
    "個人事項証明書に、全部事項の認証文を印字する",
    harm="一人の記録を、戸籍の全部であると証明する。",
    scenario=ONE,
    sentence=RIN,
)
def attested_as_the_whole(patch: pytest.MonkeyPatch) -> None:
    whole = "これは、戸籍に記録されている事項の全部を証明した書面である。"
    front(patch, lambda made: replace(made, attestation=whole))


@defect(
    "振り仮名を印字しない",
    harm="読みを示すために取った証明書が役に立たない。",
    scenario=ONE,
    sentence=RIN,
)
def readings_missing(patch: pytest.MonkeyPatch) -> None:
    front(patch, lambda made: replace(made, labels=fronts.Labels(None, None)))


@defect(
    "除籍された人の個人事項証明書を出す",
    harm="もう戸籍にいない人の記録が、現在の戸籍のものとして渡る。",
    scenario="対の、子が除かれた戸籍の人は受け取れる",
    sentence="部数を1部にする",
)
def the_removed_on_offer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        kind.IndividualFamilyRegister, "_choice", staticmethod(lambda case, body, own: body.members)
    )


@defect(
    "発行制限の人の個人事項証明書を、同じ戸籍の人に出す",
    harm="加害者が、避難している配偶者の新しい記録を手にする。",
    scenario=RESTRICTED,
    sentence="「榎千尋」は「この端末では証明できません」の理由で選べない",
)
def the_protected_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        kind.IndividualFamilyRegister, "_refused", staticmethod(lambda case, number, body: set[int]())
    )


@defect(
    "市外に住む人の年齢を確かめない",
    harm="十四歳の子に、保護者の知らないうちに戸籍の証明書が渡る。",
    scenario="市外に住む十四歳の人は利用できない",
    sentence="「戸籍全部事項証明書」は「Holder_Under_Fifteen」のため選べない",
)
def outsiders_age_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(kind, "check_age", lambda case, birth: None)


@defect(
    "対応表にない住民を、氏名で戸籍と結ぶ",
    harm="同姓同名の別の人の戸籍の証明書が渡る。",
    scenario="戸籍の人と氏名も本籍も同じでも、対応表にない住民",
    sentence="「Holder_Not_Linked」で断られる",
)
def matched_by_name(patch: pytest.MonkeyPatch) -> None:
    real = kind.membership_of

    def membership_of(case: Any) -> Any:
        try:
            return real(case)
        except Failed as failed:
            known = {"李　明": Membership("482010000004", 1)}
            if failed.failure != "Holder_Not_Linked" or case.person.name not in known:
                raise
            return known[case.person.name]

    patch.setattr(kind, "membership_of", membership_of)


# --- whose a sheet is -----------------------------------------------------------------------------------------------


@defect(
    "続きの用紙がだれのものかを告げない",
    harm="二枚目に他人の戸籍が印字されていても、だれも比べない。",
    scenario=WHOLE,
    sentence=PAY,
)
def nobodys_sheet(patch: pytest.MonkeyPatch) -> None:
    named = property(lambda page: tuple(row.names for row in page.rows if row.names))
    patch.setattr(fronts.Page, "keys", named)


@defect(
    "続きの用紙に、同じ名の別の人の生年月日を印字する",
    harm="一字の名が同じ別の戸籍の人の用紙が、本人のものとして通る。",
    scenario=WHOLE,
    sentence=PAY,
)
def namesakes_birth(patch: pytest.MonkeyPatch) -> None:
    real = fronts._foot

    def foot(*given: Any) -> list[tuple[str, str]]:
        return [
            (field, words if field == "name" else "【生年月日】令和７年６月２日")
            for field, words in real(*given)
        ]

    patch.setattr(fronts, "_foot", foot)
