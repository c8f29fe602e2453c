"""Fronts of certificates: every text looked at, then set: 住民票の写し in both layouts, 印鑑登録証明書."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typst

from server_stub.interface.failures import Failed
from server_stub.interface.font_files import MINCHO, font_file
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import Box

from .content import Issuer, ResidenceFront, ResidencePerson, SealFront
from .fonts import check_printable
from .pattern import clear_white, official_seal

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


_LONGEST = 300
"""Characters; no cell of any form holds as many, and the typesetter need not find that out size by size."""


def check_texts(data: dict[str, Any]) -> None:
    """Raises Failed: Text_Too_Long(field), Character_Not_Printable(characters)."""
    for field, text in _texts("", data):
        if len(text) > _LONGEST:
            raise Failed("Text_Too_Long", field=field)
        check_printable(text)


def _texts(field: str, data: Any) -> Iterator[tuple[str, str]]:
    """All texts in `data` with the innermost name they stand under."""
    if isinstance(data, str):
        yield field, data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _texts(name, value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(field, value)


LAYOUTS = ("household", "individual")
"""世帯連記式 (up to 4 persons a sheet) and 個人票 (one), both A4 portrait."""


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """One front: sheet `k` of `n` of a copy; `person_indices` into that copy's persons; where 個人番号 stand (mm)."""

    copy_number: int
    k: int
    n: int
    person_indices: tuple[int, ...]
    secret_boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A PDF of fronts and what stands on each page, in page order: the sheets of copy 1, then of copy 2, ..."""

    pdf: bytes
    pages: tuple[RenderedPage, ...]


def render_residence(copies: Sequence[ResidenceFront], issuer: Issuer, layout: str) -> Rendered:
    """住民票の写し, `layout` one of LAYOUTS.

    Raises Failed: Character_Not_Printable, Text_Too_Long(field), Picture_Unreadable(field), Font_Missing.
    """
    return Rendered(typeset(residence_main(copies, issuer, layout)), tuple(_residence_pages(copies, layout)))


def residence_main(copies: Sequence[ResidenceFront], issuer: Issuer, layout: str) -> bytes:
    """The Typst main file of a 住民票の写し, checked; for `typeset`, and for measuring that alone. Raises as above.

    It holds 個人番号 in clear: it is not to be stored.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"no layout {layout!r}")
    if not copies or not all(copy.persons for copy in copies):
        raise ValueError("every copy needs a person")
    data = _common(issuer) | {"copies": [_residence(copy) for copy in copies]}
    check_texts(data)
    return main_file("residence.typ", f'residence("{layout}",', data, official_seal(issuer.seal_png))


def render_seal(copies: Sequence[SealFront], issuer: Issuer) -> Rendered:
    """印鑑登録証明書, one sheet a copy; the imprint at exactly its registered size. Raises as `render_residence`."""
    if not copies:
        raise ValueError("at least one copy")
    data = _common(issuer) | {"copies": [_seal(copy) for copy in copies]}
    check_texts(data)
    for copy, wanted in zip(data["copies"], copies, strict=True):
        copy["imprint"] = list(clear_white(wanted.imprint_png, "imprint"))
        copy["width_mm"], copy["height_mm"] = wanted.width_mm, wanted.height_mm
    pdf = typeset(main_file("seal.typ", "seal-registration(", data, official_seal(issuer.seal_png)))
    return Rendered(pdf, tuple(RenderedPage(i, 1, 1, (0,)) for i in range(1, len(copies) + 1)))


def _common(issuer: Issuer) -> dict[str, Any]:
    return {"issuer": {"office": _office(issuer), "mayor": issuer.mayor, "seal_mm": issuer.seal_mm}}


def _office(issuer: Issuer) -> str:
    """見本市 and 市長 make 見本市長; a title that names the municipality stands as it is."""
    if issuer.title.startswith(issuer.municipality):
        return issuer.title
    return issuer.municipality.removesuffix(issuer.title[:1]) + issuer.title


def _residence(copy: ResidenceFront) -> dict[str, Any]:
    return {
        "address": copy.address,
        "head_of_household": copy.head_of_household,
        "attestation": copy.attestation,
        "issued_on": copy.issued_on,
        "issue_number": copy.issue_number,
        "persons": [_person(person) for person in copy.persons],
    }


def _person(person: ResidencePerson) -> dict[str, Any]:
    """`resident_code` (住民票コード) is never printed at a terminal, so it always reads 【省略】."""
    return {
        "name": person.name,
        "kana": person.kana,
        "former_surname": person.former_surname,
        "alias": person.alias,
        "birth": person.birth,
        "sex": person.sex,
        "relationship": person.relationship,
        "resident_since": person.resident_since,
        "address_since": person.address_since,
        "notified_on": person.notified_on,
        "previous_address": person.previous_address,
        "domicile": person.domicile,
        "domicile_head": person.domicile_head,
        "my_number": person.my_number.reveal() if isinstance(person.my_number, Secret) else None,
        "resident_code": None,
        "foreign": [list(pair) for pair in person.foreign],
    }


def _seal(copy: SealFront) -> dict[str, Any]:
    return {
        "name": copy.name,
        "kana": copy.kana,
        "former_surname": copy.former_surname,
        "alias": copy.alias,
        "birth": copy.birth,
        "address": copy.address,
        "remarks": copy.remarks,
        "attestation": copy.attestation,
        "issued_on": copy.issued_on,
        "issue_number": copy.issue_number,
    }


@functools.cache
def _geometry(layout: str) -> dict[str, Any]:
    """The same file that the template reads."""
    geometry: dict[str, Any] = json.loads((TEMPLATES / f"{layout}.json").read_text(encoding="utf-8"))
    return geometry


def _residence_pages(copies: Sequence[ResidenceFront], layout: str) -> Iterator[RenderedPage]:
    count = _geometry(layout)["block"]["count"]
    for copy_number, copy in enumerate(copies, start=1):
        indices = range(len(copy.persons))
        sheets = [tuple(indices[start : start + count]) for start in range(0, len(indices), count)]
        for k, sheet in enumerate(sheets, start=1):
            boxes = tuple(
                my_number_box(layout, slot)
                for slot, index in enumerate(sheet)
                if copy.persons[index].my_number is not None
            )
            yield RenderedPage(copy_number, k, len(sheets), sheet, boxes)


@functools.cache
def my_number_box(layout: str, slot: int) -> Box:
    """Where the 個人番号 of the `slot`-th person of a sheet (from 0) is printed."""
    geometry = _geometry(layout)
    block = geometry["block"]
    height = sum(row["height"] for row in block["rows"] + block["national_rows"])
    y = block["y"] + slot * height
    for row in block["rows"]:
        x = geometry["left"] + block["number_width"]
        for cell in row["cells"]:
            x += cell["label_width"]
            if cell.get("field") == "my_number":
                return Box(x=x, y=y, width=cell["width"], height=row["height"])
            x += cell["width"]
        y += row["height"]
    raise RuntimeError(f"the layout {layout} has no cell for 個人番号")
