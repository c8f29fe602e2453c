"""What the public sites have in common: their pages in two languages without a script, the headers of every answer, and the wait of who
asks too much."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from typing import Any

import jinja2
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server_stub.http import PAGE_HEADERS
from server_stub.node import NodeContext, Uploads, make_app

from .guesses import Locked
from .texts import LANGUAGES, wait_in_words

HEADERS = PAGE_HEADERS | {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
"""On every answer."""


class _Headers:
    """Puts `HEADERS` on every answer, with more at the end of the content security policy if there is any."""

    def __init__(self, app: ASGIApp, more: str = "") -> None:
        self._app = app
        given = HEADERS | {"content-security-policy": HEADERS["content-security-policy"] + more}
        self._own = [(name.encode(), value.encode()) for name, value in given.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *self._own]}
            await send(message)

        await self._app(scope, receive, with_headers)


class Pages:
    """The templates of this room with the words of one site."""

    def __init__(self, say: Callable[..., str]) -> None:
        """`say`: the words of a key in a language, with the facts in them."""
        self._say = say
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("server_stub.sites"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self.style = (files("server_stub.sites") / "templates" / "style.css").read_text(encoding="utf-8")

    def page(self, template: str, language: str, code: int = 200, /, **facts: Any) -> Response:
        def words(key: str, **more: object) -> str:
            return self._say(key, language, **more)

        other = LANGUAGES[1 - LANGUAGES.index(language)]
        body = self._templates.get_template(template).render(
            say=words, language=language, other=other, **facts
        )
        return HTMLResponse(body, status_code=code)

    def notice(self, key: str, language: str, code: int, *, title: str = "", **facts: object) -> Response:
        """A page with a title (`title`, else that of `key`) and a sentence."""
        text = self._say(key, language, **facts)
        return self.page("notice.html", language, code, title=title or f"{key}.title", text=text)

    def locked(self, locked: Locked, language: str) -> Response:
        """Who has asked too much, or comes when all have, is told how long to wait."""
        wait = max(locked.wait, timedelta(seconds=1))
        key = "busy" if locked.everybody else "locked"
        response = self.notice(key, language, 429, title="locked.title", wait=wait_in_words(wait, language))
        response.headers["retry-after"] = str(math.ceil(wait.total_seconds()))
        return response


def outcome_of(locked: Locked) -> str:
    """As the trace counts it."""
    return "locked_everybody" if locked.everybody else "locked"


def make_site(
    context: NodeContext, title: str, pages: Pages, *, more_policy: str = "", uploads: Uploads | None = None
) -> FastAPI:
    """Make the node of a site: without the doors of a service, with its style and the page of what is not there. `more_policy`: at
    the end of the content security policy."""
    app = make_app(context, title=title, source="site", description="", uploads=uploads)
    app.openapi_url = None
    app.router.routes.clear()

    @app.get("/")
    def start(request: Request) -> Response:
        wished = request.headers.get("accept-language", "")
        return RedirectResponse("/en" if wished.lower().startswith("en") else "/ja", status_code=303)

    @app.get("/style.css")
    def style() -> Response:
        return Response(pages.style, media_type="text/css")

    @app.exception_handler(HTTPException)
    async def _absent(request: Request, error: HTTPException) -> Response:
        language = "en" if request.url.path.startswith("/en") else "ja"
        return pages.notice("absent", language, error.status_code if error.status_code in (404, 405) else 404)

    app.add_middleware(_Headers, more=more_policy)
    return app


def add_form(app: FastAPI, language: str, path: str, ask: Callable[[str], Response]) -> None:
    """The site's form in a language; who opens the address of a result is led there. `path`: where the form is sent to."""

    @app.get(f"/{language}")
    def form() -> Response:
        return ask(language)

    @app.get(f"/{language}/{path}")
    def again() -> Response:
        return RedirectResponse(f"/{language}", status_code=303)
