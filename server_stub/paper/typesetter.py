"""The one warm Typst compiler of this process."""

from __future__ import annotations

import functools
import json
import threading
from pathlib import Path
from typing import Any

import typst

from server_stub.interface.failures import Failed

from .fonts import MINCHO, font_file

TEMPLATES = Path(__file__).parent / "templates"
_lock = threading.Lock()


@functools.cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_file(MINCHO).parent)]
    )
    return typst.Compiler(root=str(TEMPLATES), font_paths=fonts, ignore_system_fonts=True)


def main_file(template: str, call: str, data: dict[str, Any], seal: str = "[]") -> bytes:
    """A Typst file that begins `call` of the template file `template` with its last two arguments: data and seal.

    `template` and `call` are the program's own words; `data` goes in as JSON text and is never read as markup. (It
    stands inside the main file and not in sys_inputs, which would make Typst evaluate every template again.)
    `seal` is JSON already: a list of the picture's byte values.
    """
    text = json.dumps(json.dumps(data, ensure_ascii=False, separators=(",", ":")), ensure_ascii=False)
    return f'#import "/{template}": *\n#{call} json(bytes({text})), json(bytes("{seal}")))'.encode()


def typeset(main: bytes) -> bytes:
    """The PDF of a main file. Raises Failed(Text_Too_Long, field=...) and Failed(Font_Missing)."""
    with _lock:
        try:
            pdf = _compiler().compile(main, format="pdf", pdf_tags=False)
        except typst.TypstError as error:
            raise _named(error) from None
    if not isinstance(pdf, bytes):
        raise Failed("Internal_Error")
    return pdf


def _named(error: typst.TypstError) -> Failed:
    """The template's own refusal by its name. Typst's diagnostic quotes the data, so it goes no further."""
    _, marker, field = str(error.message).partition("Text_Too_Long:")
    if marker:
        return Failed("Text_Too_Long", field=field.strip('"\\ ').split('"')[0])
    return Failed("Internal_Error")
