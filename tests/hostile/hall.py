"""Real servers with fresh databases, terminals of theirs without screens, and what their books say."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from scenarios.ledger_queries import LedgerQueries
from scenarios.servers import LocalServers, demo_terminals
from scenarios.stage import STORE
from scenarios.stage_secrets import KeyPool
from scenarios.towns import Town
from server_stub.center.center import Center
from server_stub.center.terminals import Terminal
from server_stub.interface.clock import Clock
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Event, Trace
from tests.hostile.visitor import Visitor

SECOND = "KIOSK-STORE-02"


def two_stores(keys: KeyPool, town: Town) -> tuple[Terminal, ...]:
    """The shop's terminal, and another beside it."""
    first = demo_terminals(keys, town)[0]
    facts = first.facts.model_copy(update={"terminal_id": SECOND})
    return first, Terminal.with_key(facts, Secret(keys.text(f"terminal-{SECOND}")))


@dataclass
class Hall:
    """Real servers with fresh databases, and terminals of them."""

    folder: Path
    template: Path
    servers: LocalServers
    clock: Clock
    trace: Trace
    books: LedgerQueries
    events: list[Event]

    def visitor(self, terminal_id: str = STORE, name: str = "", url: str = "") -> Visitor:
        """`url`: somebody who stands in for the centre."""
        folder = self.folder / (name or terminal_id)
        center_url = url or self.servers.center_url
        return Visitor(folder, center_url, terminal_id, self.template, self.clock, self.trace)

    @property
    def center(self) -> Center:
        center: Center = self.servers._center_app.state.center
        return center

    def incidents(self) -> list[str]:
        return [f"{one.noticed_by}: {one.name}" for one in self.center.incidents.of()]

    def settled(self) -> None:
        """Until every report has reached the ledger."""
        while self.center.outbox.pending():
            self.center.housekeeper.wake()
            threading.Event().wait(0.005)
