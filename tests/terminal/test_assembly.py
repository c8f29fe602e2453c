"""A whole terminal put together and taken apart."""

from __future__ import annotations

import gc
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from kiosk_app.assembly import Assembly
from kiosk_app.control import TerminalControl
from kiosk_app.screens import names
from kiosk_app.settings import KioskSettings
from scenarios.towns import shipped_town
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Trace

from .centre import KEY, TERMINAL, Centre


def living() -> dict[int, QObject]:
    """Everything of Qt that Python knows of and that was not deleted yet, by its id."""
    return {id(one): one for one in gc.get_objects() if issubclass(type(one), QObject) and isValid(one)}


@pytest.fixture
def assembly(qapp: QApplication, centre: Centre, quick_path: Path) -> Iterator[Assembly]:
    clock = Clock(STAGE_START)
    centre.renew(clock)
    settings = KioskSettings(
        center_url=centre.url,
        terminal_id=TERMINAL,
        terminal_key=KEY,
        center_key=centre.pinned,
        folder=str(quick_path),
    )
    assembly = Assembly(settings, clock, Trace(clock))
    assembly.start()
    yield assembly
    assembly.stop()


def test_the_screens_draw_names_in_the_fonts_that_the_terminal_is_given(assembly: Assembly) -> None:
    """A second font has what the common one lacks (外字, MJ+)."""
    own, name = shipped_town("ashikaga") / "ashikaga_gaiji.ttf", "渡\U0010f001"
    assert [file for file, _ in names.runs(name)] == [names.register_font()]
    try:
        assembly.restart(replace(assembly.settings, name_fonts=(str(own),)))
        assert names.runs(name) == [(names.register_font(), "渡"), (own, "\U0010f001")]
    finally:
        names.use_fonts([])


class Watched:
    """A book that remembers which threads have asked it."""

    def __init__(self, own: sqlite3.Connection) -> None:
        self._own = own
        self.threads: set[int] = set()

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        self.threads.add(threading.get_ident())
        return self._own.execute(sql, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


def test_the_screen_asks_no_book_of_a_device(assembly: Assembly) -> None:
    """Whatever panel and driver want of the devices: what they do is done on another thread, what they see is remembered."""
    control, coin = TerminalControl(assembly), assembly.devices.coin
    coin.open(lambda _: None, lambda _: None)
    watched = Watched(coin._book)
    coin._book = watched  # type: ignore[assignment]
    control.call("drop", {"denomination": 500})
    control.call("reject_next", {})
    control.call("drop", {"denomination": 100})
    control.call("change_stock", {"stock": {"10": 3}})
    assert control.call("money", {}) == {"inserted": 500, "taken": 0, "returned": 0}
    assert control.call("tray", {}) == []
    control.call("take_paper", {})
    assert control.call("open_journal_entries", {}) == 0
    assert watched.threads, "nothing was asked at all"
    assert threading.get_ident() not in watched.threads


def test_the_screen_goes_on_while_a_coin_waits_for_the_book(assembly: Assembly, quick_path: Path) -> None:
    control, coin = TerminalControl(assembly), assembly.devices.coin
    coin.open(lambda _: None, lambda _: None)
    other = sqlite3.connect(quick_path / "devices" / "coins.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    seen = []

    def let_go() -> None:
        seen.append(control.call("money", {})["inserted"])
        other.execute("ROLLBACK")

    QTimer.singleShot(50, let_go)
    control.call("drop", {"denomination": 500})
    assert seen == [0], "the screen stood still until the coin was in its book"
    assert control.call("money", {})["inserted"] == 500
    other.close()


def test_a_terminal_that_was_stopped_leaves_nothing_of_qt_to_the_garbage_collector(
    qapp: QApplication, centre: Centre, quick_path: Path
) -> None:
    """The collector runs on any thread, and a widget that is deleted off the GUI thread takes the process with it."""
    clock = Clock(STAGE_START)
    centre.renew(clock)
    settings = KioskSettings(
        center_url=centre.url,
        terminal_id=TERMINAL,
        terminal_key=KEY,
        center_key=centre.pinned,
        folder=str(quick_path),
    )
    before = living()
    assembly = Assembly(settings, clock, Trace(clock))
    assembly.start()
    control = TerminalControl(assembly)
    assert control.screen() == "TopMenu"
    assert len(living()) > len(before)
    assembly.stop()
    assert [type(one).__name__ for one in living().values() if id(one) not in before] == []
