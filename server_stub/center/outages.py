"""Announced outages (計画停電, 庁舎の点検, 既存システムの停止): kept at the centre, which answers when a municipality's site is silent."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import RowMapping, func, insert, select, update

from server_stub.interface.binding import new_ulid, sign_notice
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import OfferList
from server_stub.interface.offers import Offer
from server_stub.interface.outages import (
    OutageEntry,
    OutageList,
    OutageOf,
    OutageQuery,
    OutageRequest,
    Responsible,
)
from server_stub.interface.terminal import OutageNotice
from server_stub.interface.trace import Trace
from server_stub.interface.values import FailureBody
from server_stub.municipalities import MunicipalityEntry
from server_stub.municipalities.hosting import HostingForm

from . import tables
from .database import Database

ANNOUNCED = "Outage_Announced"
SILENT = "Existing_System_Unreachable"
EVERYBODY = ""
"""In the place of a municipality: an outage of the centre."""


class Outages:
    """Announce, end and obey them, from any thread."""

    def __init__(
        self,
        database: Database,
        municipalities: Sequence[MunicipalityEntry],
        signing_key: Ed25519PrivateKey,
        clock: Clock,
        trace: Trace,
    ) -> None:
        self._database, self._clock, self._trace = database, clock, trace
        self._signing_key = signing_key
        self._forms = {
            entry.info.code: entry.hosting.form for entry in municipalities if entry.info.participating
        }

    # --- what officials do -------------------------------------------------------------------------------------------------

    def list(self, query: OutageQuery) -> OutageList:
        """List those in force and to come, or those that ended after a time, oldest first."""
        table = tables.outages.c
        asked = select(tables.outages).order_by(table.at, table.since, table.outage_id)
        if query.since is None:
            asked = asked.where(table.ended_at.is_(None), table.until > self._clock.now())
        else:
            asked = asked.where(func.coalesce(table.ended_at, table.until) > query.since)
        if query.municipality is not None:
            asked = asked.where(table.municipality.in_((query.municipality, EVERYBODY)))
        with self._database.read() as connection:
            return OutageList(outages=tuple(_entry(row) for row in connection.execute(asked).mappings()))

    def announce(self, asked: OutageRequest) -> OutageEntry:
        """Keep an announcement. Raises Failed: Municipality_Unknown, Request_Malformed (one that is over already, or of a data centre
        that this municipality has not)."""
        form = None if asked.municipality is None else self._forms.get(asked.municipality)
        if asked.municipality is not None and form is None:
            raise Failed("Municipality_Unknown", municipality=asked.municipality)
        if asked.what is OutageOf.DATA_CENTRE and form is HostingForm.OWN_HALL:
            raise Failed(
                "Request_Malformed", fields=["body.what: this issuing server stands in the city hall"]
            )
        now = self._clock.now()
        if asked.until <= now:
            raise Failed("Request_Malformed", fields=["body.until: a time to come"])
        entry = OutageEntry(**asked.model_dump(), outage_id=new_ulid(self._clock), at=now, ended_at=None)
        row = {**entry.model_dump(), "notice": json.dumps(asked.notice, ensure_ascii=False)}
        row["municipality"] = asked.municipality or EVERYBODY
        with self._database.write() as connection:
            connection.execute(insert(tables.outages), row)
        self._trace.emit(
            "centre", "outage_announced", municipality=asked.municipality, outage=asked.what.value
        )
        return entry

    def end(self, outage_id: str) -> OutageEntry:
        """End one before its time, or withdraw it; one that is over stays as it is. Raises Failed(Outage_Unknown)."""
        table, now = tables.outages, self._clock.now()
        own = table.c.outage_id == outage_id
        with self._database.write() as connection:
            connection.execute(
                update(table).where(own, table.c.ended_at.is_(None), table.c.until > now).values(ended_at=now)
            )
            row = connection.execute(select(table).where(own)).mappings().first()
        if row is None:
            raise Failed("Outage_Unknown")
        self._trace.emit("centre", "outage_ended", municipality=row["municipality"], outage=row["what"])
        return _entry(row)

    # --- what residents are told -------------------------------------------------------------------------------------------

    def check(self, municipality: str, session_id: str, terminal_id: str) -> None:
        """Raise Failed(Outage_Announced, reopens, notice) from the announced time on, where nothing of the municipality can be had.

        The public text is signed for this session and terminal, or no terminal shows it.
        """
        for entry in self._in_force(municipality):
            if self._stops_everything(entry):
                raise self._refusal(entry, session_id, terminal_id)

    def in_offers(self, found: OfferList) -> tuple[Offer, ...]:
        """The offers of a municipality, with the reason at those whose papers the existing system makes (PDF連携), if it is announced
        to be out. What stands against such a kind besides is told instead, unless it is the silence itself."""
        in_force = self._in_force(found.municipality.code) if found.pdf_linked else ()
        if not in_force:
            return found.offers
        refusal = FailureBody(failure=ANNOUNCED, facts={**_told(in_force[0]), "notice": in_force[0].notice})
        return tuple(
            offer.model_copy(update={"refusal": refusal})
            if offer.kind in found.pdf_linked and (offer.refusal is None or offer.refusal.failure == SILENT)
            else offer
            for offer in found.offers
        )

    def explain(self, failed: Failed, municipality: str, session_id: str, terminal_id: str) -> Failed:
        """Tell the refusal of an application as announced, where the existing system is silent and that was announced."""
        in_force = self._in_force(municipality) if failed.failure == SILENT else ()
        return self._refusal(in_force[0], session_id, terminal_id) if in_force else failed

    def _refusal(self, entry: OutageEntry, session_id: str, terminal_id: str) -> Failed:
        told = _told(entry)
        words = OutageNotice(
            session_id=session_id, terminal_id=terminal_id, notice=entry.notice, reopens=told["reopens"]
        )
        return Failed(ANNOUNCED, **told, notice=sign_notice(words, self._signing_key).model_dump())

    def announced(self, municipality: str) -> bool:
        """Tell whether some outage of that municipality is in force."""
        return bool(self._in_force(municipality))

    def _in_force(self, municipality: str) -> tuple[OutageEntry, ...]:
        with self._database.read() as connection:
            rows = connection.execute(
                tables.OUTAGES_OF, {"code": municipality, "now": self._clock.now()}
            ).mappings()
            return tuple(_entry(row) for row in rows)

    def _stops_everything(self, entry: OutageEntry) -> bool:
        """Of an LGWAN-ASP only what stands in the city hall stops with it."""
        if entry.what is OutageOf.CITY_HALL and entry.municipality is not None:
            return self._forms.get(entry.municipality) is HostingForm.OWN_HALL
        return entry.what in (OutageOf.DATA_CENTRE, OutageOf.CENTRE)


def _told(entry: OutageEntry) -> dict[str, str]:
    return {"reopens": entry.until.strftime("%Y-%m-%dT%H:%M")}


def _entry(row: RowMapping) -> OutageEntry:
    return OutageEntry(
        **{
            **row,
            "municipality": row["municipality"] or None,
            "what": OutageOf(row["what"]),
            "by": Responsible(row["by"]),
            "notice": json.loads(row["notice"]),
        }
    )
