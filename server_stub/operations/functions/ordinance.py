"""条例利用の利用登録: register a 住民基本台帳カード for a kind with its PIN, stop a kind, and write down what became of a card."""

from __future__ import annotations

import re

from fastapi import APIRouter, Response

from server_stub.interface.card_registry import (
    Act,
    CardAsked,
    CardState,
    CardStateAct,
    CardView,
    KindState,
    RegistrationAct,
)
from server_stub.interface.failures import Failed
from server_stub.interface.official_acts import SettingsView
from server_stub.interface.secret import Secret
from server_stub.operations.forms import Form
from server_stub.operations.web import Asked, Entered, Visit, sentence

router = APIRouter()
ACTS = {
    Act.REGISTER: "利用登録",
    Act.STOP: "利用停止",
    Act.RESUME: "利用再開",
    Act.CHANGE_PIN: "暗証番号の変更",
}
STATES = {
    CardState.IN_USE: "利用中",
    CardState.SUSPENDED: "一時停止",
    CardState.LOST: "紛失",
    CardState.ABOLISHED: "返納・廃止",
}
KIND_STATES = {KindState.REGISTERED: "登録済み", KindState.STOPPED: "停止中"}
WRITTEN = {**{act.value: words for act, words in ACTS.items()}, **{s.value: w for s, w in STATES.items()}}


@router.get("/ordinance", name="ordinance")
def ordinance(visit: Asked) -> Response:
    """Ask for a card by its number."""
    used = visit.console.doors.has_card_registry(visit.municipality)
    return visit.page("ordinance/ask.html", form=Form(), used=used)


def _card(visit: Visit, form: Form) -> CardAsked | None:
    number = form.matching("card", "カードの番号", "[0-9]{15}", "15桁の数字")
    if form.problems:
        return None
    return CardAsked(municipality=visit.municipality, card=number)


@router.post("/ordinance/card", name="ordinance_card")
def card(visit: Asked, form: Entered) -> Response:
    """The card's state, its kinds, and what was done about it."""
    asked = _card(visit, form)
    if asked is None:
        return visit.page("ordinance/ask.html", status=422, form=form, used=True)
    try:
        found = visit.card_registry.post("card-views", CardView, asked)
    except Failed as failed:
        if failed.failure == "Console_Record_Unknown":
            raise
        return visit.page("ordinance/ask.html", status=422, form=form, used=True, problem=sentence(failed))
    return _card_page(visit, found, Form.of(card=found.card))


def _card_page(
    visit: Visit, found: CardView, form: Form, *, status: int = 200, problem: str = "", done: str = ""
) -> Response:
    settings = visit.issuing.get(
        "settings", SettingsView, municipality=visit.municipality, day=visit.today.isoformat()
    )
    titles = {one.kind: one.title for one in settings.kinds}
    visit.note("照会", detail="条例利用のカード")
    return visit.page(
        "ordinance/card.html",
        status=status,
        form=form,
        problem=problem,
        done=done,
        found=found,
        titles=titles,
        kinds=list(titles.items()),
        acts=[(act.value, words) for act, words in ACTS.items()],
        states=[(state.value, words) for state, words in STATES.items()],
        STATES=STATES,
        KIND_STATES=KIND_STATES,
        WRITTEN=WRITTEN,
    )


@router.post("/ordinance/act", name="ordinance_act")
def act(visit: Asked, form: Entered) -> Response:
    """Register, stop, resume, or set another PIN, for one kind."""
    asked = _card(visit, form)
    if asked is None:
        return visit.page("ordinance/ask.html", status=422, form=form, used=True)
    what = form.choice("act", "手続", list(ACTS))
    kind = form.matching("kind", "証明書", "[a-z][a-z0-9_]{0,39}", "一覧")
    needs_pin = what in (Act.REGISTER, Act.CHANGE_PIN)
    pin: Secret | None = None
    if needs_pin:
        pin = form.secret("pin", "暗証番号")
        if pin.reveal() and not re.fullmatch("[0-9]{4}", pin.reveal(), re.ASCII):
            form.wrong("pin", "暗証番号は、4桁の数字で入力してください。")
        elif pin != form.secret("pin_again", "暗証番号（確認）"):
            form.wrong("pin_again", "暗証番号が一致していません。同じ番号を入力してください。")
    reason = form.text("reason", "備考", most=200, required=False)
    kept = Form.of(card=asked.card, act=what, kind=kind, reason=reason)
    kept.problems = form.problems
    if form.problems:
        return _card_page(visit, visit.card_registry.post("card-views", CardView, asked), kept, status=422)
    body = RegistrationAct(
        municipality=asked.municipality,
        card=asked.card,
        kind=kind,
        act=Act(what),
        pin=pin,
        ward=form.has("ward", "yes"),
        by_representative=form.has("by_representative", "yes"),
        operator=visit.operator.name,
        reason=reason,
    )
    try:
        found = visit.card_registry.post("registrations", CardView, body)
    except Failed as failed:
        view = visit.card_registry.post("card-views", CardView, asked)
        return _card_page(visit, view, kept, status=422, problem=sentence(failed))
    visit.note("登録" if what == Act.REGISTER else "変更", detail=f"条例利用：{ACTS[Act(what)]}（{kind}）")
    return _card_page(visit, found, Form.of(card=found.card), done=f"{ACTS[Act(what)]}を行いました。")


@router.post("/ordinance/state", name="ordinance_state_act")
def state(visit: Asked, form: Entered) -> Response:
    """Write down that the card is lost, suspended, abolished, or in use again."""
    asked = _card(visit, form)
    if asked is None:
        return visit.page("ordinance/ask.html", status=422, form=form, used=True)
    chosen = form.choice("state", "カードの状態", list(STATES))
    reason = form.text("state_reason", "備考", most=200, required=False)
    if form.problems:
        return _card_page(visit, visit.card_registry.post("card-views", CardView, asked), form, status=422)
    body = CardStateAct(
        municipality=asked.municipality,
        card=asked.card,
        state=CardState(chosen),
        operator=visit.operator.name,
        reason=reason,
    )
    try:
        found = visit.card_registry.post("card-states", CardView, body)
    except Failed as failed:
        view = visit.card_registry.post("card-views", CardView, asked)
        return _card_page(visit, view, form, status=422, problem=sentence(failed))
    visit.note("変更", detail=f"条例利用：カードの状態（{STATES[CardState(chosen)]}）")
    return _card_page(visit, found, Form.of(card=found.card), done="カードの状態を変更しました。")
