"""④ 住登外戸籍の利用登録: the applicants, the search of the family registers, the link, and what becomes of an application.

The issuing server of the 本籍地 compares and decides; here its answer is shown. Items that differ are highlighted and never hidden, and each
letter of a name that is another form of the register's, or a substitute on the certificate, says so.
"""

from __future__ import annotations

from fastapi import APIRouter, Response

from server_stub.interface.failures import Failed
from server_stub.interface.registration import RegistrationState
from server_stub.interface.registration_operations import (
    LetterIs,
    LetterPair,
    LinkAct,
    MemberMatch,
    MemberMatches,
    MemberSearch,
    OfficialAct,
    RegistrationDetail,
    RegistrationPage,
    RejectAct,
)
from server_stub.operations.forms import Form
from server_stub.operations.web import Asked, Entered, Visit, sentence

router = APIRouter()
STATES = {
    RegistrationState.RECEIVED: "受付",
    RegistrationState.UNDER_REVIEW: "審査中",
    RegistrationState.USABLE: "利用可能",
    RegistrationState.REJECTED: "却下",
    RegistrationState.ENDED: "終了",
}
TAGS = {
    RegistrationState.RECEIVED: "warn",
    RegistrationState.UNDER_REVIEW: "warn",
    RegistrationState.USABLE: "good",
    RegistrationState.REJECTED: "wrong",
    RegistrationState.ENDED: "quiet",
}
UNDECIDED = ""
FILTERS = {UNDECIDED: "審査が終わっていない申請"} | {
    state.value: name for state, name in STATES.items() if state is not RegistrationState.RECEIVED
}
ACTS = {
    "received": "受付",
    "reviewed": "審査の開始",
    "proposed": "紐付けの提案",
    "linked": "紐付け（利用可能）",
    "rejected": "却下",
    "ended": "利用登録の終了",
    "replaced": "新しい利用登録に交代",
    "sent": "戸籍システムへ送付",
    "usable": "戸籍システムで利用可能",
}
ITEMS = {"name": "氏名", "birth": "生年月日", "sex": "性別", "domicile": "本籍", "head": "筆頭者"}
SEXES = {"1": "男", "2": "女", "male": "男", "female": "女"}
SEX_OF_CERTIFICATE = {"1": "male", "2": "female"}
WHY = {
    LetterIs.VARIANT: "「{registered}」の別の字形・異体字です",
    LetterIs.SUBSTITUTE: "電子証明書では代替文字です（住民票の文字は電子証明書に記録されていません）",
    LetterIs.DIFFERENT: "戸籍と異なる文字です",
}
_PAGE = 20


@router.get("/registrations", name="registrations")
def listed(visit: Asked) -> Response:
    """The applicants with their due days, those that are not decided first of all."""
    state = visit.query.value("state")
    if state not in FILTERS:
        raise Failed("Console_Record_Unknown")
    try:
        found = visit.issuing.get(
            "registrations",
            RegistrationPage,
            municipality=visit.municipality,
            state=state or None,
            cursor=visit.query.value("cursor") or None,
            limit=_PAGE,
        )
    except Failed as failed:
        if failed.failure != "Registration_Unknown":
            raise
        return visit.page("registrations/none.html")  # the issuing server takes no applications at all
    for one in found.registrations:
        visit.own(one.municipality)
    visit.note("照会", detail=f"利用登録の申請者一覧（{FILTERS[state]}、{len(found.registrations)}人）")
    return visit.page(
        "registrations/list.html",
        found=found.registrations,
        following=found.next_cursor,
        is_first=not visit.query.value("cursor"),
        state=state,
        FILTERS=FILTERS,
        STATES=STATES,
        TAGS=TAGS,
        flagged=flagged,
    )


@router.get("/registrations/{application_id}", name="registrations_one")
def one(visit: Asked, application_id: str) -> Response:
    detail = _detail(visit, application_id)
    visit.note("照会", subject=application_id, detail="利用登録の申請")
    return _page(visit, detail, _asked_for(detail))


