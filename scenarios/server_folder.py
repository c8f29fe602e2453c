"""The folder of `konbini server --folder`: what lies together there, so that kept data and what fits them are never parted.

| there | what |
|---|---|
| `authority.db`, `center.db`, `operations.db`, `ledger.db`, `replica-CODE.db` | the books; one replica a town; `ledger-CODE.db` where the towns have several issuing servers |
| `keys/` | the keys that the books were made with |
| `template/` | the beginning: databases, which towns they are of, and the virtual cards that this authority issued |
| `clock.json` | the clock, running on while no server does |
| `delivery/CODE/` | if there: what is delivered each night instead of the town's own files |
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from kiosk_app.folder_lock import FolderLock
from server_stub.card_registry import keep_only as keep_only_cards
from server_stub.card_registry import prepare_database as prepare_cards
from server_stub.db import make_private, sqlite_url
from server_stub.interface.clock import Clock, ClockSetting
from server_stub.interface.failures import Failed
from server_stub.issuing.ledger import keep_only, migrate_ledger

from . import paths
from .profile_cards import template_with_own_cards
from .sites import CARD_REGISTRY, LEDGER, sites_of
from .stage_secrets import KeyPool
from .template import CARDS, TOWNS, replica_name, towns_of
from .towns import Town, load_town, shipped_town

KEYS, TEMPLATE, CLOCK = "keys", "template", "clock.json"


class ServerLock(FolderLock):
    """Holds the folder for one server; raises Failed(Server_Folder_In_Use)."""

    FILE = "server.lock"
    FAILURE = "Server_Folder_In_Use"


def is_server_folder(folder: Path) -> bool:
    """Tell whether a server keeps, or has kept, its data in `folder`."""
    return (folder / CLOCK).is_file() or any(folder.glob("replica*.db"))


def kept_clock(folder: Path) -> Clock:
    """The clock of the server whose data are kept in `folder`. Raises Failed(Settings_Wrong)."""
    try:
        setting = ClockSetting.from_json(json.loads((folder / CLOCK).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise Failed(
            "Settings_Wrong",
            file=CLOCK,
            expected="データベースと並んだ時計（最初から始めるときは --begin-anew）",
        ) from error
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise Failed(
            "Settings_Wrong", file=CLOCK, expected="時計の設定（最初から始めるときは --begin-anew）"
        ) from error
    return Clock.from_setting(setting)


def _adopt_single_town(template: Path) -> None:
    """Make a template of before there were several towns one of today: it is of the first shipped town. The list of towns is
    written last, so that what was broken off is done again."""
    if (template / TOWNS).exists() or not (template / CARDS).exists():
        return
    town = load_town(shipped_town())
    adopt_single_replica(template, town)
    rows = json.loads((template / CARDS).read_text(encoding="utf-8"))
    told = [{**row, "municipality": town.code} for row in rows]
    part = template / f"{CARDS}.part"
    paths.write_private(part, json.dumps(told, ensure_ascii=False, indent=1).encode())
    part.replace(template / CARDS)
    paths.write_private(template / TOWNS, json.dumps([town.told]).encode())


def adopt_single_replica(folder: Path, town: Town) -> None:
    """Name the one replica of data of before there were several towns as that of `town`."""
    for end in ("", "-wal", "-shm"):
        old = folder / f"replica.db{end}"
        if old.exists():
            old.rename(folder / f"{replica_name(town.code)}.db{end}")


def adopt_single_ledger(folder: Path, towns: Sequence[Town]) -> None:
    """Part the books of one issuing server among those of the sites of today: data of before each site had a server of its own, or of
    towns that shared one since. What the one was called goes last, so that what was broken off is done again.

    Raises Failed(Settings_Wrong) where a site has no books: they are of other sites, and nobody's applications may be lost.
    """
    for what, prepare, keep in (
        (LEDGER, migrate_ledger, keep_only),
        (CARD_REGISTRY, prepare_cards, keep_only_cards),
    ):
        sites = [site for site in sites_of(towns) if site.named(what) in site.databases]
        one = folder / f"{what}.db"
        if sites and not sites[0].only and one.exists():
            prepare(sqlite_url(one))
            _into_one_file(one)
            for site in sites:
                part = folder / f"{site.named(what)}.db.part"
                part.unlink(missing_ok=True)
                make_private(part)
                with closing(sqlite3.connect(one)) as source, closing(sqlite3.connect(part)) as target:
                    source.backup(target)
                keep(sqlite_url(part), site.codes)
                _into_one_file(part)
                part.replace(folder / f"{site.named(what)}.db")
            one.unlink()
        kept, wanted = (
            {file.stem for file in folder.glob(f"{what}*.db")},
            {site.named(what) for site in sites},
        )
        # of cards there may be none yet: a town may use them only since
        wrong = kept and wanted and (kept - wanted or (wanted - kept if what == LEDGER else set()))
        if wrong:
            raise Failed(
                "Settings_Wrong",
                file=f"{min(wrong)}.db",
                expected="データを作ったときの [hosting]（証明発行サーバの置き場所。最初から始めるときは --begin-anew）",
            )


def _into_one_file(database: Path) -> None:
    """Leave nothing of it in SQLite's files beside it: it is about to be copied, renamed or deleted."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")


