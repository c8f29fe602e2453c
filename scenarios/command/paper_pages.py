"""`konbini paper copy`: a certificate through the model of a copier, as pictures and figures."""

from __future__ import annotations

from pathlib import Path

import pypdfium2

from server_stub.interface.failures import Failed
from server_stub.paper.copier import LEAST_AFTER, MOST_BEFORE, Contrast, copy_pdf, measure_pdf
from server_stub.paper.pattern import DPI, WORD
from server_stub.paper.viewing import page_picture

ORIGINAL_DPI = 300
_SIDES = (("front", "表面"), ("back", "裏面"))


def copy_paper(pdf: Path, target: Path) -> list[str]:
    """Write PNGs of every side of `pdf` and of its copy into `target`; the lines tell the files and what was measured.

    Contrast in per cent of the word 複写 to its ground (server_stub.paper.copier). Raises Failed(Paper_Corrupt) for what
    is no PDF, OSError where files cannot be read or written; nothing is written before the paper was copied.
    """
    body = pdf.read_bytes()
    copies, contrasts = copy_pdf(body), measure_pdf(body)
    target.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, (copy, contrast) in enumerate(zip(copies, contrasts, strict=True)):
        side, word = _SIDES[number % 2]
        sheet = number // 2 + 1
        original_file, copy_file = (
            target / f"{sheet:02d}-{side}-{kind}.png" for kind in ("original", "copy")
        )
        _write_original(body, number, original_file)
        copy.save(copy_file, dpi=(DPI, DPI))
        lines += [
            f"{sheet}枚目 {word}",
            f"  原紙の絵    {original_file}（{ORIGINAL_DPI} dpi、地紋は目に映る濃さ）",
            f"  複写の絵    {copy_file}（{DPI} dpi、白黒）",
            f"  けん制文字  {_told(contrast)}",
        ]
    return lines


def _write_original(body: bytes, number: int, file: Path) -> None:
    try:
        document = pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as error:
        raise Failed("Paper_Corrupt") from error
    try:
        picture = page_picture(document[number], ORIGINAL_DPI)
    finally:
        document.close()
    picture.save(file, dpi=(ORIGINAL_DPI, ORIGINAL_DPI))


def _told(contrast: Contrast) -> str:
    if contrast.clear == 0:
        return "測れません（地紋がないか、ほかの印刷に覆われています）"
    figures = f"地との差 複写前 {contrast.before:.1%}、複写後 {contrast.after:.1%}"
    aim = f"基準：前 {MOST_BEFORE:.0%} 未満、後 {LEAST_AFTER:.0%} を超える"
    return f"{figures}（{aim}）… " + (
        f"○「{WORD}」が複写に現れます" if contrast.kept else f"×「{WORD}」の働きが足りません"
    )
