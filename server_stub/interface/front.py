"""What must be read on the front of a sheet: compared by the centre before it finishes the sheet, and by the terminal again.

A front that says by its text that it is somebody else's, another sheet or another paper is no paper of this application,
whatever is declared of it; and a 個人番号 stands only where it was declared, because it is covered there in every picture.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import mul

import pypdfium2
import pypdfium2.raw as pdfium

from .binding import PDFIUM
from .failures import Failed
from .letter_forms import is_selector
from .offers import Offer
from .terminal import SheetEntry
from .values import Box

NAME, ISSUE_NUMBER = "name", "issue number"


@dataclass(frozen=True, slots=True)
class FrontFacts:
    """`words`: (what it is, as printed) of each text that must stand on the front; a NAME by itself, not as the beginning of a longer
    one; `page_mark` is k／n; `boxes`: where 個人番号 stand; `identifiers`: texts of many digits that are none."""

    words: tuple[tuple[str, str], ...]
    page_mark: str
    boxes: tuple[Box, ...]
    identifiers: tuple[str, ...]


def front_facts(application_id: str, entry: SheetEntry, offer: Offer) -> FrontFacts:
    """Tell what the front of `entry` must bear, by what was offered and what is declared of it.

    Nothing is said of who may not be named: 世帯主 and 筆頭者 stand on the blocks of others.
    """
    whole = any(
        choice.whole_names
        for question in offer.questions
        if (choice := question.choice(entry.answers.get(question.code))) is not None
    )
    names = {one.ref: one.name if whole else one.on_paper for one in offer.subjects}
    births = {one.ref: one.born for one in offer.subjects if one.born}
    return FrontFacts(
        words=(
            ("title", offer.title_with(entry.answers)),
            *((NAME, names.get(ref, "")) for ref in (*entry.subjects, *entry.named)),
            *(("birth", births[ref]) for ref in entry.subjects if ref in births),
            (ISSUE_NUMBER, entry.issue_number),
        ),
        page_mark=f"{entry.k}／{entry.n}",
        boxes=entry.secret_boxes,
        identifiers=(application_id, entry.issue_number),
    )


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """Open `pdf`, alone in pdfium. Raises Failed(Paper_Corrupt), also for a page that turns out to be unreadable."""
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise Failed("Paper_Corrupt", detail="no readable PDF") from error
        try:
            yield document
        except pypdfium2.PdfiumError as error:
            raise Failed("Paper_Corrupt", detail="no readable page") from error
        finally:
            document.close()


def check_fronts(pdf: bytes, fronts: Sequence[FrontFacts]) -> None:
    """Compare each page of `pdf` with what its front must bear. Raises Failed: Binding_Mismatch, Paper_Corrupt."""
    with opened(pdf) as document:
        if len(document) != len(fronts):
            raise Failed("Paper_Corrupt", pages=len(document), sheets=len(fronts))
        for number, facts in enumerate(fronts):
            page = document[number]
            text = page.get_textpage()
            try:
                check_front(text, letters_of(text), page.get_height(), facts)
            except Failed as failed:
                raise failed.with_facts(sheet=number + 1) from failed
            finally:
                text.close()
                page.close()


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of a side in their order, one for each index that pdfium knows them by; `plain` as they are compared, and
    for each letter of that its index."""

    read: tuple[str, ...]
    plain: str
    kept: tuple[int, ...]

    def places(self, word: str) -> list[list[int]]:
        """For each time that `word` stands in the text, width, variants and white space aside, the indices of its letters. A part
        of a letter is none: か of が."""
        plain, _ = _joined(word)
        found = []
        start = self.plain.find(plain) if plain else -1
        while start >= 0:
            end = start + len(plain)
            if self._between_letters(start) and self._between_letters(end):
                found.append(list(self.kept[start:end]))
            start = self.plain.find(plain, start + 1)
        return found

    def _between_letters(self, at: int) -> bool:
        return at in (0, len(self.kept)) or self.kept[at - 1] != self.kept[at]

    def beside(self, place: list[int]) -> tuple[str, ...]:
        """The letter before and the letter after a place."""
        first, last = place[0] - 1, place[-1] + 1
        return self.read[max(0, first) : first + 1] + self.read[last : last + 1]


