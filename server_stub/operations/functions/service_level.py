"""サービスレベル（SLA）の実績: availability, PDF answer time, notice of faults and recovery of a month, beside targets that are settings [推定]."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Response

from server_stub.interface.history import ServiceFigures
from server_stub.interface.official_acts import SettingsView
from server_stub.interface.outages import AlarmEntry, AlarmPage, CentreService, OutageList, OutageOf
from server_stub.operations.doors import Door
from server_stub.operations.forms import Form
from server_stub.operations.functions.management import OUTAGES
from server_stub.operations.service_levels import levels
from server_stub.operations.web import Asked, Visit

router = APIRouter()
CAUSES = {
    "site_silent": "証明発行サーバの設置場所から応答がない",
    "existing_system_silent": "既存システムから応答がない",
}


@router.get("/service-level", name="service_level")
def service_level(visit: Asked) -> Response:
    asked = Form.read(visit.request.url.query)
    if not asked.has("month"):
        asked = Form.of(month=f"{visit.today:%Y-%m}")
    month = asked.matching("month", "月", r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])", "2026-04 のような年と月")
    found: Any = None
    kinds: dict[str, str] = {}
    if not asked.problems:
        own = {"municipality": visit.municipality}
        figures = visit.issuing.get("service-level", ServiceFigures, month=month, **own)
        since = f"{month}-01T00:00:00+09:00"
        outages = visit.center.get("outages", OutageList, since=since, **own).outages
        centre = visit.center.get("centre-service", CentreService, since=since)
        alarms = [*_alarms(visit, visit.center), *_alarms(visit, visit.issuing)]
        mine = [one for one in outages if one.what is OutageOf.CENTRE or visit.is_own(one.municipality)]
        found = levels(figures, alarms, mine, centre, visit.now)
        kinds = _kinds(visit)
        visit.note("照会", detail=f"サービスレベル {month}")
    return visit.page(
        "service_level/service_level.html",
        form=asked,
        month=month,
        found=found,
        causes=CAUSES,
        kinds=kinds,
        whats=OUTAGES,
        status=422 if asked.problems else 200,
    )


def _kinds(visit: Visit) -> dict[str, str]:
    own = {"municipality": visit.municipality, "day": visit.today.isoformat()}
    return {one.kind: one.title for one in visit.issuing.get("settings", SettingsView, **own).kinds}


def _alarms(visit: Visit, door: Door) -> Iterator[AlarmEntry]:
    cursor = None
    while True:
        page = door.get("alarms", AlarmPage, municipality=visit.municipality, cursor=cursor, limit=200)
        yield from (one for one in page.alarms if visit.is_own(one.municipality))
        cursor = page.next_cursor
        if cursor is None:
            return
