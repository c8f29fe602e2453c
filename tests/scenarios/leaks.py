"""A search for secrets in an evidence page: everything it carries is decoded and unpacked first, layer by layer.

What a picture shows is not read (no OCR); whatever else a picture file carries is.
"""

from __future__ import annotations

import binascii
import gzip
import html
import io
import json
import re
import unicodedata
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Iterable, Iterator

import pikepdf
import pypdfium2

from scenarios.stage_secrets import StageSecret

DATA_URL = re.compile(r"data:([a-z0-9/+.-]+);base64,([A-Za-z0-9+/=]+)")
SCRIPT = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
DIGITS = 4
"""A secret of so few digits stands in many a digest, port or size by chance: it counts only as a word of its own, that
is with no letter or digit next to it and not as a part of a decimal number. So it is not found inside runs of hex or
Base64 as they stand, but it is in what they decode to."""
ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
DEEPEST = 6

Part = tuple[str, str]
"""(where it was found, text)."""


def leaks(page: str, secrets: Iterable[StageSecret]) -> list[str]:
    """What of `secrets` is in `page`, and where; never the secret itself."""
    parts = [(where, *_forms(text)) for where, text in parts_of(page)]
    found = []
    for secret in secrets:
        value = secret.value.reveal().casefold()
        for where, plain, squeezed in parts:
            if _word(value).search(plain) if len(value) <= DIGITS else value in squeezed:
                found.append(f"{secret.what} in {where}")
    return found


def _word(value: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9a-z])(?<!\d\.){re.escape(value)}(?![0-9a-z])(?!\.\d)")


