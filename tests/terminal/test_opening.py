"""The entry of the terminal's process."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from kiosk_app import main
from kiosk_app.process_settings import KioskSettings
from kiosk_app.screens.window import KioskWindow
from server_stub.interface.failures import Failed

from .centre import KEY, TERMINAL


def test_it_does_not_end_before_the_thread_that_loads_for_it(
    qapp: QApplication, quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python cannot end a thread that stands in Qt: the process would be aborted."""
    may_end, ended = threading.Event(), threading.Event()

    class Lingering(main._Opening):
        def _import(self) -> None:
            super()._import()
            may_end.wait(20)
            ended.set()

    monkeypatch.setattr(main, "_Opening", Lingering)
    monkeypatch.setattr(main.signal, "signal", lambda number, handler: None)
    settings = KioskSettings("http://127.0.0.1:9", TERMINAL, KEY, "no key", str(quick_path))
    later = threading.Timer(0.2, may_end.set)
    later.start()
    with pytest.raises(Failed, match="Settings_Wrong"):
        main.run_terminal(settings)
    assert ended.is_set()
    later.join()
    for window in QApplication.topLevelWidgets():
        if isinstance(window, KioskWindow):
            window.close()
            window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
