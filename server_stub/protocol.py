"""HTTP itself, where uvicorn would answer in words of its own or wait for ever."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .interface.terminal import FailureBody

HEADER_SECONDS = 15.0
"""Real seconds from the connection, or from the first byte of a further request, to the end of its headers."""


LINGER_SECONDS = 2.0
"""Real seconds that a refused caller may go on sending: closing at once would reset the connection under the answer."""


class _Lingering:
    """A transport that, closed in the middle of a request, first lets the caller read the answer."""

    def __init__(self, transport: asyncio.Transport, protocol: NodeProtocol) -> None:
        self._transport = transport
        self._protocol = protocol
        self.lingers = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self.lingers or self._transport.is_closing()

    def close(self) -> None:
        if self.is_closing():
            return
        unread = self._protocol.conn.their_state in (h11.SEND_BODY, h11.ERROR)
        if not unread or not self._transport.can_write_eof():
            self._transport.close()
            return
        self.lingers = True
        try:
            self._transport.write_eof()
        except OSError:  # the caller has gone already
            self._transport.abort()
            return
        self._transport.resume_reading()
        self._protocol.loop.call_later(LINGER_SECONDS, self._transport.abort)


class NodeProtocol(H11Protocol):
    """What is no HTTP gets a failure by name; who does not finish the headers is not waited for."""

    _headers_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, _Lingering(transport, self)))
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._await_headers()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        self._stop_waiting()
        body = FailureBody(failure="Request_Malformed", facts={"fields": ["HTTP"]}).model_dump_json().encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        try:
            for event in (
                h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:  # an answer was under way already: all that is left is to close
            pass
        self.transport.close()

    def _await_headers(self) -> None:
        if self._headers_due is None:
            self._headers_due = self.loop.call_later(HEADER_SECONDS, self.timeout_keep_alive_handler)

    def _stop_waiting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None
