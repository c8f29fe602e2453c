"""The official seal is as large as the municipality's file says, in millimetres on the finished paper."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from server_stub.paper.finish import SheetFacts, finish_sheets
from tests.issuing.helper import MIDORI, RESIDENCE, SEAL, OpenTownHall, edited_municipality
from tests.paper.reading import APPLICATION, Rect, images, places_of

RIGHT_EDGE = 182.0


@pytest.mark.parametrize("form", ["household", "individual"])
@pytest.mark.parametrize("kind", [RESIDENCE, SEAL])
@pytest.mark.parametrize("millimetres", [18, 22.5, 25])
def test_the_seal_has_the_size_of_the_setting(
    open_hall: OpenTownHall, tmp_path: Path, millimetres: float, kind: str, form: str
) -> None:
    root = edited_municipality(
        tmp_path, ("seal_mm = 22.5", f"seal_mm = {millimetres}"), ('form = "individual"', f'form = "{form}"')
    )
    fronts = open_hall(root=root).apply(MIDORI, kind)
    (sheet,) = finish_sheets(
        base64.b64decode(fronts.pdf),
        municipality="神戸市",
        application_id=APPLICATION,
        sheets=[SheetFacts(1, 1, 1, "{}")],
    )
    (seal,) = [place for place in images(sheet) if place.right == pytest.approx(RIGHT_EDGE, abs=0.05)]
    size = (seal.right - seal.left, seal.bottom - seal.top)
    assert size == pytest.approx((millimetres, millimetres), abs=0.02)
    mayor = _mayor(sheet)
    assert mayor.right - 1.5 < seal.left < mayor.right + 0.5, "it begins where the mayor's name ends"
    assert (seal.top + seal.bottom) / 2 == pytest.approx((mayor.top + mayor.bottom) / 2, abs=1.5)
    assert seal.bottom < 290


def _mayor(sheet: bytes) -> Rect:
    (place,) = places_of(sheet, 0, "太郎")
    return place
