"""The resident's way, without a window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.flow.presenter import view_of
from kiosk_app.flow.state import State, TimeOuts, Visit
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.offers import ApplicationRequest, Offer, Scope
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import ReportKind
from server_stub.interface.values import FailureBody, Place

from .helper import (
    ALL_SCOPES,
    APPLICATION,
    BOTH,
    CLOSED,
    ELSEWHERE,
    FATHER,
    HOLDER,
    KOBE,
    MOTHER,
    NAMES,
    OF_MOTHER,
    OWN,
    PIN,
    READ,
    RELATION,
    SEAL,
    SESSION,
    STOPPED,
    TO_CARD,
    TO_CONFIRM,
    TO_MENU,
    TO_PAPER,
    TO_PAY,
    TO_PIN,
    TO_PRINTING,
    WHOLE,
    YEAR,
    Walk,
    alone,
    offer,
    offers,
    paper,
    question,
    refused,
)  # fmt: skip


def shown(walk: Walk) -> v.View:
    return view_of(walk.state)


# --- the main way ------------------------------------------------------------------------------------------------------


def test_the_whole_way_to_the_paper_in_the_order_of_the_service() -> None:
    walk = Walk()
    names = []
    for event in (*TO_PAPER, e.PaperTaken(), e.ReceiptChosen(True), e.ReceiptPrinted(), e.Acknowledged()):
        walk.do(event)
        names.append(walk.name)
    assert names == [
        "ServiceMenu", "Consent", "PlaceCard", "ReadingCard", "ChoosePlace", "OpeningSession", "EnterPin",
        "Authenticating", "TakeCard", "ChooseCertificate", "ChooseScope", "ChooseOptions", "ChooseCopies", "Confirm",
        "Preparing", "Pay", "TakingMoney", "TakingMoney", "Printing", "Printing", "TakePaper", "AskReceipt", "PrintingReceipt",
        "Thanks", "TopMenu",
    ]  # fmt: skip


def test_the_card_is_taken_away_before_the_menu_of_certificates_is_shown() -> None:
    walk = Walk().do(*TO_PIN, e.PinEntered(PIN), e.Authenticated(offers()))
    assert isinstance(shown(walk), v.TakeCard)
    assert not walk.do(e.KindChosen("household")).last.transition
    assert isinstance(shown(walk.do(e.CardRemoved())), v.ChooseCertificate)


def test_a_card_already_in_the_hand_again_leads_straight_to_the_menu() -> None:
    walk = Walk().do(*TO_PIN, e.PinEntered(PIN), e.CardRemoved(), e.Authenticated(offers()))
    assert walk.name == "ChooseCertificate"


def at_menu(*listed: Offer) -> Walk:
    return Walk().do(*TO_PIN, e.PinEntered(PIN), e.Authenticated(offers(*listed)), e.CardRemoved())


def chosen(*refs: str) -> e.ScopeChosen:
    return e.ScopeChosen(Scope.CHOSEN, refs)


def test_the_application_is_what_was_confirmed() -> None:
    walk = Walk().do(*TO_MENU, e.KindChosen("household"), chosen(MOTHER.ref))
    walk.do(e.Answered({"place": "shown"}), e.CopiesChosen(3))
    confirm = shown(walk)
    assert isinstance(confirm, v.Confirm)
    assert (confirm.names, confirm.whole, confirm.copies) == ((MOTHER.name,), None, 3)
    assert confirm.words == {"ja": "householdの証明書", "en": "Certificate of household"}
    assert confirm.answers == (
        ({"ja": "relation"}, {"ja": "relationはomitted"}),
        ({"ja": "place"}, {"ja": "placeはshown"}),
    )
    assert (confirm.fee, confirm.fee_total) == (250, 750)
    (effect,) = walk.do(e.Confirmed()).asked(f.Apply)
    assert isinstance(effect, f.Apply)
    assert effect.request == ApplicationRequest(
        kind="household",
        municipality=KOBE.code,
        scope=Scope.CHOSEN,
        subjects=(MOTHER.ref,),
        answers={"relation": "omitted", "place": "shown"},
        copies=3,
        fee_total=750,
    )
    assert (effect.session_id, effect.holder_ref) == (SESSION, HOLDER)


def test_the_whole_is_named_by_everybody_in_it_and_told_by_the_words_of_the_offer() -> None:
    walk = Walk().do(*TO_CONFIRM)
    confirm = shown(walk)
    assert isinstance(confirm, v.Confirm)
    assert (confirm.whole, confirm.names) == ({"ja": "世帯全員"}, (FATHER.name, MOTHER.name))
    assert (walk.state.visit.request().scope, walk.state.visit.request().subjects) == (Scope.WHOLE, BOTH)


@pytest.mark.parametrize(
    "answers", [{"year": "y2026"}, {"relation": "y2026"}, {"relation": "shown", "x": "y"}]
)
def test_an_answer_that_was_not_offered_on_this_screen_is_none(answers: dict[str, str]) -> None:
    walk = at_menu(offer(questions=(RELATION, YEAR))).do(e.KindChosen("household"), WHOLE)
    walk.do(e.Answered(answers))
    assert (walk.name, walk.state.visit.page, walk.state.visit.answers) == ("ChooseOptions", 0, {})


def test_questions_with_two_choices_share_a_screen_and_others_have_one_each() -> None:
    many = tuple(question(f"q{number}", "yes", "no") for number in range(4))
    walk = at_menu(offer(questions=(*many, YEAR, RELATION)), SEAL).do(e.KindChosen("household"), WHOLE)
    pages = []
    while walk.name == "ChooseOptions":
        options = shown(walk)
        assert isinstance(options, v.ChooseOptions)
        assert options.page == len(pages)
        pages.append([one.code for one in options.questions])
        walk.do(e.Answered({}))
    assert pages == [["q0", "q1", "q2"], ["q3"], ["year"], ["relation"]]
    assert walk.name == "ChooseCopies"


def test_a_question_is_asked_only_if_it_concerns_somebody_who_was_chosen() -> None:
    walk = at_menu(offer(questions=(OF_MOTHER,)), SEAL).do(e.KindChosen("household"), chosen(FATHER.ref))
    assert walk.name == "ChooseCopies"
    assert walk.state.visit.request().answers == {}
    walk.do(e.BackTouched(), WHOLE)
    assert walk.name == "ChooseOptions"
    walk.do(e.Answered({"maiden_name": "shown"}), e.CopiesChosen(1))
    assert walk.state.visit.request().answers == {"maiden_name": "shown"}
    walk.do(e.BackTouched(), e.BackTouched(), e.BackTouched(), chosen(FATHER.ref), e.CopiesChosen(1))
    assert walk.name == "Confirm"
    assert walk.state.visit.request().answers == {}, "nobody whom it concerns is on the paper any more"


def test_back_walks_through_the_pages_of_questions_and_finds_the_answers() -> None:
    walk = at_menu(alone(questions=(YEAR, RELATION))).do(e.KindChosen("alone"))
    walk.do(e.Answered({"year": "y2025"}), e.Answered({"relation": "shown"}), e.CopiesChosen(2))
    seen = []
    for _ in range(4):
        view = shown(walk.do(e.BackTouched()))
        seen.append(dict(view.answers) if isinstance(view, v.ChooseOptions) else walk.name)
    assert seen == ["ChooseCopies", {"relation": "shown"}, {"year": "y2025"}, "ChooseCertificate"]


def test_a_fee_for_each_person_is_what_is_shown_and_asked_for() -> None:
    """Of two persons in three copies; one person alone pays for one."""
    each = offers(offer().model_copy(update={"fee_per_subject": True}))
    begin = (*TO_PIN, e.PinEntered(PIN), e.Authenticated(each), e.CardRemoved(), e.KindChosen("household"))
    one = e.ScopeChosen(Scope.CHOSEN, (FATHER.ref,))
    for scope, fee in ((WHOLE, 500), (one, 250)):
        walk = Walk().do(*begin, scope, e.Answered({}), e.CopiesChosen(3))
        confirm = view_of(walk.state)
        assert isinstance(confirm, v.Confirm)
        assert (confirm.fee, confirm.fee_total) == (fee, 3 * fee)
        assert walk.state.visit.request().fee_total == 3 * fee


def test_a_certificate_of_the_holder_without_questions_asks_for_copies_only() -> None:
    walk = Walk().do(*TO_MENU, e.KindChosen("alone"))
    assert walk.name == "ChooseCopies"
    walk.do(e.CopiesChosen(1), e.Confirmed())
    request = walk.state.visit.request()
    assert (request.scope, request.subjects, request.answers) == (Scope.HOLDER, (FATHER.ref,), {})


@pytest.mark.parametrize(
    ("scopes", "taken"),
    [
        (ALL_SCOPES, Scope.WHOLE), ((Scope.HOLDER, Scope.CHOSEN), Scope.HOLDER), ((Scope.CHOSEN,), Scope.CHOSEN),
        ((Scope.WHOLE,), Scope.WHOLE),
    ],
)  # fmt: skip
def test_someone_living_alone_is_not_asked_for_the_scope(scopes: tuple[Scope, ...], taken: Scope) -> None:
    walk = at_menu(offer(subjects=(FATHER,), scopes=scopes)).do(e.KindChosen("household"))
    assert walk.name == "ChooseOptions"
    assert (walk.state.visit.scope, walk.state.visit.subjects) == (taken, (FATHER.ref,))


def test_where_all_go_on_the_paper_or_nobody_there_is_nothing_to_choose() -> None:
    walk = at_menu(offer(scopes=(Scope.WHOLE,), questions=())).do(e.KindChosen("household"))
    assert (walk.name, walk.state.visit.subjects) == ("ChooseCopies", BOTH)


def test_who_is_left_alone_by_a_refusal_sees_it_before_going_on() -> None:
    walk = at_menu(offer(subjects=(FATHER, STOPPED))).do(e.KindChosen("household"))
    scope = shown(walk)
    assert isinstance(scope, v.ChooseScope)
    assert dict(scope.ways) == {Scope.HOLDER: (FATHER.ref,), Scope.CHOSEN: (FATHER.ref,)}
    assert scope.subjects == (FATHER, STOPPED)


@pytest.mark.parametrize(
    "touch",
    [
        chosen(STOPPED.ref), chosen("f" * 16), chosen(FATHER.ref, FATHER.ref), chosen(),
        e.ScopeChosen(Scope.WHOLE, (FATHER.ref, MOTHER.ref)), e.ScopeChosen(Scope.HOLDER, (MOTHER.ref,)),
    ],
)  # fmt: skip
def test_persons_who_cannot_be_had_cannot_be_chosen(touch: e.Event) -> None:
    walk = at_menu(offer(subjects=(FATHER, MOTHER, STOPPED)))
    walk.do(e.KindChosen("household"), touch)
    assert walk.name == "ChooseScope"


def test_a_certificate_that_is_refused_cannot_be_chosen_but_its_reason_is_shown() -> None:
    walk = at_menu(offer(), alone(refusal=FailureBody(failure="Seal_Not_Registered")))
    walk.do(e.KindChosen("alone"))
    menu = shown(walk)
    assert isinstance(menu, v.ChooseCertificate)
    assert [o.refusal.failure for o in menu.offers if o.refusal] == ["Seal_Not_Registered"]


def test_where_everything_is_refused_for_one_reason_that_reason_is_the_refusal() -> None:
    closed = offers(offer(refusal=CLOSED), alone(refusal=CLOSED))
    walk = Walk().do(*TO_PIN, e.PinEntered(PIN), e.Authenticated(closed))
    refusal = shown(walk)
    assert isinstance(refusal, v.Refusal)
    assert (refusal.failure, refusal.card_inside, refusal.contact) == (
        "Service_Closed_Now", True, {"ja": "神戸市 078-000-0000", "en": "Kobe City 078-000-0000"},
    )  # fmt: skip
    assert walk.asked(f.EndSession) == [f.EndSession(SESSION, "", "Service_Closed_Now")]


def test_a_refusal_of_its_own_is_told_in_its_own_words() -> None:
    walk = Walk().do(
        *TO_PIN, e.PinEntered(PIN), e.Authenticated(offers(offer(refusal=OWN), alone(refusal=OWN)))
    )
    refusal = shown(walk)
    assert isinstance(refusal, v.Refusal)
    assert (refusal.failure, refusal.words, refusal.facts) == (OWN.failure, OWN.words, (("day", 3),))
    assert not refusal.can_retry
    later = Walk().do(*TO_CONFIRM, e.Confirmed(), e.Refused(OWN.failure, (), OWN.words))
    assert isinstance(refusal := shown(later), v.Refusal)
    assert refusal.words == OWN.words


# --- place, back -----------------------------------------------------------------------------------------------------


def test_the_family_register_needs_a_municipality_from_the_list() -> None:
    walk = Walk().do(*TO_CARD, *READ, e.PlaceChosen(Place.DOMICILE))
    assert walk.asked(f.FetchMunicipalities)
    walk.do(e.MunicipalitiesKnown((KOBE, ELSEWHERE)))
    listed = shown(walk)
    assert isinstance(listed, v.ChooseMunicipality)
    assert [m.code for m in listed.municipalities] == ["09202", "28100"]
    walk.do(e.MunicipalityChosen("28100"), e.SessionStarted(SESSION), e.PinEntered(PIN))
    (effect,) = walk.asked(f.Authenticate)
    assert isinstance(effect, f.Authenticate)
    assert (effect.place, effect.municipality) == (Place.DOMICILE, KOBE)


def test_a_municipality_that_does_not_take_part_is_refused_by_name() -> None:
    walk = Walk().do(*TO_CARD, *READ, e.PlaceChosen(Place.DOMICILE), e.MunicipalitiesKnown((KOBE, ELSEWHERE)))
    assert walk.do(e.MunicipalityChosen("09202")).state.visit.failure == "Municipality_Not_Participating"


def test_going_back_for_another_place_keeps_the_one_session() -> None:
    walk = Walk().do(*TO_PIN, e.BackTouched(), e.PlaceChosen(Place.DOMICILE), e.MunicipalitiesKnown((KOBE,)))
    walk.do(e.MunicipalityChosen("28100"))
    assert walk.name == "EnterPin"
    assert len(walk.asked(f.OpenSession)) == 1
    walk.do(e.BackTouched(), e.BackTouched(), e.PlaceChosen(Place.ADDRESS), e.PinEntered(PIN))
    effect = walk.effects[-1]
    assert isinstance(effect, f.Authenticate)
    assert effect.municipality is None


def test_back_walks_through_the_questions_and_keeps_what_was_chosen() -> None:
    walk = Walk().do(*TO_MENU, e.KindChosen("household"), chosen(MOTHER.ref))
    walk.do(e.Answered({"place": "shown"}), e.CopiesChosen(2))
    views = [shown(walk.do(e.BackTouched())) for _ in range(4)]
    copies, options, scope, menu = views
    assert isinstance(copies, v.ChooseCopies)
    assert copies.copies == 2
    assert isinstance(options, v.ChooseOptions)
    assert options.answers == {"relation": "omitted", "place": "shown"}
    assert isinstance(scope, v.ChooseScope)
    assert (scope.scope, scope.chosen) == (Scope.CHOSEN, (MOTHER.ref,))
    assert isinstance(menu, v.ChooseCertificate)
    walk.do(e.KindChosen("alone"), e.BackTouched())
    assert walk.name == "ChooseCertificate"


def test_the_language_changes_at_any_time_and_nothing_is_lost() -> None:
    walk = Walk()
    for event in TO_PAPER:
        walk.do(event)
        before = walk.state
        walk.do(e.LanguageChosen("en"))
        assert shown(walk).language == "en"
        walk.do(e.LanguageChosen("ja"))
        assert walk.state == before


def test_the_next_resident_is_greeted_in_japanese() -> None:
    walk = Walk().do(e.ServiceTouched(), e.LanguageChosen("en"), e.CancelTouched())
    assert shown(walk).language == "ja"
    assert shown(walk.do(e.LanguageChosen("en"))).language == "en"
    assert shown(walk.wait(60)).language == "ja"


LARGE = v.Look(large=True, contrast=True)


def test_the_look_changes_at_any_time_and_nothing_is_lost() -> None:
    walk = Walk()
    for event in TO_PAPER:
        walk.do(event)
        before = walk.state
        walk.do(e.LookChosen(LARGE))
        assert shown(walk).look == LARGE
        assert replace(walk.state, visit=replace(walk.state.visit, look=before.visit.look)) == before
        assert shown(walk.do(e.MoreTimeTouched())).look == LARGE


def test_the_look_stays_through_the_refusal_and_ends_with_the_visit() -> None:
    walk = Walk().do(e.LookChosen(LARGE), *TO_PIN, e.CancelTouched())
    assert (shown(walk).look, type(shown(walk))) == (LARGE, v.Refusal)
    walk.do(e.Acknowledged(again=True))
    assert shown(walk).look == LARGE, "the same resident begins again"
    walk.do(e.CancelTouched(), e.Acknowledged())
    walk.do(e.CardRemoved())
    assert (walk.name, shown(walk).look) == ("TopMenu", v.Look())


def test_a_look_that_nobody_uses_ends_by_itself() -> None:
    walk = Walk().do(e.LookChosen(LARGE))
    assert shown(walk.wait(59)).look == LARGE
    assert shown(walk.wait(1)).look == v.Look()


def test_a_terminal_may_be_set_to_a_look_and_a_resident_may_choose_another() -> None:
    walk = Walk().do(e.ServiceTouched())
    assert view_of(walk.state, look=LARGE).look == LARGE
    walk.do(e.LookChosen(v.Look()))
    assert view_of(walk.state, look=LARGE).look == v.Look()
    walk.do(e.CancelTouched())
    assert view_of(walk.state, look=LARGE).look == LARGE


# --- card and PIN --------------------------------------------------------------------------------------------------


def test_a_wrong_pin_leads_back_with_the_tries_left() -> None:
    walk = Walk().do(*TO_PIN, e.PinEntered(PIN), refused("Card_Pin_Wrong", tries_left=2))
    pad = shown(walk)
    assert isinstance(pad, v.EnterPin)
    assert (pad.was_wrong, pad.tries_left) == (True, 2)
    walk.do(e.PinEntered(PIN))
    effect = walk.effects[-1]
    assert isinstance(effect, f.Authenticate)
    assert (effect.session_id, effect.tries_left) == (SESSION, 2)


@pytest.mark.parametrize(
    "answer", [refused("Card_Pin_Wrong", tries_left=0), refused("Card_Pin_Blocked", tries_left=0)]
)
def test_after_the_last_try_the_pin_is_blocked_and_that_is_final(answer: e.Event) -> None:
    walk = Walk().do(*TO_PIN, e.PinEntered(PIN), answer)
    refusal = shown(walk)
    assert isinstance(refusal, v.Refusal)
    assert (refusal.failure, refusal.can_retry, refusal.card_inside) == ("Card_Pin_Blocked", False, True)


WAYS_TO_THE_LAST_TRY = {
    "address": (
        *TO_CARD, e.CardInserted(), e.CardRead(HOLDER, 1), e.PlaceChosen(Place.ADDRESS), e.SessionStarted(SESSION)
    ),
    "address again": (
        *TO_CARD, e.CardInserted(), e.CardRead(HOLDER, 1), e.PlaceChosen(Place.ADDRESS), e.SessionStarted(SESSION),
        e.LastTryAccepted(), e.BackTouched(), e.PlaceChosen(Place.ADDRESS),
    ),
    "another municipality": (
        *TO_CARD, e.CardInserted(), e.CardRead(HOLDER, 1), e.PlaceChosen(Place.DOMICILE), e.MunicipalitiesKnown((KOBE,)),
        e.MunicipalityChosen("28100"), e.SessionStarted(SESSION), e.LastTryAccepted(), e.BackTouched(),
        e.MunicipalityChosen("28100"),
    ),
    "two wrong ones": (*TO_PIN, e.PinEntered(PIN), refused("Card_Pin_Wrong", tries_left=1)),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS_TO_THE_LAST_TRY.values(), ids=WAYS_TO_THE_LAST_TRY)
def test_the_last_try_is_taken_only_by_somebody_who_says_so(way: tuple[e.Event, ...]) -> None:
    walk = Walk().do(*way)
    assert isinstance(shown(walk), v.ConfirmLastTry)
    before = len(walk.asked(f.Authenticate))
    walk.do(e.PinEntered(PIN))
    assert len(walk.asked(f.Authenticate)) == before
    walk.do(e.LastTryAccepted(), e.PinEntered(PIN))
    effect = walk.asked(f.Authenticate)[-1]
    assert isinstance(effect, f.Authenticate)
    assert (effect.last_try_accepted, effect.tries_left) == (True, 1)


def test_whoever_is_not_sure_of_the_last_try_keeps_it() -> None:
    walk = Walk().do(*WAYS_TO_THE_LAST_TRY["address"], e.CancelTouched())
    assert walk.state.visit.failure == "Visit_Cancelled"
    assert not walk.asked(f.Authenticate)


@pytest.mark.parametrize(("kind", "told"), [("virtual", None), ("enrolled", 3), ("real", 3)])
def test_the_tries_of_a_card_that_is_not_ours_are_always_told(kind: str, told: int | None) -> None:
    walk = Walk().do(*TO_CARD, e.CardInserted(), e.CardRead(HOLDER, 3, kind), e.PlaceChosen(Place.ADDRESS))
    pad = shown(walk.do(e.SessionStarted(SESSION)))
    assert isinstance(pad, v.EnterPin) and pad.tries_left == told


def test_a_real_card_that_does_not_tell_its_tries_is_asked_for_no_pin() -> None:
    walk = Walk().do(*TO_CARD, e.CardInserted(), e.CardRead(HOLDER, None, "real"))
    assert walk.state.visit.failure == "Card_Answer_Unexpected"


# --- the reader ------------------------------------------------------------------------------------------------------


def test_a_lost_reader_is_named_wherever_it_matters_and_its_return_ends_it() -> None:
    lost = e.ReaderLost("Reader_Service_Stopped")
    at_the_card = Walk().do(*TO_CARD, lost)
    before_it = Walk().do(lost, *TO_CARD)
    with_the_card = Walk().do(*TO_PIN, e.CardRemoved(), lost)
    for walk in (at_the_card, before_it, with_the_card):
        assert walk.state.visit.failure == "Reader_Service_Stopped"
        walk.do(e.Acknowledged(again=True))
        assert (walk.name, walk.state.visit.failure) == ("Refusal", "Reader_Service_Stopped")
        walk.do(e.ReaderBack(), e.Acknowledged(again=True))
        assert walk.name == "PlaceCard"


def test_a_card_that_was_taken_away_before_the_reader_went_is_not_told_otherwise_later() -> None:
    walk = Walk().do(*TO_CARD, *READ, e.CancelTouched(), e.ReaderLost("Reader_Absent"))
    assert walk.state.visit.failure == "Visit_Cancelled"


def test_a_blocked_card_is_refused_before_any_pin_is_asked() -> None:
    walk = Walk().do(*TO_CARD, e.CardInserted(), e.CardRead(HOLDER, 0))
    assert walk.state.visit.failure == "Card_Pin_Blocked"
    assert not walk.asked(f.OpenSession)


@pytest.mark.parametrize("text", ["", "123", "12345", "１２３４", "12a4"])
def test_only_four_digits_are_sent_to_a_card(text: str) -> None:
    walk = Walk().do(*TO_PIN, e.PinEntered(Secret(text)))
    assert walk.name == "EnterPin"
    assert not walk.asked(f.Authenticate)


@pytest.mark.parametrize("count", [4, 5, 6, 7])
def test_a_card_pulled_before_the_pin_was_checked_ends_the_try(count: int) -> None:
    walk = Walk().do(*TO_PIN[:count], e.CardRemoved())
    refusal = shown(walk)
    assert isinstance(refusal, v.Refusal)
    assert (refusal.failure, refusal.can_retry, refusal.card_inside) == ("Card_Removed", True, False)


def test_each_try_needs_the_card_to_be_laid_down_again() -> None:
    walk = Walk().do(*TO_CARD, e.CardInserted(), refused("Card_Mute"), e.Acknowledged(again=True))
    assert walk.name == "LiftCard"
    assert isinstance(shown(walk), v.TakeCard)
    walk.do(e.CardRemoved())
    assert walk.name == "PlaceCard"
    assert len(walk.do(e.CardInserted()).asked(f.ReadCard)) == 2


def test_a_card_laid_down_early_is_read_after_the_consent() -> None:
    walk = Walk().do(e.CardInserted(), *TO_CARD)
    assert walk.name == "ReadingCard"
    assert walk.asked(f.ReadCard)


def test_a_card_that_another_resident_left_is_never_read() -> None:
    walk = Walk().do(*TO_CARD, *READ).wait(60).wait(60).wait(60)
    assert walk.name == "TopMenu"
    walk.do(*TO_CARD)
    assert walk.name == "LiftCard"
    assert len(walk.asked(f.ReadCard)) == 1


def test_a_forgotten_card_is_warned_of_and_then_ends_the_visit() -> None:
    walk = Walk().do(*TO_PIN, e.PinEntered(PIN), e.Authenticated(offers())).wait(20)
    assert shown(walk) == view_of(walk.state)
    assert isinstance(taking := shown(walk), v.TakeCard)
    assert taking.forgotten
    assert f.Say("card_forgotten") in walk.effects
    assert not walk.asked(f.EndSession)
    walk.wait(30)
    assert walk.state.visit.failure == "Card_Forgotten"
    assert walk.asked(f.EndSession) == [f.EndSession(SESSION, "", "Card_Forgotten")]


def test_whoever_leaves_a_card_behind_is_reminded_before_the_top_menu() -> None:
    walk = Walk().do(*TO_CARD, *READ, e.CancelTouched(), e.Acknowledged())
    assert walk.name == "CardLeft"
    assert walk.do(e.CardRemoved()).name == "TopMenu"


# --- money ---------------------------------------------------------------------------------------------------------


def test_no_coin_is_accepted_before_the_paper_is_here() -> None:
    walk = Walk().do(*TO_CONFIRM, e.Confirmed(), e.MoneyChanged(500))
    assert walk.name == "Preparing"
    assert not walk.asked(f.CashInStart)
    walk.do(paper())
    assert walk.asked(f.CashInStart) == [f.CashInStart(paper().purchase, SESSION)]
    assert not walk.asked(f.CashInEnd)


def test_money_is_taken_as_soon_as_it_is_enough() -> None:
    walk = Walk().do(*TO_PAY, e.MoneyChanged(100), e.MoneyChanged(200))
    assert walk.name == "Pay"
    walk.do(e.MoneyChanged(300))
    assert walk.asked(f.AskStanding) == [f.AskStanding(SESSION, APPLICATION)]
    assert not walk.asked(f.CashInEnd)
    walk.do(e.MayBePaid())
    assert walk.asked(f.CashInEnd) == [f.CashInEnd(paper().purchase)]
    walk.do(e.MoneyTaken(50))
    assert f.QueueReport(SESSION, APPLICATION, ReportKind.PAID, amount=250) in walk.effects
    assert walk.asked(f.PrintSheet) == [f.PrintSheet(APPLICATION, 1)]


def test_what_is_free_is_printed_without_a_coin() -> None:
    walk = Walk().do(*TO_CONFIRM, e.Confirmed(), paper(1, 0))
    assert walk.asked(f.AskStanding) == [f.AskStanding(SESSION, APPLICATION)]
    walk.do(e.MayBePaid())
    assert walk.asked(f.CashInEnd) == [f.CashInEnd(paper(1, 0).purchase)]
    assert walk.do(e.MoneyTaken(0)).name == "Printing"


def test_what_stands_against_the_paper_by_now_gives_the_money_back_before_it_is_taken() -> None:
    walk = Walk().do(*TO_PAY, e.MoneyChanged(300), refused("Holder_Restricted"))
    assert walk.name == "ReturningMoney"
    assert not walk.asked(f.CashInEnd)
    assert walk.asked(f.CashInRollback) == [f.CashInRollback(APPLICATION)]
    walk.do(e.MoneyReturned(300))
    assert isinstance(told := shown(walk), v.Refusal)
    assert (told.failure, told.returned) == ("Holder_Restricted", 300)


def test_a_rejected_coin_is_told_until_the_next_one() -> None:
    walk = Walk().do(*TO_PAY, e.CoinRejected(500))
    assert isinstance(pay := shown(walk), v.Pay)
    assert pay.rejected == 500
    assert isinstance(pay := shown(walk.do(e.MoneyChanged(100))), v.Pay)
    assert pay.rejected == 0


@pytest.mark.parametrize(
    ("last", "failure"),
    [
        (e.CancelTouched(), "Visit_Cancelled"),
        (e.DeadlinePassed(), "Money_Not_Enough"),
    ],
)
def test_all_money_comes_back_and_everything_is_cancelled(last: e.Event, failure: str) -> None:
    walk = Walk().do(*TO_PAY, e.MoneyChanged(100), last)
    assert walk.asked(f.CashInRollback) == [f.CashInRollback(APPLICATION)]
    assert not walk.asked(f.EndSession)
    walk.do(e.MoneyReturned(100))
    refusal = shown(walk)
    assert isinstance(refusal, v.Refusal)
    assert (refusal.failure, refusal.returned) == (failure, 100)
    assert walk.asked(f.EndSession) == [f.EndSession(SESSION, APPLICATION, failure)]


def test_without_change_the_money_comes_back_and_that_is_told() -> None:
    walk = Walk().do(*TO_PAY, e.MoneyChanged(1000), refused("Money_Change_Short"), e.MoneyReturned(1000))
    refusal = shown(walk)
    assert isinstance(refusal, v.Refusal)
    assert (refusal.failure, refusal.returned, refusal.can_retry) == ("Money_Change_Short", 1000, True)
    assert not [
        n for n in walk.asked(f.QueueReport) if isinstance(n, f.QueueReport) and n.kind is ReportKind.PAID
    ]


def test_a_coin_unit_that_cannot_give_back_leaves_it_to_staff() -> None:
    walk = Walk().do(*TO_PAY, e.MoneyChanged(100), e.CancelTouched(), refused("Internal_Error"))
    assert isinstance(refusal := shown(walk), v.Refusal)
    assert refusal.doubt
    assert not any(isinstance(n, f.QueueReport) for n in walk.effects), "nobody knows yet what to tell"
    walk.do(e.ServiceStopped("Application_Left_Open"), e.Acknowledged())
    assert isinstance(shown(walk), v.OutOfService)


@pytest.mark.parametrize("events", [TO_PRINTING, TO_PAPER, (*TO_PAY, e.MoneyChanged(500))])
def test_after_the_money_was_taken_nothing_is_cancelled_by_a_touch(events: tuple[e.Event, ...]) -> None:
    walk = Walk().do(*events)
    before = walk.state
    assert walk.do(e.CancelTouched(), e.BackTouched()).state == before


# --- paper -----------------------------------------------------------------------------------------------------------


def test_after_a_jam_printing_goes_on_at_the_sheet_that_did_not_come_out() -> None:
    walk = Walk().do(*TO_PAY[:-1], paper(sheets=3), e.MoneyChanged(250), e.MoneyTaken(0), e.SheetPrinted(1))
    walk.do(refused("Printer_Jam"))
    jammed = shown(walk)
    assert isinstance(jammed, v.Jammed)
    assert (jammed.printed, jammed.total, jammed.deadline) == (1, 3, None)
    walk.do(e.OperatorResumed(), e.SheetPrinted(2), e.SheetPrinted(3))
    assert walk.name == "TakePaper"
    numbers = [effect.number for effect in walk.effects if isinstance(effect, f.PrintSheet)]
    assert numbers == [1, 2, 2, 3]


def test_after_a_jam_staff_can_give_all_money_back() -> None:
    walk = Walk().do(*TO_PRINTING, e.SheetPrinted(1), refused("Printer_Jam"), e.OperatorRefunded())
    assert walk.asked(f.CashInRollback) == [f.CashInRollback(APPLICATION)]
    walk.do(e.MoneyReturned(250))
    assert isinstance(refusal := shown(walk), v.Refusal)
    assert (refusal.failure, refusal.returned) == ("Printer_Jam", 250)
    reports = [n for n in walk.effects if isinstance(n, f.QueueReport | f.EndSession)]
    assert [getattr(n, "kind", "end") for n in reports] == [ReportKind.PAID, ReportKind.CANCELLED, "end"]


def test_the_session_ends_after_its_reports_when_the_paper_was_taken() -> None:
    walk = Walk().do(*TO_PAPER, e.PaperTaken())
    reports = [n for n in walk.effects if isinstance(n, f.QueueReport | f.EndSession)]
    assert [getattr(n, "kind", "end") for n in reports] == [ReportKind.PAID, ReportKind.HANDED_OVER, "end"]


def test_forgotten_paper_is_warned_of_and_then_drawn_in_for_staff() -> None:
    walk = Walk().do(*TO_PAPER).wait(40)
    assert isinstance(view := shown(walk), v.TakePaper)
    assert view.forgotten
    walk.wait(60)
    assert isinstance(refusal := shown(walk), v.Refusal)
    assert (refusal.failure, refusal.doubt, refusal.returned) == ("Paper_Forgotten", True, 0)
    assert walk.asked(f.RetractMedia) == [f.RetractMedia(APPLICATION)]
    assert any(isinstance(n, f.QueueReport) and n.kind is ReportKind.IN_DOUBT for n in walk.effects)


def test_the_receipt_has_amounts_and_nobody_in_it() -> None:
    walk = Walk().do(*TO_PAPER, e.PaperTaken(), e.ReceiptChosen(True))
    (receipt,) = walk.asked(f.PrintReceipt)
    assert isinstance(receipt, f.PrintReceipt)
    assert (receipt.purchase.due, receipt.inserted, receipt.change, receipt.municipality.name) == (
        250,
        500,
        250,
        "神戸市",
    )
    assert not any(name in repr(receipt) for name in NAMES)


def test_a_receipt_that_does_not_come_out_does_not_hold_the_resident() -> None:
    walk = Walk().do(*TO_PAPER, e.PaperTaken(), e.ReceiptChosen(True), refused("Printer_Paper_Empty"))
    assert walk.name == "Thanks"


# --- ends ------------------------------------------------------------------------------------------------------------


def test_a_mismatch_is_an_incident_that_trying_again_does_not_close() -> None:
    mismatch = refused("Binding_Mismatch", application_id=APPLICATION, detail="holder")
    walk = Walk().do(*TO_CONFIRM, e.Confirmed(), mismatch)
    assert isinstance(refusal := shown(walk), v.Refusal)
    assert not refusal.can_retry
    kept = [n for n in walk.effects if isinstance(n, f.QueueReport | f.EndSession)]
    assert kept == [
        f.QueueReport(SESSION, APPLICATION, ReportKind.INCIDENT, reason="Binding_Mismatch: holder"),
        f.EndSession(SESSION, "", "Binding_Mismatch"),
    ]
    assert not walk.asked(f.CashInStart)


@pytest.mark.parametrize("count", range(len(TO_CARD) + 2, len(TO_PAY)))
def test_cancel_and_time_out_end_everything_once_wherever_the_visit_stands(count: int) -> None:
    for stop in (e.CancelTouched(), e.DeadlinePassed()):
        walk = Walk().do(*TO_PAY[:count], stop)
        if walk.name in ("TakeCard", "ReadingCard"):
            continue
        assert walk.name == "Refusal"
        opened = e.SessionStarted(SESSION) in TO_PAY[:count]
        assert len(walk.asked(f.EndSession)) == int(opened)
        assert walk.state.visit == walk.state.visit.wiped()


def test_after_the_thanks_nothing_of_the_resident_is_left() -> None:
    walk = Walk().do(*TO_PAPER, e.PaperTaken(), e.ReceiptChosen(False))
    assert walk.name == "Thanks"
    assert walk.state.visit == Visit()
    assert walk.effects[-3:] == [f.WipeSession(), f.CheckBooks(), f.Say("thanks")]


PASSES = (
    "Reader_Absent", "Reader_Busy", "Reader_Service_Stopped", "Card_Removed", "Card_Mute", "Card_Changed",
    "Nonce_Not_Valid", "Session_Not_Valid", "Authority_Unreachable", "Centre_Unreachable", "Issuing_Unreachable",
    "Paper_Corrupt", "Fee_Changed", "Money_Not_Enough", "Money_Change_Short", "Visit_Timed_Out", "Visit_Cancelled",
)  # fmt: skip
"""What the next moment, another card, other coins or another choice may put right."""
STAYS = (
    "Card_Pin_Blocked",
    "Seal_Not_Registered",
    "Service_Closed_Now",
    "Service_Closed_Today",
    "Character_Not_Printable",
)
OF_THE_CARD_OR_PERSON = ("Certificate_", "Holder_")
PEOPLE_MUST_LOOK = (
    "Binding_Mismatch",
    "Manifest_Invalid",
    "Printer_Print_In_Doubt",
    "Visit_Interrupted",
    "Internal_Error",
)


def test_begin_again_is_offered_only_where_it_has_a_chance() -> None:
    """What no further try at the terminal changes, and what people must look at first, leads nowhere but to the beginning."""
    asked_again = {"Certificate_Status_Unknown"}  # the authority may know it in a moment
    never = {name for name in CATALOGUE if name.startswith(OF_THE_CARD_OR_PERSON)} - asked_again
    never |= {*STAYS, *PEOPLE_MUST_LOOK}
    assert set(CATALOGUE) >= {*PASSES, *never}
    for name in CATALOGUE:
        walk = Walk().do(*TO_CONFIRM, e.Confirmed(), refused(name))
        assert isinstance(refusal := shown(walk), v.Refusal)
        assert refusal.can_retry or name not in PASSES, name
        assert not (refusal.can_retry and name in never), name
        walk.do(e.Acknowledged(again=True))
        assert walk.name == ("PlaceCard" if refusal.can_retry else "TopMenu"), name


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_touch_during_the_countdown_gives_the_whole_time_again() -> None:
    walk = Walk().do(*TO_PIN).wait(59).do(e.MoreTimeTouched()).wait(59)
    assert walk.name == "EnterPin"
    assert walk.wait(1).state.visit.failure == "Visit_Timed_Out"


def test_every_coin_gives_the_whole_time_again() -> None:
    walk = Walk().do(*TO_PAY).wait(119).do(e.MoneyChanged(100)).wait(119)
    assert walk.name == "Pay"


def test_a_touch_gives_no_more_time_to_a_centre_that_does_not_answer() -> None:
    walk = (
        Walk()
        .do(*TO_CONFIRM, e.Confirmed())
        .wait(119)
        .do(e.MoreTimeTouched(), e.LanguageChosen("en"))
        .wait(1)
    )
    assert walk.state.visit.failure == "Centre_Unreachable"


def test_a_quiet_terminal_returns_to_the_top_menu_by_itself_from_everywhere() -> None:
    walk = Walk()
    for event in TO_PAY:
        walk.do(event)
        alone = Walk(start=walk.state)
        for _ in range(4):
            alone.wait(600).do(e.MoneyReturned(0))
        if walk.name not in ("ReadingCard", "TakingMoney", "Printing"):
            assert alone.name == "TopMenu", walk.name


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_time_out_of_nothing_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="pin"):
        TimeOuts(pin=seconds)


def test_a_state_shows_its_deadline_unless_the_resident_can_do_nothing_about_it() -> None:
    walk = Walk().do(*TO_CONFIRM)
    assert shown(walk).deadline == walk.state.deadline is not None
    assert shown(walk.do(e.Confirmed())).deadline is None
    assert shown(Walk(start=State())).deadline is None
