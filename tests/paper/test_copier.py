from __future__ import annotations

import io
import zlib

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageChops

from server_stub.interface.failures import Failed
from server_stub.paper import copier
from server_stub.paper.copier import copy_pdf, measure_pdf
from server_stub.paper.detection_mark import infrared
from server_stub.paper.pattern import HEIGHT, INK, WIDTH, ground_pattern, word_picture
from tests.paper import samples
from tests.paper.defects import tampered
from tests.paper.reading import finish, picture


@pytest.fixture(scope="module")
def sheet() -> bytes:
    """The most crowded front there is: four persons with all items."""
    copy = samples.residence(*samples.family().persons[:4])
    (only,) = finish(samples.render_residence([copy], samples.issuer(), "household"))
    return only


def page_with_word(colour: tuple[float, float, float], *, layer: bool) -> bytes:
    """A page with 複写 in one flat colour, exactly where the pattern has it; in a layer that is off if `layer`."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595.276, 841.89))
        word = pikepdf.Stream(pdf, word_picture().tobytes())
        word.stream_dict = Dictionary(
            Type=Name.XObject, Subtype=Name.Image, Width=WIDTH, Height=HEIGHT, ImageMask=True,
            BitsPerComponent=1, Decode=[1, 0],
        )  # fmt: skip
        if layer:
            group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="複写"))
            word.OC = group
            pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))
        page.obj.Resources = Dictionary(XObject=Dictionary(Word=word))
        width, height = WIDTH * 0.12, HEIGHT * 0.12
        red, green, blue = colour
        page.obj.Contents = pdf.make_stream(
            f"{red} {green} {blue} rg {width} 0 0 {height} 0 {841.89 - height} cm /Word Do".encode()
        )
        stream = io.BytesIO()
        pdf.save(stream)
    return stream.getvalue()


def test_the_word_is_unseen_on_the_paper_and_seen_on_the_copy_front_and_back(sheet: bytes) -> None:
    sides = measure_pdf(sheet)
    assert len(sides) == 2
    for side in sides:
        assert side.before < 0.05
        assert side.after > 0.40
        assert side.kept
        assert side.clear > 0.5


def test_a_hidden_layer_does_not_pass_for_a_pattern() -> None:
    (page,) = measure_pdf(page_with_word((0, 0, 0), layer=True))
    assert not page.kept
    assert page.after == 0


@pytest.mark.parametrize("tint", [0.11, 1.0])
def test_a_flat_watermark_in_the_patterns_ink_does_not_pass(tint: float) -> None:
    colour = tuple(1 - tint * (1 - ink) for ink in INK)
    (page,) = measure_pdf(page_with_word((colour[0], colour[1], colour[2]), layer=False))
    assert not page.kept
    assert page.before > 0.9


def test_a_flat_grey_watermark_does_not_pass() -> None:
    (page,) = measure_pdf(page_with_word((0.9, 0.9, 0.9), layer=False))
    assert not page.kept


@pytest.mark.parametrize(("blur_um", "threshold"), [(60, 0.82), (70, 0.86), (100, 0.82), (100, 0.88)])
def test_the_pattern_holds_for_sharper_and_softer_darker_and_lighter_copiers(
    blur_um: float, threshold: float
) -> None:
    pattern = Image.frombytes("1", (WIDTH, HEIGHT), _unpacked())
    # a part of the page tells as much as the whole
    part = (1000, 1000, 2600, 2600)
    levels = [255 - round((1 - _grey(INK)) * 255), 255]
    grey = pattern.convert("L").point([levels[1]] * 128 + [levels[0]] * 128).crop(part)
    copied = ImageChops.invert(copier._copy(grey, blur_um, threshold).convert("L"))
    word = word_picture().crop(part)
    in_word, in_ground = (
        copied.histogram(mask)[255] / mask.histogram()[255] for mask in (word, ImageChops.invert(word))
    )
    assert in_word > 0.04
    assert in_ground < 0.6 * in_word


def _unpacked() -> bytes:
    return zlib.decompress(ground_pattern().packed)


def _grey(colour: tuple[float, float, float]) -> float:
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_pattern_is_pale_and_its_ink_is_as_much_in_the_word_as_around_it() -> None:
    pattern = Image.frombytes("1", (WIDTH, HEIGHT), _unpacked()).convert("L")
    word = word_picture()
    in_word, in_ground = (
        pattern.histogram(mask)[255] / mask.histogram()[255] for mask in (word, ImageChops.invert(word))
    )
    assert in_word == pytest.approx(in_ground, rel=0.005)
    assert ground_pattern().coverage * (1 - _grey(INK)) < 0.08


def test_a_copy_is_black_and_white_at_600_dpi_and_keeps_the_text(sheet: bytes) -> None:
    front, back = copy_pdf(sheet)
    assert (front.mode, front.size) == (back.mode, back.size) == ("1", (WIDTH, HEIGHT))
    # the title's characters are there, in black: 住民票の写し stands at the top in the middle
    title = front.crop((1800, 350, 3200, 650)).convert("L")
    assert title.histogram()[0] > 10_000


def test_what_is_no_pdf_is_refused() -> None:
    with pytest.raises(Failed, match="Paper_Corrupt"):
        copy_pdf(b"no pdf")


def test_the_latent_word_is_seen_under_infrared_alone_and_is_lost_in_a_copy(sheet: bytes) -> None:
    """The printed back is the same to the pixel with and without the word, so that no copier and no eye can have it."""
    front, back = infrared(sheet, 150)
    assert front.getextrema() == (255, 255)
    seen = ImageChops.invert(back).getbbox()
    assert seen is not None
    left, top, right, bottom = (edge / 150 * 25.4 for edge in seen)
    assert 20 < left < right < 42 and 240 < top < bottom < 265, "within the blossom at the lower left"
    without = tampered(sheet, without_word)
    assert infrared(without, 150)[1].getextrema() == (255, 255)
    assert ImageChops.difference(picture(sheet, 1, 300), picture(without, 1, 300)).getbbox() is None


def without_word(document: pikepdf.Pdf) -> None:
    contents = document.pages[1].Contents
    assert b"q /Latent Do Q" in contents.read_bytes()
    contents.write(contents.read_bytes().replace(b"q /Latent Do Q", b""))
