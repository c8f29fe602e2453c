"""`konbini server backup` and `restore`: whole or not at all, never over anything, and what came after the backup is fetched again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from scenarios.backup import MANIFEST, back_up, restore
from scenarios.cli import app
from scenarios.ledger_queries import LedgerQueries
from scenarios.server_folder import ServerFolder
from scenarios.servers import STORE, LocalServers
from scenarios.template import load_cards
from server_stub.db import sqlite_url
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.restoration import RestorationList
from server_stub.interface.terminal import ReportKind
from server_stub.interface.trace import Trace
from server_stub.issuing.ledger import Ledger
from tests.hostile.visitor import Received, Visitor
from tests.kept.server import until

pytestmark = [pytest.mark.xdist_group("kept"), pytest.mark.skipif(os.name == "nt", reason="modes of files")]
CARD = "六甲翠のカード"
KOBE = "28100"
MACHINE = STAGE_START + timedelta(days=1)


class Served:
    """Servers on a folder of their own in this process, and one terminal before them without screens."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.place = ServerFolder(folder)
        self.clock = clock or self.place.clock or Clock(STAGE_START)
        self.trace = Trace(self.clock)
        self.servers = LocalServers(
            folder, self.place.template, self.clock, self.trace, keys=self.place.keys, kept=self.place.kept
        )
        self.place.keep_clock(self.clock)
        self.cards = load_cards(self.place.template)

    def visitor(self, folder: Path) -> Visitor:
        return Visitor(folder, self.servers.center_url, STORE, self.place.template, self.clock, self.trace)

    def ops(self, method: str, path: str, body: dict[str, object] | None = None) -> httpx.Response:
        key = self.place.keys.text("ops-issuing")
        url = f"{self.servers.issuing_urls[KOBE]}/ops/v1/{path}"
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.request(method, url, json=body, headers=headers, trust_env=False, timeout=30)

    def restorations(self) -> RestorationList:
        return RestorationList.model_validate_json(self.ops("GET", "restorations").content)

    def stop(self) -> None:
        self.servers.stop()
        self.place.release()


def papers(visitor: Visitor, served: Served, *ends: tuple[ReportKind, ...]) -> list[Received]:
    found = []
    for reports in ends:
        paper = visitor.paper(served.cards[CARD], "residence")
        for kind in reports:
            visitor.tell(paper, kind, paper.fee_total if kind is ReportKind.PAID else 0)
        found.append(paper)
    return found


PAID, HANDED_OVER = ReportKind.PAID, ReportKind.HANDED_OVER


def said(file: Path) -> dict[str, Any]:
    """What a ledger says of papers and money."""
    ledger = Ledger(sqlite_url(file))
    told = {
        one.application_id: (
            one.state, one.fee_total, one.holder, one.received_at, one.terminal_id, one.generation,
            [(c.issue_number, c.sheets, c.subjects) for c in ledger.copies(one.application_id)],
            sorted(ledger.reports(one.application_id), key=lambda report: report.report_id),
        )
        for one in ledger.applications()
    }  # fmt: skip
    charges = ledger.charges(refunded=True)
    ledger.close()
    return told | {"charges": charges}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path, Path]]:
    """Servers that serve, a backup made meanwhile, and what came afterwards: the folder of the terminal."""
    folder = tmp_path_factory.mktemp("backup")
    served = Served(folder / "servers", Clock(STAGE_START))
    visitor = served.visitor(folder / "terminal")
    papers(visitor, served, (PAID, HANDED_OVER), (PAID,))
    backup = folder / "backup"
    told = CliRunner().invoke(app, ["server", "backup", str(served.place.path), "--to", str(backup)])
    assert told.exit_code == 0, told.output
    papers(visitor, served, (PAID, HANDED_OVER), (PAID,), ())
    visitor.close()
    yield served, backup, folder
    served.stop()


