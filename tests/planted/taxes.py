"""Planted defects of the 課税証明書: whose figures, of which year, under which title."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import server_stub.certificates.tax as tax
import server_stub.certificates.tax.front as front
import server_stub.certificates.tax.record as record
from server_stub.interface.failures import Failed
from tests.planted.defect import defect

TAXED = "課税されている人の証明書を受け取る"
UNFILED = "扶養に入り申告のない人（金額が「*」）の証明書を受け取る"
NEIGHBOUR = "0000100201"


def only(people: str) -> str:
    return f"用紙は1枚で、載っているのは「{people}」だけである"


def with_cells(patch: pytest.MonkeyPatch, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """What is printed goes through `change`."""
    real = front.cells_of
    patch.setattr(tax, "cells_of", lambda *told: change(real(*told)))


@defect(
    "税の記録を隣の人の行から読む",
    harm="他人の所得と税額が、本人のものとして証明される。",
    scenario=TAXED,
    sentence=only("港太一"),
)
def a_neighbours_row(patch: pytest.MonkeyPatch) -> None:
    real = tax.record_of_year

    def record_of_year(case: Any, year: int) -> Any:
        return replace(real(replace(case, key=NEIGHBOUR), year), person=case.key)

    patch.setattr(tax, "record_of_year", record_of_year)


@defect(
    "前の年度の金額を、新しい年度として印字する",
    harm="去年の所得で、今年の給付や保育料が決まる。",
    scenario=TAXED,
    sentence=only("港太一"),
)
def last_years_amounts(patch: pytest.MonkeyPatch) -> None:
    real = tax.record_of_year

    def record_of_year(case: Any, year: int) -> Any:
        if year != case.terms.latest_year(case.today):
            return real(case, year)
        found = real(case, year - 1)
        return replace(found, body=found.body.model_copy(update={"year": year, "special_relatives": 0}))

    patch.setattr(tax, "record_of_year", record_of_year)


@defect(
    "課税証明書に、別の日の生年月日を印字する",
    harm="同じ名の別人の所得として扱われる。",
    scenario=TAXED,
    sentence="250円を入れる",
)
def another_birth_date(patch: pytest.MonkeyPatch) -> None:
    """Centre and terminal read the front: the paper never gets as far as the money."""
    with_cells(patch, lambda cells: cells | {"birth": "昭和56年4月13日"})


@defect(
    "金額を一欄ずつずらして印字する",
    harm="社会保険料が医療費控除として、税額が別の税の額として証明される。",
    scenario=TAXED,
    sentence=only("港太一"),
)
def columns_slipped(patch: pytest.MonkeyPatch) -> None:
    def slipped(cells: dict[str, str]) -> dict[str, str]:
        names = record.AMOUNTS
        return cells | {name: cells[before] for before, name in zip((names[-1], *names), names, strict=False)}

    with_cells(patch, slipped)


@defect(
    "所得のある人の金額に「*」を印字する",
    harm="申告した人が、所得のないことも証明できない紙に手数料を払う。",
    scenario=TAXED,
    sentence=only("港太一"),
)
def asterisks_for_the_declared(patch: pytest.MonkeyPatch) -> None:
    with_cells(patch, lambda cells: cells | dict.fromkeys(record.AMOUNTS, "*"))


@defect(
    "申告のない人の金額に0を印字する",
    harm="だれも確かめていない所得が、0円として証明される。",
    scenario=UNFILED,
    sentence=only("港美波"),
)
def zeros_for_the_undeclared(patch: pytest.MonkeyPatch) -> None:
    with_cells(
        patch,
        lambda cells: cells | {name: "0" for name in record.AMOUNTS if cells[name] == "*"} | {"remarks": ""},
    )


@defect(
    "課税されている人の紙に、非課税証明書の表題をつける",
    harm="税を納める人が、非課税の人向けの給付を受ける。",
    scenario=TAXED,
    sentence=only("港太一"),
)
def untaxed_title(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tax.TaxTerms, "title_of", lambda terms, body: terms.title_untaxed)


@defect(
    "均等割だけの人を非課税とする",
    harm="均等割を納める人に、非課税であるという証明が渡る。",
    scenario="均等割だけが課税されている人の証明書を受け取る",
    sentence=only("御影直樹"),
)
def per_capita_overlooked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        record.TaxBody,
        "taxed",
        property(lambda body: bool(body.city_income_levy or body.prefecture_income_levy)),
    )


@defect(
    "合計の合わない行を取り込む",
    harm="欄のずれた記録が、そのまま証明書になる。",
    scenario="年税額の合計が合わない人の証明書は出ない",
    sentence="「市民税課税・所得証明書」は「Record_Unusable」のため選べない",
)
def sums_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(record, "_agreed", lambda yen, wanted, what: yen)


@defect(
    "扶養に入っていない申告のない人にも「*」の証明書を出す",
    harm="申告の要る人が、申告をしないまま証明書を受け取る。",
    scenario="扶養に入らず申告のない人は受け取れない",
    sentence="「市民税課税・所得証明書」は「所得の申告がないため」の理由で選べない",
)
def the_undeclared_certified(patch: pytest.MonkeyPatch) -> None:
    real = tax.record_of_year

    def record_of_year(case: Any, year: int) -> Any:
        try:
            return real(case, year)
        except Failed as failed:
            if failed.failure != "Tax_Not_Declared":
                raise
        (found, *_) = case.reader.records(tax.REGISTER, person=case.key)
        return tax.TaxRecord(case.key, tax.TaxBody.model_validate(found.body))

    patch.setattr(tax, "record_of_year", record_of_year)


@defect(
    "新しい年度に一日早く切り替える",
    harm="市がまだ確定していない年度の証明書が出る。",
    scenario="切替えの前の日までは、前の年度が最新である",
    sentence="部数を1部にする",
)
def a_day_early(patch: pytest.MonkeyPatch) -> None:
    real = tax.TaxTerms.latest_year
    patch.setattr(tax.TaxTerms, "latest_year", lambda terms, today: real(terms, today + timedelta(days=1)))


@defect(
    "案内した題名と違う題名を用紙に印字する",
    harm="税を納める人が、非課税の人向けの給付を受ける。",
    scenario=TAXED,
    sentence="250円を入れる",
)
def another_title_than_offered(patch: pytest.MonkeyPatch) -> None:
    real = tax.copy_data
    patch.setattr(tax, "copy_data", lambda *told, **beside: real(*told, **beside | {"title": "非課税証明書"}))


@defect(
    "1月1日の住所の代わりに、いまの住所を印字する",
    harm="どの市区町村の課税かを示す住所が、別の町の住所になる。",
    scenario="対の、合計の合う人の証明書は、1月1日の住所で出る",
    sentence=only("六甲翠"),
)
def address_of_today(patch: pytest.MonkeyPatch) -> None:
    real = front.cells_of
    patch.setattr(tax, "cells_of", lambda person, *told: real(person, *told) | {"address": person.address})


@defect(
    "1月1日に市内に住んでいなかった年度の証明書を出す",
    harm="課税をしていない市が、所得のないことを証明する。",
    scenario="1月1日に市内に住んでいなかった人は受け取れない",
    sentence="「市民税課税・所得証明書」は「1月1日に、この市区町村に住所がなかったため」の理由で選べない",
)
def lived_elsewhere(patch: pytest.MonkeyPatch) -> None:
    """The record of the year after counts for this one."""
    real = tax.record_of_year

    def record_of_year(case: Any, year: int) -> Any:
        try:
            return real(case, year)
        except Failed as failed:
            if failed.failure != "Tax_Lived_Elsewhere":
                raise
        return real(case, year + 1)

    patch.setattr(tax, "record_of_year", record_of_year)
