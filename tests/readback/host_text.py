"""Reads host text a second time: JEF and KEIS by way of Shift_JIS, IBM's pages by the iconv of this machine."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SIGNS = dict(zip(b"\x40\x4b\x4c\x4d\x4e\x50\x5c\x5d\x5e\x60\x61\x6b\x6c\x6d\x6e\x6f\x79\x7a\x7b\x7c\x7d\x7e\x7f",
                  " .<(+&*);-/,%_>?`:#@'=\"", strict=True))  # fmt: skip
_LETTERS = {0xC0: "ABCDEFGHI", 0xD0: "JKLMNOPQR", 0xE1: "STUVWXYZ"}
_HALF_KANA = "".join(map(chr, range(0xFF61, 0xFFA0)))
_KANA_PLACES = (
    *range(0x41, 0x4A), *range(0x51, 0x57), 0x58, *range(0x81, 0x8B), *range(0x8C, 0x9B), *range(0x9D, 0xA0),
    *range(0xA2, 0xAB), *range(0xAC, 0xB0), *range(0xBA, 0xC0),
)  # fmt: skip
_OLD_AND_NEW = (
    ("鯵", "鰺"), ("鴬", "鶯"), ("蛎", "蠣"), ("撹", "攪"), ("竃", "竈"), ("潅", "灌"), ("諌", "諫"), ("頚", "頸"), ("砿", "礦"),
    ("蕊", "蘂"), ("靭", "靱"), ("賎", "賤"), ("壷", "壺"), ("砺", "礪"), ("梼", "檮"), ("涛", "濤"), ("迩", "邇"), ("蝿", "蠅"),
    ("桧", "檜"), ("侭", "儘"), ("薮", "藪"), ("篭", "籠"),
)  # fmt: skip
_OF_1978 = (
    dict(_OLD_AND_NEW)
    | {new: old for old, new in _OLD_AND_NEW}
    | {"尭": "堯", "槙": "槇", "遥": "遙", "瑶": "瑤"}
)
_JEF, _KEIS = ((b"\x30\xe2", b"\x28", b"\x38"), b"\x29"), ((b"\x0a\x42",), b"\x0a\x41")
_BROKEN = "\ufffd"


def is_host(encoding: str) -> bool:
    return bool(re.fullmatch(r"(?:ibm(?:930|939|1390|1399)|(?:jef|keis78|keis83)-ebcdi[ck])", encoding))


def read_characters(path: Path) -> dict[str, str]:
    """The municipality's own characters: code, or `U+` code point -> text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["コード"]: "".join(chr(int(point[2:], 16)) for point in row["文字"].split())
            for row in csv.DictReader(file)
        }


def host_text(raw: bytes, encoding: str, own: Mapping[str, str], *, wide: bool = False) -> str:
    """One field. What cannot be read is U+FFFD. Raises LookupError for an IBM page where this machine has no iconv."""
    if encoding.startswith("ibm"):
        return _by_iconv(raw, encoding, wide)
    system, page = encoding.split("-")
    into, back = _JEF if system == "jef" else _KEIS
    told = ""
    while raw:
        if not wide:
            shift = next((one for one in into if raw.startswith(one)), None)
            if shift is None:
                told += own.get(f"{raw[0]:02X}") or _single(raw[0], page)
                raw = raw[1:]
                continue
            text, behind, rest = _split_pairs(raw[len(shift) :], back)
            if not behind:
                return told + _BROKEN
            raw = rest
        else:
            text, raw = raw, b""
        told += "".join(_pair(text[at : at + 2], system, own) for at in range(0, len(text), 2))
    return told


def _split_pairs(raw: bytes, back: bytes) -> tuple[bytes, bytes, bytes]:
    at = 0
    while at < len(raw) and not raw.startswith(back, at):
        at += 2
    return raw[:at], raw[at : at + len(back)], raw[at + len(back) :]


def _single(byte: int, page: str) -> str:
    if byte in _SIGNS:
        return _SIGNS[byte]
    if 0xF0 <= byte <= 0xF9:
        return str(byte - 0xF0)
    for first, letters in _LETTERS.items():
        if first < byte <= first + len(letters):
            return letters[byte - first - 1]
        if page == "ebcdic" and first - 0x40 < byte <= first - 0x40 + len(letters):
            return letters[byte - first + 0x3F].lower()
    if page == "ebcdik" and byte in _KANA_PLACES:
        return _HALF_KANA[_KANA_PLACES.index(byte)]
    return _BROKEN


def _pair(code: bytes, system: str, own: Mapping[str, str]) -> str:
    if code.hex().upper() in own:
        return own[code.hex().upper()]
    if code == b"\x40\x40":
        return "\u3000"
    first = 0x80 if system == "jef" else 0x81
    if len(code) == 2 and first <= code[0] <= 0xA0 and code[1] >= 0xA1:
        return chr(0xE000 + (code[0] - first) * 94 + code[1] - 0xA1)
    if len(code) < 2 or min(code) < 0xA1:
        return _BROKEN
    row, cell = code[0] - 0xA0, code[1] - 0xA0
    lead = (row - 1) // 2 + (0x81 if row <= 62 else 0xC1)
    trail = cell + 0x9E if row % 2 == 0 else cell + (0x3F if cell <= 63 else 0x40)
    try:
        char = bytes((lead, trail)).decode("shift_jis")
    except UnicodeDecodeError:
        return _BROKEN
    return char if system == "keis83" else _BROKEN if row == 84 else _OF_1978.get(char, char)


def _by_iconv(raw: bytes, encoding: str, wide: bool) -> str:
    program = shutil.which("iconv")
    if program is None:
        raise LookupError(f"{encoding} を読むには、この機械に iconv（glibc）が必要です")
    told = b"\x0e" + raw + b"\x0f" if wide else raw
    done = subprocess.run(
        [program, "-f", encoding.upper(), "-t", "UTF-8"], input=told, capture_output=True, check=False
    )
    return done.stdout.decode() if done.returncode == 0 else _BROKEN
