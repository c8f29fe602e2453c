"""A card image on disk keeps every state, and a file that is none is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cards.errors import CardError
from cards.image_file import load_image, save_image
from cards.profiles import profile_names
from cards.virtual import VirtualCard
from tests.cards.helper import JPKI, ask, image


@pytest.mark.parametrize("name", profile_names())
def test_every_card_survives_saving_and_loading(tmp_path: Path, name: str) -> None:
    path = tmp_path / "card.json"
    before = image(name)
    save_image(before, path)
    after = load_image(path)
    keys = [key.public_key().public_numbers() for key in before.private_keys()]
    assert [key.public_key().public_numbers() for key in after.private_keys()] == keys
    save_image(after, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_counters_and_changed_pins_live_on_the_image(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    card = VirtualCard(image())
    card.power_on()
    ask(card, JPKI, "0020009804" + b"1234".hex(), "0024019804" + b"5678".hex(), "0020009804" + b"9999".hex())
    save_image(card.image, path)
    again = VirtualCard(load_image(path))
    again.power_on()
    assert ask(again, JPKI, "00200098") == b"\x63\xc2"
    assert ask(again, "0020009804" + b"1234".hex()) == b"\x63\xc1"
    assert ask(again, "0020009804" + b"5678".hex()) == b"\x90\x00"


def test_an_image_does_not_show_its_secrets() -> None:
    told = repr(image())
    assert "ABC123" not in told and "'1234'" not in told


def saved(tmp_path: Path) -> dict[str, Any]:
    save_image(image(), tmp_path / "card.json")
    data: dict[str, Any] = json.loads((tmp_path / "card.json").read_text("utf-8"))
    return data


def refused(tmp_path: Path, data: object) -> dict[str, Any]:
    path = tmp_path / "card.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    with pytest.raises(CardError) as caught:
        load_image(path)
    assert caught.value.failure == "Settings_Wrong"
    assert caught.value.facts["file"] == "card.json"
    return caught.value.facts


def test_a_newer_version_is_refused_not_guessed(tmp_path: Path) -> None:
    facts = refused(tmp_path, saved(tmp_path) | {"version": 2})
    assert facts["expected"] == "version 1" and facts["found"] == "2"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": "other"}'])
def test_what_is_no_image_is_refused(tmp_path: Path, text: str) -> None:
    refused(tmp_path, text)


@pytest.mark.parametrize("field", ["profile", "kind", "atr", "behaviour", "data_objects", "applications"])
def test_a_missing_part_is_refused(tmp_path: Path, field: str) -> None:
    data = saved(tmp_path)
    del data[field]
    refused(tmp_path, data)


@pytest.mark.parametrize(
    "change",
    [
        {"tries": 4},
        {"tries": -1},
        {"alphabet": "kana"},
        {"limit": 99},
        {"surprise": 1},
    ],
)
def test_an_impossible_pin_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    data = saved(tmp_path)
    for file in data["applications"][0]["files"]:
        if file["fid"] == "0018":
            file["pin"] |= change
    refused(tmp_path, data)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CardError) as caught:
        load_image(tmp_path / "nothing.json")
    assert caught.value.facts["file"] == "nothing.json"


def leaves(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(data, dict):
        return [leaf for key, value in data.items() for leaf in leaves(value, (*path, key))]
    if isinstance(data, list):
        return [leaf for key, value in enumerate(data) for leaf in leaves(value, (*path, key))]
    return [path]


@pytest.mark.parametrize("wrong", [None, "", "zz", -1, 70000, [], {}, True, 1.5], ids=repr)
def test_any_value_gone_wrong_is_refused_or_the_card_still_answers(tmp_path: Path, wrong: Any) -> None:
    whole = saved(tmp_path)
    path = tmp_path / "card.json"
    refused_ones = 0
    for leaf in leaves(whole):
        data = json.loads(json.dumps(whole))
        place = data
        for key in leaf[:-1]:
            place = place[key]
        place[leaf[-1]] = wrong
        path.write_text(json.dumps(data), "utf-8")
        try:
            card = VirtualCard(load_image(path))
        except CardError as error:
            assert error.failure == "Settings_Wrong"
            refused_ones += 1
            continue
        if card.image.behaviour.mute:
            continue
        card.power_on()
        for command in (JPKI, "00B0860020", "0020009804" + b"1234".hex(), "802A009702010200", "00CA004500"):
            assert len(ask(card, command)) >= 2
    assert refused_ones > 10
