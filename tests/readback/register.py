"""What papers are held against: the records as they were delivered, decoded, and who certifies, from the municipality's file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tests.readback.dates import Day
from tests.readback.seals import SealFile


def squeezed(text: str) -> str:
    """Without any white space (line breaks and column gaps of a page mean nothing)."""
    return "".join(text.split()).replace("　", "")


@dataclass(frozen=True)
class Resident:
    """One person: the texts of the record by what the register calls them, codes in words, and its days."""

    cells: Mapping[str, str]
    days: Mapping[str, Day]

    def __getitem__(self, item: str) -> str:
        return self.cells[item]

    @property
    def key(self) -> str:
        return self["宛名番号"]

    @property
    def name(self) -> str:
        return squeezed(self["氏名"])

    @property
    def full_name(self) -> str:
        """In Latin letters and, where the register has it, in 漢字 behind them (標準仕様書 5.3)."""
        return "　".join(part for part in (self["氏名"], self.cells.get("漢字氏名", "")) if part)

    @property
    def birth(self) -> str:
        """As it stands on paper: the Japanese era, for foreign residents the Western year."""
        day = self.days["生年月日"]
        return day.western if self["国籍・地域"] else day.japanese

    @property
    def address(self) -> str:
        return self["住所"]

    def struck_off(self, day: date | None) -> bool:
        """On the day named for a move, or on that of the arrival elsewhere if it is earlier (標準仕様書 1.1.5)."""
        days = [self.days[name].inner for name in ("異動年月日", "転入通知年月日") if name in self.days]
        return day is not None and self["住民状態"] == "転出予定" and any(one and one <= day for one in days)

    @property
    def lives_here(self) -> bool:
        return self["住民状態"] in ("住民", "転出予定")


@dataclass(frozen=True)
class Records:
    """All that was delivered. `seals`: the registered imprints in force, by 宛名番号; `others`: the rows of what a kind has
    delivered for itself, by the name of the record. `tables`: "own" or "format file", by which they were decoded."""

    people: Mapping[str, Resident]
    seals: Mapping[str, SealFile]
    others: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    tables: str = "own"

    def household(self, person: Resident, day: date | None = None) -> tuple[Resident, ...]:
        """Who lives with `person` on that day, in the order of the register or, where it has none, of the standard."""
        members = [
            one
            for one in self.people.values()
            if one["世帯番号"] == person["世帯番号"] and one.lives_here and not one.struck_off(day)
        ]
        return tuple(sorted(members, key=_place))


_RANKS = (
    ("世帯主",), ("夫", "妻", "夫（未届）", "妻（未届）"), ("子", "子（子の夫）", "子（子の妻）"), ("子の夫", "子の妻"), ("子の子",),
    ("子の子の夫", "子の子の妻"), ("子の子の子",), ("子の子の子の夫", "子の子の子の妻"), ("子の子の子の子",), ("父", "母"),
    ("兄", "姉", "弟", "妹"),
)  # fmt: skip
"""標準仕様書 5.2, as far as 続柄 alone tells; everybody else comes behind, by birth."""


def _place(person: Resident) -> tuple[int, int, date, str]:
    """Who has a place in the register comes before who has none."""
    place = int(person["世帯内順位"] or 0)
    rank = next((n for n, rank in enumerate(_RANKS) if person["続柄"] in rank), len(_RANKS))
    return (place or 1000, 0 if place else rank, person.days["生年月日"].inner or date.min, person.key)


def read_callings(folder: Path) -> dict[str, str]:
    """呼び名 -> 宛名番号, from the ordinary card of each person (named 「呼び名のカード」)."""
    cards = tomllib.loads((folder / "cards.toml").read_text(encoding="utf-8"))["card"]
    found: dict[str, str] = {}
    for card in cards:
        found.setdefault(card["name"].removesuffix("のカード"), card["person"])
    return found


@dataclass(frozen=True)
class Municipality:
    """Straight from municipality.toml: who certifies, and by kind what was decided about it (`[service.CODE]`)."""

    code: str
    name: str
    title: str
    mayor: str
    seal: SealFile
    services: Mapping[str, Mapping[str, Any]]


def read_municipality(folder: Path) -> Municipality:
    told = tomllib.loads((folder / "municipality.toml").read_text(encoding="utf-8"))
    who = told["certifier"]
    return Municipality(
        told["code"],
        told["name"],
        who["title"],
        who["mayor"],
        SealFile(folder / who["seal"], who["seal_mm"], who["seal_mm"]),
        told["service"],
    )
