"""③ アクセスログ抽出機能: the log of this console by month, with the five analyses of the standard, and the same as Excel.

Who used a terminal is no access of this log: that is the history of issues (②).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from fastapi import APIRouter, Response
from sqlalchemy import RowMapping

from server_stub.interface.history import ServiceFigures
from server_stub.operations.access_analysis import Analyses, analyse
from server_stub.operations.forms import Form
from server_stub.operations.web import Asked, Visit, outcome_in_words
from server_stub.operations.workbooks import EXCEL, Cell, Workbook, excel

router = APIRouter()
MANY = 50
"""Searches of one ID in an hour from which on they are told as mass searches, unless another number is asked for [推定]."""
_READ = 2000


@router.get("/access-log", name="access_log")
def access_log(visit: Asked) -> Response:
    form, month, many = _asked(visit)
    found = None if form.problems else _analyses(visit, month, many)
    visit.note("照会", detail=f"アクセスログ {month}")
    return visit.page(
        "access_log/access_log.html",
        form=form,
        month=month,
        many=many,
        found=found,
        names=_names(),
        outcome=outcome_in_words,
        status=422 if form.problems else 200,
    )


@router.get("/access-log/access-log.xlsx", name="access_log_excel")
def as_excel(visit: Asked) -> Response:
    """The analyses and every record of the month."""
    form, month, many = _asked(visit)
    if form.problems:
        return access_log(visit)
    found = _analyses(visit, month, many)
    visit.note("出力", detail=f"アクセスログ {month}（Excel）")

    def fill(book: Workbook) -> None:
        title = f"{visit.municipality_name}　{month}　アクセスログ"
        lines = (title, f"作成：{visit.now:%Y-%m-%d %H:%M}　{visit.operator.name}")
        for name, titles, counted in _tables(found, many):
            book.sheet(name, (f"{title}　{name}", lines[1]), titles, counted, widths=(20, 20, 22, 22, 16, 16))
        head = (
            "番号",
            "日時",
            "利用者ID",
            "氏名",
            "機能",
            "操作",
            "対象者",
            "内容",
            "個人番号",
            "接続元",
            "結果",
        )
        rows = (_row(one) for one in _records(visit, month))
        book.sheet("全記録", lines, head, rows, widths=(8, 22, 14, 18, 20, 12, 20, 40, 8, 16, 24))

    return visit.download(excel(fill), f"access-log-{month}.xlsx", EXCEL)


def _tables(found: Analyses, many: int) -> Iterator[tuple[str, tuple[str, ...], list[tuple[Cell, ...]]]]:
    people = ("利用者ID", "氏名", "件数", "最初", "最後")
    yield (
        "夜間・休日のアクセス",
        people,
        [(one.login, one.name, one.count, one.first[:16], one.last[:16]) for one in found.outside],
    )
    yield "ログイン失敗", ("利用者ID", "氏名", "接続元", "回数"), list(found.failed)
    yield (
        "ID別ログイン",
        ("利用者ID", "氏名", "成功", "失敗"),
        [(one.login, one.name, one.good, one.failed) for one in found.logins],
    )
    yield (
        f"大量検索（1時間に{many}件以上）",
        ("利用者ID", "氏名", "時間帯", "検索・照会", "対象者の数"),
        [(one.login, one.name, f"{one.hour}時台", one.count, one.people) for one in found.bursts],
    )
    yield (
        "番号による検索",
        people,
        [(one.login, one.name, one.count, one.first[:16], one.last[:16]) for one in found.numbers],
    )


def _row(one: RowMapping) -> tuple[Cell, ...]:
    return (
        one["seq"], one["at"][:19].replace("T", " "), one["operator"], one["name"], _names().get(one["function"], one["function"]),
        one["act"], one["subject"], one["detail"], "あり" if one["my_number"] else "", one["address"], outcome_in_words(one["outcome"]),
    )  # fmt: skip


def _analyses(visit: Visit, month: str, many: int) -> Analyses:
    figures = visit.issuing.get("service-level", ServiceFigures, municipality=visit.municipality, month=month)
    return analyse(_records(visit, month), figures.office, many)


def _records(visit: Visit, month: str) -> Iterator[RowMapping]:
    """Every record of the month, newest first, a batch at a time."""
    before: int | None = None
    while rows := visit.console.log.entries(
        visit.chain, before=before, limit=_READ, since=f"{month}-01", until=f"{month}-31"
    ):
        yield from rows
        before = rows[-1]["seq"]


def _asked(visit: Visit) -> tuple[Form, str, int]:
    asked = Form.read(visit.request.url.query)
    today: date = visit.today
    if not asked.has("month"):
        asked = Form.of(month=f"{today:%Y-%m}", many=MANY)
    month = asked.matching("month", "月", r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])", "2026-04 のような年と月")
    many = asked.number("many", "大量検索の件数", 1, 100_000, required=False) or MANY
    return asked, month if not asked.problems else f"{today:%Y-%m}", many


def _names() -> dict[str, str]:
    from . import NAMES  # it is made of this module too

    return NAMES
