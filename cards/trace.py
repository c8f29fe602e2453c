"""Tell an observer what may be told of a conversation with a card: commands by name, status words, and an observer from outside.

VERIFY and CHANGE PIN bodies never appear; of files with personal data only header and length do.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import Any, Protocol

from cards.readers.interface import CardConnection

from .apdu import Command, MalformedCommand, Response, command_name, status_text
from .errors import CardError


class Revealable(Protocol):
    """Hold a secret that shows itself only on demand."""

    def reveal(self) -> str: ...


class Observer(Protocol):
    """Be told what happens, as a kind and plain data without secrets; on the thread where it happens."""

    def __call__(self, kind: str, /, **data: Any) -> object: ...


def nobody(kind: str, /, **data: Any) -> None:
    """Observe nothing."""


APPLICATION_NAMES: dict[bytes, str] = {
    bytes.fromhex("D392F000260100000001"): "公的個人認証AP",
    bytes.fromhex("D3921000310001010408"): "券面入力補助AP",
    bytes.fromhex("D3921000310001010402"): "券面事項確認AP",
    bytes.fromhex("D3921000310001010401"): "住基AP",
    bytes.fromhex("D3921000310001010100"): "共通カードAP",
    bytes.fromhex("A0000001510000"): "カードマネージャ",
}
_JPKI = "公的個人認証AP"
_PUBLIC_FILES = {(_JPKI, fid) for fid in (0x0002, 0x0006, 0x0008, 0x000A, 0x000B)}
_SECRET_INS = {0x20, 0x24, 0x32}


class ObservedConnection(CardConnection):
    """Pass everything on and tell `observer` of each command: kind `command` with name, application, file, header,
    status and milliseconds. With `bodies`, public bodies too, in hex; secret and personal ones never.

    `bodies` tells so by itself, as kind `bodies_shown`.
    """

    def __init__(self, inner: CardConnection, observer: Observer, *, bodies: bool = False) -> None:
        self._inner = inner
        self._observer = observer
        self._bodies = bodies
        self._application = ""
        self._file = 0
        if bodies:
            observer("bodies_shown", warning="コマンドと応答の本体を記録します（暗証番号と個人情報を除く）")

    @property
    def atr(self) -> bytes:
        return self._inner.atr

    def transmit(self, command: bytes) -> bytes:
        begun = time.perf_counter_ns()
        try:
            answer = self._inner.transmit(command)
        except CardError as error:
            self._tell(command, begun, failure=error.failure)
            raise
        self._tell(command, begun, answer)
        return answer

    def transaction(self) -> AbstractContextManager[None]:
        return self._inner.transaction()

    def close(self, *, power_down: bool = True) -> None:
        self._inner.close(power_down=power_down)

    def _tell(self, raw: bytes, begun: int, answer: bytes | None = None, failure: str = "") -> None:
        data: dict[str, Any] = {"ms": round((time.perf_counter_ns() - begun) / 1e6, 3)}
        try:
            command = Command.parse(raw)
        except MalformedCommand:
            self._observer("command", name="?", length=len(raw), failure=failure, **data)
            return
        response = Response(b"", 0) if answer is None or len(answer) < 2 else Response.parse(answer)
        self._follow(command, response)
        data |= {
            "name": command_name(command),
            "application": self._application,
            "header": command.header.hex(" ").upper(),
            "sent": len(command.data),
            "received": len(response.data),
        }
        if self._file:
            data["file"] = f"{self._file:04X}"
        if failure:
            data["failure"] = failure
        else:
            data |= {
                "sw": f"{response.sw:04X}",
                "status": status_text(response.sw, compared=bool(command.data)),
            }
        if self._bodies and self._public(command):
            data |= {"sent_hex": command.data.hex(), "received_hex": response.data.hex()}
        self._observer("command", **data)

    def _follow(self, command: Command, response: Response) -> None:
        """Follow which application and file the command was about."""
        if (command.cla, command.ins, command.p1) == (0x00, 0xA4, 0x04) and response.sw == 0x9000:
            self._application = APPLICATION_NAMES.get(command.data, command.data.hex().upper())
            self._file = 0
        elif (command.cla, command.ins, command.p1) == (0x00, 0xA4, 0x02) and response.sw == 0x9000:
            self._file = int.from_bytes(command.data, "big")
        elif command.ins == 0xB0 and command.p1 & 0x80:
            self._file = command.p1 & 0x1F
        elif command.ins == 0xB2 and command.p2 >> 3:
            self._file = command.p2 >> 3
        elif command.ins in (0x20, 0x24, 0x2A, 0x32, 0x88) and command.p2 & 0x1F:
            self._file = command.p2 & 0x1F

    def _public(self, command: Command) -> bool:
        if command.ins in _SECRET_INS:
            return False
        if command.ins in (0xA4, 0x84):
            return True
        if command.ins == 0x2A:
            return self._application == _JPKI
        return (self._application, self._file) in _PUBLIC_FILES
