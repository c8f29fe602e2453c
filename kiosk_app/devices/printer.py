"""The simulated printer: its output tray is a folder of PDFs, one a sheet, and the folders are its book. The trace tells of a
sheet and where its 個人番号 stand, and never keeps the sheet itself: it may bear one.

A sheet is written beside the tray and linked into it in one step that fails if the name exists, so that after a power
cut a sheet has come out whole or not at all, and none is ever overwritten.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.pace import PACED_SHEETS, PRINT_SHEET, take
from server_stub.interface.trace import Trace
from server_stub.interface.values import Box

from .interface import PrintedSheet

_SHEET_ID = re.compile(r"[0-9A-Za-z]+(-[0-9A-Za-z]+)*")


class SimulatedPrinter:
    """A `Printer` with hands: `take_paper`, `jam_at`, `set_paper_empty`. Safe from any thread."""

    def __init__(self, folder: Path, trace: Trace, clock: Clock | None = None) -> None:
        """Sheets lie in `folder/tray`, `folder/taken` (by the resident) and `folder/void` (drawn in). `clock`: whose pace it
        prints at; None: as fast as it can."""
        self._trace = trace
        self._lock = threading.RLock()
        self._places = {name: folder / name for name in ("tray", "taken", "void", "inside")}
        for place in self._places.values():
            place.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._jam_at = 0
        self._jammed = False
        self._empty = False
        self._on_taken: list[Callable[[], None]] = []
        self.seen = self._list("tray")
        """The tray after its last change; to look at from any thread, at once."""

    # --- hands ---------------------------------------------------------------------------------------------------------

    def take_paper(self) -> int:
        """The resident takes everything out of the tray; returns how many sheets."""
        with self._lock:
            sheets = self.tray()
            for sheet in sheets:
                sheet.path.replace(self._places["taken"] / sheet.path.name)
            self._look()
        if sheets:
            self._trace.emit("paper", "taken", sheets=[sheet.sheet_id for sheet in sheets])
            for callback in list(self._on_taken):
                callback()
        return len(sheets)

    def jam_at(self, sheet: int) -> None:
        """The paper jams at the `sheet`-th sheet (from 1) of an application, once."""
        self._jam_at = sheet

    def set_paper_empty(self, empty: bool = True) -> None:
        self._empty = empty

    def taken(self) -> tuple[PrintedSheet, ...]:
        """What residents have taken."""
        return self._list("taken")

    # --- what the terminal does ------------------------------------------------------------------------------------------

    def print_sheet(self, sheet_id: str, pdf: bytes, front_boxes: tuple[Box, ...] = ()) -> None:
        if not _SHEET_ID.fullmatch(sheet_id):
            raise ValueError("a sheet id is letters, digits and single hyphens")
        application_id = sheet_id.split("-")[0]
        if self._clock is not None and self._printed_for(application_id) < PACED_SHEETS:
            take(self._clock, PRINT_SHEET)
        with self._lock:
            if self.has_printed(sheet_id):
                raise Failed("Printer_Print_In_Doubt", sheet_id=sheet_id)
            if self._jammed or self._jam_at == self._printed_for(application_id) + 1:
                self._jammed, self._jam_at = True, 0
                self._trace.emit("paper", "jammed", sheet_id=sheet_id)
                raise Failed("Printer_Jam")
            if self._empty:
                self._trace.emit("paper", "empty", sheet_id=sheet_id)
                raise Failed("Printer_Paper_Empty")
            try:
                self._bring_out(sheet_id, pdf)
            except OSError as error:
                raise Failed("Printer_Failed", detail=type(error).__name__, number=error.errno) from error
            self._look()
        self._trace.emit(
            "paper",
            "sheet_printed",
            sheet_id=sheet_id,
            application_id=application_id,
            front_boxes=[box.model_dump() for box in front_boxes],
        )

    def _bring_out(self, sheet_id: str, pdf: bytes) -> None:
        part = self._places["inside"] / f"{sheet_id}.pdf"
        with part.open("wb") as file:
            file.write(pdf)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, self._places["tray"] / part.name)
        # the sheet is out: what stays inside is only a leftover
        with contextlib.suppress(OSError):
            part.unlink()

    def _look(self) -> None:
        self.seen = self._list("tray")

    def has_printed(self, sheet_id: str) -> bool:
        return any((self._places[name] / f"{sheet_id}.pdf").exists() for name in ("tray", "taken", "void"))

    def tray(self) -> tuple[PrintedSheet, ...]:
        return self._list("tray")

    def void(self, application_id: str) -> int:
        with self._lock:
            sheets = [s for s in self.tray() if s.sheet_id.split("-")[0] == application_id]
            try:
                for sheet in sheets:
                    sheet.path.replace(self._places["void"] / sheet.path.name)
            except OSError as error:
                raise Failed("Printer_Failed", detail=type(error).__name__, number=error.errno) from error
            finally:
                self._look()
        if sheets:
            self._trace.emit(
                "paper", "voided", application_id=application_id, sheets=[s.sheet_id for s in sheets]
            )
        return len(sheets)

    def is_void(self, sheet_id: str) -> bool:
        return (self._places["void"] / f"{sheet_id}.pdf").exists()

    def clear_jam(self) -> None:
        with self._lock:
            self._jammed = self._empty = False

    def on_taken(self, callback: Callable[[], None]) -> None:
        self._on_taken.append(callback)

    def _printed_for(self, application_id: str) -> int:
        return sum(
            1
            for name in ("tray", "taken", "void")
            for path in self._places[name].glob(f"{application_id}-*.pdf")
        )

    def _list(self, place: str) -> tuple[PrintedSheet, ...]:
        paths = sorted(
            self._places[place].glob("*.pdf"), key=lambda path: (path.stat().st_mtime_ns, path.name)
        )
        return tuple(PrintedSheet(path.stem, path) for path in paths)
