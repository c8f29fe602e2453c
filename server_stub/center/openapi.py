"""The published interface specification: what a centre of one's own must implement to be driven by our terminal."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from server_stub.interface.failures import CATALOGUE
from server_stub.interface.terminal import Manifest

from .openapi_text import DESCRIPTION, INFO_NOTE

ALWAYS = ("Terminal_Unknown", "Request_Malformed", "Request_Too_Large", "Request_Too_Slow", "Internal_Error")

Responses = dict[int | str, dict[str, Any]]


def failures(*names: str) -> Responses:
    """The failure answers of one path, by status: every name with its cause and an example of its body."""
    by_status: dict[int, list[str]] = {}
    for name in dict.fromkeys((*names, *ALWAYS)):
        by_status.setdefault(CATALOGUE[name].status, []).append(name)
    return {
        status: {
            "description": "\n\n".join(f"`{name}`: {CATALOGUE[name].cause}" for name in found),
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/FailureBody"},
                    "examples": {name: {"value": {"failure": name, "facts": {}}} for name in found},
                }
            },
        }
        for status, found in sorted(by_status.items())
    }


def describe(app: FastAPI) -> None:
    """Let `app` publish the whole document, with what FastAPI cannot know: the trace context, the manifest inside the
    signed text, and the catalogue of failures."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                summary=INFO_NOTE,
                description=f"{DESCRIPTION}\n\n{_catalogue()}",
                routes=app.routes,
            )
            _add_traceparent(made["paths"])
            _add_manifest(made["components"]["schemas"])
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _add_traceparent(paths: dict[str, Any]) -> None:
    """The node reads it (server_stub/node.py), no path by itself."""
    header = {
        "name": "traceparent",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "W3C Trace Context, version 00",
    }
    for path in paths.values():
        for operation in path.values():
            operation.setdefault("parameters", []).append(header)


def _add_manifest(schemas: dict[str, Any]) -> None:
    manifest = Manifest.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(manifest.pop("$defs"))
    schemas["Manifest"] = manifest
    text = schemas["SignedManifest"]["properties"]["text"]
    text["contentMediaType"] = "application/json"
    text["contentSchema"] = {"$ref": "#/components/schemas/Manifest"}


def _catalogue() -> str:
    rows = [
        f"| `{failure.name}` | {failure.status} | {failure.cause} | {failure.remedy} |"
        for failure in CATALOGUE.values()
        if failure.status
    ]
    return "\n".join(["## Failures", "", "| failure | status | 原因 | 対処 |", "|---|---|---|---|", *rows])
