"""事業者の利用期間: a municipality lets who runs its site in for a time; and who was let in chooses the municipality."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Response

from server_stub.interface.failures import Failed
from server_stub.operations.forms import Form
from server_stub.operations.operators import SITE
from server_stub.operations.periods import add_period, close_period, list_periods, open_period
from server_stub.operations.store import moment
from server_stub.operations.web import Asked, Entered, Visit, in_moment

router = APIRouter()
LONGEST = timedelta(days=31)


@router.get("/vendor-access", name="vendor_access")
def periods(visit: Asked) -> Response:
    begins = visit.now.replace(second=0, microsecond=0)
    return _page(visit, Form.of(from_at=begins, until_at=begins + timedelta(hours=4)))


@router.post("/vendor-access", name="vendor_access_open_act")
def open_act(visit: Asked, form: Entered) -> Response:
    begins = form.moment("from_at", "開始の日時")
    ends = form.moment("until_at", "終了の日時")
    reason = form.text("reason", "理由", most=200)
    if begins is not None and ends is not None:
        if ends <= begins or ends <= visit.now:
            form.wrong("until_at", "終了の日時は、開始の日時と現在より後にしてください。")
        elif ends - begins > LONGEST:
            form.wrong("until_at", f"一度に許可できるのは{LONGEST.days}日以内です。分けて登録してください。")
    if form.problems or begins is None or ends is None:
        return _page(visit, form, 422)
    console = visit.console
    add_period(console.engine, visit.municipality, begins, ends, reason, visit.operator.login, visit.now)
    visit.note(
        "登録", detail=f"事業者の利用期間 {in_moment(begins)}から{in_moment(ends)}まで、理由：{reason}"
    )
    return visit.to("/vendor-access", "事業者の利用期間を登録しました。")


@router.post("/vendor-access/close", name="vendor_access_close_act")
def close_act(visit: Asked, form: Entered) -> Response:
    number = form.number("period", "期間", 1, 10**9)
    if number is None:
        raise Failed("Console_Record_Unknown")
    close_period(visit.console.engine, visit.municipality, number, visit.operator.login, visit.now)
    visit.note("取消し", detail="事業者の利用期間")
    return visit.to("/vendor-access", "事業者の利用を終了しました。")


def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    now = moment(visit.now)
    return visit.page(
        "vendor_access/list.html",
        status=status,
        form=form,
        site=visit.console.municipalities[visit.municipality].site,
        periods=[
            (one, _state(one["from_at"], one["until_at"], one["closed_at"], now))
            for one in list_periods(visit.console.engine, visit.municipality)
        ],
    )


def _state(begins: str, ends: str, closed: str | None, now: str) -> str:
    if closed is not None:
        return "closed"
    if now < begins:
        return "coming"
    return "open" if now < ends else "past"


# --- the vendor's side --------------------------------------------------------------------------------------------------------


@router.get("/municipalities", name="vendor_choice")
def choice(visit: Asked) -> Response:
    console = visit.console
    found = [
        (one, open_period(console.engine, one.code, visit.now))
        for one in console.municipalities.values()
        if f"{SITE}{one.site}" == visit.owner
    ]
    assert visit.session is not None
    return visit.page("vendor_access/choice.html", found=found, chosen=visit.session.municipality)


@router.post("/municipalities", name="vendor_choice_act")
def choice_act(visit: Asked, form: Entered) -> Response:
    """Look at a municipality of the site, while its officials let the vendor in. Raises Failed(Console_Period_Closed)."""
    code = form.value("municipality")
    hosted = visit.console.municipalities.get(code)
    if hosted is None or f"{SITE}{hosted.site}" != visit.owner:
        raise Failed("Console_Record_Unknown")
    if open_period(visit.console.engine, code, visit.now) is None:
        visit.note("選択", detail=hosted.name)
        raise Failed("Console_Period_Closed")
    visit.choose(code)
    visit.note("選択", detail=hosted.name)
    return visit.to("/", f"{hosted.name}を選びました。")
