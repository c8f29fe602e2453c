"""The three real nodes, what their databases hold, and a caller who keeps to no rule of HTTP."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import sqlite3
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import httpx

from scenarios.servers import LocalServers
from scenarios.stage_secrets import KeyPool
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.trace import Event, Trace

NODES = ("center", "issuing", "authority")
DATABASES = ("center", "ledger", "authority", "replica-28100")
TERMINAL = "KIOSK-STORE-01"
NOWHERE = "0" * 26
"""A session or an application that nobody has."""
TARGETS = {
    "center": f"/v1/applications/{NOWHERE}/reports",
    "issuing": f"/v1/applications/{NOWHERE}/reports",
    "authority": "/v1/certificates/FF/revoke",
}
"""One path of each node that expects a message."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def failure(self) -> str:
        """The name of the refusal; fails if it was answered in any other way."""
        assert self.status >= 400, self
        assert self.headers["content-type"] == "application/json", self
        told = json.loads(self.body)
        assert set(told) == {"failure", "facts"} | ({"words"} & set(told)), told
        assert told["failure"] in CATALOGUE and told["failure"] != "Internal_Error", told
        for word in (b"Traceback", b'File \\"', b".py", b"sqlalchemy", b"Error:"):
            assert word not in self.body, self.body
        return str(told["failure"])


class Nodes:
    def __init__(self, folder: Path, template: Path) -> None:
        self._folder = folder / "servers"
        self.clock = Clock(STAGE_START)
        self.clock.freeze()
        self.events: list[Event] = []
        self.trace = Trace(self.clock)
        self.trace.subscribe(self.events.append)
        fresh = folder / "template"
        shutil.copytree(template, fresh)
        self.servers = LocalServers(self._folder, fresh, self.clock, self.trace, control=True)
        self._seen: dict[int, tuple[int | None, str]] = {}
        self._watching = [
            sqlite3.connect(self._folder / f"{name}.db", timeout=10, check_same_thread=False)
            for name in DATABASES
        ]
        keys = KeyPool()
        self.keys = {
            "center": keys.text(f"terminal-{TERMINAL}"),
            "issuing": keys.text("centre-to-issuing"),
            "authority": keys.text("authority-operator"),
        }

    def stop(self) -> None:
        for connection in self._watching:
            connection.close()
        self.servers.stop()

    def url(self, node: str) -> httpx.URL:
        return httpx.URL(getattr(self.servers, f"{node}_url"))

    def connect(self, node: str) -> socket.socket:
        url = self.url(node)
        return socket.create_connection((url.host, url.port or 80), timeout=20)

    def head(self, node: str, *lines: bytes, method: str = "POST", path: str = "") -> bytes:
        """The head of a request with the right key; `lines` are further headers."""
        first = f"{method} {path or TARGETS[node]} HTTP/1.1".encode()
        usual = (b"Host: x", b"Connection: close", f"Authorization: Bearer {self.keys[node]}".encode())
        return b"\r\n".join((first, *usual, *lines, b"", b""))

    def send(self, node: str, *parts: bytes) -> Reply:
        """Whatever bytes, and the reply to them. A node that stops listening before the end may answer all the same."""
        with self.connect(node) as raw:
            try:
                for part in parts:
                    raw.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return reply(raw, "HEAD" if parts[0].startswith(b"HEAD") else "GET")

    def post(self, node: str, body: bytes, kind: bytes = b"application/json", path: str = "") -> Reply:
        length = f"Content-Length: {len(body)}".encode()
        return self.send(node, self.head(node, b"Content-Type: " + kind, length, path=path) + body)

    def contents(self) -> list[str]:
        """A digest of all that each of the databases holds. Read anew only where SQLite says that something was written, which it
        also says of its own housekeeping."""
        for number, connection in enumerate(self._watching):
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            if self._seen.get(number, (None, ""))[0] != version:
                dump = "\n".join(connection.iterdump())
                self._seen[number] = (version, hashlib.sha256(dump.encode()).hexdigest())
        return [self._seen[number][1] for number in range(len(self._watching))]

    def stumbled(self) -> list[dict[str, Any]]:
        return [event.data for event in self.events if event.kind == "internal_error"]


def reply(raw: socket.socket, method: str) -> Reply:
    """The first answer that comes."""
    with HTTPResponse(raw, method=method) as response:
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, headers, response.read())
