"""The OpenAPI documents of centre and issuing server: our interface specification, as the nodes themselves serve it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import httpx

from scenarios.servers import LocalServers
from scenarios.template import template_folder
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Trace


def documents() -> dict[str, dict[str, Any]]:
    """File name -> document."""
    clock = Clock(STAGE_START)
    with tempfile.TemporaryDirectory(prefix="konbini-openapi-") as folder:
        servers = LocalServers(Path(folder), template_folder(), clock, Trace(clock))
        try:
            return {
                f"{node}.json": httpx.get(f"{url}/openapi.json", trust_env=False).raise_for_status().json()
                for node, url in (("center", servers.center_url), ("issuing", servers.issuing_url))
            }
        finally:
            servers.stop()


def write_documents(folder: Path) -> list[Path]:
    """Writes them into `folder` (made if need be); the files' paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, document in documents().items():
        path = folder / name
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        written.append(path)
    return written
