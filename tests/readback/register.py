"""What papers are held against: the records as they were delivered, decoded, and who certifies, from the municipality's file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    def birth(self) -> str:
        """As it stands on paper: the Japanese era, for foreign residents the Western year."""
        day = self.days["生年月日"]
        return day.western if self["国籍・地域"] else day.japanese

    @property
    def address(self) -> str:
        return self["住所"]

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

    def household(self, person: Resident) -> tuple[Resident, ...]:
        """Who lives with `person`, in the order of the register."""
        members = [
            one for one in self.people.values() if one["世帯番号"] == person["世帯番号"] and one.lives_here
        ]
        return tuple(sorted(members, key=lambda one: int(one["世帯内順位"])))


def read_callings(folder: Path) -> dict[str, str]:
    """呼び名 -> 宛名番号, from the ordinary card of each person (named 「呼び名のカード」)."""
    cards = tomllib.loads((folder / "cards.toml").read_text(encoding="utf-8"))["card"]
    found: dict[str, str] = {}
    for card in cards:
        found.setdefault(card["name"].removesuffix("のカード"), card["person"])
    return found


@dataclass(frozen=True)
class Municipality:
    """Straight from municipality.toml: who certifies, and by kind what was decided about it (`[service.CODE]`). `fonts`: the files of
    the municipality's own."""

    code: str
    name: str
    title: str
    mayor: str
    seal: SealFile
    services: Mapping[str, Mapping[str, Any]]
    fonts: tuple[Path, ...] = ()


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
        tuple(folder / name for name in told.get("fonts", ())),
    )
