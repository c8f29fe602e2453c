"""Somebody between terminal and centre who answers otherwise: real HTTP, the real centre behind, one rule at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


@dataclass(frozen=True)
class Answer:
    """What the centre said."""

    status: int
    kind: str
    body: bytes


Change = Callable[[Answer], bytes]
"""From the centre's answer to the bytes that go out in its place, head and all; the connection is closed behind them."""


class Rogue:
    """`change(part, ...)` changes every answer to a path that ends in `part`, until `calm`. `struck`: how often it did."""

    def __init__(self, centre_url: str) -> None:
        self._http = httpx.Client(base_url=centre_url, trust_env=False, timeout=60)
        self._rule: tuple[str, Change] | None = None
        self.silence = threading.Event()
        """Set while nobody is to be answered late any more."""
        self.struck = 0
        rogue = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                rogue.pass_on(self)

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def change(self, part: str, change: Change) -> None:
        self.struck = 0
        self._rule = part, change

    def calm(self) -> None:
        self._rule = None

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        rule = self._rule
        length = int(handler.headers.get("Content-Length", 0))
        sent = handler.rfile.read(length)
        headers = {
            name: value
            for name, value in handler.headers.items()
            if name.lower() in ("authorization", "content-type", "idempotency-key", "traceparent")
        }
        got = self._http.request(handler.command, handler.path, content=sent, headers=headers)
        answer = Answer(got.status_code, got.headers.get("content-type", ""), got.content)
        try:
            if rule is not None and rule[0] in handler.path.rsplit("/", 2)[-2:]:
                self.struck += 1
                handler.close_connection = True
                handler.wfile.write(rule[1](answer))
                return
            handler.send_response(answer.status)
            if answer.kind:
                handler.send_header("Content-Type", answer.kind)
            if answer.status != 204:
                handler.send_header("Content-Length", str(len(answer.body)))
            handler.end_headers()
            handler.wfile.write(answer.body)
        except OSError:  # the terminal did not wait
            handler.close_connection = True

    def stop(self) -> None:
        self.calm()
        self.silence.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        self._http.close()


def http(status: int, kind: str, body: bytes, *more: str, length: int | None = None) -> bytes:
    head = [f"HTTP/1.1 {status} x", f"Content-Type: {kind}", *more, "Connection: close"]
    head.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join((*head, "", "")).encode() + body
