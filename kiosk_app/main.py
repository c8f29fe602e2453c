"""The terminal as a process of its own: `python -m kiosk_app.main --settings FILE [--control NAME]`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from kiosk_app.assembly import Assembly, KioskSettings
from server_stub.interface.clock import Clock, ClockSetting
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace


def run_terminal(settings: KioskSettings, control: str = "") -> int:
    """Run one terminal until its window is closed or the process is told to end; the exit code.

    `control` is the name of its control port; '' for none.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    clock = Clock()
    if settings.clock:
        clock.apply(ClockSetting.from_json(settings.clock))
    folder = Path(settings.trace_folder) if settings.trace_folder else None
    trace = Trace(clock, run=settings.run, process="kiosk", folder=folder)
    assembly = Assembly(settings, clock, trace)
    assembly.start()
    if control:
        # the control port brings Qt's test tools; it loads behind the first paint
        QTimer.singleShot(0, lambda: _open_control(assembly, control))

    def on_signal(number: int, frame: FrameType | None) -> None:
        application.quit()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    code = application.exec()
    assembly.stop()
    trace.close()
    return code


def _open_control(assembly: Assembly, name: str) -> None:
    from kiosk_app.control import ControlServer, TerminalControl

    assembly.control = ControlServer(TerminalControl(assembly), name)


def main() -> int:
    parser = argparse.ArgumentParser(prog="kiosk", description="行政サービス端末（模擬）")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--control", default="")
    arguments = parser.parse_args()
    try:
        settings = KioskSettings.from_json(json.loads(arguments.settings.read_text(encoding="utf-8")))
        return run_terminal(settings, arguments.control)
    except (Failed, OSError, ValueError) as error:
        print(f"kiosk: {error}", file=sys.stderr)  # noqa: T201
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
