"""Officials of Kobe at the issuing server's door, over HTTP, for the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from server_stub.interface.secret import Secret
from server_stub.node import serve
from tests.issuing.helper import OPS_KEY, TownHall


@contextmanager
def door(hall: TownHall, key: Secret = OPS_KEY) -> Iterator[httpx.Client]:
    node = serve(hall.app)
    try:
        headers = {"Authorization": f"Bearer {key.reveal()}"}
        with httpx.Client(
            base_url=node.base_url, headers=headers, trust_env=False, timeout=30, verify=False
        ) as client:
            yield client
    finally:
        node.stop()


def failure(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["failure"]


def facts(answer: httpx.Response) -> dict[str, Any]:
    return dict(answer.json()["facts"])
