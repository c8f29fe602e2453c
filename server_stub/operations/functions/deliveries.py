"""連携データ: what became of each delivery, the rows that could not be used with what to mend, and reading the earlier one again."""

from __future__ import annotations

from fastapi import APIRouter, Response

from server_stub.interface.failures import Failed
from server_stub.interface.official_acts import DeliveryList, SetAsidePage, TakeBackRequest
from server_stub.operations.forms import Form
from server_stub.operations.web import Asked, Entered, Visit, sentence

router = APIRouter()
REGISTERS = {"person": "住民記録", "seal": "印鑑登録"}


@router.get("/deliveries", name="deliveries")
def deliveries(visit: Asked) -> Response:
    return _page(visit, Form())


def _page(visit: Visit, form: Form, *, status: int = 200, problem: str = "") -> Response:
    after = visit.query.number("after", "位置", 0, 10**9, required=False) or 0
    rows = visit.issuing.get(
        "set-aside-rows", SetAsidePage, municipality=visit.municipality, after=after, limit=50
    )
    for row in rows.rows:
        if row.person:
            visit.note("照会", subject=row.person, detail="取り込めなかった行")
    return visit.page(
        "deliveries/deliveries.html",
        status=status,
        form=form,
        problem=problem,
        found=visit.issuing.get("deliveries", DeliveryList, municipality=visit.municipality),
        rows=rows.rows,
        names_shown=visit.may("deliveries_take_back_act"),
        following=f"/deliveries?after={rows.next_after}" if rows.next_after else "",
        REGISTERS=REGISTERS,
    )


@router.post("/deliveries/ask", name="deliveries_ask")
def ask(visit: Asked, form: Entered) -> Response:
    """Say what is read afterwards, before anything is done."""
    found = visit.issuing.get("deliveries", DeliveryList, municipality=visit.municipality)
    living = next((one for one in found.deliveries if one.living), None)
    before = next(
        (
            one
            for one in found.deliveries
            if living is not None
            and one.generation < living.generation
            and one.kept
            and one.taken_back_at is None
        ),
        None,
    )
    if living is None or before is None:
        raise Failed("Console_Record_Unknown")
    return visit.page("deliveries/ask.html", form=form, living=living, before=before)


@router.post("/deliveries/take-back", name="deliveries_take_back_act")
def take_back(visit: Asked, form: Entered) -> Response:
    generation = form.number("generation", "世代", 1, 10**9)
    reason = form.text("reason", "戻す理由", most=200)
    if form.problems or generation is None:
        return ask(visit, form)
    asked = TakeBackRequest(
        municipality=visit.municipality, generation=generation, operator=visit.operator.name, reason=reason
    )
    try:
        visit.issuing.post("deliveries/take-back", DeliveryList, asked)
    except Failed as failed:
        return _page(visit, form, status=409, problem=sentence(failed))
    visit.note("変更", detail=f"連携データを一つ前に戻した：{reason}")
    return visit.to("/deliveries", "一つ前の連携データに戻しました。")
