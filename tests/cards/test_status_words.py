"""The table of the card's answers, one test a row."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import cards.applets
from cards.virtual import VirtualCard
from tests.cards.helper import powered

TABLE = tomllib.loads((Path(cards.applets.__file__).parent / "status_words.toml").read_text(encoding="utf-8"))
SOURCES = re.compile(r"^(facts \d|measured|JICSAP|ISO|unproven)")


def rows() -> list[Any]:
    found = []
    for group in TABLE["group"]:
        for number, row in enumerate(group["rows"], start=1):
            found.append(pytest.param(row, id=f"{group['name']} {number}: {row['send'][:20]} -> {row['sw']}"))
    return found


def fill(card: VirtualCard, text: str) -> bytes:
    def value(match: re.Match[str]) -> str:
        if match.group(1) == "byte":
            return "5A" * int(match.group(2))
        value = card.image.pin(match.group(1), int(match.group(2), 16)).value.encode()
        return f"{len(value):02X}{value.hex()}"

    return bytes.fromhex(re.sub(r"\{(\w+) (\w+)\}", value, text))


@pytest.mark.parametrize("row", rows())
def test_the_card_answers_as_the_table_says(row: dict[str, Any]) -> None:
    card = powered(row.get("card", "plain"))
    for name in row.get("given", "").split():
        if name == "off":
            card.power_off()
            card.power_on()
        elif name == "reset":
            card.reset()
        else:
            card.transmit(fill(card, TABLE["commands"][name]))
    answer = card.transmit(fill(card, row["send"]))
    assert answer[-2:].hex().upper() == row["sw"]
    if "length" in row:
        assert len(answer) - 2 == row["length"]


def test_every_row_names_its_source() -> None:
    assert all(SOURCES.match(row["source"]) for group in TABLE["group"] for row in group["rows"])
    assert sum(len(group["rows"]) for group in TABLE["group"]) > 150
