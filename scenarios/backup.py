"""Back up the folder of a server, also while it serves, and restore it elsewhere (docs/continuity.md).

A backup is a folder (or one .tar of it) with a manifest. It holds whatever the server folder holds: also keys and PINs of the test
cards, and the replicas with all their people; so it is its owner's only, like the folder itself.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from server_stub.authority import prepare_database as migrate_authority
from server_stub.card_registry import prepare_database as migrate_card_registry
from server_stub.center.database import Database
from server_stub.center.database import prepare_database as migrate_center
from server_stub.center.retelling import begin_restoration as begin_at_center
from server_stub.db import make_private, migrate, sqlite_url
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.issuing.ledger import Ledger, migrate_ledger
from server_stub.issuing.restoration import begin_restoration as begin_at_ledger
from server_stub.operations import prepare_database as migrate_operations

from . import paths
from .server_folder import CLOCK, KEYS, TEMPLATE, ServerLock, kept_clock
from .sites import CARD_REGISTRY, LEDGER, REGISTRATION, Site, sites_of
from .template import (
    OPERATIONS,
    REGISTRATION_ROOMS,
    databases_of,
    prepare_registration_room,
    replica_name,
    towns_of,
)
from .towns import Town

MANIFEST, FORMAT = "manifest.json", 1
DELIVERY = "delivery"
PART, READY = ".{name}.part", ".restored-{code}"
"""What is being written, and databases of a site that are whole and only have to be moved to their place."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in a backup. `made_at`: by the clock of the servers, before the first byte was read. `site`: the municipalities whose site
    alone it is; () for everything. `ledgers`: which municipalities' each ledger is. `revisions`: of each database. `files`: SHA-256."""

    made_at: datetime
    site: tuple[str, ...]
    ledgers: dict[str, tuple[str, ...]]
    revisions: dict[str, str]
    files: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "made_at": self.made_at.isoformat(),
            "site": list(self.site),
            "ledgers": {name: list(codes) for name, codes in self.ledgers.items()},
            "revisions": self.revisions,
            "files": self.files,
        }

    @staticmethod
    def read(folder: Path) -> Manifest:
        """Raises Failed: Backup_Damaged, Database_Of_Newer_Version."""
        try:
            told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if told["format"] > FORMAT:
                raise Failed("Database_Of_Newer_Version", room="backup", revision=told["format"])
            return Manifest(
                datetime.fromisoformat(told["made_at"]),
                tuple(told["site"]),
                {name: tuple(codes) for name, codes in told["ledgers"].items()},
                dict(told["revisions"]),
                dict(told["files"]),
            )
        except FileNotFoundError as error:
            raise Failed("Backup_Damaged", file=MANIFEST, found="ない") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Failed("Backup_Damaged", file=MANIFEST, found="読み取れない") from error


# --- backing up ------------------------------------------------------------------------------------------------------------


