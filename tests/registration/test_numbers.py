"""申請番号: its arithmetic, its secrecy, how people write it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from server_stub.interface.registration import (
    RegistrationReceived,
    check_digit,
    grouped,
    number_of,
    read_number,
)
from server_stub.interface.secret import MASK, Secret
from server_stub.interface.trace import Trace
from tests.registration.hall import Hall

SEEN_IN_KOBES_DOCUMENT = "1355500000000272"
"""The one number of this form that a published document shows: 1355-5000-0000-0272."""


def test_the_number_that_a_published_document_shows_has_our_check_digit() -> None:
    assert check_digit(SEEN_IN_KOBES_DOCUMENT[:-1]) == SEEN_IN_KOBES_DOCUMENT[-1]
    assert number_of("13555", 27).reveal() == SEEN_IN_KOBES_DOCUMENT


def test_the_check_digit_finds_every_wrong_digit_and_every_swap_of_neighbours_but_those_of_rest_ten() -> None:
    """Modulus 11 finds both; only where 11 minus the rest is 10 (written 0, as 11 is) two numbers share their digit."""
    right = number_of("28100", 1234567890).reveal()
    assert right[-1] not in "0"
    for place in range(15):
        for digit in "0123456789":
            if digit == right[place]:
                continue
            wrong = right[:place] + digit + right[place + 1 :]
            assert read_number(wrong) is None or check_digit(wrong[:-1]) == right[-1] == "0"
    for place in range(14):
        swapped = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
        assert swapped == right or read_number(swapped) is None


@pytest.mark.parametrize(
    "written",
    [
        "1355-5000-0000-0272",
        "1355 5000 0000 0272",
        "１３５５－５０００－００００－０２７２",
        "1355‐5000−0000ー0272",
        " 1355500000000272 ",
    ],
)
def test_a_number_is_read_as_people_write_it(written: str) -> None:
    found = read_number(written)
    assert found is not None and found.reveal() == SEEN_IN_KOBES_DOCUMENT
    assert grouped(found).reveal() == "1355-5000-0000-0272"


@pytest.mark.parametrize(
    "written",
    ["", "1355-5000-0000-0273", "135550000000027", "1355-5000-0000-02722", "一三五五", "1355500000000O72"],
)
def test_what_is_no_number_is_none(written: str) -> None:
    assert read_number(written) is None


def test_a_number_shows_itself_to_nobody_who_does_not_ask(hall: Hall) -> None:
    number = hall.apply().number
    received = RegistrationReceived(
        application_id="01KT5FX4M0S30EG58PQ46VB3AW",
        municipality="49202",
        number=number,
        message={"ja": "-"},
        slip_fee=10,
    )
    for shown in (repr(received), str(received), f"{number}", str(received.model_dump())):
        assert number.reveal() not in shown and MASK in shown
    assert json.loads(received.model_dump_json())["number"] == number.reveal()
    trace = Trace(hall.clock)
    seen: list[object] = []
    trace.subscribe(lambda event: seen.append(event.data))
    trace.emit("centre", "registration_received", number=number)
    assert number.reveal() not in str(seen)


def test_neither_database_nor_trace_has_the_number(hall: Hall) -> None:
    """In whatever form: the ten digits of it appear in no file that the server keeps and in no event."""
    answer = hall.apply()
    digits = answer.number.reveal()
    hall.service.reopen()  # everything is in the files
    for name in ("registration", "ledger"):
        with closing(sqlite3.connect(hall.folder / f"{name}.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in hall.folder.iterdir():
        if file.is_file():
            body = file.read_bytes()
            assert digits[5:15].encode() not in body and grouped(answer.number).reveal().encode() not in body
    assert digits[5:15] not in str([event.data for event in hall.events])


def test_without_the_key_no_number_can_be_told_from_another(hall: Hall) -> None:
    """What the database has of a number is not a digest that somebody could compute who only has the database."""
    import hashlib

    from server_stub.registration.numbers import Numbers

    answer = hall.apply()
    kept = hall.registrations.store.find(answer.application_id)
    assert kept is not None
    number = answer.number.reveal()
    plain = {
        hashlib.new(name, salt + number.encode()).hexdigest()
        for name in ("sha256", "sha3_256", "blake2s")
        for salt in (b"", answer.application_id.encode(), kept.municipality.encode())
    }
    assert kept.number_digest not in plain
    other = Numbers(Secret("another key of the same length in tests"))
    assert other.of("49202", answer.application_id) != answer.number
    assert other.digest(answer.number) != kept.number_digest
