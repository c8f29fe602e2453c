"""The delivery of 足利市, read by tables of its own: bytes of a host and XML of the 戸籍 system, the 外字 of both told here once
more."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, parse

from tests.readback.dates import NO_DAY, read_day
from tests.readback.host_text import host_text
from tests.readback.register import Records, Resident
from tests.readback.seals import SealFile
from tests.readback.towns.taxes import COLUMNS, tax_rows

CODE = "09202"
_OWN = {
    "80A1": "\U0010f001", "80A2": "\U0010f002", "80A3": "\U0010f003", "67A5": "辻\U000e0103", "41A6": "邉\U000e0118",
}  # fmt: skip
_OF_REGISTERS = str.maketrans({"\ue1a1": "\U0010f002", "\ue1a2": "\U0010f003", "\ue1a3": "\U0010f001"})
"""What the 戸籍 system has in its own places: 山立口, 土日点, 冖口田."""
_PEOPLE = (
    ("宛名番号", 10), ("履歴番号", 4), ("異動区分", 1), ("世帯番号", 10), ("世帯内順位", 2), ("氏名", 40), ("氏名フリガナ", 60),
    ("生年月日", 7), ("性別", 1), ("続柄", 2), ("世帯主氏名", 40), ("町名地番", 60), ("方書", 40), ("住民となった年月日", 7),
    ("届出年月日", 7), ("転入前住所", 80), ("本籍", 60), ("筆頭者", 40), ("個人番号", 12), ("住民状態", 1), ("異動年月日", 7),
    ("異動先", 60), ("国籍・地域", 40), ("在留資格", 40), ("在留期間", 20), ("在留期間満了日", 7), ("在留カード番号", 12),
    ("外国人区分", 1),
)  # fmt: skip
_TWO_BYTES = {"氏名", "氏名フリガナ", "世帯主氏名", "本籍", "筆頭者", "国籍・地域", "在留資格", "在留期間"}
_SEALS = (
    ("登録番号", 8), ("宛名番号", 10), ("登録年月日", 7), ("状態", 1), ("廃止年月日", 7), ("印影", 20), ("幅", 3), ("高さ", 3),
)  # fmt: skip
_RELATIONSHIPS = {
    "01": "世帯主", "02": "夫", "03": "妻", "10": "子", "11": "子の妻", "12": "子の夫", "13": "子の子", "20": "父", "21": "母",
    "99": "同居人",
}  # fmt: skip
_WORDS = {
    "性別": {"1": "男", "2": "女", "9": "不明"},
    "続柄": _RELATIONSHIPS,
    "住民状態": {"1": "住民", "2": "転出予定", "3": "転出済", "4": "死亡"},
    "外国人区分": {
        "0": "", "1": "中長期在留者", "2": "特別永住者", "3": "一時庇護許可者又は仮滞在許可者",
        "4": "出生による経過滞在者又は国籍喪失による経過滞在者",
    },
}  # fmt: skip
_DAYS = ("生年月日", "住民となった年月日", "届出年月日", "在留期間満了日", "異動年月日")
_TEXTS = (
    "宛名番号", "世帯番号", "世帯内順位", "氏名", "氏名フリガナ", "世帯主氏名", "転入前住所", "本籍", "筆頭者", "個人番号",
    "国籍・地域", "在留資格", "在留期間", "在留カード番号",
)  # fmt: skip

_TAX_LENGTHS = {
    "宛名番号": 10, "賦課年度": 4, "賦課期日住所": 100, "賦課区分コード": 1, "申告区分コード": 1, "賦課特例コード": 1,
    "配偶者区分コード": 1, "一般扶養人数": 2, "特定扶養人数": 2, "老人扶養人数": 2, "同居老親人数": 2, "十六歳未満人数": 2,
    "特定親族人数": 2, "障害者人数": 2, "特別障害者人数": 2, "本人障害区分コード": 1, "本人寡婦": 1, "本人ひとり親": 1,
    "本人勤労学生": 1, "本人未成年": 1, "備考": 60,
}  # fmt: skip
_TAXES = tuple((name, _TAX_LENGTHS.get(name, 10)) for name in COLUMNS)
"""In the order of the certificate; all others are yen in ten digits."""


def read_delivery(folder: Path) -> Records:
    people: dict[str, Resident] = {}
    for row in _rows(folder / "JUKI.DAT", _PEOPLE):
        # the states of a person follow each other, the newest last; one whose entry was cancelled is not there
        people[row["宛名番号"]] = _resident(row)
        if row["異動区分"] == "9":
            del people[row["宛名番号"]]
    seals = {
        row["宛名番号"]: SealFile(folder / row["印影"], int(row["幅"]) / 10, int(row["高さ"]) / 10)
        for row in _rows(folder / "INKAN.DAT", _SEALS)
        if row["状態"] == "1"
    }
    taxes = tax_rows(
        {
            name: _plain(text) if length in (2, 10) and name != "宛名番号" else text
            for (name, length), text in zip(_TAXES, row.values(), strict=True)
        }
        for row in _rows(folder / "ZEI.DAT", _TAXES, "jef-ebcdic", wide={"賦課期日住所"}, ends=b"\r\n")
    )
    links: tuple[dict[str, Any], ...] = tuple(
        {"person": one.get("宛名番号"), "group": one.get("戸籍番号"), "member": one.get("戸籍内番号")}
        for one in parse(folder / "koseki_jumin.xml").iter("対応")
    )
    registers = tuple(map(_register, parse(folder / "koseki.xml").iter("戸籍")))
    return Records(people, seals, {"tax_record": taxes, "family_link": links, "family_register": registers})


def _register(element: Element) -> dict[str, Any]:
    return {
        "key": element.get("番号"),
        "domicile": element.findtext("本籍"),
        "head": {"氏名": _name(element, "筆頭者/氏名")},
        "entries": _entries(element.find("戸籍事項")),
        "members": [_member(one) for one in element.iterfind("記録されている者/者")],
    }


def _name(element: Element, path: str) -> str:
    return (element.findtext(path) or "").translate(_OF_REGISTERS)


def _member(element: Element) -> dict[str, Any]:
    texts = {child.tag: _name(element, child.tag) for child in element if child.tag != "身分事項"}
    return {**texts, "身分事項": _entries(element.find("身分事項"))}


def _entries(among: Element | None) -> list[Any]:
    """[title, items], and a third where something is corrected."""
    found: list[Any] = []
    for one in among if among is not None else ():
        corrections = one.find("訂正")
        more = [] if corrections is None else [_entries(corrections)]
        found.append([_name(one, "題"), _items(one.find("項目群")), *more])
    return found


def _items(among: Element | None) -> list[Any]:
    return [
        [_name(one, "見出し"), _name(one, "内容") if one.find("従前") is None else _items(one.find("従前"))]
        for one in (among if among is not None else ())
    ]


def _plain(digits: str) -> str:
    """Without the zeros in front; empty where nothing was declared."""
    return str(int(digits)) if digits else ""


def _rows(
    file: Path,
    fields: tuple[tuple[str, int], ...],
    encoding: str = "jef-ebcdik",
    *,
    wide: Container[str] = _TWO_BYTES,
    ends: bytes = b"",
) -> Iterator[Mapping[str, str]]:
    raw = file.read_bytes()
    while raw:
        row = {}
        for name, length in fields:
            told, raw = raw[:length], raw[length:]
            row[name] = host_text(told, encoding, _OWN, wide=name in wide).rstrip(" 　")
        raw = raw.removeprefix(ends)
        yield row


def _resident(row: Mapping[str, str]) -> Resident:
    room = f"　{row['方書']}" if row["方書"] else ""
    cells = {name: row[name] for name in _TEXTS} | {name: words[row[name]] for name, words in _WORDS.items()}
    own = {
        "旧氏": "",
        "通称": "",
        "住所": f"栃木県足利市{row['町名地番']}{room}",
        # the host says of no reading that it is official
        "氏名フリガナ公証": "なし",
        "旧氏フリガナ公証": "なし",
        **dict.fromkeys(("旧氏フリガナ", "漢字氏名", "異動前住所"), ""),
    }
    days = {name: NO_DAY if row[name] == "0000000" else read_day(row[name], "era_digit") for name in _DAYS}
    return Resident(cells | own, days | {"住所を定めた年月日": NO_DAY, "転入通知年月日": NO_DAY})
