"""`konbini card insert` and `diagnose`, as a tester uses them beside programs of other people."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from cards.pcscd import free_port_pair
from cards.readers.pcsc import PcscReader
from scenarios.command.card_commands import diagnose_reader, insert_card
from scenarios.template import load_cards, template_folder
from tests.cards.pcsc_service import run, service, wait_for


@pytest.fixture(scope="module")
def name() -> str:
    """A card of the stage that nothing is wrong with."""
    cards = load_cards(template_folder()).values()
    return next(one.name for one in cards if (one.profile, one.state, one.linked) == ("plain", "good", True))


@pytest.fixture
def vpcd() -> Iterator[str]:
    yield f"127.0.0.1:{service().port}"
    wait_for(lambda: not PcscReader().present())


class Insertion:
    """The command on a thread of its own, from the moment it says that the card lies there."""

    def __init__(self, name: str, vpcd: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._stop = threading.Event()
        self._codes: list[int] = []
        self._thread = threading.Thread(
            target=lambda: self._codes.append(insert_card(name, vpcd, stop=self._stop))
        )
        self._capsys = capsys
        self.out = self.err = ""

    def __enter__(self) -> Insertion:
        self._thread.start()
        wait_for(lambda: "Ctrl-C" in self.read() or self._codes)
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
        self._thread.join(5)
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
    code = "import sys; from scenarios.command.card_commands import insert_card; sys.exit(insert_card(*sys.argv[1:]))"
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


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", ":35963", "x:y"]
)
def test_a_wrong_address_is_refused(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert insert_card("any", address) == 2
    assert "--vpcd" in capsys.readouterr().err


def test_an_unknown_card_and_a_reader_that_is_not_there_are_named(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert insert_card("そんなカードはない", "127.0.0.1:1") == 2
    assert "konbini card list" in capsys.readouterr().err
    assert insert_card(name, f"127.0.0.1:{free_port_pair()}") == 2
    assert "Vpcd_Absent" in capsys.readouterr().err
