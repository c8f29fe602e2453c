"""What papers are held against: the records as they were delivered, decoded, and who certifies, from the municipality's file."""

from __future__ import annotations

import re
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
    """All that was delivered. `seals`: the registered imprints in force, by 宛名番号; `seal_rows`: of these 印鑑登録番号 and
    片仮名氏名 (''); `others`: the rows of what a kind has
    delivered for itself, by the name of the record. `tables`: "own" or "format file", by which they were decoded."""

    people: Mapping[str, Resident]
    seals: Mapping[str, SealFile]
    others: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    tables: str = "own"
    seal_rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

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


WITH_PREFECTURE = ("residence", "seal_registration")
"""The kinds whose papers name the prefecture before 職名 unless the municipality says otherwise (標準仕様書 5.6)."""
_RANDOM = "-".join(["[2-9A-HJKMNP-TV-Z]{4}"] * 3)
_NUMBER = "{municipality}-{day:%Y%m%d}-{random}"


@dataclass(frozen=True)
class Signer:
    """Who certifies one kind on one day: 職名 and 氏名 as they are printed, the 公印, and whether the paper says that it is black."""

    office: str
    mayor: str
    seal: SealFile
    black: bool


@dataclass(frozen=True)
class Municipality:
    """Straight from municipality.toml, as it is on one day: by kind what was decided about it (`[service.CODE]`), and who
    certifies it. `told`: the whole of the file, with the changes of that day in their place."""

    folder: Path
    told: Mapping[str, Any]

    @property
    def code(self) -> str:
        return str(self.told["code"])

    @property
    def name(self) -> str:
        return str(self.told["name"])

    @property
    def fonts(self) -> tuple[Path, ...]:
        """The files of the municipality's own."""
        return tuple(self.folder / name for name in self.told.get("fonts", ()))

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        services: Mapping[str, Mapping[str, Any]] = self.told["service"]
        return services

    def on(self, day: date) -> Municipality:
        """As it is on `day`: the changes in force, one after the other."""
        changes = sorted(
            (one for one in self.told.get("change", []) if _in_force(one, day)), key=lambda one: one["from"]
        )
        told = self.told
        for change in changes:
            told = _laid_over(told, {name: value for name, value in change.items() if name not in _OF_CHANGE})
        return Municipality(self.folder, told)

    def title(self, kind: str, otherwise: str) -> str:
        """What stands at the head of the papers of `kind`; the kind's own title where the municipality has none."""
        return str(self.services[kind].get("title", otherwise))

    def signer(self, kind: str) -> Signer:
        service = self.services[kind]
        who = {**self.told["certifier"], **service.get("certifier", {})}
        office = who["title"] if who["title"].startswith(self.name) else self.name[:-1] + who["title"]
        if service.get("title_with_prefecture", kind in WITH_PREFECTURE):
            office = self.told["prefecture"] + office
        seal = SealFile(self.folder / who["seal"], who["seal_mm"], who["seal_mm"])
        return Signer(office, who["mayor"], seal, who.get("seal_black", True))

    def number(self, kind: str, day: date) -> tuple[str, str]:
        """What a 発行番号 of that kind and day looks like: as a regular expression, and as people are told."""
        form = str(self.services[kind].get("issue_number", self.told.get("issue_number", _NUMBER)))
        pattern = told = ""
        for part in re.split(r"(\{[^}]*\})", form):
            name, _, how = part.strip("{}").partition(":") if part.startswith("{") else ("", "", "")
            match name:
                case "random":
                    pattern, told = pattern + _RANDOM, f"{told}〇〇〇〇-〇〇〇〇-〇〇〇〇"
                case "number" | "serial":
                    pattern, told = f"{pattern}[0-9]{{{int(how or 1)},}}", told + "〇" * int(how or 1)
                case _:
                    plain = {"": part, "municipality": self.code, "name": self.name}.get(
                        name, day.strftime(how or "%Y%m%d")
                    )
                    pattern, told = pattern + re.escape(plain), told + plain
        return pattern, told


_OF_CHANGE = ("from", "until", "note", "date_unknown")


def _in_force(change: Mapping[str, Any], day: date) -> bool:
    return "from" in change and change["from"] <= day <= change.get("until", date.max)


def _laid_over(told: Mapping[str, Any], change: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        **told,
        **{
            name: _laid_over(told[name], value)
            if isinstance(value, dict) and isinstance(told.get(name), dict)
            else value
            for name, value in change.items()
        },
    }


def read_municipality(folder: Path) -> Municipality:
    return Municipality(folder, tomllib.loads((folder / "municipality.toml").read_text(encoding="utf-8")))
