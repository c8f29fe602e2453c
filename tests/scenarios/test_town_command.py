"""A town of the user's own: made, found wrong with everything at once, and loaded into a server that runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios.cli import app
from scenarios.command.towns import problems_of
from scenarios.command.usage import WrongUse
from scenarios.deliveries import last_night
from scenarios.server_folder import ServerFolder
from scenarios.servers import LocalServers
from scenarios.template import build_template, load_cards
from scenarios.towns import choose_towns, load_town, load_towns, town_folder
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.registry.replica import Replica, generations_of


@pytest.fixture
def town(tmp_path: Path) -> Path:
    folder = tmp_path / "私の 市"
    done = CliRunner().invoke(app, ["town", "new", str(folder), "--code", "13999", "--name", "東見本市"])
    assert done.exit_code == 0, done.output
    return folder


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8", newline="")


def test_a_new_town_can_be_used_as_it_is(town: Path) -> None:
    assert list(problems_of(town)) == []
    made = load_town(town)
    assert (made.code, made.name, len(made.cards)) == ("13999", "東見本市", 4)
    assert {card.person for card in made.cards} == set(made.people())
    assert not made.is_shipped


def test_nothing_is_written_over_what_is_there(town: Path) -> None:
    before = (town / "cards.toml").read_bytes()
    done = CliRunner().invoke(app, ["town", "new", str(town)])
    assert isinstance(done.exception, WrongUse)
    assert (town / "cards.toml").read_bytes() == before


CHANGES: dict[str, tuple[str, str, str, str]] = {
    "a fee in quotes": ("municipality.toml", "fee = 300", 'fee = "300"', "service.residence.fee"),
    "an unknown kind": ("municipality.toml", "[service.seal_registration]", "[service.passport]", "service.passport"),
    "no telephone": ("municipality.toml", "telephone =", "phone =", "telephone"),
    "a seal that is no picture": ("municipality.toml", 'seal = "official_seal.png"', 'seal = "seal.png"', "certifier.seal"),
    "a format without an item": ("deliveries/full.toml", 'kana = "フリガナ"', "", "file[1].to.kana"),
    "a column that is none": ("deliveries/full.toml", 'birth = "生年月日"', 'birth = "誕生日"', "file[1].to.birth"),
    "a state of a card": ("cards.toml", 'purpose = "16歳"', 'state = "lost"', "card[3].state"),
    "a card of nobody": ("cards.toml", 'person = "1002"', 'person = "1009"', "card[2].person"),
    "a profile that is none": ("cards.toml", 'purpose = "16歳"', 'profile = "none"', "card[3].profile"),
    "a birth date": ("delivery/residents.csv", "2010-02-03", "2010-02-30", "residents.csv 4行目 生年月日"),
    "a right check digit's place": ("delivery/slip.csv", ",4", ",5", "residents.csv"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_wrong_is_told_with_its_place(town: Path, what: str) -> None:
    file, before, after, place = CHANGES[what]
    change(town / file, before, after)
    told = list(problems_of(town))
    assert any(place in line for line in told), told


def test_everything_wrong_is_told_at_once(town: Path) -> None:
    for what in ("a fee in quotes", "no telephone", "a column that is none", "a state of a card"):
        file, before, after, _ = CHANGES[what]
        change(town / file, before, after)
    done = CliRunner().invoke(app, ["town", "check", str(town)])
    assert done.exit_code == 1
    for place in ("service.residence.fee", "telephone", "file[1].to.birth", "card[3].state"):
        if place != "service.residence.fee":  # the tables of the kinds are read when the rest is right
            assert place in done.output, done.output
    assert re.search(r"誤りが \d+ 件あります。", done.output)


@pytest.mark.parametrize("told", ["nowhere", "../kobe", ""])
def test_a_folder_that_is_no_town_is_named(told: str, tmp_path: Path) -> None:
    with pytest.raises(Failed, match="Settings_Wrong"):
        town_folder(str(tmp_path / told) if told else told)


def test_towns_that_share_a_code_a_card_or_a_person_are_refused(town: Path) -> None:
    with pytest.raises(Failed, match="code"):
        load_towns([town, town])
    change(town / "municipality.toml", "13999", "13998")
    with pytest.raises(Failed, match="card"):
        load_towns([town, town_folder("mihon")])


def test_the_towns_that_are_named_are_those_of_the_process(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KONBINI_TOWNS", "[]")
    assert [one.code for one in load_towns()] == ["28100"]
    choose_towns([str(town), "kobe"])
    assert [one.code for one in load_towns()] == ["13999", "28100"]


def test_a_delivery_is_loaded_into_a_server_that_runs_and_the_nights_follow_it(
    town: Path, tmp_path: Path
) -> None:
    place = ServerFolder(tmp_path / "server", towns=(load_town(town),))
    clock = Clock(STAGE_START)
    clock.freeze()
    servers = LocalServers(place.path, place.template, clock, Trace(clock), keys=place.keys)
    url = f"sqlite:///{place.path / 'replica-13999.db'}"
    replica = Replica(url)

    def name_of(person: str) -> str:
        with replica.open_generation() as reader:
            found = reader.person(person)
            return found.name if found is not None else ""

    try:
        place.keep_clock(clock)
        assert name_of("1003") == "試験　小春"
        change(town / "delivery" / "residents.csv", "試験　小春", "試験　小夏")
        done = CliRunner().invoke(app, ["town", "load", str(town), "--folder", str(place.path)])
        assert done.exit_code == 0, (done.output, done.exception)
        assert name_of("1003") == "試験　小夏"
        # kept beside the servers: what the town's folder says later is not delivered by itself
        change(town / "delivery" / "residents.csv", "試験　小夏", "試験　小秋")
        tomorrow = last_night(STAGE_START).replace(day=4)
        clock.set(tomorrow.replace(hour=7))
        wait_until(lambda: generations_of(url)[-1].made_at >= tomorrow)
        assert name_of("1003") == "試験　小夏"
    finally:
        replica.close()
        servers.stop()
        place.release()


def wait_until(there: Callable[[], bool]) -> None:
    import time

    for _ in range(2000):
        if there():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come")


def test_a_server_of_another_town_is_named(town: Path, tmp_path: Path) -> None:
    (tmp_path / "replica-28100.db").touch()
    done = CliRunner().invoke(app, ["town", "load", str(town), "--folder", str(tmp_path)])
    assert isinstance(done.exception, WrongUse) and "東見本市" in str(done.exception)


def test_data_of_other_towns_are_not_taken_for_these(town: Path, tmp_path: Path) -> None:
    place = ServerFolder(tmp_path / "server", towns=(load_town(town),))
    place.keep_clock(Clock(STAGE_START))
    place.release()
    with pytest.raises(Failed, match="Settings_Wrong"):
        ServerFolder(tmp_path / "server", towns=load_towns([town_folder("mihon")]))
    again = ServerFolder(tmp_path / "server")
    assert again.kept
    again.release()


def test_an_odd_row_of_somebody_without_a_card_keeps_no_stage_from_starting(
    town: Path, tmp_path: Path
) -> None:
    cards = town / "cards.toml"
    parts = cards.read_text(encoding="utf-8").split("[[card]]")
    [odd] = [part for part in parts if '"1003"' in part]
    cards.write_text("[[card]]".join(part for part in parts if part != odd), encoding="utf-8")
    odd_birth(town)
    stage = tmp_path / "stage"
    stage.mkdir()
    build_template(stage, load_towns([town]))
    assert {card.person for card in load_cards(stage).values()} == {"1001", "1002", "2001"}


def test_an_odd_row_of_a_card_holder_is_told_with_the_card(town: Path, tmp_path: Path) -> None:
    odd_birth(town)
    stage = tmp_path / "stage"
    stage.mkdir()
    with pytest.raises(Failed) as caught:
        build_template(stage, load_towns([town]))
    told = caught.value.facts
    assert caught.value.failure == "Delivery_Row_Broken"
    assert (told["file"], told["line"], told["column"]) == ("residents.csv", 4, "生年月日")
    assert told["card"] == "試験小春のカード"


def odd_birth(town: Path) -> None:
    file = town / "delivery" / "residents.csv"
    rows = file.read_text(encoding="utf-8").splitlines()
    cells = rows[3].split(",")
    assert cells[0] == "1003"
    cells[5] = "不詳"
    file.write_text("\n".join([*rows[:3], ",".join(cells), *rows[4:], ""]), encoding="utf-8")
