"""重大事象と確認が必要な申請: what terminal, centre and ledger each say; closed only with a reason, and never by printing again."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from server_stub.interface.application_states import State
from server_stub.interface.failures import CATALOGUE, Failed
from server_stub.interface.official_acts import ClosureEntry, ClosurePage, Matter, MatterClosure, SettingsView
from server_stub.interface.operations import (
    CenterApplication,
    DoubtPage,
    IncidentPage,
    LedgerApplication,
)
from server_stub.operations.forms import Form
from server_stub.operations.strays import open_strays
from server_stub.operations.web import Asked, Entered, Visit, sentence

router = APIRouter()
STATES = {
    State.RECEIVED: "受付済み",
    State.PREPARED: "証明書を作成済み（未払い）",
    State.PAID: "支払い済み",
    State.HANDED_OVER: "交付済み",
    State.CANCELLED: "取消し",
    State.IN_DOUBT: "確認が必要",
    State.INCIDENT: "重大事象",
}
NOTICED = {"centre": "センター", "terminal": "端末", "ledger": "台帳"}
REPORTS = {
    "paid": "支払い",
    "handed_over": "交付",
    "cancelled": "取消し",
    "in_doubt": "確認が必要",
    "incident": "重大事象",
}


def _words(visit: Visit) -> dict[str, Any]:
    day = visit.today.isoformat()
    found = visit.issuing.get("settings", SettingsView, municipality=visit.municipality, day=day)
    return {
        "STATES": STATES,
        "NOTICED": NOTICED,
        "REPORTS": REPORTS,
        "kinds": {one.kind: one.title for one in found.kinds},
        "cause_of": cause_of,
        "reason_of": _reason_of,
    }


def cause_of(name: str) -> str:
    """Tell the cause, and the number that the resident reads over the telephone."""
    return f"{CATALOGUE[name].cause}（番号 {CATALOGUE[name].number}）" if name in CATALOGUE else name


def _reason_of(told: str) -> str:
    """Tell the reason of a report in words, where it is a failure's name (with or without a detail)."""
    name, _, detail = told.partition(":")
    if name not in CATALOGUE:
        return told
    return CATALOGUE[name].cause + (f"（{detail.strip()}）" if detail.strip() else "")


@router.get("/incidents", name="incidents")
def incidents(visit: Asked) -> Response:
    """What nobody has closed yet."""
    told = {"municipality": visit.municipality, "open": True, "limit": 50}
    found = visit.center.get("incidents", IncidentPage, cursor=visit.query.value("cursor") or None, **told)
    doubts = visit.center.get("in-doubt", DoubtPage, cursor=visit.query.value("after") or None, **told)
    return visit.page(
        "incidents/list.html",
        incidents=[one for one in found.incidents if visit.is_own(one.municipality)],
        doubts=[one for one in doubts.applications if visit.is_own(one.municipality)],
        strays=[] if visit.query.value("cursor") or visit.query.value("after") else open_strays(visit),
        following=f"/incidents?cursor={found.next_cursor}" if found.next_cursor else "",
        following_doubts=f"/incidents?after={doubts.next_cursor}" if doubts.next_cursor else "",
        **_words(visit),
    )


@router.get("/incidents/closed", name="incidents_closed")
def closed(visit: Asked) -> Response:
    page = visit.center.get(
        "matters/closed",
        ClosurePage,
        municipality=visit.municipality,
        cursor=visit.query.value("cursor") or None,
    )
    return visit.page(
        "incidents/closed.html",
        closures=[(one, _path(visit, one)) for one in page.closures if visit.is_own(one.municipality)],
        following=f"/incidents/closed?cursor={page.next_cursor}" if page.next_cursor else "",
        Matter=Matter,
    )


def _path(visit: Visit, closed: ClosureEntry) -> str:
    """Where the application is: among those of which the centre has no record, or not."""
    told = visit.center.get(
        "incidents", IncidentPage, application_id=closed.application_id, stray=True, limit=1
    )
    return f"/incidents/{'strays/' if told.incidents else ''}{closed.application_id}"


@router.get("/incidents/{application_id}", name="incidents_one")
def one(visit: Asked, application_id: str) -> Response:
    return _one_page(visit, application_id, Form())


def _one_page(
    visit: Visit, application_id: str, form: Form, *, status: int = 200, problem: str = ""
) -> Response:
    center = _of_center(visit, application_id)
    try:
        ledger: LedgerApplication | None = visit.issuing.get(
            f"applications/{application_id}", LedgerApplication
        )
    except Failed as failed:
        if failed.failure != "Application_Unknown":
            raise
        ledger = None
    told = {"municipality": visit.municipality, "open": True}
    incidents = visit.center.get("incidents", IncidentPage, application_id=application_id, **told).incidents
    closures = [
        entry
        for entry in visit.center.get(
            "matters/closed", ClosurePage, municipality=visit.municipality, limit=200
        ).closures
        if entry.application_id == application_id
    ]
    doubt_open = center.state is State.IN_DOUBT and not any(entry.about is Matter.DOUBT for entry in closures)
    visit.note("照会", subject=center.holder.reference, detail=f"申請 {application_id}")
    return visit.page(
        "incidents/one.html",
        status=status,
        form=form,
        problem=problem,
        center=center,
        ledger=ledger,
        by_terminal=[one for one in center.reports if one.by == "terminal"],
        incidents=incidents,
        doubt_open=doubt_open,
        closures=closures,
        Matter=Matter,
        **_words(visit),
    )


def _of_center(visit: Visit, application_id: str) -> CenterApplication:
    """Raises Failed(Console_Record_Unknown), also for what is another municipality's."""
    if len(application_id) != 26 or not application_id.isalnum():
        raise Failed("Console_Record_Unknown")
    try:
        found = visit.center.get(f"applications/{application_id}", CenterApplication)
    except Failed as failed:
        if failed.failure in ("Application_Unknown", "Request_Malformed"):
            raise Failed("Console_Record_Unknown") from failed
        raise
    visit.own(found.municipality)
    return found


@router.post("/incidents/{application_id}/close", name="incidents_close_act")
def close(visit: Asked, form: Entered, application_id: str) -> Response:
    """Close one matter of the application. Nothing is printed, paid or cancelled by it."""
    center = _of_center(visit, application_id)
    about = Matter(form.choice("about", "処理するもの", list(Matter)) or Matter.INCIDENT)
    matter = form.matching("matter", "番号", "[0-9A-Z]{26}", "一覧の番号")
    reason = form.text("reason", "処理済みとする理由", most=500)
    if reason and len(reason) < 10:
        form.wrong("reason", "確認した相手と内容がわかるように、10文字以上で入力してください。")
    if form.problems:
        return _one_page(visit, application_id, form, status=422)
    own = {one.incident_id for one in center.incidents} | {center.application_id}
    if matter not in own:
        raise Failed("Console_Record_Unknown")
    asked = MatterClosure(
        about=about,
        matter_id=matter,
        municipality=visit.municipality,
        operator=visit.operator.name,
        reason=reason,
    )
    try:
        visit.center.post("matters/close", ClosureEntry, asked)
    except Failed as failed:
        return _one_page(visit, application_id, form, status=422, problem=sentence(failed))
    visit.note("変更", subject=center.holder.reference, detail=f"処理済み：申請 {application_id}")
    return visit.to(f"/incidents/{application_id}", "処理済みにしました。")
