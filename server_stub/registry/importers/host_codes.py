"""Host code pages: EBCDIC text with shift codes between one-byte and two-byte characters.

Python has none of them. IBM's lie here as tables (host_tables/); those of Fujitsu (JEF) and Hitachi (KEIS) are JIS X 0208
+ 0x8080, so that Python's EUC-JP has their characters; JEF and KEIS78 have the positions of JIS C 6226-1978. What a
municipality has drawn itself (外字) lies in an area of its own, which is counted off from U+E000, or is said by its table of
characters (`Characters`). Sources of the facts: IBM CDRA (by ICU's tables), docs/facts.md for JEF and KEIS.

Each field is decoded by itself: it begins in its first state, whatever the field before it was in.
"""

from __future__ import annotations

import csv
import functools
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server_stub.characters import STAND_INS, unseen
from server_stub.interface.letter_forms import is_selector

UNKNOWN = "\ufffd"
"""Stands for a code without a character, and for a field that ends within two bytes or before its shift code back. No rule of a
record accepts it."""
_TABLES = Path(__file__).parent / "host_tables"
_WIDE_SPACE = b"\x40\x40"
_FIRST_OWN = 0xE000
_KANA = {
    0x41: "｡｢｣､･ｦｧｨｩ", 0x51: "ｪｫｬｭｮｯ", 0x58: "ｰ", 0x81: "ｱｲｳｴｵｶｷｸｹｺ", 0x8C: "ｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉ", 0x9D: "ﾊﾋﾌ",
    0xA2: "ﾍﾎﾏﾐﾑﾒﾓﾔﾕ", 0xAC: "ﾖﾗﾘﾙ", 0xBA: "ﾚﾛﾜﾝﾞﾟ",
}  # fmt: skip
_SMALL = {0x81: "abcdefghi", 0x91: "jklmnopqr", 0xA2: "stuvwxyz"}
_COMMON = {
    0x40: " ", 0x4B: ".<(+", 0x50: "&", 0x5C: "*);", 0x60: "-/", 0x6B: ",%_>?", 0x79: "`:#@'=\"", 0xC1: "ABCDEFGHI",
    0xD1: "JKLMNOPQR", 0xE2: "STUVWXYZ", 0xF0: "0123456789",
}  # fmt: skip
"""What every EBCDIC page of Japan has at one place. The signs that differ from installation to installation ([ ] ! ^ | ~ \\ ¥ $) are
nowhere: a municipality whose data have them says where in its table of characters."""
_EXCHANGED = "鯵鰺鴬鶯蛎蠣撹攪竃竈潅灌諌諫頚頸砿礦蕊蘂靭靱賎賤壷壺砺礪梼檮涛濤迩邇蝿蠅桧檜侭儘薮藪篭籠"
"""Pairs whose positions JIS X 0208-1983 exchanged: of 1978 each stands where the other one stands today."""
_RENEWED = {"尭": "堯", "槙": "槇", "遥": "遙", "瑶": "瑤"}
"""Positions that JIS X 0208-1983 gave to a new shape; the shapes of 1978 got positions of their own."""


@dataclass(frozen=True)
class HostCode:
    """A code page: `page` its one-byte characters, `pairs` the two-byte ones by code (None: JIS X 0208 + 0x8080), `jis78` whether
    in the positions of 1978. `to_pairs` and `to_page` are the shift codes. 外字 are the codes whose first byte is of `own`
    and whose second begins at `own_from`."""

    page: Mapping[int, str]
    pairs: Mapping[bytes, str] | None
    to_pairs: tuple[bytes, ...]
    to_page: bytes
    own: range
    own_from: int
    jis78: bool = False

    def decode(self, raw: bytes, *, wide: bool = False, own: Mapping[bytes, str] | None = None) -> str:
        """The text of one field. `wide`: it has two-byte characters alone and no shift codes. `own`: the municipality's table of
        characters by code. What has no character becomes `UNKNOWN`."""
        own = own or {}
        text: list[str] = []
        at, shifted = 0, wide
        while at < len(raw):
            if not wide:
                shift = self._shift(raw, at, shifted)
                if shift:
                    at, shifted = at + shift, not shifted
                    continue
            code = raw[at : at + (2 if shifted else 1)]
            at += len(code)
            text.append(own.get(code) or self._character(code, shifted))
        if shifted and not wide:
            text.append(UNKNOWN)
        return "".join(text)

    def _shift(self, raw: bytes, at: int, shifted: bool) -> int:
        """How long the shift code is that stands there, 0 for none."""
        for code in (self.to_page,) if shifted else self.to_pairs:
            if raw.startswith(code, at):
                return len(code)
        return 0

    def _character(self, code: bytes, shifted: bool) -> str:
        if not shifted:
            return self.page.get(code[0], UNKNOWN)
        if len(code) < 2:
            return UNKNOWN
        if code == _WIDE_SPACE:
            return "\u3000"
        if code[0] in self.own and code[1] in range(self.own_from, 0xFF):
            width = 0xFF - self.own_from
            return chr(_FIRST_OWN + (code[0] - self.own.start) * width + code[1] - self.own_from)
        if self.pairs is not None:
            return self.pairs.get(code, UNKNOWN)
        return _jis(code, self.jis78)


@functools.cache
def _jis(code: bytes, jis78: bool) -> str:
    if code[0] < 0xA1 or code[1] < 0xA1:
        return UNKNOWN
    try:
        found = code.decode("euc_jp")
    except UnicodeDecodeError:
        return UNKNOWN
    if not jis78:
        return found
    if code[0] == 0xF4:
        return UNKNOWN  # row 84, which is of 1983 and 1990
    at = _EXCHANGED.find(found)
    if at >= 0:
        return _EXCHANGED[at ^ 1]
    return _RENEWED.get(found, found)


