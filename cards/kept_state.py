"""Keep what a virtual card has been through (counters, changed PINs) in a file, apart from the card itself.

A card that is made anew from its profile takes its state up again: keys and certificates need not be the same ones.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import CardError
from .image import CardImage, Pin

STATE_FORMAT = "konbini-card-state"
STATE_VERSION = 1


class KeptState:
    """Hold the file of one or more cards, each by the name that its owner gives it."""

    def __init__(self, path: Path) -> None:
        """Read the file, if there is one. Raises CardError(Settings_Wrong)."""
        self._path = path
        self._cards: dict[str, Any] = {}
        self._written: str | None = None
        if path.exists():
            self._written = self._text()
            self._cards = self._read(self._written)

    def restore(self, name: str, image: CardImage) -> bool:
        """Bring `image` to the state kept under `name`; False if there is none.

        Raises CardError(Settings_Wrong) if it is no state of such a card; `image` is then as it was."""
        kept = self._cards.get(name)
        if kept is None:
            return False
        pins = dict(_pins(image))
        try:
            new = {where: (str(told["value"]), int(told["tries"])) for where, told in kept["pins"].items()}
            fits = kept["profile"] == image.profile and new.keys() == pins.keys()
            fits = fits and all(_possible(pins[where], *told) for where, told in new.items())
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._wrong(type(error).__name__) from error
        if not fits:
            raise self._wrong(name)
        for where, (value, tries) in new.items():
            pins[where].value, pins[where].tries = value, tries
        return True

    def save(self, cards: Mapping[str, CardImage]) -> None:
        """Write the state of `cards` beside that of others in the file, if anything has changed. Raises OSError."""
        self._cards |= {
            name: {
                "profile": image.profile,
                "pins": {where: {"value": pin.value, "tries": pin.tries} for where, pin in _pins(image)},
            }
            for name, image in cards.items()
        }
        told = {"format": STATE_FORMAT, "version": STATE_VERSION, "cards": self._cards}
        text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        if text == self._written:
            return
        part = self._path.with_name(self._path.name + ".part")
        part.unlink(missing_ok=True)
        # its owner's only, and never anybody else's for a moment
        handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        part.replace(self._path)
        self._written = text

    def _text(self) -> str:
        try:
            return self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self._wrong(type(error).__name__) from error

    def _read(self, text: str) -> dict[str, Any]:
        try:
            data = json.loads(text)
        except ValueError as error:
            raise self._wrong("JSON ではないファイル") from error
        if not isinstance(data, dict) or (data.get("format"), data.get("version")) != (
            STATE_FORMAT,
            STATE_VERSION,
        ):
            raise self._wrong("別の形式のファイル")
        cards = data.get("cards")
        if not isinstance(cards, dict):
            raise self._wrong("cards")
        return cards

    def _wrong(self, found: str) -> CardError:
        return CardError(
            "Settings_Wrong", file=self._path.name, expected="このカードの状態を残したファイル", found=found
        )


def _pins(image: CardImage) -> list[tuple[str, Pin]]:
    return [
        (f"{application.name} {file.fid:04X}", file.pin)
        for application in image.applications
        for file in application.files.values()
        if file.pin is not None
    ]


def _possible(pin: Pin, value: str, tries: int) -> bool:
    return 0 <= tries <= pin.limit and pin.accepts(value.encode())
