"""Planted defects: the real servers make the paper, with one fact changed on its way, or a finished file is tampered with."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pikepdf
import pytest
from PIL import Image

from server_stub.certificates import residence, seal_registration
from server_stub.certificates.residence.front import ForeignItems, ResidenceFront, ResidencePerson
from server_stub.certificates.seal_registration import SealFront
from server_stub.paper.typesetting import Issuer, typeset

Change = Callable[[Any], Any]


_PLACES: dict[str, Any] = {"residence_front": residence, "seal_front": seal_registration}


def planted(name: str, change: Change) -> AbstractContextManager[None]:
    """`name`: what goes through `change`: the front that a kind's folder makes (residence_front, seal_front), or the `issuer`
    whom it is set for."""
    patch = pytest.MonkeyPatch()

    class Planted(AbstractContextManager[None]):
        def __enter__(self) -> None:
            if name == "issuer":
                for place in (residence.front, seal_registration):
                    patch.setattr(
                        place,
                        "typeset",
                        lambda template, call, data, issuer: typeset(template, call, data, change(issuer)),
                    )
            else:
                real = getattr(_PLACES[name], name)
                patch.setattr(_PLACES[name], name, lambda *given, **named: change(real(*given, **named)))

        def __exit__(self, *error: object) -> None:
            patch.undo()

    return Planted()


def front(**changed: object) -> Change:
    def change(made: ResidenceFront | SealFront | Issuer) -> object:
        return replace(made, **changed)  # type: ignore[arg-type]

    return change


def member(index: int, **changed: object) -> Change:
    """The member's block with other values; a function is given the member that was there."""

    def change(made: ResidenceFront) -> ResidenceFront:
        persons = list(made.persons)
        values = {
            name: value(persons[index]) if callable(value) else value for name, value in changed.items()
        }
        persons[index] = replace(persons[index], **values)
        return replace(made, persons=tuple(persons))

    return change


def exchanged(field: str, first: int = 0, second: int = 1) -> Change:
    """What two members have in this field, each in the other's block."""

    def change(made: ResidenceFront) -> ResidenceFront:
        one, other = getattr(made.persons[first], field), getattr(made.persons[second], field)
        assert one != other, f"the members do not differ in {field}"
        return member(first, **{field: other})(member(second, **{field: one})(made))

    return change


def items(**changed: str | None) -> Callable[[ResidencePerson], ForeignItems]:
    """A foreign resident's items with other values."""

    def change(person: ResidencePerson) -> ForeignItems:
        assert person.foreign is not None
        return replace(person.foreign, **changed)

    return change


def redrawn(change: Callable[[Image.Image], Image.Image]) -> Change:
    """The imprint as another picture of the same size."""

    def other(made: SealFront) -> SealFront:
        with Image.open(io.BytesIO(made.imprint_png)) as picture:
            drawn = change(picture.convert("RGBA"))
        body = io.BytesIO()
        drawn.save(body, "PNG")
        return replace(made, imprint_png=body.getvalue())

    return other


def smaller(picture: Image.Image) -> Image.Image:
    """Drawn at 90 per cent on a picture as large as before."""
    within = picture.resize((picture.width * 9 // 10, picture.height * 9 // 10))
    whole = Image.new("RGBA", picture.size)
    whole.paste(within, (picture.width // 20, picture.height // 20))
    return whole


def tampered(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        stream = io.BytesIO()
        document.save(stream)
    return stream.getvalue()


def without_stamp(page: int) -> Callable[[pikepdf.Pdf], None]:
    def change(document: pikepdf.Pdf) -> None:
        contents = document.pages[page].Contents
        assert b"q /Behind gs /Stamp Do Q" in contents.read_bytes()
        contents.write(contents.read_bytes().replace(b"q /Behind gs /Stamp Do Q", b""))

    return change


def before_the_form(content: bytes) -> Callable[[pikepdf.Pdf], None]:
    """Another state of graphics under which the whole form of the front is drawn."""

    def change(document: pikepdf.Pdf) -> None:
        contents = document.pages[0].Contents
        assert b"q /Body Do Q" in contents.read_bytes()
        contents.write(contents.read_bytes().replace(b"q /Body Do Q", b"q " + content + b" /Body Do Q"))

    return change


def unseen(document: pikepdf.Pdf) -> None:
    """All text of the form in a mode that draws nothing."""
    form = document.pages[0].Resources.XObject.Body
    assert b"BT 0 Tr" in form.read_bytes()
    form.write(form.read_bytes().replace(b"BT 0 Tr", b"BT 3 Tr"))


def other_keywords(old: str, new: str) -> Callable[[pikepdf.Pdf], None]:
    def change(document: pikepdf.Pdf) -> None:
        told = str(document.docinfo.Keywords)
        assert old in told
        document.docinfo.Keywords = pikepdf.String(told.replace(old, new))

    return change


def back_of(other: bytes) -> Callable[[pikepdf.Pdf], None]:
    """The back of another sheet behind this front."""

    def change(document: pikepdf.Pdf) -> None:
        with pikepdf.open(io.BytesIO(other)) as source:
            document.pages.append(source.pages[1])
        del document.pages[1]

    return change
