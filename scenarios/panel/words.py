"""The panel's sentences that more than one part needs, and events and troubles in an official's words."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

import httpx

from cards.errors import CardError
from scenarios.driver import NotReached
from scenarios.evidence.wording import headline
from scenarios.trace_labels import values
from server_stub.interface.failures import Failed, by_name
from server_stub.interface.trace import Event

from .client import Told

RESET = "次の方のために最初に戻す"
GONE = f"端末が応答しません。「{RESET}」を押すと、起動し直します。"
SERVER_GONE = "サーバにつながりません。少し待って、もう一度操作してください。"
NOT_ACCEPTED = "端末がこの操作を受け付けませんでした。画面の状態を確かめてください。"
NO_FILE = "用紙のファイルを開けませんでした。もう取り出された用紙かもしれません。"
NO_PRINTER = "プリンターへ送れませんでした。プリンターの状態を確かめてください。"
NO_VIEWER = "PDFを表示するソフトが見つかりませんでした。"
NOT_DONE = "操作できませんでした。もう一度お試しください。"

SCREENS: Mapping[str, str] = {"": "準備中", **values("screen")}
"""The terminal's views by name."""

_COMMON = {
    "screen": {"transition"},
    "card": {"command"},
    "network": {"request", "answered", "ready"},
    "centre": {"asked", "answered", "report_passed_on"},
    "issuing": {"asked", "answered", "existing_system_asked", "noted"},
    "authority": {"asked", "answered"},
    "existing": {"asked", "answered"},
    "card_registry": {"asked", "answered"},
}
"""What happens so often that it is hidden unless everything is asked for."""


def told(event: Event) -> str:
    """What happened, in one short phrase."""
    return headline(event)


def is_notable(event: Event) -> bool:
    """Whether an official would want to see it: not each command, request and transition."""
    if event.source == "card" and event.kind == "command":
        return str(event.data.get("name", "")) in ("VERIFY", "COMPUTE DIGITAL SIGNATURE")
    return event.kind not in _COMMON.get(event.source, set())


def trouble(error: BaseException) -> str:
    """One friendly line for whatever went wrong between panel and stage."""
    if isinstance(error, Told):
        return str(error)
    if isinstance(error, httpx.HTTPStatusError):
        return _refused(error.response)
    if isinstance(error, httpx.HTTPError):
        return SERVER_GONE
    if isinstance(error, Failed | CardError):
        entry = by_name(error.failure)
        return f"{entry.cause}{entry.remedy}"
    if isinstance(error, ConnectionError | NotReached | subprocess.SubprocessError):
        return GONE
    if isinstance(error, OSError):
        return NO_FILE
    if isinstance(error, RuntimeError | ValueError):
        return NOT_ACCEPTED
    return NOT_DONE


def _refused(response: httpx.Response) -> str:
    """A refusal by name, if the server told one."""
    try:
        body: Any = json.loads(response.content)
    except ValueError:
        body = None
    if not isinstance(body, Mapping) or "failure" not in body:
        return SERVER_GONE
    entry = by_name(str(body["failure"]))
    return f"{entry.cause}{entry.remedy}"