def _forms(text: str) -> tuple[str, str]:
    """Full-width digits as plain ones; and without the blanks and hyphens by which a number may be parted."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return plain, re.sub(r"[\s\-‐－]", "", plain)


# --- unpacking -----------------------------------------------------------------------------------------------------------


def parts_of(page: str) -> Iterator[Part]:
    """Every text that the page holds, in whatever it is wrapped."""
    outside = DATA_URL.sub("", page)
    yield from _of_text("the page", outside, 0)
    yield "the page without its tags", html.unescape(re.sub(r"<[^>]*>", "", outside))
    for number, (kind, body) in enumerate(DATA_URL.findall(page), start=1):
        yield from _of_bytes(f"object {number} ({kind})", b64decode(body, validate=True), 0)


def _of_text(where: str, text: str, depth: int) -> Iterator[Part]:
    yield where, text
    if "&" in text:
        yield f"{where}, entities decoded", html.unescape(text)
    if "%" in text:
        yield (
            f"{where}, percents decoded",
            re.sub(r"%([0-9A-Fa-f]{2})", lambda match: chr(int(match.group(1), 16)), text),
        )
    for script in SCRIPT.findall(text):
        yield f"{where}, JSON", json.dumps(json.loads(script), ensure_ascii=False)
    if depth > DEEPEST:
        return
    for run in set(re.findall(r"[A-Za-z0-9+/_-]{6,}={0,2}", text)):
        usable = run.rstrip("=").replace("-", "+").replace("_", "/")
        with_ends = usable + "=" * (-len(usable) % 4)
        try:
            yield from _of_bytes(f"{where}, Base64 decoded", b64decode(with_ends, validate=True), depth + 1)
        except binascii.Error:
            continue
    for run in set(re.findall(r"(?:[0-9A-Fa-f]{2}[ :]?){4,}", text)):
        digits = re.sub(r"[ :]", "", run)
        yield f"{where}, hex decoded", bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("latin-1")


def _of_bytes(where: str, body: bytes, depth: int) -> Iterator[Part]:
    """`body` by what it is; anything unknown as text in the three encodings that a leak could have."""
    if depth > DEEPEST:
        return
    if body.startswith(b"\x89PNG"):
        yield from _of_png(where, body, depth)
    elif body.startswith(b"\xff\xd8\xff"):
        yield from _of_jpeg(where, body, depth)
    elif body.startswith(b"%PDF"):
        yield from _of_pdf(where, body, depth)
    elif body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                yield f"{where}, names", name
                yield from _of_bytes(f"{where}, {name}", archive.read(name), depth + 1)
    elif body.startswith(b"\x1f\x8b"):
        yield from _of_bytes(f"{where}, gzip", gzip.decompress(body), depth + 1)
    else:
        yield from _of_unknown(where, body, depth)


def _of_unknown(where: str, body: bytes, depth: int) -> Iterator[Part]:
    try:
        yield from _of_text(where, body.decode("utf-8"), depth)
    except UnicodeDecodeError:
        yield where, body.decode("latin-1")
    if b"\0" in body:
        for encoding in ("utf-16-le", "utf-16-be"):
            yield f"{where}, {encoding}", body.decode(encoding, "replace")
            yield f"{where}, {encoding}", body[1:].decode(encoding, "replace")
    for head in ZLIB:
        start = body.find(head)
        while start >= 0:
            try:
                inner = zlib.decompressobj().decompress(body[start:])
            except zlib.error:
                inner = b""
            if inner:
                yield from _of_bytes(f"{where}, zlib", inner, depth + 1)
            start = body.find(head, start + 1)


def _of_png(where: str, body: bytes, depth: int) -> Iterator[Part]:
    """Every chunk but those that are the picture itself, and what stands behind the end."""
    at = 8
    while at + 12 <= len(body):
        length, kind = int.from_bytes(body[at : at + 4], "big"), body[at + 4 : at + 8]
        if kind not in (b"IHDR", b"IDAT", b"PLTE", b"IEND"):
            yield from _of_unknown(
                f"{where}, {kind.decode('latin-1')}", body[at + 8 : at + 8 + length], depth + 1
            )
        at += 12 + length
        if kind == b"IEND":
            break
    yield from _of_unknown(f"{where}, behind its end", body[at:], depth + 1)


def _of_jpeg(where: str, body: bytes, depth: int) -> Iterator[Part]:
    """Comments and application segments, and what stands behind the end."""
    at = 2
    while at + 4 <= len(body) and body[at] == 0xFF and body[at + 1] != 0xDA:
        length = int.from_bytes(body[at + 2 : at + 4], "big")
        if 0xE0 <= body[at + 1] <= 0xEF or body[at + 1] == 0xFE:
            yield from _of_unknown(
                f"{where}, segment {body[at + 1]:02X}", body[at + 4 : at + 2 + length], depth + 1
            )
        at += 2 + length
    end = body.rfind(b"\xff\xd9")
    yield from _of_unknown(f"{where}, behind its end", body[end + 2 :], depth + 1)


def _of_pdf(where: str, body: bytes, depth: int) -> Iterator[Part]:
    """Every stream unpacked, every string, and the text as a reader extracts it."""
    with pikepdf.open(io.BytesIO(body)) as document:
        for found in document.objects:
            yield from _of_pdf_object(f"{where}, PDF", found, depth)
        for _name, found in document.trailer.items():
            yield from _of_pdf_object(f"{where}, PDF trailer", found, depth)
    reader = pypdfium2.PdfDocument(body)
    try:
        for page in reader:
            yield f"{where}, PDF text", page.get_textpage().get_text_bounded()
    finally:
        reader.close()


def _of_pdf_object(where: str, found: object, depth: int) -> Iterator[Part]:
    if isinstance(found, pikepdf.Stream):
        try:
            body = found.read_bytes()
        except pikepdf.PdfError:  # a picture: as it is
            body = found.read_raw_bytes()
        yield from _of_bytes(f"{where} stream", body, depth + 1)
    if isinstance(found, pikepdf.String):
        yield f"{where} string", str(found)
    elif isinstance(found, pikepdf.Array):
        yield from _inside(where, list(found), depth)
    elif isinstance(found, (pikepdf.Dictionary, pikepdf.Stream)):
        yield from _inside(where, [inner for _name, inner in found.items()], depth)


def _inside(where: str, objects: list[object], depth: int) -> Iterator[Part]:
    """Those that have no place of their own in the file."""
    for inner in objects:
        if isinstance(inner, pikepdf.Object) and not inner.is_indirect:
            yield from _of_pdf_object(where, inner, depth)
