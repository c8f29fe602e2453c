"""Act as a card: power, selection of applications, and the application that answers a command. Its whole state lies
in its image."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from cards.applets.record_applets import CardFaceApplet, CardInputApplet, CommonApplet, JukiApplet

from .apdu import (
    CARD_MANAGER_AID,
    CHANNEL_NOT_SUPPORTED,
    FILE_NOT_FOUND,
    NO_DIAGNOSIS,
    OK,
    SECURE_MESSAGING_CLASS,
    SECURE_MESSAGING_NOT_SUPPORTED,
    WRONG_CLA,
    WRONG_LENGTH,
    WRONG_P1_P2,
    Command,
    MalformedCommand,
    Response,
)
from .applets.base import Applet
from .applets.jpki import JpkiApplet
from .applets.ordinance import OrdinanceApplet
from .applets.secure_messaging import SECURE_CLASSES, SecureMessagingRefusal
from .applets.session import Session
from .errors import CardError
from .image import Application, CardImage

_APPLETS: dict[str, Applet] = {
    "jpki": JpkiApplet(),
    "text": CardInputApplet(),
    "surface": CardFaceApplet(),
    "juki": JukiApplet(),
    "common": CommonApplet(),
    "ordinance": OrdinanceApplet(),
}
_CARD_MANAGER = Applet()


class VirtualCard:
    """Act as one card. Safe from several threads; one command at a time, as on a real card.

    Counters change in `image` itself: whoever keeps the image keeps the counters.
    """

    def __init__(
        self,
        image: CardImage,
        *,
        random_bytes: Callable[[int], bytes] = os.urandom,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.image = image
        self._sleep = sleep
        self._lock = threading.Lock()
        self._session = Session(image, random_bytes)
        self._powered = False
        self._fresh = False

    @property
    def atr(self) -> bytes:
        return self.image.atr

    @property
    def powered(self) -> bool:
        return self._powered

    def power_on(self) -> bytes:
        """Power the card on and return its ATR. A card already powered keeps its state. Raises CardError(Card_Mute)."""
        with self._lock:
            if self.image.behaviour.mute:
                raise CardError("Card_Mute")
            if not self._powered:
                self._powered = True
                self._fresh = True
            return self.image.atr

    def power_off(self) -> None:
        """Take the power away: selection and security state fall."""
        with self._lock:
            self._powered = False
            self._session.enter(None)

    def reset(self) -> bytes:
        """Reset the card warm and return its ATR again; what was verified stays so (measured on real cards)."""
        return self.power_on()

    def transmit(self, raw: bytes) -> bytes:
        """Return the answer to any bytes. Raises CardError(Card_Mute) from a card without power or one that never answers."""
        behaviour = self.image.behaviour
        if behaviour.delay_ms:
            # not under the lock: a slow card can be taken away without waiting for it
            self._sleep(behaviour.delay_ms / 1000)
        with self._lock:
            if not self._powered or behaviour.mute:
                raise CardError("Card_Mute")
            fresh, self._fresh = self._fresh, False
            if fresh and behaviour.first_command_fails:
                return Response(b"", NO_DIAGNOSIS).encode()
            return self._answer(raw).encode()

    def _answer(self, raw: bytes) -> Response:
        try:
            command = Command.parse(raw)
        except MalformedCommand:
            return Response(b"", WRONG_LENGTH)
        secure = command.cla in SECURE_CLASSES and self._session.secure is not None
        refused = None if secure else self._refused_class(command)
        if refused is not None:
            return Response(b"", refused)
        if command.extended and not self.image.behaviour.extended_length:
            return Response(b"", WRONG_LENGTH)
        if secure:
            return self._answer_secure(command)
        if (command.cla, command.ins, command.p1) == (0x00, 0xA4, 0x04):
            return Response(b"", self._select_application(command))
        application = self._session.application
        applet = _CARD_MANAGER if application is None else _APPLETS[application.name]
        return applet.handle(self._session, command)

    def _answer_secure(self, command: Command) -> Response:
        """Answer a command of class 08 or 0C while there is a session of secure messaging; an error of it ends the session."""
        session = self._session
        assert session.secure is not None and session.application is not None
        try:
            plain = session.secure.opened(command)
        except SecureMessagingRefusal as refusal:
            if refusal.ends:
                session.secure = None
            return Response(b"", refusal.sw)
        secure = session.secure
        answer = _APPLETS[session.application.name].handle(session, plain)
        return secure.closed(answer, command.le) if answer.data else answer

    @staticmethod
    def _refused_class(command: Command) -> int | None:
        if command.cla & 0x7F > 0x0F:
            return WRONG_CLA
        if command.cla & 0x03:
            return CHANNEL_NOT_SUPPORTED
        if command.cla & 0x0C:
            return SECURE_MESSAGING_NOT_SUPPORTED if command.ins == 0xA4 else SECURE_MESSAGING_CLASS
        return None

    def _select_application(self, command: Command) -> int:
        """Select an application by its full AID, or none for the card manager. An unknown one leaves the selection as it was."""
        if command.p2 not in (0x00, 0x0C):
            return WRONG_P1_P2
        if len(command.data) > 16:
            return WRONG_LENGTH
        if command.data in (b"", CARD_MANAGER_AID):
            self._session.enter(None)
            return OK
        found = self._find(command.data)
        if found is None:
            return FILE_NOT_FOUND
        self._session.enter(found)
        return OK

    def _find(self, aid: bytes) -> Application | None:
        for application in self.image.applications:
            if application.aid == aid:
                return application
        return None
