"""The printer is the witness for paper: whole sheets or none, each once, and the tray survives a power cut."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk_app.devices.printer import SimulatedPrinter
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Event, Trace
from server_stub.interface.values import Box

PDF = b"%PDF-1.7 a sheet"


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[Trace]:
    trace = Trace(Clock(STAGE_START), folder=tmp_path / "trace")
    yield trace
    trace.close()


@pytest.fixture
def printer(tmp_path: Path, trace: Trace) -> SimulatedPrinter:
    return SimulatedPrinter(tmp_path / "printer", trace)


def ids(printer: SimulatedPrinter) -> list[str]:
    return [sheet.sheet_id for sheet in printer.tray()]


def test_sheets_lie_in_the_tray_in_their_order(printer: SimulatedPrinter) -> None:
    wanted = [f"A-01-{k:02d}of12" for k in range(1, 13)]
    for sheet in wanted:
        printer.print_sheet(sheet, PDF)
    assert ids(printer) == wanted
    assert printer.tray()[0].path.read_bytes() == PDF


def test_a_sheet_is_never_printed_twice_wherever_it_is_now(printer: SimulatedPrinter) -> None:
    printer.print_sheet("A-01-01of02", PDF)
    for move in (lambda: None, printer.take_paper):
        move()
        with pytest.raises(Failed, match="Printer_Print_In_Doubt"):
            printer.print_sheet("A-01-01of02", b"another")
    printer.print_sheet("A-01-02of02", PDF)
    printer.void("A")
    with pytest.raises(Failed, match="Printer_Print_In_Doubt"):
        printer.print_sheet("A-01-02of02", b"another")
    assert printer.taken()[0].path.read_bytes() == PDF


def test_a_full_disk_is_a_failure_of_the_printer_and_no_sheet_comes_out(
    printer: SimulatedPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("kiosk_app.devices.printer.os.fsync", full)
        with pytest.raises(Failed, match="Printer_Failed"):
            printer.print_sheet("A-01-01of01", PDF)
    assert not printer.has_printed("A-01-01of01")
    assert printer.tray() == printer.seen == ()
    printer.print_sheet("A-01-01of01", PDF)
    assert [sheet.sheet_id for sheet in printer.seen] == ids(printer) == ["A-01-01of01"]
    printer.void("A")
    assert printer.seen == ()


def test_the_jam_is_at_that_sheet_and_stays_until_it_is_cleared(printer: SimulatedPrinter) -> None:
    printer.jam_at(2)
    printer.print_sheet("A-01-01of03", PDF)
    for _ in range(2):
        with pytest.raises(Failed, match="Printer_Jam"):
            printer.print_sheet("A-01-02of03", PDF)
    assert not printer.has_printed("A-01-02of03")
    printer.clear_jam()
    printer.print_sheet("A-01-02of03", PDF)
    printer.print_sheet("A-01-03of03", PDF)
    assert len(ids(printer)) == 3


def test_without_paper_nothing_comes_out(printer: SimulatedPrinter) -> None:
    printer.set_paper_empty()
    with pytest.raises(Failed, match="Printer_Paper_Empty"):
        printer.print_sheet("A-01-01of01", PDF)
    assert ids(printer) == []
    printer.set_paper_empty(False)
    printer.print_sheet("A-01-01of01", PDF)


def test_taking_the_paper_empties_the_tray_and_tells(printer: SimulatedPrinter) -> None:
    told: list[int] = []
    printer.on_taken(lambda: told.append(1))
    assert printer.take_paper() == 0
    assert told == []
    printer.print_sheet("A-01-01of01", PDF)
    assert printer.take_paper() == 1
    assert (told, ids(printer), [s.sheet_id for s in printer.taken()]) == ([1], [], ["A-01-01of01"])


def test_only_the_sheets_of_that_application_become_void(printer: SimulatedPrinter) -> None:
    for sheet in ("A-01-01of01", "AB-01-01of01"):
        printer.print_sheet(sheet, PDF)
    assert printer.void("A") == 1
    assert ids(printer) == ["AB-01-01of01"]
    assert printer.is_void("A-01-01of01")
    assert not printer.is_void("AB-01-01of01")


def test_the_trace_tells_the_sheet_and_its_boxes_and_never_keeps_the_paper(
    printer: SimulatedPrinter, trace: Trace, tmp_path: Path
) -> None:
    events: list[Event] = []
    trace.subscribe(events.append)
    printer.print_sheet("A-01-01of01", PDF, (Box(x=1, y=2, width=3, height=4),))
    (event,) = [e for e in events if e.kind == "sheet_printed"]
    assert (event.source, event.data["sheet_id"], event.data["application_id"]) == (
        "paper",
        "A-01-01of01",
        "A",
    )
    assert set(event.data) == {"sheet_id", "application_id", "front_boxes"}
    trace.flush()
    assert list((tmp_path / "trace" / "blobs").iterdir()) == []
    assert event.data["front_boxes"] == [{"x": 1, "y": 2, "width": 3, "height": 4}]


def test_the_tray_outlives_the_process(tmp_path: Path, trace: Trace) -> None:
    SimulatedPrinter(tmp_path / "p", trace).print_sheet("A-01-01of01", PDF)
    again = SimulatedPrinter(tmp_path / "p", trace)
    assert ids(again) == ["A-01-01of01"]
    assert again.has_printed("A-01-01of01")


@pytest.mark.parametrize("sheet", ["", "../A", "A/1", "A--1", "A.pdf"])
def test_a_sheet_id_that_is_no_name_is_refused(printer: SimulatedPrinter, sheet: str) -> None:
    with pytest.raises(ValueError, match="sheet id"):
        printer.print_sheet(sheet, PDF)
