"""Read one sheet for somebody who serves strangers: a process of its own that ends with its answer (`python -m server_stub.paper.inquiry`).

Standard input: a line of JSON {"key": hex, "sizes": [bytes of the first file, of the second]}, then the files. Standard output: a line of
JSON, {"failure", "facts"} or what was found, pictures as PNG in Base64. The process limits its own memory and processor time, so that a
file that bursts a reader ends this process and nothing else. Nothing is written to a disk.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from typing import Any, BinaryIO

from PIL import Image

from server_stub.interface.failures import Failed

from .front_comparison import compare
from .scramble import ScrambleKey
from .side_by_side import framed
from .unscramble import record_agrees, unscramble

MEMORY = 3 << 30
SECONDS = 60
_WIDTH = 1000
"""Pixels of the pictures that are shown, across."""


def answer(read: BinaryIO) -> dict[str, Any]:
    """What was found in the files of `read`, or the failure's name and facts."""
    told = json.loads(read.readline())
    files = [read.read(size) for size in told["sizes"]]
    try:
        found = unscramble(files[0], ScrambleKey(bytes.fromhex(told["key"])), *files[1:2])
    except Failed as failed:
        return {"failure": failed.failure, "facts": failed.facts}
    held, code = found.opened.picture, found.code
    shown: dict[str, Any] = {
        "application": code.application,
        "copy": code.copy,
        "sheet": list(code.sheet),
        "dpi": found.scanned.dpi,
        "misread": found.misread,
        "stained": found.stained,
        "record_agrees": record_agrees(found),
        "held": _png(held.convert("L")),
        "back": _png(found.back.convert("RGB")),
    }
    if found.front is not None:
        compared = compare(held, found.front)
        shown |= {
            "front": _png(framed(compared)),
            "same_paper": compared.same_paper,
            "places": len(compared.places),
        }
    return shown


def _png(picture: Image.Image) -> str:
    small = picture.resize((_WIDTH, round(picture.height * _WIDTH / picture.width)), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def _limit() -> None:
    try:
        import resource
    except ImportError:  # there is no such thing on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer once."""
    _limit()
    try:
        told = answer(sys.stdin.buffer)
    except MemoryError:
        told = {"failure": "Scan_Too_Large", "facts": {}}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
