"""The numbers that residents read over the telephone: every failure has its own, and it never changes."""

from __future__ import annotations

import itertools

import pytest

from server_stub.interface.failure_numbers import NUMBERS, OWN, spoken
from server_stub.interface.failures import CATALOGUE, Failed, number_of


def test_every_failure_has_a_number_of_its_own() -> None:
    assert set(NUMBERS) == set(CATALOGUE)
    told = [entry.number for entry in CATALOGUE.values()]
    assert len(set(told)) == len(told)
    assert all(len(number) == 4 and number.isdigit() for number in told)
    assert spoken(OWN) not in told


def test_one_digit_misheard_is_no_other_failures_number() -> None:
    told = {entry.number for entry in CATALOGUE.values()} | {spoken(OWN)}
    for number in told:
        for place, digit in itertools.product(range(4), "0123456789"):
            misheard = number[:place] + digit + number[place + 1 :]
            assert misheard == number or misheard not in told, (number, misheard)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Reader_Absent", "1016"),
        ("Card_Pin_Blocked", "1164"),
        ("Certificate_Expired", "2063"),
        ("Printer_Jam", "7039"),
    ],
)
def test_numbers_stay_as_they_were_printed(name: str, number: str) -> None:
    """In leaflets and in the memory of a call centre. The check digit was reckoned by hand (Luhn)."""
    assert CATALOGUE[name].number == number


def test_a_refusal_in_words_of_its_own_has_the_number_of_all_such() -> None:
    own = Failed.in_words("Register_Being_Written", {"ja": "記載中です。"})
    assert own.entry.number == number_of("Register_Being_Written", own_words=True) == "0000"
    assert number_of("Somebody_Elses_Failure") == CATALOGUE["Internal_Error"].number
