"""緊急停止: stop one kind, all of the municipality, or everything at the centre, in two steps; and let it go on."""

from __future__ import annotations

from fastapi import APIRouter, Response

from server_stub.interface.failures import Failed
from server_stub.interface.official_acts import SettingsView
from server_stub.interface.operations import StopEntry, StopList, StopRequest
from server_stub.interface.outages import OutageEntry, OutageList, OutageOf
from server_stub.operations.forms import Form
from server_stub.operations.functions.management import OUTAGES, read_notice
from server_stub.operations.web import Asked, Entered, Visit, sentence

router = APIRouter()
ALL_KINDS = "all"


def _kinds(visit: Visit) -> dict[str, str]:
    day = visit.today.isoformat()
    found = visit.issuing.get("settings", SettingsView, municipality=visit.municipality, day=day)
    return {one.kind: one.title for one in found.kinds}


def _stops(visit: Visit) -> list[StopEntry]:
    return [one for one in visit.issuing.get("stops", StopList).stops if visit.is_own(one.municipality)]


@router.get("/stops", name="stops")
def stops(visit: Asked) -> Response:
    """What is stopped now, and the switch."""
    return _page(visit, Form())


def _page(visit: Visit, form: Form, *, status: int = 200, problem: str = "") -> Response:
    kinds = _kinds(visit)
    return visit.page(
        "stops/stops.html",
        status=status,
        form=form,
        problem=problem,
        stops=_stops(visit),
        everything=visit.center.get("stops", StopList).stops,
        kinds=kinds,
        choices=[(ALL_KINDS, "すべての証明書"), *kinds.items()],
    )


@router.post("/stops/ask", name="stops_ask")
def ask(visit: Asked, form: Entered) -> Response:
    """Say what it will do; nothing is stopped yet."""
    kinds = _kinds(visit)
    kind = form.choice("kind", "止める証明書", [ALL_KINDS, *kinds])
    reopens = form.moment("reopens", "再開の見込み", required=False)
    if reopens is not None and reopens <= visit.now:
        form.wrong("reopens", "再開の見込みは、今より後の日時で入力してください。")
    if form.problems:
        return _page(visit, form, status=422)
    return _ask_page(visit, form, kinds.get(kind, "すべての証明書"))


def _ask_page(visit: Visit, form: Form, what: str, *, status: int = 200) -> Response:
    reopens = form.moment("reopens", "再開の見込み", required=False)
    return visit.page("stops/ask.html", status=status, form=form, what=what, reopens=reopens)


@router.post("/stops/set", name="stops_set_act")
def set_stop(visit: Asked, form: Entered) -> Response:
    """Stop it, once the official has said so a second time."""
    kinds = _kinds(visit)
    kind = form.choice("kind", "止める証明書", [ALL_KINDS, *kinds])
    reopens = form.moment("reopens", "再開の見込み", required=False)
    if form.problems:
        return _page(visit, form, status=422)
    if not form.has("sure", "yes"):
        form.wrong("sure", "緊急停止を行うときは、確認の欄に印を付けてください。")
        return _ask_page(visit, form, kinds.get(kind, "すべての証明書"), status=422)
    asked = StopRequest(
        municipality=visit.municipality, kind=None if kind == ALL_KINDS else kind, reopens=reopens
    )
    try:
        visit.issuing.post("stops", StopEntry, asked)
    except Failed as failed:
        return _page(visit, form, status=422, problem=sentence(failed))
    what = kinds.get(kind, "すべての証明書")
    visit.note("変更", detail=f"緊急停止：{what}")
    return visit.to("/stops", f"{what}の交付を停止しました。")


@router.post("/stops/{stop_id}/ask", name="stops_release_ask")
def ask_release(visit: Asked, form: Entered, stop_id: str) -> Response:
    stop = _own(visit, stop_id)
    return visit.page("stops/release.html", form=form, stop=stop, what=_what(visit, stop))


