"""The check of a finished paper: everybody who must be on it, field by field, and nobody else of the town."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pikepdf
import pypdfium2

from tests.readback.register import (
    RELATIONSHIPS,
    SEXES,
    Resident,
    in_words,
    read_callings,
    read_register,
    squeezed,
)

POINTS_TO_MM = 25.4 / 72
OMITTED = "【省略】"


class WrongPaper(AssertionError):
    """The paper is not what it must be."""


@dataclass(frozen=True)
class Town:
    people: dict[str, Resident]
    callings: dict[str, str]

    @classmethod
    def load(cls, folder: Path) -> Town:
        return cls(read_register(folder), read_callings(folder))

    def person(self, calling: str) -> Resident:
        return self.people[self.callings[calling]]

    # --- the whole check ------------------------------------------------------------------------------------------------

    def check(
        self,
        sheets: Sequence[bytes],
        people: Sequence[str],
        *,
        kind: str,
        options: dict[str, bool],
        copies: int,
        today: date,
    ) -> None:
        """Raises WrongPaper. `sheets`: PDFs of front and back in the order they came out, all copies one after the other."""
        expected = [self.person(calling) for calling in people]
        if not sheets or len(sheets) % copies:
            raise WrongPaper(f"{len(sheets)} sheets for {copies} copies")
        size = len(sheets) // copies
        for start in range(0, len(sheets), size):
            fronts = [front_text(sheet) for sheet in sheets[start : start + size]]
            for front in fronts:
                self._check_frame(front, kind, today)
            text = "".join(fronts)
            allowed = self._allowed(expected, kind, options)
            for person in expected:
                for field, value in self._fields(person, kind, options).items():
                    if value and value not in text:
                        raise WrongPaper(f"{person.key}: {field} 「{value}」 is not on the paper: {text}")
            self._check_numbers(text, expected if options.get("個人番号") else [])
            if kind == "住民票の写し" and not options.get("本籍・筆頭者", False):
                for person in expected:
                    if person["本籍"] and squeezed(person["本籍"]) in text:
                        raise WrongPaper(f"{person.key}: the domicile was not asked for")
            self._check_no_stranger(text, expected, allowed)
        for sheet in sheets:
            for page in range(2):
                for mark in ("見本", "試験用・証明書としての効力はありません"):
                    if mark not in page_text(sheet, page):
                        raise WrongPaper(f"side {page + 1} does not say 「{mark}」")

    @staticmethod
    def _check_frame(front: str, kind: str, today: date) -> None:
        title = "印鑑登録証明書" if kind == "印鑑登録証明書" else "住民票"
        issued = f"令和{today.year - 2018}年{today.month}月{today.day}日"
        for part in (title, issued, "神戸市長"):
            if part not in front:
                raise WrongPaper(f"「{part}」 is not on the front: {front}")

    def _fields(self, person: Resident, kind: str, options: dict[str, bool]) -> dict[str, str]:
        fields = {"氏名": person.name, "生年月日": person.birth, "住所": person.address}
        if kind == "印鑑登録証明書":
            return fields
        fields |= {
            "氏名フリガナ": squeezed(person["氏名フリガナ"]),
            "旧氏": squeezed(person["旧氏"]),
            "通称": squeezed(person["通称"]),
            "性別": SEXES.get(person["性別コード"], ""),
            "住民となった年月日": in_words(person["住民となった年月日"]),
            "住所を定めた年月日": in_words(person["住所を定めた年月日"]),
            "届出年月日": in_words(person["届出年月日"]),
            "転入前住所": squeezed(person["転入前住所"]),
            "国籍・地域": squeezed(person["国籍・地域"]),
            "在留資格": squeezed(person["在留資格"]),
            "在留カード番号": person["在留カード番号"],
        }
        if options.get("続柄"):
            fields |= {"世帯主": squeezed(person["世帯主氏名"]), "続柄": RELATIONSHIPS[person["続柄コード"]]}
        if options.get("本籍・筆頭者"):
            fields |= {"本籍": squeezed(person["本籍"]), "筆頭者": squeezed(person["筆頭者"])}
        return fields

    def _allowed(self, expected: Sequence[Resident], kind: str, options: dict[str, bool]) -> list[str]:
        values = {
            value
            for person in expected
            for value in self._fields(person, kind, options).values()
            if len(value) > 2
        }
        return sorted(values, key=len, reverse=True)

    def _check_no_stranger(self, text: str, expected: Sequence[Resident], allowed: Sequence[str]) -> None:
        for value in allowed:  # the longest first, so that a part of one is not left over from another
            text = text.replace(value, "■")
        for person in self.people.values():
            if person in expected:
                continue
            for field, value in (("氏名", person.name), ("生年月日", person.birth), ("住所", person.address)):
                if value in text:
                    raise WrongPaper(f"{field} of {person.key}, who has no business on this paper")

    # --- single facts ---------------------------------------------------------------------------------------------------

    def _check_numbers(self, text: str, expected: Sequence[Resident]) -> None:
        for person in self.people.values():
            there = person["個人番号"] in text
            if there != (person in expected):
                raise WrongPaper(f"個人番号 of {person.key}: on the paper {there}, asked for {not there}")

    def check_no_my_number(self, sheets: Sequence[bytes]) -> None:
        self._check_numbers("".join(front_text(sheet) for sheet in sheets), [])

    def check_my_number(self, sheets: Sequence[bytes], calling: str) -> None:
        self._check_numbers("".join(front_text(sheet) for sheet in sheets), [self.person(calling)])

    def check_glyphs(self, sheets: Sequence[bytes], calling: str) -> None:
        """The registered variant is drawn: text with its selector, and glyphs other than those of the plain form."""
        from tests.readback.glyphs import drawn_glyphs, glyphs_of

        name = self.person(calling).name
        wanted = glyphs_of(name)
        if not any(set(wanted) <= drawn_glyphs(sheet) for sheet in sheets):
            raise WrongPaper(f"the glyphs of {calling} are not drawn")

    @staticmethod
    def imprint_sizes_mm(sheet: bytes) -> list[tuple[float, float]]:
        """Width and height of every image on the front, as drawn."""
        document = pypdfium2.PdfDocument(sheet)
        found = []
        for item in document[0].get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=10):
            left, bottom, right, top = item.get_bounds()
            found.append(((right - left) * POINTS_TO_MM, (top - bottom) * POINTS_TO_MM))
        return found


def page_text(sheet: bytes, page: int) -> str:
    """The text of one side, squeezed."""
    document = pypdfium2.PdfDocument(sheet)
    return squeezed(document[page].get_textpage().get_text_bounded())


def front_text(sheet: bytes) -> str:
    return page_text(sheet, 0)


def keywords(sheet: bytes) -> str:
    import io

    with pikepdf.open(io.BytesIO(sheet)) as pdf:
        return str(pdf.docinfo.get("/Keywords", ""))
