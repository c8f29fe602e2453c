"""Every text that a page, a file or a string carries, decoded and unpacked layer by layer, for those who search it.

What a picture shows is not read (no OCR); whatever else a picture file carries is.
"""

from __future__ import annotations

import binascii
import contextlib
import gzip
import html
import io
import json
import re
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator

from server_stub.interface.binding import PDFIUM

DATA_URL = re.compile(r"data:([a-z0-9/+.-]+);base64,([A-Za-z0-9+/=]+)")
SCRIPT = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
DEEPEST = 6

Part = tuple[str, str]
"""(where it was found, text)."""


def parts_of_page(page: str) -> Iterator[Part]:
    """Every text that the page holds, in whatever it is wrapped."""
    outside = DATA_URL.sub("", page)
    yield from parts_of_text("本文", outside)
    yield "タグを除いた本文", html.unescape(re.sub(r"<[^>]*>", "", outside))
    for number, (kind, body) in enumerate(DATA_URL.findall(page), start=1):
        yield from parts_of_bytes(f"埋め込み {number}（{kind}）", b64decode(body, validate=True))


def parts_of_text(where: str, text: str, depth: int = 0) -> Iterator[Part]:
    yield where, text
    if "&" in text:
        yield f"{where}、実体参照", html.unescape(text)
    if "%" in text:
        yield (
            f"{where}、%表記",
            re.sub(r"%([0-9A-Fa-f]{2})", lambda match: chr(int(match.group(1), 16)), text),
        )
    for script in SCRIPT.findall(text):
        with contextlib.suppress(ValueError):
            yield f"{where}、JSON", json.dumps(json.loads(script), ensure_ascii=False)
    if depth > DEEPEST:
        return
    for run in set(re.findall(r"[A-Za-z0-9+/_-]{6,}={0,2}", text)):
        usable = run.rstrip("=").replace("-", "+").replace("_", "/")
        with_ends = usable + "=" * (-len(usable) % 4)
        try:
            yield from parts_of_bytes(f"{where}、Base64", b64decode(with_ends, validate=True), depth + 1)
        except binascii.Error:
            continue
    for run in set(re.findall(r"(?:[0-9A-Fa-f]{2}[ :]?){4,}", text)):
        digits = re.sub(r"[ :]", "", run)
        yield f"{where}、16進", bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("latin-1")


def parts_of_bytes(where: str, body: bytes, depth: int = 0) -> Iterator[Part]:
    """`body` by what it is; what is unknown, or not what it begins like, as text in the three encodings that a leak could
    have."""
    if depth > DEEPEST:
        return
    for magic, unpack in _KNOWN.items():
        if body.startswith(magic):
            try:
                yield from unpack(where, body, depth)
                return
            except _BROKEN:
                break
    yield from _of_unknown(where, body, depth)


def _of_zip(where: str, body: bytes, depth: int) -> Iterator[Part]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for name in archive.namelist():
            yield f"{where}、ファイル名", name
            yield from parts_of_bytes(f"{where}、{name}", archive.read(name), depth + 1)


def _of_gzip(where: str, body: bytes, depth: int) -> Iterator[Part]:
    yield from parts_of_bytes(f"{where}、gzip", gzip.decompress(body), depth + 1)


def _of_unknown(where: str, body: bytes, depth: int) -> Iterator[Part]:
    try:
        yield from parts_of_text(where, body.decode("utf-8"), depth)
    except UnicodeDecodeError:
        yield where, body.decode("latin-1")
    if b"\0" in body:
        for encoding in ("utf-16-le", "utf-16-be"):
            yield f"{where}、{encoding}", body.decode(encoding, "replace")
            yield f"{where}、{encoding}", body[1:].decode(encoding, "replace")
    for head in ZLIB:
        start = body.find(head)
        while start >= 0:
            try:
                inner = zlib.decompressobj().decompress(body[start:])
            except zlib.error:
                inner = b""
            if inner:
                yield from parts_of_bytes(f"{where}、zlib", inner, depth + 1)
            start = body.find(head, start + 1)


