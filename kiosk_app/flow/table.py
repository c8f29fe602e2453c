"""The whole table: every state, what can happen in it and where that leads. `konbini flow` and the coverage read it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from . import certificate_rows, paper_rows, registration_rows, service_rows
from . import events as e
from .effects import Effect
from .row import Context, Result, Row
from .state import CardPresence, State, StateName, TimeOuts
from .views import LANGUAGES

WAITS = frozenset(
    {
        StateName.READING_CARD, StateName.FETCHING_MUNICIPALITIES, StateName.OPENING_SESSION, StateName.AUTHENTICATING,
        StateName.PREPARING, StateName.TAKING_MONEY, StateName.RETURNING_MONEY, StateName.PRINTING, StateName.JAMMED,
        StateName.REFUNDING, StateName.PRINTING_RECEIPT, StateName.CHECKING_CARD, StateName.SIGNING,
    }
)  # fmt: skip
"""States in which the resident is asked nothing, so that a touch gives no more time."""


RESTS = (StateName.TOP_MENU, StateName.OUT_OF_SERVICE)
"""Where nobody is: another language or look stays for a while only."""


def _speak(h: Context) -> Result:
    language = h.event.language if h.event.language in LANGUAGES else h.visit.language
    return replace(h.visit, language=language), ()


def _look(h: Context) -> Result:
    return replace(h.visit, look=h.event.look), ()


def _card_came(h: Context) -> Result:
    return replace(h.visit, card=CardPresence.FRESH), ()


def _card_went(h: Context) -> Result:
    return replace(h.visit, card=CardPresence.ABSENT), ()


def _reader_went(h: Context) -> Result:
    return replace(h.visit, reader=h.event.failure), ()


def _reader_came(h: Context) -> Result:
    return replace(h.visit, reader=""), ()


def _everywhere(state: StateName) -> tuple[Row, ...]:
    rows = [
        Row(state, e.LanguageChosen, state, _speak, keeps_deadline=state not in RESTS),
        Row(state, e.LookChosen, state, _look, keeps_deadline=state not in RESTS),
        Row(state, e.CardInserted, state, _card_came, keeps_deadline=True),
        Row(state, e.CardRemoved, state, _card_went, keeps_deadline=True),
        Row(state, e.ReaderLost, state, _reader_went, keeps_deadline=True),
        Row(state, e.ReaderBack, state, _reader_came, keeps_deadline=True),
    ]
    if state not in WAITS:
        rows.append(Row(state, e.MoreTimeTouched, state))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Transition:
    """One possible transition, in words; `condition` is '' where there is none."""

    state: str
    event: str
    target: str
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`transition` is None where the event means nothing in that state: the state stays, nothing is to be done."""

    state: State
    effects: tuple[Effect, ...] = ()
    transition: Transition | None = None


class Table:
    """The rows of a terminal's services, and those that every state has."""

    def __init__(self, *own: Row) -> None:
        decided = {(row.state, row.event) for row in own if row.when is None}
        common = (row for state in StateName for row in _everywhere(state))
        self.own = own
        self.rows = (*own, *(row for row in common if (row.state, row.event) not in decided))
        self._by_cause: dict[tuple[StateName, type[e.Event]], list[Row]] = defaultdict(list)
        for row in self.rows:
            self._by_cause[row.state, row.event].append(row)

    def row_for(self, state: State, event: e.Event) -> Row | None:
        """The first row that holds."""
        happening = Context(state.visit, event)
        for row in self._by_cause.get((state.name, type(event)), ()):
            if row.when is None or row.when(happening):
                return row
        return None

    def step(self, state: State, event: e.Event, now: datetime, time_outs: TimeOuts) -> Outcome:
        """What follows from `event` in `state` at clock time `now`. Pure; an event without a row changes nothing."""
        row = self.row_for(state, event)
        if row is None:
            return Outcome(state)
        visit, effects = (state.visit, ()) if row.do is None else row.do(Context(state.visit, event))
        deadline = state.deadline
        if not row.keeps_deadline:
            seconds = time_outs.of(row.target, visit)
            deadline = None if seconds is None else now + timedelta(seconds=seconds)
        return Outcome(State(row.target, visit, deadline), effects, _transition(row))


TABLE = Table(*service_rows.ROWS, *certificate_rows.ROWS, *registration_rows.ROWS, *paper_rows.LEAVING)
ROWS = TABLE.rows
row_for, step = TABLE.row_for, TABLE.step


def transitions() -> list[Transition]:
    """Every row, in the order of a visit."""
    order = list(StateName)
    return [_transition(row) for row in sorted(ROWS, key=lambda row: order.index(row.state))]


def mermaid() -> str:
    """The state diagram in mermaid's notation; what every state has (language, card seen, more time) is left out."""
    lines = ["stateDiagram-v2", f"    [*] --> {StateName.TOP_MENU}"]
    for row in TABLE.own:
        label = row.event.__name__ + (f" [{row.condition}]" if row.condition else "")
        lines.append(f"    {row.state} --> {row.target}: {label}")
    return "\n".join(lines) + "\n"


def _transition(row: Row) -> Transition:
    return Transition(row.state, row.event.__name__, row.target, row.condition)
