"""⑥ 管理機能: 手数料, 取扱時間, 認証者, 職務代理者, 公印, 休止 and messages, each with the day from which it holds, and a look at the paper
before."""

from __future__ import annotations

import base64
from datetime import date
from typing import Any

from fastapi import APIRouter, Response

from server_stub.interface.failures import Failed
from server_stub.interface.official_acts import (
    OF_A_WARD,
    ActOnChange,
    ChangeEntry,
    ChangePage,
    ChangeRequest,
    Changes,
    KindSettings,
    MessageOf,
    MessagePreviewRequest,
    Messages,
    PreviewRequest,
    SettingsView,
)
from server_stub.interface.outages import OutageEntry, OutageList, OutageOf, OutageRequest, Responsible
from server_stub.operations.forms import Form
from server_stub.operations.web import Asked, Entered, Visit, sentence

router = APIRouter()
NAMES = {
    Changes.FEE: "手数料",
    Changes.HOURS: "取扱時間",
    Changes.CERTIFIER: "認証者（職名・氏名）",
    Changes.PROXY: "職務代理者",
    Changes.SEAL: "公印",
    Changes.CLOSURE: "休止",
    Changes.NIGHT_STOP: "時間外の戸籍",
    Changes.MESSAGE: "利用登録のメッセージ",
}
MESSAGES = {
    MessageOf.RECEIVED: "申請を受け付けたとき（端末の画面）",
    MessageOf.UNDER_REVIEW: "審査中（登録状況確認サイト）",
    MessageOf.USABLE: "利用可能（登録状況確認サイト）",
    MessageOf.REJECTED: "却下（登録状況確認サイト）",
}
OF_THE_CITY = "city"
WEEK = "月火水木金土日"
OF_NO_KIND = "all"
LARGEST_PICTURE = 600_000
OUTAGES = {
    OutageOf.CITY_HALL: "庁舎の停電・点検",
    OutageOf.DATA_CENTRE: "データセンターの停止",
    OutageOf.EXISTING_SYSTEM: "既存システムの停止",
    OutageOf.CENTRE: "センター全体の停止",
}
OF_TOWN = [what for what in OUTAGES if what is not OutageOf.CENTRE]
_FIELDS = {
    "fee": "手数料",
    "counter_fee": "窓口の手数料",
    "opens": "始まる時刻",
    "closes": "終わる時刻",
    "weekdays": "曜日",
    "title": "職名",
    "mayor": "氏名",
    "seal": "公印の画像",
    "seal_mm": "公印の大きさ",
    "ward": "区",
    "kind": "証明書",
    "message": "メッセージ",
    "ja": "日本語の文",
    "en": "英語の文",
}


def _settings(visit: Visit, day: date) -> SettingsView:
    return visit.issuing.get("settings", SettingsView, municipality=visit.municipality, day=day.isoformat())


@router.get("/management", name="management")
def management(visit: Asked) -> Response:
    """What holds on a day, and what was changed."""
    day = visit.query.day("day", "日付", required=False) or visit.today
    page = visit.issuing.get(
        "setting-changes",
        ChangePage,
        municipality=visit.municipality,
        cursor=visit.query.value("cursor") or None,
        limit=50,
    )
    settings = _settings(visit, day)
    return visit.page(
        "management/overview.html",
        form=Form.of(day=day),
        settings=settings,
        kinds={one.kind: one.title for one in settings.kinds},
        wards=_wards(settings),
        MESSAGES=MESSAGES,
        page=page,
        changes=[(one, _state(visit, one), _content(one)) for one in page.changes],
        NAMES=_offered(settings),
        ALL=NAMES,
        following=f"/management?cursor={page.next_cursor}" if page.next_cursor else "",
    )


def _offered(settings: SettingsView) -> dict[Changes, str]:
    """What can be changed here: no messages where nobody applies."""
    return {what: name for what, name in NAMES.items() if settings.messages or what is not Changes.MESSAGE}


