"""Fronts of certificates as the folders of the kinds lay them out: every text looked at, then set by Typst.

A kind's template lies in its own folder, imports what all fronts have in common as `@local/form:1.0.0`, and reads its
geometry as JSON beside it. Nothing is looked up or decided here.
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typst

from server_stub.interface.failures import Failed
from server_stub.interface.font_files import MINCHO, font_file
from server_stub.interface.values import Box

from .fonts import check_printable, family_of
from .pattern import official_seal

BLACK_SEAL = "この印は黒色です"
"""What stands beside a black 公印 (住民記録システム標準仕様書 5.6)."""
PACKAGES = Path(__file__).parent / "packages"
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who certifies. `code` and `municipality` are its code and name; `seal_png` is the 公印 picture of the municipality's
    folder (it reads 見本印), a square of `seal_mm`. `prefecture`: what 職名 begins with, '' without. `black_seal`: the paper says
    beside it that the seal is black. `paper_title`: the title that this municipality gives the kind, '' for the kind's own.
    `fonts` are the municipality's own: what they have and the common font lacks (外字) is printed in them."""

    code: str
    municipality: str
    title: str
    mayor: str
    seal_png: bytes
    accent: str
    seal_mm: float = 22.0
    prefecture: str = ""
    black_seal: bool = True
    paper_title: str = ""
    fonts: tuple[Path, ...] = ()

    @property
    def office(self) -> str:
        """見本市 and 市長 make 見本市長; a title that names the municipality stands as it is, one that names the prefecture too."""
        office = self.title
        if self.prefecture and office.startswith(self.prefecture):
            return office
        if not office.startswith(self.municipality):
            office = self.municipality.removesuffix(office[:1]) + office
        return self.prefecture + office

    def as_data(self) -> dict[str, Any]:
        """What the common part of the templates reads as `issuer`."""
        return {
            "office": self.office,
            "mayor": self.mayor,
            "seal_mm": self.seal_mm,
            "seal_note": BLACK_SEAL if self.black_seal else "",
        }


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """One front: sheet `k` of `n` of a copy.

    Read off what was set, never taken from the request: `subjects` (keys of the persons on it), `answers` (question ->
    choice, of what it shows and leaves out), `secret_boxes` (where 個人番号 stand, mm) and `named` (whose names stand on a sheet that
    shows nothing that was asked for: 別紙).
    """

    copy_number: int
    k: int
    n: int
    subjects: tuple[str, ...]
    answers: Mapping[str, str] = field(default_factory=dict)
    secret_boxes: tuple[Box, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A PDF of fronts and what stands on each page, in page order: the sheets of copy 1, then of copy 2, ...

    `kind` is the code of the certificate that was set, `municipality` the code of who certifies on it.
    """

    kind: str
    municipality: str
    pdf: bytes
    pages: tuple[RenderedPage, ...]


@functools.cache
def _fonts(own: tuple[Path, ...]) -> typst.Fonts:
    """What lies beside a municipality's own font is found too, and never asked for."""
    folders = dict.fromkeys(str(file.parent) for file in (font_file(MINCHO), *own))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders))


@functools.cache
def _compiler(folder: Path, fonts: tuple[Path, ...]) -> typst.Compiler:
    """One a folder and a set of fonts: Typst reads no file outside its root but the packages. `form.typ` reads the families of
    the municipality's own fonts as the input `fonts`, one a line."""
    return typst.Compiler(
        root=str(folder),
        package_path=str(PACKAGES),
        font_paths=_fonts(fonts),
        ignore_system_fonts=True,
        sys_inputs={"fonts": "\n".join(family_of(file) for file in fonts)},
    )


def typeset(template: Path, call: str, data: dict[str, Any], issuer: Issuer) -> bytes:
    """Set the PDF that `call` of the Typst file `template` makes of `data` and the issuer's seal.

    `call` is the program's own word, such as `front("household",`: the call without its last two arguments.
    Raises Failed: Character_Not_Printable(characters), Text_Too_Long(field), Picture_Unreadable(field), Font_Missing.
    """
    return compile_main(template, main_file(template, call, data, issuer), issuer.fonts)


