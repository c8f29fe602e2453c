"""Answer as 共通カードAP, 住基AP, 券面事項確認AP and 券面入力補助AP: records behind a PIN or 照合番号."""

from __future__ import annotations

from cards.apdu import REFERENCE_NOT_FOUND, SECURITY_STATUS, Command
from cards.image import FileKind, Key, KeyUse

from .base import Applet
from .jpki import JpkiApplet
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


WRONG_DATA = 0x6A80
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
    """Answer as the 券面入力補助AP. Its PIN can be changed. Secure messaging is not offered: no seed is taken."""

    PIN = 0x0011
    commands = CardFaceApplet.commands | {(0x00, 0x24): "change_reference_data"}

    def set_session_key(self, session: Session, command: Command) -> bytes:
        """Refuse 80 AE: the access condition comes before the seed (measured)."""
        raise Refusal(WRONG_DATA if self.PIN in session.verified else SECURITY_STATUS)
