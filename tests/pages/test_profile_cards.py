"""A card that a tester has made of a profile: personalised for anybody, and known to what is started afterwards."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from pytestqt.qtbot import QtBot

from cards.image_file import load_image
from cards.profiles import profile_names
from scenarios.profile_cards import card_of_profile, template_with_own_cards
from scenarios.stage import Stage
from scenarios.steps.world import World
from scenarios.template import add_card, load_cards, template_folder
from scenarios.towns import CardSpec, load_towns
from tests.long import LONG

BROKEN = {"truncated_der", "wrong_der_length", "wrong_kind", "empty_certificate"}
"""The certificate in the file is none, or another than was issued for authentication."""
STOPPED = {
    "revoked": {"authentication": "revoked"},
    "on_hold": {"authentication": "held"},
    "moved": {"signature": "revoked"},
}
"""What has happened since to the certificates of a card of that profile; to all others nothing."""
SUI, MINAMI = "0000100201", "0000100102"


def certificates(template: Path) -> dict[int, tuple[str, str]]:
    """Kind and state by serial, as they stand in the authority's database."""
    with closing(sqlite3.connect(template / "authority.db")) as database:
        rows = database.execute("SELECT serial, kind, state FROM certificates")
        return {serial: (kind, state) for serial, kind, state in rows}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies are kept here, and not where the tester's own are."""
    monkeypatch.setattr("scenarios.profile_cards.kept_in", lambda: tmp_path)
    return tmp_path


def screen_after_pin(world: World, card: str) -> str:
    world.go_to_card()
    assert world.lay(card) == "ChoosePlace", world.refusal()
    world.choose_address()
    return world.enter_pin(right=True)


def test_a_made_card_is_as_good_as_the_stages_own_and_a_stopped_one_is_refused(
    kept: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    _folder, good = card_of_profile("short_only", SUI)
    _folder, stopped = card_of_profile("on_hold", MINAMI)
    with Stage(own_cards=True) as stage:
        stage.reset(trace_folder=tmp_path / "trace")
        world = World(stage, stage.start_kiosk())
        assert screen_after_pin(world, good.name) == "TakeCard", world.refusal()
        assert world.take_card() == "ChooseCertificate", world.refusal()
        stage.reset(trace_folder=tmp_path / "trace2")
        world = World(stage, stage.start_kiosk())
        assert screen_after_pin(world, stopped.name) == "Refusal"
        assert "一時停止" in world.refusal(), world.refusal()
        stage.close_trace()


def test_a_card_is_made_once_and_the_stages_own_is_taken_where_there_is_one(kept: Path) -> None:
    template = template_folder()
    assert template_with_own_cards() == template
    assert card_of_profile("pin_one_left", "0000100301")[1].name == "御影直樹の残り一回のカード"
    assert card_of_profile("plain", SUI)[1].name == "六甲翠のカード"
    assert template_with_own_cards() == template
    folder, made = card_of_profile("contactless", MINAMI)
    assert (made.name, made.person, made.linked) == ("港美波のcontactlessのカード", MINAMI, True)
    assert card_of_profile("contactless", MINAMI) == (folder, made)
    assert template_with_own_cards() == folder != template
    assert list(load_cards(folder)) == [*load_cards(template), made.name]
    # the template itself, from which scenarios are played, stays as it was
    assert made.name not in load_cards(template)


def test_two_programs_that_make_cards_at_once_keep_both(kept: Path) -> None:
    threads = [
        threading.Thread(target=card_of_profile, args=(profile, SUI))
        for profile in ("contactless", "unlimited_pin")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    made = {"六甲翠のcontactlessのカード", "六甲翠のunlimited_pinのカード"}
    assert made <= load_cards(template_with_own_cards()).keys()
    for profile in ("code_three_tries", "text_pin_one_left"):
        card_of_profile(profile, SUI)
    assert len(list(kept.glob("own-cards-*-*"))) == 2, "older copies go"
    assert made <= load_cards(template_with_own_cards()).keys()


def test_every_profile_can_be_anybodys_card(tmp_path: Path) -> None:
    """Once each (all in `make fuzz`), for one person after the other: with long names and addresses, of any age and nationality."""
    folder = tmp_path / "template"
    shutil.copytree(template_folder(), folder)
    (town,), before = load_towns(), certificates(folder)
    people = town.people()
    holders = sorted({entry.person for entry in load_cards(folder).values()})
    profiles = profile_names() if LONG else profile_names()[::3]
    for number, profile in enumerate(profiles):
        person = holders[number % len(holders)]
        entry = add_card(folder, town.code, CardSpec(name=profile, person=person, profile=profile))
        image = load_image(folder / entry.file)
        assert image.profile == profile
        files = {one.name: one.files for one in image.applications}
        if "text" in files:
            content = files["text"][0x0002].content  # a 旧氏 may stand between 氏 and 名
            assert all(part.encode() in content for part in people[person].name.split("\u3000"))
        if 0x000A in files.get("jpki", {}) and entry.serial and profile not in BROKEN:
            content = files["jpki"][0x000A].content  # padded with FF, which may be its own last byte too
            found = x509.load_der_x509_certificate(content[: 4 + int.from_bytes(content[2:4])])
            assert f"{found.serial_number:X}" == entry.serial
        after = certificates(folder)
        stopped = {kind: state for serial, (kind, state) in after.items() if serial not in before}
        assert {kind: state for kind, state in stopped.items() if state != "good"} == STOPPED.get(profile, {})
        before = after
    assert len(load_cards(folder)) == len(load_cards(template_folder())) + len(profiles)
