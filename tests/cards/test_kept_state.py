"""What a virtual card has been through outlives it in a file, and in no other card."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from cards.errors import CardError
from cards.kept_state import KeptState
from tests.cards.helper import JPKI, ask, image, powered


def test_counters_and_changed_pins_are_there_again_on_a_card_made_anew(tmp_path: Path) -> None:
    used, file = powered(), tmp_path / "state.json"
    ask(used, JPKI, "00A4020C020018", "0020008004" + b"9999".hex())
    ask(used, "00A4020C02001B", "0020008006" + b"ABC123".hex(), "0024018006" + b"XYZ789".hex())
    KeptState(file).save({"mine": used.image})
    again = powered()
    assert KeptState(file).restore("mine", again.image)
    assert ask(again, JPKI, "00A4020C020018", "00200080") == b"\x63\xc2"
    assert ask(again, "00A4020C02001B", "0020008006" + b"ABC123".hex()) == b"\x63\xc4"
    assert ask(again, "0020008006" + b"XYZ789".hex()) == b"\x90\x00"


def test_the_file_keeps_several_cards_apart_and_is_its_owners_only(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    one, two = image(), image()
    one.pin("jpki", 0x18).tries = 1
    KeptState(file).save({"one": one})
    KeptState(file).save({"two": two})
    fresh = image()
    assert KeptState(file).restore("one", fresh) and fresh.pin("jpki", 0x18).tries == 1
    assert KeptState(file).restore("two", fresh) and fresh.pin("jpki", 0x18).tries == 3
    assert not KeptState(file).restore("three", fresh)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def _other_profile(data: dict[str, Any]) -> None:
    data["cards"]["mine"]["profile"] = "contactless"


def _too_many_tries(data: dict[str, Any]) -> None:
    data["cards"]["mine"]["pins"]["jpki 0018"]["tries"] = 4


def _no_pin(data: dict[str, Any]) -> None:
    data["cards"]["mine"]["pins"]["jpki 0018"]["value"] = "12"


def _one_missing(data: dict[str, Any]) -> None:
    del data["cards"]["mine"]["pins"]["jpki 0018"]


def _newer(data: dict[str, Any]) -> None:
    data["version"] = 2


@pytest.mark.parametrize("spoil", [_other_profile, _too_many_tries, _no_pin, _one_missing, _newer])
def test_a_state_of_something_else_is_refused_and_changes_nothing(tmp_path: Path, spoil: Any) -> None:
    file, card = tmp_path / "state.json", image()
    card.pin("jpki", 0x18).tries = 2
    KeptState(file).save({"mine": card})
    data = json.loads(file.read_text(encoding="utf-8"))
    spoil(data)
    file.write_text(json.dumps(data), encoding="utf-8")
    fresh = image()
    with pytest.raises(CardError) as caught:
        KeptState(file).restore("mine", fresh)
    assert caught.value.failure == "Settings_Wrong"
    assert fresh.pin("jpki", 0x18).tries == 3


@pytest.mark.parametrize("content", ["", "{}", "[1]", "\xff\xfe", '{"format": "konbini-card-image"}'])
def test_a_file_that_is_no_state_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(CardError) as caught:
        KeptState(file)
    assert caught.value.failure == "Settings_Wrong"
