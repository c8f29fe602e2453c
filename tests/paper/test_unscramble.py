"""The scrambled image of a back survives print and scan, opens to the front and to nothing else, and tells what was done to it."""

from __future__ import annotations

import io
import itertools
import random
import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFilter

from scenarios.command.paper_pages import unscramble_paper
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.paper import redundancy, scramble
from server_stub.paper.back_page import back_page_template
from server_stub.paper.finish import SheetFacts, finish_sheets
from server_stub.paper.front_comparison import compare
from server_stub.paper.scramble import ScrambleKey
from server_stub.paper.unscramble import Unscrambled, record_agrees, unscramble
from tests.long import LONG
from tests.paper import defects, samples
from tests.paper.reading import APPLICATION, finish
from tests.paper.scanner import printed, saved, scanned

only_long = pytest.mark.skipif(not LONG, reason="make fuzz")
KEY = ScrambleKey.of(Secret("the secret of the centre in these tests"))
OTHER_KEY = ScrambleKey.of(Secret("the secret of another centre"))
CELL = 3
LEFT, TOP = 280, 1240
"""Pixels of 300 dpi: a cell, and where the field begins (docs/back-page.md)."""


@dataclass(frozen=True)
class Sheet:
    """`fronts`: as the issuing server made it. `front`, `back`: as poppler prints the sheet at 300 dpi."""

    fronts: bytes
    pdf: bytes

    @cached_property
    def front(self) -> Image.Image:
        return printed(self.pdf, 0)

    @cached_property
    def back(self) -> Image.Image:
        return printed(self.pdf, 1)


def sheet_of(name: str, application: str = APPLICATION, key: ScrambleKey | None = KEY) -> Sheet:
    made = samples.render_residence(
        [samples.residence(samples.person(0, name=name))], samples.issuer(), "household"
    )
    facts = [SheetFacts(1, 1, 1, f'{{"of":"{name}"}}')]
    (pdf,) = finish_sheets(made.pdf, municipality="見本市", application_id=application, sheets=facts, key=key)
    return Sheet(made.pdf, pdf)


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    return sheet_of("見本　渡邉")


@pytest.fixture(scope="module")
def another() -> Sheet:
    return sheet_of("見本　渡辺", "01JXAMP0E0000000000000000B")


def read(back: Image.Image, key: ScrambleKey = KEY, front: Image.Image | None = None) -> Unscrambled:
    return unscramble(saved(back), key, None if front is None else saved(front))


def failure_of(back: Image.Image, key: ScrambleKey = KEY) -> str:
    with pytest.raises(Failed) as caught:
        read(back, key)
    return caught.value.failure


def is_of(held: Image.Image, sheet: Sheet) -> bool:
    """Whether the picture is the front as poppler draws it: nowhere, blurred over two pixels, does one have ink and the other none.
    (A name of one other character differs by more.)"""
    drawn = printed(sheet.fronts, 0, 150)
    one, other = (
        np.asarray(picture.convert("L").filter(ImageFilter.GaussianBlur(2)), dtype=np.float64)
        for picture in (held, drawn)
    )
    return held.size == drawn.size and float(np.abs(one - other).max()) < 105


@pytest.mark.witness
@pytest.mark.parametrize(
    "how",
    [
        {"turn": 181.4, "noise": 12.0, "stretch": 1.01},
        pytest.param({"turn": -2.0, "grey": False}, marks=only_long),
        pytest.param({"scale": 0.85, "turn": 0.5}, marks=only_long),
        pytest.param({"turn": 90.4, "blur": 1.0}, marks=only_long),
    ],
    ids=["turned and stretched", "in colour", "255 dpi", "sideways"],
)
def test_the_front_is_read_from_a_scan_of_the_back(
    sheet: Sheet, another: Sheet, how: dict[str, float]
) -> None:
    """As poppler draws the front of the issuing server: another renderer, another way."""
    found = read(scanned(sheet.back, **how))  # type: ignore[arg-type]
    assert is_of(found.opened.picture, sheet)
    assert not is_of(found.opened.picture, another)
    assert found.code.application == APPLICATION and found.code.sheet == (1, 1)
    assert found.opened.dpi == 150 and not found.stained


@only_long
def test_a_poor_jpeg_and_a_pdf_of_a_scan_are_read(sheet: Sheet) -> None:
    page = scanned(sheet.back, turn=0.6)
    for body in (saved(page, "JPEG", quality=60), saved(page.convert("RGB"), "PDF", resolution=300)):
        assert is_of(unscramble(body, KEY).opened.picture, sheet)


@only_long
def test_what_a_stain_covers_is_put_right_and_told(sheet: Sheet) -> None:
    stained = sheet.back.copy()
    ImageDraw.Draw(stained).rectangle((LEFT + 500, TOP + 1100, LEFT + 700, TOP + 1200), fill="white")
    found = read(scanned(stained))
    assert found.stained and found.misread > 100
    assert is_of(found.opened.picture, sheet)


