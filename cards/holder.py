"""Whose card it is: what personalisation and the authority need to know of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Holder:
    """`municipality`: five digits. `name`: U+3000 between 氏 and 名. `sex`: 1 男, 2 女, 9 other. Romaji as in certificates."""

    person_key: str
    municipality: str
    name: str
    address: str
    birth: date
    sex: str
    prefecture_romaji: str
    city_romaji: str
