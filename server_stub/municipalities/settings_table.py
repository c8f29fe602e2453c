"""A table of a settings file, read key by key, so that a wrong setting has a file, a field and what was expected."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from server_stub.interface.failures import Failed
from server_stub.interface.values import LONGEST_NAME

E = TypeVar("E", bound=StrEnum)


class SettingsTable:
    """`close()` refuses keys that nobody asked for: a mistyped setting must not be silently without effect."""

    def __init__(self, file: str, values: dict[str, Any], prefix: str = "") -> None:
        self._file = file
        self._values = values
        self._prefix = prefix
        self._asked: set[str] = set()

    @classmethod
    def read(cls, path: Path) -> SettingsTable:
        """Raises Failed(Settings_Wrong) for a file that is not there or no TOML."""
        name = f"{path.parent.name}/{path.name}"
        try:
            return cls(name, tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError:
            raise Failed("Settings_Wrong", file=name, field="", expected="a file") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Failed("Settings_Wrong", file=name, field="", expected=f"TOML ({error})") from None

    def wrong(self, field: str, expected: str) -> Failed:
        return Failed("Settings_Wrong", file=self._file, field=self._prefix + field, expected=expected)

    def _get(self, field: str, kinds: type | tuple[type, ...], expected: str) -> Any:
        self._asked.add(field)
        value = self._values.get(field)
        # bool is an int to Python, not to someone who writes settings
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise self.wrong(field, expected)
        return value

    def text(
        self, field: str, pattern: str = r"\S(.*\S)?", expected: str = "a text without blanks around it"
    ) -> str:
        value: str = self._get(field, str, expected)
        if not re.fullmatch(pattern, value):
            raise self.wrong(field, expected)
        if len(value) > LONGEST_NAME:
            raise self.wrong(field, f"at most {LONGEST_NAME} letters")
        return value

    def has(self, field: str) -> bool:
        return field in self._values

    def flag(self, field: str) -> bool:
        return bool(self._get(field, bool, "true or false"))

    def whole(self, field: str, least: int, most: int) -> int:
        expected = f"a whole number from {least} to {most}"
        value: int = self._get(field, int, expected)
        if not least <= value <= most:
            raise self.wrong(field, expected)
        return value

    def number(self, field: str, least: float, most: float) -> float:
        expected = f"a number from {least} to {most}"
        value = float(self._get(field, (int, float), expected))
        if not least <= value <= most:
            raise self.wrong(field, expected)
        return value

    def time(self, field: str) -> time:
        value: time = self._get(field, time, "a time of day such as 06:30:00")
        return value

    def choices(self, field: str, kind: type[E]) -> tuple[E, ...]:
        expected = "a list of " + ", ".join(kind)
        values = self._get(field, list, expected)
        if not all(isinstance(value, str) and value in set(kind) for value in values) or len(
            set(values)
        ) != len(values):
            raise self.wrong(field, expected)
        return tuple(kind(value) for value in values)

    def choice(self, field: str, among: Sequence[str]) -> str:
        value: str = self._get(field, str, "one of " + ", ".join(among))
        if value not in among:
            raise self.wrong(field, "one of " + ", ".join(among))
        return value

    def table(self, field: str) -> SettingsTable:
        return SettingsTable(self._file, self._get(field, dict, "a table"), f"{self._prefix}{field}.")

    def tables(self, field: str) -> tuple[SettingsTable, ...]:
        values = self._get(field, list, "tables") if field in self._values else []
        if not all(isinstance(value, dict) for value in values):
            raise self.wrong(field, "tables")
        return tuple(
            SettingsTable(self._file, value, f"{self._prefix}{field}[{number}].")
            for number, value in enumerate(values, start=1)
        )

    def close(self) -> None:
        for field in self._values:
            if field not in self._asked:
                raise self.wrong(field, "no such setting")
