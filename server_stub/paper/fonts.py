"""Where the fonts of the papers lie on this machine, and which characters and variants each really has.

A typesetter draws an unregistered variant as the plain form without a word, and a reader of the PDF still copies the
selector out; so nobody after this check could tell that the wrong shape was printed.
"""

from __future__ import annotations

import functools
import os
import shutil
import struct
import subprocess
from bisect import bisect_right
from pathlib import Path

from server_stub.interface.failures import Failed

MINCHO = "IPAmjMincho"
"""Names, addresses and the forms themselves: the font of 文字情報基盤 with its variation sequences."""

GOTHIC = "BIZ UDGothic"
"""Stamp and back pages; no resident's data is set in it."""

_FILES = {MINCHO: "ipamjm.ttf", GOTHIC: "BIZUDGothic-Regular.ttf"}
_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts"),
    Path("~/.fonts"),
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)


@functools.cache
def font_file(family: str) -> Path:
    """The file of `family` (MINCHO or GOTHIC).

    If KONBINI_FONTS is set (folders, separated as in PATH), only those folders are searched; otherwise the system's
    font folders, then fontconfig is asked. Raises Failed(Font_Missing, font=...).
    """
    wanted = _FILES[family]
    configured = os.environ.get("KONBINI_FONTS")
    folders = [Path(part) for part in configured.split(os.pathsep) if part] if configured else list(_FOLDERS)
    for folder in folders:
        for found in sorted(folder.expanduser().rglob(wanted)):
            return found
    if not configured:
        asked = _ask_fontconfig(family)
        if asked is not None:
            return asked
    raise Failed("Font_Missing", font=family)


def _ask_fontconfig(family: str) -> Path | None:
    """fc-match always names some font; only an answer of the very family counts."""
    program = shutil.which("fc-match")
    if program is None:
        return None
    answer = subprocess.run(
        [program, "--format=%{family}\n%{file}", family],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    ).stdout.split("\n")
    if len(answer) < 2 or family not in [name.strip() for name in answer[0].split(",")]:
        return None
    return Path(answer[1]).resolve()


_NOTDEF = 0


