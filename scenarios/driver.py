"""The `Terminal` driver: the one way in which steps, the panel and benchmarks reach a terminal.

In process it pumps Qt's events while it waits; over a local socket it asks a terminal in its own process.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication, QEventLoop
from PySide6.QtNetwork import QLocalSocket

from kiosk_app.control import TerminalControl
from server_stub.interface.pace import PACED_SHEETS, PRINT_SHEET
from server_stub.interface.trace import Trace

from . import trace_labels

PATIENCE = 20.0
"""Real seconds after which a state that does not come fails the step."""


DESCRIBED, LABEL = 120, 5
"""Characters of what a screen says, where it is told in one line; and of a mere label."""
START = 60.0
"""Real seconds for a terminal's process to begin, and to end: on a busy machine its libraries alone take twenty."""
ANSWER = 5.0
"""Real seconds within which a terminal in its own process answers a command: its thread never stands still for long."""


class NotReached(AssertionError):
    """The terminal did not come to the expected state. `expected` and `found`: as scenarios.verdict.ScenarioFailure has them,
    '' where nobody can tell."""

    def __init__(self, told: str, *, expected: str = "", found: str = "") -> None:
        super().__init__(told)
        self.expected, self.found = expected, found


class TooSlow(NotReached):
    """The terminal's process lives and has not begun in time."""


class TerminalDriver(Protocol):
    """What can be done to a terminal, wherever it runs. `call` takes the commands of kiosk_app.control."""

    def call(self, command: str, **arguments: Any) -> Any: ...

    def wait_until(
        self, condition: Callable[[], bool], told: Callable[[], str], patience: float = PATIENCE
    ) -> None: ...

    def close(self) -> None: ...


class LocalDriver:
    """A terminal in this process, on this (GUI) thread."""

    def __init__(self, control: TerminalControl) -> None:
        self._control = control
        self._depth = 0

    def call(self, command: str, **arguments: Any) -> Any:
        with self._beating():
            return self._control.call(command, arguments)

    def wait_until(
        self, condition: Callable[[], bool], told: Callable[[], str], patience: float = PATIENCE
    ) -> None:
        limit = time.monotonic() + patience
        with self._beating():
            while not condition():
                if time.monotonic() > limit:
                    raise NotReached(told())
                # the heartbeat wakes the loop every 10 ms at the latest
                QCoreApplication.processEvents(
                    QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
                )

    def close(self) -> None:
        pass

    @contextmanager
    def _beating(self) -> Iterator[None]:
        if self._depth == 0:
            self._control.heartbeat.resume()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._control.heartbeat.pause()


class SocketDriver:
    """A terminal in its own process, over its control port."""

    def __init__(self, name: str, patience: float = START, alive: Callable[[], bool] = lambda: True) -> None:
        """Raises TooSlow when no terminal listens there within `patience` real seconds, NotReached when it is not `alive`
        any more."""
        self._socket = QLocalSocket()
        limit = time.monotonic() + patience
        while True:
            self._socket.connectToServer(name)
            if self._socket.waitForConnected(200):
                return
            if not alive():
                raise NotReached(f"the terminal of {name} has ended")
            if time.monotonic() > limit:
                raise TooSlow(f"no terminal listens at {name}")
            time.sleep(0.01)

    def call(self, command: str, **arguments: Any) -> Any:
        """Raises ConnectionError when the terminal is gone, RuntimeError with its words when it refuses."""
        self._socket.write(json.dumps({"command": command, "arguments": arguments}).encode() + b"\n")
        while not self._socket.canReadLine():
            if not self._socket.waitForReadyRead(int(ANSWER * 1000)):
                # a late answer would be taken for that of the next command
                self._socket.abort()
                raise ConnectionError("the terminal does not answer")
        answer = json.loads(bytes(self._socket.readLine().data()))
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def wait_until(
        self, condition: Callable[[], bool], told: Callable[[], str], patience: float = PATIENCE
    ) -> None:
        limit = time.monotonic() + patience
        while not condition():
            if time.monotonic() > limit:
                raise NotReached(told())
            time.sleep(0.005)

    def close(self) -> None:
        self._socket.disconnectFromServer()


class Terminal:
    """The words of the driver that steps use, over either transport."""

    def __init__(self, driver: TerminalDriver) -> None:
        self._driver = driver
        self.call = driver.call

    def screen(self) -> str:
        return str(self.call("screen"))

    def wait_for(self, *screens: str, patience: float = PATIENCE) -> str:
        """Wait until one of these screens is shown and nothing is under way; returns its name."""

        def there() -> bool:
            return self.screen() in screens and bool(self.call("idle"))

        try:
            self.wait_until(there, "/".join(screens), patience)
        except NotReached as error:
            names = "か".join(f"「{trace_labels.value('screen', screen)}」" for screen in screens)
            raise NotReached(
                str(error), expected=f"画面が{names}になること", found=self.described()
            ) from None
        return self.screen()

    def described(self) -> str:
        """The screen in one line of Japanese: its name, and what it says as far as that is short; without buttons, and the words
        of the way at the top."""
        buttons = set(self.call("touchables"))
        texts = (text.replace("\n", "") for text in self.texts() if text not in buttons)
        told = " / ".join(dict.fromkeys(text for text in texts if len(text) > LABEL))
        more = "…" if len(told) > DESCRIBED else ""
        return f"画面は「{trace_labels.value('screen', self.screen())}」（{told[:DESCRIBED]}{more}）"

    def wait_until(self, condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Raises NotReached. `what`: what is waited for, in Japanese, as it stands under 期待. A terminal that takes a shop's time
        is waited for as long as the longest printing lasts."""

        def told() -> str:
            return f"not reached: {what}; the screen is {self.screen()}: {' / '.join(self.texts())}"

        try:
            try:
                self._driver.wait_until(condition, told, patience)
            except NotReached:
                if not self.call("paced"):
                    raise
                self._driver.wait_until(condition, told, PACED_SHEETS * PRINT_SHEET)
        except NotReached as error:
            raise NotReached(str(error), expected=what, found=self.described()) from None

    def texts(self) -> list[str]:
        return list(self.call("texts"))

    def shows(self, part: str) -> bool:
        """Whether `part` stands on the screen (line breaks do not count)."""
        return any(part in text.replace("\n", "") for text in self.texts())

    def touch(self, name: str) -> None:
        self.call("touch", name=name)

    def picture(self) -> bytes:
        return base64.b64decode(self.call("picture"))

    def tray(self) -> list[Path]:
        return [Path(sheet["path"]) for sheet in self.call("tray")]

    def money(self) -> dict[str, int]:
        return dict(self.call("money"))

    def close(self) -> None:
        self._driver.close()


def keep_screen(trace: Trace, terminal: Terminal) -> None:
    """Put the screen as it stands into the trace, before it is left: one step of the features may lead over several. After a
    power cut there is nothing to see."""
    try:
        picture = trace.store(terminal.picture(), ".png")
        screen = terminal.screen()
    except (ConnectionError, RuntimeError):
        return
    trace.emit("scenario", "screen_passed", screen=screen, picture=picture)
