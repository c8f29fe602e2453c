"""Sheets that are signed, bound to the right person, and must not be printed all the same: the terminal refuses each by
name before it asks for money, and tells the centre of the incident."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PySide6.QtWidgets import QApplication

from kiosk_app.flow import views as v
from tests.hostile.resident import Resident
from tests.terminal.centre import Centre
from tests.terminal.sheets import A4, NOTICE, PRINTED, SMALL, Change, Draw, drawn, marks, right_sides, sheet

pytestmark = pytest.mark.attack


@pytest.fixture(scope="module")
def _resident(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[Resident]:
    centre = Centre()
    resident = Resident(tmp_path_factory.mktemp("wrong-sheets"), centre)
    yield resident
    resident.close()
    centre.stop()


@pytest.fixture
def resident(_resident: Resident) -> Resident:
    _resident.begin()
    return _resident


def refused(resident: Resident, make: Callable[[str], bytes], copies: int = 1) -> str:
    """The name under which a visit ends whose sheets are made (and signed for) so; '' if the payment is reached."""
    resident.world.centre.sheet = make
    if isinstance(resident.visit(copies=copies), v.Pay):
        return ""
    failure = resident.refused_untouched().failure
    resident.world.settled()
    kinds = [kind for _, kind in resident.world.centre.reports]
    assert kinds.count("incident") == (0 if failure == "Paper_Corrupt" else 1), kinds
    assert len(resident.world.centre.ended) == 1
    return failure


def on_page(index: int, change: Callable[[pikepdf.Page, pikepdf.Pdf], None]) -> Change:
    return lambda document: change(document.pages[index], document)


def has(**entries: Any) -> Callable[[pikepdf.Page, pikepdf.Pdf], None]:
    def change(page: pikepdf.Page, document: pikepdf.Pdf) -> None:
        for key, value in entries.items():
            page.obj[f"/{key}"] = value

    return change


def by_parent(key: str, value: Any) -> Change:
    def change(document: pikepdf.Pdf) -> None:
        for page in document.pages:
            if key in page.obj:
                del page.obj[key]
        document.Root.Pages[key] = value

    return change


# --- format -------------------------------------------------------------------------------------------------------------------

A5, LETTER = (419.5, 595.3), (612.0, 792.0)
FORMATS: dict[str, tuple[bytes | None, Change | None]] = {
    "one side": (drawn(marks), None),
    "three sides": (right_sides(3), None),
    "fifty sides": (right_sides(50), None),
    "A5": (drawn(marks, marks, size=A5), None),
    "Envelope": (drawn(marks, marks, size=LETTER), None),
    "lying": (drawn(marks, marks, size=A4[::-1]), None),
    "back turned": (None, on_page(1, has(Rotate=180))),
    "front turned by its parent": (None, by_parent("/Rotate", 90)),
    "front in other units": (None, on_page(0, has(UserUnit=2))),
    "cropped": (None, on_page(0, has(CropBox=Array([0, 0, 300, 300])))),
    "cropped by its parent": (None, by_parent("/CropBox", Array([0, 0, 300, 842]))),
    "trimmed": (None, on_page(1, has(TrimBox=Array([100, 100, 300, 300])))),
    "moved": (None, on_page(0, has(MediaBox=Array([100, 100, 695, 942])))),
    "larger": (None, on_page(1, has(MediaBox=Array([0, 0, 1190, 1684])))),
    "box of two": (None, on_page(0, has(MediaBox=Array([0, 0])))),
}  # fmt: skip


@pytest.mark.parametrize("what", FORMATS)
def test_a_sheet_of_another_format_is_refused(resident: Resident, what: str) -> None:
    sides, change = FORMATS[what]
    named = refused(resident, lambda keywords: sheet(keywords, sides=sides, change=change))
    assert named == "Paper_Format_Wrong" or (what == "box of two" and named == "Paper_Corrupt")


# --- what is no print ---------------------------------------------------------------------------------------------------------

SCRIPT = {"S": Name.JavaScript, "JS": String("app.alert(1)")}


def attach(document: pikepdf.Pdf) -> None:
    document.attachments["list.txt"] = b"names"


def layer(document: pikepdf.Pdf) -> None:
    group = document.make_indirect(Dictionary(Type=Name.OCG, Name=String("hidden")))
    page = document.pages[0]
    page.obj.Resources.Properties = Dictionary(MC0=group)


def layers_of_the_file(document: pikepdf.Pdf) -> None:
    document.Root.OCProperties = Dictionary(OCGs=Array(), D=Dictionary())


def link(document: pikepdf.Pdf) -> None:
    action = Dictionary(S=Name.URI, URI=String("http://127.0.0.1/"))
    annotation = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 595, 842]), A=action)
    document.pages[1].obj.Annots = Array([document.make_indirect(annotation)])


def named_script(document: pikepdf.Pdf) -> None:
    scripts = Dictionary(Names=Array([String("a"), Dictionary(**SCRIPT)]))
    document.Root.Names = Dictionary(JavaScript=scripts)


def fields(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = Dictionary(Fields=Array())


def elsewhere(document: pikepdf.Pdf) -> None:
    stream = document.make_stream(b"")
    stream["/F"] = String("/etc/hosts")
    document.pages[0].obj.Resources.XObject = Dictionary(X=stream)


def deep(document: pikepdf.Pdf) -> None:
    inner = Dictionary()
    for _ in range(60):
        inner = Dictionary(K=inner)
    document.Root.PieceInfo = inner


FORBIDDEN: dict[str, Change] = {
    "script at opening": lambda d: d.Root.__setitem__("/OpenAction", Dictionary(**SCRIPT)),
    "script at printing": lambda d: d.Root.__setitem__("/AA", Dictionary(WP=Dictionary(**SCRIPT))),
    "script of a page": on_page(0, has(AA=Dictionary(O=Dictionary(**SCRIPT)))),
    "script by name": named_script,
    "link": link,
    "empty list of annotations": on_page(1, has(Annots=Array())),
    "attachment": attach,
    "associated file": lambda d: d.Root.__setitem__("/AF", Array()),
    "fields to fill in": fields,
    "layer": layer,
    "layers of the file": layers_of_the_file,
    "launch": lambda d: d.Root.__setitem__("/X", Dictionary(S=Name.Launch)),
    "collection": lambda d: d.Root.__setitem__("/Collection", Dictionary()),
    "content elsewhere": elsewhere,
    "sixty deep": deep,
}  # fmt: skip


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_is_not_to_be_printed_has_no_place_in_a_sheet(resident: Resident, what: str) -> None:
    named = refused(resident, lambda keywords: sheet(keywords, change=FORBIDDEN[what]))
    assert named == "Paper_Content_Forbidden"


def test_a_script_under_an_escaped_name_is_a_script(resident: Resident) -> None:
    change = on_page(0, has(X=Dictionary(S=Name("/JavaXXScript"))))

    def escaped(keywords: str) -> bytes:
        plain = sheet(keywords, change=change, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        assert plain.count(b"/JavaXXScript") == 1
        return plain.replace(b"/JavaXXScript", b"/Jav#61Script")

    assert refused(resident, escaped) == "Paper_Content_Forbidden"


@pytest.mark.parametrize("strength", [2, 3, 4, 6])
@pytest.mark.expects_log("pikepdf")
def test_an_encrypted_sheet_is_refused_even_if_everyone_can_open_it(
    resident: Resident, strength: int
) -> None:
    weak = pikepdf.Encryption(owner="o", user="", R=strength, aes=strength >= 4, metadata=strength >= 4)
    assert refused(resident, lambda keywords: sheet(keywords, encryption=weak)) == "Paper_Content_Forbidden"


# --- marks --------------------------------------------------------------------------------------------------------------------


def nothing(canvas: Any) -> None:
    canvas.drawString(100, 100, "住民票の写し")


def with_(**how: Any) -> Draw:
    return lambda canvas: marks(canvas, **how)


def mode(number: int) -> Draw:
    """Text rendering mode of ISO 32000-2, 9.3.6."""

    def side(canvas: Any) -> None:
        for size, x, y, words in ((9, 200, 815, SMALL), (200, 97, 350, "見本")):
            text = canvas.beginText(x, y)
            text.setFont("SheetGothic", size)
            text.setTextRenderMode(number)
            text.textOut(words)
            canvas.drawText(text)

    return side


def coloured(*rgb: float, alpha: float = 1) -> Draw:
    def side(canvas: Any) -> None:
        canvas.setFillColorRGB(*rgb, alpha=alpha)
        marks(canvas)

    return side


def covered(x: float, y: float, wide: float, high: float) -> Draw:
    """A white sheet of ink over it."""

    def side(canvas: Any) -> None:
        marks(canvas)
        canvas.setFillColorRGB(1, 1, 1)
        canvas.rect(x, y, wide, high, stroke=0, fill=1)

    return side


def clipped(canvas: Any) -> None:
    path = canvas.beginPath()
    path.rect(0, 0, 10, 10)
    canvas.clipPath(path, stroke=0)
    marks(canvas)


def only_a_picture(canvas: Any) -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    canvas.drawImage(ImageReader(Image.new("L", (20, 20), 128)), 100, 100, 300, 300)


def large_twice_small(canvas: Any) -> None:
    """Both marks, but the large one as small as the other."""
    canvas.setFont("SheetGothic", 9)
    canvas.drawString(100, 815, SMALL)
    canvas.drawString(100, 700, "見本")


UNMARKED: dict[str, Draw] = {
    "nothing": nothing,
    "a picture": only_a_picture,
    "no 見本": with_(large="", small=NOTICE),
    "no notice": with_(small="見本"),
    "another notice": with_(small="見本　証明書としての効力があります"),
    "half a notice": with_(small="見本　試験用・証明書としての効力は"),
    "見本 only small": large_twice_small,
    "a notice that nobody can read": with_(size=1),
    "notice above the page": with_(up=900),
    "notice below the page": with_(up=-20),
    "notice half above the page": with_(up=838),
    "invisible": mode(3),
    "for clipping only": mode(7),
    "white": coloured(1, 1, 1),
    "nearly white": coloured(0.97, 0.97, 0.97),
    "transparent": coloured(0, 0, 0, alpha=0.01),
    "notice covered": covered(0, 800, 600, 42),
    "end of the notice covered": covered(300, 800, 300, 42),
    "見本 covered": covered(0, 200, 600, 500),
    "本 covered": covered(298, 200, 300, 500),
    "all covered": covered(0, 0, 600, 850),
    "clipped away": clipped,
}


@pytest.mark.parametrize("side", [0, 1], ids=["front", "back"])
@pytest.mark.parametrize("what", UNMARKED)
def test_a_side_without_its_marks_is_refused(resident: Resident, what: str, side: int) -> None:
    sides = [marks, marks]
    sides[side] = UNMARKED[what]
    made = drawn(*sides)
    assert refused(resident, lambda keywords: sheet(keywords, sides=made)) == "Paper_Not_Marked"


def test_the_last_of_several_sheets_is_looked_at_too(resident: Resident) -> None:
    made: list[int] = []

    def third_is_blank(keywords: str) -> bytes:
        made.append(1)
        return sheet(keywords, sides=drawn(marks, nothing) if len(made) == 3 else None)

    assert refused(resident, third_is_blank, copies=3) == "Paper_Not_Marked"


# --- files that burst ---------------------------------------------------------------------------------------------------------


@cache
def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9)
    zeros = bytes(1 << 20)
    return b"".join(packer.compress(zeros) for _ in range(size >> 20)) + packer.flush()


@pytest.mark.parametrize("kind", ["content", "image", "packed twice", "behind ASCII85"])
def test_a_sheet_that_would_burst_the_terminal_is_corrupt(resident: Resident, kind: str) -> None:
    packed = bomb(320 << 20)
    if kind == "packed twice":
        packed = zlib.compress(packed)

    def burst(document: pikepdf.Pdf) -> None:
        stream = document.make_stream(b"")
        filters = [Name.FlateDecode] * (2 if kind == "packed twice" else 1)
        data = packed
        if kind == "behind ASCII85":
            data, filters = base64.a85encode(packed) + b"~>", [Name.ASCII85Decode, Name.FlateDecode]
        stream.write(data, filter=Array(filters))
        if kind == "image":
            for key, value in {"Width": 1 << 16, "Height": 1 << 12, "BitsPerComponent": 8}.items():
                stream[f"/{key}"] = value
            stream.Type, stream.Subtype, stream.ColorSpace = Name.XObject, Name.Image, Name.DeviceGray
            document.pages[0].obj.Resources.XObject = Dictionary(X=stream)
        else:
            document.pages[0].obj.Contents = stream

    made = {}

    def once(keywords: str) -> bytes:
        how = {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.none}
        made[0] = sheet(keywords, change=burst, **how)
        assert len(made[0]) < 1_000_000
        return made[0]

    assert refused(resident, once) == "Paper_Corrupt"


# --- and what is right --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [{}, {"compress_streams": True, "object_stream_mode": pikepdf.ObjectStreamMode.generate}, {"linearize": True}],
    ids=["plain", "packed", "linear"],
)  # fmt: skip
def test_the_twin_of_all_of_them_is_paid_for(resident: Resident, how: dict[str, Any]) -> None:
    assert refused(resident, lambda keywords: sheet(keywords, **how)) == ""


def test_the_sheets_of_our_own_centre_are_right(resident: Resident) -> None:
    from server_stub.paper.finish import SheetFacts, finish_sheets

    def unmarked(canvas: Any) -> None:
        canvas.setFont("SheetGothic", 6)
        canvas.drawString(20, 30, f"見本　{PRINTED}")

    front = drawn(unmarked)

    def finished(keywords: str) -> bytes:
        facts = SheetFacts(1, 1, 1, keywords)
        application = json.loads(keywords)["application"]
        (made,) = finish_sheets(front, municipality="神戸市", application_id=application, sheets=[facts])
        return sheet(keywords, sides=made)

    assert refused(resident, finished) == ""
