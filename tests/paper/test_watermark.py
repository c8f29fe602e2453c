"""見本 lies behind the text: large, pale, and never in the way of a character, whatever the front is."""

from __future__ import annotations

import io

import numpy as np
import pikepdf
import pytest
from numpy.typing import NDArray

from kiosk_app.sheet_inspection import check_sides
from server_stub.interface.front import FrontFacts
from server_stub.paper.copier import copy_pdf
from server_stub.paper.finish import SheetFacts, finish_sheets
from tests.paper import defects, samples
from tests.paper.reading import APPLICATION, finish, picture

DPI = 150


def grey(pdf: bytes, side: int) -> NDArray[np.float64]:
    return np.asarray(picture(pdf, side, DPI).convert("L"), dtype=np.float64)


@pytest.fixture(scope="module")
def sheet() -> bytes:
    """The most crowded front there is: four persons with all items."""
    copy = samples.residence(*samples.family().persons[:4])
    (only,) = finish(samples.render_residence([copy], samples.issuer(), "household"))
    return only


@pytest.mark.parametrize("side", [0, 1], ids=["front", "back"])
def test_every_character_is_read_through_the_large_sample(sheet: bytes, side: int) -> None:
    """What is dark without it stays as dark, and what is light stays light: no stroke of a character is lost or made."""
    without = grey(defects.tampered(sheet, defects.without_stamp(side)), side)
    stamped = grey(sheet, side)
    under = stamped != without
    assert under.mean() > 0.05, "it is large"
    dark = without < 70
    assert (dark & under).sum() > 500, "there is text over it"
    assert np.abs(stamped - without)[dark].max() <= 40
    # the ground's own dots aside, nothing light becomes as dark as print
    light = without > 200
    assert (stamped[light & under] > 100).mean() > 0.995
    assert np.median((without - stamped)[light & under]) < 50, "it is pale"


def test_no_front_can_lie_over_it() -> None:
    """A front that is white all over, as a template may paint its background, bears 見本 all the same."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595.276, 841.89))
        page.obj.Contents = pdf.make_stream(b"1 g 0 0 596 842 re f")
        stream = io.BytesIO()
        pdf.save(stream)
    (sheet,) = finish_sheets(
        stream.getvalue(),
        municipality="見本市",
        application_id=APPLICATION,
        sheets=[SheetFacts(1, 1, 1, "{}")],
    )
    with pytest.raises(Exception, match="page mark"):  # what a front must bear is looked for after the marks
        check_sides(sheet, FrontFacts((), "1／1", (), ()))


def test_a_copy_still_says_that_it_is_a_sample(sheet: bytes) -> None:
    """Its edge is darker than what a copier leaves out."""
    plain = defects.tampered(sheet, defects.without_stamp(0))
    with_edge, without_edge = (np.asarray(copy_pdf(one)[0]) for one in (sheet, plain))
    changed = np.argwhere(with_edge != without_edge)
    assert len(changed) > 20_000
    (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
    assert (bottom - top) / 600 * 25.4 > 120 and (right - left) / 600 * 25.4 > 120
