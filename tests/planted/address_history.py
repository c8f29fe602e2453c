"""Planted defects about the 戸籍の附票の写し: whose addresses are told, all of them, in their order, and nothing unasked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

import server_stub.certificates.address_history as address_history
from server_stub.certificates.address_history import front, records
from server_stub.interface.secret import Secret
from tests.planted.defect import defect
from tests.planted.papers import fronts_unread

ABROAD, TOYAMA = (
    "国外に住む人が、住所が12ある附票に在外選挙を記載して受け取る",
    "用紙は2枚で、載っているのは「遠山渡」だけである",
)
FAMILY, KASAI = (
    "戸籍の全員の附票を、本籍なしで受け取る",
    "用紙は1枚で、載っているのは「葛西悠斗、葛西菜摘、葛西凛」だけである",
)
LOST, TAKAHASHI = (
    "除籍された人のいる戸籍の附票を受け取る",
    "用紙は1枚で、載っているのは「髙橋茂、髙橋久美、葛西菜摘、髙橋航」だけである",
)
FIVE, HORI = (
    "5人の戸籍の附票を、二部受け取る",
    "用紙は4枚で、載っているのは「堀進、堀歩、堀岬、堀渚、堀凪」だけである",
)
NOT_HERE = "「戸籍の附票の写し」は「この戸籍の附票は、端末では交付できません」の理由で選べない"


def members(patch: pytest.MonkeyPatch, change: Callable[[Any], Any]) -> None:
    """Each member that is put on a front goes through `change`."""
    real = address_history.address_history_front

    def made(history: Any, chosen: Sequence[Any], *given: Any, **named: Any) -> Any:
        return real(history, [change(one) for one in chosen], *given, **named)

    patch.setattr(address_history, "address_history_front", made)


@defect(
    "住所を新しい順に印字する",
    harm="いまの住所として、最初の住所が読まれる。",
    scenario=ABROAD,
    sentence=TOYAMA,
)
def order_reversed(patch: pytest.MonkeyPatch) -> None:
    members(patch, lambda one: replace(one, addresses=one.addresses[::-1]))


@defect(
    "いちばん古い住所を印字しない",
    harm="相続登記などで、昔の住所とのつながりを示せない。",
    scenario=ABROAD,
    sentence=TOYAMA,
)
def oldest_missing(patch: pytest.MonkeyPatch) -> None:
    members(patch, lambda one: replace(one, addresses=one.addresses[1:] or one.addresses))


@defect(
    "用紙をまたぐところで住所が一つ抜ける",
    harm="間の住所のない附票が、そろったものとして提出される。",
    scenario=ABROAD,
    sentence=TOYAMA,
)
def lost_at_the_break(patch: pytest.MonkeyPatch) -> None:
    real = front.sheets_of

    def sheets(*given: Any) -> Any:
        made = real(*given)
        for sheet in made[1:]:
            first = next(number for number, line in enumerate(sheet.lines) if line.event)
            after = next(n for n, line in enumerate(sheet.lines) if n > first and (line.event or line.name))
            del sheet.lines[first:after]
        return made

    patch.setattr(front, "sheets_of", sheets)


@defect(
    "同じ戸籍の別の人の住所を印字する",
    harm="別居する家族の住所が、本人の住所として証明される。",
    scenario=FIVE,
    sentence=HORI,
)
def anothers_addresses(patch: pytest.MonkeyPatch) -> None:
    real = address_history.address_history_front

    def made(history: Any, chosen: Sequence[Any], *given: Any, **named: Any) -> Any:
        moved = [replace(one, addresses=chosen[number - 1].addresses) for number, one in enumerate(chosen)]
        return real(history, moved, *given, **named)

    patch.setattr(address_history, "address_history_front", made)


@defect(
    "別の戸籍の附票の住所を印字する",
    harm="他人の住所の移り変わりが渡る。",
    scenario=FAMILY,
    sentence=KASAI,
)
def another_registers_rows(patch: pytest.MonkeyPatch) -> None:
    real = records.address_history

    def read(case: Any, register: str) -> Any:
        own, other = real(case, register), real(case, "482010000053")
        rows = [replace(one, addresses=other.members[0].addresses) for one in own.members]
        return replace(own, members=tuple(rows))

    patch.setattr(address_history, "address_history", read)


@defect(
    "求められていない本籍・筆頭者を印字する（センターも端末も紙面を読まない）",
    harm="本籍を知られたくない提出先に、本籍が知られる。",
    scenario=FAMILY,
    sentence=KASAI,
)
def domicile_unasked_unread(patch: pytest.MonkeyPatch) -> None:
    fronts_unread(patch)
    real = address_history.address_history_front

    def made(history: Any, *given: Any, **named: Any) -> Any:
        return replace(real(history, *given, **named), domicile=history.domicile, head=history.head)

    patch.setattr(address_history, "address_history_front", made)
    shown = front.shown_on
    patch.setattr(front, "shown_on", lambda sheet: {**shown(sheet), front.DOMICILE: front.NO})


@defect(
    "求められていない本籍・筆頭者を印字する",
    harm="本籍を知られたくない提出先に、本籍が知られる。",
    scenario=FAMILY,
    sentence="250円を入れる",
)
def domicile_unasked(patch: pytest.MonkeyPatch) -> None:
    real = address_history.address_history_front

    def made(history: Any, *given: Any, **named: Any) -> Any:
        return replace(real(history, *given, **named), domicile=history.domicile, head=history.head)

    patch.setattr(address_history, "address_history_front", made)


@defect(
    "支援措置の対象者がいる戸籍の附票を、配偶者に交付する",
    harm="避難した人の新しい住所が、逃れてきた相手に渡る。",
    scenario="戸籍に支援措置の対象者がいる人は、附票を受け取れない",
    sentence=NOT_HERE,
)
def protected_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(address_history, "anybody_is_protected", lambda case, history: False)


@defect(
    "2022年1月11日より前に除籍された人の生年月日と性別を印字する",
    harm="法令が載せないとする情報を証明する。",
    scenario=LOST,
    sentence=TAKAHASHI,
)
def birth_of_the_long_removed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(records, "BIRTH_AND_SEX_SINCE", date(2000, 1, 1))


@defect(
    "附票に、除籍の印を印字しない",
    harm="除籍された人が、いまもその戸籍にいると読まれる。",
    scenario=LOST,
    sentence=TAKAHASHI,
)
def removal_not_marked(patch: pytest.MonkeyPatch) -> None:
    members(patch, lambda one: replace(one, removed=False))


@defect(
    "一部の附票に全部の認証文を印字する",
    harm="ほかに戸籍の人がいないと証明したことになる。",
    scenario="戸籍の一人だけの附票を受け取る",
    sentence="用紙は1枚で、載っているのは「葛西菜摘」だけである",
)
def attested_as_whole(patch: pytest.MonkeyPatch) -> None:
    real = address_history.AddressHistoryCopy.render

    def render(kind: Any, copies: Any, *given: Any) -> Any:
        return real(kind, [replace(one, whole=True) for one in copies], *given)

    patch.setattr(address_history.AddressHistoryCopy, "render", render)


@defect(
    "別の人の住民票コードを印字する",
    harm="提出先に、他人の住民票コードが本人のものとして届け出られる。",
    scenario="住民票コードを記載した附票を受け取る",
    sentence=TAKAHASHI,
)
def anothers_code(patch: pytest.MonkeyPatch) -> None:
    members(
        patch,
        lambda one: replace(one, resident_code=one.resident_code and Secret("48201000019")),
    )


@defect(
    "戸籍から除籍された人に附票を交付する",
    harm="離れた家族のいまの住所が渡る。",
    scenario="戸籍から除籍された人は、附票を受け取れない",
    sentence="「戸籍の附票の写し」は「この戸籍から除かれているため」の理由で選べない",
)
def given_to_the_removed(patch: pytest.MonkeyPatch) -> None:
    real = records.AddressHistory.member
    patch.setattr(
        records.AddressHistory,
        "member",
        lambda history, number: replace(real(history, number), removed=False),
    )


@defect(
    "附票を渡すのに、市外に住む人の年齢を確かめない",
    harm="十四歳の子に、保護者の知らないうちに証明書が渡る。",
    scenario="市外に住む十四歳の人は、附票を受け取れない",
    sentence="「Holder_Under_Fifteen」で断られる",
)
def outsiders_of_any_age(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(address_history, "check_age", lambda case, birth: None)


@defect(
    "同姓同名の別の人の附票を印字する",
    harm="他人の住所の移り変わりが、氏名が同じというだけで本人に渡る。",
    scenario=FAMILY,
    sentence="250円を入れる",
)
def a_namesakes(patch: pytest.MonkeyPatch) -> None:
    members(patch, lambda one: replace(one, birth="平成3年4月6日"))


@defect(
    "求められていない在外選挙の登録を印字する",
    harm="国外に住んでいることが、それを求めない提出先に知られる。",
    scenario="在外選挙を記載しない附票を受け取る",
    sentence="250円を入れる",
)
def overseas_unasked(patch: pytest.MonkeyPatch) -> None:
    real = address_history.address_history_front

    def made(history: Any, chosen: Any, answers: Any, **named: Any) -> Any:
        return real(history, chosen, {**answers, front.OVERSEAS: front.YES}, **named)

    patch.setattr(address_history, "address_history_front", made)
