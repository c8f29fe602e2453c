"""The restorations of a server folder, read and confirmed in its databases: as an official's tool does at the server's own door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server_stub.db import sqlite_url
from server_stub.interface.failures import Failed
from server_stub.interface.restoration import RestorationConfirmation, RestorationEntry
from server_stub.interface.trace import Trace
from server_stub.issuing.ledger import Ledger, migrate_ledger
from server_stub.issuing.restoration import Restoration, delivered_after
from server_stub.municipalities import load_municipality

from .server_folder import TEMPLATE, kept_clock
from .sites import LEDGER
from .template import replica_name, towns_of


def restorations_in(folder: Path) -> list[RestorationEntry]:
    """List all there ever were."""
    return [one for restoration in _each(folder) for one in restoration.every().restorations]


def confirm_in(folder: Path, municipality: str, confirmed: RestorationConfirmation) -> None:
    """Confirm those of one municipality, or of all in the folder. Raises Failed: Restoration_Unknown, Restoration_Not_Ready."""
    found = False
    now = kept_clock(folder).now()
    folders = {town.code: town.folder for town in towns_of(folder / TEMPLATE)}
    for restoration in _each(folder):
        codes = {one.municipality for one in restoration.open() if one.confirmed_at is None}
        for code in sorted(codes if not municipality else codes & {municipality}):
            delivered_after(sqlite_url(folder / f"{replica_name(code)}.db"), restoration.open(code))
            numbers = load_municipality(folders[code]).on(now.date()).numbers
            restoration.confirm(code, confirmed, numbers.values())
            found = True
    if not found:
        raise Failed("Restoration_Unknown")


def _each(folder: Path) -> Iterator[Restoration]:
    clock = kept_clock(folder)
    for file in sorted(folder.glob(f"{LEDGER}*.db")):
        with _opened(sqlite_url(file)) as ledger:
            yield Restoration(ledger, clock, Trace(clock))


@contextmanager
def _opened(url: str) -> Iterator[Ledger]:
    migrate_ledger(url)
    ledger = Ledger(url)
    try:
        yield ledger
    finally:
        ledger.close()
