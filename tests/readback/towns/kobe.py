"""The delivery of 神戸市, read by the tables of its data's README alone."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from tests.readback.dates import read_day, stated
from tests.readback.register import Records, Resident
from tests.readback.seals import SealFile
from tests.readback.towns.taxes import read_taxes

CODE = "28100"
_CITY = "兵庫県神戸市"
_WARDS = {
    "101": "東灘区", "102": "灘区", "105": "兵庫区", "106": "長田区", "107": "須磨区", "108": "垂水区", "109": "北区",
    "110": "中央区", "111": "西区",
}  # fmt: skip
_SEXES = {"": "", "1": "男", "2": "女", "9": "不明"}
_STATES = {"1": "住民", "2": "転出予定", "3": "転出済", "4": "死亡"}
_FOREIGN_CATEGORIES = {
    "": "", "1": "中長期在留者", "2": "特別永住者", "3": "一時庇護許可者又は仮滞在許可者",
    "4": "出生による経過滞在者又は国籍喪失による経過滞在者", "5": "一時庇護許可者", "6": "仮滞在許可者",
    "7": "出生による経過滞在者", "8": "国籍喪失による経過滞在者",
}  # fmt: skip
_MADE = {"1": "compiled", "2": "remade"}
_SEX = {"1": "male", "2": "female"}
_OFFICIAL = {"": "なし", "0": "なし", "1": "公証", "2": "氏のみ", "3": "名のみ"}
_RELATIONSHIPS = {
    "": "", "01": "世帯主", "02": "夫", "03": "妻", "04": "夫（未届）", "05": "妻（未届）", "10": "子", "11": "子の妻", "12": "子の夫",
    "13": "子の子", "14": "子の子の子", "15": "子の子の妻", "16": "子の子の子の子", "17": "子（子の夫）", "18": "子（子の妻）",
    "19": "妻の子", "34": "兄の子", "35": "弟の子", "36": "姉の子", "37": "妹の子", "20": "父", "21": "母", "22": "妻の父", "23": "妻の母", "24": "夫の父", "25": "夫の母", "30": "兄",
    "31": "弟", "32": "姉", "33": "妹", "40": "父の父", "41": "父の母", "42": "母の父", "43": "母の母", "90": "縁故者", "99": "同居人",
}  # fmt: skip
_AS_IT_STANDS = (
    "宛名番号", "世帯番号", "世帯内順位", "氏名", "氏名フリガナ", "旧氏", "通称", "世帯主氏名", "転入前住所", "本籍", "筆頭者",
    "個人番号", "国籍・地域", "在留資格", "在留期間", "在留カード番号", "漢字氏名", "旧氏フリガナ", "異動前住所",
)  # fmt: skip
_DAYS = (
    "生年月日", "住民となった年月日", "住所を定めた年月日", "届出年月日", "在留期間満了日", "異動年月日", "転入通知年月日",
)  # fmt: skip


def read_delivery(folder: Path) -> Records:
    with (folder / "住民記録.csv").open(encoding="utf-8", newline="") as file:
        # 仮登録 changes nothing
        people = {
            row["宛名番号"]: _resident(row) for row in csv.DictReader(file) if row["登録区分コード"] != "1"
        }
    pictures, rows = _read_seals(folder)
    others = {
        "alias_history": _read_aliases(folder),
        "tax_record": read_taxes(folder / "税証明.csv", "cp932"),
        "family_link": tuple(map(_link, _rows(folder / "戸籍対応表.csv", "cp932"))),
        "family_register": tuple(map(_register, _objects(folder / "戸籍.jsonl"))),
        "address_history": tuple(map(_history, _rows(folder / "戸籍の附票.csv", "utf-8"))),
        "address_history_member": tuple(map(_history_member, _objects(folder / "戸籍の附票記載者.jsonl"))),
    }
    return Records(people, pictures, others, seal_rows=rows)


def _read_aliases(folder: Path) -> tuple[dict[str, Any], ...]:
    with (folder / "通称履歴.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            {
                "key": row["履歴番号"],
                "person": row["宛名番号"],
                "alias": row["通称"],
                "recorded_on": read_day(row["記載年月日"], "era_digit"),
                "recorded_by": row["記載市区町村名"],
                "deleted_on": read_day(row["削除年月日"], "era_digit"),
                "deleted_by": row["削除市区町村名"],
            }
            for row in csv.DictReader(file)
        )


def _rows(path: Path, encoding: str) -> tuple[dict[str, str], ...]:
    with path.open(encoding=encoding, newline="") as file:
        return tuple(csv.DictReader(file))


def _objects(path: Path) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def _link(row: dict[str, str]) -> dict[str, Any]:
    return {
        "person": row["宛名番号"],
        "group": row["戸籍番号"],
        "member": row["戸籍内番号"],
        "sex": _SEX[row["性別コード"]],
    }


def _register(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": row["戸籍番号"],
        "domicile": row["本籍"],
        "head": row["氏名"],
        "entries": row["戸籍事項"],
        "members": row["戸籍に記録されている者"],
    }


def _history(row: dict[str, str]) -> dict[str, Any]:
    return {
        "key": row["戸籍番号"],
        "domicile": row["本籍"],
        "head": row["筆頭者"],
        "made": _MADE[row["調製区分コード"]],
        "made_on": read_day(row["調製年月日"], "era_digit"),
        "reason": row["調製事由"],
    }


def _history_member(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "group": row["戸籍番号"],
        "member": row["戸籍内番号"],
        "person": row["宛名番号"],
        "surname": row["氏"],
        "given": row["名"],
        "birth": read_day(row["生年月日"], "era_digit"),
        "sex": _SEX[row["性別コード"]],
        "removed_on": read_day(row.get("除籍年月日", ""), "era_digit"),
        "overseas_voting": row.get("在外選挙人名簿登録市区町村", ""),
        "resident_code": "",
        "addresses": row["住所"],
    }


def _resident(row: dict[str, str]) -> Resident:
    where = _CITY + _WARDS[row["行政区コード"]] + row["町名地番"]
    decoded = {
        "住所": f"{where}　{row['方書']}" if row["方書"] else where,
        "性別": _SEXES[row["性別コード"]],
        "続柄": _RELATIONSHIPS[row["続柄コード"]],
        "住民状態": _STATES[row["住民状態コード"]],
        "外国人区分": _FOREIGN_CATEGORIES[row["外国人区分コード"]],
        "氏名フリガナ公証": _OFFICIAL[row["氏名フリガナ公証コード"]],
        "旧氏フリガナ公証": _OFFICIAL[row["旧氏フリガナ公証コード"]],
    }
    return Resident(
        {name: row[name] for name in _AS_IT_STANDS} | decoded,
        {name: stated(row.get(f"{name}表記", ""), read_day(row[name], "era_digit")) for name in _DAYS},
    )


def _read_seals(folder: Path) -> tuple[dict[str, SealFile], dict[str, dict[str, str]]]:
    """Of those whose registration is in force: neither 抑止 nor 改印中 nor 廃止."""
    with (folder / "印鑑登録.csv").open(encoding="cp932", newline="") as file:
        rows = {row["宛名番号"]: row for row in csv.DictReader(file) if row["登録状態コード"] == "1"}
    pictures = {
        person: SealFile(folder / row["印影ファイル名"], int(row["印影幅"]) / 10, int(row["印影高さ"]) / 10)
        for person, row in rows.items()
    }
    return pictures, rows
