"""Read the certificates, verify PIN or password and sign with the 公的個人認証AP, by the same code for every reader."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from cryptography import x509

from .apdu import (
    AUTHENTICATION_BLOCKED,
    CARD_MANAGER_AID,
    FILE_NOT_FOUND,
    MAX_SHORT,
    NO_DIAGNOSIS,
    OK,
    OUTSIDE_FILE,
    PIN_BLOCKED,
    Command,
    Response,
    command_name,
    tries_in,
)
from .errors import CardError, CardFailure
from .pins import is_password, is_pin
from .readers.interface import CardConnection
from .trace import ObservedConnection, Observer, Revealable, nobody

JPKI_AID = bytes.fromhex("D392F000260100000001")
TOKEN_INFO = 0x0006
AUTHENTICATION_CERTIFICATE = 0x000A
AUTHENTICATION_CA_CERTIFICATE = 0x000B
AUTHENTICATION_KEY = 0x0017
AUTHENTICATION_PIN = 0x0018
SIGNATURE_CERTIFICATE = 0x0001
SIGNATURE_KEY = 0x001A
SIGNATURE_PASSWORD = 0x001B
PLASTIC_LABEL = "JPKIAPICCTOKEN2"
NEXT_LABEL = "JPKIAPICCTOKEN3"
"""Of our draft of the card of 2028; what the real one will say is unproven."""
SHA256_DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420")


@dataclass(frozen=True, slots=True)
class _Lock:
    """One of the card's two keys: what it is, what opens it, and by which names that fails."""

    key: int
    opener: int
    fits: Callable[[str], bool]
    wrong: CardFailure
    blocked: CardFailure


_AUTHENTICATION = _Lock(AUTHENTICATION_KEY, AUTHENTICATION_PIN, is_pin, "Card_Pin_Wrong", "Card_Pin_Blocked")
_SIGNATURE = _Lock(
    SIGNATURE_KEY, SIGNATURE_PASSWORD, is_password, "Card_Password_Wrong", "Card_Password_Blocked"
)

_REFUSED_LABELS: dict[str, CardFailure] = {
    "JPKIAPICCTOKEN": "Card_Resident_Register_Card",
    "JPKIAPGPSETOKEN": "Card_Phone_Not_Supported",
    "JPKIAPIOSTOKEN": "Card_Phone_Not_Supported",
    NEXT_LABEL: "Card_Next_Not_Supported",
}
_LEAVE = Command(0x00, 0xA4, 0x04, 0x0C, CARD_MANAGER_AID)
_LONGEST_ANSWER = 64
"""GET RESPONSE rounds after which a card is taken for broken."""
_FILE_LIMIT = 0x7FFF


def _any_card(certificate: bytes, tries: int | None) -> None:
    """Raise no objection to any card."""


def _always() -> None:
    """Object to nothing at any moment."""


