"""Know the registered terminals by their keys."""

from __future__ import annotations

import hashlib
import hmac
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import delete, insert, select

from server_stub.interface.failures import Failed
from server_stub.interface.issuing import TerminalFacts
from server_stub.interface.secret import Secret

from .database import Database
from .tables import terminals


def sha256_of_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Terminal:
    """Hold one terminal.

    `facts`: operator, shop, area and kind, as the ledger keeps them. The centre keeps no key, only its hash.
    """

    facts: TerminalFacts
    key_sha256: str

    @classmethod
    def with_key(cls, facts: TerminalFacts, key: Secret) -> Terminal:
        return cls(facts, sha256_of_key(key.reveal()))


def load_terminals(path: Path) -> tuple[Terminal, ...]:
    """Read the terminals of a TOML file: `[[terminal]]` tables with terminal_id, operator, shop, area, kind, key_sha256 (hex).

    Raises Failed(Settings_Wrong, file=..., item=...) and takes nothing when one entry is wrong.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["terminal"]
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise TypeError("[[terminal]]")
        return checked(tuple(_terminal(entry) for entry in entries), path.name)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise Failed(
            "Settings_Wrong", file=path.name, item="terminal", detail=type(error).__name__
        ) from error
    except ValidationError as error:
        fields = [".".join(map(str, item["loc"])) for item in error.errors()]
        raise Failed("Settings_Wrong", file=path.name, item="terminal", fields=fields) from error


def checked(entries: tuple[Terminal, ...], origin: str) -> tuple[Terminal, ...]:
    """Return `entries`, if no identifier and no key stands twice and every key is a SHA-256 in hex."""
    for values in ([t.facts.terminal_id for t in entries], [t.key_sha256 for t in entries]):
        if len(set(values)) != len(values):
            raise Failed(
                "Settings_Wrong", file=origin, item="terminal", detail="an identifier or key stands twice"
            )
    for terminal in entries:
        if len(terminal.key_sha256) != 64 or set(terminal.key_sha256) - set("0123456789abcdef"):
            raise Failed("Settings_Wrong", file=origin, item=f"key_sha256 of {terminal.facts.terminal_id}")
    return entries


def _terminal(entry: dict[str, Any]) -> Terminal:
    facts = {name: value for name, value in entry.items() if name != "key_sha256"}
    return Terminal(TerminalFacts.model_validate(facts), str(entry["key_sha256"]))


class TerminalBook:
    """Find terminals in their table, of which a copy is in memory: every request asks for one."""

    def __init__(self, database: Database, registered: Iterable[Terminal]) -> None:
        self._database = database
        self._registered = tuple(registered)
        self._by_key: dict[str, Terminal] = {}
        self.register()
        database.on_replaced(self.register)

    def register(self) -> None:
        """Make the table say what the settings say."""
        with self._database.write() as connection:
            connection.execute(delete(terminals))
            if self._registered:
                rows = [t.facts.model_dump() | {"key_sha256": t.key_sha256} for t in self._registered]
                connection.execute(insert(terminals), rows)
        with self._database.read() as connection:
            found = [_terminal(dict(row)) for row in connection.execute(select(terminals)).mappings()]
        self._by_key = {terminal.key_sha256: terminal for terminal in found}

    def identify(self, key: str) -> Terminal:
        """Find the terminal of that key. Raises Failed(Terminal_Unknown).

        The time taken says nothing of the keys: what is looked up and compared is a digest of what came in.
        """
        digest = sha256_of_key(key)
        terminal = self._by_key.get(digest)
        if terminal is None or not hmac.compare_digest(terminal.key_sha256, digest):
            raise Failed("Terminal_Unknown")
        return terminal
