"""Pictures for screens: 複写 is not read on the original, and nothing else is lost."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pikepdf
import pytest
from PIL import Image

from server_stub.paper.pattern import CELL, HEIGHT, WIDTH, ground_pattern, word_picture
from server_stub.paper.viewing import page_picture
from tests.paper import samples
from tests.paper.reading import finish, opened, picture
from tests.paper.seen import UNSEEN, word_seen
from tests.readback.binding import code_on


@pytest.fixture(scope="module")
def sheet() -> bytes:
    copy = samples.residence(*samples.family().persons[:4])
    (only,) = finish(samples.render_residence([copy], samples.issuer(), "household"))
    return only


def view(pdf: bytes, page: int, dpi: float) -> Image.Image:
    with opened(pdf) as document:
        return page_picture(document[page], dpi)


@pytest.mark.parametrize("dpi", [36, 72, 96, 110, 115, 150, 300])
@pytest.mark.parametrize("page", [0, 1], ids=["front", "back"])
def test_the_word_is_not_seen_at_any_size(sheet: bytes, page: int, dpi: float) -> None:
    assert max(word_seen(view(sheet, page, dpi))) < UNSEEN


def test_a_page_rendered_at_once_would_be_noticed(sheet: bytes) -> None:
    _mean, texture = word_seen(picture(sheet, 1, dpi=110))
    assert texture > 5 * UNSEEN


def test_a_ground_with_more_ink_in_the_word_stays_visible(sheet: bytes) -> None:
    """The averaging hides textures only: a watermark is seen on the picture as on the paper."""
    with pikepdf.open(io.BytesIO(sheet)) as pdf:
        dots = pdf.pages[0].Resources.XObject.Pattern.Resources.XObject.Dots
        lattice = np.frombuffer(dots.read_bytes(), np.uint8).reshape(HEIGHT, -1)
        word = np.frombuffer(word_picture().tobytes(), np.uint8).reshape(HEIGHT, -1)
        lines = np.arange(HEIGHT)[:, None] % CELL == CELL - 1
        dots.write(np.where(lines, lattice | word, lattice).astype(np.uint8).tobytes())
        stream = io.BytesIO()
        pdf.save(stream)
    mean, _texture = word_seen(view(stream.getvalue(), 0, 110))
    assert mean > 5 * UNSEEN


def test_all_other_print_is_as_a_viewer_shows_it(sheet: bytes) -> None:
    with opened(sheet) as document:
        dark = np.asarray(document[0].render(scale=150 / 72).to_pil().convert("L")) < 60
    ours = np.asarray(view(sheet, 0, 150).convert("L"))
    assert dark.sum() > 20_000
    assert ours[dark].max() < 130
    assert (ours < 60).sum() == pytest.approx(dark.sum(), rel=0.05)


def test_the_code_on_the_back_is_read_from_the_picture(sheet: bytes) -> None:
    code = code_on(view(sheet, 1, 150))
    assert code.text.startswith('{"application"')


def test_rendering_leaves_the_page_as_it_was(sheet: bytes) -> None:
    with opened(sheet) as document:
        page = document[0]
        before = page.render(scale=1).to_pil().tobytes()
        page_picture(page, 110)
        assert page.render(scale=1).to_pil().tobytes() == before


def test_a_page_without_a_ground_is_rendered_as_it_is() -> None:
    front = samples.render_residence([samples.single()], samples.issuer(), "household").pdf
    assert view(front, 0, 110).tobytes() == picture(front, 0, 110).tobytes()


def test_every_cell_of_the_pattern_has_the_same_ink() -> None:
    dots = Image.frombytes("1", (WIDTH, HEIGHT), zlib.decompress(ground_pattern().packed)).convert("L")
    whole = dots.crop((0, 0, WIDTH // CELL * CELL, HEIGHT // CELL * CELL))
    ((_count, level),) = whole.reduce(CELL).getcolors()
    assert level == round(255 * 16 / CELL**2)
    assert ground_pattern().coverage == pytest.approx(1 / 9, abs=0.001)
