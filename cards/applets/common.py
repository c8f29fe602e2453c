"""共通カードAP and 住基AP: records, a PIN that is changed in the manner of JICSAP, a key that answers without one."""

from __future__ import annotations

from cards.apdu import SECURITY_STATUS, Command

from .base import Applet
from .refusal import Refusal
from .session import Session
from .surface import SECURITY_ENVIRONMENT


class JukiApplet(Applet):
    commands = Applet.commands | {(0x80, 0x32): "change_key", (0x80, 0xAE): "set_session_key"}

    def set_session_key(self, session: Session, command: Command) -> bytes:
        """80 AE is refused even with the PIN verified (measured)."""
        raise Refusal(SECURITY_STATUS)


class CommonApplet(JukiApplet):
    def set_session_key(self, session: Session, command: Command) -> bytes:
        """80 AE: no key delivery is configured (measured)."""
        raise Refusal(SECURITY_ENVIRONMENT)
