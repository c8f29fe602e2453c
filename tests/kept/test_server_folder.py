"""`konbini server --folder`: what lies there is kept, is nobody else's, and is wiped only by name."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios.cli import app
from scenarios.server_folder import ServerFolder
from scenarios.template import load_cards
from server_stub.interface.clock import JST, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ReportKind
from server_stub.interface.trace import Trace
from tests.hostile.visitor import Visitor
from tests.kept.server import Server, command, until
from tests.long import LONG

pytestmark = [pytest.mark.xdist_group("kept"), pytest.mark.skipif(os.name == "nt", reason="modes of files")]
CARD = "六甲翠のカード"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Begun with a umask that would let everybody in."""
    server = Server(tmp_path_factory.mktemp("kept") / "servers", "--clock", "2026-06-08T09:00", umask=0)
    yield server
    server.stop()


def visit(server: Server, folder: Path) -> None:
    clock = server.clock()
    visitor = Visitor(
        folder, server.urls["center"], "KIOSK-STORE-01", server.folder / "template", clock, Trace(clock)
    )
    paper = visitor.paper(load_cards(server.folder / "template")[CARD], "residence")
    visitor.tell(paper, ReportKind.PAID, paper.fee_total)
    visitor.tell(paper, ReportKind.HANDED_OVER)
    visitor.end(paper.session_id)
    visitor.close()


def test_a_server_started_again_goes_on_where_it_was(server: Server, tmp_path: Path) -> None:
    """LedgerQueries, keys, cards and clock; a terminal that was set to the clock of the first is right before the second."""
    visit(server, tmp_path / "one")
    books = server.books()
    until(lambda: books.charges() == [250], "no charge")
    before = server.clock()
    server.stop()
    server.start()
    assert books.charges() == [250]
    assert [application.state for application in books.applications()] == ["handed_over"]
    assert abs(server.clock().now() - before.now()) < timedelta(milliseconds=1)
    assert before.now() > datetime(2026, 6, 8, 9, 0, tzinfo=JST)
    visit(server, tmp_path / "two")
    until(lambda: books.charges() == [250, 250], "no second charge")
    books.close()


def test_a_second_server_on_the_same_folder_is_refused(server: Server) -> None:
    for options in ((), ("--begin-anew",)):
        second = command(server.folder, *options)
        assert second.returncode == 2
        assert "Server_Folder_In_Use" in second.stderr and len(second.stderr.strip().splitlines()) == 1
    assert server.post("/v1/sessions").is_success


def test_the_clock_is_not_set_back_over_kept_data(server: Server) -> None:
    server.stop()
    try:
        refused = command(server.folder, "--clock", "2026-06-08T08:59")
        assert refused.returncode == 2
        assert "--begin-anew" in refused.stderr and "戻すことはできません" in refused.stderr
    finally:
        server.start("--clock", "2026-06-08T12:00")
    assert server.clock().now() >= datetime(2026, 6, 8, 12, 0, tzinfo=JST)


def test_everything_with_a_secret_is_its_owners_only(server: Server) -> None:
    """Whatever the umask: so it was made that way and not made so afterwards."""
    open_to_others = {
        str(path.relative_to(server.folder))
        for path in [server.folder, *server.folder.rglob("*")]
        if path.stat().st_mode & 0o077
    }
    # what may be read inside a folder that nobody else may enter: no secret, or a copy
    assert {path for path in open_to_others if not path.startswith(("template/", "server.lock"))} == set()
    assert server.folder.stat().st_mode & 0o777 == 0o700
    assert (server.folder / "template").stat().st_mode & 0o777 == 0o700


