"""Where the fonts of papers, receipts and screens lie on this machine: one search for all of them."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from .failures import Failed

MINCHO = "IPAmjMincho"
"""Names, addresses and the forms themselves: the font of 文字情報基盤 with its variation sequences."""
GOTHIC = "BIZ UDGothic"
"""Stamp, back pages, receipts and figures on screens; no resident's data is printed in it."""
SCREEN = "BIZ UDPGothic"
"""The screens of terminal and panel."""
LATIN = "Open Sans"
"""The terminal's screens in English, Vietnamese and Portuguese."""
CHINESE, KOREAN = "Noto Sans CJK SC", "Noto Sans CJK KR"
"""The terminal's screens in these languages, in their own forms of the characters; two faces of one file."""
VARIABLE = "KONBINI_FONTS"
"""Folders, separated as in PATH. If set, only they are searched."""

_FILES = {
    MINCHO: "ipamjm.ttf", GOTHIC: "BIZUDGothic-Regular.ttf", SCREEN: "BIZUDPGothic-Regular.ttf",
    LATIN: "OpenSans-Regular.ttf", CHINESE: "NotoSansCJK-Regular.ttc", KOREAN: "NotoSansCJK-Regular.ttc",
}  # fmt: skip
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
    """Find the file of `family` (one of the names above), searched once in a process.

    If KONBINI_FONTS is set, only its folders and what is below them are searched; otherwise the system's font folders,
    then fontconfig is asked. Raises Failed(Font_Missing, font=...).
    """
    wanted = _FILES[family]
    configured = os.environ.get(VARIABLE)
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
    # here and not above: the terminal's first paint needs the names of the fonts only
    import shutil
    import subprocess

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
