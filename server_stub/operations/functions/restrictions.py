"""⑤ 発行制限機能: stop a person, a household or a family register, see what is in force, and end what was set here."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Response

from server_stub.interface.failures import Failed
from server_stub.interface.official_acts import (
    ActOnRestriction,
    DeliveredRestrictionPage,
    RestrictionEntry,
    RestrictionPage,
    RestrictionProlonged,
    RestrictionRequest,
    SettingsView,
    Target,
    TargetQuery,
    TargetView,
)
from server_stub.operations.forms import Form
from server_stub.operations.web import Asked, Entered, Visit, sentence

router = APIRouter()
TARGETS = {Target.PERSON: "個人", Target.HOUSEHOLD: "世帯", Target.REGISTER: "戸籍"}
KEYS = {Target.PERSON: "宛名番号", Target.HOUSEHOLD: "世帯番号", Target.REGISTER: "戸籍の番号"}
REASONS = (
    "支援措置（配偶者からの暴力）",
    "支援措置（ストーカー行為等）",
    "支援措置（児童虐待）",
    "支援措置（その他）",
    "本人からの申出",
    "職権",
)
REASON_CHOICES = tuple((one, one) for one in REASONS)
NIGHT_REASON = "夜間・休日に届出を受領（記載前）"
SHOWN = 50


def _words() -> dict[str, Any]:
    return {"TARGETS": TARGETS, "KEYS": KEYS}


@router.get("/restrictions", name="restrictions")
def restrictions(visit: Asked) -> Response:
    """What was set here and stands; those past their announced last day; those that have ended."""
    which = visit.query.value("which")
    if which not in ("overdue", "ended"):
        which = ""
    page = visit.issuing.get(
        "restrictions",
        RestrictionPage,
        municipality=visit.municipality,
        overdue=which == "overdue" or None,
        ended=which == "ended" or None,
        cursor=visit.query.value("cursor") or None,
        limit=SHOWN,
    )
    delivered = _delivered(visit, limit=1)
    for one in page.restrictions:
        visit.note("照会", subject=one.key, detail=f"発行制限（{TARGETS[one.target]}）")
    return visit.page(
        "restrictions/list.html",
        page=page,
        which=which,
        delivered_overdue=delivered.overdue,
        following=f"/restrictions?which={which}&cursor={page.next_cursor}" if page.next_cursor else "",
        **_words(),
    )


def _delivered(
    visit: Visit, *, overdue: bool = False, offset: int = 0, limit: int
) -> DeliveredRestrictionPage:
    return visit.issuing.get(
        "delivered-restrictions",
        DeliveredRestrictionPage,
        municipality=visit.municipality,
        overdue=overdue or None,
        offset=offset,
        limit=limit,
    )


@router.get("/restrictions/delivered", name="restrictions_delivered")
def delivered(visit: Asked) -> Response:
    """What the existing systems have delivered; it is ended there."""
    which = "overdue" if visit.query.value("which") == "overdue" else ""
    offset = visit.query.number("offset", "位置", 0, 10_000_000, required=False) or 0
    page = _delivered(visit, overdue=bool(which), offset=offset, limit=SHOWN)
    for one in page.restrictions:
        visit.note("照会", subject=one.key, detail="連携された発行制限")
    return visit.page(
        "restrictions/delivered.html",
        page=page,
        which=which,
        following=f"/restrictions/delivered?which={which}&offset={page.next_offset}"
        if page.next_offset
        else "",
        **_words(),
    )


@router.get("/restrictions/new", name="restrictions_new")
def new(visit: Asked) -> Response:
    return visit.page(
        "restrictions/new.html",
        form=Form.of(target="person", since=visit.today),
        REASONS=REASON_CHOICES,
        **_words(),
    )


@router.get("/restrictions/night", name="restrictions_night")
def night(visit: Asked) -> Response:
    """One family register until its new state has been delivered; and what stops 戸籍 outside their hours."""
    return _night_page(visit, Form.of(target="register", since=visit.today))


def _night_page(visit: Visit, form: Form, *, status: int = 200, problem: str = "") -> Response:
    today = visit.issuing.get(
        "settings", SettingsView, municipality=visit.municipality, day=visit.today.isoformat()
    )
    kinds = [one for one in today.kinds if one.of_domicile]
    return visit.page(
        "restrictions/night.html", status=status, form=form, kinds=kinds, problem=problem, **_words()
    )


def _asked(visit: Visit, form: Form) -> RestrictionRequest | None:
    """Read what is to be stopped; None where something is wrong."""
    at_night = form.value("until_delivered") == "yes"
    target = Target.REGISTER if at_night else Target(form.choice("target", "対象", list(Target)) or "person")
    key = form.matching("target_key", KEYS[target], r"[0-9A-Za-z-]{1,40}", "数字")
    if at_night:
        reason, since, until = NIGHT_REASON, visit.today, None
    else:
        reason = form.choice("reason", "理由", REASONS)
        if reason and (more := form.text("memo", "補足", most=100, required=False)):
            reason = f"{reason}　{more}"
        since = form.day("since", "開始日") or visit.today
        until = form.day("until", "終了予定日", required=False)
        if until is not None and until < since:
            form.wrong("until", "終了予定日は、開始日か、より後の日付で入力してください。")
    if form.problems:
        return None
    return RestrictionRequest(
        municipality=visit.municipality,
        target=target,
        key=key,
        reason=reason,
        since=since,
        until=until,
        until_delivered=at_night,
        operator=visit.operator.name,
    )


def _again(visit: Visit, form: Form, problem: str = "") -> Response:
    if form.value("until_delivered") == "yes":
        return _night_page(visit, form, status=422, problem=problem)
    return visit.page(
        "restrictions/new.html", status=422, form=form, problem=problem, REASONS=REASON_CHOICES, **_words()
    )


@router.post("/restrictions/check", name="restrictions_check")
def check(visit: Asked, form: Entered) -> Response:
    """Show whom it would stop, before it is set."""
    asked = _asked(visit, form)
    if asked is None:
        return _again(visit, form)
    query = TargetQuery(municipality=asked.municipality, target=asked.target, key=asked.key)
    try:
        found = visit.issuing.post("restriction-targets", TargetView, query)
    except Failed as failed:
        return _again(visit, form, sentence(failed))
    visit.note("照会", subject=asked.key, detail=f"発行制限の対象（{TARGETS[asked.target]}）")
    return visit.page("restrictions/check.html", asked=asked, found=found, form=form, **_words())


@router.post("/restrictions/set", name="restrictions_set_act")
def set_restriction(visit: Asked, form: Entered) -> Response:
    asked = _asked(visit, form)
    if asked is None:
        return _again(visit, form)
    try:
        visit.issuing.post("restrictions", RestrictionEntry, asked)
    except Failed as failed:
        return _again(visit, form, sentence(failed))
    visit.note("登録", subject=asked.key, detail=f"発行制限（{TARGETS[asked.target]}）")
    return visit.to("/restrictions", "発行制限を設定しました。次の手続から交付できません。")


@router.get("/restrictions/one/{restriction_id}", name="restrictions_one")
def one(visit: Asked, restriction_id: str) -> Response:
    return _one_page(visit, restriction_id, Form())


def _one_page(
    visit: Visit, restriction_id: str, form: Form, *, status: int = 200, problem: str = ""
) -> Response:
    entry = visit.issuing.get(
        f"restrictions/{_id(restriction_id)}", RestrictionEntry, municipality=visit.municipality
    )
    query = TargetQuery(municipality=visit.municipality, target=entry.target, key=entry.key)
    try:
        people = visit.issuing.post("restriction-targets", TargetView, query).people
    except Failed:  # they have left the replica
        people = ()
    visit.note("照会", subject=entry.key, detail=f"発行制限（{TARGETS[entry.target]}）")
    if not form.value("until") and status == 200:
        form = Form.of(until=_a_year_after(entry.until or visit.today))
    return visit.page(
        "restrictions/one.html",
        status=status,
        entry=entry,
        people=people,
        form=form,
        problem=problem,
        **_words(),
    )


def _a_year_after(day: date) -> date:
    """支援措置 is prolonged for a year."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 1, day=28)


