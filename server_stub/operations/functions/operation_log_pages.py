"""⑦操作記録確認: what operators saw and did, searched, exported, and checked for alterations."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from server_stub.operations.forms import Form
from server_stub.operations.operation_log import OK
from server_stub.operations.terms import read_terms
from server_stub.operations.web import Asked, Entered, Visit, outcome_in_words

router = APIRouter()
PER_PAGE = 50
_PER_READ = 1000
_HEADER = (
    "番号", "日時", "利用者ID", "氏名", "機能", "操作", "対象者", "内容", "個人番号の閲覧", "接続元", "結果",
)  # fmt: skip


@router.get("/operation-log", name="operation_log")
def newest(visit: Asked) -> Response:
    return _list(visit, Form())


@router.post("/operation-log", name="operation_log_search")
def search(visit: Asked, form: Entered) -> Response:
    """Records by operator, function, person, days, outcome. The person stands in the body, not in an address."""
    return _list(visit, form)


def _asked(visit: Visit, form: Form) -> dict[str, Any]:
    """Read what is asked for."""
    since = form.day("since", "期間のはじめ", required=False)
    until = form.day("until", "期間のおわり", required=False)
    if since is not None and until is not None and until < since:
        form.wrong("until", "期間のおわりは、はじめの日か、それより後の日を入力してください。")
    return {
        "operator": form.text("operator", "利用者ID", most=40, required=False),
        "function": form.choice("function", "機能", _function_names(), required=False),
        "subject": form.text("subject", "対象者", most=64, required=False),
        "since": "" if since is None else since.isoformat(),
        "until": "" if until is None else until.isoformat(),
        "failed": form.has("failed"),
    }


def _list(visit: Visit, form: Form) -> Response:
    asked = _asked(visit, form)
    before = form.number("before", "番号", 1, 10**12, required=False)
    status, rows = 200, []
    if form.problems:
        status = 422
    else:
        rows = visit.console.log.entries(visit.chain, before=before, limit=PER_PAGE + 1, **asked)
    told = "、".join(f"{name}={value}" for name, value in asked.items() if value and name != "subject")
    visit.note("検索" if told or asked["subject"] else "照会", subject=asked["subject"], detail=told)
    shown = rows[:PER_PAGE]
    return visit.page(
        "operation_log/list.html",
        status=status,
        form=form,
        entries=shown,
        following=shown[-1]["seq"] if len(rows) > PER_PAGE else None,
        is_first=before is None,
        functions=sorted(_function_names().items(), key=lambda one: list(_function_names()).index(one[0])),
        names=_function_names(),
        outcome=outcome_in_words,
        ok=OK,
    )


def _function_names() -> dict[str, str]:
    from . import NAMES  # it is made of this module too

    return NAMES


@router.post("/operation-log/export", name="operation_log_export")
def export(visit: Asked, form: Entered) -> Response:
    """The same records as a CSV file, newest first, however many there are."""
    asked = _asked(visit, form)
    if form.problems:
        return _list(visit, form)
    visit.note("出力", subject=asked["subject"], detail="操作記録のCSV")
    return StreamingResponse(
        _lines(visit, asked),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="operation-log-{visit.today}.csv"'},
    )


def _lines(visit: Visit, asked: dict[str, Any]) -> Iterator[bytes]:
    """Lines in UTF-8 with the mark by which a spreadsheet knows it."""
    names = _function_names()
    yield "\ufeff".encode() + _line(_HEADER)
    before: int | None = None
    while rows := visit.console.log.entries(visit.chain, before=before, limit=_PER_READ, **asked):
        yield b"".join(
            _line(
                (
                    row["seq"], row["at"], row["operator"], row["name"], names.get(row["function"], row["function"]), row["act"],
                    row["subject"], row["detail"], "あり" if row["my_number"] else "", row["address"],
                    outcome_in_words(row["outcome"]),
                )
            )
            for row in rows
        )  # fmt: skip
        before = rows[-1]["seq"]


def _line(values: tuple[object, ...]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([plain_cell(str(one)) for one in values])
    return written.getvalue().encode("utf-8", "replace")


def plain_cell(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


# --- is it as it was written? --------------------------------------------------------------------------------------------------


@router.get("/operation-log/check", name="operation_log_check")
def check(visit: Asked) -> Response:
    return visit.page(
        "operation_log/check.html",
        found=None,
        kept=read_terms(visit.console.engine, visit.owner).retention_days,
    )


@router.post("/operation-log/check", name="operation_log_check_act")
def check_act(visit: Asked, form: Entered) -> Response:
    """Go through the whole chain, and look for a head that was written down earlier."""
    known = form.matching(
        "known", "控え", "[0-9]{1,12}-[0-9a-fA-F]{16}", "123-0123456789abcdef のような形", required=False
    )
    kept = read_terms(visit.console.engine, visit.owner).retention_days
    if form.problems:
        return visit.page("operation_log/check.html", status=422, form=form, found=None, kept=kept)
    found = visit.console.log.check(visit.chain, known)
    visit.note(
        "検査",
        detail=f"{found.count}件、"
        + ("異常なし" if not found.problems else f"異常あり（{found.problems[0]}）"),
    )
    return visit.page("operation_log/check.html", form=form, found=found, kept=kept)
