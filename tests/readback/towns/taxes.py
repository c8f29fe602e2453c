"""The file of the tax systems that the shipped towns deliver, read by the words of its columns alone."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

COLUMNS = {
    "宛名番号": "person", "賦課年度": "year", "賦課期日住所": "address", "賦課区分コード": "basis", "申告区分コード": "declaration",
    "賦課特例コード": "exception", "給与収入": "salary_gross", "公的年金収入": "pension_gross", "営業等所得": "business",
    "農業所得": "farming", "不動産所得": "real_estate", "利子所得": "interest", "配当所得": "dividend", "給与所得": "salary",
    "公的年金等雑所得": "pension", "業務雑所得": "side_business", "その他雑所得": "other_misc", "総合譲渡所得": "transfer",
    "一時所得": "occasional", "分離短期譲渡所得": "short_transfer", "分離長期譲渡所得": "long_transfer", "株式等譲渡所得": "stocks",
    "上場株式等配当所得": "listed_dividend", "先物取引所得": "futures", "山林所得": "forest", "退職所得": "retirement",
    "合計所得金額": "total_income", "繰越控除額": "losses_carried", "総所得金額等": "total_amounts", "雑損控除": "casualty",
    "医療費控除": "medical", "社会保険料控除": "social_insurance", "小規模企業共済等掛金控除": "mutual_aid",
    "生命保険料控除": "life_insurance", "地震保険料控除": "earthquake_insurance", "障害者控除": "disability", "寡婦控除": "widow",
    "ひとり親控除": "single_parent", "勤労学生控除": "student", "配偶者控除": "spouse", "配偶者特別控除": "spouse_special",
    "扶養控除": "dependants", "特定親族特別控除": "special_relatives", "基礎控除": "basic", "所得控除合計": "total_deductions",
    "課税標準額総所得": "taxable", "課税標準額分離短期譲渡": "taxable_short_transfer",
    "課税標準額分離長期譲渡": "taxable_long_transfer", "課税標準額株式等譲渡": "taxable_stocks",
    "課税標準額上場株式等配当": "taxable_listed_dividend", "課税標準額先物取引": "taxable_futures",
    "課税標準額山林": "taxable_forest", "課税標準額退職": "taxable_retirement", "市民税調整控除": "city_adjustment",
    "市民税住宅借入金等控除": "city_housing", "市民税寄附金控除": "city_donation",
    "市民税配当割額等控除": "city_other_credits", "市民税所得割額": "city_income_levy", "市民税均等割額": "city_per_capita",
    "県民税調整控除": "prefecture_adjustment", "県民税住宅借入金等控除": "prefecture_housing",
    "県民税寄附金控除": "prefecture_donation", "県民税配当割額等控除": "prefecture_other_credits",
    "県民税所得割額": "prefecture_income_levy", "県民税均等割額": "prefecture_per_capita", "市民税県民税計": "resident_tax",
    "森林環境税額": "forest_tax", "年税額": "annual_tax", "配偶者区分コード": "spouse_class", "一般扶養人数": "general",
    "特定扶養人数": "specific", "老人扶養人数": "elderly", "同居老親人数": "elderly_parents", "十六歳未満人数": "under_16",
    "特定親族人数": "special_relatives_count", "障害者人数": "disabled", "特別障害者人数": "specially_disabled",
    "本人障害区分コード": "own_disability", "本人寡婦": "is_widow", "本人ひとり親": "is_single_parent",
    "本人勤労学生": "is_student", "本人未成年": "is_minor", "備考": "remarks",
}  # fmt: skip
_CODES = {
    "basis": {"1": "resident", "2": "property"},
    "declaration": {"1": "filed", "2": "dependant", "3": "unfiled"},
    "spouse_class": {"0": "", "1": "一般", "2": "老人", "3": "同一生計"},
    "own_disability": {"0": "", "1": "普通", "2": "特別"},
}


def read_taxes(file: Path, encoding: str) -> tuple[dict[str, str], ...]:
    """Read each row of a CSV file by the names of the items, its codes in words."""
    with file.open(encoding=encoding, newline="") as opened:
        return tax_rows(csv.DictReader(opened))


def tax_rows(rows: Iterable[Mapping[str, str]]) -> tuple[dict[str, str], ...]:
    return tuple(
        {item: _CODES.get(item, {}).get(row[c], row[c]) for c, item in COLUMNS.items()} for row in rows
    )