def back_up(
    folder: Path, to: Path, *, site: str = "", clock: Clock | None = None, template: Path | None = None
) -> Manifest:
    """Write a backup of the server folder to `to`, whole or not at all; a name that ends in .tar becomes one file.

    `site`: the code of a municipality, whose site alone is backed up. `clock`, `template`: of servers whose folder has none of its own.
    Raises Failed: Restore_Over_Data where something is at `to`, Settings_Wrong for a folder of no server; LookupError for no such site.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise Failed("Restore_Over_Data", folder=to.name)
    towns = towns_of(template or folder / TEMPLATE)
    sites = _chosen(towns, site)
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(PART.format(name=to.name))
    shutil.rmtree(part, ignore_errors=True)
    paths.private_folder(part)
    try:
        made_at = (clock or kept_clock(folder)).now()
        # the ledgers first: what the centre knows beyond them is told again, what a ledger knew beyond the centre nobody could tell
        for name in _in_order(towns, sites, whole=not site):
            if (folder / f"{name}.db").exists():
                _copy_database(folder / f"{name}.db", part / f"{name}.db")
        for name in (KEYS, *(() if site else (TEMPLATE, DELIVERY))):
            if (folder / name).is_dir():
                _copy_files(folder / name, part / name)
        if (folder / CLOCK).exists():
            paths.copy_private(folder / CLOCK, part / CLOCK)
        files = sorted(path for path in part.rglob("*") if path.is_file())
        manifest = Manifest(
            made_at,
            sites[0].codes if site else (),
            {f"{one.named(LEDGER)}.db": one.codes for one in sites},
            {path.name: _revision(path) for path in files if path.suffix == ".db" and path.parent == part},
            {path.relative_to(part).as_posix(): _sha256(path) for path in files},
        )
        text = json.dumps(manifest.to_json(), ensure_ascii=False, indent=1)
        paths.write_private(part / MANIFEST, text.encode())
        _put(part, to)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)  # keys, PINs and people stay nowhere else than asked
        raise
    return manifest


def _chosen(towns: Sequence[Town], code: str) -> tuple[Site, ...]:
    """All sites, or the one of that municipality. Raises LookupError."""
    found = tuple(site for site in sites_of(towns) if not code or code in site.codes)
    if not found:
        raise LookupError(code)
    return found


def _in_order(towns: Sequence[Town], sites: Sequence[Site], *, whole: bool) -> list[str]:
    ledgers = [site.named(LEDGER) for site in sites]
    if whole:
        return ledgers + [name for name in databases_of(towns) if name not in ledgers]
    names = [name for site in sites for name in site.databases if name not in ledgers]
    return [*ledgers, *names, *(replica_name(code) for site in sites for code in site.codes)]


def _copy_database(source: Path, target: Path) -> None:
    """As it is at one moment, by SQLite's own backup; whoever writes there is not kept waiting. One file, nothing beside it."""
    make_private(target)
    with closing(sqlite3.connect(source, timeout=30)) as old, closing(sqlite3.connect(target)) as new:
        try:
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
            sound = new.execute("PRAGMA quick_check").fetchone()[0] == "ok"
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                sound = False
            elif error.sqlite_errorcode == sqlite3.SQLITE_FULL or not _has_room(target, source):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error
            else:
                raise
        if not sound:
            raise Failed("Database_Damaged", file=source.name)


def _has_room(target: Path, source: Path) -> bool:
    """Whether the disk could still take the rest: SQLite tells some writes to a full disk as I/O errors."""
    return shutil.disk_usage(target.parent).free > source.stat().st_size - target.stat().st_size


