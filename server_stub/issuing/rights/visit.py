"""Rules about where the request comes from, before anybody is looked up."""

from __future__ import annotations

from server_stub.interface.failures import Failed
from server_stub.interface.terminal import CertificateKind, Place, TerminalKind
from server_stub.municipalities import Municipality


def place_is_served(place: Place) -> None:
    """Of the 本籍地 nothing is issued yet: its certificates are those of the family register."""
    if place is Place.DOMICILE:
        raise Failed("Service_Not_Offered", place=place.value)


def terminal_kind_is_served(municipality: Municipality, kind: TerminalKind) -> None:
    """Kobe serves the shops and leaves machines that municipalities put up (自治体設置) out."""
    if kind in municipality.excluded_terminal_kinds:
        raise Failed("Terminal_Kind_Excluded", terminal_kind=kind.value)


def kind_is_offered(municipality: Municipality, kind: CertificateKind) -> None:
    if kind not in municipality.services:
        raise Failed("Service_Not_Offered", kind=kind.value)


def check_visit(municipality: Municipality, place: Place, terminal_kind: TerminalKind) -> None:
    """Raises Failed: Service_Not_Offered, Terminal_Kind_Excluded."""
    place_is_served(place)
    terminal_kind_is_served(municipality, terminal_kind)
