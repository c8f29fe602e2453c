"""The first page: five things to try on the first day, and what the operator may do."""

from __future__ import annotations

from fastapi import APIRouter, Response

from server_stub.operations.web import Asked

router = APIRouter()


@router.get("/", name="first_day")
def first_day(visit: Asked) -> Response:
    return visit.page("first_day/first_day.html")
