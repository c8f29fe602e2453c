"""The terminal's control port: what the driver of the scenarios and the presenter's panel may do to a terminal.

Off unless the terminal is started with a control name; then JSON lines over a local socket. In process the same
`TerminalControl` is called directly. Steps never touch a widget; they come through here.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Qt, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtTest import QTest

from cards.image_file import load_image, save_image
from cards.virtual import VirtualCard
from kiosk_app.flow.events import Event, OperatorRefunded, OperatorResumed, StaffSettled
from kiosk_app.screens.window import texts_shown, touchables
from server_stub.interface.clock import ClockSetting
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

from .heartbeat import Heartbeat

if TYPE_CHECKING:
    from .assembly import Assembly

_log = logging.getLogger(__name__)

_T = TypeVar("_T")


class TerminalControl(QObject):
    """Every public method is a command; arguments and results are plain JSON data. GUI thread only."""

    _done = Signal()

    def __init__(self, kiosk: Assembly) -> None:
        super().__init__(kiosk.window)
        self._kiosk = kiosk
        self.heartbeat = Heartbeat(self, self.screen)
        self._laid: tuple[VirtualCard, Path] | None = None
        self._shown: list[str] = []
        kiosk.window.shown.connect(self._report_screen)
        self._done.connect(self._wake, Qt.ConnectionType.QueuedConnection)

    def _by_hand(self, job: Callable[[], _T]) -> _T:
        """Do `job` at the devices and wait for what it gives. They wait for a disk, so it is done on a thread of its own; the screen goes
        on meanwhile."""
        future: Future[_T] = Future()

        def work() -> None:
            try:
                future.set_result(job())
            except Exception as error:
                future.set_exception(error)
            self._done.emit()

        threading.Thread(target=work, name="hands", daemon=True).start()
        while not future.done():
            QCoreApplication.processEvents(
                QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
            )
        return future.result()

    def _wake(self) -> None:
        """Ends the waiting of `_by_hand`."""

    # --- what a resident does and sees ---------------------------------------------------------------------------

    def screen(self) -> str:
        """The name of the view shown."""
        return self._kiosk.window.screen_name()

    def _report_screen(self, name: str) -> None:
        self._shown = [*self._shown[-999:], name]

    def screens_shown(self) -> list[str]:
        """The names of the views shown since this was last asked, at most the last thousand."""
        told, self._shown = self._shown, []
        return told

    def touch(self, name: str) -> None:
        """One touch on the button with that accessible name. Raises LookupError telling what can be touched."""
        buttons = touchables(self._kiosk.window)
        if name not in buttons:
            raise LookupError(
                f"「{name}」 cannot be touched on {self.screen()}; there are: {'、'.join(sorted(buttons))}"
            )
        self._kiosk.window.may_be_touched()
        QTest.mouseClick(buttons[name], Qt.MouseButton.LeftButton)

    def touchables(self) -> list[str]:
        return list(touchables(self._kiosk.window))

    def texts(self) -> list[str]:
        """All texts that stand on the screen now, in no order."""
        return texts_shown(self._kiosk.window) + self.touchables()

    def number_shown(self) -> str:
        """The 申請番号 (16 digits) on the screen, as somebody writes it down who stands before it; '' where there is none. It is in no
        other answer, and in no picture."""
        number = getattr(self._kiosk.window.view(), "number", None)
        return number.reveal() if isinstance(number, Secret) else ""

    def offers(self) -> list[dict[str, Any]]:
        """What the resident is offered (server_stub.interface.offers.Offer as JSON); empty where there is no menu."""
        return [offer.model_dump(mode="json") for offer in self._kiosk.terminal.offers()]

    def picture(self) -> str:
        """The screen as PNG, base64."""
        return base64.b64encode(self._kiosk.window.png()).decode()

    def idle(self) -> bool:
        return self._kiosk.terminal.idle()

    def lay_card(self, image: str) -> None:
        """Lay the card with the image at that path on the reader. The file is the stage's copy, and keeps the counters."""
        self._keep_card()
        card = VirtualCard(load_image(Path(image)))
        self._kiosk.hand.insert(card)
        self._laid = card, Path(image)

    def take_card(self) -> None:
        self._kiosk.hand.remove()
        self._keep_card()

    def _keep_card(self) -> None:
        """What the last card has counted goes into its file, however it was taken away."""
        laid, self._laid = self._laid, None
        if laid is not None and laid[1].exists():
            save_image(laid[0].image, laid[1])

    def forget_card(self) -> None:
        """What lies there has counted for nobody that comes now: its file belongs to the next one's card."""
        self._laid = None

    def card_seen(self) -> bool:
        """Whether the reader has told of a card that lies there."""
        return self._kiosk.terminal.card_seen()

    def card_kind(self) -> str:
        """What the terminal takes the card for (kiosk_app.card_trust.CardKind); '' as long as none was read."""
        return self._kiosk.terminal.card_kind()

    def holder_ref(self) -> str:
        """Of the card that was read; '' for none."""
        return self._kiosk.terminal.holder_ref()

    def reader_failure(self) -> str:
        """What the reader suffers from, by its catalogue name; '' for nothing."""
        return self._kiosk.terminal.reader_failure()

    def drop(self, denomination: int) -> bool:
        """Drop one coin or note (yen). False: it fell through into the return tray."""
        return self._by_hand(lambda: self._kiosk.devices.coin.drop(denomination))

    def take_paper(self) -> None:
        self._by_hand(self._kiosk.devices.printer.take_paper)

    def tray(self) -> list[dict[str, str]]:
        return [{"sheet_id": s.sheet_id, "path": str(s.path)} for s in self._kiosk.devices.printer.seen]

    def money(self) -> dict[str, Any]:
        state = self._kiosk.devices.coin.seen
        return {"inserted": state.inserted, "taken": state.taken, "returned": state.returned}

    def due(self) -> int:
        """Yen that the pay screen asks for; 0 on every other."""
        return int(getattr(self._kiosk.window.view(), "due", 0))

    def paid_by_hand(self) -> int:
        """Yen that staff paid out for the coin unit."""
        return self._by_hand(self._kiosk.devices.coin.paid_by_hand)

    def return_tray(self) -> dict[str, int]:
        """Coins and notes that lie in the return tray: denomination (yen) -> count."""
        tray = self._by_hand(self._kiosk.devices.coin.return_tray)
        return {str(yen): count for yen, count in tray.items()}

    def empty_return_tray(self) -> None:
        """The resident takes the money from the return tray."""
        self._by_hand(self._kiosk.devices.coin.empty_return_tray)

    # --- what staff and the stage do --------------------------------------------------------------------------------

    def operator(self, action: str) -> None:
        """係員: `resume` after a jam was cleared, or `refund`; out of service: `returned` or `checked`. Raises ValueError."""
        acts: dict[str, Event] = {
            "resume": OperatorResumed(), "refund": OperatorRefunded(), "returned": StaffSettled("returned"),
            "checked": StaffSettled("checked"),
        }  # fmt: skip
        if action not in acts:
            raise ValueError(f"staff can {', '.join(acts)}")
        self._kiosk.terminal.post(acts[action])

    def trouble(self) -> dict[str, Any]:
        """What keeps the next resident away: `failure` by its catalogue name, '' for nothing, and `facts` for staff."""
        failure, facts = self._kiosk.terminal.trouble()
        return {"failure": failure, "facts": facts}

    def jam_at(self, sheet: int) -> None:
        self._kiosk.devices.printer.jam_at(sheet)

    def paper_empty(self, empty: bool = True) -> None:
        self._kiosk.devices.printer.set_paper_empty(empty)

    def reject_next(self) -> None:
        self._by_hand(self._kiosk.devices.coin.reject_next)

    def change_stock(self, stock: dict[str, int]) -> None:
        """Coins in the change stock by denomination."""
        filled = {int(yen): count for yen, count in stock.items()}
        self._by_hand(lambda: self._kiosk.devices.coin.set_change_stock(filled))

    def card_faults(self, faults: list[dict[str, Any]]) -> None:
        self._kiosk.set_card_faults(faults)

    def die_at(self, record: str) -> None:
        """Kill this process (SIGKILL) the moment the journal has written a record of that kind."""
        self._kiosk.die_at(record)

    def clock(self, setting: dict[str, Any]) -> dict[str, Any]:
        self._kiosk.clock.apply(ClockSetting.from_json(setting))
        return self._kiosk.clock.setting.to_json()

    def paced(self) -> bool:
        """Whether card, servers and printer take as long as at a shop."""
        return self._kiosk.clock.setting.paced

    def scope(self, scenario: str, step: str) -> None:
        self._kiosk.trace.scope(scenario, step)

    def flush_trace(self) -> None:
        """Every event so far is in the trace's file."""
        self._kiosk.trace.flush()

    def heart(self) -> dict[str, Any]:
        """The longest stand-still since this was last asked: `ms`, `where` the thread stood ('' for a short one), and the
        `screen` that was shown."""
        heart = self.heartbeat
        told = {"ms": heart.longest_ms, "where": heart.where, "screen": heart.screen}
        self.heartbeat.forget()
        return told

    def pending_reports(self) -> int:
        """Messages that the centre has not taken yet."""
        return self._kiosk.terminal.pending_reports()

    def open_journal_entries(self) -> int:
        """Applications that were begun and not closed."""
        return self._kiosk.terminal.journal.open_count()

    def call(self, command: str, arguments: dict[str, Any]) -> Any:
        """One command by name. Raises Failed(Control_Not_Offered) for one that does not exist."""
        method: Callable[..., Any] | None = None
        if command in _COMMANDS:
            method = getattr(self, command)
        if method is None:
            raise Failed("Control_Not_Offered", capability=command)
        return method(**arguments)