def _page(*runs: Mapping[int, str]) -> dict[int, str]:
    return {first + n: char for run in runs for first, chars in run.items() for n, char in enumerate(chars)}


@functools.cache
def _table(name: str) -> dict[bytes, str]:
    """Read a table of host_tables: `4141 αβγ` for codes that follow each other, `ECB5=か゚` for one of several characters."""
    found: dict[bytes, str] = {}
    for line in (_TABLES / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        told = re.match(r"([0-9A-F]{2,4})([ =])", line)
        assert told, line
        code, chars = bytes.fromhex(told[1]), line[told.end() :]
        if told[2] == "=":
            found[code] = chars
        else:
            first = int(told[1], 16)
            found |= {(first + n).to_bytes(len(code), "big"): char for n, char in enumerate(chars)}
    return found


def _ibm(page: str, pairs: str) -> HostCode:
    single = {code[0]: char for code, char in _table(page).items()}
    return HostCode(single, _table(pairs), (b"\x0e",), b"\x0f", range(0x69, 0x80), 0x41)


def _fujitsu(page: dict[int, str]) -> HostCode:
    """The two-byte states of JEF differ in the size of the type: 12, 9 and 7 points."""
    return HostCode(page, None, (b"\x28", b"\x38", b"\x30\xe2"), b"\x29", range(0x80, 0xA1), 0xA1, jis78=True)


def _hitachi(page: dict[int, str], jis78: bool) -> HostCode:
    return HostCode(page, None, (b"\x0a\x42",), b"\x0a\x41", range(0x81, 0xA1), 0xA1, jis78)


_EBCDIC, _EBCDIK = _page(_COMMON, _SMALL), _page(_COMMON, _KANA)
_MAKERS = {
    "ibm930": lambda: _ibm("ibm290", "ibm300"),
    "ibm939": lambda: _ibm("ibm1027", "ibm300"),
    "ibm1390": lambda: _ibm("ibm290", "ibm16684"),
    "ibm1399": lambda: _ibm("ibm1027", "ibm16684"),
    "jef-ebcdic": lambda: _fujitsu(_EBCDIC),
    "jef-ebcdik": lambda: _fujitsu(_EBCDIK),
    "keis78-ebcdic": lambda: _hitachi(_EBCDIC, True),
    "keis78-ebcdik": lambda: _hitachi(_EBCDIK, True),
    "keis83-ebcdic": lambda: _hitachi(_EBCDIC, False),
    "keis83-ebcdik": lambda: _hitachi(_EBCDIK, False),
}
NAMES = frozenset(_MAKERS)


@functools.cache
def host_code(name: str) -> HostCode:
    """One of NAMES."""
    return _MAKERS[name]()


@dataclass(frozen=True)
class Characters:
    """A municipality's table of characters: what it means by a code of its host (`codes`), or by a character that a delivery has
    (`characters`): a variant (IVS) of a common character, or the private use code point of a font that it names."""

    codes: Mapping[bytes, str] = field(default_factory=dict)
    characters: Mapping[int, str] = field(default_factory=dict)

    def apply(self, text: str) -> str:
        return text.translate(self.characters) if self.characters else text


def _is_one_character(text: str) -> bool:
    """Whether it is drawn as one character: that, and what belongs to it."""
    first, rest = text[0], list(text[1:])
    marks = [char for char in text if is_selector(char) or unicodedata.category(char) == "Mn"]
    return marks == rest and first not in STAND_INS and not unseen(first)


HEADER = ("コード", "文字")
_POINT = r"U\+[0-9A-F]{4,6}"


def read_characters(path: Path) -> Characters:
    """Read a CSV file with the columns コード (`80A1`, or `U+E001`) and 文字 (`U+9089 U+E0105`), and others that are not read.

    Raises ValueError with line and what was expected there; OSError."""
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    except csv.Error:
        raise ValueError("CSV の行") from None
    header = rows[0] if rows else []
    if tuple(header[:2]) != HEADER:
        raise ValueError("1行目に列 コード,文字")
    codes: dict[bytes, str] = {}
    characters: dict[int, str] = {}
    for line, row in enumerate(rows[1:], start=2):
        code, told = ([*row, "", ""])[:2]
        if not re.fullmatch(rf"{_POINT}(?: {_POINT})*", told):
            raise ValueError(f"{line}行目の文字に U+9089 U+E0105 のような符号位置")
        points = [int(one[2:], 16) for one in told.split()]
        if any(point > 0x10FFFF or 0xD800 <= point <= 0xDFFF for point in points):
            raise ValueError(f"{line}行目の文字に Unicode の符号位置")
        text = "".join(map(chr, points))
        if not _is_one_character(text):
            raise ValueError(f"{line}行目の文字に、1つの文字（と、あれば異体字のセレクタ）")
        if re.fullmatch(_POINT, code):
            known: object = characters.setdefault(int(code[2:], 16), text)
        elif re.fullmatch(r"[0-9A-F]{2}(?:[0-9A-F]{2})?", code):
            known = codes.setdefault(bytes.fromhex(code), text)
        else:
            raise ValueError(f"{line}行目のコードに 80A1 か U+E001 のような値")
        if known != text:
            raise ValueError(f"{line}行目のコードに、ほかの行と重ならない値")
    return Characters(codes, characters)