@router.post("/registrations/{application_id}/search", name="registrations_search_act")
def search_act(visit: Asked, form: Entered, application_id: str) -> Response:
    """Search the family registers by 氏名, 性別, 生年月日."""
    detail = _detail(visit, application_id)
    name = form.text("name", "氏名", most=100, required=False)
    sex = form.choice("sex", "性別", ("male", "female"), required=False)
    birth = form.day("birth", "生年月日", required=False)
    register = form.text("register_number", "戸籍の番号", most=100, required=False)
    if birth is None and not register and "birth" not in form.problems:
        form.wrong("birth", "生年月日か戸籍の番号を入力してください。")
    if form.problems:
        return _page(visit, detail, form, status=422)
    visit.note("検索", subject=application_id, detail="戸籍の検索")
    asked = MemberSearch(
        name=name,
        sex="male" if sex == "male" else "female" if sex else "",
        birth=birth,
        register_number=register,
    )
    try:
        matches = visit.issuing.post(f"registrations/{application_id}/search", MemberMatches, asked)
    except Failed as failed:
        return _page(visit, detail, form, status=failed.entry.status or 503, problem=sentence(failed))
    return _page(visit, detail, form, matches=matches)


@router.post("/registrations/{application_id}/compare", name="registrations_compare_act")
def compare_act(visit: Asked, form: Entered, application_id: str) -> Response:
    """One member beside the application, before the link is made."""
    detail = _detail(visit, application_id)
    register = form.text("register_number", "戸籍の番号", most=100)
    member = form.number("member", "戸籍内番号", 1, 999)
    if form.problems or member is None:
        raise Failed("Console_Record_Unknown")
    return _compared(visit, detail, _member(visit, application_id, register, member), Form())


@router.post("/registrations/{application_id}/link", name="registrations_link_act")
def link_act(visit: Asked, form: Entered, application_id: str) -> Response:
    """Link the applicant with the member: the registration becomes 利用可能 (or is proposed, where two officials are needed)."""
    detail = _detail(visit, application_id)
    register = form.text("register_number", "戸籍の番号", most=100)
    number = form.number("member", "戸籍内番号", 1, 999)
    note = form.text("note", "内部のメモ", most=300, required=False)
    if number is None or not register:
        raise Failed("Console_Record_Unknown")
    member = _member(visit, application_id, register, number)
    accepted = form.has("accepted", "yes")
    if member.differs and not accepted:
        form.wrong("accepted", "一致しない項目を確認した場合は、確認の欄を選んでください。")
    if member.differs and not note:
        form.wrong("note", "一致しない項目があるときは、同じ人と判断した理由を入力してください。")
    if form.problems:
        return _compared(visit, detail, member, form, status=422)
    visit.note("登録", subject=application_id, detail=f"戸籍との紐付け（一致しない項目：{_items(member)}）")
    act = LinkAct(
        operator=_whole_name(visit),
        note=note,
        register_number=register,
        member=number,
        accept_differences=accepted,
    )
    try:
        after = visit.issuing.post(f"registrations/{application_id}/link", RegistrationDetail, act)
    except Failed as failed:
        return _compared(
            visit, detail, member, form, status=failed.entry.status or 503, problem=sentence(failed)
        )
    told = (
        "紐付けを提案しました。別の職員が確認すると、利用可能になります。"
        if after.proposed_by
        else "紐付けました。申請は「利用可能」になり、登録状況確認サイトに表示されます。"
    )
    return visit.to(f"/registrations/{application_id}", told)


@router.post("/registrations/{application_id}/review", name="registrations_review_act")
def review_act(visit: Asked, form: Entered, application_id: str) -> Response:
    _act(visit, application_id, "review", OfficialAct(operator=_whole_name(visit)), "審査の開始")
    return visit.to(f"/registrations/{application_id}", "審査を始めました。")


@router.post("/registrations/{application_id}/reject", name="registrations_reject_act")
def reject_act(visit: Asked, form: Entered, application_id: str) -> Response:
    """Reject with a text that the status site shows, and a note of the official's own that nobody else reads."""
    detail = _detail(visit, application_id)
    public = form.text("public_text", "サイトに表示する文", most=300, required=False)
    note = form.text("reject_note", "内部のメモ", most=300)
    if form.problems:
        return _page(visit, detail, _asked_for(detail, form), status=422)
    act = RejectAct(operator=_whole_name(visit), note=note, public_text=public or None)
    _act(visit, application_id, "reject", act, "却下")
    return visit.to(f"/registrations/{application_id}", "申請を却下しました。")


