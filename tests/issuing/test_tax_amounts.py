"""Every amount of every delivered row follows from the formulas of the facts, in this file's own arithmetic.

令和8年度 is the income of 2025. Marked unproven (推定): pay of 1.9 to 6.6 million yen floored to 4,000, the deduction from pensions at 65 and
over, the rates of designated cities, the limits of the second and third 級地.
"""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import pytest

from tests.registry import make_ashikaga

TOWNS = Path(__file__).parents[2] / "scenarios" / "towns"
FILES = {
    "kobe": ("税証明.csv", "cp932", "住民記録.csv"),
    "midori": ("taxes.csv", "utf-8", "residents.csv"),
    "minato": ("taxes.csv", "utf-8", "residents.csv"),
}
HOST = "ashikaga"
"""Whose files are a host's; what they say is held against them elsewhere."""
TOWNS_WITH_TAXES = (*FILES, HOST)
Row = dict[str, str]


def rows_of(town: str) -> list[Row]:
    if town == HOST:
        return list(make_ashikaga.TAXES)
    name, encoding, _ = FILES[town]
    with (TOWNS / town / "delivery" / name).open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def residents_of(town: str) -> list[Row]:
    if town == HOST:
        return list(make_ashikaga.states())
    with (TOWNS / town / "delivery" / FILES[town][2]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def settings_of(town: str) -> dict[str, int]:
    text = (TOWNS / town / "municipality.toml").read_text(encoding="utf-8")
    told: dict[str, int] = tomllib.loads(text)["service"]["tax"]
    return told


FILED = [(town, row) for town in TOWNS_WITH_TAXES for row in rows_of(town) if row["申告区分コード"] == "1"]
BORN_BEFORE_1961 = {
    *("0000100106", "0000100701", "0000101701", "0000101801"),
    *("4820100901", "4920200301", "0920200101"),
}
"""65 and over on 1 January 2026 among those with a pension, by the registers."""
SUPPORTED = {
    "一般扶養人数": 330_000,
    "特定扶養人数": 450_000,
    "老人扶養人数": 380_000,
    "同居老親人数": 450_000,
}
DIFFERENCE = {
    "一般扶養人数": 50_000,
    "特定扶養人数": 180_000,
    "老人扶養人数": 100_000,
    "同居老親人数": 130_000,
}
SPOUSE = {"0": (0, 0), "1": (330_000, 50_000), "2": (380_000, 100_000)}
LIMITS = {1: (350_000, 210_000), 2: (315_000, 189_000), 3: (280_000, 168_000)}


def pay_income(pay: int, year: int) -> int:
    """給与所得: at least 650,000 are taken off from 令和8年度 on (550,000 before); from 1.9 million on by the table."""
    if pay < 1_900_000:
        least, most = (650_000, 1_900_000) if year >= 2026 else (550_000, 1_625_000)
        assert pay <= most, "outside of what the facts say"
        return max(0, pay - least)
    floored = pay - pay % 4_000
    if floored < 3_600_000:
        return floored * 7 // 10 - 80_000
    assert floored < 6_600_000, "outside of what the facts say"
    return floored * 8 // 10 - 440_000


def pension_income(pension: int, person: str) -> int:
    if pension == 0:
        return 0
    assert person in BORN_BEFORE_1961 and pension <= 3_300_000, "outside of what the facts say"
    return max(0, pension - 1_100_000)


def yen(row: Row, column: str) -> int:
    return int(row[column] or "0")


def supported(row: Row) -> int:
    return (row["配偶者区分コード"] != "0") + sum(yen(row, c) for c in (*SUPPORTED, "十六歳未満人数"))


def nothing_is_levied(row: Row, income: int, area: int) -> bool:
    head, more = LIMITS[area]
    others = supported(row)
    status = (
        "1" in (row["本人寡婦"], row["本人ひとり親"], row["本人未成年"]) or row["本人障害区分コード"] != "0"
    )
    return (status and income <= 1_350_000) or income <= head * (1 + others) + 100_000 + (
        more if others else 0
    )


def no_income_levy(row: Row, income: int) -> bool:
    others = supported(row)
    return income <= 350_000 * (1 + others) + 100_000 + (320_000 if others else 0)


def recomputed(town: str, row: Row) -> dict[str, int]:
    told, year = settings_of(town), int(row["賦課年度"])
    made = {
        "給与所得": pay_income(yen(row, "給与収入"), year),
        "公的年金等雑所得": pension_income(yen(row, "公的年金収入"), row["宛名番号"]),
    }
    given = sum(yen(row, c) for c in ("営業等所得", "農業所得", "不動産所得", "利子所得", "配当所得", "業務雑所得", "その他雑所得", "総合譲渡所得", "一時所得"))  # fmt: skip
    income = given + sum(made.values())
    left = income - yen(row, "繰越控除額")
    made |= {"合計所得金額": income, "総所得金額等": left}
    spouse, difference = SPOUSE[row["配偶者区分コード"]]
    personal = {
        "配偶者控除": spouse,
        "扶養控除": sum(yen(row, column) * each for column, each in SUPPORTED.items()),
        "寡婦控除": 260_000 if row["本人寡婦"] == "1" else 0,
        "ひとり親控除": 300_000 if row["本人ひとり親"] == "1" else 0,
        "基礎控除": 430_000,
    }
    paid = sum(yen(row, c) for c in ("雑損控除", "医療費控除", "社会保険料控除", "小規模企業共済等掛金控除", "生命保険料控除", "地震保険料控除"))  # fmt: skip
    deductions = paid + sum(personal.values())
    made |= personal | {"所得控除合計": deductions}
    free = nothing_is_levied(row, income, told["area_class"])
    levied = not free and not no_income_levy(row, left)
    taxable = max(0, left - deductions) // 1000 * 1000 if levied else 0
    assert taxable <= 2_000_000, "調整控除 above is not in the facts"
    difference += 50_000 + sum(yen(row, column) * each for column, each in DIFFERENCE.items())
    base = min(difference, taxable)
    # 市 3 and 県 2 of the five per cent, in a designated city 4 and 1
    shares = {"市民税": (told["city_rate"], 3), "県民税": (told["prefecture_rate"], 2)}
    if told["city_rate"] == 8:
        shares = {"市民税": (8, 4), "県民税": (2, 1)}
    made["課税標準額総所得"] = taxable
    total = 0
    for level, (rate, share) in shares.items():
        made[f"{level}調整控除"] = base * share // 100
        credits = made[f"{level}調整控除"] + sum(yen(row, f"{level}{c}") for c in ("住宅借入金等控除", "寄附金控除", "配当割額等控除"))  # fmt: skip
        made[f"{level}所得割額"] = max(0, taxable * rate // 100 - credits) // 100 * 100
        made[f"{level}均等割額"] = 0 if free else {"市民税": 3_000, "県民税": 1_000}[level]
        total += made[f"{level}所得割額"] + made[f"{level}均等割額"]
    forest = 0 if free else 1_000
    return made | {"市民税県民税計": total, "森林環境税額": forest, "年税額": total + forest}


@pytest.mark.parametrize(
    ("town", "row"), FILED, ids=[f"{row['宛名番号']}-{row['賦課年度']}" for _, row in FILED]
)
def test_every_delivered_amount_follows_from_the_formulas(town: str, row: Row) -> None:
    made = recomputed(town, row)
    assert {column: int(row[column]) for column in made} == made
    separate = [
        column for column in row if "分離" in column or column in ("株式等譲渡所得", "山林所得", "退職所得")
    ]
    assert all(yen(row, column) == 0 for column in separate)


def test_whoever_filed_nothing_is_delivered_without_amounts() -> None:
    unfiled = [row for town in TOWNS_WITH_TAXES for row in rows_of(town) if row["申告区分コード"] != "1"]
    amounts = list(unfiled[0])[6:68]
    assert (amounts[0], amounts[-1]) == ("給与収入", "年税額")
    assert {row["申告区分コード"] for row in unfiled} == {"2", "3"}
    assert {row[column] for row in unfiled for column in amounts} == {""}


COLUMNS = (
    "給与収入", "公的年金収入", "給与所得", "公的年金等雑所得", "合計所得金額", "社会保険料控除", "生命保険料控除", "地震保険料控除",
    "配偶者控除", "扶養控除", "基礎控除", "所得控除合計", "課税標準額総所得", "市民税調整控除", "県民税調整控除", "市民税所得割額",
    "県民税所得割額", "市民税均等割額", "県民税均等割額", "市民税県民税計", "森林環境税額", "年税額",
)  # fmt: skip
T1 = (
    5_123_456,
    0,
    3_656_000,
    0,
    3_656_000,
    742_310,
    56_000,
    10_000,
    330_000,
    330_000,
    430_000,
    1_898_310,
    1_757_000,
)
OLD = (0, 1_540_000, 0, 440_000, 440_000, 60_000, 0, 0, 0, 0, 430_000, 490_000, 0)


@pytest.mark.parametrize(
    ("town", "person", "figures"),
    [
        ("midori", "4820100401", (*T1, 4_500, 3_000, 100_900, 67_200, 3_000, 1_000, 172_100, 1_000, 173_100)),
        ("kobe", "0000100101", (*T1, 6_000, 1_500, 134_500, 33_600, 3_000, 1_000, 172_100, 1_000, 173_100)),
        ("midori", "4820100901", (*OLD, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        ("minato", "4920200301", (*OLD, 0, 0, 0, 0, 3_000, 1_000, 4_000, 1_000, 5_000)),
    ],
    ids=["T1", "T1 in a designated city", "T2", "T3"],
)
def test_the_examples_of_the_facts_are_delivered_to_the_yen(
    town: str, person: str, figures: tuple[int, ...]
) -> None:
    (row,) = [one for one in rows_of(town) if (one["宛名番号"], one["賦課年度"]) == (person, "2026")]
    assert tuple(int(row[column]) for column in COLUMNS) == figures


def test_who_has_a_pension_is_65_by_the_register() -> None:
    """The formula for pensions is that of 65 and over."""
    old = set()
    for town in TOWNS_WITH_TAXES:
        for row in residents_of(town):
            born = row["生年月日"]
            year = int(born[:4]) if "-" in born else int(born[1:3]) + {"3": 1925, "4": 1988, "5": 2018}.get(born[0], 0)  # fmt: skip
            if year < 1960:
                old.add(row["宛名番号"])
    assert old >= BORN_BEFORE_1961