def test_the_nights_that_passed_while_it_was_off_are_made_up_for_and_can_be_taken_back(
    server: Server,
) -> None:
    server.stop()
    server.start("--clock", "2026-07-15T10:00")
    told = CliRunner().invoke(app, ["delivery", "list", "--json", "--folder", str(server.folder)])
    *_, before, last = json.loads(told.stdout)
    assert (last["made_at"], last["living"]) == ("2026-07-15T05:00:00+09:00", True)
    # while the server runs
    taken = CliRunner().invoke(app, ["delivery", "take-back", "--folder", str(server.folder)])
    assert taken.exit_code == 0 and f"第{before['generation']}世代" in taken.stdout
    told = CliRunner().invoke(app, ["delivery", "list", "--folder", str(server.folder)])
    lines = told.stdout.splitlines()
    assert lines[-1].endswith("取消し") and lines[-2].endswith("交付に使用中")
    # and one more is not kept
    twice = CliRunner().invoke(app, ["delivery", "take-back", "--folder", str(server.folder)])
    assert isinstance(twice.exception, Failed) and twice.exception.failure == "Delivery_None_Before"


@pytest.mark.skipif(not LONG, reason="with make fuzz (KONBINI_LONG=1)")
def test_a_folder_of_before_there_were_several_towns_is_gone_on_with(tmp_path: Path) -> None:
    """Then the one town was the first shipped one, a replica had no code in its name, and a card named no municipality."""
    old = Server(tmp_path / "servers", "--clock", "2026-06-08T09:00")
    visit(old, tmp_path / "one")
    old.stop()
    template = old.folder / "template"
    for folder in (old.folder, template):
        (folder / "replica-28100.db").rename(folder / "replica.db")
    (template / "towns.json").unlink()
    cards = json.loads((template / "cards.json").read_text(encoding="utf-8"))
    for card in cards:
        del card["municipality"]
    (template / "cards.json").write_text(json.dumps(cards), encoding="utf-8")
    other = command(old.folder, "--town", "mihon")
    assert other.returncode == 2 and "データを作ったときの市区町村" in other.stderr
    old.start()
    try:
        books = old.books()
        assert books.charges() == [250]
        visit(old, tmp_path / "two")
        until(lambda: books.charges() == [250, 250], "no second charge")
        books.close()
    finally:
        old.stop()


def test_a_folder_of_no_server_is_named(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["delivery", "list", "--folder", str(tmp_path)])
    assert "ではありません" in str(told.exception)
    assert list(tmp_path.iterdir()) == []


def test_beginning_anew_is_asked_for_by_name(server: Server) -> None:
    (server.folder / "reports.txt").write_text("a file of somebody's own", encoding="utf-8")
    server.stop()
    server.start("--begin-anew")
    books = server.books()
    assert books.charges() == [] and books.applications() == []
    books.close()
    assert server.clock().now() < datetime(2026, 6, 4, tzinfo=JST)
    assert (server.folder / "reports.txt").exists()


def test_databases_without_their_clock_are_not_taken_for_a_beginning(tmp_path: Path) -> None:
    (tmp_path / "center.db").write_bytes(b"somebody's books")
    with pytest.raises(Failed, match="--begin-anew"):
        ServerFolder(tmp_path)
    assert (tmp_path / "center.db").read_bytes() == b"somebody's books"
    ServerFolder(tmp_path, begin_anew=True, template=tmp_path).release()
    assert not (tmp_path / "center.db").exists()


def test_a_kept_clock_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text('{"anchor_clock": "yesterday"}', encoding="utf-8")
    with pytest.raises(Failed, match="clock.json"):
        ServerFolder(tmp_path)


def test_a_frozen_and_a_fast_clock_are_kept_as_they_are(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 6, 3, 10, 0, tzinfo=JST))
    folder = ServerFolder(tmp_path, template=tmp_path)
    assert folder.clock is None and not folder.kept
    folder.keep_clock(clock)
    clock.run(60.0)
    clock.freeze()
    folder.release()
    again = ServerFolder(tmp_path, template=tmp_path)
    assert again.kept and again.clock is not None
    assert again.clock.setting == clock.setting
    again.release()
