"""A receipt taken apart: what stands beside which label, read off the finished page with pdfium."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pypdfium2

from tests.readback.side import WrongPaper

_JST = timezone(timedelta(hours=9))
_SAME_LINE = 2.0
"""Points between base lines of one line."""
_NOTICE = "試験用・証明書としての効力はありません"


@dataclass(frozen=True)
class Receipt:
    """Amounts in yen; `lines` are all fields of all lines from top to bottom, as they are written."""

    at: datetime
    terminal: str
    municipality: str
    kind: str
    each: int
    copies: int
    total: int
    paid: int
    change: int
    number: str
    lines: tuple[tuple[str, ...], ...]


def read_receipt(pdf: bytes) -> Receipt:
    """A Japanese receipt. Raises WrongPaper where it lacks a field or has one twice, or its sums are wrong."""
    lines = receipt_lines(pdf)
    fields: dict[str, list[str]] = {}
    for line in lines:
        if len(line) == 2:
            fields.setdefault(line[0], []).append(line[1])
    title = [number for number, line in enumerate(lines) if line == ("領収書",)]
    if len(title) != 1 or (_NOTICE,) not in lines:
        raise WrongPaper(
            f"no receipt: {lines}",
            expected="「領収書」の表題と、証明書としての効力がない旨の注意があること",
            found=_told(lines),
        )
    at, terminal = _pair(lines, title[0] + 1)
    (municipality,), (kind,), (terms, due) = (lines[title[0] + n] for n in (2, 3, 4))
    match = re.fullmatch(r"([\d,]+円) × (\d+)部", terms)
    if match is None:
        raise WrongPaper(
            f"「{terms}」 is no price and number of copies",
            expected="領収書に「1部の手数料 × 部数」とあること",
            found=f"「{terms}」とあった",
        )
    number = [below for above, below in zip(lines, lines[1:], strict=False) if above == ("申請番号",)]
    if len(number) != 1 or len(number[0]) != 1:
        raise WrongPaper(
            f"no number of the application: {lines}",
            expected="領収書に申請番号が一つあること",
            found=_told(lines),
        )
    read = Receipt(
        _moment(at), terminal.removeprefix("端末 "), municipality, kind, _yen(match[1]), int(match[2]),
        *(_yen(_only(fields, label)) for label in ("合計", "お預り", "おつり")),
        number[0][0], lines,
    )  # fmt: skip
    if not read.each * read.copies == _yen(due) == read.total or read.paid - read.total != read.change:
        raise WrongPaper(
            f"the sums of the receipt are wrong: {lines}",
            expected="領収書の合計が手数料×部数、おつりがお預り－合計であること",
            found=f"1部{read.each}円、{read.copies}部、金額{due}、合計{read.total}円、"
            f"お預り{read.paid}円、おつり{read.change}円だった",
        )
    return read


def receipt_lines(pdf: bytes) -> tuple[tuple[str, ...], ...]:
    """The fields of each line, from left to right; without the large 見本 across the page. Raises WrongPaper."""
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        raise WrongPaper("no PDF", expected="領収書がPDFであること", found="PDFとして読めなかった") from error
    with document:
        if len(document) != 1:
            pages = len(document)
            raise WrongPaper(
                f"a receipt of {pages} pages",
                expected="領収書が1ページであること",
                found=f"{pages}ページだった",
            )
        found: list[tuple[float, float, str]] = []
        page = document[0]
        text = page.get_textpage()
        for item in page.get_objects(filter=[1], textpage=text):
            left, bottom, _right, top = item.get_bounds()
            word = item.extract().strip()
            if word and word != "見本" and top - bottom < 40:
                found.append((bottom, left, word))
    rows: list[list[tuple[float, float, str]]] = []
    for one in sorted(found, reverse=True):
        if rows and abs(rows[-1][0][0] - one[0]) < _SAME_LINE:
            rows[-1].append(one)
        else:
            rows.append([one])
    return tuple(tuple(word for _, _, word in sorted(row, key=lambda one: one[1])) for row in rows)


def _told(lines: tuple[tuple[str, ...], ...]) -> str:
    """The whole receipt in one line."""
    return f"領収書の記載は「{' / '.join('　'.join(line) for line in lines)}」だった"


def _pair(lines: tuple[tuple[str, ...], ...], number: int) -> tuple[str, str]:
    if number >= len(lines) or len(lines[number]) != 2:
        raise WrongPaper(
            f"no time and terminal: {lines}",
            expected="領収書の表題の次に、日時と端末の番号があること",
            found=_told(lines),
        )
    return lines[number][0], lines[number][1]


def _only(fields: dict[str, list[str]], label: str) -> str:
    if len(fields.get(label, ())) != 1:
        raise WrongPaper(
            f"「{label}」 does not stand there once: {fields}",
            expected=f"領収書に「{label}」が一つあること",
            found=f"{len(fields.get(label, ()))}個あった" if label in fields else "なかった",
        )
    return fields[label][0]


def _yen(text: str) -> int:
    match = re.fullmatch(r"(\d{1,3}(?:,\d{3})*)円", text)
    if match is None:
        raise WrongPaper(
            f"「{text}」 is no amount",
            expected="領収書の金額が「1,000円」の形であること",
            found=f"「{text}」とあった",
        )
    return int(match[1].replace(",", ""))


def _moment(text: str) -> datetime:
    match = re.fullmatch(r"(\d{4})年(\d{1,2})月(\d{1,2})日 (\d{2}):(\d{2})", text)
    if match is None:
        raise WrongPaper(
            f"「{text}」 is no day and time",
            expected="領収書の日時が「2026年6月3日 10:00」の形であること",
            found=f"「{text}」とあった",
        )
    year, month, day, hour, minute = map(int, match.groups())
    return datetime(year, month, day, hour, minute, tzinfo=_JST)
