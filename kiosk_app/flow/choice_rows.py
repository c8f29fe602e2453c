"""The menu of certificates and its questions: scope, options, copies, confirm. Which of them are asked depends on the
offer; back walks to the previous one that was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from server_stub.interface.offers import Offer
from server_stub.interface.terminal import ApplicationOptions, CertificateKind, OptionName

from . import events as e
from .effects import Apply
from .ending import refused_as
from .row import Action, Context, Guard, Result, Row, named
from .state import StateName as S
from .state import Visit

QUESTIONS = (S.CHOOSE_SCOPE, S.CHOOSE_OPTIONS, S.CHOOSE_COPIES, S.CONFIRM)
FEE_LIMIT = 1_000_000
"""Yen; the messages carry no more."""


def _asked(question: S, offer: Offer) -> bool:
    match question:
        case S.CHOOSE_SCOPE:
            return offer.kind is CertificateKind.RESIDENCE and len(offer.members) > 1
        case S.CHOOSE_OPTIONS:
            return bool(offer.options)
        case S.CHOOSE_COPIES:
            return offer.max_copies > 1
        case _:
            return True


def _next(question: S, offer: Offer) -> S:
    """The question after this one (or after the menu) that is asked."""
    later = QUESTIONS[QUESTIONS.index(question) + 1 :] if question in QUESTIONS else QUESTIONS
    return next(name for name in later if _asked(name, offer))


def _previous(question: S, visit: Visit) -> S:
    offer = visit.offer
    earlier = QUESTIONS[: QUESTIONS.index(question)]
    asked = [name for name in earlier if offer is not None and _asked(name, offer)]
    return asked[-1] if asked else S.CHOOSE_CERTIFICATE


# --- conditions --------------------------------------------------------------------------------------------------------


def _offer_of(h: Context) -> Offer | None:
    """The offer that the event chooses, or the one chosen before."""
    if not isinstance(h.event, e.KindChosen):
        return h.visit.offer
    offers = h.visit.offers.offers if h.visit.offers else ()
    return next((o for o in offers if o.kind == h.event.kind and o.refusal is None), None)


def offered(h: Context) -> bool:
    return _offer_of(h) is not None


def scope_possible(h: Context) -> bool:
    offer, members = h.visit.offer, h.event.members
    if offer is None:
        return False
    if not members:
        return offer.whole_household
    possible = {member.ref for member in offer.members if member.refusal is None}
    return len(set(members)) == len(members) and set(members) <= possible


def copies_possible(h: Context) -> bool:
    offer, copies = h.visit.offer, h.event.copies
    return offer is not None and 1 <= copies <= offer.max_copies and copies * offer.fee <= FEE_LIMIT


# --- actions -------------------------------------------------------------------------------------------------------------


def choose_kind(h: Context) -> Result:
    offer = _required(_offer_of(h))
    # someone living alone is not asked: the whole household, where it can be had whole
    single = offer.kind is CertificateKind.RESIDENCE and len(offer.members) == 1
    members = (offer.members[0].ref,) if single and not offer.whole_household else ()
    fresh = replace(h.visit, kind=offer.kind, members=members, options=ApplicationOptions(), copies=1)
    return fresh, ()


def choose_scope(h: Context) -> Result:
    return replace(h.visit, members=h.event.members), ()


def choose_options(h: Context) -> Result:
    """Only what the offer has can be wished for."""
    available = _required(h.visit.offer).options
    wanted = {
        name.value: bool(getattr(h.event.options, name.value)) for name in OptionName if name in available
    }
    return replace(h.visit, options=ApplicationOptions(**wanted)), ()


def choose_copies(h: Context) -> Result:
    return replace(h.visit, copies=h.event.copies), ()


def apply(h: Context) -> Result:
    visit = h.visit
    effect = Apply(visit.session_id, visit.request(), _required(visit.offer), visit.holder_ref)
    return visit, (effect,)


def _required(offer: Offer | None) -> Offer:
    if offer is None:
        raise ValueError("the table lets nobody past the menu without an offer")
    return offer


# --- the table -----------------------------------------------------------------------------------------------------------


def _forward(state: S, event: type[e.Event], do: Action, possible: Guard | None) -> Iterator[Row]:
    """One row for each question that may come next."""
    for target in QUESTIONS[QUESTIONS.index(state) + 1 :] if state in QUESTIONS else QUESTIONS:

        def leads_there(h: Context, target: S = target) -> bool:
            if possible is not None and not possible(h):
                return False
            offer = _offer_of(h)
            return offer is not None and _next(state, offer) is target

        asked = named(f"{target} is asked next", leads_there)
        yield Row(state, event, target, do, asked)


def _back(state: S) -> Iterator[Row]:
    for target in reversed((S.CHOOSE_CERTIFICATE, *QUESTIONS[: QUESTIONS.index(state)])):

        def leads_there(h: Context, target: S = target) -> bool:
            return _previous(state, h.visit) is target

        yield Row(state, e.BackTouched, target, None, named(f"{target} was asked before", leads_there))


def _stop(state: S) -> tuple[Row, ...]:
    return (
        Row(state, e.CancelTouched, S.REFUSAL, refused_as("Visit_Cancelled")),
        Row(state, e.DeadlinePassed, S.REFUSAL, refused_as("Visit_Timed_Out")),
    )


ROWS: tuple[Row, ...] = (
    *_forward(S.CHOOSE_CERTIFICATE, e.KindChosen, choose_kind, offered),
    *_stop(S.CHOOSE_CERTIFICATE),
    *_forward(S.CHOOSE_SCOPE, e.ScopeChosen, choose_scope, scope_possible),
    *_back(S.CHOOSE_SCOPE),
    *_stop(S.CHOOSE_SCOPE),
    *_forward(S.CHOOSE_OPTIONS, e.OptionsChosen, choose_options, None),
    *_back(S.CHOOSE_OPTIONS),
    *_stop(S.CHOOSE_OPTIONS),
    *_forward(S.CHOOSE_COPIES, e.CopiesChosen, choose_copies, copies_possible),
    *_back(S.CHOOSE_COPIES),
    *_stop(S.CHOOSE_COPIES),
    Row(S.CONFIRM, e.Confirmed, S.PREPARING, apply),
    *_back(S.CONFIRM),
    *_stop(S.CONFIRM),
)
