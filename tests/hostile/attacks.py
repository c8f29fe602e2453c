"""Attacks on the money and paper of one visit: a disk that is full, a book that another program holds, at every place where
something is written. The terminal is tests.terminal.bench: real flow, devices, journal and outbox, without threads."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

from kiosk_app import journal as journal_module
from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.flow.state import Purchase
from kiosk_app.flow.state import StateName as S
from server_stub.interface.application_states import CENTER, State
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ReportKind
from tests.terminal.bench import APPLICATION_ID, DUE, SHEETS, VISITS, Bench, Papers, take_paper

NEXT = "01JWNNNNNNNNNNNNNNNNNNNNNN"
"""The application of the next resident."""
LAST = 60
"""More places than any visit writes at."""


class Fault:
    """Strikes at the `at`-th place (from 0), once or from then on."""

    def __init__(self, at: int, for_good: bool) -> None:
        self.at, self.for_good = at, for_good
        self.count, self.struck = 0, False

    def strikes(self) -> bool:
        now = self.count == self.at or (self.for_good and self.count > self.at)
        self.count += 1
        self.struck |= now
        return now


class Book:
    """An SQLite connection that fails where the fault strikes: at statements that begin with `word`."""

    def __init__(self, own: sqlite3.Connection, word: str, fault: Fault, says: str) -> None:
        self._own, self._word, self._fault, self._says = own, word, fault, says

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql.startswith(self._word) and self._fault.strikes():
            raise sqlite3.OperationalError(self._says)
        return self._own.execute(sql, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


Injection = Callable[[Bench, Fault], Any]


@contextmanager
def full_journal(bench: Bench, fault: Fault, share: float = 0) -> Iterator[None]:
    """The disk takes `share` of a record and then nothing more."""
    write_all = journal_module._write_all

    def write(descriptor: int, data: bytes, at: int) -> None:
        if descriptor != bench.journal._descriptor or not fault.strikes():
            write_all(descriptor, data, at)
            return
        os.lseek(descriptor, at, os.SEEK_SET)
        os.write(descriptor, data[: int(len(data) * share)])
        raise OSError(errno.ENOSPC, "No space left on device")

    with mock.patch.object(journal_module, "_write_all", write):
        yield


@contextmanager
def half_journal(bench: Bench, fault: Fault) -> Iterator[None]:
    with full_journal(bench, fault, 0.5):
        yield


@contextmanager
def dead_journal(bench: Bench, fault: Fault) -> Iterator[None]:
    """The record is written, and the disk does not confirm it."""
    fsync = bench.journal._fsync

    def failing(descriptor: int) -> None:
        fsync(descriptor)
        if fault.strikes():
            raise OSError(errno.EIO, "Input/output error")

    with mock.patch.object(bench.journal, "_fsync", failing):
        yield


@contextmanager
def _coins(bench: Bench, fault: Fault, word: str, says: str) -> Iterator[None]:
    coin = bench.devices.coin
    own = coin._book
    with mock.patch.object(coin, "_book", Book(own, word, fault, says)):
        yield


def locked_coins(bench: Bench, fault: Fault) -> Any:
    return _coins(bench, fault, "BEGIN", "database is locked")


def full_coins(bench: Bench, fault: Fault) -> Any:
    return _coins(bench, fault, "COMMIT", "database or disk is full")


def unreadable_coins(bench: Bench, fault: Fault) -> Any:
    return _coins(bench, fault, "SELECT", "disk I/O error")


@contextmanager
def locked_outbox(bench: Bench, fault: Fault) -> Iterator[None]:
    bench.outbox.known()
    own = bench.outbox._opened
    assert own is not None
    with mock.patch.object(bench.outbox, "_opened", Book(own, "INSERT", fault, "database is locked")):
        yield


@contextmanager
def lost_outbox(bench: Bench, fault: Fault) -> Iterator[None]:
    """Nothing of it can be read or written."""
    bench.outbox.known()
    own = bench.outbox._opened
    assert own is not None
    with mock.patch.object(bench.outbox, "_opened", Book(own, "", fault, "database disk image is malformed")):
        yield


@contextmanager
def full_tray(bench: Bench, fault: Fault) -> Iterator[None]:
    printer = bench.devices.printer
    bring_out = printer._bring_out

    def failing(sheet_id: str, pdf: bytes) -> None:
        if fault.strikes():
            raise OSError(errno.ENOSPC, "No space left on device")
        bring_out(sheet_id, pdf)

    with mock.patch.object(printer, "_bring_out", failing):
        yield


@contextmanager
def stuck_drawer(bench: Bench, fault: Fault) -> Iterator[None]:
    """Sheets cannot be drawn in."""
    printer = bench.devices.printer
    void = printer.void

    def failing(application_id: str) -> int:
        if fault.strikes():
            raise Failed("Printer_Failed")
        return void(application_id)

    with mock.patch.object(printer, "void", failing):
        yield


@contextmanager
def everything_full(bench: Bench, fault: Fault) -> Iterator[None]:
    """One disk holds them all."""
    with ExitStack() as stack:
        for one in (full_journal, full_coins, locked_outbox, full_tray):
            stack.enter_context(one(bench, fault))
        yield


INJECTIONS: dict[str, Injection] = {
    "journal: disk full": full_journal,
    "journal: half a record": half_journal,
    "journal: not confirmed": dead_journal,
    "coin book: held": locked_coins,
    "coin book: disk full": full_coins,
    "coin book: unreadable": unreadable_coins,
    "outbox: held": locked_outbox,
    "outbox: broken": lost_outbox,
    "tray: disk full": full_tray,
    "printer: sheets stay": stuck_drawer,
    "everything: disk full": everything_full,
}


FOR_GOOD_ONLY = ("outbox: broken", "everything: disk full")
"""What would strike at the same places twice over."""
SAME_WAY = ("too little money",)
"""Visits that go the way of another one, for another reason."""


class Attack:
    """One visit under one fault, and what follows."""

    def __init__(self, folder: Path, visit: str) -> None:
        self.folder, self.visit = folder, visit
        self.dropped = 0
        self.told: list[ReportKind] = []

    # --- the visit -----------------------------------------------------------------------------------------------------

    def strike(self, inject: Injection, fault: Fault) -> Bench:
        """The visit with the fault in force, as far as it goes; the terminal stays on, the fault is over."""
        bench = Bench(self.folder)
        self.loaded = bench.devices.coin.vault()
        drop = bench.devices.coin.drop

        def counted(yen: int) -> bool:
            taken = drop(yen)
            self.dropped += yen if taken else 0
            return taken

        fill = bench.devices.coin.set_change_stock

        def filled(stock: Mapping[int, int]) -> None:
            with suppress(Failed):
                fill(stock)
                self.loaded = sum(yen * count for yen, count in stock.items())

        bench.devices.coin.drop = counted  # type: ignore[method-assign]
        bench.devices.coin.set_change_stock = filled  # type: ignore[method-assign]
        with inject(bench, fault):
            bench.visit(VISITS[self.visit])
            self._to_its_end(bench)
            self.nobody_else_is_served_unless_all_agrees(bench)
        return bench

    def _to_its_end(self, bench: Bench) -> None:
        """What resident and staff do then; staff go on once, and give the money back if that did not help."""
        resumed = False
        for _ in range(12):
            match bench.walk.state.name:
                case S.PAY:
                    bench.act(e.CancelTouched())
                case S.JAMMED if not resumed:
                    resumed = True
                    bench.act(e.OperatorResumed())
                case S.JAMMED:
                    bench.act(e.OperatorRefunded())
                case S.TAKE_PAPER:
                    bench.act(take_paper(bench) or e.DeadlinePassed())
                case S.ASK_RECEIPT:
                    bench.act(e.ReceiptChosen(False))
                case S.REFUSAL | S.THANKS:
                    bench.act(e.Acknowledged())
                case _:
                    return

    # --- what must hold -------------------------------------------------------------------------------------------------

    def nobody_else_is_served_unless_all_agrees(self, bench: Bench) -> None:
        """While the fault is still there, and whatever the screen shows: the next resident's coins are accepted only by a
        terminal on which nobody else's money lies, and nothing is open."""
        papers = Papers(1)
        bench.device_gateway._papers = papers
        open_before = set(bench.journal.open_applications())
        try:
            bench.device_gateway.perform(
                f.CashInStart(Purchase(NEXT, {"ja": "何かの証明書"}, 1, 100, 1), "S2"), lambda _: None
            )
        except Failed:
            return
        assert bench.devices.coin.seen.inserted == 0, "somebody else's money lies there"
        assert not open_before, "something else is open"
        with suppress(Failed):
            answer = bench.device_gateway.perform(f.CashInRollback(NEXT), lambda _: None)
            assert answer == e.MoneyReturned(0)
        bench.device_gateway.perform(f.EndSession("S2", NEXT, "Visit_Cancelled"), lambda _: None)

    def all_agrees(self, bench: Bench) -> None:
        """Money, paper, what the centre was told and the journal say the same."""
        coin, printer = bench.devices.coin, bench.devices.printer
        state = coin.state()
        assert self.dropped == state.inserted + state.taken + state.returned, "money came or went"
        assert coin.vault() == self.loaded + state.taken + coin.paid_by_hand(), "coins came or went"
        assert state.inserted == 0, "money lies in the escrow"
        assert not bench.journal.open_applications(), "an application is open"
        check = bench.device_gateway.check()
        assert check == e.ServiceResumed(), f"out of service: {check}"
        sheets = Papers().sheet_ids(APPLICATION_ID)
        out = sum(1 for sheet in sheets if printer.has_printed(sheet) and not printer.is_void(sheet))
        kept = coin.taken_for(APPLICATION_ID)
        standing, charged = self._at_the_centre(bench)
        assert kept == charged or standing is State.IN_DOUBT, f"ledger {charged}, cash box {kept}"
        if standing is State.HANDED_OVER:
            assert (kept, out) == (DUE, SHEETS), f"{kept} yen kept, {out} sheets out: {standing}"
        elif standing is State.IN_DOUBT:
            # somebody has some of the paper, or all of it lies in the box
            assert 0 < out < SHEETS or kept == DUE, f"{kept} yen kept, {out} sheets out: {standing}"
        else:
            assert (kept, out) == (0, 0), f"{kept} yen kept, {out} sheets out: {standing}"

    def _at_the_centre(self, bench: Bench) -> tuple[State, int]:
        """What the centre and its ledger make of the reports in their order."""
        standing, charged = State.PREPARED, 0
        for message in bench.outbox.pending():
            report = message.report
            if message.application_id == NEXT or message.session_id == "S2":
                continue
            if report is None:
                standing = State.CANCELLED if standing is State.PREPARED else standing
                continue
            following = CENTER.after(standing, report.kind)
            assert following is not None, f"{report.kind} told of what is {standing}"
            standing = following
            if report.kind is ReportKind.PAID:
                assert report.amount == DUE
                charged = DUE
            elif report.kind is ReportKind.CANCELLED:
                charged = 0
        return standing, charged