class Coverage:
    """The characters and variation sequences of one TrueType or OpenType file. About 10 ms for IPAmj Mincho.

    Raises Failed(Font_Missing) for a file without a Unicode cmap.
    """

    def __init__(self, path: Path) -> None:
        tables = _read_tables(path, (b"cmap", b"head", b"loca"))
        cmap = tables.get(b"cmap", b"")
        self._outlines = tables.get(b"loca", b"")
        self._long_offsets = tables.get(b"head", b"").ljust(54)[50:52] == b"\0\1"
        self._starts: list[int] = []
        self._groups: list[tuple[int, int, int]] = []
        self._plain: dict[int, list[tuple[int, int]]] = {}
        self._variants: dict[tuple[int, int], int] = {}
        subtables = self._subtables(cmap) if cmap else {}
        if (3, 10) in subtables:
            self._read_format_12(cmap, subtables[3, 10])
        elif (3, 1) in subtables:
            self._read_format_4(cmap, subtables[3, 1])
        else:
            raise Failed("Font_Missing", font=path.name)
        if (0, 5) in subtables:
            self._read_format_14(cmap, subtables[0, 5])

    def glyph(self, character: int, selector: int | None = None) -> int:
        """The glyph id of a code point, or of (code point, variation selector); 0 if the font does not have it."""
        if selector is not None:
            found = self._variants.get((character, selector))
            if found is not None:
                return found
            if not any(first <= character <= last for first, last in self._plain.get(selector, ())):
                return _NOTDEF
        at = bisect_right(self._starts, character) - 1
        if at < 0:
            return _NOTDEF
        start, end, glyph = self._groups[at]
        return glyph + character - start if character <= end else _NOTDEF

    def missing(self, text: str) -> list[str]:
        """What `text` needs and the font lacks, in code points: 'U+XXXX', or 'U+XXXX U+E01XX' for a variant.

        A character that is no space but would be drawn as nothing counts as lacking, and so does a selector that
        follows no character.
        """
        lacking: list[str] = []
        base: int | None = None
        codes = [ord(character) for character in text]
        for position, code in enumerate(codes):
            if is_selector(code):
                if base is None or not self.glyph(base, code):
                    lacking.append(
                        f"{_notation(base)} {_notation(code)}" if base is not None else _notation(code)
                    )
                base = None
                continue
            base = code
            followed = position + 1 < len(codes) and is_selector(codes[position + 1])
            if not followed and not self._drawn(code):
                lacking.append(_notation(code))
        return lacking

    def _drawn(self, code: int) -> bool:
        glyph = self.glyph(code)
        return glyph != _NOTDEF and (chr(code).isspace() or not self._is_empty(glyph))

    def _is_empty(self, glyph: int) -> bool:
        """Has the glyph no outline? (Only TrueType outlines tell.)"""
        size = 4 if self._long_offsets else 2
        offsets = self._outlines[size * glyph : size * (glyph + 2)]
        return bool(offsets) and offsets[:size] == offsets[size:]

    @staticmethod
    def _subtables(cmap: bytes) -> dict[tuple[int, int], int]:
        (count,) = struct.unpack_from(">H", cmap, 2)
        entries = (struct.unpack_from(">HHL", cmap, 4 + 8 * i) for i in range(count))
        return {(platform, encoding): offset for platform, encoding, offset in entries}

    def _read_format_12(self, cmap: bytes, at: int) -> None:
        (count,) = struct.unpack_from(">L", cmap, at + 12)
        numbers = struct.unpack_from(f">{3 * count}L", cmap, at + 16)
        self._groups = list(zip(numbers[0::3], numbers[1::3], numbers[2::3], strict=True))
        self._starts = list(numbers[0::3])

    def _read_format_4(self, cmap: bytes, at: int) -> None:
        (twice,) = struct.unpack_from(">H", cmap, at + 6)
        count = twice // 2
        ends = struct.unpack_from(f">{count}H", cmap, at + 14)
        starts = struct.unpack_from(f">{count}H", cmap, at + 16 + twice)
        deltas = struct.unpack_from(f">{count}H", cmap, at + 16 + 2 * twice)
        offsets_at = at + 16 + 3 * twice
        offsets = struct.unpack_from(f">{count}H", cmap, offsets_at)
        for i in range(count):
            for code in range(starts[i], min(ends[i], 0xFFFE) + 1):
                if offsets[i]:
                    where = offsets_at + 2 * i + offsets[i] + 2 * (code - starts[i])
                    (glyph,) = struct.unpack_from(">H", cmap, where)
                    glyph = (glyph + deltas[i]) & 0xFFFF if glyph else 0
                else:
                    glyph = (code + deltas[i]) & 0xFFFF
                self._starts.append(code)
                self._groups.append((code, code, glyph))

    def _read_format_14(self, cmap: bytes, at: int) -> None:
        (count,) = struct.unpack_from(">L", cmap, at + 6)
        for i in range(count):
            high, low, plain, other = struct.unpack_from(">BHLL", cmap, at + 10 + 11 * i)
            selector = high << 16 | low
            if plain:
                (ranges,) = struct.unpack_from(">L", cmap, at + plain)
                for j in range(ranges):
                    upper, lower, more = struct.unpack_from(">BHB", cmap, at + plain + 4 + 4 * j)
                    first = upper << 16 | lower
                    self._plain.setdefault(selector, []).append((first, first + more))
            if other:
                (pairs,) = struct.unpack_from(">L", cmap, at + other)
                for j in range(pairs):
                    upper, lower, glyph = struct.unpack_from(">BHH", cmap, at + other + 4 + 5 * j)
                    self._variants[upper << 16 | lower, selector] = glyph


def is_selector(code: int) -> bool:
    """Is this code point a variation selector (VS1-VS256)?"""
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


@functools.cache
def coverage(family: str) -> Coverage:
    """The coverage of a font of this machine, read once. Raises Failed(Font_Missing)."""
    return Coverage(font_file(family))


def check_printable(text: str, family: str = MINCHO) -> None:
    """Raises Failed(Character_Not_Printable, characters=[...]) naming code points only, never the name they stand in."""
    lacking = coverage(family).missing(text)
    if lacking:
        raise Failed("Character_Not_Printable", characters=list(dict.fromkeys(lacking)))


def _notation(code: int) -> str:
    return f"U+{code:04X}"


def _read_tables(path: Path, wanted: tuple[bytes, ...]) -> dict[bytes, bytes]:
    """These tables only: the whole file of IPAmj is 46 MB."""
    with path.open("rb") as file:
        (count,) = struct.unpack(">4xH6x", file.read(12))
        entries = [struct.unpack(">4s4xLL", file.read(16)) for _ in range(count)]
        tables = {}
        for tag, offset, length in entries:
            if tag in wanted:
                file.seek(offset)
                tables[tag] = file.read(length)
    return tables
