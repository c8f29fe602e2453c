"""The words of the way and of the large paper, in Japanese and English (`two_languages.csv`); the rest of the panel is Japanese."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from PySide6.QtCore import QObject, Signal

JA, EN = "ja", "en"


class _Language(QObject):
    """Which language is spoken; `changed` after another was chosen."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.now = JA

    def choose(self, language: str) -> None:
        if language != self.now:
            self.now = language
            self.changed.emit()

    def toggle(self) -> None:
        self.choose(EN if self.now == JA else JA)


LANGUAGE = _Language()


@cache
def table() -> dict[str, dict[str, str]]:
    """Key -> language -> words; a line break is written as \\n."""
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as source:
        return {
            row["key"]: {one: row[one].replace("\\n", "\n") for one in (JA, EN)}
            for row in csv.DictReader(source)
        }


def say(key: str, /, **facts: object) -> str:
    """The words of `key` in the language of the moment. Raises KeyError for one that is not there."""
    words = table()[key][LANGUAGE.now]
    return words.format(**facts) if facts else words
