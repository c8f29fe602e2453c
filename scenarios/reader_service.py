"""The PC/SC service of a stage: a private pcscd with a vpcd reader, so that virtual cards come to the terminal through
the real service. The machine's own service is never touched."""

from __future__ import annotations

import time
from collections.abc import Callable

from cards.errors import CardError
from cards.pcscd import PrivatePcscd

PATIENCE = 10.0
"""Real seconds for the service to come up."""


class ReaderService:
    """Running from the beginning; stopped and started again by scenarios. One per process, for as long as it lives."""

    def __init__(self) -> None:
        """Raises RuntimeError naming the packages that the machine lacks."""
        if lacks := PrivatePcscd.missing():
            raise RuntimeError(f"{'、'.join(lacks)} がありません（make setup で入ります）")
        self._service = PrivatePcscd()
        self._service.use_in_this_process()
        self._running = False
        self.start()

    @property
    def hand(self) -> str:
        """For KioskSettings.hand."""
        return f"vpcd:{self._service.port}"

    def start(self, *, readers: bool = True) -> None:
        """Until the service answers and, unless `readers` is False, shows its readers. Stops one that runs."""
        # only here: a stage with a virtual reader needs no PC/SC on its machine
        from cards.readers.pcsc import reader_names

        self.stop()
        self._service.start(readers=readers)
        self._running = True
        _wait(lambda: bool(reader_names()) is readers)

    def stop(self) -> None:
        if self._running:
            self._service.stop()
            self._running = False

    def restore(self) -> None:
        """For the next scenario: as it was at the beginning, whatever the last one did to it."""
        from cards.readers.pcsc import reader_names

        try:
            whole = self._running and bool(reader_names())
        except CardError:
            whole = False
        if not whole:
            self.start()

    def close(self) -> None:
        self.stop()
        self._service.remove_folder()


def _wait(state: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            if state():
                return
        except CardError:
            pass  # not up yet
        if time.monotonic() > ends:
            raise RuntimeError("PC/SC のサービスが始まりません")
        time.sleep(0.01)
