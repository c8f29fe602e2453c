"""運用の設定: what an owner decides about its console."""

from __future__ import annotations

from fastapi import APIRouter, Response

from server_stub.operations.forms import Form
from server_stub.operations.terms import Terms, read_terms, write_terms
from server_stub.operations.web import Asked, Entered

router = APIRouter()
_KEPT = (
    ("365", "1年"),
    ("1096", "3年"),
    ("1827", "5年"),
    ("2557", "7年"),
    ("3653", "10年"),
    ("0", "期限を設けない"),
)


@router.get("/terms", name="terms")
def terms(visit: Asked) -> Response:
    now = read_terms(visit.console.engine, visit.owner)
    form = Form.of(retention_days=now.retention_days, second_factor="1" if now.second_factor else "0")
    return visit.page("terms/terms.html", form=form, kept=_KEPT)


@router.post("/terms", name="terms_act")
def terms_act(visit: Asked, form: Entered) -> Response:
    retention = form.choice("retention_days", "操作記録の保存期間", [value for value, _ in _KEPT])
    factor = form.choice("second_factor", "二要素認証", ["0", "1"])
    if form.problems:
        return visit.page("terms/terms.html", status=422, form=form, kept=_KEPT)
    write_terms(visit.console.engine, visit.owner, Terms(int(retention), factor == "1"))
    words = dict(_KEPT)[retention]
    visit.note("変更", detail=f"操作記録の保存期間 {words}、二要素認証 {'必須' if factor == '1' else '任意'}")
    return visit.to("/terms", "設定を変更しました。")
