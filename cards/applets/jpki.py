"""Answer as the 公的個人認証AP: two key pairs, their certificates and PINs. It signs by `80 2A` with the current key EF or
the one in P2."""

from __future__ import annotations

from cards.apdu import (
    FILE_STRUCTURE,
    SECURITY_STATUS,
    WRONG_LENGTH,
    WRONG_P1_P2,
    Command,
)
from cards.image import Key, KeyUse

from .base import Applet, fitting
from .session import Refusal, Session
from .signing import check_scheme, sign


class JpkiApplet(Applet):
    commands = Applet.commands | {
        (0x00, 0x24): "change_reference_data",
        (0x80, 0x2A): "compute_signature",
        (0x80, 0xA2): "set_public_key",
        (0x80, 0xAE): "set_session_key",
        (0x80, 0xFC): "last_command",
    }

    def compute_signature(self, session: Session, command: Command) -> bytes:
        """Sign with a key of the application; checks come in the order P1, key, access, length (docs/facts.md gives
        the status words, not their order)."""
        check_scheme(command.p1)
        key = self._key(session, command.p2)
        if not command.data or command.le is None:
            raise Refusal(WRONG_LENGTH)
        return fitting(sign(key, command.p1, command.data), command.le)

    def _key(self, session: Session, p2: int) -> Key:
        file = session.referenced(p2)
        if file.key is None or file.key.use is not KeyUse.SIGN:
            raise Refusal(FILE_STRUCTURE)
        if not session.opened(file):
            raise Refusal(SECURITY_STATUS)
        return file.key

    def set_public_key(self, session: Session, command: Command) -> bytes:
        """Refuse 80 A2: every P1-P2 tried on real cards was refused."""
        raise Refusal(WRONG_P1_P2)

    def set_session_key(self, session: Session, command: Command) -> bytes:
        """Refuse 80 AE: there is no secure messaging in this application (measured)."""
        raise Refusal(SECURITY_STATUS)

    def last_command(self, session: Session, command: Command) -> bytes:
        """Answer 80 FC 00 00: an iPhone takes it as the end; plastic cards refuse it with 6700 (measured)."""
        if not session.image.behaviour.last_command_indicator:
            raise Refusal(WRONG_LENGTH)
        return b""
