"""② 証明発行履歴確認機能: what was issued, to find by person, number, day or terminal; 処分情報; the disclosure document (開示請求); export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from server_stub.interface.application_states import State
from server_stub.interface.failures import Failed
from server_stub.interface.history import Disposal, DisposalEntry, IssueEntry, IssuePage, Statistics
from server_stub.operations.disclosure import disclosure_document
from server_stub.operations.forms import Form
from server_stub.operations.web import Asked, Entered, Visit, sentence
from server_stub.operations.workbooks import EXCEL

router = APIRouter()
STATES = (
    (State.HANDED_OVER.value, "交付済み"),
    (State.PREPARED.value, "作成済み（未交付）"),
    (State.PAID.value, "入金済み（未交付）"),
    (State.CANCELLED.value, "取消"),
    (State.IN_DOUBT.value, "確認が必要"),
    (State.INCIDENT.value, "重大事象"),
)
STATE_WORDS = dict(STATES)
FIELDS = (
    "person_key",
    "issue_number",
    "application_id",
    "since",
    "until",
    "kind",
    "chain",
    "terminal_id",
    "state",
    "sample",
)
PAGE = 50
MOST_DISCLOSED = 1000
"""Applications of one document; of more none is made."""


@router.get("/issues", name="issue_history")
def issues(visit: Asked) -> Response:
    """The latest issues, and the form to search."""
    return _listed(visit, Form(), {}, "照会")


@router.post("/issues/find", name="issue_history_find")
def find(visit: Asked, form: Entered) -> Response:
    query = _query(form)
    if form.problems:
        return _page(visit, form, (), None, status=422)
    return _listed(visit, form, query, "検索")


@router.get("/issues/of/{application_id}", name="issue_history_one")
def issue(visit: Asked, application_id: str) -> Response:
    """Everything that is kept of one application."""
    entry = _one(visit, application_id)
    visit.note("照会", subject=entry.holder.reference, detail=f"申請 {application_id}")
    return visit.page("issue_history/one.html", entry=entry, states=STATE_WORDS)


@router.post("/issues/of/{application_id}/disposal", name="issue_history_disposal_act")
def dispose(visit: Asked, form: Entered, application_id: str) -> Response:
    """Write down 処分情報 of one copy."""
    entry = _one(visit, application_id)
    numbers = [copy.issue_number for copy in entry.copies]
    number = form.choice("issue_number", "発行番号", numbers)
    reason = form.text("reason", "処分の理由", most=200)
    if form.problems:
        return visit.page("issue_history/one.html", status=422, form=form, entry=entry, states=STATE_WORDS)
    asked = Disposal(
        municipality=visit.municipality, issue_number=number, operator=visit.operator.name, reason=reason
    )
    visit.issuing.post("disposals", DisposalEntry, asked)
    visit.note("登録", subject=entry.holder.reference, detail=f"処分情報 {number}")
    return visit.to(f"/issues/of/{application_id}", "処分情報を登録しました。")


@router.post("/issues/disclosure", name="issue_history_disclosure")
def disclose(visit: Asked, form: Entered) -> Response:
    """Make the document that answers a request for disclosure (開示請求), of everything that stands of one person."""
    person = form.text("person_key", "宛名番号", most=40)
    since, until = (
        form.day("since", "期間の初日", required=False),
        form.day("until", "期間の末日", required=False),
    )
    if since and until and until < since:
        form.wrong("until", "期間の末日は、初日以後の日を入力してください。")
    if form.problems:
        return _page(visit, form, (), None, status=422)
    try:
        found = list(_every(visit, person_key=person, since=since, until=until))
    except Failed as failed:
        if failed.failure != "Console_Disclosure_Too_Long":
            raise
        visit.note("検索", subject=person, detail="開示請求（件数が多いため作成せず）")
        return _page(visit, form, (), None, status=422, problem=sentence(failed))
    if not found:
        form.wrong("person_key", "この宛名番号の発行履歴はありません。番号と期間を確かめてください。")
        visit.note("検索", subject=person, detail="開示請求（該当なし）")
        return _page(visit, form, (), None, status=404)
    document = disclosure_document(
        found,
        municipality=visit.municipality_name,
        person_key=person,
        since=since,
        until=until,
        made_at=visit.now,
        made_by=f"{visit.operator.department}　{visit.operator.name}",
    )
    visit.note("出力", subject=person, detail=f"開示請求の文書（{len(found)}件）")
    return visit.download(document, f"disclosure-{visit.today:%Y%m%d}.pdf", "application/pdf")


@router.post("/issues/export", name="issue_history_export")
def export(visit: Asked, form: Entered) -> Response:
    """Begin to write what was found into an Excel file; the next page tells how far it is."""
    query = _query(form)
    if form.problems:
        return _page(visit, form, (), None, status=422)
    lines = (
        f"{visit.municipality_name}　証明書の発行履歴",
        f"作成：{visit.now:%Y-%m-%d %H:%M}　{visit.operator.department}　{visit.operator.name}",
        "1行が証明書1通です。手数料は申請ごとの額を、その申請の1通目の行に記載しています。",
    )
    key = visit.console.exports.start(visit.issuing, visit.municipality, visit.operator.number, query, lines)
    visit.note("出力", subject=query.get("person_key", ""), detail="発行履歴（Excel）")
    return visit.to(f"/issues/exports/{key}")


@router.get("/issues/exports/{key}", name="issue_history_export_state")
def export_state(visit: Asked, key: str) -> Response:
    """Tell how far an export is; the page asks again by itself until it is done."""
    found = visit.console.exports.find(key, visit.municipality, visit.operator.number)
    response = visit.page(
        "issue_history/export.html",
        export=found,
        failed="" if found.failed is None else sentence(found.failed),
    )
    if not found.is_over:
        response.headers["refresh"] = "2"
    return response


@router.get("/issues/exports/{key}/issues.xlsx", name="issue_history_export_file")
def export_file(visit: Asked, key: str) -> Response:
    found = visit.console.exports.find(key, visit.municipality, visit.operator.number)
    if not found.is_done:
        raise Failed("Console_Record_Unknown")
    visit.note("出力", detail=f"発行履歴（Excel、{found.written:,}行）の保存")
    return FileResponse(found.path, filename="issues.xlsx", media_type=EXCEL)


# --- what they have in common ----------------------------------------------------------------------------------------------


def _query(form: Form) -> dict[str, Any]:
    """Read what is searched for; what is wrong is in the form's problems."""
    since, until = (
        form.day("since", "期間の初日", required=False),
        form.day("until", "期間の末日", required=False),
    )
    if since and until and until < since:
        form.wrong("until", "期間の末日は、初日以後の日を入力してください。")
    found = {
        "person_key": form.text("person_key", "宛名番号", most=40, required=False),
        "issue_number": form.text("issue_number", "発行番号", most=100, required=False),
        "application_id": form.matching("application_id", "申請ID", r"[0-9A-HJKMNP-TV-Z]{26}", "26文字の英数字", required=False),
        "since": since,
        "until": until,
        "kind": form.matching("kind", "証明書", r"[a-z][a-z0-9_]{0,39}", "一覧にある証明書", required=False),
        "chain": form.text("chain", "店舗事業者", most=300, required=False),
        "terminal_id": form.text("terminal_id", "端末番号", most=80, required=False),
        "state": form.choice("state", "状態", STATE_WORDS, required=False),
        "sample": "true" if form.value("sample") == "1" else "",
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in ("", None)}