class ServerFolder:
    """A folder held for this server until `release`, or until its process ends, however that happens."""

    def __init__(
        self,
        folder: Path,
        *,
        begin_anew: bool = False,
        template: Path | None = None,
        towns: Sequence[Town] = (),
    ) -> None:
        """Keep what is there; with `begin_anew`, or where nothing is, everything is as at the beginning. `template`: of
        somebody who has the cards himself, else the checkout's for `towns` (none: the first shipped one), with the tester's own
        cards, is copied here.

        Raises Failed: Server_Folder_In_Use, Settings_Wrong for a folder whose clock cannot be read, or whose data are of
        other towns than those named.
        """
        self.path = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(folder.iterdir()) or self._there():
            paths.private_folder(folder)  # one that holds other things too stays as its owner has it
        self._lock = ServerLock(folder)
        try:
            self._saved = None if begin_anew else self._read()
            self.kept = self._saved is not None
            if not self.kept:
                self._clear()
            if template is None:
                template = folder / TEMPLATE
                if not template.exists():
                    paths.private_folder(template)
                    shutil.copytree(template_with_own_cards(towns), template, dirs_exist_ok=True)
                _adopt_single_town(template)
                adopt_single_ledger(template, towns_of(template))
                if towns and [one.folder for one in towns_of(template)] != [one.folder for one in towns]:
                    raise Failed(
                        "Settings_Wrong",
                        file=folder.name,
                        expected="データを作ったときの市区町村（最初から始めるときは --begin-anew）",
                    )
        except BaseException:
            self._lock.release()
            raise
        self.template = template
        self.keys = KeyPool(folder / KEYS, KeyPool())

    @property
    def clock(self) -> Clock | None:
        """The kept clock, as it is now; None at a beginning."""
        return None if self._saved is None else Clock.from_setting(self._saved)

    def keep_clock(self, clock: Clock) -> None:
        """Keep the setting of `clock` from now on. From the first time on there is something here to be kept."""

        def write() -> None:
            text = json.dumps(clock.setting.to_json())
            part = self.path / f"{CLOCK}.part"
            paths.write_private(part, text.encode())
            part.replace(self.path / CLOCK)

        write()
        clock.subscribe(write)

    def release(self) -> None:
        self._lock.release()

    def _read(self) -> ClockSetting | None:
        if not (self.path / CLOCK).exists() and not self._there():
            return None
        return kept_clock(self.path).setting

    def _there(self) -> bool:
        return (self.path / CLOCK).exists() or any(self._databases())

    def _databases(self) -> list[Path]:
        """Those that a server puts here, with what SQLite keeps beside them."""
        several = ("ledger", "card_registry", "replica")
        names = ("authority", "center", *several, *(f"{name}-[0-9]*" for name in several))
        ends = ("", "-wal", "-shm", "-journal")
        return [file for name in names for end in ends for file in self.path.glob(f"{name}.db{end}")]

    def _clear(self) -> None:
        """Only what a server puts here; the clock first, so that half a clearing is none that would be kept."""
        (self.path / CLOCK).unlink(missing_ok=True)
        for file in self._databases():
            file.unlink(missing_ok=True)
        for key in (self.path / KEYS).glob("TEST-ONLY-*"):
            key.unlink()
        if (self.path / TEMPLATE / CARDS).exists():
            shutil.rmtree(self.path / TEMPLATE)
