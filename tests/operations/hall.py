"""A console that is served over HTTP, and officials who are logged in at it.

`Hall` has two municipalities and nobody behind the doors: for what is the console's own. With a stage, `Officials(stage.servers.console,
stage.servers.console_url)` does the same at the stage's console.
"""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx

from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.node import NodeContext, serve
from server_stub.operations import DoorAddress, Hosted, IssuingDoor, OperationsSettings, prepare_database
from server_stub.operations.app import create_app
from server_stub.operations.operators import Operator
from server_stub.operations.rights import VENDOR_ROLES, PersonalField, Role, Stage
from server_stub.operations.settings import PasswordCost
from server_stub.operations.tables import metadata
from server_stub.operations.web import COOKIE, Console
from tests.databases import CLUSTER, database_url, emptied

KOBE, ASHIKAGA = "28100", "09202"
PORT_ISLAND, OYAMA = "見本第一データセンター", "見本第二データセンター"
PASSWORD = "Minato-no-mieru-oka-7"
NOWHERE = DoorAddress("http://127.0.0.1:9", Secret("nobody-listens-at-this-port"))
_numbers = itertools.count(1)


class Page:
    """An answer, with what a person reads in it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response, self.status, self.html = response, response.status_code, response.text
        reader = _Reader()
        reader.feed(self.html)
        self.text = re.sub(r"\s+", " ", " ".join(reader.texts)).strip()
        self.links = [one for one in reader.links if one.startswith("/")]
        self.heading = reader.heading.strip()
        self.csrf = reader.csrf
        self.fields = reader.fields

    @property
    def location(self) -> str:
        return self.response.headers.get("location", "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: list[str] = []
        self.fields: dict[str, str] = {}
        self.heading = self.csrf = ""
        self._in_heading = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        self._in_heading = tag == "h1"
        if tag == "a":
            self.links.append(told.get("href", ""))
        if tag in ("input", "textarea", "select") and "name" in told:
            self.fields[told["name"]] = told.get("value", "")
            if told["name"] == "csrf":
                self.csrf = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._in_heading = False

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._in_heading:
            self.heading += data


class Official:
    """Somebody at a browser. `get` and `post` follow nothing; `post` sends the key of the session's forms with it."""

    def __init__(self, url: str, operator: Operator | None = None, token: str = "", csrf: str = "") -> None:
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self.operator, self.csrf = operator, csrf
        if token:
            self.http.cookies.set(COOKIE, token)

    def get(self, path: str, **query: Any) -> Page:
        return Page(self.http.get(path, params=query or None))

    def post(
        self, path: str, *, key: str | None = None, headers: dict[str, str] | None = None, **fields: Any
    ) -> Page:
        """`key`: another than the session's own."""
        told = {"csrf": self.csrf if key is None else key, **fields}
        return Page(self.http.post(path, data=told, headers=headers))

    def ask(self, methods: Iterable[str] | None, path: str) -> Page:
        """By the method that the path is for, without fields."""
        return self.post(path) if "POST" in (methods or ()) else self.get(path)

    @property
    def owner(self) -> str:
        assert self.operator is not None
        return self.operator.owner

    def close(self) -> None:
        self.http.close()


class Officials:
    """Makes operators at a console and logs them in, without the pages of logging in."""

    def __init__(self, console: Console, url: str) -> None:
        self.console, self.url = console, url
        self._open: list[Official] = []

    def as_role(
        self,
        *roles: Role,
        municipality: str = KOBE,
        fields: Iterable[PersonalField] = (),
        looks_at: str = "",
    ) -> Official:
        """An official of the municipality with these roles; roles of a vendor make somebody of its site, who looks at `looks_at`."""
        owner = municipality
        if not VENDOR_ROLES.isdisjoint(roles):
            owner = f"site:{self.console.municipalities[municipality].site}"
        login = f"{self.console.operators.prefix(owner)}test-{next(_numbers)}"
        names = "・".join(roles)
        self.console.operators.add(
            owner, login, f"試験 {names}", "試験課", roles, fields, date(2000, 1, 1), None, "test"
        )
        operator = self.console.operators.by_login(login, owner)
        shown = looks_at if owner.startswith("site:") else municipality
        token = self.console.sessions.begin(operator.number, shown, Stage.FULL, "127.0.0.1")
        session = self.console.sessions.find(token)
        assert session is not None
        official = Official(self.url, operator, token, session.csrf)
        self._open.append(official)
        return official

    def nobody(self) -> Official:
        """Somebody at a browser who is not logged in."""
        official = Official(self.url)
        self._open.append(official)
        return official

    def close(self) -> None:
        for one in self._open:
            one.close()
        self._open.clear()


class Hall:
    """A console of its own on a free port, with a clock that stands."""

    def __init__(self, folder: Path, template: Path, **settings: Any) -> None:
        self.clock = Clock(STAGE_START)
        self._file, self._template = folder / "operations.db", template
        self._database_url = database_url(self._file)
        if CLUSTER:
            prepare_database(self._database_url)
        else:
            shutil.copy(template, self._file)
        told: dict[str, Any] = {
            "database_url": self._database_url,
            "secret_key": Secret("a key that lies outside the database"),
            "center": NOWHERE,
            "sites": (IssuingDoor((KOBE,), NOWHERE), IssuingDoor((ASHIKAGA,), NOWHERE)),
            "municipalities": (
                Hosted(KOBE, "神戸市", "兵庫県", PORT_ISLAND),
                Hosted(ASHIKAGA, "足利市", "栃木県", OYAMA),
            ),
            "password_cost": PasswordCost(memory=64, passes=1),
            **settings,
        }
        self.app = create_app(NodeContext(self.clock, Trace(self.clock)), OperationsSettings(**told))
        self.console: Console = self.app.state.console
        self._node = serve(self.app)
        self.url = self._node.base_url
        self.officials = Officials(self.console, self.url)
        self.reset()

    def reset(self) -> None:
        """Nobody is there, at the hour at which every stage begins."""
        self.officials.close()
        self.console.engine.dispose()
        if CLUSTER:
            emptied(self._database_url, metadata)
        else:
            for end in ("-wal", "-shm"):
                self._file.with_name(self._file.name + end).unlink(missing_ok=True)
            shutil.copy(self._template, self._file)
        self.clock.start_again(STAGE_START)
        self.clock.freeze()

    @property
    def file(self) -> Path:
        """The console's database."""
        return self._file

    def close(self) -> None:
        self.officials.close()
        self._node.stop()
        self.console.close()
