"""Whatever happens in whatever order: random events, and a world that answers what it was asked."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.flow.presenter import view_of
from kiosk_app.flow.state import StateName as S
from kiosk_app.flow.table import row_for

from .helper import ALL_OFFERS, HOLDER, KOBE, NAMES, TO_PAPER, Walk, all_events, paper, refused

ANSWERS: dict[type[f.Effect], tuple[e.Event, ...]] = {
    f.ReadCard: (e.CardRead(HOLDER, 3), refused("Card_Mute")),
    f.FetchMunicipalities: (e.MunicipalitiesKnown((KOBE,)), refused("Centre_Unreachable")),
    f.OpenSession: (e.SessionStarted("S"), refused("Centre_Unreachable")),
    f.Authenticate: (*(e.Authenticated(o) for o in ALL_OFFERS), refused("Card_Pin_Wrong", tries_left=1)),
    f.Apply: (paper(2), paper(1, 0), refused("Binding_Mismatch", application_id="A", detail="holder")),
    f.CashInStart: (e.MoneyChanged(100), e.MoneyChanged(500), e.CoinRejected(10)),
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
    def there_is_always_something_to_show(self) -> None:
        view = view_of(self.walk.state)
        assert view.language in ("ja", "en")


TestAnyVisit = AnyVisit.TestCase
TestAnyVisit.settings = settings(stateful_step_count=50, suppress_health_check=list(HealthCheck))
