"""What the observer is told of a conversation, and what never."""

from __future__ import annotations

from typing import Any

import pytest

from cards.errors import CardError
from cards.faults import Effect, Fault
from cards.readers.virtual import VirtualReader
from cards.trace import ObservedConnection
from tests.cards.helper import HOLDER, JPKI, Seen, card

TEXT = "00A4040C0AD3921000310001010408"
COMMON = "00A4040C0AD3921000310001010100"
TEXT_PIN = "0020009104" + b"1234".hex()


def told(*commands: str, bodies: bool = True, fault: Fault | None = None) -> list[dict[str, Any]]:
    reader = VirtualReader()
    reader.insert(card())
    if fault is not None:
        reader.faults.append(fault)
    seen = Seen()
    with ObservedConnection(reader.connect(), seen, bodies=bodies) as connection:
        for command in commands:
            try:
                connection.transmit(bytes.fromhex(command))
            except CardError:
                break
    return seen.commands()


def test_a_command_is_told_by_name_with_its_status_in_words() -> None:
    last = told(JPKI, "00A4020C020018", "00200080")[-1]
    assert (last["name"], last["application"], last["file"]) == (
        "VERIFY (tries left)",
        "公的個人認証AP",
        "0018",
    )
    assert (last["sw"], last["status"]) == ("63C3", "残り 3 回")
    assert last["header"] == "00 20 00 80" and "ms" in last


@pytest.mark.parametrize(
    "command", ["0020009804" + b"1234".hex(), "0024019804" + b"5678".hex(), "8032009C04" + b"5678".hex()]
)
def test_verify_and_change_pin_show_header_and_length_only(command: str) -> None:
    last = told(JPKI, command)[-1]
    assert last["sent"] == 4 and last["header"]
    assert not {"sent_hex", "received_hex"} & set(last)


@pytest.mark.parametrize(
    ("given", "command"),
    [
        ((TEXT, TEXT_PIN), "00B0810000"),
        ((TEXT, TEXT_PIN, "00A4020C020002"), "00B0000000"),
        ((COMMON,), "00B2010C00"),
        ((JPKI, "0020009B06" + b"ABC123".hex()), "00B0810000"),
    ],
)
def test_files_with_personal_data_show_header_and_length_only(given: tuple[str, ...], command: str) -> None:
    events = told(*given, command)
    assert events[-1]["sw"] == "9000" and events[-1]["received"] > 10
    assert "received_hex" not in events[-1]
    assert HOLDER.name.encode().hex() not in repr(events)


def test_a_selection_that_failed_does_not_unmask_the_file_before() -> None:
    events = told(TEXT, TEXT_PIN, "00A4020C020001", "00A4020C02000A", "00B0000000")
    assert (events[-2]["sw"], events[-1]["sw"], events[-1]["file"]) == ("6A82", "9000", "0001")
    assert "received_hex" not in events[-1]


def test_bodies_are_shown_only_where_asked_for() -> None:
    assert "received_hex" in told(JPKI, "00B0860020")[-1]
    assert "received_hex" not in told(JPKI, "00B0860020", bodies=False)[-1]


def test_showing_bodies_is_announced() -> None:
    reader = VirtualReader()
    reader.insert(card())
    seen = Seen()
    ObservedConnection(reader.connect(), seen, bodies=True)
    assert [kind for kind, _ in seen.events] == ["bodies_shown"]


def test_a_failing_line_is_told_by_its_name() -> None:
    last = told(JPKI, fault=Fault(Effect.REMOVED))[-1]
    assert last["failure"] == "Card_Removed" and "sw" not in last


def test_bytes_that_are_no_command_show_their_length_only() -> None:
    assert told("0020009809" + b"1234".hex())[-1] | {"ms": 0} == {
        "name": "?", "length": 9, "failure": "", "ms": 0
    }  # fmt: skip


def test_the_virtual_reader_tells_of_cards_by_name_of_the_reader() -> None:
    seen = Seen()
    reader = VirtualReader("台", seen)
    reader.insert(card())
    reader.remove()
    assert seen.events == [("card_inserted", {"reader": "台"}), ("card_removed", {"reader": "台"})]