def _listed(visit: Visit, form: Form, query: dict[str, Any], act: str) -> Response:
    cursor = form.matching("cursor", "一覧の続き", r"[0-9A-HJKMNP-TV-Z]{26}", "一覧の続き", required=False)
    if form.problems:
        return _page(visit, form, (), None, status=422)
    found = visit.issuing.get(
        "issues", IssuePage, municipality=visit.municipality, limit=PAGE, cursor=cursor or None, **query
    )
    visit.note(act, subject=query.get("person_key", ""), detail=_detail(query))
    return _page(visit, form, found.issues, found.next_cursor, searched=act == "検索")


def _detail(query: dict[str, Any]) -> str:
    """What was searched by, for the log: the names of fields; what was typed only where it is nobody's number."""
    names = {"person_key": "宛名番号", "issue_number": "発行番号", "application_id": "申請ID"}
    told = [words for name, words in names.items() if name in query]
    told += [f"{name}={query[name]}" for name in ("since", "until", "kind", "chain", "terminal_id", "state") if name in query]  # fmt: skip
    return "発行履歴" + (f"（{'、'.join(told)}）" if told else "")


def _page(
    visit: Visit,
    form: Form,
    entries: tuple[IssueEntry, ...],
    following: str | None,
    *,
    status: int = 200,
    searched: bool = False,
    problem: str = "",
) -> Response:
    month = f"{visit.today:%Y-%m}"
    known = visit.issuing.get(
        "statistics", Statistics, municipality=visit.municipality, first=month, last=month
    )
    return visit.page(
        "issue_history/list.html",
        problem=problem,
        status=status,
        form=form,
        entries=entries,
        following=following,
        searched=searched,
        kinds=list(known.kinds.items()),
        states=STATES,
        state_words=STATE_WORDS,
        fields=FIELDS,
    )


def _one(visit: Visit, application_id: str) -> IssueEntry:
    """Find one application of this municipality. Raises Failed(Console_Record_Unknown)."""
    for sample in (None, "true"):
        try:
            found = visit.issuing.get(
                "issues",
                IssuePage,
                municipality=visit.municipality,
                application_id=application_id,
                sample=sample,
            )
        except Failed as failed:
            if failed.failure == "Request_Malformed":  # no id at all
                raise Failed("Console_Record_Unknown") from None
            raise
        if found.issues:
            return found.issues[0]
    raise Failed("Console_Record_Unknown")


def _every(visit: Visit, **query: Any) -> Iterator[IssueEntry]:
    cursor, count = None, 0
    while True:
        page = visit.issuing.get(
            "issues", IssuePage, municipality=visit.municipality, cursor=cursor, limit=200, **query
        )
        count += len(page.issues)
        if count > MOST_DISCLOSED:  # never a part of it as if it were the whole
            raise Failed("Console_Disclosure_Too_Long", most=MOST_DISCLOSED)
        yield from page.issues
        cursor = page.next_cursor
        if cursor is None:
            return
