"""Whose matter it is where the centre has no record of an application that a terminal reports about: it was restored from an older backup.

Such an incident names no municipality. It belongs to the municipality in whose ledger the application is; where none has it, to the
one in whose area the terminal stands; where that is nobody's here, to who runs the site. So each has one owner, and only that owner's
operators see and close it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server_stub.interface.failures import Failed
from server_stub.interface.operations import IncidentEntry, IncidentPage, LedgerApplication
from server_stub.operations.operators import SITE
from server_stub.operations.web import Visit

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Stray:
    """One application, with the incidents about it, oldest first. `owner`: a municipality, or None for who runs the site. `ledger`: what
    the owner's ledger says, None where it has nothing."""

    incidents: tuple[IncidentEntry, ...]
    owner: str | None
    ledger: LedgerApplication | None

    @property
    def application_id(self) -> str:
        return self.incidents[0].application_id

    def is_ours(self, visit: Visit) -> bool:
        """Tell whether whoever asks may see and close it."""
        if self.owner is None:
            return visit.owner.startswith(SITE)
        return visit.has_municipality and visit.is_own(self.owner)


def open_strays(visit: Visit) -> list[Stray]:
    """List those of whoever asks that nobody has closed."""
    by_application: dict[str, list[IncidentEntry]] = {}
    for one in _told(visit, open=True):
        by_application.setdefault(one.application_id, []).append(one)
    found = [_stray(visit, tuple(incidents)) for incidents in by_application.values()]
    return [one for one in found if one.is_ours(visit)]


def stray_of(visit: Visit, application_id: str) -> tuple[Stray, tuple[IncidentEntry, ...]]:
    """Find the one of an application, and its incidents that are still open. Raises Failed(Console_Record_Unknown): also for another's."""
    if len(application_id) != 26 or not application_id.isalnum():
        raise Failed("Console_Record_Unknown")
    try:
        every = tuple(_told(visit, application_id=application_id))
    except Failed as failed:
        if failed.failure == "Request_Malformed":
            raise Failed("Console_Record_Unknown") from failed
        raise
    if not every:
        raise Failed("Console_Record_Unknown")
    stray = _stray(visit, every)
    if not stray.is_ours(visit):
        raise Failed("Console_Record_Unknown")
    return stray, tuple(_told(visit, application_id=application_id, open=True))


def _told(visit: Visit, **query: object) -> Iterator[IncidentEntry]:
    cursor = None
    while True:
        page = visit.center.get(
            "incidents", IncidentPage, stray=True, cursor=cursor, limit=MOST_AT_ONCE, **query
        )
        yield from page.incidents
        cursor = page.next_cursor
        if cursor is None:
            return


def _stray(visit: Visit, incidents: tuple[IncidentEntry, ...]) -> Stray:
    hosted, area = visit.console.municipalities, incidents[0].area
    doors = {visit.console.doors.issuing(code) for code in hosted}
    for door in doors:
        try:
            ledger = door.get(f"applications/{incidents[0].application_id}", LedgerApplication)
        except Failed as failed:
            if failed.failure not in ("Application_Unknown", "Console_Node_Away"):
                raise
            continue  # who is away for a while is asked again with the next page
        if ledger.paper is not None and ledger.paper.municipality in hosted:
            return Stray(incidents, ledger.paper.municipality, ledger)
    return Stray(incidents, area if area in hosted else None, None)
