"""住民票の写し: of several persons of one household; what was not asked for reads 【省略】.

Written from 住民記録システム標準仕様書 1.1, 5.1-5.4 and the national form: a Japanese and a foreign resident have blocks with labels of
their own; an item that a category of foreign residents does not have reads ＊＊＊; 認証文 stands on the last sheet, 別紙 included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tests.readback.dates import NO_DAY
from tests.readback.form import Block
from tests.readback.kinds.kind import OMITTED, SHOWN, Answers, Expected, Wanted
from tests.readback.register import Records, Resident
from tests.readback.side import WrongPaper

_RELATIONSHIP, _DOMICILE, _NUMBER = "続柄", "本籍・筆頭者", "個人番号"
_NATION, _STATUS, _CARD, _ALIASES = "国籍・地域", "在留資格等", "在留カード等の番号", "通称の記載・削除"
_BEFORE = "異動前住所"
_CODES = {
    _RELATIONSHIP: "relationship", _DOMICILE: "domicile", _NUMBER: "my_number", _NATION: "nationality",
    _STATUS: "status_of_residence", _CARD: "card_number", _ALIASES: "alias_history", _BEFORE: "address_before",
}  # fmt: skip
_CELLS = {
    _RELATIONSHIP: ("世帯主", "続柄"),
    _DOMICILE: ("本籍", "筆頭者"),
    _NUMBER: ("個人番号",),
    _NATION: ("国籍・地域",),
    _STATUS: ("30条45規定区分", "在留資格", "在留期間等", "在留期間の満了の日"),
    _CARD: ("在留カード等の番号",),
    _ALIASES: ("通称の記載・削除",),
    _BEFORE: ("異動前住所",),
}
_NONE = "＊＊＊"
_ANNEX = "（別紙）通称の記載及び削除に関する事項"
_FULL = str.maketrans("0123456789", "０１２３４５６７８９")
_HALF = str.maketrans("０１２３４５６７８９", "0123456789")


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
        found = [records.people[key] for key in subjects]
        if len({person["世帯番号"] for person in found}) != 1:
            raise WrongPaper(
                "nobody can ask for these people on one paper",
                expected="文に挙げた人が同じ世帯の人であること",
                found=f"{'、'.join(person.key for person in found)}は同じ世帯ではない",
            )
        household = records.household(found[0], day)
        if strangers := [person.key for person in found if person not in household]:
            raise WrongPaper(
                f"{strangers} are no members on that day",
                expected="文に挙げた人がその日に世帯にいること",
                found=f"{'、'.join(strangers)}は除かれている",
            )
        people = [person for person in household if person in found]
        paper = _Paper(answers, service)
        alone = service["form"] == "individual"
        histories = records.others.get("alias_history", ())
        annex: list[Wanted] = []
        if answers.get(_ALIASES) == SHOWN:
            for person in people:
                own = sorted(
                    (row for row in histories if row["person"] == person.key), key=lambda row: str(row["key"])
                )
                annex += [Wanted(person.key, paper.alias(person, row), person=False) for row in own]
        with_history = {row["person"] for row in histories}
        heads = [person["世帯主氏名"] for person in people if person["世帯主氏名"]]
        return Expected(
            head=Wanted("世帯", paper.head(people[0], heads[0] if heads else ""), person=False),
            blocks=tuple(
                Wanted(
                    person.key,
                    paper.member(person, person.key in with_history),
                    beside=() if alone else (paper.width(str(number)),),
                )
                for number, person in enumerate(people, start=1)
            ),
            annex=tuple(annex),
            annex_heading=_ANNEX,
            attestation=paper.width(
                service["attestation_whole" if len(people) == len(household) else "attestation_part"]
            ),
            digits=service.get("digits", "half"),
        )

    def answers_shown(self, blocks: Sequence[Block], service: Mapping[str, Any]) -> dict[str, str]:
        """ "partly" where an item stands there for some and not for others. Of an item that nobody on the sheet has, nothing."""
        shown: dict[str, str] = {}
        for item, labels in _CELLS.items():
            plain = [
                (label.translate(_HALF), cell) for block in blocks for label, cell in block.cells.items()
            ]
            cells = [cell for label, cell in plain if label in labels]
            if item in (_CARD, _ALIASES):
                cells = [cell for cell in cells if cell.lines != (_NONE,)]
            said = {cell.lines != (OMITTED,) for cell in cells}
            if said and _CODES[item] in service["questions"]:
                shown[_CODES[item]] = "partly" if len(said) > 1 else "yes" if said == {True} else "no"
        return shown


class _Paper:
    """What the cells of one paper read: by the answers, and by what the municipality has decided about the form."""

    def __init__(self, answers: Answers, service: Mapping[str, Any]) -> None:
        self._answers, self._service = answers, service
        self._blank = "【空欄】" if service.get("blank") == "marked" else ""

    def width(self, text: str) -> str:
        return text.translate(_FULL if self._service.get("digits") == "full" else _HALF)

    def _cells(self, cells: Mapping[str, str]) -> dict[str, str]:
        return {self.width(label): self.width(value) for label, value in cells.items()}

    def _asked(self, item: str, value: str) -> str:
        return value if self._answers.get(item) == SHOWN else OMITTED

    def head(self, first: Resident, head: str) -> dict[str, str]:
        """The block at the top of every sheet with members."""
        return self._cells({"住所": first.address, "世帯主": self._asked(_RELATIONSHIP, head or self._blank)})

    def member(self, person: Resident, has_history: bool) -> dict[str, str]:
        """A member's block. 住民票コード is never printed at a terminal. 備考 is blank; where the municipality asks about 異動前住所, that
        of who has one stands in its place."""
        foreign = bool(person["国籍・地域"])
        settled, notified = person.days["住所を定めた年月日"], person.days["届出年月日"]
        cells = {
            "氏名": person.full_name,
            "生年月日": person.birth,
            "性別": person["性別"] or self._blank,
            "続柄": self._asked(_RELATIONSHIP, person["続柄"] or self._blank),
            "個人番号": self._asked(_NUMBER, person["個人番号"]),
            "住民票コード": OMITTED,
            ("外国人" if foreign else "") + "住民となった年月日": person.days["住民となった年月日"].japanese,
            "住所を定めた年月日": settled.japanese or self._blank,
            "届出日": notified.japanese or self._blank,
            "転入前住所": person["転入前住所"] or self._blank,
        }
        if "address_before" in self._service["questions"] and person["異動前住所"]:
            cells["異動前住所"] = self._asked(_BEFORE, person["異動前住所"])
        else:
            cells["備考"] = ""
        return self._cells(
            cells | (self._foreign(person, has_history) if foreign else self._japanese(person))
        )

    def _japanese(self, person: Resident) -> dict[str, str]:
        readings = {
            "氏名の振り仮名": _reading(person["氏名フリガナ"], person["氏名フリガナ公証"]),
            "旧氏の振り仮名": _reading(person["旧氏フリガナ"], person["旧氏フリガナ公証"])
            if person["旧氏"]
            else "",
        }
        with_readings = self._service.get("form_version", "juminhyo-2025") == "juminhyo-2025"
        return (readings if with_readings else {}) | {
            "旧氏": person["旧氏"],
            "本籍": self._asked(_DOMICILE, person["本籍"]),
            "筆頭者": self._asked(_DOMICILE, person["筆頭者"]),
        }

    def _foreign(self, person: Resident, has_history: bool) -> dict[str, str]:
        """住民基本台帳法 第30条の45. Of a reading nothing is printed: none is official."""
        ends = person.days["在留期間満了日"]
        return {
            "通称": person["通称"],
            "国籍・地域": self._asked(_NATION, person["国籍・地域"]),
            "30条45規定区分": self._asked(_STATUS, person["外国人区分"]),
            "在留資格": self._asked(_STATUS, person["在留資格"] or _NONE),
            "在留期間等": self._asked(_STATUS, person["在留期間"] or _NONE),
            "在留期間の満了の日": self._asked(_STATUS, ends.western if ends != NO_DAY else _NONE),
            "在留カード等の番号": self._asked(_CARD, person["在留カード番号"])
            if person["在留カード番号"]
            else _NONE,
            "通称の記載・削除": self._asked(_ALIASES, "別紙のとおり") if has_history else _NONE,
        }

    def alias(self, person: Resident, row: Mapping[str, Any]) -> dict[str, str]:
        return self._cells(
            {
                "氏名": person.full_name,
                "通称": row["alias"],
                "記載年月日": row["recorded_on"].japanese,
                "記載市区町村名": row["recorded_by"],
                "削除年月日": row["deleted_on"].japanese,
                "削除市区町村名": row["deleted_by"],
            }
        )


def _reading(kana: str, official: str) -> str:
    """石巻市's four states: all, 氏 only, 名 only, nothing of it is official."""
    surname, _, given = kana.partition("　")
    return {
        "公証": kana,
        "氏のみ": f"{surname}　【名空欄】",
        "名のみ": f"【氏空欄】　{given or surname}",
        "なし": "********",
    }[official]


KIND = Residence()
