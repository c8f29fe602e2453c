"""The scrambled image of a back page (スクランブル画像): the front, small and enciphered, as a field of black and white cells.

Our own, not the real service's, which is not published. The centre renders the front in black and white, packs it (ITU-T T.6 in
TIFF), enciphers it under its key, adds redundancy and scatters the bytes over the field. The text of the QR code is enciphered with
it: an image belongs to the sheet that the code names, or it does not open. docs/back-page.md has all of it, bit by bit.

The cipher is AES-256-SIV (RFC 5297): the same front gives the same image, nobody makes or changes one without the key, and no counter
has to be kept.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray
from PIL import Image

from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

from .redundancy import BLOCK, MESSAGE, mended, with_redundancy
from .redundancy import warm_up as warm_tables

CELL_MM = 25.4 / 100
"""Side of a cell: three dots of a scanner of 300 dpi, six of a printer of 600."""
COLUMNS, LINES = 640, 496
LEFT_MM, TOP_MM = 280 * 25.4 / 300, 1240 * 25.4 / 300
"""The upper left corner of the field on the back, from the upper left of the page."""
MARGIN_MM = 1.5
"""White around it."""
BYTE_COLUMNS, BYTE_LINES = COLUMNS // 4, LINES // 2
"""A byte is a brick of four cells by two: a stain spoils few bytes."""
MARK = 8
"""Side in cells of the marks by which a scan is laid straight: white, in it a black square of six, in it a white one of two."""
_MARK_COLUMNS, _MARK_LINES = 9, 7
_STAMP = Path(__file__).with_name("stamp_place.png")
"""Bricks that lie under the large 見本 of the back: they stay white, so that it stands out from the field."""

_MAGIC = b"KS\x01"
_HEAD = len(_MAGIC) + 4 + 3
_SIV = 16
_RESOLUTIONS = (150, 120, 100, 80, 60)
"""Of the front, in dpi: the first at which it fits."""
_LAST_RESOLUTION = 40
"""At which every front fits, packed or not."""
INK = 170
"""Grey below which the front counts as printed."""
Bits = NDArray[np.bool_]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class ScrambleKey:
    """The centre's key for back pages. `name`: four bytes that tell keys apart and nothing about them."""

    secret: bytes

    @classmethod
    def of(cls, secret: Secret) -> ScrambleKey:
        """Derive it from a secret text of high entropy."""
        return cls(HKDF(SHA256(), 64, None, b"konbini back page").derive(secret.reveal().encode()))

    @property
    def name(self) -> bytes:
        return hmac.digest(self.secret, b"name", "sha256")[:4]

    def __repr__(self) -> str:
        return f"ScrambleKey({self.name.hex()})"


@dataclass(frozen=True, slots=True)
class Opened:
    """What an image held. `wrong`: the bricks (line, column) that were misread and put right."""

    picture: Image.Image
    dpi: int
    wrong: Bits


@dataclass(frozen=True)
class _Field:
    """`order`: the bricks that carry bytes, in the order of the bytes; `filled`: those left over. `marks`: (line, column) in cells of
    the upper left corners of marks."""

    order: NDArray[np.intp]
    filled: NDArray[np.intp]
    marks: tuple[tuple[int, int], ...]
    bare: Bits

    @property
    def blocks(self) -> int:
        return len(self.order) // BLOCK


