"""Whatever was left open meets no other resident: the terminal says that it is out of service, staff settle it, it goes on."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk_app import journal as journal_module
from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from server_stub.interface.terminal import ReportKind
from tests.paper.reading import texts

from .world import World


@contextmanager
def held(world: World, book: str) -> Iterator[None]:
    """Another program is writing in that book, for longer than anybody waits for it."""
    own = world.devices.coin._book
    if book.startswith("data"):
        runtime = world.terminal._runtime
        assert runtime is not None and runtime.outbox._opened is not None
        own = runtime.outbox._opened
    own.execute("PRAGMA busy_timeout=10")
    other = sqlite3.connect(world.folder / book, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


COINS, OUTBOX = "devices/coins.sqlite", "data/outbox.sqlite"


@contextmanager
def full_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing more goes into the journal."""
    journal = world.terminal.journal

    def write(descriptor: int, data: bytes, at: int) -> None:
        if descriptor == journal._descriptor:
            raise OSError(28, "No space left on device")
        write_all(descriptor, data, at)

    write_all = journal_module._write_all
    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "_write_all", write)
        yield


def stopped(world: World, reason: str) -> v.OutOfService:
    world.wait_for("OutOfService")
    world.until(lambda: world.terminal.trouble()[0] == reason, reason)
    assert isinstance(world.view, v.OutOfService)
    assert world.view.failure == reason
    return world.view


def begin_anew(world: World) -> None:
    """The next resident gets as far as paying, and pays their own money for their own paper."""
    world.wait_for("TopMenu")
    world.to_pay()
    world.drop(100, 100)
    assert isinstance(world.view, v.Pay)
    world.until(lambda: isinstance(world.view, v.Pay) and world.view.inserted == 200)
    world.drop(100)
    world.wait_for("TakePaper")
    world.devices.printer.take_paper()
    world.wait_for("AskReceipt")
    world.touch(e.ReceiptChosen(False), e.Acknowledged())
    world.wait_for("TopMenu")
    world.settled()


def records(world: World) -> list[str]:
    return [record.kind for record in world.terminal.journal.records]


def kinds_told(world: World) -> list[str]:
    return [kind for _, kind in world.centre.reports]


# --- money -----------------------------------------------------------------------------------------------------------


def test_money_that_stays_in_the_escrow_meets_nobody_else(world: World) -> None:
    """Seen: 400 yen stayed, the journal closed the application, and the next resident's 100 yen bought a paper for 500."""
    world.to_pay()
    world.drop(100, 100)
    with held(world, COINS):
        world.touch(e.CancelTouched())
        refusal = world.refusal()
        assert (refusal.doubt, refusal.returned) == (True, 0)
        world.touch(e.Acknowledged(), e.ServiceTouched())
        world.wait_for("OutOfService")
        assert "application.closed" not in records(world)
        assert world.centre.ended == []
    stopped(world, "Escrow_Not_Empty")
    assert world.devices.coin.state().inserted == 200
    world.terminal.post(e.StaffSettled("returned"))
    world.wait_for("TopMenu")
    state = world.devices.coin.state()
    assert (state.inserted, state.taken, state.returned) == (0, 0, 200)
    settled = world.terminal.journal.records[-1]
    assert settled.kind == "staff.settled"
    assert (settled.facts["how"], settled.facts["returned"]) == ("returned", 200)
    world.settled()
    assert kinds_told(world) == ["cancelled"]
    begin_anew(world)


def test_stray_money_keeps_the_next_resident_away(world: World) -> None:
    world.devices.coin.open(lambda _: None, lambda _: None)
    world.drop(500)
    world.devices.coin.close()
    world.touch(e.ServiceTouched(), e.BackTouched())
    stopped(world, "Escrow_Not_Empty")
    world.terminal.post(e.StaffSettled("returned"))
    world.wait_for("TopMenu")
    assert world.devices.coin.state().returned == 500


def test_coins_are_accepted_for_nobody_while_something_is_open(world: World) -> None:
    """Also where the question came too late: money of an earlier resident appears while the next one chooses."""
    world.to_confirm()
    world.devices.coin.open(lambda _: None, lambda _: None)
    world.drop(500)
    world.devices.coin.close()
    world.touch(e.Confirmed())
    refusal = world.refusal()
    assert (refusal.failure, refusal.returned) == ("Terminal_Out_Of_Service", 0)
    assert world.devices.coin.state().inserted == 500, "it was given to somebody else"
    world.touch(e.Acknowledged())
    stopped(world, "Escrow_Not_Empty")


