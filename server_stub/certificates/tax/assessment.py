"""What a municipality's rates make of a record: a record that says otherwise is not certified.

What is printed is what was delivered; here is only looked whether it can be true. The rules are those of 地方税法 as the municipality
has set them: 所得割 and 均等割, 森林環境税, who is free of them by the 級地. Somebody with an exception (生活扶助, 減免) or with separately taxed
income is not looked at in this respect.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from server_stub.certificates.certificate import ServiceTerms

from .record import CREDITS, SEPARATE, TaxBody

CUT = 100
"""所得割 is cut to whole hundreds."""
FREE_OF_BOTH = {1: (350_000, 210_000), 2: (315_000, 189_000), 3: (280_000, 168_000)}
"""級地 -> yen a head, and what is added for who has somebody to support; with it 100,000. That of 2 and 3 is unproven."""
FREE_OF_INCOME_LEVY = (350_000, 320_000)
EVERYBODY = 100_000
FREE_BY_STATUS = 1_350_000
"""Of the disabled, minors, widows and single parents."""
COUNTED_SPOUSES = ("一般", "老人", "同一生計")

Percent = Annotated[int, Field(ge=0, le=100)]
Amount = Annotated[int, Field(ge=0, le=100_000)]


class Rates(ServiceTerms):
    """The municipality's rates. A designated city has 8 and 2. `…_extra`: what a municipality or prefecture adds to 均等割 for a purpose of its own.
    `area_class`: 級地. `check_amounts`: whether a record must agree with all of this."""

    city_rate: Percent = 6
    prefecture_rate: Percent = 4
    city_per_capita: Amount = 3_000
    prefecture_per_capita: Amount = 1_000
    city_per_capita_extra: Amount = 0
    prefecture_per_capita_extra: Amount = 0
    forest_tax: Amount = 1_000
    area_class: Literal[1, 2, 3] = 1
    check_amounts: bool = True


def agrees(body: TaxBody, rates: Rates) -> bool:
    """Tell whether the taxes of a record are those that the rates make of its income."""
    if not rates.check_amounts or body.declaration != "filed" or body.exception:
        return True
    free = is_free(body, rates.area_class)
    per_capita = (
        0 if free else rates.city_per_capita + rates.city_per_capita_extra,
        0 if free else rates.prefecture_per_capita + rates.prefecture_per_capita_extra,
        0 if free else rates.forest_tax,
    )
    if (body.city_per_capita, body.prefecture_per_capita, body.forest_tax) != per_capita:
        return False
    if any(getattr(body, name) for name in SEPARATE):
        return True
    levied = not free and (body.total_amounts or 0) > _limit(body, *FREE_OF_INCOME_LEVY)
    return all(
        getattr(body, f"{level}_income_levy") == (_levy(body, level, rate) if levied else 0)
        for level, rate in (("city", rates.city_rate), ("prefecture", rates.prefecture_rate))
    )


def is_free(body: TaxBody, area_class: int) -> bool:
    """Tell whether nothing at all is levied (非課税)."""
    income = body.total_income or 0
    status = body.own_disability or body.is_widow or body.is_single_parent or body.is_minor
    return bool(status) and income <= FREE_BY_STATUS or income <= _limit(body, *FREE_OF_BOTH[area_class])


def _limit(body: TaxBody, head: int, added: int) -> int:
    supported = (
        (body.spouse_class in COUNTED_SPOUSES)
        + body.general + body.specific + body.elderly + body.elderly_parents + body.under_16
    )  # fmt: skip
    return head * (1 + supported) + EVERYBODY + (added if supported else 0)


def _levy(body: TaxBody, level: str, rate: int) -> int:
    credits = sum(getattr(body, f"{level}_{name}") or 0 for name in CREDITS)
    return max(0, (body.taxable or 0) * rate // 100 - credits) // CUT * CUT
