"""`konbini server --folder` as a process of its own that can be killed, and what is asked of it without a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from scenarios.ledger_queries import LedgerQueries
from scenarios.server_folder import kept_clock
from scenarios.stage import STORE
from scenarios.stage_secrets import KeyPool
from server_stub.interface.clock import Clock, real_monotonic_ns

COMMAND = (sys.executable, "-m", "scenarios.cli", "server", "--json")


def command(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The command that is expected to end by itself."""
    told = (*COMMAND, "--ports", "0,0,0", "--folder", str(folder), *options)
    return subprocess.run(told, capture_output=True, text=True, timeout=100, check=False)


class Server:
    """Begins at once. The ports stay the same from one start to the next, as a terminal expects."""

    def __init__(self, folder: Path, *options: str, umask: int = 0o022) -> None:
        self.folder = folder
        self._umask = umask
        self._ports = "0,0,0"
        self.start(*options)

    def start(self, *options: str) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, "--ports", self._ports, "--folder", str(self.folder), *options],
            stdout=subprocess.PIPE,
            text=True,
            umask=self._umask,
        )
        assert self._process.stdout is not None
        self.urls: dict[str, str] = json.loads(self._process.stdout.readline())
        urls = (httpx.URL(self.urls[node]) for node in ("authority", "issuing", "center"))
        self._ports = ",".join(str(url.port) for url in urls)

    def kill(self) -> None:
        """As `kill -9` does."""
        self._process.kill()
        self._end()

    def stop(self) -> None:
        self._process.terminate()
        self._end()

    def _end(self) -> None:
        self._process.wait(60)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def post(self, path: str, body: Any = None, key: str = "") -> httpx.Response:
        """To the centre, as the terminal KIOSK-STORE-01."""
        terminal = KeyPool(self.folder / "keys").text(f"terminal-{STORE}")
        headers = {"Authorization": f"Bearer {terminal}"} | ({"Idempotency-Key": key} if key else {})
        return httpx.post(
            f"{self.urls['center']}{path}", json=body, headers=headers, trust_env=False, timeout=60
        )

    def get(self, path: str) -> httpx.Response:
        terminal = KeyPool(self.folder / "keys").text(f"terminal-{STORE}")
        headers = {"Authorization": f"Bearer {terminal}"}
        return httpx.get(f"{self.urls['center']}{path}", headers=headers, trust_env=False, timeout=60)

    def books(self) -> LedgerQueries:
        return LedgerQueries(self.folder)

    def clock(self) -> Clock:
        """The kept clock."""
        return kept_clock(self.folder)


def until(condition: Any, what: str) -> None:
    limit = real_monotonic_ns() + 40e9
    while not condition():
        assert real_monotonic_ns() < limit, what
