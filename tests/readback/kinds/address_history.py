"""戸籍の附票の写し: lines in one frame. Who stands on it, in the order of the register, each with all addresses, oldest first.

What may stand there by the day on which somebody left the register: 生年月日 and 性別 from 2022-01-11 on, 住民票コード from
2024-05-27 on. Digits in full width.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.readback.dates import read_day
from tests.readback.form import Block, Form
from tests.readback.kinds.kind import SHOWN, Answers, Expected, PageRead
from tests.readback.register import Records
from tests.readback.side import WrongPaper

HEADS, MEMBERS = "address_history", "address_history_member"
_DOMICILE, _OVERSEAS, _CODE = "本籍・筆頭者", "在外選挙", "住民票コード"
_CODES = {_DOMICILE: "domicile", _OVERSEAS: "overseas_voting", _CODE: "resident_code"}
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_SEX = {"male": "男", "female": "女", "unknown": "不明"}
_MADE = {"compiled": "編製", "remade": "改製"}
_CONTINUED, _REMOVED, _LAST = "（続き）", "除籍", "以下余白"


@dataclass(frozen=True)
class _Person:
    """`heading`: the lines that stand again, the first with （続き）, on each sheet on which the addresses go on."""

    whose: str
    heading: tuple[str, ...]
    removed: bool
    addresses: tuple[tuple[str, str], ...]
    asked: Mapping[str, bool]
    """Of the questions that concern the person: whether the item is to be there."""


class AddressHistory:
    code, title = "address_history", "戸籍の附票の写し"

    def expected(
        self,
        records: Records,
        subjects: Sequence[str],
        answers: Answers,
        day: date,
        service: Mapping[str, Any],
    ) -> Expected:
        everybody = records.others[MEMBERS]
        rows = sorted(
            (row for row in everybody if row["person"] in subjects), key=lambda row: int(row["member"])
        )
        if {row["person"] for row in rows} != set(subjects) or len({row["group"] for row in rows}) != 1:
            raise WrongPaper(
                f"{subjects} are not of one register",
                expected="文に挙げた人が同じ戸籍の人であること",
                found="連携された附票では、そうではなかった",
            )
        (head,) = [row for row in records.others[HEADS] if row["key"] == rows[0]["group"]]
        shown = answers.get(_DOMICILE) == SHOWN
        whole = len(rows) == len([row for row in everybody if row["group"] == head["key"]])
        extent = "whole" if whole else "part"
        people = [_person(row, answers) for row in rows]
        questions = [_CODES[words] for words in _CODES if _CODES[words] in service["questions"]]

        def read(forms: Sequence[Form]) -> list[PageRead]:
            return _Reading(_on_every_sheet(head, shown), _made(head), people, questions).sheets(forms)

        return Expected(
            blocks=(),
            attestation=service[f"attestation_{extent}"],
            extent=service[f"extent_{extent}"],
            read=read,
        )

    def answers_shown(self, blocks: Sequence[Block], service: Mapping[str, Any]) -> dict[str, str]:
        return {}


def _on_every_sheet(head: Mapping[str, Any], shown: bool) -> tuple[str, ...]:
    if not shown:
        return ()
    return ("本　　　籍", head["domicile"].translate(_WIDE), "筆　頭　者", head["head"])


def _made(head: Mapping[str, Any]) -> tuple[str, ...]:
    how = _MADE[head["made"]]
    reason = (f"【{how}事由】{head['reason']}".translate(_WIDE),) if head["reason"] else ()
    return (f"附票の{how}", f"【{how}日】{head['made_on'].japanese}".translate(_WIDE), *reason)


def _person(row: Mapping[str, Any], answers: Answers) -> _Person:
    left = _day_of(row["removed_on"].western)
    name = (
        f"【名】{row['given']}"
        if answers.get(_DOMICILE) == SHOWN
        else f"【氏名】{row['surname']}　{row['given']}"
    )
    heading = ["附票に記録されている者", name]
    asked = {"domicile": answers.get(_DOMICILE) == SHOWN}
    if left is None or left >= date(2022, 1, 11):
        heading += [f"【生年月日】{row['birth'].japanese}", f"【性別】{_SEX[row['sex']]}"]
    if row.get("resident_code") and (left is None or left >= date(2024, 5, 27)):
        asked["resident_code"] = answers.get(_CODE) == SHOWN
        heading += [f"【住民票コード】{row['resident_code']}"] if asked["resident_code"] else []
    if row.get("overseas_voting") and left is None:
        asked["overseas_voting"] = answers.get(_OVERSEAS) == SHOWN
        where = f"【在外選挙人名簿登録市区町村】{row['overseas_voting']}"
        heading += [where] if asked["overseas_voting"] else []
    return _Person(
        row["person"],
        tuple(line.translate(_WIDE) for line in heading),
        left is not None,
        tuple(
            (f"【住所】{one['address']}".translate(_WIDE), f"【住定日】{_since(one)}".translate(_WIDE))
            for one in row["addresses"]
        ),
        asked,
    )


def _since(address: Mapping[str, str]) -> str:
    return address.get("since_words", "") or read_day(address["since"], "iso8601").japanese


def _day_of(western: str) -> date | None:
    return date(*map(int, re.findall(r"\d+", western))) if western else None


class _Reading:
    """The sheets of one copy, line by line."""

    def __init__(
        self,
        every: Sequence[str],
        first: Sequence[str],
        people: Sequence[_Person],
        questions: Sequence[str],
    ) -> None:
        self._every, self._first, self._questions = every, first, questions
        self._people = [(one, number) for one in people for number in range(len(one.addresses))]
        self._lines: list[str] = []

    def sheets(self, forms: Sequence[Form]) -> list[PageRead]:
        """Every line is the next one that must be there. Raises WrongPaper for the first that is not."""
        left = list(self._people)
        found = []
        for k, form in enumerate(forms, start=1):
            self._lines = list(form.boxes[-1]) if form.boxes else []
            for line in (*self._every, *(self._first if k == 1 else ())):
                self._take(line, "戸籍")
            here: list[_Person] = []
            while left and self._lines and self._lines[0] != _LAST:
                person, number = left[0]
                if person not in here:
                    self._take_heading(person, again=number > 0)
                    here.append(person)
                where, since = person.addresses[number]
                for line in (f"住所{number + 1}".translate(_WIDE), where, since):
                    self._take(line, person.whose)
                left.pop(0)
            if k == len(forms):
                self._missing(left)
                self._take(_LAST, "用紙の末尾")
            if self._lines:
                raise _wrong("用紙の末尾", "ほかに何もないこと", self._lines[0])
            found.append(self._read(here))
        return found

    def _take_heading(self, person: _Person, *, again: bool) -> None:
        """除籍 stands in a box beside the lines below the name."""
        section, name, *below = person.heading
        self._take(section, person.whose)
        self._take(name + (_CONTINUED if again else ""), person.whose)
        marked = False
        for line in below[:1]:
            self._take(line, person.whose)
        if self._lines and self._lines[0] == _REMOVED:
            marked = True
            self._lines.pop(0)
        for line in below[1:]:
            self._take(line, person.whose)
        if marked != person.removed:
            raise WrongPaper(
                f"{person.whose}: 除籍 {marked}",
                expected=f"{person.whose}に「除籍」の印が{'ある' if person.removed else 'ない'}こと",
                found="あった" if marked else "なかった",
            )

    def _take(self, wanted: str, whose: str) -> None:
        """The next line; it may be broken anywhere, and a space at the break is not printed."""
        rest, read = wanted, []
        while rest:
            line = self._lines[0] if self._lines else ""
            if not line or not rest.startswith(line):
                raise _wrong(whose, f"「{wanted}」とあること", "".join([*read, line]))
            read.append(self._lines.pop(0))
            rest = rest[len(line) :].lstrip(" 　")

    @staticmethod
    def _missing(left: Sequence[tuple[_Person, int]]) -> None:
        if left:
            person, number = left[0]
            raise WrongPaper(
                f"{person.whose}: address {number + 1} is missing",
                expected=f"{person.whose}の住所{number + 1}が「{person.addresses[number][0]}」であること",
                found="印字されていなかった",
            )

    def _read(self, here: Sequence[_Person]) -> PageRead:
        """What the sheet, which is as it must be, is an answer to."""
        answers: dict[str, str] = {}
        for question in self._questions:
            said = {one.asked[question] for one in here if question in one.asked}
            if said:
                answers[question] = "partly" if len(said) > 1 else "yes" if said == {True} else "no"
        return PageRead(
            tuple(one.whose for one in here),
            answers,
            sum(one.asked.get("resident_code", False) for one in here),
        )


def _wrong(whose: str, expected: str, found: str) -> WrongPaper:
    return WrongPaper(
        f"{whose}: {found!r} where it must be: {expected}",
        expected=f"{whose}のところに{expected}",
        found=f"「{found}」とあった" if found else "何もなかった",
    )


KIND = AddressHistory()
