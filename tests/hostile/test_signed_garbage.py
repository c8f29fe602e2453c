"""Sheets that the centre has signed and that are no sheets all the same: named, never printed, never a crash."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk_app.paper import check_sheet
from server_stub.interface.binding import sheet_keywords
from server_stub.interface.clock import STAGE_START
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import Manifest, SheetEntry
from server_stub.interface.values import Box, Identity, Method
from tests.flow.helper import FATHER, alone
from tests.terminal.sheets import right_sides, sheet

APPLICATION = "0" * 26
SUBJECTS = ("a" * 32,)
OFFER = alone("household", subjects=(FATHER.model_copy(update={"ref": SUBJECTS[0]}),))
REFUSED = {
    "Paper_Corrupt",
    "Binding_Mismatch",
    "Paper_Format_Wrong",
    "Paper_Content_Forbidden",
    "Paper_Not_Marked",
}


def entry(pdf: bytes = b"", **other: Any) -> SheetEntry:
    right: dict[str, Any] = {
        "number": 1, "copy_number": 1, "k": 1, "n": 1, "sha256": hashlib.sha256(pdf).hexdigest(), "subjects": SUBJECTS,
        "issue_number": "1", "answers": {"item": "yes"},
    }  # fmt: skip
    return SheetEntry(**{**right, **other})


def manifest(**other: Any) -> Manifest:
    right: dict[str, Any] = {
        "application_id": APPLICATION, "session_id": APPLICATION, "terminal_id": "T",
        "holder": Identity(method=Method.JPKI, reference="a" * 64), "kind": "household", "municipality": "28100",
        "copies": 1, "fee_total": 250, "generation": 1, "received_at": STAGE_START, "sheets": (entry(),),
    }  # fmt: skip
    return Manifest(**{**right, **other})


def says(of: dict[str, Any] | None = None, **sheet: Any) -> str:
    """What a sheet would say of itself: `of` other things of the manifest, `sheet` of its own."""
    return sheet_keywords(manifest(**(of or {})), entry(**sheet))


def check(pdf: bytes) -> str:
    """The name by which this sheet, under a good signature, is refused; '' if it is taken."""
    try:
        check_sheet(manifest(), entry(pdf), pdf, OFFER)
    except Failed as failed:
        return failed.failure
    return ""


@cache
def good(pages: int = 2) -> bytes:
    keywords = says()
    plain = pikepdf.ObjectStreamMode.disable
    return sheet(keywords, sides=right_sides(pages) if pages else no_page(), object_stream_mode=plain)


def no_page() -> bytes:
    stream = io.BytesIO()
    pikepdf.new().save(stream)
    return stream.getvalue()


def locked() -> bytes:
    return sheet("", encryption=pikepdf.Encryption(owner="o", user="u"))


def test_the_twin_of_all_of_them_is_taken() -> None:
    assert check(good()) == ""


@pytest.mark.parametrize(
    "pdf",
    [
        b"",
        b"%PDF-1.7",
        b"<html></html>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 99,
        b"%PDF-1.7\n%%EOF\n",
        b"\0" * 9999,
    ],
)
def test_what_is_no_pdf_is_corrupt(pdf: bytes) -> None:
    assert check(pdf) == "Paper_Corrupt"


def test_a_locked_sheet_is_corrupt() -> None:
    assert check(locked()) == "Paper_Corrupt"


@pytest.mark.parametrize(
    "value",
    [
        None, "", "{}", says(n=2), says(k=2), says(copy_number=2), says(subjects=("b" * 32,)), says(subjects=()),
        says(answers={"item": "no"}), says(answers={}), says(secret_boxes=(Box(x=1, y=1, width=1, height=1),)),
        says({"application_id": "1" * 26}), says({"kind": "alone"}), says({"municipality": "09202"}), says({"copies": 2}),
        says({"fee_total": 10}),
        pikepdf.Array([1, 2]), pikepdf.Dictionary({"/A": 1}), pikepdf.Name("/Keywords"),
    ],
)  # fmt: skip
def test_a_sheet_that_says_something_else_of_itself_is_a_mismatch(value: pikepdf.Object | str | None) -> None:
    assert check(sheet(value)) == "Binding_Mismatch"


@pytest.mark.expects_log("pikepdf")
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_sheet_that_was_damaged_before_it_was_signed_is_named_or_still_whole(data: st.DataObject) -> None:
    pdf = bytearray(good())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(pdf) - 1))
        kind = data.draw(st.sampled_from(["byte", "cut", "twice", "key"]))
        if kind == "byte":
            pdf[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del pdf[at : at + data.draw(st.integers(1, 60))]
        elif kind == "twice":
            pdf[at:at] = pdf[at : at + data.draw(st.integers(1, 60))]
        else:
            word = data.draw(
                st.sampled_from([b"/Info", b"/Root", b"/Pages", b"/Kids", b"/Count", b" 0 R", b"obj", b"<<"])
            )
            pdf = bytearray(
                bytes(pdf).replace(word, data.draw(st.sampled_from([b"", b"/X", b"null", b"[", b"9 0 R"])), 1)
            )
        if not pdf:
            break
    assert check(bytes(pdf)) in REFUSED | {""}
