"""The terminal's process is killed at every kind of record that a journal holds; switched on again, all books agree."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from kiosk_app.flow.state import TimeOuts
from scenarios import paths
from scenarios.stage import Stage
from scenarios.steps.world import World
from server_stub.interface.clock import real_monotonic_ns
from tests.long import part

pytestmark = [pytest.mark.別プロセス, pytest.mark.xdist_group("power")]
CARD = "六甲翠のカード"
COPIES = 2
DUE = 500


def pay(world: World) -> None:
    world.drop(DUE)


def apply(world: World) -> None:
    world.terminal.touch("この内容で申請する")


def cancel(world: World) -> None:
    world.drop(100)
    world.terminal.touch("中止する")


def pay_without_change(world: World) -> None:
    world.terminal.call("change_stock", stock={})
    world.drop(1000)


def pay_and_jam(world: World) -> None:
    world.terminal.call("jam_at", sheet=2)
    world.drop(DUE)


def take_paper(world: World) -> None:
    world.drop(DUE)
    world.terminal.wait_for("TakePaper")
    world.stage.take_paper()


def forget_paper(world: World) -> None:
    world.drop(DUE)
    world.terminal.wait_for("TakePaper")
    world.pass_time(TimeOuts().paper_take)
    world.terminal.wait_until(lambda: world.terminal.shows("取り忘れ"), "no warning")
    world.pass_time(TimeOuts().paper_forgotten)


def until(condition: Callable[[], bool]) -> None:
    """For what the servers do while there is no terminal."""
    limit = real_monotonic_ns() + 20e9
    while not condition():
        assert real_monotonic_ns() < limit, "the state did not come"
        threading.Event().wait(0.005)


@dataclass(frozen=True)
class End:
    """How it must stand afterwards: yen returned and kept, sheets in the tray, the application at centre and ledger."""

    returned: int
    kept: int
    tray: int
    state: str


CANCELLED = End(DUE, 0, 0, "cancelled")
TAKEN = End(0, DUE, 0, "handed_over")
IN_DOUBT = End(0, DUE, 0, "in_doubt")
CUTS: dict[str, tuple[Callable[[World], None], End]] = {
    "application.begun": (apply, End(0, 0, 0, "cancelled")),
    "take_money.intent": (pay, CANCELLED),
    "take_money.failed": (pay_without_change, End(1000, 0, 0, "cancelled")),
    "take_money.done": (pay, CANCELLED),
    "give_back.intent": (cancel, End(100, 0, 0, "cancelled")),
    "give_back.done": (cancel, End(100, 0, 0, "cancelled")),
    "print_sheet.intent": (pay, CANCELLED),
    "print_sheet.failed": (pay_and_jam, CANCELLED),
    "print_sheet.done": (pay, CANCELLED),
    "hand_over.intent": (pay, IN_DOUBT),
    "hand_over.done": (take_paper, TAKEN),
    "draw_in.intent": (forget_paper, IN_DOUBT),
    "draw_in.done": (forget_paper, IN_DOUBT),
    "report.due": (pay, CANCELLED),
    "application.closed": (take_paper, TAKEN),
}
OF_NO_VISIT = ("journal.begun", "journal.put_away", "staff.settled")
"""Each has a test of its own below."""


def test_every_kind_of_record_is_cut_at() -> None:
    files = ("device_gateway.py", "recovery.py", "reports.py", "books.py", "journal.py")
    source = "".join((paths.ROOT / "kiosk_app" / file).read_text("utf-8") for file in files)
    kinds = {kind for kind in re.findall(r'"([a-z_]+\.[a-z_]+)"', source) if not kind.endswith(".jsonl")}
    assert kinds == {*CUTS, *OF_NO_VISIT}


@pytest.fixture
def world(stage: Stage) -> Iterator[World]:
    """A terminal in a process of its own, at its top menu."""
    stage.reset()
    world = World(stage, stage.start_kiosk(separate=True))
    world.terminal.wait_for("TopMenu")
    yield world
    stage.start_kiosk()  # no dead process is left for the next test


@pytest.mark.parametrize("record", part(CUTS, 2))
def test_a_power_cut_leaves_nothing_contradicting(world: World, stage: Stage, record: str) -> None:
    cut_and_compare(world, stage, record, timedelta())


@pytest.mark.parametrize(
    "record",
    part(["take_money.done", "report.due", "print_sheet.done", "hand_over.intent", "draw_in.intent"], 2),
)
def test_nor_does_one_that_lasts_longer_than_the_session(world: World, stage: Stage, record: str) -> None:
    """The servers hear nothing in the meantime, the centre has cancelled what it took for unpaid."""
    cut_and_compare(world, stage, record, timedelta(hours=3))


def cut_and_compare(world: World, stage: Stage, record: str, dark: timedelta) -> None:
    act, end = CUTS[record]
    world.identify(CARD)
    world.choose("世帯全員", COPIES)
    if act is not apply:
        assert world.apply() == "Pay", world.refusal()
    if dark:
        stage.servers.fault_on("center.down", {})
    stage.cut_power_at(record, lambda: act(world))
    if dark:
        stage.clock.advance(dark)
        until(lambda: [a.state for a in stage.applications()] == ["cancelled"])
        stage.servers.fault_off("center.down")

    world.terminal = stage.start_kiosk()  # on the same journal, outbox and devices
    world.terminal.wait_for("TopMenu", "Refusal")
    told = {"returned": world.terminal.money()["returned"], "kept": world.terminal.money()["taken"]}
    assert (told["returned"], told["kept"]) == (end.returned, end.kept)
    assert world.terminal.money()["inserted"] == 0
    assert len(world.terminal.tray()) == end.tray
    assert world.terminal.call("open_journal_entries") == 0
    world.eventually(lambda: world.terminal.call("pending_reports") == 0, "reports are still waiting")
    (application,) = stage.applications()
    assert application.state == end.state
    world.eventually(lambda: sum(stage.charges()) == end.kept, "ledger and cash box differ")
    assert stage.incidents() == 0
    # and a second start finds nothing more to do
    before = world.terminal.money()
    world.terminal = stage.start_kiosk()
    world.terminal.wait_for("TopMenu", "Refusal")
    assert world.terminal.money() == before
    assert stage.incidents() == 0


# --- records of no visit ---------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from kiosk_app import journal
from server_stub.interface.clock import STAGE_START, Clock

path, kind, charges, kept = Path(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3]), int(sys.argv[4])

def fsync(descriptor):
    os.fsync(descriptor)
    if kind in path.read_bytes().splitlines()[-1]:
        os.kill(os.getpid(), signal.SIGKILL)

journal.LONG = 1
journal.Journal(path, Clock(STAGE_START), fsync=fsync).put_away(charges, kept)
"""


