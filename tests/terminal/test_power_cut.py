"""Whenever the power goes: after the next start journal, ledger, coins and tray agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk_app.flow.events import ServiceResumed
from server_stub.interface.application_states import State
from server_stub.interface.terminal import ReportKind

from .bench import APPLICATION_ID, DUE, SHEETS, VISITS, Bench, Cut, How, Papers, PowerCut, take_paper

LAST = 50
"""More records than any visit writes."""


DOUBTFUL = ("paper forgotten", "first sheet taken too early")
"""Visits in which paper and money cannot both be settled without staff."""


def _cut_short(folder: Path, name: str, cut: Cut) -> bool:
    """Whether the power really went during that visit."""
    try:
        bench = Bench(folder, cut)
    except PowerCut:
        return True
    try:
        bench.visit(VISITS[name])
    except PowerCut:
        return True
    finally:
        bench.off()
    return False


def _agree(bench: Bench, *, may_doubt: bool) -> str:
    """How it ended. Asserts that money, paper, reports and journal tell the same."""
    sheets = Papers().sheet_ids(APPLICATION_ID)
    printer, coin = bench.devices.printer, bench.devices.coin
    out = sum(1 for sheet in sheets if printer.has_printed(sheet) and not printer.is_void(sheet))
    money = coin.taken_for(APPLICATION_ID)
    reports = {
        message.report.kind
        for message in bench.outbox.pending()
        if message.application_id == APPLICATION_ID and message.report
    }
    assert coin.state().inserted == 0
    assert not bench.journal.open_applications()
    assert bench.device_gateway.check() == ServiceResumed()
    if reports == {ReportKind.PAID, ReportKind.IN_DOUBT} and all(map(printer.is_void, sheets)):
        assert money == DUE
        return "drawn in"
    if ReportKind.IN_DOUBT in reports:
        assert may_doubt
        return "doubt"
    if ReportKind.HANDED_OVER in reports:
        assert reports == {ReportKind.PAID, ReportKind.HANDED_OVER}
        assert (money, out) == (DUE, SHEETS)
        return "handed over"
    assert ReportKind.PAID not in reports or ReportKind.CANCELLED in reports
    assert (money, out) == (0, 0)
    return "cancelled"


@pytest.mark.parametrize("how", list(How))
@pytest.mark.parametrize("name", list(VISITS))
def test_a_power_cut_at_any_record_leaves_nothing_contradicting(
    name: str, how: How, quick_path: Path
) -> None:
    ends = []
    for at in range(LAST):
        folder = quick_path / str(at)
        if not _cut_short(folder, name, Cut(at, how)):
            break
        bench = Bench(folder)
        begun = any(r.kind == "application.begun" for r in bench.journal.records)
        bench.recover()
        ends.append(_agree(bench, may_doubt=name in DOUBTFUL))
        if begun:
            assert [m for m in bench.outbox.pending() if m.report is None], "the session was ended"
        assert bench.recover() == []
        bench.off()
    assert 3 < len(ends) < LAST
    if name == "to the end":
        assert ends[0] == "cancelled"
        assert ends[-1] == "handed over"


@pytest.mark.parametrize("name", list(VISITS))
def test_a_second_power_cut_during_the_recovery_changes_nothing(name: str, quick_path: Path) -> None:
    for at in range(LAST):
        for again in range(4):
            folder = quick_path / f"{at}-{again}"
            if not _cut_short(folder, name, Cut(at, How.WRITTEN)):
                return
            try:
                second = Bench(folder, Cut(again, How.TORN))
            except PowerCut:
                continue  # it had nothing to begin with
            try:
                second.recover()
            except PowerCut:
                pass
            finally:
                second.off()
            third = Bench(folder)
            third.recover()
            _agree(third, may_doubt=name in DOUBTFUL)
            third.off()


@pytest.mark.parametrize("name", ["to the end", "jam, then on", "jam, then refund"])
def test_paper_that_was_taken_out_in_the_dark_is_never_paid_back_silently(
    name: str, quick_path: Path
) -> None:
    """Money goes back because the set is not whole, and staff are told that some of it was carried off."""
    seen = set()
    for at in range(LAST):
        folder = quick_path / str(at)
        if not _cut_short(folder, name, Cut(at, How.WRITTEN)):
            break
        bench = Bench(folder)
        taken = bench.devices.printer.take_paper()
        bench.recover()
        end = _agree(bench, may_doubt=0 < taken < SHEETS)
        if 0 < taken < SHEETS:
            assert end == "doubt"
            assert bench.devices.coin.taken_for(APPLICATION_ID) == 0
        seen.add(end)
        bench.off()
    assert "doubt" in seen


def test_after_the_last_coin_the_money_comes_back_and_the_report_is_cancelled(quick_path: Path) -> None:
    """Rows 6 and 7 of the table: before and after the money was taken."""
    for kind, due in (("take_money.intent", 300), ("take_money.done", DUE)):
        folder = quick_path / kind
        assert _cut_short(folder, "to the end", Cut(0, kind=kind))
        bench = Bench(folder)
        assert bench.journal.records[-1].kind == kind
        (result,) = bench.recover()
        assert (result.outcome, result.returned) == (State.CANCELLED, due)
        assert bench.devices.coin.state().returned == 300
        bench.off()


@pytest.mark.parametrize("taken", [True, False])
def test_paper_printed_to_the_last_sheet_waits_for_no_stranger(quick_path: Path, taken: bool) -> None:
    """Taken in the dark it is handed over; else it is drawn in, before the next resident stands there."""
    assert _cut_short(quick_path, "to the end", Cut(SHEETS - 1, How.LOST, "print_sheet.done"))
    bench = Bench(quick_path)
    assert len(bench.devices.printer.tray()) == SHEETS
    if taken:
        bench.devices.printer.take_paper()
    (result,) = bench.recover()
    outcome = State.HANDED_OVER if taken else State.IN_DOUBT
    assert (result.outcome, result.returned, result.voided) == (outcome, 0, 0 if taken else SHEETS)
    kinds = [m.report.kind if m.report else None for m in bench.outbox.pending()]
    assert kinds == [ReportKind.PAID, ReportKind(outcome.value), None]
    assert not bench.devices.printer.tray()
    assert bench.devices.coin.taken_for(APPLICATION_ID) == DUE
    bench.off()


def test_money_of_no_application_comes_back(quick_path: Path) -> None:
    first = Bench(quick_path)
    first.devices.coin.open(lambda _: None, lambda _: None)
    first.devices.coin.drop(500)
    first.off()
    bench = Bench(quick_path)
    (result,) = bench.recover()
    assert (result.application_id, result.returned) == ("", 500)
    bench.off()


def test_a_wrong_amount_in_the_cash_box_is_left_to_staff(quick_path: Path) -> None:
    assert _cut_short(quick_path, "to the end", Cut(0, kind="take_money.intent"))
    meddled = Bench(quick_path)
    meddled.devices.coin.take(100, APPLICATION_ID)
    meddled.off()
    bench = Bench(quick_path)
    (result,) = bench.recover()
    assert result.outcome is State.IN_DOUBT
    assert bench.devices.coin.taken_for(APPLICATION_ID) == 0
    bench.off()


def test_a_doubt_outlives_a_second_power_cut(quick_path: Path) -> None:
    """The first start has given the wrong amount back before the power went again; now nothing looks wrong any more."""
    assert _cut_short(quick_path, "to the end", Cut(0, kind="take_money.intent"))
    meddled = Bench(quick_path)
    meddled.devices.coin.take(100, APPLICATION_ID)
    meddled.off()
    for kind in ("give_back.intent", "give_back.done", "report.due"):
        again = Bench(quick_path, Cut(0, kind=kind))
        with pytest.raises(PowerCut):
            again.recover()
        again.off()
    bench = Bench(quick_path)
    assert bench.devices.coin.taken_for(APPLICATION_ID) == 0
    (result,) = bench.recover()
    assert result.outcome is State.IN_DOUBT
    assert [m.report.kind for m in bench.outbox.pending() if m.report] == [ReportKind.IN_DOUBT]
    bench.off()


def wrong_amount_taken(folder: Path) -> None:
    assert _cut_short(folder, "to the end", Cut(0, kind="take_money.intent"))
    meddled = Bench(folder)
    meddled.devices.coin.take(100, APPLICATION_ID)
    meddled.off()


def some_carried_off(folder: Path) -> None:
    assert _cut_short(folder, "to the end", Cut(1, kind="print_sheet.done"))
    meddled = Bench(folder)
    assert meddled.devices.printer.take_paper() == 2
    meddled.off()


def all_printed_and_left(folder: Path) -> None:
    assert _cut_short(folder, "to the end", Cut(SHEETS - 1, kind="print_sheet.done"))


@pytest.mark.parametrize("how", list(How))
@pytest.mark.parametrize("doubtful", [wrong_amount_taken, some_carried_off, all_printed_and_left])
def test_a_doubt_is_told_whichever_record_the_next_power_cut_falls_on(
    doubtful: Callable[[Path], None], how: How, quick_path: Path
) -> None:
    """As it would have been without that cut: to the centre, once, and with the same money returned."""
    doubtful(quick_path / "uncut")
    uncut = Bench(quick_path / "uncut")
    (result,) = uncut.recover()
    assert result.outcome is State.IN_DOUBT
    told, money = _told(uncut), uncut.devices.coin.state()
    uncut.off()
    assert told[-1] is ReportKind.IN_DOUBT
    for at in range(LAST):
        folder = quick_path / str(at)
        doubtful(folder)
        again = Bench(folder, Cut(at, how))
        try:
            again.recover()
        except PowerCut:
            pass
        else:
            break
        finally:
            again.off()
        third = Bench(folder)
        third.recover()
        assert (_told(third), third.devices.coin.state()) == (told, money), at
        assert not third.journal.open_applications()
        third.off()
    assert 2 < at < LAST


def _told(bench: Bench) -> list[ReportKind]:
    """What the centre will hear, each report once."""
    return list({m.report.report_id: m.report.kind for m in bench.outbox.pending() if m.report}.values())


def test_paper_in_the_locked_box_is_never_taken_for_handed_over(quick_path: Path) -> None:
    """Row 1 without a record of it: the printer alone knows that the paper was drawn in."""
    assert _cut_short(quick_path, "paper forgotten", Cut(0, How.LOST, "draw_in.intent"))
    drawn = Bench(quick_path)
    drawn.devices.printer.void(APPLICATION_ID)
    drawn.off()
    bench = Bench(quick_path)
    (result,) = bench.recover()
    assert result.outcome is State.IN_DOUBT
    assert bench.devices.coin.taken_for(APPLICATION_ID) == DUE
    bench.off()


def test_sheets_that_nobody_paid_become_void(quick_path: Path) -> None:
    """Row 8: the printer has a sheet, the coin unit has no money."""
    assert _cut_short(quick_path, "to the end", Cut(0, kind="application.begun"))
    meddled = Bench(quick_path)
    meddled.devices.printer.print_sheet(Papers().sheet_ids(APPLICATION_ID)[0], b"%PDF")
    meddled.off()
    bench = Bench(quick_path)
    (result,) = bench.recover()
    assert (result.outcome, result.voided) == (State.CANCELLED, 1)
    bench.off()


def test_an_undisturbed_visit_leaves_nothing_to_recover(quick_path: Path) -> None:
    for name, hands in VISITS.items():
        bench = Bench(quick_path / name)
        bench.visit(hands)
        _agree(bench, may_doubt=name in DOUBTFUL)
        assert bench.recover() == []
        bench.off()


def test_the_paper_is_whole_when_the_receipt_lies_with_it(quick_path: Path) -> None:
    bench = Bench(quick_path).visit(VISITS["to the end"])
    assert [sheet.sheet_id for sheet in bench.devices.printer.tray()] == [f"{APPLICATION_ID}-receipt"]
    assert take_paper(bench) is not None
    bench.off()


def test_a_payment_is_as_old_as_its_record_not_as_the_next_start(quick_path: Path) -> None:
    """The centre takes a late payment only if it was made before the session ran out. Here the outbox was lost, too."""
    assert _cut_short(quick_path, "to the end", Cut(SHEETS - 1, kind="print_sheet.done"))
    for file in quick_path.glob("outbox.sqlite*"):
        file.unlink()
    bench = Bench(quick_path)
    bench.clock.advance(timedelta(hours=3))
    bench.recover()  # what was printed still lies in the tray, and is drawn in
    taken = next(record for record in bench.journal.records if record.kind == "take_money.done")
    reports = {m.report.kind: m.report for m in bench.outbox.pending() if m.report}
    assert reports[ReportKind.PAID].at == datetime.fromisoformat(taken.at)
    assert reports[ReportKind.IN_DOUBT].at == bench.clock.now()
    bench.off()
