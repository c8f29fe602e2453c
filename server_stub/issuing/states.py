"""Where an application stands, and what a note of the terminal makes of it."""

from __future__ import annotations

from enum import StrEnum

from server_stub.interface.terminal import NoteKind


class State(StrEnum):
    PREPARED = "prepared"
    PAID = "paid"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"
    INCIDENT = "incident"


OPEN = frozenset({State.PREPARED, State.PAID, State.IN_DOUBT})

TRANSITIONS: dict[NoteKind, tuple[frozenset[State], State]] = {
    NoteKind.PAID: (OPEN, State.PAID),
    NoteKind.HANDED_OVER: (OPEN | {State.HANDED_OVER}, State.HANDED_OVER),
    NoteKind.CANCELLED: (OPEN | {State.CANCELLED}, State.CANCELLED),
    NoteKind.IN_DOUBT: (OPEN, State.IN_DOUBT),
    NoteKind.INCIDENT: (frozenset(State), State.INCIDENT),
}
"""Note -> the states it may come in, and the state after it. A second note of the same kind (another note id: the terminal
was restarted between writing and sending) changes nothing."""


OVERTAKING = frozenset({NoteKind.CANCELLED, NoteKind.INCIDENT})
"""Notes that may come before their application: the centre gave up waiting for it."""


def after(state: State, note: NoteKind) -> State | None:
    """The state after `note`, or None if it contradicts what is known (paper handed over is not cancelled, and so on).

    An incident stays one whatever is told later: only people close it.
    """
    if state is State.INCIDENT:
        return State.INCIDENT
    allowed, then = TRANSITIONS[note]
    return then if state in allowed else None
