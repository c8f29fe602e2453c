"""`konbini card reader`, a PC/SC service of one's own, and `card compare`, as a tester uses them."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cards.kept_state import KeptState
from cards.pcscd import SOCKET_VARIABLE
from cards.readers.pcsc import PcscReader, reader_names
from cards.virtual import VirtualCard
from cards.vpcd import VpcdSlot
from scenarios.command.card_compare import Comparing, compare_card
from scenarios.command.card_insert import Laying, insert_cards
from tests.cards.helper import card
from tests.cards.pcsc_service import lay_down, service, wait_for
from tests.pcsc.helper import card_of

READER = """
import sys
from pathlib import Path
from scenarios.command.card_insert import Laying, run_reader
sys.exit(run_reader(Laying(["六甲翠", "0000100102"], keep=Path(sys.argv[1]), trace=True)))
"""


def foreign(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
        timeout=30,
    )
    return done.stdout


def kept_tries(state: Path) -> dict[str, int]:
    """Tries left on the PIN of 利用者証明用 by card, as the file has them."""
    if not state.exists():
        return {}
    cards = json.loads(state.read_text(encoding="utf-8"))["cards"]
    return {name: one["pins"]["jpki 0018"]["tries"] for name, one in cards.items()}


def test_a_reader_of_ones_own_shows_two_cards_to_any_program_until_ctrl_c(tmp_path: Path) -> None:
    """Counters are kept, the trace is live and tells no PIN, and the service of this process is another one."""
    state, out = tmp_path / "state.json", tmp_path / "out.txt"
    environment = {name: value for name, value in os.environ.items() if name != SOCKET_VARIABLE}
    with out.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", READER, str(state)], stdout=file, stderr=file, env=environment
        )
    try:
        wait_for(lambda: "Ctrl-C" in out.read_text(encoding="utf-8") or process.poll() is not None, 60)
        (exported,) = re.findall(r"^export (\S+)$", out.read_text(encoding="utf-8"), re.MULTILINE)
        name, _, value = exported.partition("=")
        there = {name: shlex.split(value)[0]}
        assert name == SOCKET_VARIABLE and there != {name: str(service().socket_path)}
        wait_for(lambda: foreign(there, "opensc-tool", "--list-readers").count("Yes") == 2)
        verify = ("pkcs15-tool", "--reader", "1", "--verify-pin", "--auth-id", "01", "--pin", "2846")
        assert "PIN code or key incorrect" in foreign(there, *verify)
        wait_for(lambda: "63C2" in out.read_text(encoding="utf-8"))
        # kept while the card lies there: a power cut takes nothing back
        wait_for(lambda: kept_tries(state) == {"六甲翠のカード": 3, "港美波のカード": 2})
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)
    told = out.read_text(encoding="utf-8")
    assert "カード「港美波のカード」を取り除きました。" in told
    assert not Path(there[name]).exists()
    trace = told.partition("Ctrl-C で取り除きます。")[2]
    assert re.search(
        r"^2 [\d:.]+ VERIFY 0018 +63C2 照合不一致・残り 2 回　00200080 送4 受0$", trace, re.MULTILINE
    )
    assert "2846" not in told and b"2846".hex() not in told
    assert kept_tries(state) == {"六甲翠のカード": 3, "港美波のカード": 2}


@pytest.fixture
def vpcd() -> Iterator[str]:
    yield f"127.0.0.1:{service().port}"
    wait_for(lambda: not PcscReader().present())


def test_a_card_laid_again_takes_its_counters_up(
    vpcd: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stop, codes = threading.Event(), list[int]()
    wanted = Laying(["0000100201"], keep=tmp_path / "state.json")
    laying = threading.Thread(target=lambda: codes.append(insert_cards(wanted, vpcd, stop=stop)))
    laying.start()
    wait_for(lambda: PcscReader().present() or codes, 60)
    reader = PcscReader(reader_names()[0])
    with reader.connect() as connection:
        connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
        assert connection.transmit(bytes.fromhex("0020009B06") + b"WRONG1") == b"\x63\xc4"
    stop.set()
    laying.join(30)
    wait_for(lambda: not PcscReader().present())
    again, image = threading.Event(), card().image
    again.set()
    assert insert_cards(wanted, vpcd, stop=again) == 0
    out = capsys.readouterr().out
    assert re.search(r"署名用のパスワード +\w+ +残り 4 回", out) and "state.json に残り" in out
    assert codes == [0] and image.pin("jpki", 0x1B).tries == 5
    assert KeptState(tmp_path / "state.json").restore("別のカード", image) is False


# --- compare ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lying() -> Iterator[tuple[VirtualCard, VpcdSlot]]:
    made = card_of("JPKI-TEST")
    slot = lay_down(made)
    yield made, slot
    slot.remove()
    wait_for(lambda: not PcscReader().present())


def test_a_comparison_over_pc_sc_tells_saves_and_can_be_made_again_from_the_file(
    lying: tuple[VirtualCard, VpcdSlot], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "survey.json"
    assert compare_card(Comparing(profile="contactless", save=file)) == 1
    out = capsys.readouterr().out
    assert "△ ATR\n　カード  3B E0 00 FF 81 31 FE 45 14（同じ型: " in out
    assert compare_card(Comparing(file=file, profile="plain", as_json=True)) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []


def test_a_person_who_types_a_wrong_pin_is_told_and_it_was_sent_once(
    lying: tuple[VirtualCard, VpcdSlot], capsys: pytest.CaptureFixture[str]
) -> None:
    """What has the wrong form never reaches the card; Enter leaves a PIN out."""
    answers, asked = iter(["", "", "12345", "9999"]), list[str]()

    def person(question: str) -> str:
        asked.append(question)
        return next(answers)

    assert compare_card(Comparing(pin=True), person) == 2
    told = capsys.readouterr().err
    assert "数字4桁ではないので、カードに送っていません" in told
    assert "券面入力補助用暗証番号が違います（残り 2 回）" in told
    assert [question.partition("（")[0] for question in asked] == [
        "利用者証明用暗証番号", "署名用パスワード", "券面入力補助用暗証番号", "券面入力補助用暗証番号",
    ]  # fmt: skip
    assert lying[0].image.pin("text", 0x11).tries == 2
    assert [lying[0].image.pin("jpki", fid).tries for fid in (0x18, 0x1B)] == [3, 5]


def test_a_pin_is_never_read_from_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare_card(Comparing(pin=True)) == 2
    assert "人が端末で入力します" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Comparing(profile="plian"), "「plain」"),
        (Comparing(reader="no such reader"), "Reader_Absent"),
        (Comparing(file=Path(__file__)), "保存した調査ではありません"),
        (Comparing(file=Path(__file__), pin=True), "一緒には使えません"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_refused_in_words(
    wanted: Comparing, told: str, lying: tuple[VirtualCard, VpcdSlot], capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare_card(wanted) == 2
    assert told in capsys.readouterr().err