@router.post("/stops/{stop_id}/release", name="stops_release_act")
def release(visit: Asked, form: Entered, stop_id: str) -> Response:
    stop = _own(visit, stop_id)
    if not form.has("sure", "yes"):
        form.wrong("sure", "再開するときは、確認の欄に印を付けてください。")
        return visit.page("stops/release.html", status=422, form=form, stop=stop, what=_what(visit, stop))
    visit.issuing.post(f"stops/{stop.stop_id}/release", StopEntry)
    visit.note("変更", detail=f"緊急停止の解除：{_what(visit, stop)}")
    return visit.to("/stops", f"{_what(visit, stop)}の交付を再開しました。")


def _what(visit: Visit, stop: StopEntry) -> str:
    return "すべての証明書" if stop.kind is None else _kinds(visit).get(stop.kind, stop.kind)


def _own(visit: Visit, stop_id: str) -> StopEntry:
    """Raises Failed(Console_Record_Unknown), also for another municipality's on the same server."""
    found = next((one for one in _stops(visit) if one.stop_id == stop_id), None)
    if found is None:
        raise Failed("Console_Record_Unknown")
    return found


# --- everything, by who runs the site --------------------------------------------------------------------------------------------


@router.get("/stops/everything", name="stops_everything")
def everything(visit: Asked) -> Response:
    return _everything_page(visit, Form())


def _everything_page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    found = visit.center.get("stops", StopList).stops
    return visit.page("stops/everything.html", status=status, form=form, stops=found)


@router.get("/stops/everything/notices", name="stops_everything_notices")
def centre_notices(visit: Asked) -> Response:
    """What residents are told of outages of the whole centre, in force and to come."""
    return _notices_page(visit, Form())


def _notices_page(visit: Visit, form: Form, *, status: int = 200, problem: str = "") -> Response:
    found = visit.center.get("outages", OutageList).outages
    return visit.page(
        "management/notices.html",
        status=status,
        form=form,
        problem=problem,
        notices=[one for one in found if one.what is OutageOf.CENTRE],
        OUTAGES=OUTAGES,
        choices=[],
        path="/stops/everything/notices",
        of_centre=True,
    )


@router.post("/stops/everything/notices/add", name="stops_everything_notices_act")
def announce(visit: Asked, form: Entered) -> Response:
    asked = read_notice(form, visit, OutageOf.CENTRE)
    if asked is None:
        return _notices_page(visit, form, status=422)
    try:
        visit.center.post("outages", OutageEntry, asked)
    except Failed as failed:
        return _notices_page(visit, form, status=422, problem=sentence(failed))
    visit.note("登録", detail="センター全体の停止のお知らせ")
    return visit.to("/stops/everything/notices", "お知らせを登録しました。")


@router.post("/stops/everything/notices/{outage_id}/end", name="stops_everything_notice_end_act")
def end_notice(visit: Asked, form: Entered, outage_id: str) -> Response:
    known = visit.center.get("outages", OutageList).outages
    if not any(one.outage_id == outage_id and one.what is OutageOf.CENTRE for one in known):
        raise Failed("Console_Record_Unknown")
    visit.center.post(f"outages/{outage_id}/end", OutageEntry)
    visit.note("削除", detail="センター全体の停止のお知らせ")
    return visit.to("/stops/everything/notices", "お知らせを終えました。")


@router.post("/stops/everything/set", name="stops_everything_act")
def stop_everything(visit: Asked, form: Entered) -> Response:
    """Stop or release the centre; the words that have to be typed are the second step."""
    release = form.value("release")
    words = "すべて再開" if release else "すべて停止"
    if form.text("words", "確認のことば") != words:
        form.wrong("words", f"「{words}」と入力してください。")
    if form.problems:
        return _everything_page(visit, form, status=422)
    if release:
        for one in visit.center.get("stops", StopList).stops:
            visit.center.post(f"stops/{one.stop_id}/release", StopEntry)
    else:
        visit.center.post("stops", StopEntry, StopRequest())
    visit.note("変更", detail=f"センターの緊急停止：{words}")
    return visit.to(
        "/stops/everything", "再開しました。" if release else "すべての市区町村の交付を停止しました。"
    )
