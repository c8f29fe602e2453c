"""What every node (centre, issuing server, authority) is built with: failures as answers, trace context, control port.

Centre, issuing and authority call `make_app`; the stage and the command line call `serve`.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .faults.box import KNOWN, FaultBox
from .http import MAX_BODY, CallerGone, NodeProtocol, again, check_json, whole_body
from .interface.clock import Clock, ClockSetting
from .interface.failures import CATALOGUE, Failed
from .interface.log import place_of
from .interface.outages import LOOK_PATH
from .interface.pace import seconds_at, take_async
from .interface.trace import Source, Trace, new_traceparent, under_traceparent
from .interface.values import FailureBody

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_log = logging.getLogger(__name__)
_UNREAD = ("Request_Too_Large", "Request_Too_Slow")
"""Refusals that leave something of the request unread."""
_FIELD_LENGTH = 120
"""Characters of a complaint about one field that are told."""


@dataclass
class NodeContext:
    """What a node is given: the one clock, the trace, its faults; `on_reset` puts its data back to the beginning, `on_trace` hears that
    the trace goes elsewhere, `undelivered` tells whose deliveries an outage keeps from their replicas.

    `control`: whether the control port exists at all (off unless the stage switches it on).
    """

    clock: Clock
    trace: Trace
    faults: FaultBox = field(default_factory=FaultBox)
    control: bool = False
    on_reset: Callable[[], None] | None = None
    on_trace: Callable[[], None] | None = None
    undelivered: Callable[[], Iterable[str]] = tuple


def failure_response(failed: Failed) -> JSONResponse:
    body = FailureBody.of(failed)
    return JSONResponse(
        body.model_dump(mode="json", exclude_none=True), status_code=failed.entry.status or 500
    )


def failure_answers(*names: str) -> dict[int | str, dict[str, Any]]:
    """Describe the failures `names` as answers of one path in OpenAPI, by status: each with its cause and an example of its body."""
    by_status: dict[int, list[str]] = {}
    for name in dict.fromkeys(names):
        by_status.setdefault(CATALOGUE[name].status, []).append(name)
    return {
        status: {
            "description": "\n\n".join(f"`{name}`: {CATALOGUE[name].cause}" for name in found),
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/FailureBody"},
                    "examples": {name: {"value": {"failure": name, "facts": {}}} for name in found},
                }
            },
        }
        for status, found in sorted(by_status.items())
    }


@dataclass(frozen=True, slots=True)
class Uploads:
    """Of a node that browsers send files to: how many bytes in how many real seconds, and the page of a body that was refused."""

    limit: int = MAX_BODY
    seconds: float | None = None
    """None: those of any message."""
    refused: Callable[[Failed], Response] = failure_response


def make_app(
    context: NodeContext, *, title: str, source: Source, description: str, uploads: Uploads | None = None
) -> FastAPI:
    """A FastAPI app that answers every failure by its name, ties its events to the caller's traceparent, and, if
    switched on, has the control port. `source` names the node in the trace and in `SOURCE.down`."""
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    fault_name = {
        "centre": "center.down",
        "issuing": "issuing.down",
        "authority": "authority.down",
        "existing": "existing_system.down",
    }.get(source, "")

    @app.exception_handler(Failed)
    async def _failed(request: Request, failed: Failed) -> Response:
        context.trace.emit(source, "refused", failure=failed.failure, facts=failed.facts)
        return failure_response(failed)

    @app.exception_handler(RequestValidationError)
    async def _malformed(request: Request, error: RequestValidationError) -> Response:
        # the message only: the offending input may hold anything, so it is not sent back
        fields = [
            _told(".".join(str(part) for part in item["loc"]) + ": " + item["msg"])
            for item in error.errors()[:10]
        ]
        return await _failed(request, Failed("Request_Malformed", fields=fields))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        name = "Request_Not_Found" if error.status_code in (404, 405) else "Request_Malformed"
        response = failure_response(Failed(name))
        if name == "Request_Not_Found":
            response.status_code = error.status_code
        return response

    app.add_middleware(
        _Around, context=context, source=source, fault_name=fault_name, uploads=uploads or Uploads()
    )
    if context.control:
        _add_control(app, context)
    return app


class _Around:
    """Around every request of a node: its trace context, its faults, its limit, its last resort.

    Plain ASGI, because Starlette's function middleware costs 0.3 ms a request, which is a third of a bare one.
    """

    def __init__(
        self, app: ASGIApp, context: NodeContext, source: Source, fault_name: str, uploads: Uploads
    ) -> None:
        self._app, self._context, self._source, self._fault_name = app, context, source, fault_name
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("traceparent", "")
        with under_traceparent(given if _TRACEPARENT.fullmatch(given) else new_traceparent()):
            await self._answer(scope, headers, receive, send)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        begun = False
        trace = self._context.trace
        control = scope["path"].startswith("/control/")
        untold = control or scope["path"] == LOOK_PATH

        async def noting(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                if not untold:  # before the caller can know of it
                    trace.emit(
                        self._source,
                        "answered",
                        method=scope["method"][:_FIELD_LENGTH],
                        path=_told(scope["path"]),
                        status=message["status"],
                    )
            await send(message)

        try:
            if not control and self._context.faults.strikes(self._fault_name) is not None:
                await Response(status_code=503)(scope, receive, send)
                return
            body = await whole_body(headers, receive, self._uploads.limit, self._uploads.seconds)
            check_json(headers, body)
            if not untold:
                method, path = scope["method"][:_FIELD_LENGTH], _told(scope["path"])
                trace.emit(self._source, "asked", method=method, path=path)
                await take_async(self._context.clock, seconds_at(self._source, method, path))
            await self._app(scope, again(body, receive), noting)
        except CallerGone:
            trace.emit(self._source, "caller_gone", method=scope["method"], path=_told(scope["path"]))
        except Failed as failed:
            trace.emit(self._source, "refused", failure=failed.failure, facts=failed.facts)
            response = self._uploads.refused(failed)
            if failed.failure in _UNREAD:
                response.headers["connection"] = "close"
            await response(scope, receive, noting)
        except Exception as error:
            # the route, not the path: a path is the caller's own words
            route = getattr(scope.get("route"), "path", "an unknown route")
            _log.exception("%s: %s %s", self._source, scope["method"][:_FIELD_LENGTH], route)
            trace.emit(self._source, "internal_error", **place_of(error))
            if begun:
                raise
            await failure_response(Failed("Internal_Error"))(scope, receive, noting)


def _told(text: str) -> str:
    """A caller's own words as they may be repeated: short, and Unicode that can be written."""
    return text[:_FIELD_LENGTH].encode("utf-8", "backslashreplace").decode()


