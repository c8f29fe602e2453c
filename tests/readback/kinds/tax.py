"""課税証明書 and 非課税証明書: of one person and one 年度, on one sheet. The title follows from the tax; whoever is somebody's dependant and filed
nothing has 「*」 for every amount."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tests.readback.form import Block
from tests.readback.kinds.kind import Answers, Expected, Wanted, half_width
from tests.readback.register import Records
from tests.readback.side import WrongPaper

_QUESTION, _CELL = "年度", "年度"
_REIWA = 2018
"""令和 1 is 2019."""
_SPECIAL_RELATIVES_FROM = 2026
_GROSS = {"給与収入": "salary_gross", "公的年金収入": "pension_gross"}
_INCOME = {
    "営業等": "business", "農業": "farming", "不動産": "real_estate", "利子": "interest", "配当": "dividend", "給与": "salary",
    "雑（公的年金等）": "pension", "雑（業務）": "side_business", "雑（その他）": "other_misc", "総合譲渡": "transfer",
    "一時": "occasional", "分離短期譲渡": "short_transfer", "分離長期譲渡": "long_transfer", "株式等の譲渡": "stocks",
    "上場株式等の配当等": "listed_dividend", "先物取引": "futures", "山林": "forest", "退職": "retirement",
    "合計所得金額": "total_income", "総所得金額等": "total_amounts",
}  # fmt: skip
_DEDUCTIONS = {
    "雑損": "casualty", "医療費": "medical", "社会保険料": "social_insurance", "小規模企業共済等掛金": "mutual_aid",
    "生命保険料": "life_insurance", "地震保険料": "earthquake_insurance", "障害者": "disability", "寡婦": "widow",
    "ひとり親": "single_parent", "勤労学生": "student", "配偶者": "spouse", "配偶者特別": "spouse_special", "扶養": "dependants",
    "特定親族特別": "special_relatives", "基礎": "basic", "所得控除合計": "total_deductions",
}  # fmt: skip
_TAXABLE = {
    "総所得金額": "taxable", "分離短期譲渡": "taxable_short_transfer", "分離長期譲渡": "taxable_long_transfer",
    "株式等の譲渡": "taxable_stocks", "上場株式等の配当等": "taxable_listed_dividend", "先物取引": "taxable_futures",
    "山林": "taxable_forest", "退職": "taxable_retirement",
}  # fmt: skip
_OF_EACH = {
    "調整控除": "adjustment", "住宅借入金等": "housing", "寄附金": "donation", "配当割額等": "other_credits",
    "所得割額": "income_levy", "均等割額": "per_capita",
}  # fmt: skip
_SUMS = {"所得割・均等割の計": "resident_tax", "森林環境税額": "forest_tax", "年税額": "annual_tax"}
_SUPPORTED = {
    "配偶者区分": "spouse_class", "一般": "general", "特定": "specific", "老人": "elderly", "同居老親": "elderly_parents",
    "16歳未満": "under_16", "障害者": "disabled", "特別障害者": "specially_disabled", "特定親族": "special_relatives_count",
}  # fmt: skip
_SELF = {"寡婦": "is_widow", "ひとり親": "is_single_parent", "勤労学生": "is_student", "未成年": "is_minor"}
_ONLY_SINCE = {"特定親族特別", "特定親族"}


class Tax:
    code, title, called = "tax", "課税証明書", "課税（非課税）証明書"

    def expected(
        self,
        records: Records,
        subjects: Sequence[str],
        answers: Answers,
        day: date,
        service: Mapping[str, Any],
    ) -> Expected:
        """Of the year that was chosen, else of the latest one on that day."""
        latest = _latest(day, service)
        year = _year_of(answers[_QUESTION]) if _QUESTION in answers else latest
        own = [row for row in records.others["tax_record"] if [row["person"]] == list(subjects)]
        rows = [row for row in own if int(row["year"]) == year]
        # the year is asked for where the one before can be had too
        asked = service.get("last_year", False) and any(
            int(row["year"]) == latest - 1 and row["declaration"] != "unfiled" and row["basis"] == "resident"
            for row in own
        )
        if len(rows) != 1:
            raise WrongPaper(
                f"{subjects}: one person to a paper, with one record of {year}",
                expected=f"{year}年度の税の記録が一つある一人の証明書であること",
                found=f"{'、'.join(subjects)}の記録は{len(rows)}件だった",
            )
        (row,) = rows
        taxed = int(row["annual_tax"] or 0) > 0
        person = records.people[subjects[0]]
        head = {
            "年度": _in_words(year),
            "住所": row["address"],
            "氏名": person["氏名"],
            "生年月日": person.birth,
        }
        notes = [row["remarks"], "" if _filed(row) else service.get("unfiled_note", _NOTE)]
        blocks = [
            Wanted(person.key, half_width(head)),
            _amounts("収入金額（円）", row, _GROSS),
            _amounts("所得控除の内訳（円）", row, _since(year, _DEDUCTIONS)),
            _amounts("所得の内訳（円）", row, _INCOME),
            _amounts("課税標準額（円）", row, _TAXABLE),
            *(
                _amounts(f"{service.get(f'{level}_tax', name)}（円）", row, _levy(level))
                for level, name in (("city", "市民税"), ("prefecture", "県民税"))
            ),
            _amounts("税額の合計（円）", row, _SUMS),
            _table(
                "扶養等の状況（人）", {label: row[item] for label, item in _since(year, _SUPPORTED).items()}
            ),
            _table(
                "本人該当",
                {"障害": row["own_disability"]}
                | {label: "該当" if row[item] == "1" else "" for label, item in _SELF.items()},
            ),
            Wanted("備考", half_width({"備考": "　".join(note for note in notes if note)}), person=False),
        ]
        return Expected(
            blocks=tuple(blocks),
            attestation=service.get("attestation", "上記のとおり相違ないことを証明します。"),
            most_sheets=1,
            title=service.get("title_taxed", "課税証明書")
            if taxed
            else service.get("title_untaxed", "非課税証明書"),
            unasked=() if asked else ("year",),
        )

    def answers_shown(self, blocks: Sequence[Block], service: Mapping[str, Any]) -> dict[str, str]:
        """The year."""
        return {"year": f"year_{_year_of(''.join(blocks[0].cells[_CELL].lines))}"}


_NOTE = "「*」は、税の申告がないため金額を証明していないことを示します。"


def _filed(row: Mapping[str, str]) -> bool:
    return row["declaration"] == "filed"


def _latest(day: date, service: Mapping[str, Any]) -> int:
    month, first = (int(part) for part in service.get("year_from", "06-10").split("-"))
    return day.year - ((day.month, day.day) < (month, first))


def _year_of(words: str) -> int:
    """令和8年度（令和7年分） -> 2026. Raises WrongPaper."""
    read = re.fullmatch(r"令和(元|\d+)年度（令和(元|\d+)年分）", words)
    if read is None:
        raise WrongPaper(
            f"no year: {words}", expected="年度の欄に、年度と何年分かがあること", found=f"「{words}」とあった"
        )
    return _REIWA + (1 if read[1] == "元" else int(read[1]))


def _in_words(year: int) -> str:
    return f"令和{year - _REIWA}年度（令和{year - 1 - _REIWA}年分）"


def _since(year: int, labels: Mapping[str, str]) -> dict[str, str]:
    return {
        label: item
        for label, item in labels.items()
        if label not in _ONLY_SINCE or year >= _SPECIAL_RELATIVES_FROM
    }


def _levy(level: str) -> dict[str, str]:
    return {label: f"{level}_{item}" for label, item in _OF_EACH.items()}


def _amounts(heading: str, row: Mapping[str, str], labels: Mapping[str, str]) -> Wanted:
    return _table(heading, {label: _yen(row[item]) if _filed(row) else "*" for label, item in labels.items()})


def _yen(text: str) -> str:
    """Groups of three digits, a loss with a triangle."""
    yen = int(text)
    digits, groups = str(abs(yen)), []
    while digits:
        digits, group = digits[:-3], digits[-3:]
        groups.insert(0, group)
    return ("△" if yen < 0 else "") + ",".join(groups)


def _table(heading: str, cells: Mapping[str, str]) -> Wanted:
    return Wanted(heading, cells, person=False, beside=(heading,))


KIND = Tax()
