"""重大事象 about applications of which the centre has no record, for whoever they belong to (`strays.py`): a municipality's officials, or who
runs the site. Closed with a reason only; nothing is printed, paid or cancelled by it."""

from __future__ import annotations

from fastapi import APIRouter, Response

from server_stub.interface.failures import Failed
from server_stub.interface.official_acts import ClosureEntry, ClosurePage, Matter, MatterClosure
from server_stub.operations.forms import Form
from server_stub.operations.functions.incidents import REPORTS, STATES, cause_of
from server_stub.operations.strays import open_strays, stray_of
from server_stub.operations.web import Asked, Entered, Visit, sentence

router = APIRouter()
_OF_TOWN, _OF_SITE = "/incidents/strays", "/stray-incidents"


@router.get("/stray-incidents", name="stray_incidents")
def of_site(visit: Asked) -> Response:
    """Those of no municipality, for who runs the site."""
    page = visit.center.get(
        "matters/closed", ClosurePage, of_nobody=True, cursor=visit.query.value("cursor") or None
    )
    return visit.page(
        "incidents/strays.html",
        strays=open_strays(visit),
        closures=[one for one in page.closures if one.municipality is None],
        following=f"{_OF_SITE}?cursor={page.next_cursor}" if page.next_cursor else "",
        path=_OF_SITE,
        cause_of=cause_of,
    )


@router.get("/stray-incidents/{application_id}", name="stray_incidents_one")
def one_of_site(visit: Asked, application_id: str) -> Response:
    return _page(visit, application_id, _OF_SITE, Form())


@router.post("/stray-incidents/{application_id}/close", name="stray_incidents_close_act")
def close_of_site(visit: Asked, form: Entered, application_id: str) -> Response:
    return _closed(visit, application_id, _OF_SITE, form)


@router.get("/incidents/strays/{application_id}", name="incidents_stray")
def one_of_town(visit: Asked, application_id: str) -> Response:
    return _page(visit, application_id, _OF_TOWN, Form())


@router.post("/incidents/strays/{application_id}/close", name="incidents_stray_close_act")
def close_of_town(visit: Asked, form: Entered, application_id: str) -> Response:
    return _closed(visit, application_id, _OF_TOWN, form)


def _page(
    visit: Visit, application_id: str, path: str, form: Form, *, status: int = 200, problem: str = ""
) -> Response:
    stray, still_open = stray_of(visit, application_id)
    paper = None if stray.ledger is None else stray.ledger.paper
    subject = "" if paper is None else paper.holder.reference
    visit.note("照会", subject=subject, detail=f"センターに記録のない申請 {application_id}")
    act = "incidents_stray_close_act" if path == _OF_TOWN else "stray_incidents_close_act"
    return visit.page(
        "incidents/stray.html",
        status=status,
        form=form,
        problem=problem,
        stray=stray,
        still_open=still_open,
        may_close=visit.may(act),
        path=path,
        back="/incidents" if path == _OF_TOWN else _OF_SITE,
        cause_of=cause_of,
        REPORTS=REPORTS,
        STATES=STATES,
    )


def _closed(visit: Visit, application_id: str, path: str, form: Form) -> Response:
    stray, still_open = stray_of(visit, application_id)
    matter = form.matching("matter", "番号", "[0-9A-Z]{26}", "一覧の番号")
    reason = form.text("reason", "処理済みとする理由", most=500)
    if reason and len(reason) < 10:
        form.wrong("reason", "確認した相手と内容がわかるように、10文字以上で入力してください。")
    if form.problems:
        return _page(visit, application_id, path, form, status=422)
    if matter not in {one.incident_id for one in stray.incidents}:
        raise Failed("Console_Record_Unknown")
    asked = MatterClosure(
        about=Matter.INCIDENT,
        matter_id=matter,
        municipality=stray.owner,
        operator=visit.operator.name,
        reason=reason,
    )
    try:
        visit.center.post("matters/close", ClosureEntry, asked)
    except Failed as failed:
        return _page(visit, application_id, path, form, status=422, problem=sentence(failed))
    visit.note("変更", detail=f"処理済み：センターに記録のない申請 {application_id}")
    if len(still_open) > 1:
        return visit.to(
            f"{path}/{application_id}", "処理済みにしました。ほかにも処理していないものがあります。"
        )
    return visit.to("/incidents" if path == _OF_TOWN else path, "処理済みにしました。")
