"""Answer the commands that every application on the card has in common: files, PINs, challenges.

Status words as measured on real cards
(JICSAP 1.1 with the card's own deviations; docs/facts.md, 1.5). Where no source tells, the answer is ISO 7816-4's.
"""

from __future__ import annotations

import hmac

from cards.apdu import (
    CONDITIONS,
    FILE_NOT_FOUND,
    FILE_STRUCTURE,
    FUNCTION_NOT_SUPPORTED,
    MAX_SHORT,
    NO_CURRENT_EF,
    OK,
    OUTSIDE_FILE,
    PIN_BLOCKED,
    RECORD_NOT_FOUND,
    REFERENCE_NOT_FOUND,
    SECURITY_STATUS,
    TRIES,
    UNLIMITED_FAILED,
    WRONG_INS,
    WRONG_LENGTH,
    WRONG_P1_P2,
    Command,
    Response,
)
from cards.image import ElementaryFile, FileKind, KeyUse, Pin

from .session import Refusal, Session
from .signing import sign


class Applet:
    """Answer the commands of one application. Stateless: all state is in the session and the image.

    A handler returns the response data, or raises Refusal.
    """

    commands: dict[tuple[int, int], str] = {
        (0x00, 0x20): "verify",
        (0x00, 0x84): "get_challenge",
        (0x00, 0x88): "internal_authenticate",
        (0x00, 0xA4): "select_file",
        (0x00, 0xB0): "read_binary",
        (0x00, 0xB2): "read_record",
        (0x00, 0xCA): "get_data",
    }

    def handle(self, session: Session, command: Command) -> Response:
        """Answer every command; one it does not know with 6D00."""
        name = self.commands.get((command.cla, command.ins))
        if name is None:
            return Response(b"", WRONG_INS)
        try:
            return Response(getattr(self, name)(session, command), OK)
        except Refusal as refusal:
            return Response(b"", refusal.sw)

    def select_file(self, session: Session, command: Command) -> bytes:
        """Select an EF of this application (SELECT by AID is the card's own). Without effect for the MF (measured)."""
        if command.p1 == 0x00:
            if not command.data:
                if session.application is None:
                    raise Refusal(WRONG_P1_P2)
                return b""
            raise Refusal(FILE_NOT_FOUND)
        if command.p1 != 0x02 or command.p2 not in (0x00, 0x0C):
            raise Refusal(WRONG_P1_P2)
        if len(command.data) != 2:
            raise Refusal(WRONG_LENGTH)
        session.current = session.file(int.from_bytes(command.data, "big"))
        return b""

    def read_binary(self, session: Session, command: Command) -> bytes:
        """Read at a 15-bit offset in P1-P2, or P1 = 80 + short identifier and 8-bit offset.

        Reads to the end of the file at most.
        """
        if command.data or command.le is None:
            raise Refusal(WRONG_LENGTH)
        if command.p1 & 0x80:
            if command.p1 & 0x60 or command.p1 == 0x80:
                raise Refusal(WRONG_P1_P2)
            file = session.short(command.p1 & 0x1F)
            offset = command.p2
        else:
            if session.current is None:
                raise Refusal(NO_CURRENT_EF)
            file = session.current
            offset = command.p1 << 8 | command.p2
        if file.kind is not FileKind.BINARY:
            raise Refusal(FILE_STRUCTURE)
        if not session.opened(file):
            raise Refusal(SECURITY_STATUS)
        if offset >= len(file.content):
            raise Refusal(OUTSIDE_FILE)
        return file.content[offset : offset + command.le]

    def read_record(self, session: Session, command: Command) -> bytes:
        """Read one record by its number, P2 = 04 for the current EF or short identifier * 8 + 4; several at once are
        not offered."""
        if command.data or command.le is None:
            raise Refusal(WRONG_LENGTH)
        if command.p2 & 0x07 == 0x05:
            raise Refusal(FUNCTION_NOT_SUPPORTED)
        if command.p2 & 0x07 != 0x04 or command.p1 == 0:
            raise Refusal(WRONG_P1_P2)
        short = command.p2 >> 3
        file = session.short(short) if short else session.current
        if file is None:
            raise Refusal(NO_CURRENT_EF)
        if file.kind is not FileKind.RECORDS:
            raise Refusal(FILE_STRUCTURE)
        if not session.opened(file):
            raise Refusal(SECURITY_STATUS)
        if command.p1 > len(file.records):
            raise Refusal(RECORD_NOT_FOUND)
        return file.records[command.p1 - 1][: command.le]

    def verify(self, session: Session, command: Command) -> bytes:
        """Compare 1-16 bytes and count; without data tell the tries left and count nothing."""
        if command.p1 != 0x00:
            raise Refusal(WRONG_P1_P2)
        if command.le is not None or len(command.data) > 16:
            raise Refusal(WRONG_LENGTH)
        file = session.referenced(command.p2)
        pin = pin_of(file)
        if not command.data:
            raise Refusal(self._tries_left(session, pin))
        if pin.blocked:
            raise Refusal(PIN_BLOCKED)
        if (
            not session.image.behaviour.wrong_length_counts
            and not pin.minimum <= len(command.data) <= pin.maximum
        ):
            raise Refusal(WRONG_LENGTH)
        if hmac.compare_digest(command.data, pin.value.encode()):
            if session.image.behaviour.restores_counter:
                pin.tries = pin.limit
            session.verified.add(file.fid)
            return b""
        session.verified.discard(file.fid)
        if pin.limit == 0:
            raise Refusal(UNLIMITED_FAILED)
        pin.tries -= 1
        raise Refusal(TRIES | pin.tries)

    @staticmethod
    def _tries_left(session: Session, pin: Pin) -> int:
        if pin.limit == 0:
            return UNLIMITED_FAILED
        return session.image.behaviour.blocked_query if pin.blocked else TRIES | pin.tries

    def change_reference_data(self, session: Session, command: Command) -> bytes:
        """Set a new PIN (00 24 01), after VERIFY of the old one (JPKI and 券面入力補助)."""
        if command.p1 != 0x01:
            raise Refusal(WRONG_P1_P2)
        return self._change(session, command)

    def change_key(self, session: Session, command: Command) -> bytes:
        """Set a new PIN (80 32 00) in the manner of JICSAP (住基 and 共通カード)."""
        if command.p1 != 0x00:
            raise Refusal(WRONG_P1_P2)
        return self._change(session, command)

    @staticmethod
    def _change(session: Session, command: Command) -> bytes:
        file = session.referenced(command.p2)
        pin = pin_of(file)
        if not command.data or command.le is not None:
            raise Refusal(WRONG_LENGTH)
        if pin.blocked:
            raise Refusal(PIN_BLOCKED)
        if file.fid not in session.verified:
            raise Refusal(SECURITY_STATUS)
        if not pin.accepts(command.data):
            raise Refusal(CONDITIONS)
        pin.value = command.data.decode("ascii")
        pin.tries = pin.limit
        return b""

    def get_challenge(self, session: Session, command: Command) -> bytes:
        """Give 1 to 256 random bytes; the extended form is refused with 6985 (measured)."""
        if (command.p1, command.p2) != (0, 0):
            raise Refusal(WRONG_P1_P2)
        if command.data or command.le is None:
            raise Refusal(WRONG_LENGTH)
        if command.extended or command.le > MAX_SHORT:
            raise Refusal(CONDITIONS)
        return session.random_bytes(command.le)

    def internal_authenticate(self, session: Session, command: Command) -> bytes:
        """Sign SHA-256 with DigestInfo over 1 to 255 bytes. One key on the card answers; the others refuse (measured)."""
        if command.p1 != 0x00:
            raise Refusal(WRONG_P1_P2)
        file = session.referenced(command.p2)
        if file.key is None:
            raise Refusal(FILE_STRUCTURE)
        if file.key.use is not KeyUse.INTERNAL_AUTHENTICATE:
            raise Refusal(CONDITIONS if file.opened_by is None else SECURITY_STATUS)
        if not 1 <= len(command.data) <= 255 or command.le is None:
            raise Refusal(WRONG_LENGTH)
        return fitting(sign(file.key, 0x03, command.data), command.le)

    def get_data(self, session: Session, command: Command) -> bytes:
        """Give data objects of the card manager; inside an application only the contact ATR (5F51) answers."""
        if command.data or command.le is None:
            raise Refusal(WRONG_LENGTH)
        tag = command.p1 << 8 | command.p2
        value = session.image.data_objects.get(tag)
        if value is None or (session.application is not None and tag != 0x5F51):
            raise Refusal(REFERENCE_NOT_FOUND)
        if len(value) > command.le:
            raise Refusal(WRONG_LENGTH)
        return value


def fitting(answer: bytes, le: int) -> bytes:
    """Return `answer` if that many bytes were asked for. Raises Refusal(6Cxx) with the right number."""
    if le < len(answer):
        raise Refusal(0x6C00 | len(answer) % MAX_SHORT)
    return answer


def pin_of(file: ElementaryFile) -> Pin:
    if file.pin is None:
        raise Refusal(FILE_STRUCTURE)
    return file.pin