def _wards(settings: SettingsView) -> dict[str, str]:
    return {one.code: one.name for one in settings.wards}


def _state(visit: Visit, one: ChangeEntry) -> str:
    if one.withdrawn_at is not None:
        return "withdrawn"
    if one.closed_until is not None and one.closed_until <= visit.now:
        return "over"
    if one.until is not None and one.until < visit.today:
        return "over"
    return "in_force" if one.begins <= visit.today else "to_come"


def _content(one: ChangeRequest) -> str:
    if one.what is Changes.FEE:
        return f"{one.fee:,}円" + (f"（窓口 {one.counter_fee:,}円）" if one.counter_fee is not None else "")
    if one.what in (Changes.HOURS, Changes.NIGHT_STOP):
        days = "・".join(one.weekdays or ()) + ("　" if one.weekdays else "")
        return f"{days}{one.opens}～{one.closes}" + ("（祝日を除く）" if one.holidays is False else "")
    if one.what in (Changes.CERTIFIER, Changes.PROXY):
        return f"{one.title}　{one.mayor}"
    if one.what is Changes.MESSAGE and one.message is not None:
        return f"{MESSAGES[one.message]}：{one.ja}"
    if one.what is Changes.CLOSURE and one.closed_from and one.closed_until:
        return f"{one.closed_from:%Y-%m-%d %H:%M} から {one.closed_until:%Y-%m-%d %H:%M} まで"
    return "公印の画像"


@router.get("/management/new/{what}", name="management_new")
def new(visit: Asked, what: str) -> Response:
    changes = _what(what)
    settings = _settings(visit, visit.today)
    form = Form.of(begins=visit.today, weekdays=list(WEEK), holidays="yes", ward=OF_THE_CITY)
    if changes is Changes.NIGHT_STOP:
        form = Form.of(begins=visit.today, opens="09:00", closes="17:00", weekdays=list(WEEK[:5]))
    if changes is Changes.MESSAGE:
        form = Form.of(begins=visit.today, message=visit.query.value("message"))
        shown = next((one for one in settings.messages if one.message == form.value("message")), None)
        if shown is not None:  # as it is now: an official changes a few words of it
            form = Form.of(begins=visit.today, message=shown.message.value, ja=shown.ja, en=shown.en)
    return _form_page(visit, changes, form, settings)


def _what(text: str) -> Changes:
    """Raises Failed(Console_Record_Unknown)."""
    try:
        return Changes(text)
    except ValueError as error:
        raise Failed("Console_Record_Unknown") from error


def _form_page(
    visit: Visit,
    what: Changes,
    form: Form,
    settings: SettingsView,
    *,
    status: int = 200,
    problem: str = "",
) -> Response:
    if what is Changes.MESSAGE and not settings.messages:
        raise Failed("Console_Record_Unknown")
    kinds = settings.kinds
    every = what in (Changes.CERTIFIER, Changes.PROXY, Changes.SEAL, Changes.CLOSURE)
    shown = [one for one in kinds if what is not Changes.NIGHT_STOP or one.of_domicile]
    choices = [(OF_NO_KIND, "すべての証明書")] if every else []
    return visit.page(
        "management/form.html",
        status=status,
        form=form,
        problem=problem,
        what=what.value,
        name=NAMES[what],
        kinds=[*choices, *((one.kind, one.title) for one in shown)],
        week=[(day, day, "") for day in WEEK],
        wards=_choices_of_wards(settings) if what in OF_A_WARD else [],
        of_wards="、".join(one.title for one in kinds if one.of_wards),
        messages=settings.messages,
        MESSAGES=MESSAGES,
    )


def _choices_of_wards(settings: SettingsView) -> list[tuple[str, str]]:
    if not settings.wards:
        return []
    return [(OF_THE_CITY, "市全体"), *((one.code, one.name) for one in settings.wards)]


