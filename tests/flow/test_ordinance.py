"""条例利用: the kind of certificate first, then its PIN, then its own questions at once."""

from __future__ import annotations

import pytest

from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.flow.presenter import view_of
from server_stub.interface.offers import Scope
from server_stub.interface.values import FailureBody, Method, Place

from .helper import (
    BOTH,
    HOLDER,
    KOBE,
    ORDINANCE,
    PIN,
    SESSION,
    TO_KIND,
    TO_PIN_OF_A_KIND,
    WHOLE,
    Walk,
    alone,
    offer,
    offers,
    refused,
)  # fmt: skip

OTHER = FailureBody(failure="Ordinance_Other_Kind")
OPENED = e.Authenticated(offers(offer(), alone(refusal=OTHER)))
IN_HAND = (*TO_PIN_OF_A_KIND, e.PinEntered(PIN), OPENED, e.CardRemoved())


def test_the_kind_is_chosen_before_the_session_and_the_pin() -> None:
    walk = Walk().do(*TO_KIND)
    view = view_of(walk.state)
    assert isinstance(view, v.ChooseKind)
    assert [one.kind for one in view.kinds] == ["household", "alone"]
    assert view.accent == KOBE.accent
    assert not walk.asked(f.OpenSession)
    walk.do(e.KindChosen("household"))
    assert walk.asked(f.OpenSession)
    walk.do(e.SessionStarted(SESSION))
    asked = view_of(walk.state)
    assert isinstance(asked, v.EnterPin)
    assert asked.kind == {"ja": "世帯の証明書"}


def test_the_pin_goes_to_the_centre_with_the_kind_and_not_to_the_card() -> None:
    walk = Walk().do(*TO_PIN_OF_A_KIND, e.PinEntered(PIN))
    assert walk.name == "Authenticating"
    assert view_of(walk.state).reason is v.WaitReason.CHECKING_REGISTRATION  # type: ignore[attr-defined]
    sent = walk.asked(f.AuthenticateByOrdinance)
    assert sent == [f.AuthenticateByOrdinance(SESSION, "household", PIN, Place.ADDRESS, ORDINANCE, HOLDER)]
    assert not walk.asked(f.Authenticate)


def test_after_the_card_the_questions_of_that_kind_follow_at_once() -> None:
    walk = Walk().do(*IN_HAND)
    assert walk.name == "ChooseScope"
    walk.do(WHOLE, e.Answered({}), e.CopiesChosen(1))
    request = walk.state.visit.request()
    assert (request.kind, request.scope, request.subjects) == ("household", Scope.WHOLE, BOTH)
    walk.do(e.Confirmed())
    apply = walk.asked(f.Apply)[0]
    assert isinstance(apply, f.Apply)
    assert apply.method is Method.ORDINANCE


def test_a_card_that_was_taken_early_loses_no_question() -> None:
    walk = Walk().do(*TO_PIN_OF_A_KIND, e.PinEntered(PIN), e.CardRemoved(), OPENED)
    assert walk.name == "ChooseScope"


def test_back_from_the_first_question_shows_that_no_other_kind_was_opened() -> None:
    walk = Walk().do(*IN_HAND, e.BackTouched())
    view = view_of(walk.state)
    assert isinstance(view, v.ChooseCertificate)
    assert [one.refusal for one in view.offers] == [None, OTHER]
    walk.do(e.KindChosen("alone"))
    assert walk.name == "ChooseCertificate"


def test_what_the_pin_opened_and_cannot_be_had_ends_the_visit_by_its_own_name() -> None:
    closed = e.Authenticated(
        offers(offer(refusal=FailureBody(failure="Service_Closed_Now")), alone(refusal=OTHER))
    )
    walk = Walk().do(*TO_PIN_OF_A_KIND, e.PinEntered(PIN), closed)
    assert (walk.name, walk.state.visit.failure) == ("Refusal", "Service_Closed_Now")


def test_another_kind_is_a_matter_of_another_pin() -> None:
    walk = Walk().do(*TO_PIN_OF_A_KIND, e.PinEntered(PIN), refused("Ordinance_Pin_Wrong", tries_left=2))
    view = view_of(walk.state)
    assert isinstance(view, v.EnterPin)
    assert (view.was_wrong, view.tries_left) == (True, 2)
    walk.do(e.BackTouched())
    assert walk.name == "ChooseKind"
    walk.do(e.KindChosen("alone"))
    other = view_of(walk.state)
    assert isinstance(other, v.EnterPin)
    assert (other.was_wrong, other.tries_left) == (False, None)
    assert len(walk.asked(f.OpenSession)) == 1


def test_the_last_try_of_a_kind_is_asked_for_again_after_going_back() -> None:
    walk = Walk().do(*TO_PIN_OF_A_KIND, e.PinEntered(PIN), refused("Ordinance_Pin_Wrong", tries_left=1))
    assert walk.name == "ConfirmLastTry"
    walk.do(e.LastTryAccepted(), e.BackTouched(), e.KindChosen("household"))
    assert walk.name == "ConfirmLastTry"


@pytest.mark.parametrize(
    "failure", ["Ordinance_Pin_Blocked", "Ordinance_Not_Registered", "Registry_Unreachable"]
)
def test_the_registry_s_refusals_are_told_by_their_names(failure: str) -> None:
    walk = Walk().do(*TO_PIN_OF_A_KIND, e.PinEntered(PIN), refused(failure))
    assert (walk.name, walk.state.visit.failure) == ("Refusal", failure)
    assert walk.state.visit.contact["ja"] == f"{KOBE.name} {KOBE.telephone}"


def test_a_kind_that_is_not_listed_is_not_chosen() -> None:
    assert Walk().do(*TO_KIND, e.KindChosen("unknown")).name == "ChooseKind"


@pytest.mark.parametrize("cause", [e.CardRemoved(), e.CancelTouched(), e.DeadlinePassed()])
def test_the_menu_before_the_pin_ends_as_every_other(cause: e.Event) -> None:
    walk = Walk().do(*TO_KIND, cause)
    assert walk.name == "Refusal"
    assert walk.state.visit.ordinance is None
