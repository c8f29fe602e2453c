"""`konbini card insert` and `diagnose`, as a tester uses them beside programs of other people."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cards.pcscd import free_port_pair
from cards.profiles import profile_names
from cards.readers.pcsc import PcscReader
from scenarios.command.card_commands import diagnose_reader, enrol_card
from scenarios.command.card_insert import Laying, insert_cards
from scenarios.template import load_cards, template_folder
from tests.cards.pcsc_service import run, service, wait_for
from tests.pcsc.helper import another_program


@pytest.fixture(scope="module")
def name() -> str:
    """A card of the stage that nothing is wrong with."""
    cards = load_cards(template_folder()).values()
    return next(one.name for one in cards if (one.profile, one.state, one.linked) == ("plain", "good", True))


@pytest.fixture
def vpcd() -> Iterator[str]:
    yield f"127.0.0.1:{service().port}"
    wait_for(lambda: not PcscReader().present())


def laying(name: str, profile: str = "", person: str = "") -> Laying:
    return Laying(*([one] if one else [] for one in (name, profile, person)))


class Insertion:
    """The command on a thread of its own, from the moment it says that the card lies there."""

    def __init__(
        self, name: str, vpcd: str, capsys: pytest.CaptureFixture[str], *, profile: str = "", person: str = ""
    ) -> None:
        self._stop = threading.Event()
        self._codes: list[int] = []
        self._thread = threading.Thread(
            target=lambda: self._codes.append(
                insert_cards(laying(name, profile, person), vpcd, stop=self._stop)
            )
        )
        self._capsys = capsys
        self.out = self.err = ""

    def __enter__(self) -> Insertion:
        self._thread.start()
        wait_for(lambda: "Ctrl-C" in self.read() or self._codes, 60)
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def read(self) -> str:
        out, err = self._capsys.readouterr()
        self.out += out
        self.err += err
        return self.out

    def end(self, *, stop: bool = True) -> list[int]:
        if stop:
            self._stop.set()
        self._thread.join(60)
        self.read()
        return self._codes


def test_an_inserted_card_is_seen_by_other_programs_until_it_is_taken_away(
    name: str, vpcd: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Insertion(name, vpcd, capsys) as insertion:
        assert f"カード「{name}」" in insertion.out
        assert "ほかの機械からの接続" in insertion.err
        wait_for(PcscReader().present)
        assert run("opensc-tool", "--name").stdout.strip() == b"jpki"
        assert diagnose_reader(True) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["readers"][0]["card"]["hierarchy"] == "simulator"
        assert diagnose_reader(False) == 0
        assert "O=JPKI-SIM（この模擬環境の認証局）" in capsys.readouterr().out
        assert insertion.end() == [0]
    assert insertion.out.endswith(f"カード「{name}」を取り除きました。\n")
    wait_for(lambda: not PcscReader().present())
    assert diagnose_reader(False) == 1


def test_ctrl_c_takes_the_card_away(name: str, vpcd: str) -> None:
    code = (
        "import sys; from scenarios.command.card_insert import Laying, insert_cards; "
        "sys.exit(insert_cards(Laying([sys.argv[1]]), sys.argv[2]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, name, vpcd], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        wait_for(PcscReader().present, 30)
        assert process.stdout is not None
        while "Ctrl-C" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert "取り除きました" in process.stdout.read()
    assert process.returncode == 0


def test_a_reader_that_goes_away_is_told(name: str, vpcd: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Insertion(name, vpcd, capsys) as insertion:
        service().stop()
        try:
            assert insertion.end(stop=False) == [1]
            assert "Vpcd_Absent" in insertion.err
        finally:
            service().start()
            wait_for(lambda: run("opensc-tool", "--list-readers").stdout.count(b"Konbini") == 2)


def test_enrolling_does_not_wait_for_another_programs_transaction(
    vpcd: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenarios.enrolment.OPENING_SECONDS", 0.2)
    with Insertion("六甲翠", vpcd, capsys) as insertion:
        wait_for(PcscReader().present)
        with another_program("transaction"):
            assert enrol_card("六甲翠", "pcsc", trust=True) == 2
            assert "Reader_Busy" in capsys.readouterr().err
        wait_for(lambda: not PcscReader().in_use())
        assert enrol_card("六甲翠のカード", "pcsc", trust=True) == 2
        assert "Certificate_Unknown_Issuer" in capsys.readouterr().err
        assert insertion.end() == [0]


SELECT_JPKI, SELECT_TEXT = "00A4040C0AD392F000260100000001", "00A4040C0AD3921000310001010408"


def opens(application: str, fid: str, value: str) -> bool:
    """Does another program open that file of the lying card with `value`?"""
    commands = (application, f"00A4020C02{fid}", f"00200080{len(value):02X}{value.encode().hex()}")
    arguments = [part for command in commands for part in ("--send-apdu", command)]
    done = run("opensc-tool", "--card-driver", "default", *arguments)
    return done.stdout.count(b"SW1=0x90, SW2=0x00") == len(commands)


def told_pin(name: str, output: str) -> str:
    (found,) = re.findall(rf"^  {name} +([0-9A-Z]+) +残り", output, re.MULTILINE)
    return str(found)


def test_the_pins_that_are_told_open_the_card_in_any_program(
    vpcd: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenarios.profile_cards.kept_in", lambda: tmp_path)
    with Insertion("", vpcd, capsys, profile="contactless", person="港美波") as insertion:
        out = insertion.out
        wait_for(PcscReader().present)
        assert "港美波" in out and "contactless：非接触のリーダで読んだカード" in out
        assert "試験用の仮想カードの番号です。実在の人やカードのものではありません" in out
        assert opens(SELECT_JPKI, "0018", told_pin("利用者証明用の暗証番号", out))
        assert opens(SELECT_JPKI, "001B", told_pin("署名用のパスワード", out))
        assert opens(SELECT_TEXT, "0011", told_pin("券面入力補助用の暗証番号", out))
        assert opens(SELECT_TEXT, "0014", told_pin("照合番号A", out))
        assert opens(SELECT_TEXT, "0015", told_pin("照合番号B", out))
        assert not opens(SELECT_TEXT, "0015", "0" * 14)
        assert insertion.end() == [0]
    port = vpcd.partition(":")[2]
    assert f"dport {{ {port},{int(port) + 1} }} drop" in insertion.err and "35963" not in insertion.err


def test_a_card_is_laid_by_the_name_of_its_holder(vpcd: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Insertion("六甲　翠", vpcd, capsys) as insertion:
        assert "カード「六甲翠のカード」" in insertion.out and "持ち主    六甲翠" in insertion.out
        assert insertion.end() == [0]


@pytest.mark.parametrize(
    ("name", "profile", "person", "told"),
    [
        ("六甲緑", "", "", "「六甲翠のカード」"),
        ("", "pin_one", "", "「pin_one_left」"),
        ("", "plain", "六甲緑", "「六甲翠」"),
        ("六甲翠", "", "港美波", "--profile と一緒に"),
        ("", "", "", "card list"),
    ],
)
def test_what_cannot_be_laid_is_told_with_the_nearest_thing(
    name: str, profile: str, person: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert insert_cards(laying(name, profile, person), "127.0.0.1:1") == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Laying(["六甲翠", "港美波", "港太一"]), "2 枚まで"),
        (Laying(["六甲翠", "0000100201"]), "同じカード"),
        (Laying(profiles=["plain"], persons=["六甲翠", "港美波"]), "同じ数だけ"),
        (Laying(["六甲翠"], timing="fast"), "contactless、contact"),
        (Laying(["六甲翠"], keep=Path("no such folder/state.json")), "あるフォルダの中のファイル"),
        (Laying(["六甲翠"], keep=Path(__file__)), "残したものではありません"),
        (Laying(["六甲翠"], towns=["no such town"]), "konbini town new"),
        (Laying(profiles=["plain"], persons=["9999999999"], towns=["mihon"]), "という人はいません"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_in_words(
    wanted: Laying, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert insert_cards(wanted, "127.0.0.1:1") == 2
    assert told in capsys.readouterr().err


def konbini(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "scenarios.cli", *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_commands_answer_in_words_and_in_json() -> None:
    assert "4973" not in konbini("card", "show", "六甲翠")
    assert "4973" in konbini("card", "show", "六甲翠", "--secrets")
    pins = json.loads(konbini("card", "show", "六甲翠", "--secrets", "--json"))["pins"]
    assert [pin["value"] for pin in pins if pin["file"] == "0018"] == ["4973"]
    profiles = json.loads(konbini("card", "list", "--profiles", "--json"))
    assert (
        len(profiles) == len(profile_names()) and {"name": "mute", "purpose": "応答しないカード"} in profiles
    )
    lines = konbini("card", "list").splitlines()
    assert all(line.count("\t") == 2 for line in lines) and lines[6].startswith(
        "六甲翠のカード\t0000100201\t"
    )


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", ":35963", "x:y"]
)
def test_a_wrong_address_is_refused(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert insert_cards(laying("any"), address) == 2
    assert "--vpcd" in capsys.readouterr().err


def test_an_unknown_card_and_a_reader_that_is_not_there_are_named(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert insert_cards(laying("そんなカードはない"), "127.0.0.1:1") == 2
    assert "konbini card list" in capsys.readouterr().err
    assert insert_cards(laying(name), f"127.0.0.1:{free_port_pair()}") == 2
    assert "Vpcd_Absent" in capsys.readouterr().err
