"""Status reports reach the centre: in order, again until taken, after a restart, and a refused one holds up nobody."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from kiosk_app import outbox as outbox_module
from kiosk_app.outbox import Message, Outbox
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ReportKind, StatusReport

CLOCK = Clock(STAGE_START)


def report(kind: ReportKind) -> StatusReport:
    return StatusReport(report_id=new_ulid(CLOCK), kind=kind, at=CLOCK.now(), amount=250)


class Centre:
    """Takes messages, or refuses by `failures[session]`."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.failures: dict[str, str] = {}

    def __call__(self, message: Message) -> None:
        if message.session_id in self.failures:
            raise Failed(self.failures[message.session_id])
        self.taken.append((message.session_id, message.report.kind.value if message.report else "end"))


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox.sqlite")


def test_messages_go_out_in_their_order_once(outbox: Outbox) -> None:
    centre = Centre()
    outbox.put_report("S", "A", report(ReportKind.PAID))
    outbox.put_report("S", "A", report(ReportKind.HANDED_OVER))
    outbox.put_end("S", "done")
    assert outbox.drain(centre) == []
    assert centre.taken == [("S", "paid"), ("S", "handed_over"), ("S", "end")]
    outbox.drain(centre)
    assert len(centre.taken) == 3
    assert outbox.pending() == []
    assert not outbox.put_report("S", "A", report(ReportKind.PAID)), "it is known that it was told"


def test_one_report_of_a_kind_and_one_end(outbox: Outbox) -> None:
    assert [outbox.put_report("S", "A", report(ReportKind.PAID)) for _ in range(2)] == [True, False]
    assert [outbox.put_end("S", why) for why in ("one", "two")] == [True, False]
    assert len(outbox.pending()) == outbox.waiting == 2


def test_what_the_centre_could_not_take_waits_through_a_restart(tmp_path: Path) -> None:
    first = Outbox(tmp_path / "o.sqlite")
    sent = report(ReportKind.PAID)
    first.put_report("S", "A", sent)
    centre = Centre()
    centre.failures["S"] = "Centre_Unreachable"
    with pytest.raises(Failed, match="Centre_Unreachable"):
        first.drain(centre)
    first.close()
    second = Outbox(tmp_path / "o.sqlite")
    assert [m.report for m in second.pending()] == [sent]
    assert second.waiting == 1
    centre.failures.clear()
    second.drain(centre)
    assert second.waiting == 0
    assert centre.taken == [("S", "paid")]


def test_a_session_that_must_wait_holds_up_no_other_and_keeps_its_order(outbox: Outbox) -> None:
    centre = Centre()
    centre.failures["S"] = "Internal_Error"
    outbox.put_report("S", "A", report(ReportKind.PAID))
    outbox.put_end("S", "")
    outbox.put_end("T", "")
    with pytest.raises(Failed, match="Internal_Error"):
        outbox.drain(centre)
    assert centre.taken == [("T", "end")]
    centre.failures.clear()
    outbox.drain(centre)
    assert centre.taken[1:] == [("S", "paid"), ("S", "end")]


def test_a_refusal_that_will_not_change_is_told_and_not_sent_again(outbox: Outbox) -> None:
    centre = Centre()
    centre.failures["S"] = "Application_State_Conflict"
    outbox.put_report("S", "A", report(ReportKind.PAID))
    ((message, failed),) = outbox.drain(centre)
    assert (message.application_id, failed.failure) == ("A", "Application_State_Conflict")
    assert outbox.pending() == []


def test_what_is_put_while_another_thread_sends_is_sent_too(outbox: Outbox) -> None:
    sending, go_on = threading.Event(), threading.Event()
    taken: list[str] = []

    def slow(message: Message) -> None:
        taken.append(message.session_id)
        sending.set()
        go_on.wait(10)

    outbox.put_end("S", "")
    thread = threading.Thread(target=outbox.drain, args=(slow,))
    thread.start()
    assert sending.wait(10)
    outbox.put_end("T", "")
    assert outbox.drain(slow) == []
    go_on.set()
    thread.join(10)
    assert taken == ["S", "T"]


@pytest.mark.parametrize("opened", [True, False])
def test_a_book_that_is_held_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: bool) -> None:
    monkeypatch.setattr(outbox_module, "BUSY_SECONDS", 0.01)
    path = tmp_path / "outbox.sqlite"
    held = Outbox(path)
    if opened:
        held.put_end("S", "")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Failed, match="Outbox_Not_Written"):
        held.put_report("S", "A", report(ReportKind.PAID))
    other.execute("ROLLBACK")
    other.close()
    assert held.put_report("S", "A", report(ReportKind.PAID))
    held.close()


def test_a_refused_report_is_named_until_it_was_seen_and_an_end_is_none(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox(path)
    centre = Centre()
    centre.failures["S"] = "Application_State_Conflict"
    outbox.put_report("S", "A", report(ReportKind.PAID))
    outbox.put_end("S", "")
    assert outbox.refused() == []
    outbox.drain(centre)
    refused = [("A", "paid", "Application_State_Conflict")]
    assert outbox.refused() == refused
    outbox.close()
    again = Outbox(path)
    assert again.refused() == refused
    again.acknowledge(refused)
    assert again.refused() == []
    assert again.drain(centre) == []
    again.close()


def test_a_book_of_before_is_taken_up(tmp_path: Path) -> None:
    """Without the numbers of the journal's records."""
    book = sqlite3.connect(tmp_path / "o.sqlite")
    book.executescript(
        "CREATE TABLE message (number INTEGER PRIMARY KEY, session TEXT NOT NULL, application TEXT NOT NULL,"
        " kind TEXT NOT NULL, report TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',"
        " UNIQUE (session, application, kind));"
        "INSERT INTO message (session, application, kind, report, reason) VALUES ('S', '', 'end', '', 'done');"
    )
    book.close()
    outbox = Outbox(tmp_path / "o.sqlite")
    assert [m.session_id for m in outbox.pending()] == ["S"]
    assert outbox.known() == {("S", "", "end"): 0}
    outbox.close()