def _copy_files(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.name.endswith((".part", "-wal", "-shm")):
            place = target / path.relative_to(source)
            for folder in [*reversed(place.relative_to(target.parent).parents)][1:]:
                paths.private_folder(target.parent / folder)
            paths.copy_private(path, place)


def _revision(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _put(part: Path, to: Path) -> None:
    """Give what is whole its name."""
    _sync(part)
    if to.suffix != ".tar":
        if to.exists():
            to.rmdir()
        part.rename(to)
        return
    packed = part.with_suffix(".tar.part")
    packed.unlink(missing_ok=True)
    make_private(packed)
    try:
        with tarfile.open(packed, "w") as archive:
            archive.add(part, arcname=".")
        packed.replace(to)
    except BaseException:
        packed.unlink(missing_ok=True)
        raise
    shutil.rmtree(part)


def _sync(folder: Path) -> None:
    """Have every byte on the disk before the name says that they are there."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


# --- restoring -------------------------------------------------------------------------------------------------------------


def restore(
    backup: Path,
    folder: Path,
    *,
    site: str = "",
    clock: Clock | None = None,
    marked_at: datetime | None = None,
) -> Manifest:
    """Make the server folder of `backup` anew in `folder`, whole or not at all, brought to the newest schema and in the state
    of a restoration: it issues nothing before the centre has told it the rest and an official has confirmed.

    `site`: only the databases of the site of that municipality; then `folder` may be a server folder that lacks them.
    `clock`: of the servers, where the backup has none. `marked_at`: when that is, by the machine's own clock (none: now).
    Raises Failed: Backup_Damaged, Database_Of_Newer_Version, Restore_Over_Data, Server_Folder_In_Use; LookupError for no such site.
    """
    with ExitStack() as held, _unpacked(backup) as source:
        manifest = Manifest.read(source)
        _check_names(source, manifest)
        wanted = _wanted(manifest, site)
        inside = bool(site) and (folder / CLOCK).exists()
        if inside:
            held.callback(ServerLock(folder).release)
            _move_in(folder / READY.format(code=site), folder)  # of a time before, broken off
            taken = [name for name in wanted if (folder / name).exists()]
            if taken:
                raise Failed("Restore_Over_Data", folder=folder.name, files=taken)
        elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise Failed("Restore_Over_Data", folder=folder.name)
        part = folder / PART.format(name=site) if inside else folder.with_name(PART.format(name=folder.name))
        shutil.rmtree(part, ignore_errors=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        paths.private_folder(part)
        try:
            for name in wanted:
                _take(source, name, manifest.files[name], part)
            now = (
                clock.now()
                if clock
                else kept_clock(folder if inside else part if CLOCK in wanted else source).now()
            )
            _bring_up(part, manifest, now, marked_at or Clock().now())
            _sync(part)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        if inside:
            ready = folder / READY.format(code=site)
            part.rename(ready)
            _move_in(ready, folder)
        else:
            if folder.exists():
                folder.rmdir()
            part.rename(folder)
    return manifest


@contextmanager
def _unpacked(backup: Path) -> Iterator[Path]:
    if backup.is_dir():
        yield backup
        return
    with tempfile.TemporaryDirectory(prefix="konbini-backup-") as folder:
        try:
            with tarfile.open(backup) as archive:
                archive.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError) as error:
            raise Failed("Backup_Damaged", file=backup.name, found="読み取れない") from error
        yield Path(folder)


def _check_names(source: Path, manifest: Manifest) -> None:
    """Compare what is there with the manifest by name. Raises Failed(Backup_Damaged)."""
    found = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()} - {MANIFEST}
    if missing := sorted(manifest.files.keys() - found):
        raise Failed("Backup_Damaged", file=missing[0], found="ない")
    if strange := sorted(found - manifest.files.keys()):
        raise Failed("Backup_Damaged", file=strange[0], found="目録にない")


def _wanted(manifest: Manifest, site: str) -> list[str]:
    """Name the files to restore: all, or the databases of one site. Raises LookupError."""
    if not site:
        return list(manifest.files)
    for ledger, codes in manifest.ledgers.items():
        if site in codes:
            others = (ledger.replace(LEDGER, one) for one in (CARD_REGISTRY, REGISTRATION))
            names = [ledger, *others, *(f"{replica_name(code)}.db" for code in codes)]
            return [name for name in names if name in manifest.files]
    raise LookupError(site)


def _take(source: Path, name: str, sha256: str, part: Path) -> None:
    """Copy one file; the copy is what is compared. Raises Failed(Backup_Damaged)."""
    place = part / name
    if not place.resolve().is_relative_to(part.resolve()):
        raise Failed("Backup_Damaged", file=name, found="フォルダの外")
    for folder in [*reversed(place.relative_to(part).parents)][1:]:
        paths.private_folder(part / folder)
    make_private(place)
    with (source / name).open("rb") as old, place.open("wb") as new:
        shutil.copyfileobj(old, new)
    if _sha256(place) != sha256:
        raise Failed("Backup_Damaged", file=name, found="目録と違う")


def _bring_up(part: Path, manifest: Manifest, now: datetime, marked_at: datetime) -> None:
    """Bring every database to the newest schema and write into ledgers and centre that they were restored."""
    restoration_id = new_ulid(Clock(now))
    for path in sorted(part.glob("*.db")):
        url = sqlite_url(path)
        if path.name in manifest.ledgers:
            migrate_ledger(url)
            ledger = Ledger(url)
            codes = manifest.ledgers[path.name]
            begin_at_ledger(ledger, restoration_id, codes, manifest.made_at, now, marked_at)
            ledger.close()
        elif path.stem == "center":
            migrate_center(url)
            center = Database(url)
            begin_at_center(center, restoration_id, manifest.made_at, now)
            center.dispose()
        elif path.stem == "authority":
            migrate_authority(url)
        elif path.stem.startswith(CARD_REGISTRY):
            migrate_card_registry(url)
        elif path.stem.startswith(REGISTRATION_ROOMS):
            prepare_registration_room(part, path.stem)
        elif path.stem == OPERATIONS:
            migrate_operations(url)
        else:
            migrate(url, "server_stub.registry")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")


def _move_in(ready: Path, folder: Path) -> None:
    """Move databases that are whole to their place; what was moved before stays."""
    if not ready.is_dir():
        return
    for path in sorted(ready.iterdir()):
        path.rename(folder / path.name)
    ready.rmdir()
