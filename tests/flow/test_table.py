"""The listing of the flow is the flow: every transition listed happens, and none happens that is not listed."""

from __future__ import annotations

from collections import deque

import pytest

from kiosk_app.flow import events
from kiosk_app.flow.effects import Effect
from kiosk_app.flow.ending import RETRY
from kiosk_app.flow.events import Event
from kiosk_app.flow.presenter import view_of
from kiosk_app.flow.state import State, StateName
from kiosk_app.flow.table import Outcome, Transition, mermaid, step, transitions
from server_stub.interface.clock import STAGE_START

from .helper import NAMES, TIME_OUTS, all_events

# on one worker: what all of them look at takes seconds to make
pytestmark = pytest.mark.xdist_group("flow table")

Seen = list[tuple[State, Event, Outcome]]


ASKS_THE_READER = (
    StateName.TOP_MENU, StateName.SERVICE_MENU, StateName.CONSENT, StateName.PLACE_CARD, StateName.REFUSAL,
    StateName.CONFIRM_REGISTRATION,
)  # fmt: skip
"""Where a lost reader decides about the way, and the states before."""


ASKS_NOT_WHAT = (StateName.TOP_MENU, StateName.SERVICE_MENU, StateName.CARD_LEFT, StateName.OUT_OF_SERVICE)
"""Where it does not matter whether a certificate or a 利用登録申請 was chosen before."""
KIND_COUNTS = (
    StateName.CHOOSE_KIND, StateName.OPENING_SESSION, StateName.CONFIRM_LAST_TRY, StateName.ENTER_PIN,
    StateName.AUTHENTICATING, StateName.TAKE_CARD,
)  # fmt: skip
"""Where it matters whether a 住民基本台帳カード lies there; afterwards the way is everybody's."""


def _facts(state: State) -> tuple[object, ...]:
    """What decides about the further way; two states alike in this need not both be followed."""
    v = state.visit
    choices: tuple[object, ...] = ()
    if v.purchase is None:  # what was chosen decides nothing once it is paid for
        choices = (
            v.place,
            v.chosen_municipality is None,
            bool(v.municipalities),
            id(v.offers),
            v.kind,
            v.subjects,
            v.page,
        )
    return (
        state.name, v.card, bool(v.reader) and state.name in ASKS_THE_READER, v.tries_left == 1, *choices,
        bool(v.session_id), v.purchase and v.purchase.sheets, v.printed, v.paid, v.forgotten, v.failure in RETRY, v.failure == "Card_Removed",
        v.registering and state.name not in ASKS_NOT_WHAT, v.received and v.received.slip_fee, bool(v.addressees), bool(v.text),
        bool(v.stopped), v.ordinance is not None and state.name in KIND_COUNTS,
    )  # fmt: skip


@pytest.fixture(scope="module")
def explored() -> Seen:
    """Every event in every reachable state, once."""
    every = list(all_events())
    start = State()
    known, waiting = {_facts(start)}, deque([start])
    seen: Seen = []
    while waiting:
        state = waiting.popleft()
        for event in every:
            outcome = step(state, event, STAGE_START, TIME_OUTS)
            seen.append((state, event, outcome))
            if _facts(outcome.state) not in known:
                known.add(_facts(outcome.state))
                waiting.append(outcome.state)
    return seen


def test_every_listed_transition_happens_and_no_other(explored: Seen) -> None:
    happened = {outcome.transition for _, _, outcome in explored if outcome.transition}
    assert happened == set(transitions())


def test_a_transition_leads_where_the_listing_says(explored: Seen) -> None:
    for state, event, outcome in explored:
        if outcome.transition is not None:
            told = outcome.transition
            assert (told.state, told.event) == (state.name, type(event).__name__)
            assert told.target == outcome.state.name


def test_an_event_without_a_transition_changes_nothing_and_asks_for_nothing(explored: Seen) -> None:
    idle = [(state, outcome) for state, _, outcome in explored if outcome.transition is None]
    assert idle
    for state, outcome in idle:
        assert outcome.state is state
        assert outcome.effects == ()


def test_every_state_is_reached_and_every_event_means_something_somewhere() -> None:
    listed = transitions()
    assert {t.target for t in listed} == set(StateName)
    kinds = {
        kind.__name__ for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)
    }
    assert {t.event for t in listed} == kinds - {"Event"}


def test_every_reachable_state_has_a_view_in_its_language(explored: Seen) -> None:
    for state in {_facts(s): s for s, _, _ in explored}.values():
        for language in ("ja", "en"):
            spoken = step(state, events.LanguageChosen(language), STAGE_START, TIME_OUTS).state
            view = view_of(spoken)
            assert view.language == language
            assert spoken.name is state.name


def test_back_and_cancel_are_offered_exactly_where_they_lead_somewhere(explored: Seen) -> None:
    for state, event, outcome in explored:
        if isinstance(event, events.BackTouched):
            assert view_of(state).can_go_back == (outcome.transition is not None)
        if isinstance(event, events.CancelTouched):
            assert view_of(state).can_cancel == (outcome.transition is not None)


def test_no_secret_stays_in_any_state_or_report(explored: Seen) -> None:
    """The PIN passes through in one effect; no state ever holds it. The 申請番号 is held while it is shown."""
    states = {_facts(s): s for s, _, _ in explored}.values()
    assert {state.name for state in states if "Secret" in repr(state)} == {StateName.SHOW_NUMBER}


def test_a_name_is_in_no_effect_but_the_application_itself(explored: Seen) -> None:
    effects: list[Effect] = [effect for _, _, outcome in explored for effect in outcome.effects]
    for effect in effects:
        if type(effect).__name__ != "Apply":
            assert not any(name in repr(effect) for name in NAMES)


def test_the_diagram_has_every_transition_but_those_that_every_state_has() -> None:
    lines = mermaid().splitlines()
    assert lines[0] == "stateDiagram-v2"
    for transition in transitions():
        line = _line(transition)
        common = transition.state == transition.target and not transition.condition and transition.event in (
            "LanguageChosen", "LookChosen", "CardInserted", "CardRemoved", "ReaderLost", "ReaderBack", "MoreTimeTouched",
        )  # fmt: skip
        assert (line in lines) != common, line
    assert "    TakeCard --> ChooseCertificate: CardRemoved" in lines


def _line(t: Transition) -> str:
    return f"    {t.state} --> {t.target}: {t.event}" + (f" [{t.condition}]" if t.condition else "")


def test_tests_of_one_group_run_on_one_worker(request: pytest.FixtureRequest) -> None:
    """pytest-xdist tells them by the end of their names, which not every release of pytest lets it write."""
    if hasattr(request.config, "workerinput"):
        assert request.node.nodeid.endswith("@flow table")
