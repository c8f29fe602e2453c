"""The people of the town and their seals straight from the delivery files, and who certifies from the municipality's file."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.readback.seals import SealFile

ERAS = {"1": "明治", "2": "大正", "3": "昭和", "4": "平成", "5": "令和"}
FIRST_YEARS = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}
WARDS = {
    "101": "東灘区", "102": "灘区", "105": "兵庫区", "106": "長田区", "107": "須磨区", "108": "垂水区", "109": "北区",
    "110": "中央区", "111": "西区",
}  # fmt: skip
SEXES = {"1": "男", "2": "女", "9": "不明"}
FOREIGN_CATEGORIES = {
    "1": "中長期在留者", "2": "特別永住者", "3": "一時庇護許可者又は仮滞在許可者",
    "4": "出生による経過滞在者又は国籍喪失による経過滞在者",
}  # fmt: skip
RELATIONSHIPS = {
    "01": "世帯主", "02": "夫", "03": "妻", "04": "夫（未届）", "05": "妻（未届）", "10": "子", "11": "子の妻", "12": "子の夫",
    "13": "子の子", "20": "父", "21": "母", "22": "妻の父", "23": "妻の母", "24": "夫の父", "25": "夫の母", "30": "兄",
    "31": "弟", "32": "姉", "33": "妹", "40": "祖父", "41": "祖母", "90": "縁故者", "99": "同居人",
}  # fmt: skip


def squeezed(text: str) -> str:
    """Without any white space (line breaks and column gaps of a page mean nothing)."""
    return "".join(text.split()).replace("　", "")


def in_words(date: str) -> str:
    """「5080603」 -> 「令和8年6月3日」."""
    if not date:
        return ""
    year, month, day = int(date[1:3]), int(date[3:5]), int(date[5:7])
    return f"{ERAS[date[0]]}{'元' if year == 1 else year}年{month}月{day}日"


def in_western_words(date: str) -> str:
    """「5080603」 -> 「2026年6月3日」."""
    if not date:
        return ""
    year = FIRST_YEARS[ERAS[date[0]]] + int(date[1:3]) - 1
    return f"{year}年{int(date[3:5])}月{int(date[5:7])}日"


@dataclass(frozen=True)
class Resident:
    """One row of 住民記録.csv, by column name."""

    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    @property
    def key(self) -> str:
        return self["宛名番号"]

    @property
    def name(self) -> str:
        return squeezed(self["氏名"])

    @property
    def birth(self) -> str:
        """As it stands on paper: the Japanese era, for foreign residents the Western year."""
        return in_western_words(self["生年月日"]) if self["国籍・地域"] else in_words(self["生年月日"])

    @property
    def address(self) -> str:
        where = "兵庫県神戸市" + WARDS[self["行政区コード"]] + self["町名地番"]
        return f"{where}　{self['方書']}" if self["方書"] else where

    @property
    def lives_here(self) -> bool:
        return self["住民状態コード"] in ("1", "2")


def read_register(folder: Path) -> dict[str, Resident]:
    with (folder / "kobe" / "住民記録.csv").open(encoding="utf-8", newline="") as file:
        return {row["宛名番号"]: Resident(row) for row in csv.DictReader(file)}


def read_callings(folder: Path) -> dict[str, str]:
    """呼び名 -> 宛名番号, from the ordinary card of each person (named 「呼び名のカード」)."""
    cards = tomllib.loads((folder / "cards.toml").read_text(encoding="utf-8"))["card"]
    found: dict[str, str] = {}
    for card in cards:
        found.setdefault(card["name"].removesuffix("のカード"), card["person"])
    return found


def read_seals(folder: Path) -> dict[str, SealFile]:
    """宛名番号 -> the registered imprint, of those whose registration is not abolished."""
    with (folder / "kobe" / "印鑑登録.csv").open(encoding="cp932", newline="") as file:
        return {
            row["宛名番号"]: SealFile(
                folder / "kobe" / row["印影ファイル名"], int(row["印影幅"]) / 10, int(row["印影高さ"]) / 10
            )
            for row in csv.DictReader(file)
            if row["登録状態コード"] == "1"
        }


@dataclass(frozen=True)
class Certifier:
    """Who certifies, and with which words: straight from municipality.toml."""

    title: str
    mayor: str
    seal: SealFile
    of_household: str
    of_members: str
    of_imprint: str


def read_certifier(folder: Path) -> Certifier:
    """`folder`: the municipality's."""
    told = tomllib.loads((folder / "municipality.toml").read_text(encoding="utf-8"))
    who, words = told["certifier"], told["attestation"]
    return Certifier(
        who["title"],
        who["mayor"],
        SealFile(folder / who["seal"], who["seal_mm"], who["seal_mm"]),
        words["residence_household"],
        words["residence_members"],
        words["seal_registration"],
    )
