"""Writes host text as a host would: JEF, by way of ISO-2022-JP and a code table of its own."""

from __future__ import annotations

from collections.abc import Mapping

_SPACE = "\u3000"
_UPPER = {c: 0xC1 + n for n, c in enumerate("ABCDEFGHI")} | {c: 0xD1 + n for n, c in enumerate("JKLMNOPQR")}
_UPPER |= {c: 0xE2 + n for n, c in enumerate("STUVWXYZ")} | {str(n): 0xF0 + n for n in range(10)}
_SIGNS = {" ": 0x40, "-": 0x60, ".": 0x4B, "/": 0x61, "_": 0x6D, ",": 0x6B, ":": 0x7A, "+": 0x4E}
_LOWER = {c: 0x81 + n for n, c in enumerate("abcdefghi")} | {c: 0x91 + n for n, c in enumerate("jklmnopqr")}
_LOWER |= {c: 0xA2 + n for n, c in enumerate("stuvwxyz")}
BLANK = b"\x40"
_POSITIONS_OF_1978 = {
    "桧": "檜",
    "檜": "桧",
    "遙": "遥",
    "堯": "尭",
    "槇": "槙",
    "瑤": "瑶",
    "壷": "壺",
    "壺": "壷",
}
"""Whose place JIS X 0208-1983 gave to another, as far as the people here need it."""
_TO_PAIRS, _TO_PAGE = b"\x28", b"\x29"


def jef_pair(char: str, own: Mapping[str, bytes]) -> bytes:
    """Two bytes. `own`: 外字 by character, or by character with its selector. Raises UnicodeEncodeError."""
    if char in own:
        return own[char]
    if char == _SPACE:
        return BLANK * 2
    code = _POSITIONS_OF_1978.get(char, char).encode("iso2022_jp")
    assert code[:3] == b"\x1b$B", char
    return bytes(byte | 0x80 for byte in code[3:5])


def clusters(text: str) -> list[str]:
    """Characters, each with the variation selector that follows it."""
    found: list[str] = []
    for char in text:
        if found and 0xE0100 <= ord(char) <= 0xE01EF:
            found[-1] += char
        else:
            found.append(char)
    return found


def jef_wide(text: str, length: int, own: Mapping[str, bytes]) -> bytes:
    """A field of two-byte characters alone. Raises ValueError for one that is too long."""
    return _filled(b"".join(jef_pair(one, own) for one in clusters(text)), length)


def jef(text: str, length: int, own: Mapping[str, bytes]) -> bytes:
    """A field of one-byte and two-byte characters with their shift codes."""
    made, shifted = b"", False
    single = _UPPER | _LOWER | _SIGNS
    for one in clusters(text):
        if (one not in single) != shifted:
            made += _TO_PAGE if shifted else _TO_PAIRS
            shifted = not shifted
        made += jef_pair(one, own) if shifted else bytes((single[one],))
    return _filled(made + (_TO_PAGE if shifted else b""), length)


def _filled(made: bytes, length: int) -> bytes:
    if len(made) > length:
        raise ValueError(f"{len(made)} bytes for {length}")
    return made.ljust(length, BLANK)
