"""Who stands at the terminal (本人確認), and what this municipality offers there and then. One file a method beside this."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from server_stub.center.issuing_servers import IssuingServers
from server_stub.center.outages import Outages
from server_stub.center.sessions import Authenticated, Sessions
from server_stub.center.stops import Stops
from server_stub.center.terminals import Terminal
from server_stub.faults.box import FaultBox
from server_stub.interface.binding import sign_offers
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import OffersRequest, OrdinanceServicesRequest
from server_stub.interface.offers import Offers, SignedOffers
from server_stub.interface.terminal import AuthenticationRequest, OrdinanceProof, OrdinanceServices
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, MunicipalityInfo, MunicipalityList, Place, TerminalKind
from server_stub.municipalities import MunicipalityEntry

from .jpki import Jpki
from .ordinance import Ordinance, opened_only

SHOWN_OF_REFERENCE = 8
"""Hex digits of an identity's reference that go into the trace: enough to follow a visit, not to find the card."""


class Authentication:
    def __init__(
        self,
        trace: Trace,
        faults: FaultBox,
        sessions: Sessions,
        stops: Stops,
        outages: Outages,
        jpki: Jpki,
        ordinance: Ordinance,
        servers: IssuingServers,
        municipalities: Sequence[MunicipalityEntry],
        signing_key: Ed25519PrivateKey,
    ) -> None:
        self._trace = trace
        self._faults = faults
        self._sessions = sessions
        self._stops = stops
        self._outages = outages
        self._jpki = jpki
        self._ordinance = ordinance
        self._servers = servers
        self._municipalities = {entry.info.code: entry for entry in municipalities}
        self._signing_key = signing_key

    def authenticate(
        self, terminal: Terminal, session_id: str, request: AuthenticationRequest
    ) -> SignedOffers:
        """Check who it is and sign what this holder may get now. Raises Failed by the names of the certificate and holder parts
        of the catalogue.

        The nonce is gone before anything is checked, and stays gone.
        """
        if (request.municipality is None) != (request.place is Place.ADDRESS):
            raise Failed("Request_Malformed", fields=["body.municipality: for place=domicile, and only then"])
        terminal_id = terminal.facts.terminal_id
        nonce = self._sessions.use_nonce(session_id, terminal_id)
        self._stops.check()
        holder, linked = self._identify(session_id, nonce, request)
        asked = OffersRequest(
            holder=holder,
            place=request.place,
            municipality=request.municipality or linked,
            terminal=terminal.facts,
        )
        if self._faults.strikes("center.other_municipality") is not None:
            asked = self._of_another(asked)
        self._check_municipality(asked.municipality, terminal.facts.kind)
        self._outages.check(asked.municipality, session_id, terminal_id)
        found = self._servers.offers(asked)
        own = self._municipalities[asked.municipality].info
        if not found.municipality.participating or _identity(found.municipality) != _identity(own):
            raise Failed("Answer_Malformed", peer="issuing", detail="another municipality")
        told = self._outages.in_offers(found)
        if isinstance(request.proof, OrdinanceProof):
            told = opened_only(told, request.proof.kind)
        try:
            offers = Offers(
                session_id=session_id,
                terminal_id=terminal_id,
                holder=holder,
                place=asked.place,
                municipality=own,
                offers=told,
            )
            signed = sign_offers(offers, self._signing_key)
        except ValidationError as error:  # each part is as agreed on, all together no message
            raise Failed("Answer_Malformed", peer="issuing", detail="offers") from error
        self._sessions.authenticated(terminal_id, Authenticated(session_id, holder, asked.place, offers))
        self._trace.emit(
            "centre", "authenticated", session_id=session_id, holder=holder.reference[:SHOWN_OF_REFERENCE],
            place=asked.place, municipality=asked.municipality, offers=len(offers.offers),
        )  # fmt: skip
        if self._faults.strikes("center.swap_offers") is not None:
            return signed.model_copy(update={"text": with_names_swapped(offers).model_dump_json()})
        return signed

    def _identify(self, session_id: str, nonce: str, request: AuthenticationRequest) -> tuple[Identity, str]:
        """Find who it is and whose resident, by the method of the proof."""
        if isinstance(request.proof, OrdinanceProof):
            # an ordinance reaches as far as its municipality
            if request.municipality not in (None, request.proof.municipality):
                raise Failed("Ordinance_Not_Offered", municipality=request.municipality)
            return self._ordinance.identify(request.proof), request.proof.municipality
        holder = self._jpki.identify(session_id, nonce, request.proof)
        return holder, self._jpki.municipality(holder)

    def ordinance_services(self, terminal: Terminal) -> OrdinanceServices:
        """List the municipalities whose 住民基本台帳カード can be used at this terminal now."""
        found = self._servers.ordinance_services(OrdinanceServicesRequest(terminal=terminal.facts))
        known = tuple(
            one.model_copy(update={"municipality": self._municipalities[one.municipality.code].info})
            for one in found
            if one.municipality.code in self._municipalities
        )
        return OrdinanceServices(services=known)

    def _check_municipality(self, code: str, kind: TerminalKind) -> None:
        entry = self._municipalities.get(code)
        if entry is None:
            raise Failed("Municipality_Unknown", municipality=code)
        if not entry.info.participating:
            raise Failed("Municipality_Not_Participating", municipality=code)
        if kind in entry.excluded_terminal_kinds:
            raise Failed("Terminal_Kind_Excluded", municipality=code, kind=kind)

    def _of_another(self, asked: OffersRequest) -> OffersRequest:
        """The request as somebody on the way has written it anew: for the 本籍地, of another municipality that offers this holder
        something."""
        for code, entry in self._municipalities.items():
            other = asked.model_copy(update={"place": Place.DOMICILE, "municipality": code})
            if not entry.info.participating or code == asked.municipality:
                continue
            with suppress(Failed):
                self._servers.offers(other)
                return other
        return asked


def _identity(municipality: MunicipalityInfo) -> tuple[str, str, str]:
    return municipality.code, municipality.prefecture, municipality.name


def with_municipalities_swapped(told: MunicipalityList) -> MunicipalityList:
    """The list with the names of those that participate moved on by one, so that who touches one gets another's paper."""
    listed = [one for one in told.municipalities if one.participating]
    moved = {one.code: other for one, other in zip(listed, listed[1:] + listed[:1], strict=True)}
    return MunicipalityList(
        municipalities=tuple(
            moved[one.code].model_copy(update={"code": one.code}) if one.code in moved else one
            for one in told.municipalities
        )
    )


def with_names_swapped(offers: Offers) -> Offers:
    """Each offer with the names of its persons moved on by one, so that who chooses one gets another's paper."""
    swapped = []
    for offer in offers.offers:
        names = [subject.name for subject in offer.subjects]
        moved = names[1:] + names[:1]
        subjects = tuple(
            subject.model_copy(update={"name": name})
            for subject, name in zip(offer.subjects, moved, strict=True)
        )
        swapped.append(offer.model_copy(update={"subjects": subjects}))
    return offers.model_copy(update={"offers": tuple(swapped)})