def test_what_was_settled_after_the_backup_is_fetched_again(
    kept: tuple[Served, Path, Path], tmp_path: Path
) -> None:
    """The data centre is lost and restored in another folder, at another port; the centre has all of the time between."""
    served, backup, _ = kept
    ledger = served.place.path / "ledger.db"
    books = LedgerQueries(served.place.path)
    until(lambda: len(books.charges()) == 4, "not every payment has arrived")
    until(lambda: sum(one.state == "handed_over" for one in books.ledger()) == 2, "nor hand-over")
    books.close()
    before = said(ledger)
    served.servers.lose_site(KOBE)
    assert not ledger.exists()
    elsewhere = tmp_path / "elsewhere"
    restore(backup, elsewhere, marked_at=MACHINE, site=KOBE, clock=served.clock)
    assert {path.name for path in elsewhere.iterdir()} == {"ledger.db", "registration.db", "replica-28100.db"}
    assert len(said(elsewhere / "ledger.db")) == 3  # two applications and the charges
    served.servers.restore_site(KOBE, elsewhere)
    until(lambda: served.restorations().restorations[0].fetched_at is not None, "the centre does not tell")
    assert said(elsewhere / "ledger.db") == before
    visitor = served.visitor(tmp_path / "terminal")
    with pytest.raises(Failed) as caught:
        visitor.paper(served.cards[CARD], "residence")
    assert caught.value.failure == "Service_Being_Restored"
    confirmed = served.ops("POST", f"restorations/{KOBE}/confirm", {"operator": "市民課　見本職員"})
    assert confirmed.is_success, confirmed.text
    paper = visitor.paper(served.cards[CARD], "residence")
    known = {number for name, one in before.items() if name != "charges" for number, _, _ in one[6]}
    assert len(known) == 5 and not set(paper.issue_numbers) & known
    assert "-Z" in paper.issue_numbers[0]
    visitor.close()


def test_of_a_centre_that_was_lost_too_only_the_terminals_tell(
    kept: tuple[Served, Path, Path], tmp_path: Path
) -> None:
    """Everything is put back to the backup: what a terminal reports of the lost time stays as an incident with its money."""
    served, backup, folder = kept
    whole = tmp_path / "whole"
    assert CliRunner().invoke(app, ["server", "restore", str(backup), "--folder", str(whole)]).exit_code == 0
    after = Served(whole)
    try:
        until(lambda: after.restorations().restorations[0].fetched_at is not None, "the centre does not tell")
        (entry,) = after.restorations().restorations
        assert (entry.records_missing, entry.applications) == (True, 0)
        visitor = after.visitor(tmp_path / "terminal")
        lost = Received("01KT5FX4M0S30EG58PQ46VB3AW", "01KT5FX4M0B1ZXGRFNE2CGJST8", "", (), (), 250)
        with pytest.raises(Failed) as caught:
            visitor.tell(lost, PAID, 250)
        assert caught.value.failure == "Application_Unknown"
        visitor.close()
        with closing(sqlite3.connect(whole / "center.db")) as center:
            (row,) = center.execute("SELECT application_id, terminal_id, name, detail FROM incidents")
        assert row[:3] == (lost.application_id, STORE, "Application_Unknown")
        assert json.loads(row[3])["amount"] == 250
        told = CliRunner().invoke(app, ["server", "restoration", "--folder", str(whole)])
        assert "センターもこの期間の記録を失っています" in told.stdout and "職員の確認　まだ" in told.stdout
        asked = ["server", "restoration", "--folder", str(whole), "--confirm", "--operator", "見本職員"]
        told = CliRunner().invoke(app, asked)
        assert told.exit_code == 0 and "見本職員" in told.stdout
        visitor = after.visitor(tmp_path / "again")
        assert visitor.paper(after.cards[CARD], "residence").sheets
        visitor.close()
    finally:
        after.stop()


# --- whole, or not at all ------------------------------------------------------------------------------------------------


def test_a_backup_is_its_owners_only_and_names_what_it_holds(kept: tuple[Served, Path, Path]) -> None:
    _, backup, _ = kept
    paths = [backup, *backup.rglob("*")]
    assert [path.name for path in paths if path.stat().st_mode & 0o077] == []
    manifest = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
    assert datetime.fromisoformat(manifest["made_at"]).date() == STAGE_START.date()
    databases = ("authority", "center", "ledger", "operations", "registration", "site", "replica-28100")
    assert set(manifest["revisions"]) == {f"{name}.db" for name in databases}
    assert manifest["ledgers"] == {"ledger.db": [KOBE]}
    assert any(name.startswith("keys/") for name in manifest["files"])


def test_a_backup_in_one_file_restores_the_same(kept: tuple[Served, Path, Path], tmp_path: Path) -> None:
    served, _, _ = kept
    packed = tmp_path / "backup.tar"
    back_up(served.place.path, packed)
    assert packed.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["backup.tar"]
    restore(packed, tmp_path / "restored", marked_at=MACHINE)
    assert (tmp_path / "restored" / "clock.json").exists()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda folder: (folder / MANIFEST).unlink(), "ない"),
        (lambda folder: (folder / MANIFEST).write_text("{"), "読み取れない"),
        (lambda folder: (folder / "ledger.db").unlink(), "ない"),
        (
            lambda folder: (folder / "center.db").write_bytes((folder / "center.db").read_bytes() + b" "),
            "目録と違う",
        ),
        (lambda folder: (folder / "more.db").write_bytes(b""), "目録にない"),
    ],
)
def test_a_backup_that_is_not_as_its_manifest_says_restores_nothing(
    kept: tuple[Served, Path, Path], tmp_path: Path, change: object, found: str
) -> None:
    copy = tmp_path / "backup"
    shutil.copytree(kept[1], copy)
    change(copy)  # type: ignore[operator]
    with pytest.raises(Failed) as caught:
        restore(copy, tmp_path / "restored", marked_at=MACHINE)
    assert (caught.value.failure, caught.value.facts["found"]) == ("Backup_Damaged", found)
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


