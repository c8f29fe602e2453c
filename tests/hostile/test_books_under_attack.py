"""A full disk, a held book, at every place of a visit where something is written; then staff settle it, or the power goes. No
yen and no sheet is lost, none meets anybody else, and all books agree in the end."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path

import pytest

from kiosk_app.flow import events as e
from server_stub.interface.application_states import State
from tests.long import part
from tests.terminal.bench import VISITS, Bench
from tests.terminal.conftest import quick_path as quick_path

from .attacks import FOR_GOOD_ONLY, INJECTIONS, LAST, SAME_WAY, Attack, Fault


def staff_settle(bench: Bench) -> Bench:
    """The disk is empty again, the book is free; staff press 「返金して再開」."""
    bench.device_gateway.settle("returned")
    return bench


def power_goes(bench: Bench) -> Bench:
    bench.off()
    again = Bench(bench.folder)
    again.recover()
    return again


@pytest.mark.parametrize(("injection", "after"), part(product(INJECTIONS, (staff_settle, power_goes)), 3))
def test_no_attack_on_the_books_loses_or_misleads_money_or_paper(
    injection: str,
    after: Callable[[Bench], Bench],
    quick_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    attacks = 0
    violations: list[str] = []
    for visit in (name for name in VISITS if name not in SAME_WAY):
        once_too = after is staff_settle and injection not in FOR_GOOD_ONLY
        for for_good in (False, True) if once_too else (True,):
            for at in range(LAST):
                fault = Fault(at, for_good)
                attack = Attack(quick_path / f"{visit}-{at}-{for_good}", visit)
                try:
                    bench = attack.strike(INJECTIONS[injection], fault)
                    bench = after(bench)
                    attack.all_agrees(bench)
                except AssertionError as error:
                    violations.append(f"{visit}, {injection} at {at}, {for_good}: {error}")
                bench.off()
                if not fault.struck:
                    break
                attacks += 1
    record_property("attacks", attacks)
    record_property("violations", len(violations))
    assert not violations, "\n".join(violations)
    assert attacks >= 5


def test_forgotten_paper_is_drawn_in_without_a_record_of_it_too(quick_path: Path) -> None:
    """The next resident must not find it, whatever the disk says; and staff hear of it, not the ledger."""
    bench = Bench(quick_path).visit(VISITS["to the end"][:3])
    with INJECTIONS["journal: disk full"](bench, Fault(0, True)):
        bench.act(e.DeadlinePassed())
        bench.act(e.DeadlinePassed())
        assert bench.devices.printer.tray() == ()
        assert isinstance(bench.device_gateway.check(), e.ServiceStopped)
    (recovered,), resumed = bench.device_gateway.settle("returned")
    assert (recovered.outcome, recovered.returned) == (State.IN_DOUBT, 0)
    assert resumed == e.ServiceResumed()
    bench.off()


# --- a disk that really is full ----------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """One of 1 MiB, in memory."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def fill(bench: Bench) -> None:
    """Until not one byte more goes in."""
    with (bench.folder / "filler").open("ab", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass


@contextmanager
def emptied_afterwards(bench: Bench, fault: Fault) -> Iterator[None]:
    fault.struck = True
    yield
    (bench.folder / "filler").unlink(missing_ok=True)


@pytest.mark.parametrize("after", [staff_settle, power_goes])
@pytest.mark.parametrize("visit", ["to the end", "cancelled after coins"])
def test_nor_does_a_disk_that_really_is_full(
    visit: str,
    after: Callable[[Bench], Bench],
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    """Filled between two acts of the resident, wherever that is."""
    hands = VISITS[visit]
    for at in range(len(hands)):
        monkeypatch.setitem(VISITS, visit, (*hands[:at], fill, *hands[at:]))
        folder = small_disk / str(at)
        attack = Attack(folder, visit)
        bench = after(attack.strike(emptied_afterwards, Fault(at, True)))
        attack.all_agrees(bench)
        bench.off()
        shutil.rmtree(folder)
    record_property("attacks", len(hands))