def _asked(visit: Visit, form: Form, what: Changes, settings: SettingsView) -> ChangeRequest | None:
    """Read what is to be changed; None where something is wrong."""
    told: dict[str, Any] = {"begins": visit.today}
    kind = OF_NO_KIND
    if what is Changes.MESSAGE:
        told["message"] = form.choice("message", "メッセージ", list(MessageOf)) or None
        told["ja"] = form.text("ja", "日本語の文", most=300)
        told["en"] = form.text("en", "英語の文", most=300)
    else:
        kind = form.choice("kind", "証明書", [OF_NO_KIND, *(one.kind for one in settings.kinds)])
    if what in OF_A_WARD and settings.wards:
        ward = form.choice("ward", "区", [OF_THE_CITY, *_wards(settings)])
        told["ward"] = None if ward == OF_THE_CITY else ward
        unfit = [one.kind for one in settings.kinds if not one.of_wards]
        if told["ward"] and kind in unfit:
            form.wrong("kind", "この証明書の認証者は、区ごとには分けられません。「市全体」を選んでください。")
    if what is Changes.CLOSURE:
        told["closed_from"] = form.moment("closed_from", "休止を始める日時")
        told["closed_until"] = form.moment("closed_until", "休止を終える日時")
        if told["closed_from"] and told["closed_until"] and told["closed_until"] <= told["closed_from"]:
            form.wrong("closed_until", "休止を終える日時は、始める日時より後にしてください。")
    elif what is not Changes.NIGHT_STOP:
        told["begins"] = form.day("begins", "実施日") or visit.today
        told["until"] = form.day("until", "最後の日", required=what is Changes.PROXY)
        if told["until"] is not None and told["until"] < told["begins"]:
            form.wrong("until", "最後の日は、実施日か、より後の日付で入力してください。")
    if what is Changes.FEE:
        told["fee"] = form.number("fee", "手数料", 0, 10_000)
        told["counter_fee"] = form.number("counter_fee", "窓口の手数料", 0, 10_000, required=False)
    elif what in (Changes.HOURS, Changes.NIGHT_STOP):
        clock = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"
        told["opens"] = form.matching("opens", "始まる時刻", clock, "9:00 のような時刻").zfill(5)
        told["closes"] = form.matching("closes", "終わる時刻", clock, "17:00 のような時刻").zfill(5)
        told["weekdays"] = form.choices("weekdays", "曜日", WEEK)
        told["holidays"] = form.has("holidays", "yes")
    elif what in (Changes.CERTIFIER, Changes.PROXY):
        told["title"] = form.text("title", "職名", most=60)
        told["mayor"] = form.text("mayor", "氏名", most=60)
    elif what is Changes.SEAL:
        picture = form.files.get("seal") or b""
        told["seal_png"] = base64.b64encode(picture).decode() if picture else form.value("seal_png")
        told["seal_mm"] = form.number("seal_mm", "公印の大きさ（ミリメートル）", 15, 25)
        if not told["seal_png"]:
            form.wrong("seal", "公印の画像（PNG）を選んでください。")
        elif len(told["seal_png"]) > LARGEST_PICTURE:
            form.wrong("seal", "公印の画像が大きすぎます。400キロバイトまでの画像を選んでください。")
    reason = form.text("reason", "変更する理由", most=200)
    if form.problems:
        return None
    return ChangeRequest(
        municipality=visit.municipality,
        what=what,
        kind=None if kind == OF_NO_KIND else kind,
        operator=visit.operator.name,
        reason=reason,
        **told,
    )


@router.post("/management/check/{what}", name="management_check")
def check(visit: Asked, form: Entered, what: str) -> Response:
    """Show what would hold before and after, before it is kept."""
    changes = _what(what)
    settings = _settings(visit, visit.today)
    asked = _asked(visit, form, changes, settings)
    if asked is None:
        return _form_page(visit, changes, form, settings, status=422)
    return _check_page(visit, form, asked, settings.kinds)