def test_one_altered_block_is_found_and_changes_nothing_that_is_shown(sheet: Sheet, another: Sheet) -> None:
    """A forger puts a part of another image in: it is told, and the front stays the one that the centre enciphered."""
    forged = sheet.back.copy()
    place = (LEFT + 40 * CELL, TOP + 400 * CELL, LEFT + 120 * CELL, TOP + 440 * CELL)
    forged.paste(another.back.crop(place), place[:2])
    found = read(scanned(forged))
    assert found.stained and record_agrees(found) is None
    assert is_of(found.opened.picture, sheet)


def test_the_image_of_one_sheet_beside_the_code_of_another_is_told(sheet: Sheet, another: Sheet) -> None:
    forged = sheet.back.copy()
    place = (LEFT - 5, TOP - 5, LEFT + 645 * CELL, TOP + 500 * CELL)
    forged.paste(another.back.crop(place), place[:2])
    assert failure_of(scanned(forged)) == "Back_Page_Altered"


@only_long
def test_the_front_of_another_person_before_a_back_is_told(sheet: Sheet, another: Sheet) -> None:
    own = read(scanned(sheet.back), front=scanned(sheet.front, turn=0.8))
    assert own.front is not None
    same = compare(own.opened.picture, own.front)
    assert same.same_paper and not same.places
    stranger = sheet_of("試験　緑一郎")
    forged = read(scanned(sheet.back), front=scanned(stranger.front, turn=0.8))
    assert forged.front is not None
    other = compare(forged.opened.picture, forged.front)
    assert other.same_paper and other.places, "the same form with other words"


def test_a_pdf_whose_record_was_exchanged_is_told(sheet: Sheet, tmp_path: Path) -> None:
    file = tmp_path / "paper.pdf"
    file.write_bytes(defects.tampered(sheet.pdf, defects.other_keywords("渡邉", "渡辺")))
    lines, good = unscramble_paper(file, None, None, KEY)
    assert not good and any("× 二次元コードと合いません" in line for line in lines)


@only_long
def test_nothing_speaks_against_a_paper_as_it_was_made(sheet: Sheet, tmp_path: Path) -> None:
    file = tmp_path / "paper.pdf"
    file.write_bytes(sheet.pdf)
    lines, good = unscramble_paper(file, None, None, KEY)
    assert good and "印刷された申請番号" in lines[-1], lines


def test_another_centres_back_is_told(sheet: Sheet) -> None:
    assert failure_of(scanned(sheet.back), OTHER_KEY) == "Back_Page_Key_Unknown"


@only_long
def test_a_back_of_another_key_under_our_keys_name_does_not_open(sheet: Sheet) -> None:
    """The name of a key is no secret: whoever writes it into an image of his own has still no key."""

    @dataclass(frozen=True)
    class Named(ScrambleKey):
        @property
        def name(self) -> bytes:
            return KEY.name

    forged = sheet_of("見本　渡邉", key=Named(OTHER_KEY.secret))
    assert failure_of(forged.back) == "Back_Page_Altered"


def test_a_torn_back_is_told(sheet: Sheet) -> None:
    torn = sheet.back.copy()
    ImageDraw.Draw(torn).polygon([(0, 3508), (0, 1700), (1800, 3508)], fill="white")
    assert failure_of(scanned(torn)) == "Back_Page_Damaged"


def test_a_scan_that_is_too_coarse_is_told(sheet: Sheet) -> None:
    assert failure_of(scanned(sheet.back, scale=0.6)) == "Back_Page_Too_Coarse"


def test_a_back_without_the_image_is_told() -> None:
    assert failure_of(sheet_of("見本　渡邉", key=None).back) == "Back_Page_Without_Image"


def test_a_page_that_is_no_back_is_told(sheet: Sheet) -> None:
    assert failure_of(scanned(sheet.front)) == "Back_Page_Absent"


def test_one_sheet_is_read_at_a_time(sheet: Sheet) -> None:
    with pikepdf.open(io.BytesIO(sheet.pdf)) as document:
        document.pages.extend(document.pages[:])
        stream = io.BytesIO()
        document.save(stream)
    for body, front in ((stream.getvalue(), None), (sheet.pdf, sheet.pdf)):
        with pytest.raises(Failed, match="Scan_Pages_Too_Many"):
            unscramble(body, KEY, front)


def _encrypted(pdf: bytes) -> bytes:
    stream = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(stream, encryption=pikepdf.Encryption(owner="x", user="y"))
    return stream.getvalue()