def _id(text: str) -> str:
    """Raises Failed(Console_Record_Unknown) for what is no identifier."""
    if len(text) != 26 or not text.isalnum():
        raise Failed("Console_Record_Unknown")
    return text


@router.post("/restrictions/one/{restriction_id}/prolong", name="restrictions_prolong_act")
def prolong(visit: Asked, form: Entered, restriction_id: str) -> Response:
    until = form.day("until", "新しい終了予定日")
    if form.problems or until is None:
        return _one_page(visit, restriction_id, form, status=422)
    asked = RestrictionProlonged(municipality=visit.municipality, until=until, operator=visit.operator.name)
    entry = visit.issuing.post(f"restrictions/{_id(restriction_id)}/prolong", RestrictionEntry, asked)
    visit.note("変更", subject=entry.key, detail="発行制限の終了予定日")
    return visit.to("/restrictions", "終了予定日を変更しました。")


@router.post("/restrictions/one/{restriction_id}/end", name="restrictions_end_act")
def end(visit: Asked, form: Entered, restriction_id: str) -> Response:
    reason = form.text("end_reason", "解除する理由", most=200)
    if not form.has("sure", "yes"):
        form.wrong(
            "sure", "解除すると、この人たちに証明書を交付できるようになります。確認の欄に印を付けてください。"
        )
    if form.problems:
        return _one_page(visit, restriction_id, form, status=422)
    asked = ActOnRestriction(municipality=visit.municipality, operator=visit.operator.name, reason=reason)
    entry = visit.issuing.post(f"restrictions/{_id(restriction_id)}/end", RestrictionEntry, asked)
    visit.note("削除", subject=entry.key, detail=f"発行制限（{TARGETS[entry.target]}）を解除")
    return visit.to("/restrictions", "発行制限を解除しました。")
