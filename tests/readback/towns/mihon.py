"""The deliveries of 見本市 and of the towns that write theirs alike, read by the words of their files alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.readback.dates import NO_DAY, read_day
from tests.readback.register import Records, Resident
from tests.readback.seals import SealFile
from tests.readback.towns.taxes import read_taxes

BEGINS = {
    "99999": "見本県見本市", "48201": "青葉県みどり市", "49202": "白砂県湊市",
    "04215": "宮城県大崎市", "09216": "栃木県下野市", "22341": "静岡県駿東郡清水町",
}  # fmt: skip
"""Code of the municipality -> what its addresses begin with, and its files leave out."""
ASHIKAGA_2012 = "ashikaga-2012"
"""The folder of a town that has the code of another: 足利市 of another time."""
_STATES = {"住民": "住民", "転出予定": "転出予定", "転出": "転出済", "死亡": "死亡"}
_CALLED = {
    "宛名番号": "宛名番号", "世帯番号": "世帯番号", "世帯内順位": "世帯内順位", "氏名": "氏名", "フリガナ": "氏名フリガナ",
    "世帯主": "世帯主氏名", "転入前住所": "転入前住所", "本籍": "本籍", "筆頭者": "筆頭者", "個人番号": "個人番号", "性別": "性別",
    "続柄": "続柄", "国籍": "国籍・地域", "在留資格": "在留資格", "在留期間": "在留期間", "在留カード番号": "在留カード番号", "外国人区分": "外国人区分",
}  # fmt: skip
"""Column of the file -> what this reader calls it."""
_DAYS = {
    "生年月日": "生年月日", "住民となった日": "住民となった年月日", "届出日": "届出年月日", "在留満了日": "在留期間満了日", "異動日": "異動年月日",
}  # fmt: skip

_OTHERS = {
    "family_link": (
        "family_links.csv",
        {"宛名番号": "person", "戸籍番号": "group", "戸籍内番号": "member"},
    ),
    "family_register": (
        "family_registers.jsonl",
        {
            "戸籍番号": "key", "本籍": "domicile", "氏名": "head", "戸籍事項": "entries",
            "戸籍に記録されている者": "members",
        },
    ),
}  # fmt: skip
"""What a kind has delivered for itself -> its file, and what the columns are called here."""
_HISTORIES, _HISTORY_MEMBERS = "address_histories.jsonl", "address_history_members.jsonl"
_MADE = {"編製": "compiled", "改製": "remade"}
_SEX = {"男": "male", "女": "female"}
_TAXES = "taxes.csv"


def read_delivery(begins: str, folder: Path) -> Records:
    with (folder / "residents.csv").open(encoding="utf-8", newline="") as file:
        people = {row["宛名番号"]: _resident(row, begins) for row in csv.DictReader(file)}
    with (folder / "seals.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["宛名番号"]: row for row in csv.DictReader(file) if row["状態"] == "登録"}
    seals = {
        person: SealFile(folder / row["印影"], float(row["幅"]), float(row["高さ"]))
        for person, row in rows.items()
    }
    numbers = {person: {"印鑑登録番号": row["登録番号"], "片仮名氏名": ""} for person, row in rows.items()}
    others: dict[str, tuple[dict[str, Any], ...]] = {
        name: _rows(folder / file, called)
        for name, (file, called) in _OTHERS.items()
        if (folder / file).is_file()
    }
    if (folder / _HISTORIES).is_file():
        others["address_history"] = tuple(map(_history, _objects(folder / _HISTORIES)))
        others["address_history_member"] = tuple(map(_history_member, _objects(folder / _HISTORY_MEMBERS)))
    if (folder / _TAXES).is_file():
        others["tax_record"] = read_taxes(folder / _TAXES, "utf-8")
    return Records(people, seals, others, seal_rows=numbers)


def _objects(path: Path) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def _history(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": row["戸籍番号"],
        "domicile": row["本籍"],
        "head": row["筆頭者"],
        "made": _MADE[row["調製"]],
        "made_on": read_day(row["調製日"], "iso8601"),
        "reason": row["事由"],
    }


def _history_member(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "group": row["戸籍番号"],
        "member": row["戸籍内番号"],
        "person": row["宛名番号"],
        "surname": row["氏"],
        "given": row["名"],
        "birth": read_day(row["生年月日"], "iso8601"),
        "sex": _SEX[row["性別"]],
        "removed_on": read_day(row.get("除籍日", ""), "iso8601"),
        "overseas_voting": row.get("在外選挙人名簿登録市区町村", ""),
        "resident_code": row.get("住民票コード", ""),
        "addresses": row["住所"],
    }


def _rows(path: Path, called: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = map(json.loads, file) if path.suffix == ".jsonl" else csv.DictReader(file)
        return tuple(
            {called[column]: value for column, value in row.items() if column in called} for row in rows
        )


def _resident(row: dict[str, str], begins: str) -> Resident:
    cells = {called: row.get(column, "") for column, called in _CALLED.items()}
    own = {
        "旧氏": "",
        "旧氏フリガナ": "",
        "旧氏フリガナ公証": "なし",
        "通称": "",
        "漢字氏名": "",
        "異動前住所": "",
        "氏名フリガナ公証": {"済": "公証", "": "なし"}.get(
            row.get("フリガナ公証", ""), row.get("フリガナ公証", "")
        ),
        "住所": begins + row["住所"],
        "住民状態": _STATES[row["状態"]],
    }
    days = {called: read_day(row[column], "iso8601") for column, called in _DAYS.items()}
    return Resident(cells | own, days | {"住所を定めた年月日": NO_DAY, "転入通知年月日": NO_DAY})
