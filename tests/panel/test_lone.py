"""A terminal alone before servers in a process of their own, as a tester starts both: the panel is all the hands it needs."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from cards.readers.pcsc import reader_names
from scenarios import cli, paths
from scenarios.command.options import clock_of
from scenarios.command.serving import this_command
from scenarios.driver import SocketDriver, Terminal
from scenarios.ledger_queries import LedgerQueries
from scenarios.panel import PanelWindow
from scenarios.panel.clock_box import in_words
from scenarios.panel.terminal_client import OWN_CARD
from server_stub.interface.clock import STAGE_START, Clock
from tests.cards.helper import card
from tests.cards.pcsc_service import lay_down, service
from tests.panel.helper import choose, press

CARD = "六甲翠のカード"
CONNECT = "端末をつなぐ: "
pytestmark = pytest.mark.xdist_group("commands")


@contextmanager
def server(folder: Path, *more: str) -> Iterator[list[str]]:
    """`konbini server`; the arguments of the line it prints for a terminal."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "scenarios.cli",
            "server",
            "--ports",
            "0,0,0",
            "--folder",
            str(folder),
            *more,
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(paths.ROOT), "KONBINI_HOME": str(paths.home())},
    )
    assert process.stdout is not None
    try:
        line = next(line for line in process.stdout if line.startswith(CONNECT))
        *command, kiosk = shlex.split(line.removeprefix(CONNECT).split(" --center ")[0])
        assert (command, kiosk) == ([sys.executable, "-m", "scenarios.cli"], "kiosk"), "as it was started"
        yield ["kiosk", *shlex.split(line.partition(" kiosk ")[2])]
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


@pytest.fixture(scope="module")
def connect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    folder = tmp_path_factory.mktemp("servers")
    with server(folder) as arguments:
        yield [*arguments, str(folder)]


def in_command(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], presenter: Callable[[PanelWindow], None]
) -> int:
    """The command as it is typed, with `presenter` before its panel for as long as the panel is open."""

    def loop(*_: object) -> int:
        (panel,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, PanelWindow) and w.isVisible()]
        presenter(panel)
        return 0

    monkeypatch.setattr(QApplication, "exec", loop)
    monkeypatch.setattr(sys, "argv", ["konbini", *arguments])
    monkeypatch.setenv("KONBINI_HOME", str(paths.home()))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def touch(terminal: Terminal, *ways: tuple[str, str]) -> None:
    """The resident: each button, and the screen that follows."""
    for name, screen in ways:
        terminal.touch(name)
        terminal.wait_for(screen)


def to_the_card(terminal: Terminal) -> None:
    terminal.wait_for("TopMenu")
    touch(
        terminal,
        ("行政サービス", "ServiceMenu"),
        ("証明書交付サービス", "Consent"),
        ("同意する", "PlaceCard"),
    )


