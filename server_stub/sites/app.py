"""The pages of the status site. Nothing of them needs a script; the number goes in the body of a POST, never into an address."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from server_stub.interface.failures import Failed
from server_stub.interface.registration import RegistrationStatus, grouped, read_number
from server_stub.interface.secret import Secret
from server_stub.node import NodeContext

from .guesses import Guesses, Locked
from .pages import Pages, add_form, make_site, outcome_of
from .settings import SiteSettings
from .status import StatusServers
from .texts import LANGUAGES, day_in_words, say, told

LONGEST_ENTRY = 60
"""Characters of an entry that are read."""


class StatusSite:
    """What stands behind the pages."""

    def __init__(self, context: NodeContext, settings: SiteSettings) -> None:
        self._context, self._settings = context, settings
        self.guesses = Guesses(settings.database_url, settings.limits, settings.address_key)
        self.servers = StatusServers(settings.servers)
        self.pages = Pages(say)

    def reopen(self) -> None:
        """Forget open connections: the database below may have been replaced."""
        self.guesses.close()

    def close(self) -> None:
        self.guesses.close()
        self.servers.close()

    def ask(self, language: str, *, problem: str = "", entered: str = "", status: int = 200) -> Response:
        """The form, with what is wrong about the entry (key of a text)."""
        return self.pages.page("ask.html", language, status, problem=problem, entered=entered)

    def answer(self, entered: str, address: str, language: str) -> Response:
        """Tell the status of the number that was entered."""
        number = read_number(entered[:LONGEST_ENTRY])
        if number is None:
            self._tell("malformed")
            return self.ask(language, problem="wrong", entered=entered[:LONGEST_ENTRY], status=422)
        reserved = self.guesses.reserve(address, self._context.clock.now())
        if isinstance(reserved, Locked):
            self._tell(outcome_of(reserved))
            return self.pages.locked(reserved, language)
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
            return self.pages.notice("away", language, 503)
        except BaseException:
            self.guesses.take_back(reserved)
            raise
        self.guesses.take_back(reserved)
        self._tell(found.status.value)
        return self._found(number, found, language)

    def _found(self, number: Secret, found: RegistrationStatus, language: str) -> Response:
        completed = found.completed_on
        return self.pages.page(
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
        return self.pages.page(
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

    def _tell(self, outcome: str) -> None:
        """Count it in the trace: neither number nor address."""
        self._context.trace.emit("site", "status_asked", outcome=outcome)


def create_app(context: NodeContext, settings: SiteSettings) -> FastAPI:
    """Make the node. `app.state.site` is its StatusSite (`reopen()`, `close()`)."""
    site = StatusSite(context, settings)
    app = make_site(context, "利用登録状況確認サイト", site.pages)
    app.state.site = site
    for language in LANGUAGES:
        _add_language(app, site, language)
    return app


def _add_language(app: FastAPI, site: StatusSite, language: str) -> None:
    add_form(app, language, "status", site.ask)

    @app.post(f"/{language}/status")
    async def status(request: Request) -> Response:
        text = (await request.body()).decode("utf-8", "replace")
        entered = parse_qs(text, keep_blank_values=True, max_num_fields=10).get("number", [""])[0]
        address = request.client.host if request.client is not None else ""
        return await run_in_threadpool(site.answer, entered, address, language)