def _check_page(
    visit: Visit,
    form: Form,
    asked: ChangeRequest,
    kinds: tuple[KindSettings, ...],
    *,
    status: int = 200,
    problem: str = "",
) -> Response:
    before = _settings(visit, max(asked.begins, visit.today))
    if asked.ward is not None:
        kinds = tuple(one for one in kinds if one.of_wards)
    told: Messages | None = None
    if asked.what is Changes.MESSAGE:
        shown = MessagePreviewRequest(municipality=visit.municipality, day=asked.begins, change=asked)
        try:
            told = visit.issuing.post("message-previews", Messages, shown)
        except Failed as failed:
            return _form_page(visit, asked.what, form, before, status=422, problem=_why(failed))
    return visit.page(
        "management/check.html",
        status=status,
        form=form,
        problem=problem,
        asked=asked,
        content=_content(asked),
        name=NAMES[asked.what],
        before=[one for one in before.kinds if asked.kind in (None, one.kind)],
        titles={one.kind: one.title for one in kinds},
        kinds=[(one.kind, one.title) for one in kinds if asked.kind in (None, one.kind)],
        carried=_carried(form, asked),
        on_paper=asked.what in OF_A_WARD,
        wards=_wards(before),
        messages_before={one.message: one for one in before.messages},
        message_after=next((one for one in told.messages if one.message is asked.message), None)
        if told
        else None,
        MESSAGES=MESSAGES,
    )


def _carried(form: Form, asked: ChangeRequest) -> list[tuple[str, str]]:
    """The form's fields, to be sent again."""
    names = (
        "kind", "ward", "message", "ja", "en", "begins", "until", "fee", "counter_fee", "opens", "closes", "holidays", "title", "mayor", "seal_mm", "closed_from",
        "closed_until", "reason",
    )  # fmt: skip
    told = [(name, form.value(name)) for name in names if form.has(name)]
    told += [("weekdays", day) for day in form.values("weekdays")]
    return [*told, *([("seal_png", asked.seal_png)] if asked.seal_png else [])]


@router.post("/management/preview/{what}", name="management_preview")
def preview(visit: Asked, form: Entered, what: str) -> Response:
    """The paper as it will be, of a person whose 宛名番号 was entered."""
    changes = _what(what)
    settings = _settings(visit, visit.today)
    asked = _asked(visit, form, changes, settings)
    if asked is None:
        return _form_page(visit, changes, form, settings, status=422)
    person = form.matching("person", "宛名番号", r"[0-9A-Za-z-]{1,40}", "数字")
    kind = form.choice("shown_kind", "確認する証明書", [one.kind for one in settings.kinds])
    if form.problems:
        return _check_page(visit, form, asked, settings.kinds, status=422)
    body = PreviewRequest(
        municipality=visit.municipality, kind=kind, person_key=person, day=asked.begins, change=asked
    )
    try:
        pdf = visit.issuing.post_raw("previews", body)
    except Failed as failed:
        return _check_page(visit, form, asked, settings.kinds, status=422, problem=_why(failed))
    visit.note("照会", subject=person, detail=f"設定変更後の紙面（{NAMES[changes]}）")
    return visit.download(pdf, "preview.pdf", "application/pdf")


def _why(failed: Failed) -> str:
    """Tell the failure with the field that is wrong."""
    if failed.failure != "Change_Wrong":
        return sentence(failed)
    field = str(failed.facts.get("field", "")).rpartition(".")[2]
    return f"{sentence(failed)}（{_FIELDS.get(field, '設定')}：{failed.facts.get('expected', '')}）"


