"""Put the parts of the centre together, without HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from server_stub.interface.clock import Clock
from server_stub.interface.trace import Trace
from server_stub.interface.values import MunicipalityList
from server_stub.node import NodeContext

from .applications import Applications
from .authentication import Authentication, with_municipalities_swapped
from .authentication.jpki import Jpki, StatusAuthority, TrustedCertificates
from .authentication.ordinance import Ordinance
from .database import Database
from .holders import Holders
from .incidents import Incidents
from .issue import FinishSheets, Issue
from .issuing_servers import IssuingServers
from .matters import Matters
from .operations import CenterBooks
from .outages import Outages
from .outbox import Housekeeper, Outbox
from .presence import Presence
from .registration import Registration
from .retelling import Retelling
from .sessions import Sessions
from .settings import CenterSettings
from .sites import SiteAlarms
from .standing import Standing
from .status_reports import StatusReports
from .stops import Stops
from .terminals import TerminalBook

_CONNECTIONS = 40
"""As many as request threads; each holds one to an issuing server or the authority at a time."""


class Center:
    """Hold the parts by their names (`app.state.center`), and what is done to a centre other than by HTTP."""

    def __init__(self, context: NodeContext, settings: CenterSettings, finish: FinishSheets) -> None:
        clock, trace, times = context.clock, context.trace, settings.times
        self._faults = context.faults
        self.database = Database(settings.database_url)
        self.transport = httpx.HTTPTransport(
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            trust_env=False,
        )
        authority = StatusAuthority(self.transport, settings.ocsp_url, times)
        self.municipalities = MunicipalityList(
            municipalities=tuple(entry.info for entry in settings.municipalities)
        )
        self.terminals = TerminalBook(self.database, settings.terminals)
        self.holders = Holders(self.database)
        self.sessions = Sessions(self.database, clock, trace, times)
        self.stops = Stops(self.database, clock, trace)
        self.outages = Outages(self.database, settings.municipalities, settings.signing_key, clock, trace)
        self.alarms = SiteAlarms(self.database, settings.municipalities, self.outages.announced, clock, trace)
        servers = IssuingServers(self.transport, settings.issuing_servers, times, self.alarms)
        self.operations = CenterBooks(self.database, self.stops, self.alarms.book)
        self.incidents = Incidents(self.database, clock, trace)
        trusted = TrustedCertificates(settings.trusted_cas, settings.policy_oids, settings.enrolled)
        self.authentication = Authentication(
            trace,
            context.faults,
            self.sessions,
            self.stops,
            self.outages,
            Jpki(clock, trusted, authority, self.holders),
            Ordinance(self.transport, settings.card_registries, times),
            servers,
            settings.municipalities,
            settings.signing_key,
        )
        applications = Applications(self.database, clock, trace)
        applications.recover()
        self.issue = Issue(
            context,
            settings,
            self.sessions,
            self.stops,
            self.outages,
            applications,
            self.incidents,
            servers,
            self.holders,
            finish,
        )
        self.registration = self._registration(
            settings, clock, trace, Jpki(clock, trusted, authority, self.holders), applications, servers
        )
        self.standing = Standing(self.database, clock, trace, self.stops, self.holders, servers)
        self.matters = Matters(self.database, clock, trace)
        self.reports = StatusReports(self.database, clock, trace, self.incidents)
        self.outbox = Outbox(self.database, servers, self.incidents, clock, trace)
        self.servers = servers
        self.retelling = Retelling(self.database, servers, self.incidents, trace)
        self.presence = Presence(self.database, clock)
        self.presence.mark()
        self.housekeeper = Housekeeper(
            clock,
            times,
            self.presence.mark,
            self.sessions.end_overdue,
            self.retelling.round,
            self.outbox,
            self.database.wipe,
            servers.look,
            trace,
        )

    def _registration(
        self,
        settings: CenterSettings,
        clock: Clock,
        trace: Trace,
        jpki: Jpki,
        applications: Applications,
        servers: IssuingServers,
    ) -> Registration:
        signature = settings.signature
        signers = status = None
        if signature is not None:
            signers = TrustedCertificates(signature.trusted_cas, signature.policy_oids, signing=True)
            status = StatusAuthority(self.transport, signature.ocsp_url, settings.times)
        return Registration(
            self.database,
            clock,
            trace,
            settings.times,
            self.sessions,
            self.stops,
            self.outages,
            jpki,
            self.holders,
            applications,
            servers,
            signers,
            status,
            settings.status_site,
        )

    def listed(self) -> MunicipalityList:
        """All municipalities that a resident may pick."""
        if self._faults.strikes("center.swap_municipalities") is not None:
            return with_municipalities_swapped(self.municipalities)
        return self.municipalities

    def move_issuing_server(self, municipality: str, base_url: str) -> None:
        """Ask the issuing server of this municipality, and of all that it hosts, at `base_url` from now on: its data centre was lost and is
        restored elsewhere. What that one lacks is told it at once."""
        self.servers.move(municipality, base_url)
        self.retelling.look_anew()
        self.housekeeper.look_anew()

    def take_issue_notices(self, path: Path) -> int:
        """Take in a complete delivery of issue notices (発行通知). Returns the number of authentication certificates in it.

        Raises Failed(Delivery_...), with nothing applied.
        """
        return self.holders.take(path)

    @contextmanager
    def database_closed(self) -> Iterator[None]:
        """Close every connection and stop the background thread inside the block: the caller may put another migrated SQLite file
        (with its -wal and -shm, or without) below `database_url`. No request may be under way in the database."""
        with self.housekeeper.resting(), self.database.closed():
            yield

    def reopen(self) -> None:
        """Forget everything held in memory of the database; for when another file has been put below."""
        with self.database_closed():
            pass

    def close(self) -> None:
        """Stop the background thread and close all connections."""
        self.housekeeper.close()
        self.transport.close()
        self.database.dispose()
