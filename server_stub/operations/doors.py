"""Clients of the other nodes' doors for officials (`/ops/v1`). Nothing else of another node is asked.

A door refuses by name; the name is raised here as Failed, and the page tells its Japanese sentence. A node that does not answer is
Failed(Console_Node_Away).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from server_stub.interface.failures import Failed
from server_stub.interface.values import read_refusal

from .settings import DoorAddress, OperationsSettings

_OUR_OWN = ("Operator_Unknown", "Operations_Not_Offered", "Request_Not_Found", "Internal_Error")
"""Refusals that say that key, address or node are wrong: no matter of the official's."""
M = TypeVar("M", bound=BaseModel)

_PATH = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")


class Door:
    """The door of one node. `name`: the node in Japanese, for the message that it does not answer. Safe from any thread."""

    def __init__(self, name: str, address: DoorAddress, seconds: float) -> None:
        self.name, self._seconds = name, seconds
        self._lock = threading.Lock()
        self._client = self._made(address)
        self._address = address

    def _made(self, address: DoorAddress) -> httpx.Client:
        return httpx.Client(
            base_url=address.base_url,
            headers={"authorization": f"Bearer {address.key.reveal()}", "accept-encoding": "identity"},
            timeout=self._seconds,
            trust_env=False,
        )

    def move(self, base_url: str) -> None:
        """The node is reached elsewhere from now on."""
        with self._lock:
            before, self._address = self._client, DoorAddress(base_url, self._address.key)
            self._client = self._made(self._address)
        before.close()

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, answer: type[M], **query: Any) -> M:
        """Ask for `path` (below `/ops/v1/`); parameters that are None are left out. Raises Failed by the door's name for it."""
        return self._ask("GET", path, answer, params={k: v for k, v in query.items() if v is not None})

    def post(self, path: str, answer: type[M], body: BaseModel | None = None) -> M:
        """Act at `path`. Raises Failed by the door's name for it."""
        content = None if body is None else body.model_dump_json()
        return self._ask("POST", path, answer, content=content, headers={"content-type": "application/json"})

    def content(self, path: str, **query: Any) -> bytes:
        """Ask for what is no message: a picture, a paper."""
        return self._answered("GET", path, params={k: v for k, v in query.items() if v is not None}).content

    def post_raw(self, path: str, body: BaseModel) -> bytes:
        """Ask by a message for what is none: a paper that is made for looking at."""
        told = {"content": body.model_dump_json(), "headers": {"content-type": "application/json"}}
        return self._answered("POST", path, **told).content

    @contextmanager
    def stream(self, path: str, **query: Any) -> Iterator[Iterator[bytes]]:
        """Ask for what is long, piece by piece."""
        _check_path(path)
        try:
            with self._client.stream(
                "GET", f"/ops/v1/{path}", params={k: v for k, v in query.items() if v is not None}
            ) as response:
                if response.status_code >= 400:
                    response.read()
                    self._refuse(response)
                yield response.iter_bytes()
        except httpx.HTTPError as error:
            raise Failed("Console_Node_Away", node=self.name) from error

    def _ask(self, method: str, path: str, answer: type[M], **told: Any) -> M:
        response = self._answered(method, path, **told)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            raise Failed("Console_Node_Away", node=self.name) from error

    def _answered(self, method: str, path: str, **told: Any) -> httpx.Response:
        _check_path(path)
        try:
            response = self._client.request(method, f"/ops/v1/{path}", **told)
        except httpx.HTTPError as error:
            raise Failed("Console_Node_Away", node=self.name) from error
        if response.status_code >= 400:
            self._refuse(response)
        return response

    def _refuse(self, response: httpx.Response) -> None:
        refused = read_refusal(response.content)
        if refused is None or refused.failure in _OUR_OWN:
            raise Failed("Console_Node_Away", node=self.name)
        raise refused


def _check_path(path: str) -> None:
    """Let nothing of a browser's address become another door, or its query. Raises Failed(Console_Record_Unknown)."""
    if not _PATH.fullmatch(path) or ".." in path:
        raise Failed("Console_Record_Unknown")


class Doors:
    """All doors that the console knows."""

    def __init__(self, settings: OperationsSettings) -> None:
        seconds = settings.door_seconds
        self.center = Door("証明書交付センター", settings.center, seconds)
        self._issuing: dict[str, Door] = {}
        self._cards: dict[str, Door] = {}
        for site in settings.sites:
            issuing = Door("証明発行サーバ", site.issuing, seconds)
            self._issuing |= dict.fromkeys(site.municipalities, issuing)
            if site.card_registry is not None:
                cards = Door("ICカード標準システム", site.card_registry, seconds)
                self._cards |= dict.fromkeys(site.by_ordinance, cards)

    def issuing(self, municipality: str) -> Door:
        """The issuing server of a municipality. Raises Failed(Console_Record_Unknown)."""
        return self._found(self._issuing, municipality)

    def card_registry(self, municipality: str) -> Door:
        """Its ICカード標準システム. Raises Failed(Console_Record_Unknown) where it has none."""
        return self._found(self._cards, municipality)

    def has_card_registry(self, municipality: str) -> bool:
        return municipality in self._cards

    @staticmethod
    def _found(doors: dict[str, Door], municipality: str) -> Door:
        if municipality not in doors:
            raise Failed("Console_Record_Unknown")
        return doors[municipality]

    def move_issuing(self, municipality: str, base_url: str) -> None:
        """The issuing server of the municipality is reached elsewhere (restored after a disaster)."""
        self.issuing(municipality).move(base_url)

    def close(self) -> None:
        for door in {self.center, *self._issuing.values(), *self._cards.values()}:
            door.close()
