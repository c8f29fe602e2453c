"""Lay a virtual card on a vpcd reader, so that any PC/SC program sees it.

vpcd listens on TCP; the card is the client. Frames: two bytes of length (big endian), then the body. A body of one byte
is a control (0 power off, 1 power on, 2 reset, 4 ask for the ATR), anything longer a command. The card lies on the reader
as long as the connection stands.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from .errors import CardError
from .faults import Fault, FaultLine
from .ports import listener_on, open_to_network
from .readers.interface import CardConnection
from .timing import Timing
from .trace import ObservedConnection, Observer, nobody
from .virtual import VirtualCard

DEFAULT_PORT = 35963
"""0x8C7B, where the Debian package listens."""
CONNECT_SECONDS = 5.0
POWER_OFF, POWER_ON, RESET, ASK_ATR = 0, 1, 2, 4
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


class VpcdSlot:
    """Hold one slot of a vpcd reader. `faults` strike on the card that lies there, each once."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        observer: Observer = nobody,
        *,
        commands: Observer = nobody,
        timing: Timing | None = None,
    ) -> None:
        """Take a place. `commands` is told of every command as `ObservedConnection` tells it, and of `power` (state on, off or
        reset). `timing`: how long a card takes; None: as fast as it can."""
        self.name = f"vpcd {host}:{port}"
        self.faults: list[Fault] = []
        self.commands = commands
        self.timing = timing
        self._address = (host, port)
        self._observer = observer
        self._lock = threading.Lock()
        self._link: _Link | None = None

    def insert(self, card: VirtualCard, *, seen_within: float = CONNECT_SECONDS) -> None:
        """Lay `card` down and wait, at most `seen_within` real seconds (0: not at all), until the reader has asked for
        its ATR.

        PC/SC looks every 0.4 s: a card laid down sooner after the last one was taken away is a swap that the service
        may not notice. Raises CardError: Reader_Absent (nobody listens there), Reader_Busy (another card lies there, or whoever
        listens is no free vpcd slot; `held_by` is the program, where this machine tells). An observer is told if other
        machines can reach the reader, too (`reader_open_to_network`): a card of theirs could be laid on it.
        """
        with self._lock:
            if self._link is not None and self._link.alive:
                raise CardError("Reader_Busy", reader=self.name)
            try:
                line = socket.create_connection(self._address, CONNECT_SECONDS)
            except OSError as error:
                raise CardError("Reader_Absent", reader=self.name) from error
            with contextlib.suppress(CardError):
                # a card in the reader's field has power before anybody asks for its ATR
                card.power_on()
            link = self._link = _Link(line, card, self)
        if seen_within and not link.seen.wait(seen_within):
            self.remove()
            raise CardError("Reader_Busy", reader=self.name, held_by=self._holder())
        if self.open_to_network:
            self._observer("reader_open_to_network", reader=self.name)
        self._observer("card_inserted", reader=self.name)

    def remove(self) -> VirtualCard | None:
        """Take the card away; None if none lay there."""
        with self._lock:
            link, self._link = self._link, None
        if link is None:
            return None
        link.cut()
        self._observer("card_removed", reader=self.name)
        return link.card

    @property
    def open_to_network(self) -> bool:
        """Tell whether the vpcd takes connections from other machines. False where this machine does not tell."""
        return self._local() and open_to_network(self._address[1])

    def _local(self) -> bool:
        return self._address[0] in ("localhost", "127.0.0.1", "::1")

    def _holder(self) -> str:
        listener = listener_on(self._address[1]) if self._local() else None
        return listener.program if listener is not None else ""

    @property
    def card(self) -> VirtualCard | None:
        """Return the card that lies there."""
        link = self._link
        return link.card if link is not None and link.alive else None

    def present(self) -> bool:
        with self._lock:
            return self._link is not None and self._link.alive


class _Link(threading.Thread):
    """Serve the card's end of one connection."""

    def __init__(self, line: socket.socket, card: VirtualCard, slot: VpcdSlot) -> None:
        super().__init__(name=slot.name, daemon=True)
        self.card = card
        self.seen = threading.Event()
        self._gone = threading.Event()
        self._socket = line
        self._faults = FaultLine(slot.faults, card.transmit, self.cut, self._gone.wait)
        self._commands = slot.commands
        self._timing = slot.timing
        self._transmit = self._observed()
        line.settimeout(None)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.start()

    @property
    def alive(self) -> bool:
        return not self._gone.is_set()

    def cut(self) -> None:
        """End the connection; a command under way is not answered."""
        self._gone.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        try:
            while self.alive:
                self._answer(self._receive(int.from_bytes(self._receive(2), "big")))
        except (OSError, EOFError):
            pass
        finally:
            self._gone.set()
            self._socket.close()
            self.card.power_off()

    def _answer(self, body: bytes) -> None:
        if len(body) == 1:
            self._control(body[0])
            return
        begun = time.perf_counter()
        try:
            answer = self._transmit(body)
        except CardError:
            # a card that says nothing: the reader waits until the card is taken away
            self._gone.wait()
            return
        if self._timing is not None:
            rest = self._timing.seconds(body, answer) - (time.perf_counter() - begun)
            if self._gone.wait(max(0.0, rest)):
                return
        self._send(answer)

    def _observed(self) -> Callable[[bytes], bytes]:
        """Begin anew to follow which application and file is selected, as a card does without power."""
        if self._commands is nobody:
            return self._faults.transmit
        return ObservedConnection(_Line(self.card, self._faults.transmit), self._commands).transmit

    def _control(self, code: int) -> None:
        if code == ASK_ATR:
            self._send(self.card.atr)
            self.seen.set()
        elif code == POWER_OFF:
            self.card.power_off()
            self._transmit = self._observed()
            self._commands("power", state="off")
        elif code in (POWER_ON, RESET):
            self._faults.restart()
            with contextlib.suppress(CardError):
                self.card.power_on()
            self._commands("power", state="on" if code == POWER_ON else "reset")

    def _send(self, body: bytes) -> None:
        self._socket.sendall(len(body).to_bytes(2, "big") + body)

    def _receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            if _QUICKACK is not None:
                # vpcd writes length and body apart; a delayed ACK between them would cost 40 ms a command
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            part = self._socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data


class _Line(CardConnection):
    """Stand for the card at the end of the line, for whoever observes what is said to it."""

    def __init__(self, card: VirtualCard, transmit: Callable[[bytes], bytes]) -> None:
        self._card = card
        self._pass_on = transmit

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def transmit(self, command: bytes) -> bytes:
        return self._pass_on(command)

    def close(self, *, power_down: bool = True) -> None:
        """Do nothing: the reader takes the power away."""
