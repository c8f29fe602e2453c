"""Where an application stands, and what a report of the terminal makes of it."""

from __future__ import annotations

from enum import StrEnum

from server_stub.interface.terminal import ReportKind


class State(StrEnum):
    PREPARED = "prepared"
    PAID = "paid"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"
    INCIDENT = "incident"


OPEN = frozenset({State.PREPARED, State.PAID, State.IN_DOUBT})

TRANSITIONS: dict[ReportKind, tuple[frozenset[State], State]] = {
    ReportKind.PAID: (OPEN, State.PAID),
    ReportKind.HANDED_OVER: (OPEN | {State.HANDED_OVER}, State.HANDED_OVER),
    ReportKind.CANCELLED: (OPEN | {State.CANCELLED}, State.CANCELLED),
    ReportKind.IN_DOUBT: (OPEN, State.IN_DOUBT),
    ReportKind.INCIDENT: (frozenset(State), State.INCIDENT),
}
"""Status report -> the states it may come in, and the state after it. A second report of the same kind (another report id: the terminal
was restarted between writing and sending) changes nothing."""


OVERTAKING = frozenset({ReportKind.CANCELLED, ReportKind.INCIDENT})
"""Status reports that may come before their application: the centre gave up waiting for it."""


def after(state: State, report: ReportKind) -> State | None:
    """The state after `report`, or None if it contradicts what is known (paper handed over is not cancelled, and so on).

    An incident stays one whatever is told later: only people close it.
    """
    if state is State.INCIDENT:
        return State.INCIDENT
    allowed, then = TRANSITIONS[report]
    return then if state in allowed else None
