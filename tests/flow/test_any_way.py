"""Whatever happens in whatever order: random events, and a world that answers what it was asked."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.flow.presenter import view_of
from kiosk_app.flow.state import StateName as S
from kiosk_app.flow.table import row_for
from server_stub.interface.offers import Offer, Offers, Question, Scope

from .helper import (
    ALL_OFFERS,
    FATHER,
    HOLDER,
    KOBE,
    MOTHER,
    NAMES,
    PIN,
    RESIDENT_CARD,
    STOPPED,
    TO_PAPER,
    TO_PIN,
    Walk,
    all_events,
    offer,
    offers,
    paper,
    question,
    refused,
)  # fmt: skip

ANSWERS: dict[type[f.Effect], tuple[e.Event, ...]] = {
    f.ReadCard: (e.CardRead(HOLDER, 3), RESIDENT_CARD, refused("Card_Mute")),
    f.FetchMunicipalities: (e.MunicipalitiesKnown((KOBE,)), refused("Centre_Unreachable")),
    f.OpenSession: (e.SessionStarted("S"), refused("Centre_Unreachable")),
    f.Authenticate: (*(e.Authenticated(o) for o in ALL_OFFERS), refused("Card_Pin_Wrong", tries_left=1)),
    f.AuthenticateByOrdinance: (
        *(e.Authenticated(o) for o in ALL_OFFERS),
        refused("Ordinance_Pin_Wrong", tries_left=1),
        refused("Ordinance_Pin_Blocked"),
    ),
    f.Apply: (paper(2), paper(1, 0), refused("Binding_Mismatch", application_id="A", detail="holder")),
    f.CashInStart: (e.MoneyChanged(100), e.MoneyChanged(500), e.CoinRejected(10)),
    f.AskStanding: (e.MayBePaid(), refused("Holder_Restricted")),
    f.CashInEnd: (e.MoneyTaken(0), refused("Money_Change_Short")),
    f.CashInRollback: (e.MoneyReturned(100), refused("Internal_Error")),
    f.PrintSheet: (e.SheetPrinted(1), e.SheetPrinted(2), refused("Printer_Jam")),
    f.PresentMedia: (e.PaperTaken(),),
    f.PrintReceipt: (e.ReceiptPrinted(),),
    f.CheckBooks: (e.ServiceResumed(), e.ServiceStopped("Application_Left_Open")),
    f.SettleBooks: (e.ServiceResumed(), e.ServiceStopped("Books_Differ")),
}
TOUCHES = [
    event for event in all_events() if type(event) not in {type(a) for many in ANSWERS.values() for a in many}
]
ENDED = {
    S.TOP_MENU,
    S.SERVICE_MENU,
    S.CONSENT,
    S.PLACE_CARD,
    S.LIFT_CARD,
    S.REFUSAL,
    S.THANKS,
    S.CARD_LEFT,
    S.OUT_OF_SERVICE,
}
PAID = {S.PRINTING, S.JAMMED, S.REFUNDING, S.TAKE_PAPER}


CHOOSING = {S.CHOOSE_CERTIFICATE, S.CHOOSE_SCOPE, S.CHOOSE_OPTIONS, S.CHOOSE_COPIES, S.CONFIRM}


@st.composite
def any_question(draw: st.DrawFn, code: str, refs: tuple[str, ...]) -> Question:
    choices = [f"c{number}" for number in range(draw(st.integers(2, 6)))]
    concerns = draw(st.lists(st.sampled_from(refs), unique=True))
    return question(code, *choices, concerns=tuple(concerns))


@st.composite
def any_offer(draw: st.DrawFn, kind: str) -> Offer:
    """An offer that can be taken up: any scopes, any subjects, any questions."""
    others = draw(st.lists(st.sampled_from((MOTHER, STOPPED)), unique_by=lambda one: one.ref))
    subjects = (FATHER, *others)
    scopes = draw(st.lists(st.sampled_from(list(Scope)), unique=True, min_size=1))
    if STOPPED in subjects and scopes == [Scope.WHOLE]:
        scopes = [Scope.HOLDER]
    refs = tuple(one.ref for one in subjects)
    questions = [draw(any_question(f"q{number}", refs)) for number in range(draw(st.integers(0, 8)))]
    return offer(
        kind,
        subjects=subjects,
        scopes=tuple(scopes),
        questions=tuple(questions),
        max_copies=draw(st.integers(1, 3)),
        fee=draw(st.sampled_from((0, 250))),
    )


@st.composite
def any_offers(draw: st.DrawFn) -> Offers:
    return offers(*(draw(any_offer(f"k{number}")) for number in range(draw(st.integers(1, 3)))))


def any_choice(draw: st.DrawFn, walk: Walk) -> e.Event:
    """A touch that the present screen offers."""
    view = view_of(walk.state)
    match view:
        case v.ChooseCertificate():
            return e.KindChosen(draw(st.sampled_from([one.kind for one in view.offers])))
        case v.ChooseScope():
            scope, refs = draw(st.sampled_from(view.ways))
            if scope is Scope.CHOSEN:
                refs = tuple(draw(st.lists(st.sampled_from(refs), unique=True, min_size=1)))
            return e.ScopeChosen(scope, refs)
        case v.ChooseOptions():
            some = draw(st.lists(st.sampled_from(view.questions), unique_by=lambda one: one.code))
            return e.Answered({one.code: draw(st.sampled_from(one.choices)).code for one in some})
        case v.ChooseCopies():
            return e.CopiesChosen(draw(st.integers(1, view.max_copies)))
        case _:
            return e.Confirmed()


class AnyVisit(RuleBasedStateMachine):
    """A model of what is owed to the resident and to the centre beside the real flow."""

    @initialize(steps=st.integers(0, len(TO_PAPER)))
    def begin(self, steps: int) -> None:
        self.walk = Walk()
        self.waiting: list[f.Effect] = []
        self.sessions = 0
        self.paper_here = False
        self.taken = False
        self.printed = 0
        for event in TO_PAPER[:steps]:
            self._do(event)

    def _do(self, event: e.Event) -> None:
        answered = next((w for w in self.waiting if type(event) in map(type, ANSWERS[type(w)])), None)
        if answered is not None and not isinstance(answered, f.CashInStart):
            self.waiting.remove(answered)
        self.walk.do(event)
        if self.walk.last.transition is not None:
            self.sessions += isinstance(event, e.SessionStarted)
            self.paper_here |= isinstance(event, e.PaperReceived)
            self.taken |= isinstance(event, e.MoneyTaken)
            self.printed += isinstance(event, e.SheetPrinted)
        for effect in self.walk.last.effects:
            self._owed(effect)

    def _owed(self, effect: f.Effect) -> None:
        if isinstance(effect, f.CashInStart | f.CashInEnd):
            assert self.paper_here, "money only after the paper"
        if isinstance(effect, f.PrintSheet):
            assert self.taken, "paper only after the money"
            assert effect.number == self.printed + 1, "no sheet twice"
        if isinstance(effect, f.QueueReport | f.EndSession):
            assert effect.session_id, "nothing is told of no session"
        if isinstance(effect, f.EndSession):
            self.sessions -= 1
        if isinstance(effect, f.WipeSession):
            self.waiting.clear()
            self.paper_here = self.taken = False
            self.printed = 0
        elif type(effect) in ANSWERS:
            self.waiting.append(effect)

    @rule(event=st.sampled_from(TOUCHES))
    def something_happens(self, event: e.Event) -> None:
        self._do(event)

    @rule(data=st.data())
    def something_that_matters_happens(self, data: st.DataObject) -> None:
        self._do(data.draw(st.sampled_from([x for x in TOUCHES if row_for(self.walk.state, x) is not None])))

    @precondition(lambda self: self.walk.state.name is S.TOP_MENU)
    @rule(steps=st.integers(1, len(TO_PAPER)))
    def someone_comes(self, steps: int) -> None:
        for event in TO_PAPER[:steps]:
            self._do(event)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def the_world_answers(self, data: st.DataObject) -> None:
        effect = data.draw(st.sampled_from(self.waiting))
        self._do(data.draw(st.sampled_from(ANSWERS[type(effect)])))

    @precondition(
        lambda self: any(isinstance(one, f.Authenticate | f.AuthenticateByOrdinance) for one in self.waiting)
    )
    @rule(offered=any_offers())
    def anything_is_offered(self, offered: Offers) -> None:
        self._do(e.Authenticated(offered))
        self._do(e.CardRemoved())

    @precondition(lambda self: self.walk.state.name in CHOOSING)
    @rule(data=st.data())
    def something_that_is_shown_is_chosen(self, data: st.DataObject) -> None:
        self._do(any_choice(data.draw, self.walk))
        assert self.walk.last.transition is not None, "what is shown can be chosen"

    @precondition(lambda self: not self.waiting and self.walk.state.deadline is not None)
    @rule()
    def nobody_does_anything(self) -> None:
        self._do(e.DeadlinePassed())

    @invariant()
    def every_session_that_began_ends_exactly_once(self) -> None:
        open_now = int(bool(self.walk.state.visit.session_id))
        assert self.sessions == open_now

    @invariant()
    def an_ended_visit_leaves_nothing_of_a_person(self) -> None:
        visit = self.walk.state.visit
        assert "Secret" not in repr(visit)
        if self.walk.state.name in ENDED:
            assert visit == visit.wiped() or visit.card != visit.wiped().card
            assert not visit.session_id
            assert not any(name in repr(visit) for name in NAMES)

    @invariant()
    def money_that_was_taken_has_paper_or_goes_back(self) -> None:
        if self.walk.state.name in PAID:
            assert self.taken
            assert self.walk.state.visit.paid

    @invariant()
    def what_is_confirmed_was_offered(self) -> None:
        visit = self.walk.state.visit
        if self.walk.state.name is S.CONFIRM:
            request, chosen = visit.request(), visit.offer
            assert chosen is not None
            assert chosen.admits(request.scope, request.subjects)
            assert chosen.answered(request.subjects, request.answers)

    @invariant()
    def there_is_always_something_to_show(self) -> None:
        view = view_of(self.walk.state)
        assert view.language in ("ja", "en")


@settings(max_examples=150, deadline=None)
@given(data=st.data(), offered=any_offers())
def test_any_offer_leads_to_its_confirmation_and_back_to_the_menu(
    data: st.DataObject, offered: Offers
) -> None:
    """Forward through every screen, back through the same ones, and forward again: what was chosen is kept."""
    walk = Walk().do(*TO_PIN, e.PinEntered(PIN), e.Authenticated(offered), e.CardRemoved())
    on_the_way: list[v.View] = []
    while walk.name != "Confirm":
        on_the_way.append(view_of(walk.state))
        walk.do(any_choice(data.draw, walk))
        assert len(on_the_way) < 20
    confirmed = walk.state.visit
    request, chosen = confirmed.request(), confirmed.offer
    assert chosen is not None
    assert chosen.admits(request.scope, request.subjects)
    assert chosen.answered(request.subjects, request.answers)
    for before in reversed(on_the_way[1:]):
        walk.do(e.BackTouched())
        assert type(view_of(walk.state)) is type(before)
        assert view_of(walk.state).page == before.page
    assert walk.state.visit.request() == request
    for _ in on_the_way[1:]:
        view = view_of(walk.state)
        again: e.Event = e.Answered({})
        if isinstance(view, v.ChooseScope):
            assert view.scope is not None
            again = e.ScopeChosen(view.scope, view.chosen)
        elif isinstance(view, v.ChooseCopies):
            again = e.CopiesChosen(view.copies)
        walk.do(again)
    assert walk.name == "Confirm"
    assert walk.state.visit.request() == request


TestAnyVisit = AnyVisit.TestCase
TestAnyVisit.settings = settings(stateful_step_count=50, suppress_health_check=list(HealthCheck))
