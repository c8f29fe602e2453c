"""`konbini paper copy`: pictures of paper and copy, and what a copier makes of the ground pattern."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from scenarios.command.paper_pages import copy_paper
from server_stub.interface.failures import Failed
from server_stub.paper.finish import SheetFacts, finish_sheets


def blank_page() -> bytes:
    body = io.BytesIO()
    canvas = Canvas(body, pagesize=A4, invariant=1)
    canvas.rect(60, 700, 200, 60)
    canvas.showPage()
    canvas.save()
    return body.getvalue()


def test_pictures_of_both_sides_and_figures_that_show_the_pattern_at_work(tmp_path: Path) -> None:
    facts = SheetFacts(1, 1, 1, "0" * 64)
    (sheet,) = finish_sheets(
        blank_page(), municipality="見本市", application_id="01KT5FX5SS8PE5SQR4WERSA14K", sheets=[facts]
    )
    pdf, target = tmp_path / "sheet.pdf", tmp_path / "new" / "copies"
    pdf.write_bytes(sheet)
    told = "\n".join(copy_paper(pdf, target))
    files = sorted(path.name for path in target.iterdir())
    assert files == [
        "01-back-copy.png", "01-back-infrared.png", "01-back-original.png", "01-front-copy.png", "01-front-original.png",
    ]  # fmt: skip
    assert all(str(target / name) in told for name in files)
    assert "1枚目 表面" in told and "1枚目 裏面" in told
    figures = [tuple(map(float, pair)) for pair in re.findall(r"複写前 ([\d.]+)%、複写後 ([\d.]+)%", told)]
    assert len(figures) == 2
    for before, after in figures:
        assert before < 5 and after > 40
    assert told.count("○") == 2
    for side in ("front", "back"):
        with Image.open(target / f"01-{side}-copy.png") as copy:
            assert copy.mode == "1" and copy.info["dpi"] == pytest.approx((600, 600), abs=1)
            millimetres = [length / 600 * 25.4 for length in copy.size]
        with Image.open(target / f"01-{side}-original.png") as original:
            assert original.mode == "RGB"
            assert [length / 300 * 25.4 for length in original.size] == pytest.approx(millimetres, abs=0.3)


def test_paper_without_the_pattern_is_told_to_be_without(tmp_path: Path) -> None:
    pdf = tmp_path / "plain.pdf"
    pdf.write_bytes(blank_page())
    told = copy_paper(pdf, tmp_path)
    assert not any("○" in line for line in told)
    assert any("×" in line or "測れません" in line for line in told)


def test_what_is_no_pdf_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    pdf, target = tmp_path / "wrong.pdf", tmp_path / "copies"
    pdf.write_bytes(b"no PDF")
    with pytest.raises(Failed) as refused:
        copy_paper(pdf, target)
    assert refused.value.failure == "Paper_Corrupt"
    assert not target.exists()
