"""The live trace of a card that lies on a vpcd reader: each command by name and status in words, a line each; no PIN, no person."""

from __future__ import annotations

import threading
from typing import Any

from cards.columns import hung, padded
from server_stub.interface.clock import Clock

from .options import terminal_columns

_POWER = {"on": "電源が入りました", "off": "電源が切れました", "reset": "リセットされました"}
_NAME = 26


class TracePrinter:
    """An observer that prints, from `begin` on; what came before is printed then. `slot`: put before each line where several cards
    lie."""

    def __init__(self, slot: str = "") -> None:
        self._slot = f"{slot} " if slot else ""
        self._clock = Clock()
        self._application = ""
        self._lock = threading.Lock()
        self._waiting: list[str] | None = []

    def begin(self) -> None:
        with self._lock:
            lines, self._waiting = self._waiting, None
        if lines:
            print(*lines, sep="\n", flush=True)

    def __call__(self, kind: str, /, **data: Any) -> None:
        lines: list[str] = []
        time = f"{self._slot}{self._clock.now():%H:%M:%S.%f}"[:-3] + " "
        if kind == "power":
            self._application = ""
            lines += hung(time, f"― {_POWER[data['state']]} ―", terminal_columns())
        elif kind == "command":
            lines += self._command(time, data)
        with self._lock:
            if self._waiting is not None:
                self._waiting += lines
                return
        if lines:
            print(*lines, sep="\n", flush=True)

    def _command(self, time: str, data: dict[str, Any]) -> list[str]:
        columns = terminal_columns()
        lines: list[str] = []
        application = data.get("application", "")
        if application != self._application:
            self._application = application
            lines += hung(time, f"― {application or 'アプリケーションなし'} ―", columns)
        name = data["name"] + (f" {data['file']}" if "file" in data and _about_a_file(data) else "")
        if "failure" in data and data["failure"]:
            outcome = f"応答なし（{data['failure']}）"
        else:
            outcome = f"{data.get('sw', '')} {data.get('status', '')}".strip()
        header = ""
        if "header" in data:
            header = f"　{data['header'].replace(' ', '')} 送{data['sent']} 受{data['received']}"
        return [*lines, *hung(time + padded(name, _NAME), outcome + header, columns)]


def _about_a_file(data: dict[str, Any]) -> bool:
    return data["name"] not in ("SELECT AP", "GET CHALLENGE", "GET DATA", "SELECT", "GET RESPONSE")