def test_an_application_that_could_not_be_closed_is_settled_by_staff(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full from the last coin to the end: all money comes back without a record of it."""
    world.to_pay()
    with full_disk(world, monkeypatch):
        world.drop(500)
        refusal = world.refusal()
        assert (refusal.failure, refusal.returned, refusal.doubt) == ("Journal_Not_Written", 500, False)
        assert world.devices.coin.state().returned == 500
        world.touch(e.Acknowledged())
        stopped(world, "Application_Left_Open")
        world.terminal.post(e.StaffSettled("returned"))
        stopped(world, "Journal_Not_Written")
    world.terminal.post(e.StaffSettled("returned"))
    world.wait_for("TopMenu")
    world.settled()
    assert kinds_told(world) == ["cancelled"]
    begin_anew(world)


def test_a_restart_settles_it_too(world: World) -> None:
    world.to_pay()
    world.drop(100, 100)
    with held(world, COINS):
        world.touch(e.CancelTouched())
        world.refusal()
        world.touch(e.Acknowledged())
        world.wait_for("OutOfService")
    world.restart()
    assert world.refusal().returned == 200
    world.touch(e.Acknowledged())
    begin_anew(world)


def test_a_coin_dropped_between_the_last_coin_and_the_taking_is_change(world: World) -> None:
    """It comes back, the receipt counts it, and the fee is charged once."""
    world.to_pay()
    taken, drop = threading.Event(), world.devices.coin.take

    def one_more(due: int, application_id: str) -> int:
        taken.set()
        return drop(due, application_id)

    close = world.devices.coin.close

    def late() -> None:
        world.devices.coin.close = close  # type: ignore[method-assign]
        world.devices.coin.drop(100)
        close()

    world.devices.coin.take = one_more  # type: ignore[method-assign]
    world.devices.coin.close = late  # type: ignore[method-assign]
    world.drop(100, 100, 50)
    world.wait_for("TakePaper")
    assert taken.is_set()
    state = world.devices.coin.state()
    assert (state.inserted, state.taken, state.returned) == (0, 250, 100)
    assert isinstance(world.view, v.TakePaper) and world.view.change == 100
    world.devices.printer.take_paper()
    world.wait_for("AskReceipt")
    world.touch(e.ReceiptChosen(True))
    world.wait_for("Thanks")
    (receipt,) = world.devices.printer.tray()
    told = "".join(texts(receipt.path.read_bytes()))
    assert "お預り350円" in told and "おつり100円" in told, told
    world.settled()
    assert kinds_told(world) == ["paid", "handed_over"]
    assert list(world.devices.coin.charges().values()) == [250]


# --- reports -----------------------------------------------------------------------------------------------------------


def test_a_report_that_could_not_be_queued_is_no_fault_of_the_printer_and_is_told(world: World) -> None:
    """Seen: a jam, 再開, the paper out, the money kept, and no charge in the ledger for ever."""
    world.to_pay()
    with held(world, OUTBOX):
        world.drop(250 - 150, 50, 100)
        world.wait_for("TakePaper")
        assert world.centre.reports == []
        assert world.terminal.pending_reports() > 0
    world.devices.printer.take_paper()
    world.wait_for("AskReceipt")
    world.settled()
    assert kinds_told(world) == ["paid", "handed_over"]


@pytest.mark.parametrize("lost", [True, False])
def test_a_report_that_could_not_be_queued_survives_a_restart(world: World, lost: bool) -> None:
    """It is told before anything else, also when the outbox is gone altogether."""
    world.to_pay()
    port = world.centre.stop()
    with held(world, OUTBOX):
        world.drop(100, 100, 100)
        world.wait_for("TakePaper")
        world.devices.printer.take_paper()
        world.wait_for("AskReceipt")
        world.touch(e.ReceiptChosen(False), e.Acknowledged())
        stopped(world, "Outbox_Not_Written")
    world.terminal.stop()
    if lost:
        for file in (world.folder / "data").glob("outbox.sqlite*"):
            file.unlink()
    world.centre.start(port)
    world.restart()
    world.settled()
    assert kinds_told(world) == ["paid", "handed_over"]
    begin_anew(world)


def test_an_outbox_that_is_free_again_needs_no_staff(world: World) -> None:
    world.to_pay()
    with held(world, OUTBOX):
        world.touch(e.CancelTouched())
        world.refusal()
        world.touch(e.Acknowledged())
        stopped(world, "Outbox_Not_Written")
    begin_anew(world)


def test_a_report_that_the_centre_refuses_is_shown_until_staff_have_seen_it(world: World) -> None:
    world.to_pay()
    world.centre.refuse["/reports"] = "Application_State_Conflict"
    world.drop(100, 100, 50)
    world.wait_for("TakePaper")
    world.devices.printer.take_paper()
    world.wait_for("AskReceipt")
    world.touch(e.ReceiptChosen(False), e.Acknowledged())
    stopped(world, "Report_Refused")
    assert [event.data["failure"] for event in world.events if event.kind == "service_stopped"] == [
        "Report_Refused"
    ]
    found = world.terminal.trouble()[1]["found"]
    assert isinstance(found, tuple)
    assert {one.partition(":")[2] for one in found} <= {
        "paid:Application_State_Conflict",
        "handed_over:Application_State_Conflict",
    }
    world.centre.refuse.clear()
    world.restart()
    stopped(world, "Report_Refused")
    world.terminal.post(e.StaffSettled("returned"))
    stopped(world, "Report_Refused")
    world.terminal.post(e.StaffSettled("checked"))
    world.wait_for("TopMenu")
    settled = world.terminal.journal.records[-1].facts
    assert ["paid", "Application_State_Conflict"] in [one[1:] for one in settled["refused"]]
    world.restart()
    world.wait_for("TopMenu")


# --- the books at a start ----------------------------------------------------------------------------------------------


def bought(world: World) -> None:
    begin_anew(world)
    world.terminal.stop()


def journal_of(world: World) -> Path:
    return world.settings.data_dir / "journal.jsonl"


def remove_journal(world: World) -> None:
    journal_of(world).unlink()


def empty_journal(world: World) -> None:
    journal_of(world).write_bytes(b"")


def cut_journal(world: World) -> None:
    """At the end of a line: nothing in it tells that more was there."""
    lines = journal_of(world).read_bytes().splitlines(keepends=True)
    journal_of(world).write_bytes(b"".join(lines[:2]))


def empty_coin_book(world: World) -> None:
    book = sqlite3.connect(world.folder / COINS)
    book.execute("DELETE FROM charge")
    book.commit()
    book.close()


def charge_twice(world: World) -> None:
    book = sqlite3.connect(world.folder / COINS)
    book.execute("UPDATE charge SET due = 2 * due")
    book.commit()
    book.close()


def burn_papers(world: World) -> None:
    for sheet in (world.folder / "devices" / "paper" / "taken").iterdir():
        sheet.unlink()


def lay_a_sheet(world: World) -> None:
    (world.folder / "devices" / "paper" / "tray" / "01JWZZZZZZZZZZZZZZZZZZZZZZ-01-01of01.pdf").write_bytes(
        b"%PDF"
    )


@pytest.mark.parametrize("damage", [empty_coin_book, charge_twice, burn_papers, lay_a_sheet])
def test_books_that_differ_after_a_start_stop_the_service_until_staff_have_compared_them(
    world: World, damage: Callable[[World], None]
) -> None:
    bought(world)
    damage(world)
    world.restart()
    stopped(world, "Books_Differ")
    world.terminal.post(e.StaffSettled("returned"))
    stopped(world, "Books_Differ")
    world.terminal.post(e.StaffSettled("checked"))
    world.wait_for("TopMenu")
    assert world.terminal.journal.records[-1].facts["accepted"]
    world.restart()
    begin_anew(world)


@pytest.mark.parametrize("damage", [remove_journal, empty_journal, cut_journal])
@pytest.mark.parametrize("without_outbox", [True, False])
def test_a_journal_that_was_emptied_is_not_taken_for_a_new_one(
    world: World, damage: Callable[[World], None], without_outbox: bool
) -> None:
    bought(world)
    damage(world)
    if without_outbox:
        for file in (world.folder / "data").glob("outbox.sqlite*"):
            file.unlink()
    before = world.devices.coin.state()
    world.restart()
    if damage is cut_journal and without_outbox:
        world.wait_for("TopMenu")  # coin unit and printer know enough to write the end anew
    else:
        stopped(world, "Books_Differ")
    assert world.devices.coin.state() == before


@pytest.mark.parametrize("damage", [remove_journal, empty_journal])
def test_nor_is_one_behind_another_that_was_put_away(
    world: World, damage: Callable[[World], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bought(world)
    monkeypatch.setattr(journal_module, "LONG", 5)
    world.restart()
    assert (journal_of(world).parent / "journal-1.jsonl").exists()
    assert world.terminal.journal.past.charges == 1
    begin_anew(world)
    world.terminal.stop()
    monkeypatch.setattr(journal_module, "LONG", 10_000)
    damage(world)
    world.restart()
    stopped(world, "Books_Differ")


def test_what_may_differ_does_not_stop_the_service(world: World) -> None:
    """A lost outbox, paper taken in the dark, a receipt in the tray."""
    world.to_pay()
    world.drop(100, 100, 50)
    world.wait_for("TakePaper")
    world.devices.printer.take_paper()
    world.wait_for("AskReceipt")
    world.touch(e.ReceiptChosen(True))
    world.wait_for("Thanks")
    world.settled()
    world.terminal.stop()
    for file in (world.folder / "data").glob("outbox.sqlite*"):
        file.unlink()
    world.restart()
    world.settled()
    assert set(kinds_told(world)) == {ReportKind.PAID.value, ReportKind.HANDED_OVER.value}
    begin_anew(world)


def test_a_resident_who_has_paid_is_served_to_the_end_first(world: World) -> None:
    world.to_pay()
    world.terminal.post(e.ServiceStopped("Report_Refused"))
    world.drop(100, 100, 50)
    world.wait_for("TakePaper")
    world.devices.printer.take_paper()
    world.wait_for("AskReceipt")
    world.touch(e.ReceiptChosen(False), e.Acknowledged())
    world.wait_for("OutOfService")


def test_whoever_has_not_begun_to_pay_is_sent_away_and_the_session_ends(world: World) -> None:
    world.to_menu()
    world.terminal.post(e.ServiceStopped("Report_Refused"))
    world.wait_for("OutOfService")
    world.settled()
    assert [reason for _, reason in world.centre.ended] == ["Report_Refused"]
