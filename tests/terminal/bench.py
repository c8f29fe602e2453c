"""A terminal without threads and window: the real flow, devices, journal and outbox, with a power cut at a chosen moment."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path

from kiosk_app.device_gateway import DeviceGateway
from kiosk_app.devices.simulated import simulated_devices
from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.journal import Journal
from kiosk_app.outbox import Outbox
from kiosk_app.recovery import Recovered
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.interface.values import Box
from tests.flow.helper import APPLICATION, TO_CONFIRM, Walk, paper

DUE = 250
SHEETS = 3


class PowerCut(BaseException):
    """The process is gone; nothing may catch this."""


class How(StrEnum):
    """What of the record being written reaches the disk."""

    LOST = "lost"
    TORN = "torn"
    WRITTEN = "written"


class Cut:
    """The power goes at the `at`-th record (from 0) that this life of the journal writes; with `kind`, of that kind."""

    def __init__(self, at: int = -1, how: How = How.WRITTEN, kind: str = "") -> None:
        self.at, self.how, self.kind, self.count = at, how, kind, 0

    def fsync(self, descriptor: int) -> None:
        end = os.lseek(descriptor, 0, os.SEEK_CUR)
        text = os.pread(descriptor, end, 0)
        start = text.rstrip(b"\n").rfind(b"\n") + 1
        if self.kind and json.loads(text[start:])["record"]["kind"] != self.kind:
            return
        due, self.count = self.count == self.at, self.count + 1
        if not due:
            return
        if self.how is How.LOST:
            os.ftruncate(descriptor, start)
        elif self.how is How.TORN:
            os.ftruncate(descriptor, start + (end - start) // 2)
        raise PowerCut


class Papers:
    """Stands for the papers received; three sheets of one copy."""

    def __init__(self, sheets: int = SHEETS) -> None:
        self.count = sheets

    def sheet_ids(self, application_id: str) -> list[str]:
        return [f"{application_id}-01-{k:02d}of{self.count:02d}" for k in range(1, self.count + 1)]

    def sheet(self, application_id: str, number: int) -> tuple[str, bytes, tuple[Box, ...]]:
        return self.sheet_ids(application_id)[number - 1], b"%PDF-1.7", ()


Hand = Callable[["Bench"], e.Event | None]


class Bench:
    """One switching-on of the terminal in `folder`."""

    def __init__(self, folder: Path, cut: Cut | None = None, *, due: int = DUE) -> None:
        self.folder = folder
        self.clock = Clock(STAGE_START)
        self.clock.freeze()
        self.due = due
        self.devices = simulated_devices(folder / "devices", Trace(self.clock))
        try:
            self.journal = Journal(folder / "journal.jsonl", self.clock, fsync=(cut or Cut()).fsync)
        except PowerCut:
            self.devices.shut_down()
            raise
        self.outbox = Outbox(folder / "outbox.sqlite")
        self.device_gateway = DeviceGateway(
            self.devices, self.journal, self.outbox, Papers(), self.clock, "T"
        )
        self.walk = Walk()
        self._events: deque[e.Event] = deque()

    def off(self) -> None:
        self.journal.close()
        self.outbox.close()
        self.devices.shut_down()

    def recover(self) -> list[Recovered]:
        return self.device_gateway.recover()

    def visit(self, hands: Iterable[Hand]) -> Bench:
        """From the confirmed application on; each of `hands` acts when the terminal waits."""
        self.walk.do(*TO_CONFIRM)
        self._events.append(e.Confirmed())
        self._work()
        for hand in hands:
            event = hand(self)
            if event is not None:
                self._events.append(event)
            self._work()
        return self

    def act(self, event: e.Event) -> None:
        """Something happens, and everything that follows from it."""
        self._events.append(event)
        self._work()

    def _work(self) -> None:
        while self._events:
            self.walk.do(self._events.popleft())
            for effect in self.walk.last.effects:
                answer = self._perform(effect)
                if answer is not None:
                    self._events.append(answer)

    def _perform(self, effect: f.Effect) -> e.Event | None:
        if isinstance(effect, f.Apply):
            return paper(SHEETS, self.due)
        if isinstance(effect, f.AskStanding):
            return e.MayBePaid()
        if isinstance(effect, f.WipeSession):
            return None
        try:
            return self.device_gateway.perform(effect, self._events.append)
        except Failed as failed:
            return e.Refused(failed.failure, tuple(failed.facts.items()))


def drop(yen: int) -> Hand:
    def hand(bench: Bench) -> None:
        bench.devices.coin.drop(yen)

    return hand


def touch(event: e.Event) -> Hand:
    return lambda bench: event


def take_paper(bench: Bench) -> e.Event | None:
    return e.PaperTaken() if bench.devices.printer.take_paper() else None


def jam_at(sheet: int) -> Hand:
    return lambda bench: bench.devices.printer.jam_at(sheet)


def no_change(bench: Bench) -> None:
    bench.devices.coin.set_change_stock({})


PAY = (drop(100), drop(100), drop(100))
VISITS: dict[str, tuple[Hand, ...]] = {
    "to the end": (*PAY, take_paper, touch(e.ReceiptChosen(True)), touch(e.Acknowledged())),
    "cancelled after coins": (drop(100), touch(e.CancelTouched()), touch(e.Acknowledged())),
    "too little money": (drop(100), touch(e.DeadlinePassed())),
    "no change": (no_change, drop(1000)),
    "jam, then on": (jam_at(2), *PAY, touch(e.OperatorResumed()), take_paper),
    "jam, then refund": (jam_at(2), *PAY, touch(e.OperatorRefunded())),
    "paper forgotten": (*PAY, touch(e.DeadlinePassed()), touch(e.DeadlinePassed())),
    "first sheet taken too early": (jam_at(3), *PAY, take_paper, touch(e.OperatorRefunded())),
}
APPLICATION_ID = APPLICATION