class JpkiClient:
    """Hold one card session over one connection. Every method raises CardError; after one from the transport it is over.

    No method leaves a verified PIN behind: the application is left again before it returns or raises.
    """

    def __init__(
        self, connection: CardConnection, observer: Observer = nobody, *, bodies: bool = False
    ) -> None:
        """Take a connection. `bodies`: public command and answer bodies go to the observer too."""
        self._card = ObservedConnection(connection, observer, bodies=bodies)
        self._selected = False
        self._broken = False
        self._digest: bytes | None = None
        self._tries: dict[int, int | None] = {}

    def open(self) -> None:
        """Select the application and look what kind of card this is.

        Raises CardError: Card_Not_My_Number, Card_Resident_Register_Card, Card_Phone_Not_Supported,
        Card_Next_Not_Supported, Card_Kind_Not_Supported.
        """
        select = Command(0x00, 0xA4, 0x04, 0x0C, JPKI_AID)
        response = self._send(select)
        if response.sw == NO_DIAGNOSIS:
            # the first command after power-on may be lost that way; once more tells
            response = self._send(select)
        if response.sw == FILE_NOT_FOUND:
            raise CardError("Card_Not_My_Number")
        self._expect(select, response)
        self._selected = True
        label = self._read(TOKEN_INFO, 32).decode("ascii", "replace").rstrip(" \0")
        if label != PLASTIC_LABEL:
            raise CardError(_REFUSED_LABELS.get(label, "Card_Kind_Not_Supported"), label=label)

    def read_authentication_certificate(self) -> bytes:
        """Read the 利用者証明用電子証明書 as DER, without the filler behind it; no PIN needed.

        Raises CardError: Card_No_Authentication_Certificate, Certificate_Malformed, Card_Answer_Unexpected.
        """
        der = self._certificate()
        self._digest = hashlib.sha256(der).digest()
        return der

    def read_authentication_ca_certificate(self) -> bytes:
        """Read the CA certificate that the card carries beside it, as DER; no PIN needed.

        Raises CardError: Card_No_Authentication_Certificate, Certificate_Malformed, Card_Answer_Unexpected.
        """
        return self._certificate(AUTHENTICATION_CA_CERTIFICATE)

    def tries_left(self) -> int | None:
        """Return the tries left on the authentication PIN, asked without costing one; 0: blocked, None: the card does not say.

        Raises CardError(Card_Face_Authentication) for a card on which no PIN was set, and those of the transport.
        """
        return self._count(_AUTHENTICATION)

    def password_tries_left(self) -> int | None:
        """Return the tries left on the 署名用パスワード, as `tries_left`.

        Raises CardError(Card_No_Signature_Certificate): nothing that it could open, as of people under 15.
        """
        self._ready()
        for fid in (SIGNATURE_CERTIFICATE, SIGNATURE_KEY):
            select = Command(0x00, 0xA4, 0x02, 0x0C, fid.to_bytes(2, "big"))
            response = self._send(select)
            if response.sw == FILE_NOT_FOUND:
                raise CardError("Card_No_Signature_Certificate")
            self._expect(select, response)
        return self._count(_SIGNATURE)

    def _count(self, lock: _Lock) -> int | None:
        self._tries[lock.opener] = self._query_tries(lock.opener)
        return self._tries[lock.opener]

    def sign_authentication(
        self,
        pin: Revealable,
        message: bytes,
        check: Callable[[bytes, int | None], None] = _any_card,
        permit: Callable[[], None] = _always,
    ) -> bytes:
        """Sign `message` with the authentication key: RSASSA-PKCS1-v1_5 with SHA-256, 256 bytes.

        The PIN is sent only to the card and at the counter last seen. A PIN that is not four digits costs no try. `check`
        is told certificate (DER) and tries as they are right before the PIN, and may raise to keep it back. `permit` is
        asked directly before the PIN and directly before the signature, whatever time the card took until then, and may
        raise to leave the command unsent.
        Raises CardError: Card_Pin_Wrong(attempts_remaining), Card_Pin_Blocked, Card_Changed, and those of the transport.
        """
        try:
            with self._card.transaction():
                check(*self._same_card(_AUTHENTICATION))
                self._verify(_AUTHENTICATION, pin, permit)
                return self._sign(_AUTHENTICATION, message, permit)
        finally:
            self.leave()

    def sign_text(
        self,
        password: Revealable,
        message: bytes,
        check: Callable[[bytes, int | None], None] = _any_card,
        permit: Callable[[], None] = _always,
    ) -> tuple[bytes, bytes]:
        """Sign `message` with the signature key; return its certificate (DER), which only the password opens, and the signature.

        With the care of `sign_authentication`: `check` is told the authentication certificate and the tries of the password. One
        that is not 6 to 16 of A-Z and 0-9 costs no try.
        Raises CardError: Card_Password_Wrong(attempts_remaining), Card_Password_Blocked, Card_No_Signature_Certificate,
        Certificate_Malformed, Card_Changed, and those of the transport.
        """
        try:
            with self._card.transaction():
                check(*self._same_card(_SIGNATURE))
                self._verify(_SIGNATURE, password, permit)
                certificate = self._certificate(SIGNATURE_CERTIFICATE, "Card_No_Signature_Certificate")
                return certificate, self._sign(_SIGNATURE, message, permit)
        finally:
            self.leave()

    def _sign(self, lock: _Lock, message: bytes, permit: Callable[[], None]) -> bytes:
        digest = SHA256_DIGEST_INFO + hashlib.sha256(message).digest()
        self._expect_ok(Command(0x00, 0xA4, 0x02, 0x0C, lock.key.to_bytes(2, "big")))
        permit()
        signature = self._expect_ok(Command(0x80, 0x2A, 0x00, 0x80, digest, MAX_SHORT))
        if len(signature) != 256:
            raise CardError(
                "Card_Answer_Unexpected", command="COMPUTE DIGITAL SIGNATURE", received=len(signature)
            )
        return signature

    def leave(self) -> None:
        """Leave the application, so that no verified PIN stays behind; if the card cannot, it loses its power."""
        self._selected = False
        with suppress(CardError):
            if not self._broken and self._send(_LEAVE).sw == OK:
                return
        with suppress(CardError):
            self._card.close()

    def _same_card(self, lock: _Lock) -> tuple[bytes, int | None]:
        """Return authentication certificate and tries.

        Raises Card_Changed unless certificate and counter are those last seen, `lock.blocked` without a try left.
        """
        seen_digest, seen_tries = self._digest, self._tries.get(lock.opener)
        # within one poll of the service another card may answer on the same handle: begin from its selection
        self.open()
        tries = self._count(lock)
        certificate = self._certificate()
        digest = hashlib.sha256(certificate).digest()
        if seen_digest is not None and not hmac.compare_digest(digest, seen_digest):
            raise CardError("Card_Changed", what="certificate")
        if seen_tries is not None and tries != seen_tries:
            raise CardError("Card_Changed", what="tries")
        self._digest = digest
        if tries == 0:
            raise CardError(lock.blocked, attempts_remaining=0)
        return certificate, tries

    def _verify(self, lock: _Lock, opener: Revealable, permit: Callable[[], None]) -> None:
        text = opener.reveal()
        if not lock.fits(text):
            raise CardError(lock.wrong, attempts_remaining=self._tries.get(lock.opener), sent=False)
        self._expect_ok(Command(0x00, 0xA4, 0x02, 0x0C, lock.opener.to_bytes(2, "big")))
        command = Command(0x00, 0x20, 0x00, 0x80, text.encode("ascii"))
        permit()
        # without detours: whatever the card answers, a PIN is never sent twice by itself
        response = self._exchange(command)
        if response.sw == OK:
            return
        tries = _tries(response.sw)
        if tries is None:
            self._expect(command, response)
        self._tries[lock.opener] = tries
        raise CardError(lock.wrong if tries else lock.blocked, attempts_remaining=tries)

    def _query_tries(self, opener: int) -> int | None:
        self._ready()
        select = Command(0x00, 0xA4, 0x02, 0x0C, opener.to_bytes(2, "big"))
        response = self._send(select)
        if response.sw == FILE_NOT_FOUND and opener == AUTHENTICATION_PIN:
            raise CardError("Card_Face_Authentication")
        self._expect(select, response)
        return _tries(self._send(Command(0x00, 0x20, 0x00, 0x80)).sw)

    def _certificate(
        self,
        fid: int = AUTHENTICATION_CERTIFICATE,
        missing: CardFailure = "Card_No_Authentication_Certificate",
    ) -> bytes:
        self._ready()
        select = Command(0x00, 0xA4, 0x02, 0x0C, fid.to_bytes(2, "big"))
        response = self._send(select)
        if response.sw == FILE_NOT_FOUND:
            raise CardError(missing)
        self._expect(select, response)
        der = self._read_object(missing)
        try:
            x509.load_der_x509_certificate(der)
        except ValueError as error:
            raise CardError("Certificate_Malformed", length=len(der)) from error
        return der

    def _read_object(self, missing: CardFailure) -> bytes:
        """Read the DER object at the beginning of the current EF."""
        data = self._read_part(0, MAX_SHORT)
        if not data.strip(b"\xff\x00"):
            raise CardError(missing)
        if len(data) < 4 or data[:2] != b"\x30\x82":
            raise CardError("Certificate_Malformed", length=len(data))
        total = 4 + int.from_bytes(data[2:4], "big")
        while len(data) < min(total, _FILE_LIMIT):
            part = self._read_part(len(data), min(MAX_SHORT, total - len(data)))
            if not part:
                raise CardError("Certificate_Malformed", length=len(data), expected=total)
            data += part
        return data[:total]

    def _read(self, fid: int, length: int) -> bytes:
        self._expect_ok(Command(0x00, 0xA4, 0x02, 0x0C, fid.to_bytes(2, "big")))
        return self._read_part(0, length)[:length]

    def _read_part(self, offset: int, length: int) -> bytes:
        """Read up to `length` bytes of the current EF; none behind its end."""
        command = Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=length)
        response = self._send(command)
        if response.sw in (OUTSIDE_FILE, 0x6282):
            return response.data
        self._expect(command, response)
        return response.data

    def _ready(self) -> None:
        if not self._selected:
            self.open()

    def _expect_ok(self, command: Command) -> bytes:
        response = self._send(command)
        self._expect(command, response)
        return response.data

    @staticmethod
    def _expect(command: Command, response: Response) -> None:
        if response.sw != OK:
            raise CardError("Card_Answer_Unexpected", command=command_name(command), sw=f"{response.sw:04X}")

    def _send(self, command: Command) -> Response:
        """Send one command with its detours: 6Cxx asks for another Le, 61xx for GET RESPONSE."""
        response = self._exchange(command)
        if response.sw >> 8 == 0x6C:
            response = self._exchange(command.with_le(response.sw & 0xFF or MAX_SHORT))
        data = response.data
        for _ in range(_LONGEST_ANSWER):
            if response.sw >> 8 != 0x61:
                return Response(data, response.sw)
            response = self._exchange(Command(0x00, 0xC0, 0x00, 0x00, le=response.sw & 0xFF or MAX_SHORT))
            data += response.data
        raise CardError("Card_Answer_Unexpected", command=command_name(command), sw=f"{response.sw:04X}")

    def _exchange(self, command: Command) -> Response:
        if self._broken:
            # after a transport error the same handle may reach another card
            raise CardError("Card_Removed")
        try:
            answer = self._card.transmit(command.encode())
        except CardError:
            self._broken = True
            raise
        if len(answer) < 2:
            raise CardError("Card_Answer_Unexpected", command=command_name(command), received=len(answer))
        return Response.parse(answer)


def _tries(sw: int) -> int | None:
    """Return the tries left by the answer of VERIFY; 6983 is ISO's word for 6984. None: it does not tell."""
    return 0 if sw in (PIN_BLOCKED, AUTHENTICATION_BLOCKED) else tries_in(sw)