def test_a_whole_visit_by_the_line_that_the_server_prints(
    qapp: QApplication, qtbot: QtBot, connect: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    *line, servers = connect
    assert "--panel" in line
    control = f"konbini-test-{os.getpid()}"

    def visit(panel: PanelWindow) -> None:
        terminal = Terminal(SocketDriver(control))
        choose(panel, CARD)
        to_the_card(terminal)
        press(qtbot, panel, "カードを置く")
        terminal.wait_for("ChoosePlace")
        assert terminal.call("card_kind") == "virtual"
        touch(terminal, ("お住まいの市区町村の証明書", "EnterPin"))
        panel.cards.show_pin.click()
        for digit in panel.cards.pin.text():
            terminal.touch(digit)
        touch(terminal, ("次へ", "TakeCard"))
        press(qtbot, panel, "カードを取る")
        terminal.wait_for("ChooseCertificate")
        touch(terminal, ("住民票の写し", "ChooseOptions"))
        for option in ("続柄 記載する", "本籍・筆頭者 記載する", "個人番号 記載しない"):
            terminal.touch(option)
        touch(terminal, ("次へ", "ChooseCopies"))
        terminal.touch("1部")
        touch(terminal, ("次へ", "Confirm"), ("この内容で申請する", "Pay"))
        press(qtbot, panel, "500円を入れる")
        terminal.wait_for("TakePaper")
        qtbot.waitUntil(
            lambda: (
                len(panel.tray.thumbnails) == 2
                and not any(side.picture.isNull() for side in panel.tray.thumbnails)
            ),
            timeout=20_000,
        )
        phrases = panel.trace.shown
        qtbot.waitUntil(
            lambda: "1枚印刷した" in [phrases.index(n, 2).data() for n in range(phrases.rowCount())]
        )
        press(qtbot, panel, "用紙を取る")
        terminal.wait_for("AskReceipt")
        touch(terminal, ("印刷しない", "Thanks"))
        terminal.wait_until(lambda: terminal.call("pending_reports") == 0, "the centre was not told")
        terminal.close()

    arguments = [*line, "--folder", str(tmp_path / "kiosk"), "--control", control]
    assert in_command(monkeypatch, arguments, visit) == 0
    books = LedgerQueries(Path(servers))
    assert books.charges() == [250]
    books.close()
    told = (tmp_path / "kiosk" / "trace" / "kiosk.jsonl").read_text(encoding="utf-8").splitlines()
    assert all(json.loads(line)["clock"].startswith("2026-06-03T10:") for line in told)


@pytest.mark.parametrize(
    ("started", "command"),
    [
        (".venv/bin/konbini", (".venv/bin/konbini",)),
        ("/opt/a b/konbini", ("/opt/a b/konbini",)),
        ("konbini", ("konbini",)),
        ("/opt/scenarios/cli.py", (sys.executable, "-m", "scenarios.cli")),
    ],
)
def test_a_terminal_is_connected_by_the_command_that_started_the_server(
    monkeypatch: pytest.MonkeyPatch, started: str, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "argv", [started, "server"])
    assert this_command() == command


def test_the_terminal_shows_the_servers_time_however_late_it_starts(connect: list[str]) -> None:
    clock = connect[connect.index("--clock") + 1]
    ahead = clock_of(clock).now() - STAGE_START
    assert timedelta(0) < ahead < timedelta(minutes=10), "the server began at the stage's time, and went on"


def test_a_panel_of_a_lone_terminal_shows_its_clock_and_nothing_of_the_servers(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nobody behind the address: what the panel does needs no server."""
    control = f"konbini-alone-{os.getpid()}"
    began = Clock().now()

    def present(panel: PanelWindow) -> None:
        terminal = Terminal(SocketDriver(control))
        visible = {b.accessibleName() for b in panel.findChildren(QAbstractButton) if b.isVisibleTo(panel)}
        assert "電子証明書を一時停止" not in visible and panel.tabs.count() == 1
        today = in_words(Clock().now())
        assert panel.clock.day.text() == today, "before a server of one's own: real time"
        press(qtbot, panel, "金曜 22:59")
        to_the_card(terminal)
        press(qtbot, panel, "カードを置く")
        terminal.wait_for("ChoosePlace")
        touch(terminal, ("お住まいの市区町村の証明書", "Refusal"))
        assert terminal.shows("Centre_Unreachable")
        press(qtbot, panel, "おつりを空にする")
        press(qtbot, panel, "次の方のために最初に戻す")
        qtbot.waitUntil(lambda: "トップメニュー" in panel.terminal.text())
        assert panel.clock.day.text() == today
        assert "ありません" in panel.cards.on_reader.text() and not panel.money.empty.isChecked()

    arguments = ["kiosk", "--center", "http://127.0.0.1:9", "--center-key", "00" * 32, "--panel"]
    arguments += ["--folder", str(tmp_path / "kiosk"), "--control", control]
    assert in_command(monkeypatch, arguments, present) == 0
    told = (tmp_path / "kiosk" / "trace" / "kiosk.jsonl").read_text(encoding="utf-8")
    friday = next(
        day for day in (began + timedelta(days=n) for n in range(7)) if f"{day:%a}" == "Fri"
    )  # of a terminal that began in real time, the next one
    assert f"{friday:%Y-%m-%d}T22:59" in told, "the terminal ran on the panel's clock"


def test_a_terminal_that_cannot_begin_opens_no_panel(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["kiosk", "--center", "http://127.0.0.1:9", "--center-key", "zz", "--panel"]
    assert in_command(monkeypatch, [*arguments, "--folder", str(tmp_path)], lambda panel: None) == 2
    told = capfd.readouterr().err.strip().splitlines()
    assert len(told) == 1 and "Settings_Wrong" in told[0] and "。" in told[0]


def test_before_a_reader_of_ones_own_the_panel_watches_real_hands(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service()
    control = f"konbini-reader-{os.getpid()}"

    def present(panel: PanelWindow) -> None:
        readers = panel.cards.readers
        assert [readers.itemText(n) for n in range(readers.count())] == reader_names()
        qtbot.waitUntil(lambda: "トップメニュー" in panel.terminal.text())
        slot = lay_down(card("plain"))
        qtbot.waitUntil(lambda: panel.cards.on_reader.text() == OWN_CARD, timeout=20_000)
        slot.remove()
        qtbot.waitUntil(lambda: panel.cards.on_reader.text() != OWN_CARD, timeout=20_000)
        readers.textActivated.emit(reader_names()[1])
        assert "最初に戻しました" in panel.told.text()
        qtbot.waitUntil(lambda: "トップメニュー" in panel.terminal.text())

    arguments = ["kiosk", "--center", "http://127.0.0.1:9", "--reader", "pcsc", "--panel"]
    arguments += ["--folder", str(tmp_path / "kiosk"), "--control", control]
    assert in_command(monkeypatch, arguments, present) == 0


def test_a_terminal_that_does_not_begin_in_time_is_told_not_swallowed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a machine that has other things to do; the process lives and does not listen yet."""
    monkeypatch.setattr(SocketDriver.__init__, "__defaults__", (0.0, SocketDriver.__init__.__defaults__[1]))
    arguments = ["kiosk", "--center", "http://127.0.0.1:9", "--panel", "--folder", str(tmp_path / "kiosk")]
    assert in_command(monkeypatch, arguments, lambda panel: None) == 2
    assert "端末が時間内に始まりませんでした。" in capsys.readouterr().err
