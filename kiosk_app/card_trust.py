"""Is the card on the reader one of ours, and may a PIN be sent to it? Decided here, at the terminal that sends it.

A PIN that is wrong three times locks a card for good, so whatever is not certainly ours counts as somebody's real card.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from cards.ordinance import CARD_FILE
from cards.virtual import VirtualCard
from server_stub.interface.failures import Failed

FULL_TRIES = 3
"""Tries of the 4-digit PIN after the right one."""
PASSWORD_TRIES = 5
"""Tries of the 署名用パスワード after the right one."""
PRODUCTION = "JPKI"
"""O of the issuer of everybody's real certificates."""
_CERTIFICATE = ("jpki", 0x000A)


class CardKind(StrEnum):
    """VIRTUAL: this stage laid it on this reader, and its certificate verifies under this stage's authority.
    ENROLLED: a test card that a tester has pinned by its certificate. Everything else is REAL."""

    VIRTUAL = "virtual"
    ENROLLED = "enrolled"
    REAL = "real"


class CardTrust:
    """The rules of one run. Safe from any thread.

    `laid`: the virtual card that this stage's hand has laid on the reader, None for none. `authority`: DER of the CA of
    this stage's authentication certificates. `enrolled`: SHA-256 of certificates, in hex. `automatic`: no person enters
    the PINs. `budget`: how many tries an automatic run may cost enrolled cards before it sends them no PIN any more.
    """

    def __init__(
        self,
        laid: Callable[[], VirtualCard | None] = lambda: None,
        authority: bytes = b"",
        enrolled: Iterable[str] = (),
        *,
        automatic: bool = False,
        budget: int = 1,
    ) -> None:
        self._laid = laid
        self._authority = authority
        self._enrolled = frozenset(enrolled)
        self._automatic = automatic
        self._budget = budget
        self._lock = threading.Lock()
        self._lost = 0

    def kind(self, certificate: bytes) -> CardKind:
        """Of the card with that authentication certificate (DER), read from the reader just now.

        Raises Failed(Certificate_Production) for a certificate of the real hierarchy: it is refused before any PIN.
        """
        fingerprint = fingerprint_of(certificate)
        laid = self._laid()
        if laid is not None and _lies_on(laid, certificate) and issued_by(certificate, self._authority):
            return CardKind.VIRTUAL
        if organisation_of(certificate) == PRODUCTION:
            raise Failed("Certificate_Production")
        return CardKind.ENROLLED if fingerprint in self._enrolled else CardKind.REAL

    def kind_by_number(self, number: str) -> CardKind:
        """Of the 住民基本台帳カード with that number. No PIN is ever sent to such a card, so that nothing can be lost on a real one."""
        laid = self._laid()
        try:
            content = b"" if laid is None else laid.image.application("ordinance").files[CARD_FILE].content
        except KeyError:
            return CardKind.REAL
        return CardKind.VIRTUAL if number.encode() in content else CardKind.REAL

    def allow_pin(
        self, kind: CardKind, tries: int | None, *, last_try_accepted: bool, full: int = FULL_TRIES
    ) -> None:
        """Returns if a PIN (or password: `full` tries after the right one) may be sent to a card that has so many tries left now.
        Raises Failed(Card_Pin_Withheld, why=…)."""
        if tries == 1 and not last_try_accepted:
            raise Failed("Card_Pin_Withheld", why="the last try, and nobody has said so")
        if kind is CardKind.VIRTUAL:
            return
        if tries is None:
            raise Failed("Card_Pin_Withheld", why="the card does not tell its tries")
        if not self._automatic:
            return
        if kind is not CardKind.ENROLLED:
            raise Failed("Card_Pin_Withheld", why="an automatic run, and the card is not enrolled")
        if tries != full:
            raise Failed("Card_Pin_Withheld", why="an automatic run, and a try is missing", tries_left=tries)
        with self._lock:
            if self._lost >= self._budget:
                raise Failed("Card_Pin_Withheld", why="the run has used up its tries", budget=self._budget)

    def lost_try(self, kind: CardKind) -> None:
        """The PIN that was sent was wrong."""
        if kind is not CardKind.VIRTUAL:
            with self._lock:
                self._lost += 1


def fingerprint_of(certificate: bytes) -> str:
    """SHA-256 of the DER, in hex."""
    return hashlib.sha256(certificate).hexdigest()


def organisation_of(certificate: bytes) -> str:
    """O of the issuer; '' where there is none or the certificate cannot be read."""
    try:
        issuer = x509.load_der_x509_certificate(certificate).issuer
    except ValueError:
        return ""
    names = issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(names[0].value) if names else ""


def issued_by(certificate: bytes, authority: bytes) -> bool:
    """Is `certificate` signed by the CA with the certificate `authority` (both DER)?"""
    try:
        issuer = x509.load_der_x509_certificate(authority)
        x509.load_der_x509_certificate(certificate).verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _lies_on(card: VirtualCard, certificate: bytes) -> bool:
    name, fid = _CERTIFICATE
    try:
        return card.image.application(name).files[fid].content.startswith(certificate)
    except KeyError:
        return False
