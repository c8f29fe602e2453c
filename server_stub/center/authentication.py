"""Who stands at the terminal (本人確認), and what this municipality offers there and then."""

from __future__ import annotations

from collections.abc import Sequence

from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import OffersRequest
from server_stub.interface.offers import Offers
from server_stub.interface.terminal import NONCE_CONTEXT, AuthenticationRequest, signed_text
from server_stub.interface.trace import Trace
from server_stub.interface.values import Place, TerminalKind
from server_stub.municipalities import MunicipalityEntry

from .certificates import HolderCertificate, StatusAuthority, TrustedCertificates
from .holders import Holders
from .issuing_servers import IssuingServers
from .sessions import Authenticated, Sessions
from .terminals import Terminal

SHOWN_OF_REF = 8
"""Hex digits of a holder_ref that go into the trace: enough to follow a visit, not to find the card."""


class Authentication:
    def __init__(
        self,
        clock: Clock,
        trace: Trace,
        sessions: Sessions,
        holders: Holders,
        trusted: TrustedCertificates,
        authority: StatusAuthority,
        servers: IssuingServers,
        municipalities: Sequence[MunicipalityEntry],
    ) -> None:
        self._clock = clock
        self._trace = trace
        self._sessions = sessions
        self._holders = holders
        self._trusted = trusted
        self._authority = authority
        self._servers = servers
        self._municipalities = {entry.info.code: entry for entry in municipalities}

    def authenticate(self, terminal: Terminal, session_id: str, request: AuthenticationRequest) -> Offers:
        """Raises Failed by the names of the certificate and holder parts of the catalogue.

        The nonce is gone before anything is checked, and stays gone.
        """
        if (request.municipality is None) != (request.place is Place.ADDRESS):
            raise Failed("Request_Malformed", fields=["body.municipality: for place=domicile, and only then"])
        nonce = self._sessions.use_nonce(session_id, terminal.facts.terminal_id)
        holder = self._check_card(session_id, nonce, request)
        linked = self._holders.municipality(holder.holder_ref)
        code = request.municipality or linked
        self._check_municipality(code, terminal.facts.kind)
        offers = self._servers.offers(
            OffersRequest(
                holder_ref=holder.holder_ref, place=request.place, municipality=code, terminal=terminal.facts
            )
        )
        self._sessions.authenticated(
            terminal.facts.terminal_id, Authenticated(session_id, holder.holder_ref, request.place, offers)
        )
        self._trace.emit(
            "centre", "authenticated", session_id=session_id, holder=holder.holder_ref[:SHOWN_OF_REF],
            place=request.place, municipality=code, offers=len(offers.offers),
        )  # fmt: skip
        return offers

    def _check_card(self, session_id: str, nonce: str, request: AuthenticationRequest) -> HolderCertificate:
        now = self._clock.now()
        holder = self._trusted.check(request.certificate, now)
        holder.check_signature(request.signature, signed_text(NONCE_CONTEXT, session_id, nonce))
        self._authority.check(holder.certificate, holder.issuer, now, holder.responder)
        return holder

    def _check_municipality(self, code: str, kind: TerminalKind) -> None:
        entry = self._municipalities.get(code)
        if entry is None:
            raise Failed("Municipality_Unknown", municipality=code)
        if not entry.info.participating:
            raise Failed("Municipality_Not_Participating", municipality=code)
        if kind in entry.excluded_terminal_kinds:
            raise Failed("Terminal_Kind_Excluded", municipality=code, kind=kind)
