"""Hold what a card keeps between commands, and end a command without success."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cards.apdu import FILE_NOT_FOUND, NO_CURRENT_EF, WRONG_P1_P2
from cards.image import Application, CardImage, ElementaryFile

from .secure_messaging import SecureSession


class Refusal(Exception):
    """End a command with a status word; never leaves the card."""

    def __init__(self, sw: int) -> None:
        super().__init__(sw)
        self.sw = sw


LAST_SHORT_ID = 0x1E
"""Short EF identifiers run from 01 to 1E (JICSAP 4.2)."""


@dataclass(slots=True)
class Session:
    """Hold selection and security state between commands. They fall with the power and with the application."""

    image: CardImage
    random_bytes: Callable[[int], bytes]
    application: Application | None = None
    current: ElementaryFile | None = None
    verified: set[int] = field(default_factory=set)
    secure: SecureSession | None = None

    def enter(self, application: Application | None) -> None:
        """Enter an application (None: the card manager); secure messaging ends and what was verified is forgotten.

        Of a card with `reselect_keeps`, what was verified stays if it is the same application once more.
        """
        again = application is not None and application is self.application
        self.application = application
        self.current = None
        self.secure = None
        if not (again and self.image.behaviour.reselect_keeps):
            self.verified.clear()

    def file(self, fid: int) -> ElementaryFile:
        if self.application is None or fid not in self.application.files:
            raise Refusal(FILE_NOT_FOUND)
        return self.application.files[fid]

    def referenced(self, p2: int) -> ElementaryFile:
        """Find the EF that P2 names: 80 the current one, 80 + short identifier another one."""
        if p2 & 0xE0 != 0x80:
            raise Refusal(WRONG_P1_P2)
        short = p2 & 0x1F
        if short == 0:
            if self.current is None:
                raise Refusal(NO_CURRENT_EF)
            return self.current
        return self.short(short)

    def short(self, short: int) -> ElementaryFile:
        """Find the EF of a short identifier; it becomes the current one."""
        if short > LAST_SHORT_ID:
            raise Refusal(WRONG_P1_P2)
        self.current = self.file(short)
        return self.current

    def opened(self, file: ElementaryFile) -> bool:
        return file.opened_by is None or bool(file.opened_by & self.verified)
