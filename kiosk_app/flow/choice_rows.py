"""The menu of certificates and its questions: scope, options, copies, confirm. Which of them are asked depends on the
offer; back walks to the previous one that was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from server_stub.interface.offers import Offer, Question, Scope

from . import events as e
from .effects import Apply
from .ending import refused_as
from .row import Action, Context, Guard, Result, Row, named
from .state import StateName as S
from .state import Visit

QUESTIONS = (S.CHOOSE_SCOPE, S.CHOOSE_OPTIONS, S.CHOOSE_COPIES, S.CONFIRM)
FEE_LIMIT = 1_000_000
"""Yen; the messages carry no more."""


def scope_is_asked(offer: Offer) -> bool:
    """Whether there is somebody to choose, or not to choose, and then why."""
    ways = {possible for scope in offer.scopes if (possible := offer.possible(scope))}
    return len(ways) > 1 or (Scope.CHOSEN in offer.scopes and len(offer.subjects) > 1)


def only_scope(offer: Offer) -> Scope:
    """The scope of whoever is not asked for one: the whole, if it can be had whole."""
    return next(
        (scope for scope in (Scope.WHOLE, *offer.scopes) if scope in offer.scopes and offer.possible(scope)),
        Scope.HOLDER,
    )


def _asked(question: S, visit: Visit) -> bool:
    offer = _required(visit.offer)
    match question:
        case S.CHOOSE_SCOPE:
            return scope_is_asked(offer)
        case S.CHOOSE_OPTIONS:
            return bool(visit.question_pages())
        case S.CHOOSE_COPIES:
            return offer.max_copies > 1
        case _:
            return True


def next_question(question: S, visit: Visit) -> S:
    """What is asked after this one (or after the menu): another page of the questions, or the next that is asked."""
    if question is S.CHOOSE_OPTIONS and visit.page + 1 < len(visit.question_pages()):
        return question
    later = QUESTIONS[QUESTIONS.index(question) + 1 :] if question in QUESTIONS else QUESTIONS
    return next(name for name in later if _asked(name, visit))


def _previous(question: S, visit: Visit) -> S:
    if question is S.CHOOSE_OPTIONS and visit.page:
        return question
    asked = [name for name in QUESTIONS[: QUESTIONS.index(question)] if _asked(name, visit)]
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
    offer = h.visit.offer
    return offer is not None and offer.admits(h.event.scope, h.event.subjects)


def answers_possible(h: Context) -> bool:
    """Every answer is a choice of a question on the present screen."""
    asked = {question.code: question for question in _page(h.visit)}
    return all(
        code in asked and asked[code].choice(choice) is not None for code, choice in h.event.answers.items()
    )


def _page(visit: Visit) -> tuple[Question, ...]:
    return visit.question_pages()[visit.page]


def copies_possible(h: Context) -> bool:
    offer, copies = h.visit.offer, h.event.copies
    if offer is None or not 1 <= copies <= offer.max_copies:
        return False
    total: int = copies * offer.copy_fee(len(h.visit.subjects))
    return total <= FEE_LIMIT


# --- actions -------------------------------------------------------------------------------------------------------------


def choose_kind(h: Context) -> Result:
    """Begin with the chosen certificate; who has no choice of persons is not asked for them."""
    return begin_kind(h.visit, _required(_offer_of(h))), ()


def begin_kind(visit: Visit, offer: Offer) -> Visit:
    """The visit at the first question of `offer`."""
    asked = scope_is_asked(offer)
    scope = None if asked else only_scope(offer)
    subjects = () if scope is None else offer.possible(scope)
    return replace(visit, kind=offer.kind, scope=scope, subjects=subjects, answers={}, page=0, copies=1)


def choose_scope(h: Context) -> Result:
    return replace(h.visit, scope=h.event.scope, subjects=h.event.subjects, page=0), ()


def answer(h: Context) -> Result:
    """Keep the answers of this page, and turn to the next if there is one."""
    visit = h.visit
    given = {**visit.answers_to(_page(visit)), **h.event.answers}
    page = min(visit.page + 1, len(visit.question_pages()) - 1)
    return replace(visit, answers={**visit.answers, **given}, page=page), ()


def turn_back(h: Context) -> Result:
    return replace(h.visit, page=max(0, h.visit.page - 1)), ()


def choose_copies(h: Context) -> Result:
    return replace(h.visit, copies=h.event.copies), ()


def apply(h: Context) -> Result:
    visit = h.visit
    effect = Apply(visit.session_id, visit.request(), _required(visit.offer), visit.holder_ref, visit.method)
    return visit, (effect,)


def _required(offer: Offer | None) -> Offer:
    if offer is None:
        raise ValueError("the table lets nobody past the menu without an offer")
    return offer


# --- the table -----------------------------------------------------------------------------------------------------------


def _forward(state: S, event: type[e.Event], do: Action, possible: Guard) -> Iterator[Row]:
    """One row for each question that may come next."""
    later = QUESTIONS[QUESTIONS.index(state) + 1 :] if state in QUESTIONS else QUESTIONS
    for target in (state, *later) if state is S.CHOOSE_OPTIONS else later:

        def leads_there(h: Context, target: S = target) -> bool:
            # what comes next depends on what is chosen here
            return possible(h) and next_question(state, _after(h, do)) is target

        asked = named(f"{target} is asked next", leads_there)
        yield Row(state, event, target, do, asked)


def _after(h: Context, do: Action) -> Visit:
    """The visit with what the event chooses, on the page where it was chosen."""
    return replace(do(h)[0], page=h.visit.page)


def _back(state: S) -> Iterator[Row]:
    earlier = QUESTIONS[: QUESTIONS.index(state)]
    within = (state,) if state is S.CHOOSE_OPTIONS else ()
    for target in (*within, *reversed((S.CHOOSE_CERTIFICATE, *earlier))):

        def leads_there(h: Context, target: S = target) -> bool:
            return _previous(state, h.visit) is target

        # from behind the questions one comes to their last page, on which one was
        do = turn_back if target is state else None
        yield Row(state, e.BackTouched, target, do, named(f"{target} was asked before", leads_there))


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
    *_forward(S.CHOOSE_OPTIONS, e.Answered, answer, answers_possible),
    *_back(S.CHOOSE_OPTIONS),
    *_stop(S.CHOOSE_OPTIONS),
    *_forward(S.CHOOSE_COPIES, e.CopiesChosen, choose_copies, copies_possible),
    *_back(S.CHOOSE_COPIES),
    *_stop(S.CHOOSE_COPIES),
    Row(S.CONFIRM, e.Confirmed, S.PREPARING, apply),
    *_back(S.CONFIRM),
    *_stop(S.CONFIRM),
)