def letters_of(text: pypdfium2.PdfTextPage) -> Letters:
    """Read a side. Of a letter beyond U+FFFF pdfium tells two halves: here the whole stands at the first index, and nothing at
    the second."""
    letters = [chr(pdfium.FPDFText_GetUnicode(text, index)) for index in range(text.count_chars())]
    for index in range(len(letters) - 1):
        if "\ud800" <= letters[index] <= "\udbff" and "\udc00" <= letters[index + 1] <= "\udfff":
            both = letters[index] + letters[index + 1]
            letters[index : index + 2] = both.encode("utf-16", "surrogatepass").decode("utf-16"), ""
    return Letters(tuple(letters), *_joined(letters))


def check_front(
    text: pypdfium2.PdfTextPage, letters: Letters, height: float, facts: FrontFacts
) -> list[list[list[int]]]:
    """For each text that must stand on the front, the places where it does, as indices of its letters.

    `height` is the page's in points. Raises Failed(Binding_Mismatch).
    """
    found = []
    for detail, word in facts.words:
        places = letters.places(word)
        if detail == NAME:
            places = [place for place in places if not _goes_on(text, letters, place)]
        elif detail == ISSUE_NUMBER:
            places = [place for place in places if not any(map(_counts, letters.beside(place)))]
        elif detail == "title":  # one title may be the end of another, which says the opposite
            places = [place for place in places if not any(map(str.isalpha, letters.beside(place)))]
        if not places:
            raise Failed("Binding_Mismatch", detail=detail)
        found.append(places)
    marks = [
        place
        for place in letters.places(facts.page_mark)
        if not any(letter.isdigit() for letter in letters.beside(place))
    ]
    if not marks:
        raise Failed("Binding_Mismatch", detail="page mark")
    check_numbers(text, letters, height, facts.boxes, facts.identifiers)
    return [*found, marks]


def _counts(letter: str) -> bool:
    """Whether a letter beside a number makes it another number."""
    return unicodedata.normalize("NFKC", letter).isdigit()


def _goes_on(text: pypdfium2.PdfTextPage, letters: Letters, place: list[int]) -> bool:
    """Whether a name is but the beginning of a longer one: 花 of 花子. It is not where its run of text ends, or a bracket follows.

    Between runs that lie apart pdfium puts a space or an end of line of its own making.
    """
    for index in range(place[-1] + 1, len(letters.read)):
        letter = letters.read[index]
        if pdfium.FPDFText_IsGenerated(text, index) == 1 or letter in "\r\n":
            return False
        if _plain(letter):
            return unicodedata.category(letter) not in ("Ps", "Pe")
    return False


_DASHES = str.maketrans(dict.fromkeys("\u0002\ufffe\u00ad‐‑‒–—―−", "-"))
"""pdfium tells a hyphen at the end of a line as a control character or none."""


@functools.cache
def _plain(letter: str) -> str:
    """A letter as it is compared: without its width, variant or space."""
    return "".join(
        one.translate(_DASHES)
        for one in unicodedata.normalize("NFKD", letter)
        if not one.isspace() and one not in "\x00\r\n" and not is_selector(one)
    )


def plain(text: str) -> str:
    """A text as the texts of a front are compared."""
    return _joined(text)[0]


def _joined(letters: Iterable[str]) -> tuple[str, tuple[int, ...]]:
    """The text as it is compared, and for each of its letters the index in `letters`."""
    plain, kept = [], []
    for index, letter in enumerate(letters):
        for one in _plain(letter):
            plain.append(one)
            kept.append(index)
    return "".join(plain), tuple(kept)


# --- 個人番号 -----------------------------------------------------------------------------------------------------------------

_POINTS = 72 / 25.4
_BEYOND = 1.0
"""Millimetres by which a digit may reach over the edge of its box."""
_DIGITS = 12
_OF_A_BOX = (0, 11, _DIGITS)
"""Digits in one box: none (who has no number), a 住民票コード, a 個人番号."""


