"""Reach readers behind PC/SC by low-level calls only: one context per connection, one of its own for the monitor thread.

A call on a context that waits for a change of state blocks, so no context is shared between threads. After any error of
the line a handle is given back and never used again: within one poll of pcscd (0.4 s) it may reach another card.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from smartcard import scard

from cards.errors import CardError, CardFailure
from cards.trace import Observer, nobody

from .call_with_timeout import check, code_text, establish, failure_of, readers_of
from .interface import CardConnection

MONITOR_MS = 250
"""Real milliseconds after which the monitor looks whether it shall end."""
RETRY_SECONDS = 0.25
"""How long the monitor waits for a service or a reader that is gone."""
REMOVAL_SECONDS = 1.0
"""How long after a broken command the service may need to notice that the card is gone."""
NEW_READERS = "\\\\?PnP?\\Notification"


def reader_names() -> list[str]:
    """List all readers that the service knows. Raises CardError(Reader_Service_Stopped)."""
    context = establish()
    try:
        return readers_of(context)
    finally:
        scard.SCardReleaseContext(context)


class PcscReader:
    """Reach the reader of that name (or whose name contains it); without a name, whichever reader has a card on it."""

    def __init__(self, name: str = "", observer: Observer = nobody) -> None:
        self.name = name or "pcsc"
        self._wanted = name
        self._observer = observer

    def present(self) -> bool:
        """Tell whether a card lies there. False also when there is no reader or no service."""
        with contextlib.suppress(CardError):
            context = establish()
            try:
                return self._with_card(context) is not None
            finally:
                scard.SCardReleaseContext(context)
        return False

    def in_use(self) -> bool:
        """Tell whether any program is connected to the reader. False also when there is no reader or no service. Never waits."""
        with contextlib.suppress(CardError):
            context = establish()
            try:
                taken = scard.SCARD_STATE_INUSE | scard.SCARD_STATE_EXCLUSIVE
                return any(state & taken for _name, state in self._states(context))
            finally:
                scard.SCardReleaseContext(context)
        return False

    def connect(self, exclusive: bool = True) -> CardConnection:
        context = establish()
        try:
            reader = self._with_card(context)
            if reader is None:
                raise CardError("Card_Removed")
            mode = scard.SCARD_SHARE_EXCLUSIVE if exclusive else scard.SCARD_SHARE_SHARED
            result, card, protocol = scard.SCardConnect(
                context, reader, mode, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
            )
            check(result, reader=reader)
            return _PcscConnection(context, card, protocol, reader)
        except CardError:
            scard.SCardReleaseContext(context)
            raise

    def watch(self, on_inserted: Callable[[], None], on_removed: Callable[[], None]) -> Callable[[], None]:
        monitor = _Monitor(self._matching, on_inserted, on_removed, self._observer)
        monitor.start()
        return monitor.stop

    def _matching(self, names: list[str]) -> list[str]:
        if self._wanted in names:
            return [self._wanted]
        return [name for name in names if self._wanted in name]

    def _with_card(self, context: Any) -> str | None:
        """Raises CardError(Reader_Absent) if there is no such reader."""
        return next(
            (name for name, state in self._states(context) if state & scard.SCARD_STATE_PRESENT), None
        )

    def _states(self, context: Any) -> list[tuple[str, int]]:
        """Raises CardError(Reader_Absent) if there is no such reader."""
        names = self._matching(readers_of(context))
        if not names:
            raise CardError("Reader_Absent", wanted=self._wanted)
        result, states = scard.SCardGetStatusChange(
            context, 0, [(name, scard.SCARD_STATE_UNAWARE) for name in names]
        )
        check(result)
        return [(name, state) for name, state, _atr in states]


class _PcscConnection(CardConnection):
    def __init__(self, context: Any, card: Any, protocol: int, reader: str) -> None:
        self._context = context
        self._card = card
        self._reader = reader
        self._header = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        self._lock = threading.Lock()
        self._closed = False
        result, _name, _state, _protocol, atr = scard.SCardStatus(card)
        if result != scard.SCARD_S_SUCCESS:
            self.close()
            check(result, reader=reader)
        self._atr = bytes(atr)

    @property
    def atr(self) -> bytes:
        return self._atr

    def transmit(self, command: bytes) -> bytes:
        if self._closed:
            raise CardError("Card_Removed", reader=self._reader)
        result, answer = scard.SCardTransmit(self._card, self._header, list(command))
        if result == scard.SCARD_S_SUCCESS and len(answer) < 2:
            # some drivers report a card that vanished as an empty answer
            result = scard.SCARD_E_NOT_TRANSACTED
        if result != scard.SCARD_S_SUCCESS:
            failure = self._what_happened(result)
            self.close()
            raise CardError(failure, reader=self._reader, code=code_text(result))
        return bytes(answer)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        if self._closed:
            raise CardError("Card_Removed", reader=self._reader)
        result = scard.SCardBeginTransaction(self._card)
        if result != scard.SCARD_S_SUCCESS:
            self.close()
            check(result, reader=self._reader)
        try:
            yield
        finally:
            if not self._closed:
                scard.SCardEndTransaction(self._card, scard.SCARD_LEAVE_CARD)

    def close(self, *, power_down: bool = True) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
        scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD if power_down else scard.SCARD_LEAVE_CARD)
        scard.SCardReleaseContext(self._context)

    def _what_happened(self, result: int) -> CardFailure:
        """Find out why a command broke off: a silent card or one taken away. The service knows a moment later."""
        failure = failure_of(result)
        ends = time.monotonic() + REMOVAL_SECONDS
        while failure == "Card_Mute" and time.monotonic() < ends:
            status = scard.SCardStatus(self._card)[0]
            if status != scard.SCARD_S_SUCCESS:
                return failure_of(status)
            time.sleep(0.05)
        return failure


class _Monitor(threading.Thread):
    """Tell of cards coming and going on the readers that `matching` picks, through restarts of the service."""

    def __init__(
        self,
        matching: Callable[[list[str]], list[str]],
        on_inserted: Callable[[], None],
        on_removed: Callable[[], None],
        observer: Observer,
    ) -> None:
        super().__init__(name="pcsc-monitor", daemon=True)
        self._matching = matching
        self._on_inserted = on_inserted
        self._on_removed = on_removed
        self._observer = observer
        self._over = threading.Event()
        self._with_card: dict[str, int] = {}
        self._without_card: dict[str, int] = {}
        self._trouble = ""

    def stop(self) -> None:
        """End the monitor and wait for it, unless called from one of its own callbacks."""
        self._over.set()
        if threading.current_thread() is not self:
            self.join(5)

    def run(self) -> None:
        while not self._over.is_set():
            try:
                context = establish()
            except CardError as error:
                self._lost(error)
                continue
            try:
                self._watch(context)
            except CardError as error:
                self._lost(error)
            finally:
                scard.SCardReleaseContext(context)

    def _watch(self, context: Any) -> None:
        while not self._over.is_set():
            names = self._matching(readers_of(context))
            if not names:
                raise CardError("Reader_Absent")
            if self._trouble:
                self._trouble = ""
                self._observer("reader_back", readers=names)
            states = [(name, scard.SCARD_STATE_UNAWARE) for name in (*names, NEW_READERS)]
            while not self._over.is_set():
                result, changed = scard.SCardGetStatusChange(context, MONITOR_MS, states)
                if result != scard.SCARD_S_SUCCESS and code_text(result) == code_text(scard.SCARD_E_TIMEOUT):
                    continue
                check(result)
                if changed[-1][1] & scard.SCARD_STATE_CHANGED and states[-1][1] != scard.SCARD_STATE_UNAWARE:
                    break
                states = [(name, state & ~scard.SCARD_STATE_CHANGED) for name, state, _atr in changed]
                for name, state, _atr in changed[:-1]:
                    if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
                        raise CardError("Reader_Absent")
                    self._tell(name, state)

    def _tell(self, name: str, state: int) -> None:
        """Tell of what changed.

        The upper half of `state` counts comings and goings: a swap between two looks is a removal, too.
        """
        present, count = bool(state & scard.SCARD_STATE_PRESENT), state >> 16
        before = self._with_card.get(name)
        uncounted = before is not None and before == self._without_card.get(name)
        if present and uncounted and count == (before or 0) + 1:
            # pcscd may show a card a moment before it counts its coming
            self._with_card[name] = before = count
        if not present:
            self._without_card[name] = count
        if before is not None and (not present or count != before):
            del self._with_card[name]
            self._observer("card_removed", reader=name)
            self._on_removed()
            before = None
        if present and before is None:
            self._with_card[name] = count
            self._observer("card_inserted", reader=name)
            self._on_inserted()

    def _lost(self, error: CardError) -> None:
        """Tell that no card is there, without reader or service; look again in a moment."""
        for name in list(self._with_card):
            self._tell(name, 0)
        if self._trouble != error.failure:
            self._trouble = error.failure
            self._observer("reader_lost", failure=error.failure)
        self._over.wait(RETRY_SECONDS)
