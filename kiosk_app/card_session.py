"""What the terminal does with a card: read whose it is, and sign once, with the one key or the other. Runs on the card thread; holds no connection
between two calls, so that the card is without power whenever the terminal does not need it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509

from cards.errors import CardError
from cards.jpki import JpkiClient
from cards.ordinance import OrdinanceCard, read_ordinance_card
from cards.readers.interface import Reader
from cards.trace import Observer
from server_stub.interface.binding import holder_ref
from server_stub.interface.failures import CATALOGUE, Failed
from server_stub.interface.secret import Secret

from .card_trust import PASSWORD_TRIES, CardKind, CardTrust


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card tells without a PIN. `tries_left` is None when it does not say."""

    certificate: bytes
    holder_ref: str
    tries_left: int | None
    kind: CardKind


def read_card(reader: Reader, observer: Observer, trust: CardTrust, *, bodies: bool = False) -> CardFacts:
    """Raises Failed by the names of cards.jpki (Card_Removed, Card_Not_My_Number, Certificate_Malformed …), and
    Certificate_Production."""
    with _client(reader, observer, bodies) as client:
        client.open()
        certificate = client.read_authentication_certificate()
        trust.kind(certificate)  # a production card is asked nothing more
        return _facts(certificate, client.tries_left(), trust)


def read_by_ordinance(
    reader: Reader, observer: Observer, aids: Iterable[str], *, bodies: bool = False
) -> OrdinanceCard:
    """The 住民基本台帳カード that lies there, by the first of `aids` (hex) that it knows. Raises Failed by the names of cards.ordinance."""
    try:
        with reader.connect() as connection:
            return read_ordinance_card(connection, map(bytes.fromhex, aids), observer, bodies=bodies)
    except CardError as error:
        raise _failed(error) from error


def sign(
    reader: Reader,
    observer: Observer,
    trust: CardTrust,
    *,
    seen: tuple[str, int | None],
    pin: Secret,
    message: bytes,
    permit: Callable[[], None] = lambda: None,
    last_try_accepted: bool = False,
    bodies: bool = False,
) -> tuple[CardFacts, bytes]:
    """The card's facts and its signature over `message`.

    `seen`: holder_ref and tries as read before. `permit` is asked directly before the PIN and before the signature; what it
    raises comes out here, when the card has left its application and lost its power. Raises Failed(Card_Changed) before any
    PIN is sent if they are others now; Failed(Card_Pin_Withheld), Failed(Card_Pin_Wrong, tries_left=...),
    Failed(Card_Pin_Blocked).
    """
    checked: list[CardFacts] = []

    def check(certificate: bytes, tries: int | None) -> None:
        facts = _facts(certificate, tries, trust)
        if facts.holder_ref != seen[0] or seen[1] not in (None, tries):
            raise Failed("Card_Changed")
        trust.allow_pin(facts.kind, tries, last_try_accepted=last_try_accepted)
        checked.append(facts)

    with _client(reader, observer, bodies) as client:
        try:
            signature = client.sign_authentication(pin, message, check, permit)
        except CardError as error:
            if checked and error.failure in ("Card_Pin_Wrong", "Card_Pin_Blocked"):
                trust.lost_try(checked[0].kind)
            raise
    return checked[0], signature


def read_signer(
    reader: Reader, observer: Observer, trust: CardTrust, holder_ref: str, *, bodies: bool = False
) -> CardFacts:
    """The card that lies there now, with the tries of its 署名用パスワード.

    Raises Failed: Registration_Another_Card unless it is that of `holder_ref`, Card_No_Signature_Certificate, and those of
    `read_card`.
    """
    with _client(reader, observer, bodies) as client:
        client.open()
        certificate = client.read_authentication_certificate()
        facts = _facts(certificate, None, trust)
        if facts.holder_ref != holder_ref:
            raise Failed("Registration_Another_Card")
        return replace(facts, tries_left=client.password_tries_left())


def sign_text(
    reader: Reader,
    observer: Observer,
    trust: CardTrust,
    *,
    seen: tuple[str, int | None],
    password: Secret,
    message: bytes,
    permit: Callable[[], None] = lambda: None,
    last_try_accepted: bool = False,
    bodies: bool = False,
) -> tuple[CardFacts, bytes, bytes]:
    """The card's facts, its signature certificate (DER) and its signature over `message` by the signature key.

    `seen`, `permit` as of `sign`. Raises Failed before any password is sent: Registration_Another_Card, Card_Changed (tries),
    Card_Pin_Withheld; then Card_Password_Wrong(tries_left=...), Card_Password_Blocked.
    """
    checked: list[CardFacts] = []

    def check(certificate: bytes, tries: int | None) -> None:
        facts = _facts(certificate, tries, trust)
        if facts.holder_ref != seen[0]:
            raise Failed("Registration_Another_Card")
        if seen[1] not in (None, tries):
            raise Failed("Card_Changed")
        trust.allow_pin(facts.kind, tries, last_try_accepted=last_try_accepted, full=PASSWORD_TRIES)
        checked.append(facts)

    with _client(reader, observer, bodies) as client:
        try:
            certificate, signature = client.sign_text(password, message, check, permit)
        except CardError as error:
            if checked and error.failure in ("Card_Password_Wrong", "Card_Password_Blocked"):
                trust.lost_try(checked[0].kind)
            raise
    return checked[0], certificate, signature


def _facts(certificate: bytes, tries: int | None, trust: CardTrust) -> CardFacts:
    kind = trust.kind(certificate)
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        reference = holder_ref(parsed.issuer.public_bytes(), parsed.serial_number)
    except ValueError as error:
        raise Failed("Certificate_Malformed") from error
    return CardFacts(certificate, reference, tries, kind)


@contextmanager
def _client(reader: Reader, observer: Observer, bodies: bool) -> Iterator[JpkiClient]:
    try:
        with reader.connect() as connection:
            yield JpkiClient(connection, observer, bodies=bodies)
    except CardError as error:
        raise _failed(error) from error


def _failed(error: CardError) -> Failed:
    facts: dict[str, Any] = dict(error.facts)
    if "attempts_remaining" in facts:
        facts["tries_left"] = facts.pop("attempts_remaining")
    name = error.failure if error.failure in CATALOGUE else "Card_Answer_Unexpected"
    return Failed(name, **facts)
