"""条例利用 within card and PIN, a sub-flow of its own rows: a 住民基本台帳カード has a PIN for each kind of certificate, so the kind is
chosen first, then its PIN. From the card in the resident's hand on the way is everybody's, at the questions of that kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from server_stub.interface.terminal import OrdinanceKind

from . import events as e
from .card_rows import card_away, card_pulled, four_digits, stop_rows
from .choice_rows import QUESTIONS, begin_kind, next_question
from .effects import AuthenticateByOrdinance, OpenSession, Say
from .ending import card_lies_there, refuse
from .row import Action, Context, Result, Row, named
from .state import StateName as S
from .state import Visit

# --- conditions ----------------------------------------------------------------------------------------------------


def card_is_of_ordinance(h: Context) -> bool:
    return h.event.service is not None


def by_ordinance(h: Context) -> bool:
    return h.visit.ordinance is not None


def _listed(h: Context) -> OrdinanceKind | None:
    kinds = h.visit.ordinance.kinds if h.visit.ordinance else ()
    return next((one for one in kinds if one.kind == h.event.kind), None)


def kind_listed(h: Context) -> bool:
    return _listed(h) is not None


def kind_listed_and_no_session(h: Context) -> bool:
    return kind_listed(h) and not h.visit.session_id


def kind_listed_and_one_try_left(h: Context) -> bool:
    return kind_listed(h) and h.event.kind == h.visit.kind and h.visit.tries_left == 1


def four_digits_of_a_kind(h: Context) -> bool:
    return by_ordinance(h) and four_digits(h)


def kind_is_refused(h: Context) -> bool:
    """What the PIN has opened cannot be had."""
    offer = h.event.offers.offer(h.visit.kind)
    return by_ordinance(h) and (offer is None or offer.refusal is not None)


# --- actions --------------------------------------------------------------------------------------------------------


def card_known(h: Context) -> Result:
    event = h.event
    known = replace(h.visit, holder_ref=event.holder_ref, card_kind=str(event.kind), ordinance=event.service)
    return known, ()


def choose_kind(h: Context) -> Result:
    """The tries of a kind are told only by its own wrong PIN."""
    kind, visit = _listed(h), h.visit
    if kind is None:
        raise ValueError("the table lets nobody choose what is not listed")
    if kind.kind != visit.kind:
        visit = replace(visit, tries_left=None, was_wrong=False, last_try_accepted=False)
    return replace(visit, kind=kind.kind, place=kind.place), ()


def choose_kind_and_open(h: Context) -> Result:
    return choose_kind(h)[0], (OpenSession(),)


def authenticate(h: Context) -> Result:
    visit = replace(h.visit, was_wrong=False)
    if visit.ordinance is None:
        raise ValueError("the table lets nobody come here without a 住民基本台帳カード")
    pin = h.event.pin
    effect = AuthenticateByOrdinance(
        visit.session_id, visit.kind, pin, visit.place, visit.ordinance, visit.holder_ref
    )
    return visit, (effect,)


def refuse_kind(h: Context) -> Result:
    visit = replace(h.visit, offers=h.event.offers)
    refusal = visit.offer.refusal if visit.offer else None
    if refusal is None:
        return refuse(visit, "Service_Not_Offered")
    return refuse(visit, refusal.failure, tuple(refusal.facts.items()), refusal.words)


def know_offers_ask_card(h: Context) -> Result:
    return replace(h.visit, offers=h.event.offers, was_wrong=False), (Say("attention"),)


def _begin(visit: Visit) -> Visit:
    if visit.offer is None:
        raise ValueError("the table lets nobody past the PIN without an offer of the kind")
    return begin_kind(visit, visit.offer)


def know_offers_and_begin(h: Context) -> Result:
    return _begin(know_offers_ask_card(h)[0]), ()


def card_away_and_begin(h: Context) -> Result:
    return _begin(card_away(h)[0]), ()


# --- the table --------------------------------------------------------------------------------------------------------


def _on_to_the_questions(state: S, event: type[e.Event], do: Action) -> Iterator[Row]:
    """One row for each question that may be the first of the kind that was chosen."""
    for target in QUESTIONS:

        def leads_there(h: Context, target: S = target) -> bool:
            return by_ordinance(h) and next_question(S.CHOOSE_CERTIFICATE, do(h)[0]) is target

        yield Row(
            state,
            event,
            target,
            do,
            named(f"of an ordinance's card, and {target} is asked first", leads_there),
        )


def kind_before_pin() -> tuple[Row, ...]:
    """List the rows, to stand before those of every card: they hold for a 住民基本台帳カード alone."""
    both: Callable[[Context], bool] = lambda h: by_ordinance(h) and card_lies_there(h)  # noqa: E731
    return (
        Row(S.READING_CARD, e.CardRead, S.CHOOSE_KIND, card_known, card_is_of_ordinance),
        Row(S.CHOOSE_KIND, e.KindChosen, S.OPENING_SESSION, choose_kind_and_open, kind_listed_and_no_session),
        Row(S.CHOOSE_KIND, e.KindChosen, S.CONFIRM_LAST_TRY, choose_kind, kind_listed_and_one_try_left),
        Row(S.CHOOSE_KIND, e.KindChosen, S.ENTER_PIN, choose_kind, kind_listed),
        Row(S.CHOOSE_KIND, e.CardRemoved, S.REFUSAL, card_pulled),
        *stop_rows(S.CHOOSE_KIND, "Visit_Timed_Out"),
        Row(S.ENTER_PIN, e.BackTouched, S.CHOOSE_KIND, None, by_ordinance),
        Row(S.ENTER_PIN, e.PinEntered, S.AUTHENTICATING, authenticate, four_digits_of_a_kind),
        Row(S.AUTHENTICATING, e.Authenticated, S.REFUSAL, refuse_kind, kind_is_refused),
        Row(
            S.AUTHENTICATING,
            e.Authenticated,
            S.TAKE_CARD,
            know_offers_ask_card,
            named("by ordinance, card lies there", both),
        ),
        *_on_to_the_questions(S.AUTHENTICATING, e.Authenticated, know_offers_and_begin),
        *_on_to_the_questions(S.TAKE_CARD, e.CardRemoved, card_away_and_begin),
    )
