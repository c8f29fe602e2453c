"""The list of sample cards: a mistake in it is told by file, key and what was expected."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from scenarios import paths
from scenarios.card_list import listed_cards
from server_stub.interface.failures import Failed

CARD = """[[card]]
name = "見本のカード"
person = "0000100101"
profile = "plain"
state = "good"
linked = true
purpose = "見本"
"""


def test_the_list_of_the_town_is_read_whole_and_in_its_order() -> None:
    rows = tomllib.loads((paths.DATA / "cards.toml").read_text(encoding="utf-8"))["card"]
    assert [card.model_dump() for card in listed_cards()] == rows


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (CARD.replace('"good"', '"lost"'), "card.1.state"),
        (CARD + CARD.replace("見本のカード", "他のカード").replace("true", '"maybe"'), "card.2.linked"),
        (CARD.replace("person", "persona"), "card.1.person"),
        (CARD + 'colour = "red"\n', "card.1.colour"),
        (CARD.replace("0000100101", "100101"), "card.1.person"),
        (CARD + CARD, ""),
        ("card = []", "card"),
        ("", "card"),
        ("[[card]", ""),
    ],
)
def test_a_mistake_is_told_by_its_key_and_never_by_its_value(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "cards.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Failed) as caught:
        listed_cards(file)
    facts = caught.value.facts
    assert (caught.value.failure, facts["file"], facts["key"]) == ("Settings_Wrong", "cards.toml", key)
    assert facts["expected"] and "maybe" not in str(caught.value)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="Settings_Wrong"):
        listed_cards(tmp_path / "cards.toml")