def test_a_backup_of_a_newer_version_restores_nothing(
    kept: tuple[Served, Path, Path], tmp_path: Path
) -> None:
    copy = tmp_path / "backup"
    shutil.copytree(kept[1], copy)
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    with closing(sqlite3.connect(copy / "ledger.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    manifest["files"]["ledger.db"] = hashlib.sha256((copy / "ledger.db").read_bytes()).hexdigest()
    (copy / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(Failed) as caught:
        restore(copy, tmp_path / "restored", marked_at=MACHINE)
    assert caught.value.failure == "Database_Of_Newer_Version"
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


def test_nothing_is_restored_over_what_is_there(kept: tuple[Served, Path, Path], tmp_path: Path) -> None:
    target = tmp_path / "restored"
    target.mkdir()
    (target / "somebody's.txt").write_text("mine", encoding="utf-8")
    for attempt in (
        lambda: restore(kept[1], target, marked_at=MACHINE),
        lambda: back_up(kept[0].place.path, target),
    ):
        with pytest.raises(Failed) as caught:
            attempt()
        assert caught.value.failure == "Restore_Over_Data"
    assert [path.name for path in target.iterdir()] == ["somebody's.txt"]


def test_a_backup_on_a_full_disk_says_so_and_leaves_no_secrets_behind(
    kept: tuple[Served, Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def connected(database: Any, **more: Any) -> Any:
        real = connect(database, **more)
        if "backup" in str(database):
            real.execute("PRAGMA max_page_count = 4")  # what SQLite says then is what it says of a full disk
        return real

    monkeypatch.setattr("scenarios.backup.sqlite3.connect", connected)
    with pytest.raises(OSError, match="No space"):
        back_up(kept[0].place.path, tmp_path / "backup")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_inside_the_folder_that_it_is_of_is_refused(kept: tuple[Served, Path, Path]) -> None:
    folder = kept[0].place.path
    told = CliRunner().invoke(app, ["server", "backup", str(folder), "--to", str(folder / "backup")])
    assert "サーバのフォルダの中です" in str(told.exception)
    assert not (folder / "backup").exists()


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
import scenarios.backup as backup
counted, real = 0, backup._sha256
def slow(path):
    global counted
    counted += 1
    if counted == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(path)
backup._sha256 = slow
if sys.argv[1] == "backup":
    backup.back_up(Path(sys.argv[2]), Path(sys.argv[3]))
else:
    backup.restore(Path(sys.argv[2]), Path(sys.argv[3]), marked_at=datetime.fromisoformat(sys.argv[4]))
"""


def test_ended_in_the_middle_it_is_as_if_it_had_never_begun(
    kept: tuple[Served, Path, Path], tmp_path: Path
) -> None:
    """kill -9 of backup and of restore; run again they do what they would have done."""
    served, backup, _ = kept
    for what, source, target in (
        ("backup", served.place.path, tmp_path / "backup"),
        ("restore", backup, tmp_path / "restored"),
    ):
        told = [sys.executable, "-c", KILLED, what, str(source), str(target), MACHINE.isoformat()]
        assert subprocess.run(told, check=False, timeout=100).returncode == -signal.SIGKILL
        assert not target.exists()
        if what == "backup":
            back_up(source, target)
        else:
            restore(source, target, marked_at=MACHINE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "restored"]
    restore(tmp_path / "backup", tmp_path / "again", marked_at=MACHINE)
    assert len(said(tmp_path / "restored" / "ledger.db")) == 3


def test_one_site_is_put_back_into_the_folder_that_lost_it(
    kept: tuple[Served, Path, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "servers"
    restore(kept[1], folder, marked_at=MACHINE)
    with pytest.raises(Failed) as caught:
        restore(kept[1], folder, marked_at=MACHINE, site=KOBE)
    assert caught.value.failure == "Restore_Over_Data"
    center = (folder / "center.db").read_bytes()
    for name in ("ledger.db", "registration.db", "replica-28100.db"):
        (folder / name).unlink()
    restore(kept[1], folder, marked_at=MACHINE, site=KOBE)
    assert (folder / "center.db").read_bytes() == center
    assert len(said(folder / "ledger.db")) == 3
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]
    with pytest.raises(LookupError):
        restore(kept[1], tmp_path / "none", marked_at=MACHINE, site="99999")
