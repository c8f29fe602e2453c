"""How much a file unpacks to: asked by whoever lets pdfium or pikepdf read a file that somebody else has made."""

from __future__ import annotations

import base64
import re
import zlib

import pikepdf

from .failures import Failed

INFLATED = 256_000_000
"""Bytes that all streams of a sheet may have when they are unpacked. The ground pattern has 4.4 million."""
_DEFLATE = 1032
"""Bytes that one deflated byte can become at the most (zlib's own figure)."""
_PACKED = frozenset({"/FlateDecode", "/Fl", "/LZWDecode", "/LZW", "/RunLengthDecode", "/RL"})
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_PIECE = 1 << 20


def check_file(pdf: bytes) -> None:
    """Would unpacking it burst this process? To be asked before anything opens `pdf`. Raises Failed(Paper_Corrupt)."""
    if _small(len(pdf)):
        return
    room = INFLATED
    for found in _STREAM.finditer(pdf):
        room -= _inflated(memoryview(pdf)[found.end() :], room)


def _small(size: int) -> bool:
    """Whether `size` bytes cannot become too many, however they are packed once."""
    return size * _DEFLATE <= INFLATED


def _inflated(data: memoryview | bytes, room: int) -> int:
    """How many bytes the deflated `data` has; 0 if it is not deflated. Raises Failed above `room`."""
    made, total, rest = zlib.decompressobj(), 0, bytes(data)
    try:
        while rest and not made.eof:
            total += len(made.decompress(rest, _PIECE))
            if total > room:
                raise Failed("Paper_Corrupt", detail="too large when unpacked")
            rest = made.unconsumed_tail
    except zlib.error:
        pass
    return total


def unpacked(stream: pikepdf.Stream, room: int) -> int:
    """Bytes in `stream` behind a first filter that packs nothing. Raises Failed(Paper_Corrupt): packed twice, too large."""
    told = stream.get("/Filter", pikepdf.Array())
    filters = [str(told)] if isinstance(told, pikepdf.Name) else [str(one) for one in told]
    if sum(one in _PACKED for one in filters) > 1 or "/Crypt" in filters:
        raise Failed("Paper_Corrupt", detail="packed twice")
    if len(filters) < 2 or filters[0] not in ("/ASCII85Decode", "/A85"):
        return 0
    raw = stream.read_raw_bytes()
    if _small(len(raw)):
        return 0
    try:
        plain = base64.a85decode(raw.strip().removeprefix(b"<~").removesuffix(b"~>"))
    except ValueError as error:
        raise Failed("Paper_Corrupt", detail="ASCII85") from error
    return _inflated(plain, room)