def check_numbers(
    text: pypdfium2.PdfTextPage,
    letters: Letters,
    height: float,
    boxes: Sequence[Box] = (),
    identifiers: Sequence[str] = (),
) -> None:
    """Is every 個人番号 of a side in a box of its own, with no other digit in it? A box may be empty, or hold a 住民票コード.

    Raises Failed(Binding_Mismatch).
    """
    plain = [_in_line(letter) for letter in letters.read]
    if boxes:
        places = {
            index: text.get_charbox(index)
            for index, letter in enumerate(plain)
            if letter.isascii() and letter.isdigit()
        }
        for box in boxes:
            inside = [index for index, place in places.items() if _inside(place, box, height)]
            if len(inside) not in _OF_A_BOX:
                raise Failed("Binding_Mismatch", detail="個人番号 in a box")
            for index in inside:
                plain[index] = "\ufffc"
                del places[index]
    written = "".join(plain)
    for one in identifiers:
        written = written.replace(one, "\ufffc")
    if holds_my_number(written):
        raise Failed("Binding_Mismatch", detail="個人番号")


def _inside(place: tuple[float, float, float, float], box: Box, height: float) -> bool:
    left, low, right, high = (edge / _POINTS for edge in place)
    top, bottom = height / _POINTS - high, height / _POINTS - low
    return (
        box.x - _BEYOND <= left
        and right <= box.x + box.width + _BEYOND
        and box.y - _BEYOND <= top
        and bottom <= box.y + box.height + _BEYOND
    )


@functools.cache
def _in_line(letter: str) -> str:
    """One letter for one letter, so that indices stay: digits without their width."""
    plain = unicodedata.normalize("NFKC", letter)
    return plain if len(plain) == 1 else letter


_GAP = r"[^\w\r\n\ufffc]{1,3}"
"""Between two digits or groups of one line: spaces, hyphens, dots and the like."""
_WIDER = r"[^\w\ufffc]{1,4}"
"""The same, and ends of lines."""
_RUN = re.compile(rf"[0-9]+(?:{_WIDER}[0-9]+)*", re.ASCII)
_AS_SUCH = re.compile(
    rf"[0-9]{{12}}|[0-9]{{4}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}|[0-9](?: {{1,3}}[0-9]){{11}}", re.ASCII
)
_SPLIT = re.compile(r"[^0-9]+")
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def holds_my_number(text: str) -> bool:
    """Tell whether a 個人番号 stands in the text of a side, however it is parted.

    Twelve digits by themselves in the usual groups (12; 4-4-4; one a cell) are one whatever they are. In other groups, over
    several lines, within a word or beside more digits they are one only if the last is the check digit of a number, or the
    one after it, as made-up numbers have: twelve digits in an address or in a row of amounts are no alarm.
    """
    plain = unicodedata.normalize("NFKC", text)
    return any(_has_number(run.group(), _within_a_word(plain, run)) for run in _RUN.finditer(plain))


def _has_number(run: str, within_a_word: bool = False) -> bool:
    groups = _SPLIT.split(run)
    digits = "".join(groups)
    if len(digits) < _DIGITS:
        return False
    if len(digits) == _DIGITS:
        return _checks(digits) or (not within_a_word and _AS_SUCH.fullmatch(run) is not None)
    lines = re.split(r"[\r\n]+", run)
    if len(lines) > 1 and any(_has_number(line) for line in lines):
        return True
    fours = zip(groups, groups[1:], groups[2:], strict=False)
    return (
        any(len(group) == _DIGITS for group in groups)
        or any(all(len(group) == 4 for group in three) and _checks("".join(three)) for three in fours)
        or any(
            _checks(group[at : at + _DIGITS]) for group in groups for at in range(len(group) - _DIGITS + 1)
        )
    )


def _within_a_word(text: str, run: re.Match[str]) -> bool:
    """Whether letters stand on both sides, as in an address."""
    return text[: run.start()][-1:].isalpha() and text[run.end() :][:1].isalpha()


def _checks(digits: str) -> bool:
    """Whether the last digit is the one of the ministerial ordinance (2014, MIC no. 85, art. 5), or the next."""
    rest = sum(map(mul, _WEIGHTS, map(int, digits[:11]))) % 11
    right = 0 if rest <= 1 else 11 - rest
    return int(digits[11]) in (right, (right + 1) % 10)
