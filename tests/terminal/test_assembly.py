"""A whole terminal put together and taken apart."""

from __future__ import annotations

import gc
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from kiosk_app.assembly import Assembly
from kiosk_app.control import TerminalControl
from kiosk_app.process_settings import KioskSettings
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Trace

from .centre import KEY, TERMINAL, Centre


def living() -> dict[int, QObject]:
    """Everything of Qt that Python knows of and that was not deleted yet, by its id."""
    return {id(one): one for one in gc.get_objects() if issubclass(type(one), QObject) and isValid(one)}


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
