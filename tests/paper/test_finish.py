from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageChops

from server_stub.interface.failures import Failed
from server_stub.interface.front import FrontFacts
from server_stub.paper.back_page import QR_LEFT, QR_SIDE, QR_TOP
from server_stub.paper.finish import SheetFacts, finish_sheets
from server_stub.paper.typesetting import Rendered, RenderedPage
from tests.paper import samples
from tests.paper.reading import APPLICATION, finish, images, keywords_of, opened, picture, places_of, texts
from tests.readback.binding import code_on

NOTICE = "試験用・証明書としての効力はありません"
ONE = SheetFacts(1, 1, 1, '{"sheet":[1,1]}')


@pytest.fixture(scope="module")
def family() -> Rendered:
    return samples.render_residence([samples.family()], samples.issuer(), "household")


def numbers(page: RenderedPage) -> tuple[int, ...]:
    """Which of the sample persons stand on it."""
    return tuple(int(key) for key in page.subjects)


def finish_one(front: bytes, municipality: str = "見本市") -> bytes:
    (sheet,) = finish_sheets(front, municipality=municipality, application_id=APPLICATION, sheets=[ONE])
    return sheet


def front_of(content: bytes, size: tuple[float, float] = (595.28, 841.89)) -> bytes:
    """A front of somebody else's making."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=size)
        page.obj.Contents = pdf.make_stream(content)
        page.obj.Annots = pdf.make_indirect(
            [pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Square, Rect=[0, 0, 595, 842])]
        )
        stream = io.BytesIO()
        pdf.save(stream)
    return stream.getvalue()


NAMES = (
    "渡邉\U000e0110　見本",
    "𠮷田　見本",
    "MIHON MARIA APARECIDA DA SILVA-SANTOS DE OLIVEIRA JEAN-PIERRE",
    "見本" * 30,
)
"""With a variant, beyond U+FFFF, and such as are set in several lines."""


@pytest.mark.parametrize("layout", ["household", "individual"])
def test_a_front_is_finished_if_it_bears_what_is_declared_of_it(layout: str) -> None:
    """As our own fronts are set and as pdfium reads them, whatever the name."""
    people = [samples.person(number, name=name) for number, name in enumerate(NAMES)]
    made = samples.render_residence([samples.residence(*people)], samples.issuer(), layout)

    def finished(names: Sequence[str]) -> None:
        facts = [
            FrontFacts(
                (("title", "住民票の写し"), *(("name", names[int(key)]) for key in page.subjects), ("issue number", "100-2026-00001234")),
                f"{page.k}／{page.n}", page.secret_boxes, ("100-2026-00001234",),
            )
            for page in made.pages
        ]  # fmt: skip
        sheets = [
            SheetFacts(1, page.k, page.n, "x", front) for page, front in zip(made.pages, facts, strict=True)
        ]
        finish_sheets(made.pdf, municipality="見本市", application_id=APPLICATION, sheets=sheets)

    finished(NAMES)
    for wrong in range(len(NAMES)):
        other = [name + "郎" * (number == wrong) for number, name in enumerate(NAMES)]
        with pytest.raises(Failed, match="Binding_Mismatch.*name"):
            finished(other)


@pytest.mark.attack
@pytest.mark.parametrize("packed", [1, 2])
def test_a_front_that_would_burst_is_not_read(packed: int) -> None:
    body = b" " * 300_000_000
    for _ in range(packed):
        body = zlib.compress(body, 9)
    with pikepdf.open(io.BytesIO(front_of(b""))) as pdf:
        pdf.pages[0].obj.Contents = pikepdf.Stream(
            pdf, body, Filter=pikepdf.Array([pikepdf.Name.FlateDecode] * packed)
        )
        stream = io.BytesIO()
        pdf.save(stream, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    facts = replace(ONE, front=FrontFacts((), "1／1", (), ()))
    with pytest.raises(Failed, match=r"Paper_Corrupt.*(too large|twice)"):
        finish_sheets(stream.getvalue(), municipality="見本市", application_id=APPLICATION, sheets=[facts])


def test_every_sheet_has_a_front_and_a_back_with_its_own_facts(family: Rendered) -> None:
    sheets = finish(family)
    assert len(sheets) == 2
    for sheet, page in zip(sheets, family.pages, strict=True):
        front, back = texts(sheet)
        for index, person in enumerate(samples.family().persons):
            assert (person.birth in front) == (index in numbers(page))
        assert f"{APPLICATION}{page.copy_number}部目{page.k}／{page.n}" in back
        assert "見本市申請番号部数ページ" in back


def test_a_sheet_reads_back_with_variants_and_rare_characters(family: Rendered) -> None:
    front = texts(finish(family)[0])[0]
    assert "".join(samples.IVS_NAME.split()) in front and "𠮷田見本" in front


@pytest.mark.witness
def test_poppler_reads_the_same_names(family: Rendered, tmp_path: Path) -> None:
    path = tmp_path / "sheet.pdf"
    path.write_bytes(finish(family)[0])
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    text = "".join(done.stdout.split())
    assert "".join(samples.IVS_NAME.split()) in text and "𠮷田見本" in text and APPLICATION in text


def test_the_keywords_are_those_of_the_binding(family: Rendered) -> None:
    for sheet, page in zip(finish(family), family.pages, strict=True):
        with pikepdf.open(io.BytesIO(sheet)) as pdf:
            assert str(pdf.docinfo.Keywords) == keywords_of(page)


@pytest.mark.witness
def test_the_qr_code_names_the_sheet_and_the_digest_of_its_keywords(family: Rendered) -> None:
    for sheet, page in zip(finish(family), family.pages, strict=True):
        code = code_on(picture(sheet, page=1, dpi=200))
        with pikepdf.open(io.BytesIO(sheet)) as pdf:
            digest = hashlib.sha256(str(pdf.docinfo.Keywords).encode()).hexdigest()
        assert json.loads(code.text) == {
            "application": APPLICATION, "copy": page.copy_number, "sheet": [page.k, page.n], "keywords": digest,
        }  # fmt: skip
        corner = code.position.top_left
        assert QR_LEFT < corner.x / 200 * 25.4 < QR_LEFT + QR_SIDE / 2
        assert QR_TOP < corner.y / 200 * 25.4 < QR_TOP + QR_SIDE / 2


@pytest.mark.witness
@pytest.mark.parametrize("kind", ["residence", "seal"])
def test_every_font_is_embedded(kind: str, family: Rendered, tmp_path: Path) -> None:
    rendered = family if kind == "residence" else samples.render_seal([samples.seal()], samples.issuer())
    path = tmp_path / "sheet.pdf"
    path.write_bytes(finish(rendered)[0])
    done = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True)
    rows = [line.rsplit(maxsplit=5) for line in done.stdout.splitlines()[2:]]
    assert len(rows) == 2
    assert all(
        (embedded, subset, unicode) == ("yes", "yes", "yes") for _, embedded, subset, unicode, _, _ in rows
    )


def red_share(picture: Image.Image) -> float:
    red, green, blue = picture.split()
    strong = ImageChops.subtract(red, ImageChops.lighter(green, blue)).point(
        lambda level: 255 if level > 60 else 0
    )
    return strong.histogram()[255] / (picture.width * picture.height)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1 1 1 rg 0 0 600 900 re f",
        b"Q Q Q 0.0001 0 0 0.0001 0 0 cm",
        b"q q q 0.0001 0 0 0.0001 0 0 cm 0 0 1 1 re W n",
        b"/OC /Off BDC",
        b"BT 3 Tr",
    ],
    ids=["blank", "painted white", "state popped", "state left", "layer left open", "invisible text"],
)
def test_nothing_on_a_front_switches_sample_and_notice_off(content: bytes) -> None:
    sheet = finish_one(front_of(content))
    untouched = picture(finish_one(front_of(b"")), dpi=100)
    for number, text in enumerate(texts(sheet)):
        assert text.count("見本") >= 2 and NOTICE in text
        assert red_share(picture(sheet, number, dpi=100)) > 0.9 * red_share(untouched) > 0.003


def test_sample_is_large_on_both_sides(family: Rendered) -> None:
    for sheet in finish(family):
        for page in (0, 1):
            sizes = [place.bottom - place.top for place in places_of(sheet, page, "見")]
            assert max(sizes) > 70


def test_annotations_and_actions_of_a_front_do_not_come_along() -> None:
    with pikepdf.open(io.BytesIO(finish_one(front_of(b"")))) as pdf:
        assert all("/Annots" not in page.obj for page in pdf.pages)
        assert set(pdf.Root.keys()) == {"/Type", "/Pages"}


def test_the_imprint_keeps_its_size_on_the_finished_sheet() -> None:
    rendered = samples.render_seal([samples.seal(width_mm=13.5, height_mm=18.0)], samples.issuer())
    (sheet,) = finish(rendered)
    sizes = [(place.right - place.left, place.bottom - place.top) for place in images(sheet)]
    assert any(abs(width - 13.5) < 0.01 and abs(height - 18.0) < 0.01 for width, height in sizes)
    with opened(sheet) as document:
        assert [round(edge / 72 * 25.4) for edge in document[0].get_size()] == [210, 297]


def test_the_same_front_gives_the_same_bytes(family: Rendered) -> None:
    assert finish(family) == finish(family)


def test_copies_of_one_front_differ_only_by_their_facts() -> None:
    front = samples.render_residence([samples.residence()], samples.issuer(), "household").pdf
    first = finish_one(front)
    (second,) = finish_sheets(
        front, municipality="見本市", application_id=APPLICATION, sheets=[SheetFacts(2, 1, 1, ONE.keywords)]
    )
    assert first != second
    assert ImageChops.difference(picture(first, 0), picture(second, 0)).getbbox() is None
    assert ImageChops.difference(picture(first, 1), picture(second, 1)).getbbox() is not None


@pytest.mark.parametrize(
    ("front", "count"),
    [
        (b"", 1),
        (b"no pdf", 1),
        (front_of(b"")[:300], 1),
        (front_of(b""), 2),
        (front_of(b""), 0),
        (front_of(b"", size=(841.89, 595.28)), 1),
        (front_of(b"", size=(841.89, 1190.55)), 1),
    ],
    ids=["empty", "text", "cut off", "a sheet too many", "a sheet too few", "landscape", "A3"],
)
def test_a_front_that_is_no_a4_page_for_every_sheet_is_refused(front: bytes, count: int) -> None:
    with pytest.raises(Failed) as caught:
        finish_sheets(front, municipality="見本市", application_id=APPLICATION, sheets=[ONE] * count)
    assert caught.value.failure == "Paper_Corrupt"


def test_a_municipality_that_the_backs_font_lacks_is_refused() -> None:
    with pytest.raises(Failed, match="Character_Not_Printable"):
        finish_one(front_of(b""), municipality="葛\U000e0102城市")
