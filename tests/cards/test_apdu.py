"""Commands and responses as bytes, and what they are called."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.apdu import Command, MalformedCommand, Response, command_name, status_text

BYTE = st.integers(0, 255)


@given(BYTE, BYTE, BYTE, BYTE, st.binary(max_size=300), st.none() | st.integers(1, 65536), st.booleans())
def test_a_command_comes_back_from_its_bytes(
    cla: int, ins: int, p1: int, p2: int, data: bytes, le: int | None, extended: bool
) -> None:
    command = Command(cla, ins, p1, p2, data, le, extended)
    back = Command.parse(command.encode())
    assert (back.header, back.data, back.le) == (command.header, data, le)


@given(st.binary(max_size=600))
def test_any_bytes_are_a_command_or_refused_by_name(raw: bytes) -> None:
    with contextlib.suppress(MalformedCommand):
        assert Command.parse(raw).header == raw[:4]


@pytest.mark.parametrize(
    ("raw", "data", "le"),
    [
        ("00200098", "", None),
        ("00B0000000", "", 256),
        ("00B0000004", "", 4),
        ("002000980431323334", "31323334", None),
        ("802A009702010200", "0102", 256),
        ("00B00000000000", "", 65536),
        ("00B000000002F6", "", 758),
        ("80A20000000002AABB", "AABB", None),
        ("80A20000000002AABB0000", "AABB", 65536),
    ],
)
def test_the_four_cases_short_and_extended(raw: str, data: str, le: int | None) -> None:
    command = Command.parse(bytes.fromhex(raw))
    assert (command.data.hex().upper(), command.le) == (data, le)
    assert command.encode().hex().upper() == raw


@pytest.mark.parametrize("raw", ["", "00A404", "00A4040003AABB", "00A404000000", "00A4040000000201"])
def test_lengths_that_fit_no_case_are_refused(raw: str) -> None:
    with pytest.raises(MalformedCommand):
        Command.parse(bytes.fromhex(raw))


def test_a_response_without_status_is_refused() -> None:
    with pytest.raises(ValueError, match="status word"):
        Response.parse(b"\x90")


@pytest.mark.parametrize(
    ("sw", "text"),
    [
        (0x9000, "正常終了"),
        (0x63C2, "照合不一致・残り 2 回"),
        (0x6C00, "Le は 256 が正しい"),
        (0x1234, "取決めにない状態"),
    ],
)
def test_status_words_have_words(sw: int, text: str) -> None:
    assert status_text(sw) == text


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("00A4040C02AABB", "SELECT AP"),
        ("00A4020C02000A", "SELECT EF"),
        ("00A40000", "SELECT"),
        ("00200098", "VERIFY (tries left)"),
        ("0020009801 31", "VERIFY"),
        ("08200094 03 860101", "VERIFY (secure)"),
        ("00705566", "00 70"),
    ],
)
def test_commands_have_names(raw: str, name: str) -> None:
    assert command_name(Command.parse(bytes.fromhex(raw))) == name
