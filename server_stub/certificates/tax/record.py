"""What the tax system delivers of one person and one year, and what must add up in it.

All amounts are whole yen. A record whose sums do not agree cannot be used: the columns of its row have slipped, or a row of somebody
else stands behind the key.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, field_validator

REGISTER = "tax_record"
STEP = 1000
"""課税標準額 is cut to whole thousands."""
SPECIAL_RELATIVES_FROM = 2026
"""特定親族特別控除 exists from 令和8年度 on (地方税法, 2025 amendment)."""


def _yen(found: Any) -> Any:
    """A cell as whole yen; empty: the item is not delivered."""
    if found in ("", None):
        return None
    if isinstance(found, str):
        if not re.fullmatch(r"-?[0-9]{1,10}", found):
            raise ValueError("円単位の整数（10桁まで）")
        return int(found)
    return found


def _count(found: Any) -> Any:
    if found in ("", None):
        return 0
    if isinstance(found, str) and not re.fullmatch(r"[0-9]{1,2}", found):
        raise ValueError("人数（2桁まで）")
    return found


def _western_year(found: Any) -> Any:
    if isinstance(found, str) and not re.fullmatch(r"20[0-9]{2}", found):
        raise ValueError("4桁の西暦の年度")
    return found


Loss = Annotated[int | None, BeforeValidator(_yen)]
"""Yen, below zero for a loss; None: not delivered."""
Yen = Annotated[int | None, BeforeValidator(_yen)]
Count = Annotated[int, BeforeValidator(_count)]
Mark = Literal["", "1"]
OptionalDay = Annotated[date | None, BeforeValidator(lambda told: told or None)]

GROSS = ("salary_gross", "pension_gross")
INCOMES = (
    "business", "farming", "real_estate", "interest", "dividend", "salary", "pension", "side_business", "other_misc",
    "transfer", "occasional",
)  # fmt: skip
SEPARATE = ("short_transfer", "long_transfer", "stocks", "listed_dividend", "futures", "forest", "retirement")
DEDUCTIONS = (
    "casualty", "medical", "social_insurance", "mutual_aid", "life_insurance", "earthquake_insurance", "disability",
    "widow", "single_parent", "student", "spouse", "spouse_special", "dependants", "special_relatives", "basic",
)  # fmt: skip
TAXABLE = ("taxable", *(f"taxable_{name}" for name in SEPARATE))
CREDITS = ("adjustment", "housing", "donation", "other_credits")
LEVIES = ("income_levy", "per_capita")
LEVELS = ("city", "prefecture")
AMOUNTS = (
    *GROSS, *INCOMES, *SEPARATE, "total_income", "losses_carried", "total_amounts", *DEDUCTIONS, "total_deductions", *TAXABLE,
    *(f"{level}_{name}" for level in LEVELS for name in (*CREDITS, *LEVIES)), "resident_tax", "forest_tax", "annual_tax",
)  # fmt: skip
"""Every item that is money, in the order of the form."""
MAY_BE_NEGATIVE = frozenset({"business", "farming", "real_estate", "other_misc", "transfer"})


class TaxBody(BaseModel):
    """One 年度. `year` is the Western year that it begins in. `basis`: 賦課区分, whether the person lived here on 1 January of it
    ("resident") or is taxed for a house alone ("property"). `declaration`: "filed"; "dependant", somebody's dependant who filed
    nothing; "unfiled", anybody else of whom nothing is known: both without any amount. `exception`: 賦課の特例 such as
    生活扶助 or 減免, why the tax is not what the rates make of the income.

    `birth`: 生年月日 as the tax system has it, where it is delivered: it is compared with the resident register's and not printed.
    `spouse_class`: 配偶者区分. The `…_gross` are 収入, `total_income` is 合計所得金額, `total_amounts` 総所得金額等: after the losses that
    are carried over.
    """

    model_config = ConfigDict(extra="forbid", validate_default=True)

    year: Annotated[int, BeforeValidator(_western_year)]
    address: str
    basis: Literal["resident", "property"]
    declaration: Literal["filed", "dependant", "unfiled"]
    exception: str = ""
    birth: OptionalDay = None

    salary_gross: Yen = None
    pension_gross: Yen = None
    business: Loss = None
    farming: Loss = None
    real_estate: Loss = None
    interest: Yen = None
    dividend: Yen = None
    salary: Yen = None
    pension: Yen = None
    side_business: Yen = None
    other_misc: Loss = None
    transfer: Loss = None
    occasional: Yen = None
    short_transfer: Yen = None
    long_transfer: Yen = None
    stocks: Yen = None
    listed_dividend: Yen = None
    futures: Yen = None
    forest: Yen = None
    retirement: Yen = None
    total_income: Yen = None
    losses_carried: Yen = None
    total_amounts: Yen = None

    casualty: Yen = None
    medical: Yen = None
    social_insurance: Yen = None
    mutual_aid: Yen = None
    life_insurance: Yen = None
    earthquake_insurance: Yen = None
    disability: Yen = None
    widow: Yen = None
    single_parent: Yen = None
    student: Yen = None
    spouse: Yen = None
    spouse_special: Yen = None
    dependants: Yen = None
    special_relatives: Yen = None
    basic: Yen = None
    total_deductions: Yen = None

    taxable: Yen = None
    taxable_short_transfer: Yen = None
    taxable_long_transfer: Yen = None
    taxable_stocks: Yen = None
    taxable_listed_dividend: Yen = None
    taxable_futures: Yen = None
    taxable_forest: Yen = None
    taxable_retirement: Yen = None

    city_adjustment: Yen = None
    city_housing: Yen = None
    city_donation: Yen = None
    city_other_credits: Yen = None
    city_income_levy: Yen = None
    city_per_capita: Yen = None
    prefecture_adjustment: Yen = None
    prefecture_housing: Yen = None
    prefecture_donation: Yen = None
    prefecture_other_credits: Yen = None
    prefecture_income_levy: Yen = None
    prefecture_per_capita: Yen = None
    resident_tax: Yen = None
    forest_tax: Yen = None
    annual_tax: Yen = None

    spouse_class: str = ""
    general: Count = 0
    specific: Count = 0
    elderly: Count = 0
    elderly_parents: Count = 0
    under_16: Count = 0
    special_relatives_count: Count = 0
    disabled: Count = 0
    specially_disabled: Count = 0
    own_disability: str = ""
    is_widow: Mark = ""
    is_single_parent: Mark = ""
    is_student: Mark = ""
    is_minor: Mark = ""
    remarks: str = ""

    @field_validator("address")
    @classmethod
    def _said(cls, address: str) -> str:
        if not address:
            raise ValueError("必須項目")
        return address

    @field_validator(*AMOUNTS)
    @classmethod
    def _told_by_who_filed(cls, yen: int | None, info: ValidationInfo) -> int | None:
        """Every amount of who filed, none of who did not."""
        name, known = str(info.field_name), info.data
        if known.get("declaration") != "filed":
            if yen is not None:
                raise ValueError("空欄（申告がない）")
            return None
        exists = name != "special_relatives" or known.get("year", 0) >= SPECIAL_RELATIVES_FROM
        if exists and yen is None:
            raise ValueError("必須項目（0円は0）")
        if yen is not None and (yen < 0 and name not in MAY_BE_NEGATIVE or not exists):
            raise ValueError("0以上の金額" if exists else "空欄（この年度にはない控除）")
        return yen

    @field_validator("salary", "pension")
    @classmethod
    def _not_above_the_gross(cls, yen: int | None, info: ValidationInfo) -> int | None:
        gross = info.data.get(f"{info.field_name}_gross")
        if yen is not None and gross is not None and yen > gross:
            raise ValueError("収入金額以下の所得金額")
        return yen

    @field_validator("total_income")
    @classmethod
    def _is_the_sum_of_incomes(cls, yen: int | None, info: ValidationInfo) -> int | None:
        return _agreed(yen, max(0, _sum(info, *INCOMES, *SEPARATE)), "所得金額の合計")

    @field_validator("total_amounts")
    @classmethod
    def _is_what_losses_leave(cls, yen: int | None, info: ValidationInfo) -> int | None:
        left = max(0, _sum(info, "total_income") - _sum(info, "losses_carried"))
        return _agreed(yen, left, "合計所得金額から繰越控除額を引いた額")

    @field_validator("total_deductions")
    @classmethod
    def _is_the_sum_of_deductions(cls, yen: int | None, info: ValidationInfo) -> int | None:
        return _agreed(yen, _sum(info, *DEDUCTIONS), "所得控除の合計")

    @field_validator("taxable_retirement")
    @classmethod
    def _is_what_deductions_leave(cls, yen: int | None, info: ValidationInfo) -> int | None:
        """Of the 課税標準額 of all kinds together, since each of them is cut for itself; none where nothing is levied."""
        if yen is None:
            return None
        amounts: list[int] = [yen, *(info.data.get(name) or 0 for name in TAXABLE[:-1])]
        left = max(0, _sum(info, "total_amounts") - _sum(info, "total_deductions"))
        cut = STEP * max(1, len([amount for amount in amounts if amount]))
        told = sum(amounts)
        if any(amount % STEP for amount in amounts) or told != 0 and not left - cut < told <= left:
            raise ValueError("総所得金額等から所得控除の合計を引き、千円未満を切り捨てた額")
        return yen

    @field_validator("resident_tax")
    @classmethod
    def _is_the_sum_of_levies(cls, yen: int | None, info: ValidationInfo) -> int | None:
        levies = (f"{level}_{name}" for level in LEVELS for name in LEVIES)
        return _agreed(yen, _sum(info, *levies), "所得割額と均等割額の合計")

    @field_validator("annual_tax")
    @classmethod
    def _is_the_sum_of_taxes(cls, yen: int | None, info: ValidationInfo) -> int | None:
        return _agreed(
            yen, _sum(info, "resident_tax", "forest_tax"), "所得割・均等割の計と森林環境税額の合計"
        )

    @property
    def taxed(self) -> bool:
        """Whether any tax is to be paid, were it only 均等割 or 森林環境税. Of who filed nothing none is."""
        return bool(self.annual_tax)


def _sum(info: ValidationInfo, *names: str) -> int:
    return sum(info.data.get(name) or 0 for name in names)


def _agreed(yen: int | None, wanted: int, what: str) -> int | None:
    if yen is not None and yen != wanted:
        raise ValueError(f"{what}と同じ額")
    return yen
