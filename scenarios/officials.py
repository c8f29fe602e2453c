"""An official at the console's pages, as a browser without scripts shows them: opens a page, fills in its form, presses the button.

The operator is put into the console's database beforehand, as the city's system administrator would, and logs in by the login page.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from datetime import date
from html import unescape
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from server_stub.db import open_engine, sqlite_url
from server_stub.interface.secret import Secret
from server_stub.operations import DoorAddress, Hosted, IssuingDoor, OperationsSettings
from server_stub.operations.operators import Operators
from server_stub.operations.rights import Role

from .template import OPERATIONS

if TYPE_CHECKING:
    from .stage import Stage

PASSWORD = "Minato-no-mieru-oka-7"  # noqa: S105 - of officials who are made up for one scenario
_NOWHERE = DoorAddress("http://127.0.0.1:9", Secret("nobody-listens-at-this-port"))
_numbers = itertools.count(1)
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">')
_PROBLEM = re.compile(r'<div class="problem-box" role="alert">(.*?)</div>', re.DOTALL)


class PageRefused(AssertionError):
    """The console did not do it; what its page says."""


class Official:
    """Logged in, until it is closed."""

    def __init__(self, stage: Stage, municipality: str, *roles: Role) -> None:
        login = f"official-{next(_numbers)}"
        once = _add(stage, municipality, login, roles)
        self._http = httpx.Client(
            base_url=stage.servers.console_url,
            timeout=60,
            trust_env=False,
            verify=False,
            follow_redirects=True,
        )
        self._page = ""
        self._show(self._http.post("/login", data={"login": login, "password": once.reveal()}))
        self.press("/first-password", chosen=PASSWORD, repeated=PASSWORD)

    def open(self, path: str) -> str:
        """Open a page and return its HTML."""
        return self._show(self._http.get(path))

    def press(self, path: str, **fields: str) -> str:
        """Send the form that goes to `path` on the page that is open, with its hidden fields and `fields`. Raises PageRefused."""
        shown = self._page
        start = shown.find(f'action="{path}"')
        if start < 0:
            raise PageRefused(f"開いている画面に、{path} へのボタンがありません。")
        form = shown[start : shown.index("</form>", start)]
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(form)}
        return self._show(self._http.post(path, data={**hidden, **fields}))

    def _show(self, answer: httpx.Response) -> str:
        self._page = answer.text
        problem = _PROBLEM.search(self._page)
        if answer.status_code >= 400 or problem is not None:
            told = re.sub(r"<[^>]+>", "", problem.group(1) if problem else self._page)
            raise PageRefused(" ".join(unescape(told).split())[:300])
        return self._page

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()


def _add(stage: Stage, municipality: str, login: str, roles: tuple[Role, ...]) -> Secret:
    """Register the operator; returns the one-time password."""
    towns: Mapping[str, Hosted] = {
        town.code: Hosted(town.code, town.name, "", stage.site(town.code).name) for town in stage.towns
    }
    settings = OperationsSettings(
        database_url=sqlite_url(stage.servers_folder / f"{OPERATIONS}.db"),
        secret_key=Secret(stage.keys.text("console-log")),
        center=_NOWHERE,
        sites=tuple(IssuingDoor((code,), _NOWHERE) for code in towns),
        municipalities=tuple(towns.values()),
    )
    engine = open_engine(settings.database_url)
    try:
        operators = Operators(engine, settings, stage.clock)
        return operators.add(
            municipality, login, "見本　花子", "市民課", roles, (), date(2000, 1, 1), None, "test"
        )
    finally:
        engine.dispose()
