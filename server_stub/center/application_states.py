"""Where a session and an application stand at the centre, and what a report of the terminal makes of the latter."""

from __future__ import annotations

from enum import StrEnum

from server_stub.interface.terminal import ReportKind

SESSION_OPEN, SESSION_ENDED = "open", "ended"
"""Where a session stands."""


class State(StrEnum):
    RECEIVED = "received"
    PREPARED = "prepared"
    PAID = "paid"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"


UNPAID = (State.RECEIVED, State.PREPARED)
"""What ends with its session."""

SERVED = (State.PREPARED, State.PAID, State.IN_DOUBT)
"""While an application stands so, its sheets can be fetched."""

_NEXT: dict[ReportKind, dict[State, State]] = {
    ReportKind.PAID: {
        State.PREPARED: State.PAID,
        State.PAID: State.PAID,
        State.IN_DOUBT: State.PAID,
    },
    ReportKind.HANDED_OVER: {
        State.PAID: State.HANDED_OVER,
        State.IN_DOUBT: State.HANDED_OVER,
        State.HANDED_OVER: State.HANDED_OVER,
    },
    ReportKind.CANCELLED: {
        State.RECEIVED: State.CANCELLED,
        State.PREPARED: State.CANCELLED,
        State.PAID: State.CANCELLED,
        State.IN_DOUBT: State.CANCELLED,
        State.CANCELLED: State.CANCELLED,
    },
    ReportKind.IN_DOUBT: {
        State.PREPARED: State.IN_DOUBT,
        State.PAID: State.IN_DOUBT,
        State.IN_DOUBT: State.IN_DOUBT,
    },
    ReportKind.INCIDENT: {
        State.RECEIVED: State.CANCELLED,
        State.PREPARED: State.CANCELLED,
        State.PAID: State.IN_DOUBT,
        State.IN_DOUBT: State.IN_DOUBT,
        State.HANDED_OVER: State.HANDED_OVER,
        State.CANCELLED: State.CANCELLED,
    },
}


def after(state: State, report: ReportKind) -> State | None:
    """The state after `report`, or None if the report contradicts what is known.

    The same thing told twice under two report ids (a terminal restarted between writing and sending) changes nothing.
    """
    return _NEXT[report].get(state)