def main_file(template: Path, call: str, data: dict[str, Any], issuer: Issuer) -> bytes:
    """The Typst main file for `typeset`, its texts checked. Raises as that.

    It holds 個人番号 in clear: it is not to be stored. `data` goes in as JSON text and is never read as markup; bytes in
    it (pictures) become lists of numbers. (It stands inside the main file and not in sys_inputs, which would make Typst
    evaluate every template again.)
    """
    whole = data | {"issuer": issuer.as_data()}
    if issuer.paper_title and isinstance(data.get("copies"), list | tuple):
        whole["copies"] = [{**copy, "paper_title": issuer.paper_title} for copy in data["copies"]]
    check_texts(whole, issuer.fonts)
    return _main(template, call, whole, official_seal(issuer.seal_png))


def _main(template: Path, call: str, data: dict[str, Any], seal: str) -> bytes:
    """`seal` is JSON already: a list of the picture's byte values."""
    compact = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=list)
    text = json.dumps(compact, ensure_ascii=False)
    return f'#import "/{template.name}": *\n#{call} json(bytes({text})), json(bytes("{seal}")))'.encode()


def compile_main(template: Path, main: bytes, fonts: tuple[Path, ...] = ()) -> bytes:
    """Set the PDF of a main file, `fonts` besides the common one. Raises Failed(Text_Too_Long, field=...) and Failed(Font_Missing)."""
    with _lock:
        try:
            pdf = _compiler(template.parent, fonts).compile(main, format="pdf", pdf_tags=False)
        except typst.TypstError as error:
            raise _named(error) from None
    if not isinstance(pdf, bytes):
        raise Failed("Internal_Error")
    return pdf


def warm_up(template: Path) -> None:
    """Evaluate a template, so that the first paper does not wait for it. Raises Failed(Font_Missing)."""
    compile_main(template, _main(template, "warm(", {"text": "見本"}, "[]"))


def _named(error: typst.TypstError) -> Failed:
    """The template's own refusal by its name. Typst's diagnostic quotes the data, so it goes no further."""
    _, marker, named = str(error.message).partition("Text_Too_Long:")
    if marker:
        return Failed("Text_Too_Long", field=named.strip('"\\ ').split('"')[0])
    return Failed("Internal_Error")


_LONGEST = 300
"""Characters; no cell of any form holds as many, and the typesetter need not find that out size by size."""


def check_texts(data: dict[str, Any], fonts: tuple[Path, ...] = ()) -> None:
    """Look at every text: can it be printed in the common font, or in one of `fonts`? Raises Failed: Text_Too_Long(field), Character_Not_Printable(characters)."""
    for name, text in _texts("", data):
        if len(text) > _LONGEST:
            raise Failed("Text_Too_Long", field=name)
        check_printable(text, fonts=fonts)


def _texts(name: str, data: Any) -> Iterator[tuple[str, str]]:
    """All texts in `data` with the innermost name they stand under."""
    if isinstance(data, str):
        yield name, data
    elif isinstance(data, dict):
        for inner, value in data.items():
            yield from _texts(inner, value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _texts(name, value)


_HALF, _FULL = "0123456789", "０１２３４５６７８９"
_WIDTHS = {"half": str.maketrans(_FULL, _HALF), "full": str.maketrans(_HALF, _FULL)}


def in_width(value: Any, width: str) -> Any:
    """Return texts, however nested, with all digits of one width ("half", "full"), as one paper has them."""
    if isinstance(value, str):
        return value.translate(_WIDTHS[width])
    if isinstance(value, dict):
        return {name: in_width(one, width) for name, one in value.items()}
    return [in_width(one, width) for one in value] if isinstance(value, list) else value


@functools.cache
def geometry(template: Path, name: str) -> dict[str, Any]:
    """Read the geometry file NAME.json that lies beside `template`: the same file that the template reads."""
    found: dict[str, Any] = json.loads((template.parent / f"{name}.json").read_text(encoding="utf-8"))
    return found
