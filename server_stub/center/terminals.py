"""Know the registered terminals by their keys."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from server_stub.interface.failures import Failed
from server_stub.interface.issuing import TerminalFacts
from server_stub.interface.secret import Secret

from .database import Database
from .tables import terminal_sightings, terminals


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


def _terminal(row: dict[str, Any]) -> Terminal:
    facts = {name: value for name, value in row.items() if name != "key_sha256"}
    return Terminal(TerminalFacts.model_validate(facts), row["key_sha256"])


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
            known = set(connection.scalars(select(terminal_sightings.c.terminal_id)))
            unseen = [
                {"terminal_id": t.facts.terminal_id, "last_seen": None}
                for t in self._registered
                if t.facts.terminal_id not in known
            ]
            if unseen:
                connection.execute(insert(terminal_sightings), unseen)
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
