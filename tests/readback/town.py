"""The check of a finished paper: everybody who must be on it, every value in its own cell, and nothing else anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.readback.binding import Bound, check_marks, read_binding
from tests.readback.expected import (
    OMITTED,
    check_cells,
    household_cells,
    member_cells,
    seal_cells,
    written,
)
from tests.readback.form import Block, Form, read_form
from tests.readback.glyphs import drawn_glyphs, glyphs_of
from tests.readback.register import (
    Certifier,
    Resident,
    in_words,
    read_callings,
    read_certifier,
    read_register,
    read_seals,
    squeezed,
)
from tests.readback.seals import SealFile, check_seal
from tests.readback.side import Area, Sheet, WrongPaper

KOBE = Path(__file__).resolve().parents[2] / "server_stub" / "municipalities" / "28100_kobe"
SEAL_CERTIFICATE, RESIDENCE = "印鑑登録証明書", "住民票の写し"
_CODE = "28100"
_NOTICE = "試験用・証明書としての効力はありません"
_LAST, _MORE = "以下余白", "次のページに続く"


@dataclass(frozen=True)
class Read:
    """What the papers say of themselves: one application, and the number of each copy in their order."""

    application_id: str
    issue_numbers: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    sheet: Sheet
    form: Form
    bound: Bound


@dataclass(frozen=True)
class Town:
    people: dict[str, Resident]
    callings: dict[str, str]
    seals: dict[str, SealFile]
    certifier: Certifier

    @classmethod
    def load(cls, folder: Path) -> Town:
        return cls(read_register(folder), read_callings(folder), read_seals(folder), read_certifier(KOBE))

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
    ) -> Read:
        """`sheets`: PDFs of front and back in the order they came out, all copies one after the other.

        What `options` does not name was not asked for and must read 【省略】. Raises WrongPaper.
        """
        expected = sorted((self.person(calling) for calling in people), key=lambda one: one["世帯内順位"])
        if len({person["世帯番号"] for person in expected}) != 1:
            raise WrongPaper(
                "nobody can ask for these people on one paper",
                expected="文に挙げた人が同じ世帯の人であること",
                found=f"{_keys(expected)}は同じ世帯ではない",
            )
        if not sheets or len(sheets) % copies:
            raise WrongPaper(
                f"{len(sheets)} sheets for {copies} copies",
                expected=f"用紙が{copies}部分あること",
                found=f"用紙は{len(sheets)}枚だった",
            )
        size = len(sheets) // copies
        with ExitStack() as opened:
            pages = [self._page(opened.enter_context(Sheet(pdf))) for pdf in sheets]
            (application, *others) = {page.bound.application_id for page in pages}
            if others:
                raise WrongPaper(
                    f"sheets of several applications: {application}, {others}",
                    expected="用紙がすべて一つの申請のものであること",
                    found=f"申請番号が{1 + len(others)}種類あった",
                )
            numbers = []
            references: set[tuple[str, ...]] = set()
            for start in range(0, len(pages), size):
                copy = pages[start : start + size]
                self._check_order(copy, start // size + 1)
                if kind == SEAL_CERTIFICATE:
                    self._check_seal_certificate(copy, expected)
                else:
                    self._check_residence(copy, expected, options)
                numbers.append(self._check_frames(copy, kind, self._attestation(kind, expected), today))
                references.add(tuple(ref for page in copy for ref in page.bound.subjects))
        if len(set(numbers)) != copies:
            raise WrongPaper(
                f"copies with one number: {numbers}",
                expected="部ごとに発行番号が異なること",
                found=f"発行番号は{'・'.join(numbers)}だった",
            )
        if len(references) != 1 or len(set(*references)) != len(expected):
            raise WrongPaper(
                f"the copies name other subjects: {references}",
                expected="どの部も、求めた人だけの証明書であること",
                found="裏面のコードに記録された対象者が、求めた人と合わなかった",
            )
        return Read(application, tuple(numbers))

    def _page(self, sheet: Sheet) -> Page:
        check_marks(sheet.front, "front")
        check_marks(sheet.back, "back")
        back = sheet.back.text
        for person in self.people.values():
            for column in ("氏名", "氏名フリガナ", "生年月日", "住所", "個人番号"):
                value = {"生年月日": person.birth, "住所": person.address}.get(column) or person[column]
                if squeezed(value) in back:
                    raise WrongPaper(
                        f"{column} of {person.key} on a back",
                        expected="裏面に個人の情報がないこと",
                        found=f"{person.key}の{column}が印字されていた",
                    )
        return Page(sheet, read_form(sheet.front), read_binding(sheet))

    @staticmethod
    def _check_order(copy: Sequence[Page], number: int) -> None:
        for k, page in enumerate(copy, start=1):
            found = (page.bound.copy, page.bound.k, page.bound.n)
            if found != (number, k, len(copy)):
                raise WrongPaper(
                    f"sheet {found} where {(number, k, len(copy))} belongs",
                    expected=f"{number}部目の{k}／{len(copy)}ページの用紙であること",
                    found=f"{found[0]}部目の{found[1]}／{found[2]}ページだった",
                    paper=page.bound.sheet_id,
                )

    # --- what stands beside the form --------------------------------------------------------------------------------------

    def _attestation(self, kind: str, expected: Sequence[Resident]) -> str:
        if kind == SEAL_CERTIFICATE:
            return self.certifier.of_imprint
        household = [p for p in self.people.values() if p["世帯番号"] == expected[0]["世帯番号"]]
        whole = len(expected) == sum(person.lives_here for person in household)
        return self.certifier.of_household if whole else self.certifier.of_members

    def _check_frames(self, copy: Sequence[Page], kind: str, attestation: str, today: date) -> str:
        """Every line outside of the form, in order from top to bottom; the number of the copy."""
        numbers = set()
        for k, page in enumerate(copy, start=1):
            word = _LAST if k == len(copy) else _MORE
            boxes = [*page.form.boxes, *((line,) for line in page.form.loose if line in (_LAST, _MORE))]
            if sorted(boxes) != sorted([("見本",), (word,)]):
                raise WrongPaper(
                    f"「見本」 and 「{word}」 are to stand in the free boxes: {boxes}",
                    expected=f"用紙の空いた枠に「見本」と「{word}」があること",
                    found=f"「{'」「'.join(''.join(box) for box in boxes)}」があった",
                    paper=page.bound.sheet_id,
                )
            loose = [line for line in page.form.loose if line != word]
            number = re.fullmatch(
                rf"発行番号　({_CODE}-{today:%Y%m%d}(?:-[0-9A-Z]{{4}}){{3}})",
                loose[1] if len(loose) > 1 else "",
            )
            if number is None:
                raise WrongPaper(
                    f"no number of {_CODE} of this day: {loose}",
                    expected=f"「{_CODE}-{today:%Y%m%d}-」で始まる発行番号があること",
                    found=f"「{loose[1]}」とあった" if len(loose) > 1 else "発行番号がなかった",
                    paper=page.bound.sheet_id,
                )
            numbers.add(number[1])
            wanted = [
                f"見本　{_NOTICE}",
                number[0],
                kind,
                attestation,
                in_words(f"5{today.year - 2018:02}{today:%m%d}"),
                self.certifier.title,
                self.certifier.mayor,
                _NOTICE,
                f"{k}／{len(copy)}",
            ]
            if loose != wanted:
                odd = [line for line in loose if line not in wanted]
                missing = [line for line in wanted if line not in loose]
                raise WrongPaper(
                    f"beside the form stands {loose}, not {wanted}",
                    expected=f"様式の外に「{'」「'.join(missing or wanted)}」とあること",
                    found=f"「{'」「'.join(odd or loose)}」とあった",
                    paper=page.bound.sheet_id,
                )
            self._check_official_seal(page.sheet)
        if len(numbers) != 1:
            raise WrongPaper(
                f"one copy with several numbers: {numbers}",
                expected="一部の用紙の発行番号がすべて同じであること",
                found=f"発行番号は{'・'.join(sorted(numbers))}だった",
            )
        return numbers.pop()

    def _check_official_seal(self, sheet: Sheet) -> None:
        """The last picture of a front, over the end of the mayor's name."""
        place = sheet.front.pictures[-1]
        around = Area(place.left - 5, place.top, place.right, place.bottom)
        if not any(
            letter.text == self.certifier.mayor[-1] and around.has(*letter.middle)
            for letter in sheet.front.letters
        ):
            raise WrongPaper(
                "the official seal is not beside the mayor's name",
                expected="公印が市長の氏名の末尾に重なっていること",
                found="ほかの位置に押されていた",
            )
        check_seal(sheet, place, self.certifier.seal, "official seal")

    # --- the forms ------------------------------------------------------------------------------------------------------------

    def _check_residence(
        self, copy: Sequence[Page], expected: Sequence[Resident], options: dict[str, bool]
    ) -> None:
        done = 0
        for page in copy:
            head, *members = page.form.blocks
            paper = page.bound.sheet_id
            try:
                check_cells(head, household_cells(expected[0], options), "世帯", paper)
            except WrongPaper:
                self._check_names(members, expected, paper)
                raise
            if not members or len(members) != len(page.bound.subjects):
                raise WrongPaper(
                    f"{len(members)} members on a sheet bound to {len(page.bound.subjects)}",
                    expected=f"この用紙に{len(page.bound.subjects)}人の欄があること（裏面のコードの記録）",
                    found=f"{len(members)}人の欄があった",
                    paper=paper,
                )
            for block in members:
                if done == len(expected):
                    raise WrongPaper(
                        "somebody who has no business on this paper",
                        expected=f"載っているのが{_keys(expected)}だけであること",
                        found="ほかの人の欄があった",
                        paper=paper,
                    )
                person = expected[done]
                done += 1
                if block.beside != (str(done),):
                    raise WrongPaper(
                        f"{person.key}: beside the block stands {block.beside}, not {done}",
                        expected=f"{person.key}の欄の番号が「{done}」であること",
                        found=f"「{'」「'.join(block.beside)}」とあった"
                        if block.beside
                        else "番号がなかった",
                        paper=paper,
                    )
                check_cells(block, member_cells(person, options), person.key, paper)
            if len(page.sheet.front.pictures) != 2:
                raise WrongPaper(
                    "pictures besides the ground and the official seal",
                    expected="用紙の画像が地紋と公印の二つだけであること",
                    found=f"画像が{len(page.sheet.front.pictures)}個あった",
                    paper=paper,
                )
        if done < len(expected):
            raise WrongPaper(
                f"{[person.key for person in expected[done:]]} are not on the paper",
                expected=f"{_keys(expected)}が載っていること",
                found=f"{_keys(expected[done:])}の欄がなかった",
            )

    def _check_names(self, members: Sequence[Block], expected: Sequence[Resident], paper: str) -> None:
        """Raises WrongPaper that names the others, where the paper is one of other people: who they are says more than where
        they live."""
        strangers = [
            person
            for person in self.people.values()
            if person.key not in [one.key for one in expected]
            and any(
                "氏名" in block.cells and written(block.cells["氏名"], person["氏名"]) for block in members
            )
        ]
        if strangers:
            raise WrongPaper(
                f"the paper reads the names of {[person.key for person in strangers]}",
                expected=f"載っているのが{_keys(expected)}だけであること",
                found=f"{_keys(strangers)}が載っていた",
                paper=paper,
            )

    def _check_seal_certificate(self, copy: Sequence[Page], expected: Sequence[Resident]) -> None:
        (page, *more), (person, *others) = copy, expected
        if more or others or len(page.form.blocks) != 1:
            raise WrongPaper(
                "one person, one sheet, one form to a copy",
                expected="印鑑登録証明書が一人につき1枚であること",
                found=f"対象者{len(expected)}人、用紙{len(copy)}枚、様式{len(page.form.blocks)}個だった",
            )
        (block,) = page.form.blocks
        check_cells(block, seal_cells(person), person.key, page.bound.sheet_id)
        if block.beside or len(page.bound.subjects) != 1:
            raise WrongPaper(
                f"beside the form stands {block.beside}",
                expected="印鑑登録証明書が一人分で、様式の外に余分な記載がないこと",
                found=f"対象者は{len(page.bound.subjects)}人、余分な記載は「{'」「'.join(block.beside)}」だった",
                paper=page.bound.sheet_id,
            )
        check_seal(page.sheet, imprint_place(page.sheet, block), self.seals[person.key], "imprint")

    # --- single facts ---------------------------------------------------------------------------------------------------

    def check_my_numbers(self, sheets: Sequence[bytes], callings: Sequence[str]) -> None:
        """個人番号 of these people, each in the person's own block, and of nobody else anywhere. Raises WrongPaper."""
        wanted = {self.person(calling).key: self.person(calling) for calling in callings}
        for pdf in sheets:
            with Sheet(pdf) as sheet:
                blocks = [b for b in read_form(sheet.front).blocks if "個人番号" in b.cells]
                text = sheet.front.text + sheet.back.text + sheet.keywords
            for person in self.people.values():
                if person.key not in wanted and person["個人番号"] in text:
                    raise WrongPaper(
                        f"個人番号 of {person.key}, which nobody asked for",
                        expected=f"{person.key}の個人番号が用紙にないこと",
                        found="その番号が印字されていた",
                    )
            for block in blocks:
                owner = [p for p in wanted.values() if written(block.cells["氏名"], p["氏名"])]
                if not written(block.cells["個人番号"], owner[0]["個人番号"] if owner else OMITTED):
                    raise WrongPaper(
                        "個人番号 in a block where it does not belong",
                        expected="個人番号の欄が、求めた人には本人の番号、ほかの人には【省略】であること",
                        found="ほかの内容が印字されていた",
                    )
                for person in owner:
                    wanted.pop(person.key)
        if wanted:
            raise WrongPaper(
                f"no 個人番号 of {sorted(wanted)}",
                expected=f"{'、'.join(sorted(wanted))}の個人番号が印字されていること",
                found="印字されていなかった",
            )

    def issue_numbers(self, sheets: Sequence[bytes]) -> list[str]:
        """The number that each copy bears, in the order of the copies. Raises WrongPaper."""
        found: dict[int, set[str]] = {}
        for pdf in sheets:
            with Sheet(pdf) as sheet:
                page = self._page(sheet)
            numbers = [
                match[1] for line in page.form.loose if (match := re.fullmatch(r"発行番号　(\S+)", line))
            ]
            if len(numbers) != 1:
                raise WrongPaper(
                    f"one number belongs on a sheet, not {numbers}",
                    expected="1枚の用紙に発行番号が一つあること",
                    found=f"{len(numbers)}個あった" if numbers else "なかった",
                    paper=page.bound.sheet_id,
                )
            found.setdefault(page.bound.copy, set()).add(numbers[0])
        if any(len(numbers) != 1 for numbers in found.values()):
            told = "・".join(sorted(set().union(*found.values())))
            raise WrongPaper(
                f"a copy with several numbers: {found}",
                expected="一部の用紙の発行番号がすべて同じであること",
                found=f"発行番号は{told}だった",
            )
        return [number for copy in sorted(found) for number in found[copy]]

    def check_glyphs(self, sheets: Sequence[bytes], calling: str) -> None:
        """The registered variant is drawn: text with its selector, and glyphs other than those of the plain form."""
        wanted = set(glyphs_of(self.person(calling).name))
        if not any(wanted <= drawn_glyphs(sheet) for sheet in sheets):
            raise WrongPaper(
                f"the glyphs of {calling} are not drawn",
                expected=f"「{calling}」の氏名が、届出の字形で印字されていること",
                found="届出の字形で印字された用紙がなかった",
            )

    def check_imprint(self, pdf: bytes, calling: str, *, width_mm: float, height_mm: float) -> None:
        """The registered imprint of this person and no other, of this size, in its cell. Raises WrongPaper."""
        seal = self.seals[self.callings[calling]]
        with Sheet(pdf) as sheet:
            (block,) = read_form(sheet.front).blocks
            place = imprint_place(sheet, block)
            check_seal(sheet, place, SealFile(seal.path, width_mm, height_mm), "imprint")


def _keys(people: Sequence[Resident]) -> str:
    return "、".join(person.key for person in people)


def imprint_place(sheet: Sheet, block: Block) -> Area:
    """Where the imprint is: the one picture in the cell 印影. Raises WrongPaper."""
    ground, *pictures = sheet.front.pictures
    found = [area for area in pictures if block.cells["印影"].area.holds(area, 0)]
    if len(pictures) != 2 or len(found) != 1:
        raise WrongPaper(
            f"{len(pictures)} pictures besides the ground, {len(found)} of them in the cell 印影",
            expected="印影の欄に印影が一つあり、ほかの画像が公印だけであること",
            found=f"印影の欄に{len(found)}個、地紋のほかの画像は{len(pictures)}個だった",
        )
    return found[0]