def _add_control(app: FastAPI, context: NodeContext) -> None:
    capabilities = ["clock", "faults", "trace"] + (["reset"] if context.on_reset else [])

    @app.get("/control/capabilities", include_in_schema=False)
    def _capabilities() -> dict[str, Any]:
        return {"capabilities": capabilities, "faults": KNOWN}

    @app.get("/control/clock", include_in_schema=False)
    def _clock() -> dict[str, Any]:
        return context.clock.setting.to_json()

    @app.put("/control/clock", include_in_schema=False)
    def _set_clock(setting: dict[str, Any]) -> dict[str, Any]:
        try:
            context.clock.apply(ClockSetting.from_json(setting))
        except (KeyError, ValueError, OverflowError) as error:
            raise Failed("Request_Malformed", fields=[_told(str(error))]) from error
        return context.clock.setting.to_json()

    @app.put("/control/faults/{name}", include_in_schema=False)
    def _fault_on(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            context.faults.switch_on(name, parameters)
        except (KeyError, ValueError) as error:
            raise Failed("Request_Malformed", fields=[_told(str(error))]) from error
        context.trace.emit("fault", "on", name=name, parameters=parameters)
        return context.faults.active()

    @app.delete("/control/faults/{name}", include_in_schema=False)
    def _fault_off(name: str) -> dict[str, Any]:
        context.faults.switch_off(name)
        context.trace.emit("fault", "off", name=name)
        return context.faults.active()

    @app.put("/control/trace", include_in_schema=False)
    def _trace(wanted: dict[str, str]) -> dict[str, Any]:
        """`folder`: where events go from now on ('' for nowhere); `scenario`: what they belong to."""
        if "folder" in wanted:
            context.trace.open_folder(Path(wanted["folder"]) if wanted["folder"] else None)
        context.trace.scope(wanted.get("scenario", ""))
        if context.on_trace is not None:
            context.on_trace()
        return {}

    @app.get("/control/undelivered", include_in_schema=False)
    def _undelivered() -> dict[str, list[str]]:
        return {"municipalities": sorted(context.undelivered())}

    @app.post("/control/reset", include_in_schema=False)
    def _reset() -> dict[str, Any]:
        if context.on_reset is None:
            raise Failed("Control_Not_Offered", capability="reset")
        context.faults.clear()
        context.on_reset()
        return {}


class RunningNode:
    """A node on its own port in a thread of this process."""

    def __init__(self, app: FastAPI, sock: socket.socket) -> None:
        self.app = app
        self.port: int = sock.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            app, http=NodeProtocol, ws="none", log_config=None, log_level="critical", access_log=False,
            lifespan="off", timeout_keep_alive=60,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([sock],), name=f"node-{self.port}", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        """Begin to stop, without waiting: where several nodes stop, they do so together."""
        self._server.should_exit = True

    def stop(self) -> None:
        """Finish the requests under way and close the port."""
        self.end()
        self._thread.join(10)


def serve(app: FastAPI, port: int = 0, host: str = "127.0.0.1") -> RunningNode:
    """Start `app` on `port` (0: a free one). The socket listens before this returns, so a first request cannot be early.

    Raises OSError when the port is taken.
    """
    # the protocol is named so that asyncio sets TCP_NODELAY; without it every answer waits 40 ms for a delayed ACK
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return RunningNode(app, sock)
