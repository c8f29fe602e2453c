"""`konbini paper copy`: a certificate through the model of a copier, as pictures and figures; `konbini paper unscramble`: the front
that the scan of a back holds."""

from __future__ import annotations

from pathlib import Path

import pypdfium2

from server_stub.interface.failures import Failed
from server_stub.paper import detection_mark
from server_stub.paper.copier import LEAST_AFTER, MOST_BEFORE, Contrast, copy_pdf, measure_pdf
from server_stub.paper.detection_mark import infrared
from server_stub.paper.front_comparison import compare
from server_stub.paper.pattern import DPI, WORD
from server_stub.paper.scramble import ScrambleKey
from server_stub.paper.side_by_side import side_by_side
from server_stub.paper.unscramble import Unscrambled, record_agrees, unscramble
from server_stub.paper.viewing import page_picture

ORIGINAL_DPI = 300
_SIDES = (("front", "表面"), ("back", "裏面"))


def copy_paper(pdf: Path, target: Path) -> list[str]:
    """Write PNGs of every side of `pdf` and of its copy into `target`; the lines tell the files and what was measured.

    Contrast in per cent of the word 複写 to its ground (server_stub.paper.copier). Raises Failed(Paper_Corrupt) for what
    is no PDF, OSError where files cannot be read or written; nothing is written before the paper was copied.
    """
    body = pdf.read_bytes()
    copies, contrasts, unseen = copy_pdf(body), measure_pdf(body), infrared(body, ORIGINAL_DPI)
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
        if unseen[number].histogram()[0]:
            file = target / f"{sheet:02d}-{side}-infrared.png"
            unseen[number].save(file, dpi=(ORIGINAL_DPI, ORIGINAL_DPI))
            lines += [
                f"  赤外線の絵  {file}（偽造防止検出画像を赤外線カメラで見た模擬）",
                f"  検出画像    原紙では赤外線で「{detection_mark.WORD}」が見え、複写では失われます（模擬：専用の色で表しています）",
            ]
    return lines


def unscramble_paper(
    scan: Path, front: Path | None, out: Path | None, key: ScrambleKey
) -> tuple[list[str], bool]:
    """Write the front that the back in `scan` holds as a PNG (`out`, else beside the scan), and where the front was scanned too, both
    side by side; the lines tell the files and what was found, then whether nothing speaks against the paper.

    Raises Failed as `unscramble`, OSError where files cannot be read or written.
    """
    found = unscramble(scan.read_bytes(), key, None if front is None else front.read_bytes())
    held = found.opened.picture
    target = out or scan.with_name(f"{scan.stem}-復元した表面.png")
    target.parent.mkdir(parents=True, exist_ok=True)
    held.save(target, "PNG", dpi=(found.opened.dpi, found.opened.dpi))
    lines, good = [*_found_lines(found), f"復元した表面　{target}"], record_agrees(found) is not False
    if found.front is None:
        lines.append("証明書の表面と、復元した表面を見比べてください。")
    else:
        compared = compare(held, found.front)
        beside = target.with_name(f"{target.stem}-見比べ.png")
        side_by_side(compared, held).save(beside, "PNG")
        lines += [f"見比べる絵　　{beside}（左が表面、右が復元した表面）", compared.told()]
        good = good and compared.same_paper and not compared.places
    lines.append("用紙に印刷された申請番号が、上の申請番号と同じかも確かめてください。")
    return lines, good


def _found_lines(found: Unscrambled) -> list[str]:
    code, scanned = found.code, found.scanned
    lines = [
        f"申請番号　　　{code.application}",
        f"部数・ページ　{code.copy}部目　{code.sheet[0]}／{code.sheet[1]}",
        "スクランブル画像　○ このセンターの鍵で元に戻りました",
        "二次元コード　○ スクランブル画像と同じ用紙のものです",
        f"読み取り　　　{scanned.dpi} dpi、位置合わせの印 {scanned.marks}／{scanned.of}、"
        + (f"読み誤りを{found.misread}か所直しました" if found.misread else "読み誤りはありません"),
    ]
    if found.stained:
        lines.append(
            "注意　　　　　スクランブル画像の一部が汚れているか、書き換えられています（元の内容に戻しました）。"
        )
    agrees = record_agrees(found)
    if agrees is not None:
        lines.append(
            "用紙の記録　　"
            + (
                "○ 二次元コードと合います"
                if agrees
                else "× 二次元コードと合いません。偽造のおそれがあります。"
            )
        )
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