def one_visit(world: World) -> None:
    world.identify(CARD)
    world.choose("世帯全員", COPIES)
    assert world.apply() == "Pay", world.refusal()
    world.drop(DUE)
    world.take_paper()
    world.terminal.touch("印刷しない")
    world.terminal.wait_for("Thanks")
    world.eventually(lambda: world.terminal.call("pending_reports") == 0, "reports are still waiting")


def switched_on(world: World, stage: Stage, screen: str) -> None:
    world.terminal = stage.start_kiosk(separate=True)
    world.terminal.wait_for(screen)


@pytest.mark.parametrize("kind", part(["journal.put_away", "journal.begun"], 2))
def test_a_power_cut_while_a_journal_is_put_away_leaves_its_books_agreeing(
    world: World, stage: Stage, kind: str
) -> None:
    one_visit(world)
    stage._stop_kiosk()
    path = stage.visit_folder / "kiosk" / "data" / "journal.jsonl"
    killed = [sys.executable, "-c", KILLED, str(path), kind, "1", str(DUE)]
    assert subprocess.run(killed, check=False, timeout=60).returncode == -9
    for _ in range(2):
        switched_on(world, stage, "TopMenu")
        assert path.with_name("journal-1.jsonl").exists()
        assert world.terminal.money() == {"inserted": 0, "taken": DUE, "returned": 0}
    path.unlink()
    switched_on(world, stage, "TopMenu")  # nothing was in it
    one_visit(world)
    stage._stop_kiosk()
    path.unlink()
    switched_on(world, stage, "OutOfService")


def test_a_power_cut_while_staff_settle_is_settled_or_not(world: World, stage: Stage) -> None:
    one_visit(world)
    stage._stop_kiosk()
    (stage.visit_folder / "kiosk" / "data" / "journal.jsonl").unlink()
    switched_on(world, stage, "OutOfService")
    assert world.terminal.call("trouble")["failure"] == "Books_Differ"
    stage.cut_power_at("staff.settled", lambda: world.terminal.call("operator", action="checked"))
    switched_on(world, stage, "TopMenu")
    one_visit(world)
    assert sum(stage.charges()) == world.terminal.money()["taken"] == 2 * DUE
    assert stage.incidents() == 0
