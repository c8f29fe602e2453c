"""Make the tables of IBM's host code pages from what ICU's converter `uconv` knows: `python -m tests.registry.host_tables`.

They are kept in the repository, so that nobody who reads a delivery needs ICU. tests/registry/test_host_codes.py holds them
against another converter, glibc's iconv.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "server_stub" / "registry" / "importers" / "host_tables"
TABLES = {
    "ibm290": ("ibm-930", 1),
    "ibm1027": ("ibm-939", 1),
    "ibm300": ("ibm-930", 2),
    "ibm16684": ("ibm-1399", 2),
}
"""Our table, the page of ICU that it is taken from, and how many bytes a code has."""
_IN, _OUT = b"\x0e", b"\x0f"
_OWN = range(0x6941, 0x7FFF)
"""外字 of the installation: counted off in the reader, from U+E000."""


def main() -> None:
    for name, (page, width) in TABLES.items():
        (FOLDER / f"{name}.txt").write_text(table(page, width), encoding="utf-8")


def table(page: str, width: int) -> str:
    """Return the text of a table: a line for each run of codes that have one character each, and one for each other code."""
    codes = (
        range(0x40, 0xFF)
        if width == 1
        else [a << 8 | b for a in range(0x41, 0xFF) for b in range(0x41, 0xFF)]
    )
    found = [
        (code, text)
        for code, text in zip(codes, _decoded(page, codes, width), strict=True)
        if _is_kept(code, text)
    ]
    lines = []
    for (_, single), run in groupby(
        enumerate(found), key=lambda one: (one[1][0] - one[0], len(one[1][1]) == 1)
    ):
        told = [pair for _, pair in run]
        if single:
            lines.append(f"{told[0][0]:0{2 * width}X} {''.join(text for _, text in told)}")
        else:
            lines += [f"{code:0{2 * width}X}={text}" for code, text in told]
    return "".join(f"{line}\n" for line in lines)


def _is_kept(code: int, text: str) -> bool:
    private = any(0xE000 <= ord(char) <= 0xF8FF for char in text)
    return bool(text) and "\ufffd" not in text and not private and text.isprintable() and code not in _OWN


def _decoded(page: str, codes: range | list[int], width: int) -> Iterator[str]:
    """What each code stands for, '' for none: all in one call, with a space after each code."""
    made = [code.to_bytes(width, "big") for code in codes]
    wrapped = (_IN + one + _OUT if width == 2 else one for one in made)
    told = subprocess.run(
        ["uconv", "-f", page, "-t", "utf-8", "--from-callback", "substitute"],
        input=b"".join(one + b"\x25" for one in wrapped),  # LF, which no code of these stands for
        capture_output=True,
        check=True,
    ).stdout.decode()
    cells = told.split("\n")
    assert len(cells) == len(made) + 1, f"{page}: {len(cells)} cells for {len(made)} codes"
    return iter(cells[:-1])


if __name__ == "__main__":
    main()
