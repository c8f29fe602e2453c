"""What must stand in every labelled cell: from the rows of the delivery and what was asked for."""

from __future__ import annotations

from tests.readback.form import Block, Cell
from tests.readback.register import (
    FOREIGN_CATEGORIES,
    RELATIONSHIPS,
    SEXES,
    Resident,
    in_western_words,
    in_words,
)
from tests.readback.side import WrongPaper

OMITTED = "【省略】"
_SPACES = " 　"


def household_cells(head: Resident, options: dict[str, bool]) -> dict[str, str]:
    """The block at the top of a 住民票の写し."""
    return {"住所": head.address, "世帯主": head["世帯主氏名"] if options.get("続柄") else OMITTED}


def member_cells(person: Resident, options: dict[str, bool]) -> dict[str, str]:
    """A member's block. 住民票コード is never printed at a terminal, 備考 is blank, 通称フリガナ has no place on the form.

    A foreign resident's block has the six items of 住民基本台帳法 第30条の45 where others have 本籍, 筆頭者 and 備考.
    """
    cells = {
        "氏名": person["氏名"],
        "フリガナ": person["氏名フリガナ"],
        "生年月日": person.birth,
        "性別": SEXES[person["性別コード"]],
        "旧氏": person["旧氏"],
        "通称": person["通称"],
        "続柄": RELATIONSHIPS[person["続柄コード"]] if options.get("続柄") else OMITTED,
        "個人番号": person["個人番号"] if options.get("個人番号") else OMITTED,
        "住民票コード": OMITTED,
        "住民となった年月日": in_words(person["住民となった年月日"]),
        "住所を定めた年月日": in_words(person["住所を定めた年月日"]),
        "届出年月日": in_words(person["届出年月日"]),
        "転入前住所": person["転入前住所"],
    }
    if person["国籍・地域"]:
        return cells | {
            "国籍・地域": person["国籍・地域"],
            "在留資格": person["在留資格"],
            "在留期間等": person["在留期間"],
            "在留期間の満了の日": in_western_words(person["在留期間満了日"]),
            "在留カード等の番号": person["在留カード番号"],
            "30条45規定区分": FOREIGN_CATEGORIES[person["外国人区分コード"]],
        }
    wanted = options.get("本籍・筆頭者")
    return cells | {
        "本籍": person["本籍"] if wanted else OMITTED,
        "筆頭者": person["筆頭者"] if wanted else OMITTED,
        "備考": "",
    }


def seal_cells(person: Resident) -> dict[str, str]:
    """An 印鑑登録証明書; the cell of the imprint holds no letters. 性別 and 印鑑登録番号 are not on it."""
    return {
        "印影": "",
        "氏名": person["氏名"],
        "フリガナ": person["氏名フリガナ"],
        "旧氏": person["旧氏"],
        "通称": person["通称"],
        "生年月日": person.birth,
        "住所": person.address,
        "備考": "",
    }


def check_cells(block: Block, wanted: dict[str, str], whose: str, paper: str = "last") -> None:
    """Exactly these labels, and in each cell exactly its value. `paper`: the sheet's id. Raises WrongPaper."""
    if set(block.cells) != set(wanted):
        raise WrongPaper(
            f"{whose}: cells {sorted(block.cells)} instead of {sorted(wanted)}",
            expected=f"{whose}の欄に、{'・'.join(wanted)}があること",
            found=_differing(set(block.cells), set(wanted)),
            paper=paper,
        )
    for label, value in wanted.items():
        if not written(block.cells[label], value):
            read = "".join(block.cells[label].lines)
            raise WrongPaper(
                f"{whose}: 「{label}」 reads {block.cells[label].lines}, not 「{value}」",
                expected=f"{whose}の「{label}」が「{value}」であること"
                if value
                else f"{whose}の「{label}」が空欄であること",
                found=f"「{read}」と印字されていた" if read else "空欄だった",
                paper=paper,
            )


def _differing(found: set[str], wanted: set[str]) -> str:
    """Labels that are missing and labels that are too many, in words."""
    missing, more = "・".join(sorted(wanted - found)), "・".join(sorted(found - wanted))
    told = [f"{missing}の欄がなかった"] if missing else []
    return "、".join([*told, f"余分に{more}の欄があった"] if more else told)


def written(cell: Cell, value: str) -> bool:
    """A line may be broken anywhere, and a space at the break is not printed."""
    rest = value
    for line in cell.lines:
        if not rest.startswith(line):
            return False
        rest = rest[len(line) :].lstrip(_SPACES)
    return not rest
