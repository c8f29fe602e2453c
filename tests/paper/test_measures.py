"""What the standard says in millimetres, measured on the papers of the shipped towns; and that the measure is right."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from scenarios.references import Paper, delivered, papers
from scenarios.towns import load_town, shipped_names
from tests.long import part
from tests.paper import samples
from tests.paper.measuring import Placed, letters, lines, pitches, placed

pytestmark = pytest.mark.xdist_group("references")
SEAL_MM = 25
"""住民記録システム標準仕様書 5.6: at most so large."""
GRAIN = 0.05
"""Millimetres by which a right measure may differ."""
NEAR = pytest.approx
KINDS = [
    (folder, code) for folder in shipped_names().values() for code in load_town(folder).municipality.services
]


def papers_of(folder: Path, code: str) -> list[Paper]:
    town = load_town(folder)
    with delivered(town) as (tenant, reader):
        return list(papers(town, tenant, reader, town.municipality.kinds[code]))


def seals(folder: Path, pdf: bytes) -> list[Placed]:
    """Every official seal on a paper: the pictures beside the town's settings."""
    pictures = sorted(folder.glob("*.png"))
    assert pictures, "the town has no seal"
    return [one for picture in pictures for one in placed(pdf, picture.read_bytes())]


@pytest.mark.parametrize(("folder", "kind"), part(KINDS, 3), ids=lambda told: getattr(told, "name", told))
def test_the_official_seal_is_at_most_25_mm(folder: Path, kind: str) -> None:
    for paper in papers_of(folder, kind):
        found = seals(folder, paper.rendered.pdf)
        last = {number for number, page in enumerate(paper.rendered.pages) if page.k == page.n}
        assert {one.page for one in found} == last, (
            f"{paper.name}: a seal on the last sheet of a copy, and on no other"
        )
        assert [one for one in found if not right_size(one)] == [], paper.name


def right_size(seal: Placed) -> bool:
    """A square that can be read, and no larger than the standard has it."""
    return abs(seal.width - seal.height) < GRAIN and 10 < seal.width <= SEAL_MM + GRAIN


@pytest.mark.parametrize(("side", "right"), [(25.0, True), (25.2, False), (26.0, False)])
def test_a_seal_that_is_too_large_would_be_noticed(side: float, right: bool) -> None:
    front = samples.render_seal([samples.seal()], replace(samples.issuer(), seal_mm=side))
    (seal,) = placed(front.pdf, samples.official_seal())
    assert right_size(seal) is right


# --- the measure ---------------------------------------------------------------------------------------------------------


def drawn() -> bytes:
    """Two columns of lines at a pitch of 4.25 mm from y = 40 mm, a name of 20 pt below, a seal of 22.5 mm; all by reportlab."""
    body = io.BytesIO()
    canvas = Canvas(body, pagesize=(210 * mm, 297 * mm), invariant=1)
    for number in range(5):
        y = (297 - 40 - number * 4.25) * mm
        canvas.setFont("Helvetica", 11)
        canvas.drawString(21.7 * mm, y, f"label {number}")
        canvas.drawString(71.6 * mm, y, f"value {number}")
    canvas.setFont("Helvetica", 10)
    canvas.saveState()
    canvas.scale(2, 2)
    canvas.drawString(71.6 * mm / 2, (297 - 80) * mm / 2, "name")
    canvas.restoreState()
    canvas.setFont("Helvetica", 11)
    canvas.drawString(21.7 * mm, (297 - 90) * mm, "label")
    canvas.setFont("Helvetica", 19)
    canvas.drawString(40 * mm, (297 - 90) * mm, "larger")
    canvas.drawImage(
        ImageReader(io.BytesIO(samples.official_seal())), 159.5 * mm, (297 - 250 - 22.5) * mm, 22.5 * mm, 22.5 * mm,
        mask="auto",
    )  # fmt: skip
    canvas.drawImage(ImageReader(io.BytesIO(samples.imprint())), 30 * mm, 100 * mm, 15 * mm, 15 * mm)
    canvas.showPage()
    canvas.showPage()
    canvas.save()
    return body.getvalue()


def test_lines_are_measured_column_by_column_with_pitch_and_size() -> None:
    right = lines(drawn(), left=67)
    assert [line.text for line in right] == [*(f"value {number}" for number in range(5)), "name"]
    assert pitches(right[:5]) == NEAR([4.25] * 4, abs=0.01)
    assert (right[0].x, right[0].y) == (NEAR(71.6, abs=0.4), NEAR(40, abs=0.01))
    assert right[5].size / right[0].size == NEAR(20 / 11, abs=0.01), "a scale counts as well"
    left = lines(drawn(), right=67)
    assert [line.text for line in left] == [*(f"label {number}" for number in range(5)), "labellarger"]
    assert left[5].largest / left[5].size == NEAR(19 / 11, abs=0.01)
    assert letters(drawn(), 1) == []


def test_a_picture_is_found_by_its_shape_with_page_place_and_size() -> None:
    (seal,) = placed(drawn(), samples.official_seal())
    assert (seal.page, seal.width, seal.height) == (0, NEAR(22.5, abs=0.01), NEAR(22.5, abs=0.01))
    assert (seal.box.left, seal.box.top) == (NEAR(159.5, abs=0.01), NEAR(250, abs=0.01))
    (imprint,) = placed(drawn(), samples.imprint())
    assert (imprint.width, imprint.box.left) == (NEAR(15, abs=0.01), NEAR(30, abs=0.01))


def test_seals_are_measured_on_finished_sheets_too() -> None:
    from tests.paper.reading import finish

    rendered = samples.render_residence([samples.family()], samples.issuer(), "household")
    assert [len(placed(sheet, samples.official_seal())) for sheet in finish(rendered)] == [
        0,
        1,
    ], "on the last sheet only"