@pytest.mark.attack
def test_what_is_no_scan_is_refused(sheet: Sheet) -> None:
    picture = saved(sheet.back)
    for body in (
        b"",
        b"no picture",
        picture[: len(picture) // 2],
        sheet.pdf[:9000],
        b"%PDF-1.7 ",
        _encrypted(sheet.pdf),
    ):
        with pytest.raises(Failed, match="Scan_Unreadable"):
            unscramble(body, KEY)


@pytest.mark.attack
def test_what_would_burst_is_refused(sheet: Sheet) -> None:
    """A picture of few bytes and a billion pixels, and a PDF whose page unpacks to half a gigabyte."""
    bomb = saved(Image.new("1", (8, 8)))
    head = bomb.index(b"IHDR") + 4
    wide = bomb[:head] + (40_000).to_bytes(4, "big") * 2 + bomb[head + 8 : head + 13]
    wide += zlib.crc32(wide[head - 4 : head + 13]).to_bytes(4, "big") + bomb[head + 17 :]
    with pytest.raises(Failed, match="Scan_Too_Large"):
        unscramble(wide, KEY)
    with pikepdf.open(io.BytesIO(sheet.pdf)) as pdf:
        pdf.pages[0].obj.Contents = pikepdf.Stream(
            pdf, zlib.compress(b" " * 400_000_000, 1), Filter=pikepdf.Name.FlateDecode
        )
        stream = io.BytesIO()
        pdf.save(stream, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    with pytest.raises(Failed, match=r"Scan_Unreadable.*too large"):
        unscramble(stream.getvalue(), KEY)


def test_the_large_sample_stands_free_in_the_field(sheet: Sheet) -> None:
    """Where 見本 is drawn over the field there is white below it: it stands out as on an empty back."""
    made = back_page_template("見本市")
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(595.2756, 841.8898))
        page.obj.Resources = pikepdf.Dictionary(
            XObject=pikepdf.Dictionary(Stamp=document.copy_foreign(made.stamp))
        )
        page.obj.Contents = document.make_stream(b"/Stamp Do")
        stream = io.BytesIO()
        document.save(stream)
    inked = np.asarray(printed(stream.getvalue(), 0).convert("L")) < 250
    field = (slice(TOP, TOP + 496 * CELL), slice(LEFT, LEFT + 640 * CELL))
    under = inked[field]
    assert under.mean() > 0.15, "it lies over the field"
    back = np.asarray(sheet.back.convert("L"))[field]
    assert (back[under] < 100).mean() < 0.001


@only_long
def test_every_front_fits() -> None:
    """One that is all noise, too: smaller."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 2, (1754, 1241), dtype=np.uint8) * 255)
    front = saved(noise, "PDF", resolution=150)
    (pdf,) = finish_sheets(
        front, municipality="見本市", application_id=APPLICATION, sheets=[SheetFacts(1, 1, 1, "x")], key=KEY
    )
    found = unscramble(pdf, KEY)
    assert found.opened.dpi == 40 and found.opened.picture.size == (331, 468)


def test_redundancy_is_that_of_a_qr_code() -> None:
    """The example of ISO/IEC 18004, Annex I: 01234567 in version 1-M."""
    generator = redundancy.generator(10)
    rest = [0x10, 0x20, 0x0C, 0x56, 0x61, 0x80, *[0xEC, 0x11] * 5, *[0] * 10]
    for place in range(16):
        factor = rest[place]
        for offset, value in enumerate(generator):
            rest[place + offset] ^= redundancy._times(factor, value)
    assert bytes(rest[16:]).hex() == "a524d4c1ed36c7872c55"


def test_as_many_wrong_bytes_as_promised_are_put_right_and_no_more() -> None:
    chance = random.Random(5)
    message = np.frombuffer(chance.randbytes(3 * redundancy.MESSAGE), dtype=np.uint8).reshape(3, -1)
    blocks = redundancy.with_redundancy(message)
    wrong = blocks.copy()
    for row, count in enumerate((0, redundancy.MOST_WRONG, redundancy.MOST_WRONG + 1)):
        for place in chance.sample(range(redundancy.BLOCK), count):
            wrong[row, place] ^= chance.randint(1, 255)
    right, faults, lost = redundancy.mended(wrong)
    assert (right[:2] == blocks[:2]).all() and lost == 1
    assert (faults[:2] == (wrong != blocks)[:2]).all()


@only_long
def test_cells_tell_nothing_without_the_key() -> None:
    """Two fronts that differ in nothing but a name have images that differ in half of the cells, as have two keys."""
    fields = []
    for name, key in (("見本　渡邉", KEY), ("見本　渡辺", KEY), ("見本　渡邉", OTHER_KEY)):
        image = np.asarray(sheet_of(name, key=key).back.convert("L"))
        cells = image[TOP + 1 : TOP + 496 * CELL : CELL, LEFT + 1 : LEFT + 640 * CELL : CELL] < 128
        fields.append(cells[~np.kron(scramble.field().bare, np.ones((2, 4))).astype(bool)])
    for one, other in itertools.combinations(fields, 2):
        assert 0.45 < (one != other).mean() < 0.55


def test_no_key_no_image_and_a_back_all_the_same() -> None:
    (plain,) = finish(samples.render_residence([samples.residence()], samples.issuer(), "household"))
    assert b"/Scrambled" not in plain and b"/Latent" in plain


@only_long
def test_pictures_that_are_turned_and_blurred_too_much_are_told_by_name(sheet: Sheet) -> None:
    blurred = sheet.back.filter(ImageFilter.GaussianBlur(4))
    assert failure_of(blurred) in {"Back_Page_Damaged", "Back_Page_Without_Image", "Back_Page_Absent"}
    assert replace(read(sheet.back), front=None).front is None
