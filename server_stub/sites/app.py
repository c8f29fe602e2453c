"""The pages of the status site. Nothing of them needs a script; the number goes in the body of a POST, never into an address."""

from __future__ import annotations

import math
from datetime import timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs

import jinja2
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server_stub.interface.failures import Failed
from server_stub.interface.registration import RegistrationStatus, grouped, read_number
from server_stub.interface.secret import Secret
from server_stub.node import NodeContext, make_app

from .guesses import Guesses, Locked
from .settings import SiteSettings
from .status import StatusServers
from .texts import LANGUAGES, day_in_words, say, told, wait_in_words

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "x-robots-tag": "noindex, nofollow",
}
"""On every answer."""
LONGEST_ENTRY = 60
"""Characters of an entry that are read."""


class Headers:
    """Puts `HEADERS` on every answer, with another content security policy if there is one."""

    def __init__(self, app: ASGIApp, policy: str = "") -> None:
        self._app = app
        given = HEADERS | ({"content-security-policy": policy} if policy else {})
        self._own = [(name.encode(), value.encode()) for name, value in given.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *self._own]}
            await send(message)

        await self._app(scope, receive, with_headers)


class StatusSite:
    """What stands behind the pages."""

    def __init__(self, context: NodeContext, settings: SiteSettings) -> None:
        self._context, self._settings = context, settings
        self.guesses = Guesses(settings.database_url, settings.limits, settings.address_key)
        self.servers = StatusServers(settings.servers)
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("server_stub.sites"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self.style = (files("server_stub.sites") / "templates" / "style.css").read_text(encoding="utf-8")

    def reopen(self) -> None:
        """Forget open connections: the database below may have been replaced."""
        self.guesses.close()

    def close(self) -> None:
        self.guesses.close()
        self.servers.close()

    def page(self, template: str, language: str, code: int = 200, /, **facts: Any) -> Response:
        def words(key: str, **more: object) -> str:
            return say(key, language, **more)

        other = LANGUAGES[1 - LANGUAGES.index(language)]
        body = self._templates.get_template(template).render(
            say=words, language=language, other=other, **facts
        )
        return HTMLResponse(body, status_code=code)

    def ask(self, language: str, *, problem: str = "", entered: str = "", status: int = 200) -> Response:
        """The form, with what is wrong about the entry (key of a text)."""
        return self.page("ask.html", language, status, problem=problem, entered=entered)

    def answer(self, entered: str, address: str, language: str) -> Response:
        """Tell the status of the number that was entered."""
        number = read_number(entered[:LONGEST_ENTRY])
        if number is None:
            self._tell("malformed")
            return self.ask(language, problem="wrong", entered=entered[:LONGEST_ENTRY], status=422)
        reserved = self.guesses.reserve(address, self._context.clock.now())
        if isinstance(reserved, Locked):
            return self._locked(reserved, language)
        try:
            found = self.servers.status(number)
        except Failed as failed:
            if failed.failure == "Registration_Unknown":
                self._tell("unknown")
                if self._settings.show_unknown:
                    return self._unknown(number, language)
                return self.ask(language, problem="untold", entered=grouped(number).reveal(), status=404)
            self.guesses.take_back(reserved)
            self._tell("unreachable")
            return self.page("notice.html", language, 503, title="away.title", text=say("away", language))
        except BaseException:
            self.guesses.take_back(reserved)
            raise
        self.guesses.take_back(reserved)
        self._tell(found.status.value)
        return self._found(number, found, language)

    def _found(self, number: Secret, found: RegistrationStatus, language: str) -> Response:
        completed = found.completed_on
        return self.page(
            "result.html",
            language,
            number=grouped(number).reveal(),
            status=f"status.{found.status.value}",
            name=told(found.name, language),
            message=told(found.message, language),
            message_language=language if language in found.message else "ja",
            completed=None if completed is None else day_in_words(completed, language),
        )

    def _unknown(self, number: Secret, language: str) -> Response:
        return self.page(
            "result.html",
            language,
            404,
            number=grouped(number).reveal(),
            status="status.unknown",
            name=None,
            message=say("unknown", language),
            message_language=language,
            completed=None,
        )

    def _locked(self, locked: Locked, language: str) -> Response:
        self._tell("locked_everybody" if locked.everybody else "locked")
        wait = max(locked.wait, timedelta(seconds=1))
        text = say("busy" if locked.everybody else "locked", language, wait=wait_in_words(wait, language))
        response = self.page("notice.html", language, 429, title="locked.title", text=text)
        response.headers["retry-after"] = str(math.ceil(wait.total_seconds()))
        return response

    def _tell(self, outcome: str) -> None:
        """Count it in the trace: neither number nor address."""
        self._context.trace.emit("site", "status_asked", outcome=outcome)


def create_app(context: NodeContext, settings: SiteSettings) -> FastAPI:
    """Make the node. `app.state.site` is its StatusSite (`reopen()`, `close()`)."""
    app = make_app(context, title="利用登録状況確認サイト", source="site", description="")
    app.openapi_url = None
    app.router.routes.clear()
    site = app.state.site = StatusSite(context, settings)

    @app.get("/")
    def start(request: Request) -> Response:
        wished = request.headers.get("accept-language", "")
        language = "en" if wished.lower().startswith("en") else "ja"
        return RedirectResponse(f"/{language}", status_code=303)

    @app.get("/style.css")
    def style() -> Response:
        return Response(site.style, media_type="text/css")

    for language in LANGUAGES:
        _add_language(app, site, language)

    @app.exception_handler(HTTPException)
    async def _absent(request: Request, error: HTTPException) -> Response:
        language = "en" if request.url.path.startswith("/en") else "ja"
        status = error.status_code if error.status_code in (404, 405) else 404
        return site.page("notice.html", language, status, title="absent.title", text=say("absent", language))

    app.add_middleware(Headers)
    return app


def _add_language(app: FastAPI, site: StatusSite, language: str) -> None:
    @app.get(f"/{language}")
    def ask() -> Response:
        return site.ask(language)

    @app.post(f"/{language}/status")
    async def status(request: Request) -> Response:
        text = (await request.body()).decode("utf-8", "replace")
        entered = parse_qs(text, keep_blank_values=True, max_num_fields=10).get("number", [""])[0]
        address = request.client.host if request.client is not None else ""
        return await run_in_threadpool(site.answer, entered, address, language)

    @app.get(f"/{language}/status")
    def again() -> Response:
        """Of somebody who opens the address of a result: the form."""
        return RedirectResponse(f"/{language}", status_code=303)