@router.post("/registrations/{application_id}/end", name="registrations_end_act")
def end_act(visit: Asked, form: Entered, application_id: str) -> Response:
    detail = _detail(visit, application_id)
    note = form.text("end_note", "終了の理由", most=300)
    if form.problems:
        return _page(visit, detail, _asked_for(detail, form), status=422)
    _act(visit, application_id, "end", OfficialAct(operator=_whole_name(visit), note=note), "利用登録の終了")
    return visit.to(
        f"/registrations/{application_id}", "利用登録を終了しました。本人はもう一度申請できます。"
    )


# --- what they share ----------------------------------------------------------------------------------------------------------


def _detail(visit: Visit, application_id: str) -> RegistrationDetail:
    """Raises Failed(Console_Record_Unknown): also for what is another municipality's."""
    try:
        found = visit.issuing.get(f"registrations/{application_id}", RegistrationDetail)
    except Failed as failed:
        if failed.failure in ("Registration_Unknown", "Request_Malformed"):
            raise Failed("Console_Record_Unknown") from failed
        raise
    visit.own(found.entry.municipality)
    return found


def _member(visit: Visit, application_id: str, register: str, number: int) -> MemberMatch:
    asked = MemberSearch(register_number=register)
    found = visit.issuing.post(f"registrations/{application_id}/search", MemberMatches, asked)
    match = next((one for one in found.matches if one.member == number), None)
    if match is None:
        raise Failed("Console_Record_Unknown")
    return match


def _act(visit: Visit, application_id: str, what: str, act: OfficialAct, words: str) -> None:
    _detail(visit, application_id)  # only of the own municipality
    visit.note("変更", subject=application_id, detail=words)
    visit.issuing.post(f"registrations/{application_id}/{what}", RegistrationDetail, act)


def _whole_name(visit: Visit) -> str:
    """Name the official so that two of one name are two."""
    return f"{visit.operator.department}　{visit.operator.name}（{visit.operator.login}）".strip()[:100]


def _asked_for(detail: RegistrationDetail, form: Form | None = None) -> Form:
    """Make the form of the page: the search as the certificate has it, beside what was entered elsewhere on it."""
    entry, entered = detail.entry, form or Form()
    kept = {field: entered.value(field) for field in ("public_text", "reject_note", "end_note")}
    made = Form.of(name=entry.name, sex=SEX_OF_CERTIFICATE.get(entry.sex, ""), birth=entry.birth, **kept)
    for field, told in entered.problems.items():
        made.wrong(field, told)
    return made


def _items(member: MemberMatch) -> str:
    return "、".join(ITEMS[one] for one in member.differs) or "なし"


def flagged(text: str, flags: str) -> list[tuple[str, bool]]:
    """Pair each character with whether the certificate has a substitute there."""
    padded = flags.ljust(len(text), "0")
    return [(char, flag == "1") for char, flag in zip(text, padded, strict=False)]


def letters_in_words(letters: tuple[LetterPair, ...]) -> list[str]:
    """Say of every letter that is not the same what it is."""
    return [
        f"「{one.certified or '（なし）'}」："
        + WHY[one.relation].format(registered=one.registered or "（なし）")
        for one in letters
        if one.relation is not LetterIs.SAME
    ]


def _page(
    visit: Visit,
    detail: RegistrationDetail,
    form: Form,
    *,
    status: int = 200,
    matches: MemberMatches | None = None,
    problem: str = "",
) -> Response:
    return visit.page(
        "registrations/one.html",
        status=status,
        form=form,
        problem=problem,
        detail=detail,
        entry=detail.entry,
        matches=matches,
        is_open=detail.entry.state in (RegistrationState.RECEIVED, RegistrationState.UNDER_REVIEW),
        STATES=STATES,
        TAGS=TAGS,
        ACTS=ACTS,
        ITEMS=ITEMS,
        SEXES=SEXES,
        flagged=flagged,
        letters_in_words=letters_in_words,
    )


def _compared(
    visit: Visit,
    detail: RegistrationDetail,
    member: MemberMatch,
    form: Form,
    *,
    status: int = 200,
    problem: str = "",
) -> Response:
    visit.note("照会", subject=detail.entry.application_id, detail="戸籍に記録されている者との比較")
    return visit.page(
        "registrations/compare.html",
        status=status,
        form=form,
        problem=problem,
        detail=detail,
        entry=detail.entry,
        member=member,
        ITEMS=ITEMS,
        SEXES=SEXES,
        flagged=flagged,
        letters_in_words=letters_in_words,
    )