@functools.cache
def field() -> _Field:
    """Lay out the field; always the same."""
    with Image.open(_STAMP) as picture:
        stamp = np.asarray(picture.convert("L")) < 128
    free = ~stamp
    marks = []
    for line in _spread(LINES // MARK, _MARK_LINES):
        for column in _spread(COLUMNS // MARK, _MARK_COLUMNS):
            bricks = np.s_[line * 4 : line * 4 + 4, column * 2 : column * 2 + 2]
            if free[bricks].all():
                free[bricks] = False
                marks.append((line * MARK, column * MARK))
    places = np.flatnonzero(free)
    drawn = np.frombuffer(hashlib.shake_256(b"konbini back page: order").digest(8 * len(places)), "<u8")
    shuffled = places[np.argsort(drawn, kind="stable")]
    carrying = len(shuffled) // BLOCK * BLOCK
    return _Field(shuffled[:carrying], shuffled[carrying:], tuple(marks), stamp)


def _spread(room: int, count: int) -> list[int]:
    return [round(i * (room - 1) / (count - 1)) for i in range(count)]


def mark() -> Bits:
    """A mark, black where true."""
    made = np.zeros((MARK, MARK), dtype=np.bool_)
    made[1:-1, 1:-1] = True
    made[3:5, 3:5] = False
    return made


def seal(page: pypdfium2.PdfPage, key: ScrambleKey, text: str) -> Bits:
    """Make the field of a front, black where true. `text`: of the sheet's QR code. The caller holds pdfium."""
    capacity = field().blocks * MESSAGE - _HEAD - _SIV
    packed = b""
    for dpi in _RESOLUTIONS:
        packed = _packed(page, dpi, "group4")
        if len(packed) <= capacity:
            break
    else:
        packed = min(_packed(page, _LAST_RESOLUTION, how) for how in ("group4", "raw"))
    return _scattered(key, AESSIV(key.secret).encrypt(packed, [text.encode()]))


def _packed(page: pypdfium2.PdfPage, dpi: int, how: str) -> bytes:
    bitmap = page.render(scale=dpi / 72, grayscale=True)
    try:
        grey: Image.Image = bitmap.to_pil()
        ink = grey.point([0] * INK + [255] * (256 - INK), "1")
    finally:
        bitmap.close()
    stream = io.BytesIO()
    ink.save(stream, "TIFF", compression=how, dpi=(dpi, dpi))
    return stream.getvalue()


def _scattered(key: ScrambleKey, sealed: bytes) -> Bits:
    laid = field()
    head = _MAGIC + key.name + len(sealed).to_bytes(3, "big")
    room = laid.blocks * MESSAGE
    filler = hashlib.shake_256(sealed[:_SIV]).digest(room + len(laid.filled))
    message = np.frombuffer((head + sealed + filler)[:room], dtype=np.uint8).reshape(laid.blocks, MESSAGE)
    bricks = np.zeros((BYTE_LINES * BYTE_COLUMNS, 8), dtype=np.uint8)
    scattered = with_redundancy(message).T.reshape(-1)
    bricks[laid.order] = np.unpackbits(scattered[:, None], axis=1)
    rest = np.frombuffer(filler[room:], dtype=np.uint8)
    bricks[laid.filled] = np.unpackbits(rest[:, None], axis=1)
    cells = bricks.reshape(BYTE_LINES, BYTE_COLUMNS, 2, 4).transpose(0, 2, 1, 3).reshape(LINES, COLUMNS)
    made = cells.astype(np.bool_)
    drawn = mark()
    for line, column in laid.marks:
        made[line : line + MARK, column : column + MARK] = drawn
    return made


def open_field(cells: Bits, key: ScrambleKey, text: str) -> Opened:
    """Read a field that was scanned (black where true). `text`: what the QR code beside it reads.

    Raises Failed: Back_Page_Damaged, Back_Page_Key_Unknown, Back_Page_Altered.
    """
    laid = field()
    bricks = cells.reshape(BYTE_LINES, 2, BYTE_COLUMNS, 4).transpose(0, 2, 1, 3).reshape(-1, 8)
    read = np.packbits(bricks[laid.order], axis=1)[:, 0]
    blocks, wrong, lost = mended(read.reshape(BLOCK, laid.blocks).T)
    message = blocks[:, :MESSAGE].tobytes()
    if lost:
        raise Failed("Back_Page_Damaged", blocks=lost, of=laid.blocks)
    size = int.from_bytes(message[_HEAD - 3 : _HEAD], "big")
    if message[: len(_MAGIC)] != _MAGIC or _HEAD + size > len(message):
        raise Failed("Back_Page_Damaged", detail="no head")
    if not hmac.compare_digest(message[len(_MAGIC) : len(_MAGIC) + 4], key.name):
        raise Failed("Back_Page_Key_Unknown", key=message[len(_MAGIC) : len(_MAGIC) + 4].hex())
    try:
        packed = AESSIV(key.secret).decrypt(message[_HEAD : _HEAD + size], [text.encode()])
    except InvalidTag as error:
        raise Failed("Back_Page_Altered") from error
    picture = Image.open(io.BytesIO(packed), formats=["TIFF"])
    picture.load()
    places = np.zeros(BYTE_LINES * BYTE_COLUMNS, dtype=np.bool_)
    places[laid.order] = wrong.T.reshape(-1)
    return Opened(picture, round(picture.info["dpi"][0]), places.reshape(BYTE_LINES, BYTE_COLUMNS))


def warm_up() -> None:
    """Make the layout and the tables: some 60 ms."""
    field()
    warm_tables()
