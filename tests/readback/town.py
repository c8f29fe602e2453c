"""The check of a finished paper: everybody who must be on it, every value in its own cell, and nothing else anywhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.readback.binding import Bound, check_boxes, check_facts, check_marks, read_binding
from tests.readback.cells import check_cells, written
from tests.readback.dates import of_day
from tests.readback.form import Block, Form, loose_lines, read_form
from tests.readback.format_file import load_formats
from tests.readback.glyphs import drawn_glyphs, glyphs_of
from tests.readback.kinds import enter_kinds_of, kind_coded, kind_titled, titles
from tests.readback.kinds.kind import (
    LEFT_OUT,
    OMITTED,
    SHOWN,
    Certified,
    Drawn,
    Expected,
    Front,
    Kind,
    PageRead,
    Wanted,
)
from tests.readback.kinds.seal_registration import IMPRINT
from tests.readback.register import (
    Municipality,
    Records,
    Resident,
    Signer,
    read_callings,
    read_municipality,
    squeezed,
)
from tests.readback.seals import SealFile, check_seal
from tests.readback.side import Area, Sheet, WrongPaper
from tests.readback.towns import SHIPPED

_ROOT = Path(__file__).resolve().parents[2]
_SHIPPED = (_ROOT / "scenarios" / "towns",)
"""Where the towns lie that come with the program."""
_NOTICE = "試験用・証明書としての効力はありません"
_BLACK = "この印は黒色です"
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_LAST, _MORE, _NEXT = "以下余白", "次のページに続く", "以下次頁"


@dataclass(frozen=True)
class Read:
    """What the papers say of themselves: one application, and the number of each copy in their order. `tables`: by whose code
    tables the people were decoded that they were held against, "own" or "format file"."""

    application_id: str
    issue_numbers: tuple[str, ...]
    tables: str


@dataclass(frozen=True)
class Page:
    sheet: Sheet
    form: Form
    bound: Bound


@dataclass(frozen=True)
class Town:
    """`callings`: 呼び名 -> 宛名番号."""

    records: Records
    callings: Mapping[str, str]
    municipality: Municipality

    @classmethod
    def load(cls, folder: Path, settings: Path, elsewhere: Mapping[str, str] | None = None) -> Town:
        """Read the town whose `cards.toml` and delivery lie in `folder` (the delivery itself, or a folder of it).

        `settings`: the folder with municipality.toml and the formats in deliveries/. A shipped town is decoded by this reader's
        own tables, any other by its format file. `elsewhere`: 呼び名 -> key of people who live in other towns and may have a
        record here. Raises LookupError where no format has its slip there.
        """
        found = read_municipality(settings)
        enter_kinds_of(settings.resolve())
        shipped = any(settings.resolve().is_relative_to(place) for place in _SHIPPED)
        named = settings.name if settings.name in SHIPPED else found.code
        if shipped and named in SHIPPED:
            slip, read = SHIPPED[named]
            records = read(_delivery(folder, slip))
        else:
            records = _by_format(folder, settings)
        return cls(records, {**(elsewhere or {}), **read_callings(folder)}, found)

    @property
    def tables(self) -> str:
        """Whose code tables the people were decoded by: "own" or "format file"."""
        return self.records.tables

    @property
    def people(self) -> Mapping[str, Resident]:
        return self.records.people

    def key(self, calling: str) -> str:
        """Raises WrongPaper for somebody whom no card is named after."""
        if calling not in self.callings:
            raise WrongPaper(
                f"nobody is called {calling}",
                expected=f"「{calling}」という人がいること",
                found="その人のカードがなかった",
            )
        return self.callings[calling]

    def person(self, calling: str) -> Resident:
        """Raises WrongPaper for somebody who is not in the delivered register."""
        key = self.key(calling)
        if key not in self.people:
            raise WrongPaper(
                f"{key} is not in the register",
                expected=f"「{calling}」が連携された住民記録にあること",
                found="読み取れる記録がなかった",
            )
        return self.people[key]

    # --- the whole check ------------------------------------------------------------------------------------------------

    def check(
        self,
        sheets: Sequence[bytes],
        people: Sequence[str],
        *,
        kind: str,
        options: Mapping[str, bool | str],
        copies: int,
        today: date,
        fee: int | None = None,
        holder: str = "",
    ) -> Read:
        """`sheets`: PDFs of front and back in the order they came out, all copies one after the other.

        `kind` is the printed title, or what terminals call the kind. `options`: words of a question -> words of the choice, or
        whether 記載する; what they do not name was not asked for. `fee`: what all copies cost, where it is known. `people`: by their 呼び名; of a kind that is
        `Drawn` by the names on its paper, which is then the one of `holder` (呼び名). Raises WrongPaper.
        """
        asked = self._kind_called(kind, today)
        service = self._service(asked, today)
        answers = {words: _in_words(answer) for words, answer in options.items()}
        subjects: Sequence[str] = people
        expected = None
        if not isinstance(asked, Drawn):
            subjects = [self.key(calling) for calling in people]
            expected = asked.expected(self.records, subjects, answers, today, service)
        if not sheets or len(sheets) % copies:
            raise WrongPaper(
                f"{len(sheets)} sheets for {copies} copies",
                expected=f"用紙が{copies}部分あること",
                found=f"用紙は{len(sheets)}枚だった",
            )
        size = len(sheets) // copies
        with ExitStack() as opened:
            drawn = isinstance(asked, Drawn)
            pages = [self._page(opened.enter_context(Sheet(pdf)), drawn=drawn) for pdf in sheets]
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
                if isinstance(asked, Drawn):
                    numbers.append(self._check_drawn(copy, asked, people, holder, today))
                elif expected is not None:
                    self._check_title(copy, self._title(asked, expected, today))
                    if expected.read is None:
                        self._check_forms(copy, expected)
                    else:
                        self._check_lines(copy, asked, expected.read)
                    numbers.append(self._check_frames(copy, asked, expected, today))
                references.add(tuple(ref for page in copy for ref in page.bound.subjects))
            for page in pages:
                self._check_bound(
                    page,
                    asked,
                    copies,
                    fee,
                    service,
                    lines=expected is not None and expected.read is not None,
                    unasked=expected.unasked if expected is not None else (),
                )
        if len(set(numbers)) != copies:
            raise WrongPaper(
                f"copies with one number: {numbers}",
                expected="部ごとに発行番号が異なること",
                found=f"発行番号は{'・'.join(numbers)}だった",
            )
        if len(references) != 1 or len(set(*references)) != len(subjects):
            raise WrongPaper(
                f"the copies name other subjects: {references}",
                expected="どの部も、求めた人だけの証明書であること",
                found="用紙に記録された対象者が、求めた人と合わなかった",
            )
        return Read(application, tuple(numbers), self.tables)

    def _kind_called(self, name: str, today: date) -> Kind:
        """The kind that is called so here, in the menu or on its papers."""
        for code, service in self.municipality.on(today).services.items():
            if name in (service.get("words", {}).get("ja"), service.get("title")):
                return kind_coded(code)
        return kind_titled(name)

    def _title(self, kind: Kind, expected: Expected, today: date) -> str:
        """What is to stand at the head: that of the record, else the municipality's, else the kind's."""
        return expected.title or self.municipality.on(today).title(kind.code, kind.title)

    def _service(self, kind: Kind, today: date) -> Mapping[str, object]:
        services = self.municipality.on(today).services
        if kind.code not in services:
            raise WrongPaper(
                f"{self.municipality.code} offers no {kind.code}",
                expected=f"{self.municipality.name}が{kind.title}を交付すること",
                found="市の設定にその証明書がなかった",
            )
        return services[kind.code]

    def _check_bound(
        self,
        page: Page,
        kind: Kind,
        copies: int,
        fee: int | None,
        service: Mapping[str, object],
        *,
        lines: bool,
        unasked: Sequence[str],
    ) -> None:
        """What the keywords say, against what is printed and what was asked. Of a sheet of lines its answers were checked before."""
        answers = page.bound.answers if lines else kind.answers_shown(page.form.blocks, service)
        check_facts(
            page.bound,
            kind=kind.code,
            municipality=self.municipality.code,
            copies=copies,
            answers={code: choice for code, choice in answers.items() if code not in unasked},
        )
        if not lines:
            check_boxes(page.bound, page.form)
        if fee is not None and page.bound.fee != fee:
            raise WrongPaper(
                f"the keywords say of the fee {page.bound.fee}, it is {fee}",
                expected=f"用紙に記録された手数料が{fee}円であること",
                found=f"{page.bound.fee}円だった",
                paper=page.bound.sheet_id,
            )

    def _check_drawn(
        self, copy: Sequence[Page], kind: Drawn, people: Sequence[str], holder: str, today: date
    ) -> str:
        sheets = {page.bound.sheet_id: page.sheet for page in copy}

        def check_seals(front: Front, *, signed: bool) -> None:
            sheet = sheets[front.paper]
            if len(sheet.front.pictures) != 1 + signed:
                raise WrongPaper(
                    f"{len(sheet.front.pictures)} pictures on a front",
                    expected=f"公印が{'この用紙に一つあること' if signed else '最後の用紙にだけあること'}",
                    found=f"地紋のほかの画像が{len(sheet.front.pictures) - 1}個あった",
                    paper=front.paper,
                )
            if signed:
                self._check_official_seal(sheet, signer)

        signer = self.municipality.on(today).signer(kind.code)
        told = Certified(
            records=self.records,
            holder=self.key(holder),
            callings=self.callings,
            code=self.municipality.code,
            today=today,
            service=self._service(kind, today),
            signed=(squeezed(signer.office + signer.mayor), *([_BLACK] if signer.black else [])),
            check_seals=check_seals,
        )
        fronts = [Front(page.sheet.front, len(page.bound.subjects), page.bound.sheet_id) for page in copy]
        # as the ledger has it
        return unicodedata.normalize("NFKC", kind.check_fronts(fronts, people, told))

    def _page(self, sheet: Sheet, *, drawn: bool = False) -> Page:
        check_marks(sheet.front, "front")
        check_marks(sheet.back, "back")
        back = sheet.back.text
        for person in self.people.values():
            for column in ("氏名", "氏名フリガナ", "生年月日", "住所", "個人番号"):
                value = person.birth if column == "生年月日" else person[column]
                if value and squeezed(value) in back:
                    raise WrongPaper(
                        f"{column} of {person.key} on a back",
                        expected="裏面に個人の情報がないこと",
                        found=f"{person.key}の{column}が印字されていた",
                    )
        form = Form((), (), loose_lines(sheet.front), "") if drawn else read_form(sheet.front)
        return Page(sheet, form, read_binding(sheet, self.municipality.name))

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

    @staticmethod
    def _check_title(copy: Sequence[Page], title: str) -> None:
        """The printed title is that of the kind which was asked for."""
        for page in copy:
            printed = [line for line in page.form.loose if line in {*titles(), title}]
            if printed != [title]:
                raise WrongPaper(
                    f"another kind: {printed}, not {title}",
                    expected=f"用紙の表題が「{title}」であること",
                    found=f"「{'」「'.join(printed)}」だった" if printed else "証明書の表題がなかった",
                    paper=page.bound.sheet_id,
                )

    def _check_frames(self, copy: Sequence[Page], kind: Kind, expected: Expected, today: date) -> str:
        """Every line outside of the form, in order from top to bottom; the number of the copy."""
        numbers = set()
        here = self.municipality.on(today)
        title = self._title(kind, expected, today)
        signer = here.signer(kind.code)
        form, shown = here.number(kind.code, today)
        for k, page in enumerate(copy, start=1):
            word = _LAST if k == len(copy) or expected.each_ends else _MORE
            boxes = [*page.form.boxes, *((line,) for line in page.form.loose if line in (_LAST, _MORE))]
            wanted_boxes = [("見本",), (word,)]
            if expected.read is not None:  # the last box is that of the lines, which were read
                word = "" if k == len(copy) else _NEXT
                boxes = [*page.form.boxes[:-1], *((line,) for line in page.form.loose if line == _NEXT)]
                wanted_boxes = [("見本",), (expected.extent,), *([(word,)] if word else [])]
            if sorted(boxes) != sorted(wanted_boxes):
                raise WrongPaper(
                    f"{wanted_boxes} are to stand in the free boxes: {boxes}",
                    expected=f"用紙の空いた枠に「{'」と「'.join(''.join(box) for box in wanted_boxes)}」があること",
                    found=f"「{'」「'.join(''.join(box) for box in boxes)}」があった",
                    paper=page.bound.sheet_id,
                )
            loose = [line for line in page.form.loose if line != word]
            number = re.fullmatch(f"発行番号　({form})", loose[1] if len(loose) > 1 else "")
            if number is None:
                raise WrongPaper(
                    f"no number of {here.code} of this day: {loose}",
                    expected=f"「{shown}」という形の発行番号があること",
                    found=f"「{loose[1]}」とあった" if len(loose) > 1 else "発行番号がなかった",
                    paper=page.bound.sheet_id,
                )
            numbers.add(number[1])
            # only the last sheet is certified
            last = k == len(copy)
            day = of_day(today).japanese
            black = [_BLACK] if signer.black else []
            if expected.read is not None or expected.digits == "full":
                day = day.translate(_WIDE)
            certified = [expected.attestation, day, signer.office, signer.mayor, *black]
            closing = certified if last else []
            wanted = [
                f"見本　{_NOTICE}",
                number[0],
                title,
                *([expected.annex_heading] if self._is_annex(page, expected) else []),
                *closing,
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
            if last:
                self._check_official_seal(page.sheet, signer)
        if len(numbers) != 1:
            raise WrongPaper(
                f"one copy with several numbers: {numbers}",
                expected="一部の用紙の発行番号がすべて同じであること",
                found=f"発行番号は{'・'.join(sorted(numbers))}だった",
            )
        return numbers.pop()

    @staticmethod
    def _is_annex(page: Page, expected: Expected) -> bool:
        return bool(expected.annex_heading) and expected.annex_heading in page.form.loose

    @staticmethod
    def _check_official_seal(sheet: Sheet, signer: Signer) -> None:
        """The last picture of a front, at the end of the mayor's name."""
        place = sheet.front.pictures[-1]
        around = Area(place.left - 5, place.top, place.right, place.bottom)
        if not any(
            letter.text == signer.mayor[-1] and around.has(*letter.middle) for letter in sheet.front.letters
        ):
            raise WrongPaper(
                "the official seal is not beside the mayor's name",
                expected="公印が市長の氏名の末尾に重なっていること",
                found="ほかの位置に押されていた",
            )
        check_seal(sheet, place, signer.seal, "official seal")

    def _check_lines(
        self, copy: Sequence[Page], kind: Kind, read: Callable[[Sequence[Form]], Sequence[PageRead]]
    ) -> None:
        """Who stands on each sheet, and what it is an answer to, as its keywords say."""
        for page, found in zip(copy, read([page.form for page in copy]), strict=True):
            bound = page.bound
            pictures = len(page.sheet.front.pictures)
            if pictures != 1 + (bound.k == bound.n):
                raise WrongPaper(
                    f"{pictures} pictures on sheet {bound.k} of {bound.n}",
                    expected="用紙の画像が、地紋と、最後の用紙だけの公印であること",
                    found=f"画像は{pictures}個あった",
                    paper=bound.sheet_id,
                )
            if len(found.subjects) != len(bound.subjects):
                raise WrongPaper(
                    f"{len(found.subjects)} persons on a sheet bound to {len(bound.subjects)}",
                    expected=f"この用紙に{len(bound.subjects)}人が載っていること（用紙の記録）",
                    found=f"{len(found.subjects)}人が載っていた",
                    paper=bound.sheet_id,
                )
            check_facts(
                bound,
                kind=kind.code,
                municipality=self.municipality.code,
                copies=bound.copies,
                answers=found.answers,
            )
            if len(bound.boxes) != found.numbers:
                raise WrongPaper(
                    f"{found.numbers} numbers to cover, by the keywords {len(bound.boxes)}",
                    expected=f"用紙に記録された番号の位置が{found.numbers}か所であること",
                    found=f"{len(bound.boxes)}か所だった",
                    paper=bound.sheet_id,
                )

    # --- the forms ------------------------------------------------------------------------------------------------------------

    def _check_forms(self, copy: Sequence[Page], expected: Expected) -> None:
        if expected.most_sheets is not None and len(copy) > expected.most_sheets:
            raise WrongPaper(
                f"{len(copy)} sheets to a copy",
                expected=f"一部の用紙が{expected.most_sheets}枚までであること",
                found=f"{len(copy)}枚だった",
            )
        annex = [page for page in copy if self._is_annex(page, expected)]
        if annex != list(copy[len(copy) - len(annex) :]):
            raise WrongPaper(
                "別紙 before a sheet of the form",
                expected="別紙が終わりのページであること",
                found="別紙のあとに様式のページがあった",
            )
        left = iter((*expected.blocks, *expected.annex))
        done = 0
        for page in copy:
            if page in annex and done < len(expected.blocks):
                break
            blocks = page.form.blocks if page in annex else self._without_head(page, expected)
            paper = page.bound.sheet_id
            found = []
            for block in blocks:
                wanted = next(left, None)
                if wanted is None:
                    raise WrongPaper(
                        "somebody who has no business on this paper",
                        expected=f"載っているのが{_whose(expected.blocks)}だけであること",
                        found="ほかの人の欄があった",
                        paper=paper,
                    )
                found.append((block, wanted))
            done += len(found)
            self._check_subjects(page, [wanted for _block, wanted in found], expected.annex)
            for block, wanted in found:
                self._check_block(block, wanted, paper)
            self._check_pictures(page, found)
        if done < len(expected.blocks) + len(expected.annex):
            missing = (*expected.blocks, *expected.annex)[done:]
            raise WrongPaper(
                f"{[wanted.whose for wanted in missing]} are not on the paper",
                expected=f"{_whose(expected.blocks)}が載っていること",
                found=f"{_whose(missing)}の欄がなかった",
            )

    def _without_head(self, page: Page, expected: Expected) -> Sequence[Block]:
        """The blocks of a sheet below the one that every sheet begins with."""
        if expected.head is None:
            return page.form.blocks
        if not page.form.blocks:
            raise WrongPaper(
                "no form on the sheet",
                expected=f"用紙に{expected.head.whose}の欄があること",
                found="なかった",
                paper=page.bound.sheet_id,
            )
        head, *blocks = page.form.blocks
        try:
            self._check_block(head, expected.head, page.bound.sheet_id)
        except WrongPaper:
            self._check_names(blocks, expected, page.bound.sheet_id)
            raise
        return blocks

    @staticmethod
    def _check_subjects(page: Page, found: Sequence[Wanted], annex: Sequence[Wanted]) -> None:
        """As many persons' blocks on the sheet as persons that it is bound to; none beside what is annexed."""
        persons = [wanted for wanted in found if wanted.person]
        mixed = persons and any(wanted in annex for wanted in found)
        if not found or len(persons) != len(page.bound.subjects) or mixed:
            raise WrongPaper(
                f"{len(persons)} persons on a sheet bound to {len(page.bound.subjects)}",
                expected=f"この用紙に{len(page.bound.subjects)}人の欄があること（用紙の記録）",
                found=f"{len(persons)}人の欄があった",
                paper=page.bound.sheet_id,
            )

    @staticmethod
    def _check_block(block: Block, wanted: Wanted, paper: str) -> None:
        check_cells(block, wanted.cells, wanted.whose, paper)
        if block.beside != wanted.beside:
            raise WrongPaper(
                f"{wanted.whose}: beside the block stands {block.beside}, not {wanted.beside}",
                expected=f"{wanted.whose}の欄の外に{_said(wanted.beside)}こと",
                found=f"「{'」「'.join(block.beside)}」とあった" if block.beside else "何もなかった",
                paper=paper,
            )

    @staticmethod
    def _check_pictures(page: Page, found: Sequence[tuple[Block, Wanted]]) -> None:
        """The ground is on every sheet, the official seal on the last, and besides them only the pictures that a block must have."""
        beside = 2 if page.bound.k == page.bound.n else 1
        pictures = [
            (block, label, file) for block, wanted in found for label, file in wanted.pictures.items()
        ]
        if len(page.sheet.front.pictures) != beside + len(pictures):
            raise WrongPaper(
                f"{len(page.sheet.front.pictures)} pictures, of which {len(pictures)} belong to the form",
                expected=f"用紙の画像が、地紋と、最後のページの公印のほかに{len(pictures)}個であること",
                found=f"画像は全部で{len(page.sheet.front.pictures)}個あった",
                paper=page.bound.sheet_id,
            )
        for block, label, file in pictures:
            check_seal(page.sheet, picture_place(page.sheet, block, label), file, "imprint")

    def _check_names(self, members: Sequence[Block], expected: Expected, paper: str) -> None:
        """Raises WrongPaper that names the others, where the paper is one of other people: who they are says more than where
        they live."""
        strangers = [
            person
            for person in self.people.values()
            if person.key not in [one.whose for one in expected.blocks]
            and any(
                "氏名" in block.cells and written(block.cells["氏名"], person.full_name) for block in members
            )
        ]
        if strangers:
            raise WrongPaper(
                f"the paper reads the names of {[person.key for person in strangers]}",
                expected=f"載っているのが{_whose(expected.blocks)}だけであること",
                found=f"{_keys(strangers)}が載っていた",
                paper=paper,
            )

    # --- single facts ---------------------------------------------------------------------------------------------------

    def check_my_numbers(self, sheets: Sequence[bytes], callings: Sequence[str]) -> None:
        """個人番号 of these people, each in the person's own block, and of nobody else anywhere. Raises WrongPaper."""
        wanted = {self.person(calling).key: self.person(calling) for calling in callings}
        for pdf in sheets:
            with Sheet(pdf) as sheet:
                blocks = [b for b in read_form(sheet.front).blocks if "個人番号" in b.cells]
                text = sheet.front.text + sheet.back.text + sheet.keywords
            for person in self.people.values():
                number = person["個人番号"]  # '' of before there were any
                if person.key not in wanted and number and number in text:
                    raise WrongPaper(
                        f"個人番号 of {person.key}, which nobody asked for",
                        expected=f"{person.key}の個人番号が用紙にないこと",
                        found="その番号が印字されていた",
                    )
            for block in blocks:
                owner = [p for p in wanted.values() if written(block.cells["氏名"], p.full_name)]
                if not any(
                    written(block.cells["個人番号"], text)
                    for text in (_in_both_widths(owner[0]["個人番号"]) if owner else (OMITTED,))
                ):
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
                page = self._page(sheet, drawn=True)
            numbers = [
                match[1] for line in page.form.loose if (match := re.fullmatch(r"発行番号　(\S.*)", line))
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
        wanted = set(glyphs_of(self.person(calling).name, self.municipality.fonts))
        if not any(wanted <= drawn_glyphs(sheet) for sheet in sheets):
            raise WrongPaper(
                f"the glyphs of {calling} are not drawn",
                expected=f"「{calling}」の氏名が、届出の字形で印字されていること",
                found="届出の字形で印字された用紙がなかった",
            )

    def check_imprint(self, pdf: bytes, calling: str, *, width_mm: float, height_mm: float) -> None:
        """The registered imprint of this person and no other, of this size, in its cell. Raises WrongPaper."""
        seal = self.records.seals[self.key(calling)]
        with Sheet(pdf) as sheet:
            (block,) = read_form(sheet.front).blocks
            place = picture_place(sheet, block, IMPRINT)
            check_seal(sheet, place, SealFile(seal.path, width_mm, height_mm), "imprint")


def _delivery(folder: Path, slip: str) -> Path:
    """`folder` or the first folder in it where that file lies. Raises LookupError."""
    places = [folder, *sorted(place for place in folder.iterdir() if place.is_dir())]
    for place in places:
        if (place / slip).exists():
            return place
    raise LookupError(f"no delivery in {folder.name}: no {slip}")


def _by_format(folder: Path, settings: Path) -> Records:
    """By the format whose slip lies there."""
    formats = load_formats(settings / "deliveries")
    for one in formats:
        try:
            delivery = _delivery(folder, one.slip)
        except LookupError:
            continue
        return one.read(delivery)
    raise LookupError(f"no delivery in {folder.name} that a format of {settings.name} reads")


def _in_both_widths(number: str) -> tuple[str, str]:
    return number, number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def _in_words(answer: bool | str) -> str:
    if isinstance(answer, str):
        return answer
    return SHOWN if answer else LEFT_OUT


def _keys(people: Sequence[Resident]) -> str:
    return "、".join(person.key for person in people)


def _whose(blocks: Sequence[Wanted]) -> str:
    return "、".join(wanted.whose for wanted in blocks if wanted.person) or "、".join(
        wanted.whose for wanted in blocks
    )


def _said(beside: Sequence[str]) -> str:
    return f"「{'」「'.join(beside)}」とある" if beside else "余分な記載がない"


def picture_place(sheet: Sheet, block: Block, label: str) -> Area:
    """Where the one picture in the cell `label` is. Raises WrongPaper."""
    _ground, *pictures = sheet.front.pictures
    found = [area for area in pictures if block.cells[label].area.holds(area, 0)]
    if len(found) != 1:
        raise WrongPaper(
            f"{len(found)} pictures in the cell {label}",
            expected=f"{label}の欄に画像が一つあること",
            found=f"{len(found)}個あった",
        )
    return found[0]
