"""The terminal as a process of its own: `python -m kiosk_app.main --settings FILE [--control NAME]`.

Only what the first screen needs is loaded before the first paint; the rest comes on a thread while the screen stands.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from kiosk_app.flow.views import Look, TopMenu
from kiosk_app.screens.window import KioskWindow
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.log import log_to, on_uncaught, place_of
from server_stub.interface.trace import Trace

from .settings import KioskSettings

if TYPE_CHECKING:
    from .assembly import Assembly

_log = logging.getLogger("kiosk_app.main")


class _Opening(QObject):
    """From the first paint to the working terminal. Touches that come in between are not lost."""

    _loaded = Signal()
    _not_loaded = Signal()
    orphaned = Signal()

    def __init__(
        self, settings: KioskSettings, control: str, clock: Clock, trace: Trace, window: KioskWindow
    ) -> None:
        super().__init__()
        self._settings, self._control, self._clock, self._trace = settings, control, clock, trace
        self._window = window
        self._early: list[Any] = []
        self._server: QObject | None = None
        self.failed: Exception | None = None
        self.assembly: Assembly | None = None
        self._thread: threading.Thread | None = None
        window.emitted.connect(self._keep)
        self._loaded.connect(self._begin, Qt.ConnectionType.QueuedConnection)
        self.orphaned.connect(QApplication.quit, Qt.ConnectionType.QueuedConnection)
        self._not_loaded.connect(QApplication.quit, Qt.ConnectionType.QueuedConnection)

    def load(self) -> None:
        self._thread = threading.Thread(target=self._import, name="opening", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until its thread has ended: in Qt, where it tells that all is loaded, an ending Python would abort the process."""
        if self._thread is not None:
            self._thread.join()

    def _import(self) -> None:
        try:
            from .assembly import load_all

            load_all()
            if self._control:
                import kiosk_app.control  # noqa: F401
        except Exception as error:
            self.failed = error
            self._not_loaded.emit()
            return
        self._loaded.emit()

    def _keep(self, event: object) -> None:
        self._early.append(event)

    def _begin(self) -> None:
        """A terminal that cannot begin must not stand there with its first screen."""
        from .assembly import Assembly

        self._window.emitted.disconnect(self._keep)
        try:
            assembly = Assembly(self._settings, self._clock, self._trace, self._window)
            assembly.start()
            self.assembly = assembly
            if self._control:
                from .control import ControlServer, TerminalControl

                self._server = ControlServer(TerminalControl(assembly), self._control)
        except Exception as error:
            self.failed = error
            QApplication.quit()
            return
        # what is loaded now stays: no full collection over it will ever stop the screen
        gc.freeze()
        for event in self._early:
            assembly.terminal.handle(event)


ORPHAN_LOOK, ORPHAN_PATIENCE = 0.5, 5.0
"""Real seconds between two looks for the parent, and for the screen's thread to end in good order without it."""


def _end_with_parent(opening: _Opening) -> None:
    """End this process when its parent is gone. A thread looks, because the screen's own may stand still; the kernel's
    signal (PR_SET_PDEATHSIG) would come with the end of the thread that began us, and not only of the process."""
    parent = os.getppid()

    def look() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(ORPHAN_LOOK)
        opening.orphaned.emit()
        pause.wait(ORPHAN_PATIENCE)
        os._exit(ORPHANED)

    threading.Thread(target=look, name="parent", daemon=True).start()


ORPHANED = 3
"""The exit code of a terminal whose screen stood still when its parent was gone."""


class _FirstPaint(QObject):
    """Ends the process when the window was painted for the first time (the benchmark of a cold start)."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, QApplication.quit)
        return False


def run_terminal(settings: KioskSettings, control: str = "", *, until_first_paint: bool = False) -> int:
    """Run one terminal until its window is closed or the process is told to end; the exit code.

    `control` is the name of its control port; '' for none. Raises Failed (Journal_Damaged, Settings_Wrong, Reader_...),
    OSError for a folder that cannot be used.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    clock = settings.opening_clock()
    folder = Path(settings.trace_folder) if settings.trace_folder else None
    trace = Trace(clock, run=settings.run, process="kiosk", folder=folder)
    deaf = on_uncaught(lambda error: trace.emit("fault", "internal_error", **place_of(error)))
    window = KioskWindow(clock)
    window.show_view(TopMenu(look=Look(settings.large_text, settings.high_contrast)))
    first_paint = _FirstPaint()
    if until_first_paint:
        window.installEventFilter(first_paint)
    if settings.full_screen:
        window.full_screen(settings.monitor)
    else:
        if settings.place:
            window.setGeometry(*settings.place)
        window.show()
    opening = _Opening(settings, control, clock, trace, window)
    if not until_first_paint:
        QTimer.singleShot(0, opening, opening.load)

    def on_signal(number: int, frame: FrameType | None) -> None:
        application.quit()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    if control:  # under a stage's control it ends with the stage, however that ended
        _end_with_parent(opening)
    awake = QTimer()
    awake.timeout.connect(lambda: None)
    awake.start(1000)  # or signals would wait for the next event
    code = application.exec()
    opening.wait()
    if opening.assembly is not None:
        opening.assembly.stop()
    deaf()
    trace.close()
    if opening.failed is not None:
        raise opening.failed
    return code


def _run_logged(settings: KioskSettings, arguments: argparse.Namespace) -> int:
    try:
        return run_terminal(settings, arguments.control, until_first_paint=arguments.until_first_paint)
    except (Failed, OSError):
        raise
    except Exception as error:
        _log.critical("the terminal ends with an error", exc_info=error)
        return 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="kiosk", description="行政サービス端末（模擬）")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--control", default="")
    parser.add_argument("--until-first-paint", action="store_true")
    arguments = parser.parse_args()
    try:
        settings = KioskSettings.from_json(json.loads(arguments.settings.read_text(encoding="utf-8")))
        with log_to(settings.log_file):
            return _run_logged(settings, arguments)
    except Failed as failed:
        told = f"{failed.entry.cause}{failed.entry.remedy}（{failed}）"
    except (OSError, ValueError) as error:
        told = str(error)
    print(f"konbini kiosk: {told}", file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
