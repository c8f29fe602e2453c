"""住民票の写し: of several persons of one household; what was not asked for reads 【省略】."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tests.readback.form import Block
from tests.readback.kinds.kind import OMITTED, SHOWN, Answers, Expected, Wanted
from tests.readback.register import Records, Resident
from tests.readback.side import WrongPaper

_RELATIONSHIP, _DOMICILE, _NUMBER = "続柄", "本籍・筆頭者", "個人番号"
_CODES = {_RELATIONSHIP: "relationship", _DOMICILE: "domicile", _NUMBER: "my_number"}
_CELLS = {_RELATIONSHIP: ("世帯主", "続柄"), _DOMICILE: ("本籍", "筆頭者"), _NUMBER: ("個人番号",)}


class Residence:
    code, title = "residence", "住民票の写し"

    def expected(
        self,
        records: Records,
        subjects: Sequence[str],
        answers: Answers,
        day: date,
        service: Mapping[str, Any],
    ) -> Expected:
        people = sorted((records.people[key] for key in subjects), key=lambda one: int(one["世帯内順位"]))
        if len({person["世帯番号"] for person in people}) != 1:
            raise WrongPaper(
                "nobody can ask for these people on one paper",
                expected="文に挙げた人が同じ世帯の人であること",
                found=f"{'、'.join(person.key for person in people)}は同じ世帯ではない",
            )
        # 個人票: nobody is numbered, and everybody has a 備考
        alone = service["form"] == "individual"
        whole = len(people) == len(records.household(people[0]))
        return Expected(
            head=Wanted("世帯", _household_cells(people[0], answers), person=False),
            blocks=tuple(
                Wanted(
                    person.key,
                    _member_cells(person, answers) | ({"備考": ""} if alone else {}),
                    beside=() if alone else (str(number),),
                )
                for number, person in enumerate(people, start=1)
            ),
            attestation=service["attestation_whole" if whole else "attestation_part"],
            each_ends=alone,
        )

    def answers_shown(self, blocks: Sequence[Block], service: Mapping[str, Any]) -> dict[str, str]:
        """ "partly" where an item stands there for some and not for others. Of 本籍 nothing, where nobody has one."""
        shown: dict[str, str] = {}
        for item, labels in _CELLS.items():
            cells = [block.cells[label] for block in blocks for label in labels if label in block.cells]
            said = {cell.lines != (OMITTED,) for cell in cells}
            if said and _CODES[item] in service["questions"]:
                shown[_CODES[item]] = "partly" if len(said) > 1 else "yes" if said == {True} else "no"
        return shown


def _household_cells(head: Resident, answers: Answers) -> dict[str, str]:
    """The block at the top."""
    shown = answers.get(_RELATIONSHIP) == SHOWN
    return {"住所": head.address, "世帯主": head["世帯主氏名"] if shown else OMITTED}


def _member_cells(person: Resident, answers: Answers) -> dict[str, str]:
    """A member's block. 住民票コード is never printed at a terminal, 備考 is blank, 通称フリガナ has no place on the form.

    A foreign resident's block has the six items of 住民基本台帳法 第30条の45 where others have 本籍, 筆頭者 and 備考.
    """
    cells = {
        "氏名": person["氏名"],
        "フリガナ": person["氏名フリガナ"],
        "生年月日": person.birth,
        "性別": person["性別"],
        "旧氏": person["旧氏"],
        "通称": person["通称"],
        "続柄": person["続柄"] if answers.get(_RELATIONSHIP) == SHOWN else OMITTED,
        "個人番号": person["個人番号"] if answers.get(_NUMBER) == SHOWN else OMITTED,
        "住民票コード": OMITTED,
        "住民となった年月日": person.days["住民となった年月日"].japanese,
        "住所を定めた年月日": person.days["住所を定めた年月日"].japanese,
        "届出年月日": person.days["届出年月日"].japanese,
        "転入前住所": person["転入前住所"],
    }
    if person["国籍・地域"]:
        return cells | {
            "国籍・地域": person["国籍・地域"],
            "在留資格": person["在留資格"],
            "在留期間等": person["在留期間"],
            "在留期間の満了の日": person.days["在留期間満了日"].western,
            "在留カード等の番号": person["在留カード番号"],
            "30条45規定区分": person["外国人区分"],
        }
    shown = answers.get(_DOMICILE) == SHOWN
    return cells | {
        "本籍": person["本籍"] if shown else OMITTED,
        "筆頭者": person["筆頭者"] if shown else OMITTED,
        "備考": "",
    }


KIND = Residence()
