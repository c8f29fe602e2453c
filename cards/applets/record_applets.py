"""Answer as 共通カードAP, 住基AP, 券面事項確認AP and 券面入力補助AP: records behind a PIN or 照合番号."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from cards.apdu import REFERENCE_NOT_FOUND, SECURITY_STATUS, WRONG_DATA, WRONG_P1_P2, Command
from cards.image import FileKind, Key, KeyUse

from .base import Applet
from .jpki import JpkiApplet
from .secure_messaging import SecureMessagingRefusal, SecureSession
from .session import Refusal, Session


class JukiApplet(Applet):
    commands = Applet.commands | {(0x80, 0x32): "change_key", (0x80, 0xAE): "set_session_key"}

    def set_session_key(self, session: Session, command: Command) -> bytes:
        """Refuse 80 AE even with the PIN verified (measured)."""
        raise Refusal(SECURITY_STATUS)


class CommonApplet(JukiApplet):
    def set_session_key(self, session: Session, command: Command) -> bytes:
        """Refuse 80 AE: no key delivery is configured (measured)."""
        raise Refusal(SECURITY_ENVIRONMENT)


SECURITY_ENVIRONMENT = 0x66F1


class CardFaceApplet(JpkiApplet):
    """Answer as the 券面事項確認AP. `80 2A` with P2 = 00 signs with the application's own key; no PIN is asked for."""

    commands = {
        key: name
        for key, name in JpkiApplet.commands.items()
        if name not in ("set_public_key", "last_command", "change_reference_data")
    }

    def _key(self, session: Session, p2: int) -> Key:
        if p2 != 0x00:
            return super()._key(session, p2)
        assert session.application is not None
        for file in session.application.files.values():
            if file.kind is FileKind.KEY and file.key is not None and file.key.use is KeyUse.SIGN:
                return file.key
        raise Refusal(REFERENCE_NOT_FOUND)

    def set_session_key(self, session: Session, command: Command) -> bytes:
        """Refuse 80 AE: no key delivery is configured (measured)."""
        raise Refusal(SECURITY_ENVIRONMENT)


class CardInputApplet(CardFaceApplet):
    """Answer as the 券面入力補助AP. Its PIN can be changed, and it is the one application with secure messaging."""

    commands = CardFaceApplet.commands | {(0x00, 0x24): "change_reference_data"}

    def set_session_key(self, session: Session, command: Command) -> bytes:
        """Take a session key in; a session that there was is replaced by it (unproven).

        The access condition comes before the key is looked at: 6982 without the PIN, with 照合番号A too (measured).
        """
        assert session.application is not None
        for file in session.application.files.values():
            if file.key is not None and file.key.use is KeyUse.SESSION_KEY:
                if not session.opened(file):
                    raise Refusal(SECURITY_STATUS)
                if (command.p1, command.p2) != (0, 0):
                    raise Refusal(WRONG_P1_P2)
                if not isinstance(file.key.private, RSAPrivateKey):
                    raise Refusal(WRONG_DATA)
                try:
                    session.secure = SecureSession.delivered(file.key.private, command.data)
                except SecureMessagingRefusal as refusal:
                    raise Refusal(refusal.sw) from None
                return b""
        # a card of before there was a key for it
        raise Refusal(SECURITY_STATUS)
