"""What a server does at its start, so that its first resident waits no longer than the others."""

from __future__ import annotations

from .backing import kit
from .fonts import MINCHO
from .glyphs import coverage
from .typesetter import main_file, typeset


def warm_up(*municipalities: str) -> None:
    """Load fonts, templates, pattern and the back pages of these municipalities (names): about half a second.

    Call it off any thread that must not block. Raises Failed(Font_Missing), Failed(Character_Not_Printable).
    """
    coverage(MINCHO)
    typeset(main_file("residence.typ", "warm(", {"text": "見本"}))
    for municipality in municipalities:
        kit(municipality)
