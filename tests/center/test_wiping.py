"""Nothing of a paper or a name stays in any file of the centre's database once the paper is handed over or cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from scenarios.servers import LocalServers
from scenarios.template import load_cards, template_folder
from server_stub.interface.clock import STAGE_START, Clock, real_monotonic_ns
from server_stub.interface.terminal import ReportKind
from server_stub.interface.trace import Trace
from tests.hostile.visitor import Received, Visitor
from tests.long import part

CARD = "六甲翠のカード"
NAME = "六甲　翠".encode()
STEP = 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wiping")


@pytest.fixture(scope="module")
def visitor(folder: Path) -> Iterator[Visitor]:
    template = template_folder()
    clock = Clock(STAGE_START)
    trace = Trace(clock)
    servers = LocalServers(folder / "servers", template, clock, trace)
    visitor = Visitor(folder / "kiosk", servers.center_url, "KIOSK-STORE-01", template, clock, trace)
    yield visitor
    visitor.close()
    servers.stop()


def parts_of(sheets: tuple[bytes, ...]) -> set[bytes]:
    """Pieces from all over each sheet: whatever page of a file keeps a piece of it, keeps some of them whole. One byte over and
    over, as a black picture is packed, stands in every file and tells nothing."""
    pieces = {sheet[at : at + STEP] for sheet in sheets for at in range(0, len(sheet) - STEP, 997)}
    return {piece for piece in pieces if len(set(piece)) > 1}


def found(files: Iterable[Path], parts: set[bytes]) -> set[str]:
    """The names of those files in which any of `parts` stands."""
    return {
        path.name
        for path in files
        if path.is_file() and any(part in content for content in [path.read_bytes()] for part in parts)
    }


def gone(folder: Path, parts: set[bytes], pattern: str) -> set[str]:
    """The files below `folder` that still hold any of `parts`, when they have had their time."""
    limit = real_monotonic_ns() + 30e9
    while (left := found(folder.rglob(pattern), parts)) and real_monotonic_ns() < limit:
        pass
    return left


def hand_over(visitor: Visitor, paper: Received) -> None:
    visitor.tell(paper, ReportKind.PAID, paper.fee_total)
    visitor.tell(paper, ReportKind.HANDED_OVER)
    visitor.end(paper.session_id)


def cancel(visitor: Visitor, paper: Received) -> None:
    visitor.tell(paper, ReportKind.PAID, paper.fee_total)
    visitor.tell(paper, ReportKind.CANCELLED)
    visitor.end(paper.session_id)


def end_unpaid(visitor: Visitor, paper: Received) -> None:
    visitor.end(paper.session_id)


@pytest.mark.parametrize("end", part([hand_over, cancel, end_unpaid], 3))
def test_no_byte_of_a_paper_stays_in_a_database(
    folder: Path, visitor: Visitor, end: Callable[[Visitor, Received], None]
) -> None:
    card = load_cards(template_folder())[CARD]
    paper = visitor.paper(card, "residence", copies=2)
    parts = parts_of(paper.sheets)
    assert len(parts) > 50
    # as long as it may be fetched it is there: the search would find it
    assert found(folder.rglob("*"), parts) & {"center.db", "center.db-wal"}
    # the offers that were shown have the name (the replica has it for good)
    assert found(folder.rglob("center.db*"), {NAME})
    end(visitor, paper)
    assert gone(folder, parts, "*") == set()
    assert gone(folder, {NAME}, "center.db*") == set()
    assert gone(folder, {NAME}, "ledger.db*") == set()