@router.post("/management/add/{what}", name="management_add_act")
def add(visit: Asked, form: Entered, what: str) -> Response:
    changes = _what(what)
    settings = _settings(visit, visit.today)
    asked = _asked(visit, form, changes, settings)
    if asked is None:
        return _form_page(visit, changes, form, settings, status=422)
    try:
        entry = visit.issuing.post("setting-changes", ChangeEntry, asked)
    except Failed as failed:
        return _form_page(visit, changes, form, settings, status=422, problem=_why(failed))
    visit.note("変更", detail=f"{NAMES[changes]}　実施日 {entry.begins.isoformat()}")
    return visit.to("/management", f"{NAMES[changes]}の変更を登録しました。")


@router.post("/management/withdraw/{change_id}", name="management_withdraw_act")
def withdraw(visit: Asked, form: Entered, change_id: str) -> Response:
    if len(change_id) != 26 or not change_id.isalnum():
        raise Failed("Console_Record_Unknown")
    asked = ActOnChange(municipality=visit.municipality, operator=visit.operator.name)
    entry = visit.issuing.post(f"setting-changes/{change_id}/withdraw", ChangeEntry, asked)
    visit.note("削除", detail=f"{NAMES[entry.what]}の変更　実施日 {entry.begins.isoformat()}")
    return visit.to("/management", f"{NAMES[entry.what]}の変更を取り消しました。")


# --- messages -----------------------------------------------------------------------------------------------------------------


@router.get("/management/notices", name="management_notices")
def notices(visit: Asked) -> Response:
    """What residents are told of outages, in force and to come."""
    return _notices_page(visit, Form.of(what=OutageOf.CITY_HALL.value))


def _notices_page(visit: Visit, form: Form, *, status: int = 200, problem: str = "") -> Response:
    found = [one for one in visit.center.get("outages", OutageList).outages if visit.is_own(one.municipality)]
    return visit.page(
        "management/notices.html",
        status=status,
        form=form,
        problem=problem,
        notices=found,
        OUTAGES=OUTAGES,
        choices=[(what.value, OUTAGES[what]) for what in OF_TOWN],
        path="/management/notices",
        of_centre=False,
    )


@router.post("/management/notices/add", name="management_notices_act")
def announce(visit: Asked, form: Entered) -> Response:
    what = form.choice("what", "止まるもの", OF_TOWN)
    asked = read_notice(form, visit, what)
    if asked is None:
        return _notices_page(visit, form, status=422)
    try:
        visit.center.post("outages", OutageEntry, asked)
    except Failed as failed:
        return _notices_page(visit, form, status=422, problem=sentence(failed))
    visit.note("登録", detail="停止のお知らせ")
    return visit.to("/management/notices", "お知らせを登録しました。")


def read_notice(form: Form, visit: Visit, what: str) -> OutageRequest | None:
    """Read an announcement; None where something is wrong."""
    since, until = form.moment("since", "始まる日時"), form.moment("until", "終わる日時")
    if since and until and until <= since:
        form.wrong("until", "終わる日時は、始まる日時より後にしてください。")
    words = {
        "ja": form.text("ja", "お知らせ（日本語）", most=40),
        "en": form.text("en", "お知らせ（英語）", most=80),
    }
    if form.problems or since is None or until is None:
        return None
    of_centre = what == OutageOf.CENTRE
    return OutageRequest(
        municipality=None if of_centre else visit.municipality,
        what=OutageOf(what),
        since=since,
        until=until,
        notice=words,
        by=Responsible.PROVIDER if of_centre else Responsible.MUNICIPALITY,
        operator=visit.operator.name,
    )


@router.post("/management/notices/{outage_id}/end", name="management_notice_end_act")
def end_notice(visit: Asked, form: Entered, outage_id: str) -> Response:
    found = next(
        (one for one in visit.center.get("outages", OutageList).outages if one.outage_id == outage_id), None
    )
    visit.own(found.municipality if found is not None else None)
    visit.center.post(f"outages/{outage_id}/end", OutageEntry)
    visit.note("削除", detail="停止のお知らせ")
    return visit.to("/management/notices", "お知らせを終えました。")