def _of_png(where: str, body: bytes, depth: int) -> Iterator[Part]:
    """Every chunk but those that are the picture itself, and what stands behind the end."""
    at = 8
    while at + 12 <= len(body):
        length, kind = int.from_bytes(body[at : at + 4], "big"), body[at + 4 : at + 8]
        if kind not in (b"IHDR", b"IDAT", b"PLTE", b"IEND"):
            yield from _of_unknown(
                f"{where}、{kind.decode('latin-1')}", body[at + 8 : at + 8 + length], depth + 1
            )
        at += 12 + length
        if kind == b"IEND":
            break
    yield from _of_unknown(f"{where}、末尾の後", body[at:], depth + 1)


def _of_jpeg(where: str, body: bytes, depth: int) -> Iterator[Part]:
    """Comments and application segments, and what stands behind the end."""
    at = 2
    while at + 4 <= len(body) and body[at] == 0xFF and body[at + 1] != 0xDA:
        length = int.from_bytes(body[at + 2 : at + 4], "big")
        if 0xE0 <= body[at + 1] <= 0xEF or body[at + 1] == 0xFE:
            yield from _of_unknown(
                f"{where}、区画 {body[at + 1]:02X}", body[at + 4 : at + 2 + length], depth + 1
            )
        at += 2 + length
    end = body.rfind(b"\xff\xd9")
    yield from _of_unknown(f"{where}、末尾の後", body[end + 2 :], depth + 1)


def _of_pdf(where: str, body: bytes, depth: int) -> Iterator[Part]:
    """Every stream unpacked, every string, and the text as a reader extracts it (70 ms a page). One that cannot be read is
    looked at as bytes."""
    import pikepdf
    import pypdfium2

    try:
        with pikepdf.open(io.BytesIO(body)) as document:
            for found in document.objects:
                yield from _of_pdf_object(f"{where}、PDF", found, depth)
            for _name, found in document.trailer.items():
                yield from _of_pdf_object(f"{where}、PDF の末尾", found, depth)
    except pikepdf.PikepdfError as error:
        raise ValueError("no PDF") from error
    with PDFIUM, pypdfium2.PdfDocument(body) as reader:
        texts = [page.get_textpage().get_text_bounded() for page in reader]
    for text in texts:
        yield f"{where}、PDF の文字", text


def _of_pdf_object(where: str, found: object, depth: int) -> Iterator[Part]:
    import pikepdf

    if isinstance(found, pikepdf.Stream):
        try:
            body = found.read_bytes()
        except pikepdf.PdfError:  # a picture: as it is
            body = found.read_raw_bytes()
        yield from parts_of_bytes(f"{where} のストリーム", body, depth + 1)
    if isinstance(found, pikepdf.String):
        yield f"{where} の文字列", str(found)
    elif isinstance(found, pikepdf.Array):
        yield from _inside(where, list(found), depth)
    elif isinstance(found, (pikepdf.Dictionary, pikepdf.Stream)):
        yield from _inside(where, [inner for _name, inner in found.items()], depth)


def _inside(where: str, objects: list[object], depth: int) -> Iterator[Part]:
    """Those that have no place of their own in the file."""
    import pikepdf

    for inner in objects:
        if isinstance(inner, pikepdf.Object) and not inner.is_indirect:
            yield from _of_pdf_object(where, inner, depth)


_KNOWN: dict[bytes, Callable[[str, bytes, int], Iterator[Part]]] = {
    b"\x89PNG": _of_png,
    b"\xff\xd8\xff": _of_jpeg,
    b"%PDF": _of_pdf,
    b"PK\x03\x04": _of_zip,
    b"\x1f\x8b": _of_gzip,
}
_BROKEN = (OSError, EOFError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile, NotImplementedError)
"""What the libraries raise for a body that only begins like one of these (pdfium's error is a RuntimeError)."""
