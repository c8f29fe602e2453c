"""What to show in which state: the view of a state, plain data for the screens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from server_stub.interface.offers import Scope

from . import views as v
from .ending import CALM, RETRY
from .events import BackTouched, CancelTouched
from .state import State, Visit
from .state import StateName as S
from .table import row_for

VIRTUAL = "virtual"
"""The kind of card whose tries cannot be lost for good."""
FULL_TRIES = 3
"""Tries of the 4-digit PIN after the right one; fewer are told."""
FULL_TRIES_OF_PASSWORD = 5

_STEPS: dict[S, v.Step] = (
    dict.fromkeys(
        (
            S.PLACE_CARD, S.LIFT_CARD, S.READING_CARD, S.CHOOSE_KIND, S.CHOOSE_PLACE, S.FETCHING_MUNICIPALITIES,
            S.CHOOSE_MUNICIPALITY, S.OPENING_SESSION,
        ),
        v.Step.CARD,
    )
    | dict.fromkeys((S.CONFIRM_LAST_TRY, S.ENTER_PIN, S.AUTHENTICATING, S.TAKE_CARD), v.Step.PIN)
    | dict.fromkeys(
        (S.CHOOSE_CERTIFICATE, S.CHOOSE_SCOPE, S.CHOOSE_OPTIONS, S.CHOOSE_COPIES), v.Step.CERTIFICATE
    )
    | dict.fromkeys((S.CONFIRM, S.PREPARING), v.Step.CONFIRM)
    | dict.fromkeys((S.PAY, S.TAKING_MONEY, S.RETURNING_MONEY, S.REFUNDING), v.Step.PAY)
    | dict.fromkeys(
        (S.PRINTING, S.JAMMED, S.TAKE_PAPER, S.ASK_RECEIPT, S.PRINTING_RECEIPT), v.Step.PRINT
    )
)  # fmt: skip

_WAITS = {
    S.READING_CARD: v.WaitReason.CARD_READING,
    S.FETCHING_MUNICIPALITIES: v.WaitReason.CONNECTING,
    S.OPENING_SESSION: v.WaitReason.CONNECTING,
    S.AUTHENTICATING: v.WaitReason.AUTHENTICATING,
    S.CHECKING_CARD: v.WaitReason.CARD_READING,
    S.SIGNING: v.WaitReason.REGISTERING,
    S.PREPARING: v.WaitReason.PREPARING,
    S.RETURNING_MONEY: v.WaitReason.RETURNING_MONEY,
    S.REFUNDING: v.WaitReason.RETURNING_MONEY,
    S.PRINTING_RECEIPT: v.WaitReason.PRINTING_RECEIPT,
}


def view_of(
    state: State,
    accent: str = v.View().accent,
    *,
    either_card: bool = False,
    call_center: str = "",
    look: v.Look = v.Look(),
) -> v.View:
    """The view of `state`; `accent` until the municipality (and its colour) is known. `either_card`: it is before the end of the
    住民基本台帳カード. `call_center`: name and telephone of whom a refusal says to ask. `look`: as long as the
    resident has chosen none."""
    view = _view_of(state, accent, either_card, look)
    if call_center and isinstance(view, v.Refusal | v.OutOfService):
        return replace(view, call_center=call_center)
    return view


def _view_of(state: State, accent: str, either_card: bool, look: v.Look) -> v.View:
    visit = state.visit
    # back and cancel are offered exactly where the table knows an answer to them
    common: dict[str, Any] = {
        "language": visit.language,
        "look": visit.look or look,
        # the steps are those to a certificate
        "step": v.Step.NONE if visit.registering else _STEPS.get(state.name, v.Step.NONE),
        "deadline": None if state.name in (S.TOP_MENU, S.OUT_OF_SERVICE, *_WAITS) else state.deadline,
        "can_go_back": _knows(state, BackTouched()),
        "can_cancel": _knows(state, CancelTouched()),
        "accent": visit.municipality.accent if visit.municipality else accent,
        "either_card": either_card and not visit.registering,
        "registration": visit.registering,
    }
    if state.name in _WAITS:
        free = state.name is S.PREPARING and visit.offer is not None and visit.offer.fee == 0
        reason = _WAITS[state.name]
        if state.name is S.AUTHENTICATING and visit.ordinance is not None:
            reason = v.WaitReason.CHECKING_REGISTRATION
        if state.name is S.PREPARING and visit.registering:
            reason = v.WaitReason.PREPARING_SLIP
        return v.PleaseWait(reason=reason, free=free, **common)
    return _view(state.name, visit, common)


def _knows(state: State, touch: BackTouched | CancelTouched) -> bool:
    return row_for(state, touch) is not None


def _view(name: S, visit: Visit, common: dict[str, Any]) -> v.View:
    match name:
        case S.TOP_MENU:
            return v.TopMenu(**common)
        case S.OUT_OF_SERVICE:
            return v.OutOfService(failure=visit.stopped, card_inside=visit.card_inside, **common)
        case S.SERVICE_MENU:
            return v.ServiceMenu(**common)
        case S.CONSENT:
            return v.Consent(**common)
        case S.PLACE_CARD:
            return v.PlaceCard(**common)
        case S.LIFT_CARD:
            return v.TakeCard(**common)
        case S.CARD_LEFT:
            return v.TakeCard(forgotten=True, **common)
        case S.CHOOSE_KIND:
            if visit.ordinance is None:
                raise ValueError(f"{name} without a 住民基本台帳カード")
            return v.ChooseKind(
                municipality=visit.ordinance.municipality, kinds=visit.ordinance.kinds, **common
            )
        case S.CHOOSE_PLACE:
            return v.ChoosePlace(**common)
        case S.CHOOSE_MUNICIPALITY:
            listed = sorted(visit.municipalities, key=lambda m: m.code)
            return v.ChooseMunicipality(municipalities=tuple(listed), **common)
        case S.CONFIRM_LAST_TRY:
            return v.ConfirmLastTry(was_wrong=visit.was_wrong, **common)
        case S.ENTER_PIN:
            few = visit.tries_left is not None and visit.tries_left < FULL_TRIES
            few = few or visit.card_kind != VIRTUAL
            kinds = visit.ordinance.kinds if visit.ordinance else ()
            return v.EnterPin(
                tries_left=visit.tries_left if few else None,
                was_wrong=visit.was_wrong,
                kind=next((one.words for one in kinds if one.kind == visit.kind), None),
                **common,
            )
        case S.TAKE_CARD:
            return v.TakeCard(forgotten=visit.forgotten, **common)
        case S.CHOOSE_DOMICILE:
            known = sorted((one.info for one in visit.addressees), key=lambda m: m.code)
            return v.ChooseMunicipality(municipalities=tuple(known), **common)
        case S.ENTER_DOMICILE if visit.chosen_municipality is not None:
            return v.EnterDomicile(municipality=visit.chosen_municipality, text=visit.domicile, **common)
        case S.ENTER_HEAD:
            return v.EnterHead(text=visit.head, **common)
        case S.ENTER_TELEPHONE:
            return v.EnterTelephone(text=visit.telephone, **common)
        case S.CONFIRM_REGISTRATION:
            return v.ConfirmRegistration(text=visit.text, **common)
        case S.PLACE_CARD_AGAIN:
            return v.PlaceCard(again=True, **common)
        case S.CONFIRM_LAST_PASSWORD:
            return v.ConfirmLastTry(was_wrong=visit.was_wrong, password=True, **common)
        case S.ENTER_PASSWORD:
            few = visit.tries_left is not None and visit.tries_left < FULL_TRIES_OF_PASSWORD
            few = few or visit.card_kind != VIRTUAL
            return v.EnterPassword(
                tries_left=visit.tries_left if few else None, was_wrong=visit.was_wrong, **common
            )
        case S.SHOW_NUMBER if visit.received is not None and visit.chosen_municipality is not None:
            received = visit.received
            return v.ShowNumber(
                municipality=visit.chosen_municipality,
                number=received.number,
                message=received.message,
                site=received.site,
                slip_fee=0 if visit.stopped else received.slip_fee,
                card_inside=visit.card_inside,
                **common,
            )
        case S.ASK_RECEIPT:
            return v.AskReceipt(**common)
        case S.THANKS:
            return v.Thanks(**common)
        case S.REFUSAL:
            return v.Refusal(
                failure=visit.failure,
                facts=visit.facts,
                words=visit.failure_words,
                returned=visit.returned,
                can_retry=visit.failure in RETRY and not visit.stopped,
                card_inside=visit.card_inside,
                contact=visit.contact or None,
                doubt=visit.doubt,
                calm=visit.failure in CALM and not visit.doubt,
                **common,
            )
        case S.TAKING_MONEY if visit.bought.due == 0:
            return v.PleaseWait(reason=v.WaitReason.PREPARING, free=True, **common | {"step": v.Step.PRINT})
        case S.PAY | S.TAKING_MONEY:
            return v.Pay(due=visit.bought.due, inserted=visit.inserted, rejected=visit.rejected, **common)
        case S.PRINTING:
            return v.Printing(printed=visit.printed, total=visit.bought.sheets, **common)
        case S.JAMMED:
            return v.Jammed(failure=visit.failure, printed=visit.printed, total=visit.bought.sheets, **common)
        case S.TAKE_PAPER:
            return v.TakePaper(
                sheets=visit.bought.sheets, change=visit.change, forgotten=visit.forgotten, **common
            )
        case _:
            return _question(name, visit, common)


def _question(name: S, visit: Visit, common: dict[str, Any]) -> v.View:
    """The menu of certificates and what follows it; there the offers are known."""
    offers, offer = visit.offers, visit.offer
    if offers is None:
        raise ValueError(f"{name} without offers")
    if name is S.CHOOSE_CERTIFICATE:
        return v.ChooseCertificate(municipality=offers.municipality, offers=offers.offers, **common)
    if offer is None:
        raise ValueError(f"{name} without a chosen certificate")
    if name is S.CHOOSE_SCOPE:
        ways = tuple((scope, possible) for scope in offer.scopes if (possible := offer.possible(scope)))
        return v.ChooseScope(
            ways=ways,
            subjects=offer.subjects,
            whole=offer.whole,
            whole_about=offer.whole_about,
            one_only=offer.one_only,
            scope=visit.scope,
            chosen=visit.subjects,
            **common,
        )
    if name is S.CHOOSE_OPTIONS:
        questions = visit.question_pages()[visit.page]
        return v.ChooseOptions(
            questions=questions, answers=visit.answers_to(questions), page=visit.page, **common
        )
    if name is S.CHOOSE_COPIES:
        return v.ChooseCopies(
            words=offer.words,
            fee=offer.copy_fee(len(visit.subjects)),
            max_copies=offer.max_copies,
            copies=visit.copies,
            **common,
        )
    asked = offer.asks(visit.subjects)
    answers = visit.answers_to(asked)
    return v.Confirm(
        municipality=offers.municipality,
        words=offer.words,
        names=tuple(one.name for one in offer.subjects if one.ref in visit.subjects),
        whole=offer.whole if visit.scope is Scope.WHOLE else None,
        answers=tuple(
            (one.words, choice.words) for one in asked if (choice := one.choice(answers[one.code]))
        ),
        copies=visit.copies,
        fee=offer.copy_fee(len(visit.subjects)),
        fee_total=offer.copy_fee(len(visit.subjects)) * visit.copies,
        **common,
    )
