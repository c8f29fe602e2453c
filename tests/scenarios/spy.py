"""A pytest plugin for a run in another process: writes down what is made anew for each visit, so that evidence can be
searched for it. One JSON line each, into the file that the environment names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

FILE = "KONBINI_SPY"


def pytest_configure(config: pytest.Config) -> None:
    from kiosk_app.center_client import CenterClient

    nonce, authenticate, message = CenterClient.nonce, CenterClient.authenticate, CenterClient._message

    def spied_nonce(self: CenterClient, session_id: str) -> Any:
        made = nonce(self, session_id)
        tell("nonce", made.nonce)
        return made

    def spied_authenticate(self: CenterClient, session_id: str, request: Any) -> Any:
        tell("signature", request.proof.signature)
        return authenticate(self, session_id, request)

    def spied_message(self: CenterClient, *arguments: Any, **more: Any) -> Any:
        for headers in arguments:
            if isinstance(headers, dict):
                tell("idempotency key", headers["Idempotency-Key"])
        return message(self, *arguments, **more)

    CenterClient.nonce = spied_nonce  # type: ignore[method-assign]
    CenterClient.authenticate = spied_authenticate  # type: ignore[method-assign]
    CenterClient._message = spied_message  # type: ignore[method-assign]


def tell(what: str, value: str) -> None:
    with Path(os.environ[FILE]).open("a", encoding="utf-8") as file:
        file.write(json.dumps([what, value]) + "\n")
