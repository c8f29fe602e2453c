"""The routes of every node: how an answer goes out."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from fastapi import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel


class AnswerRoute(APIRoute):
    """A route whose answer is written on the thread that made it.

    FastAPI would hand the answer of a plain function to a second thread, only to find that it is the promised message:
    our messages check themselves when they are made, and a change of threads is an eighth of a bare request.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        super().__init__(path, _writing(endpoint, more.get("status_code") or 200), **more)


def _writing(endpoint: Callable[..., Any], status: int) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(endpoint):
        return endpoint

    @functools.wraps(endpoint)
    def written(**given: Any) -> Any:
        made = endpoint(**given)
        if isinstance(made, BaseModel):
            return Response(made.model_dump_json(), status, media_type="application/json")
        return made

    return written
