"""The OpenAPI documents of centre, issuing server and card registry: our interface specification, as the nodes themselves serve it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from server_stub.card_registry.app import openapi_document as card_registry_document
from server_stub.center.app import openapi_document as center_document
from server_stub.issuing.app import openapi_document as issuing_document


def documents() -> dict[str, dict[str, Any]]:
    """File name -> document. No server is started for it."""
    return {
        "card_registry.json": card_registry_document(),
        "center.json": center_document(),
        "issuing.json": issuing_document(),
    }


def write_documents(folder: Path) -> list[Path]:
    """Writes them into `folder` (made if need be); the files' paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, document in documents().items():
        path = folder / name
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        written.append(path)
    return written