_COMMANDS = frozenset(
    name
    for name in vars(TerminalControl)
    if not name.startswith("_") and name not in ("call", "heartbeat", "staticMetaObject")
)


class ControlServer(QObject):
    """Serves a TerminalControl as JSON lines: {"command", "arguments"} -> {"result"} or {"error"}."""

    def __init__(self, control: TerminalControl, name: str) -> None:
        """Raises OSError when the name is taken."""
        super().__init__()
        self._control = control
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(name)
        if not self._server.listen(name):
            raise OSError(self._server.errorString())
        self._server.newConnection.connect(self._accept)
        control.heartbeat.resume()

    def _accept(self) -> None:
        while (connection := self._server.nextPendingConnection()) is not None:
            connection.readyRead.connect(lambda c=connection: self._serve(c))

    def _serve(self, connection: QLocalSocket) -> None:
        while connection.canReadLine():
            line = bytes(connection.readLine().data())
            answer: dict[str, Any]
            try:
                message = json.loads(line)
                answer = {"result": self._control.call(message["command"], message.get("arguments", {}))}
            except Exception as error:
                if not isinstance(error, Failed | LookupError):
                    _log.exception("a command of the control port raised")
                answer = {"error": f"{type(error).__name__}: {error}"}
            connection.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
            connection.flush()
