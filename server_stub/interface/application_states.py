"""Say where an application (交付申請) stands at the centre and in the ledger, and what each report makes of it.

One table for both servers: `_COMMON`, then what differs at each of them, with the reason. The terminal uses the same names. Nothing
here needs pydantic: the terminal loads it before its first screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where an application stands. RECEIVED exists at the centre only, INCIDENT in the ledger only."""

    RECEIVED = "received"
    PREPARED = "prepared"
    PAID = "paid"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"
    INCIDENT = "incident"


class ReportKind(StrEnum):
    """What a terminal reports of an application; a cancellation may also be the centre's own."""

    PAID = "paid"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"
    INCIDENT = "incident"


_S, _R = State, ReportKind
_Transitions = Mapping[ReportKind, Mapping[State, State]]

_OPEN = (_S.PREPARED, _S.PAID, _S.IN_DOUBT)
"""Paper exists and nobody has said yet what became of it, or somebody doubts it."""

_COMMON: _Transitions = {
    _R.PAID: dict.fromkeys(_OPEN, _S.PAID),
    _R.HANDED_OVER: dict.fromkeys((_S.PAID, _S.IN_DOUBT, _S.HANDED_OVER), _S.HANDED_OVER),
    _R.CANCELLED: dict.fromkeys((*_OPEN, _S.CANCELLED), _S.CANCELLED),
    _R.IN_DOUBT: dict.fromkeys(_OPEN, _S.IN_DOUBT),
    _R.INCIDENT: {},
}
"""Report -> state before -> state after, the same at both servers. A pair that is missing contradicts what is known.

A second report of one kind (another report id: the terminal was restarted between writing and sending) changes nothing."""

_CENTER_RECEIVED: _Transitions = {_R.CANCELLED: {_S.RECEIVED: _S.CANCELLED}}
"""The centre has an application before there is paper, while the issuing server works on it; the ledger's begins with the paper."""

_CENTER_INCIDENT: _Transitions = {
    _R.INCIDENT: {
        _S.RECEIVED: _S.CANCELLED,
        _S.PREPARED: _S.CANCELLED,
        _S.PAID: _S.IN_DOUBT,
        _S.IN_DOUBT: _S.IN_DOUBT,
        _S.HANDED_OVER: _S.HANDED_OVER,
        _S.CANCELLED: _S.CANCELLED,
    }
}
"""At the centre an incident is a row of its own, which stays. The application itself is cancelled where nothing was paid, is in
doubt where money was taken, and keeps its end where it has one."""

_LEDGER_UNPAID: _Transitions = {_R.HANDED_OVER: {_S.PREPARED: _S.HANDED_OVER}}
"""The ledger goes by the money: paper without a fee needs no payment, and `issuing/settlement.py` refuses a hand-over whose fee
is not charged. The centre wants a payment of 0 yen first, and records an incident where it is missing."""

_LEDGER_INCIDENT: _Transitions = {
    _R.INCIDENT: dict.fromkeys((*_OPEN, _S.HANDED_OVER, _S.CANCELLED), _S.INCIDENT)
}
"""The ledger has no rows of incidents: the application's own state says it, whatever was known of it before."""

_LEDGER_CLOSED_BY_PEOPLE: _Transitions = {report: {_S.INCIDENT: _S.INCIDENT} for report in _R}
"""An incident in the ledger stays one whatever is reported later: only people close it."""


@dataclass(frozen=True, slots=True)
class Server:
    """What one server knows of applications. `states`: those that exist there. `overtaking`: reports that may come before their
    application does."""

    states: frozenset[State]
    transitions: _Transitions
    overtaking: frozenset[ReportKind] = frozenset()

    def after(self, state: State, report: ReportKind) -> State | None:
        """Return the state after `report`, or None if the report contradicts what is known (paper that was handed over is not
        cancelled, and so on)."""
        return self.transitions[report].get(state)


def _with(*differences: _Transitions) -> _Transitions:
    """Add each of `differences` to the common table."""
    return {
        report: {
            before: then for part in (_COMMON, *differences) for before, then in part.get(report, {}).items()
        }
        for report in ReportKind
    }


CENTER = Server(
    states=frozenset(State) - {State.INCIDENT},
    transitions=_with(_CENTER_RECEIVED, _CENTER_INCIDENT),
)
LEDGER = Server(
    states=frozenset(State) - {State.RECEIVED},
    transitions=_with(_LEDGER_UNPAID, _LEDGER_INCIDENT, _LEDGER_CLOSED_BY_PEOPLE),
    # the centre gave up waiting for the paper: its cancellation is quicker than the request that it cancels
    overtaking=frozenset({ReportKind.CANCELLED, ReportKind.INCIDENT}),
)


def state_met(
    state: State, report: ReportKind, at: datetime, *, expired_at: datetime | None, paid: bool
) -> State:
    """Return the state that a report of `at` meets, the same at both servers.

    `expired_at`: when the centre cancelled the application by itself because its session had run out; None if it did not, or if
    the terminal has cancelled it too. `paid`: a payment is known already. What expired gives way to a payment made before it, as
    if that had been reported in time (the terminal was cut off with the resident's money in it), and to a doubt about it.
    """
    if expired_at is None or state not in (State.CANCELLED, State.IN_DOUBT):
        return state
    if report is ReportKind.PAID and not paid:
        return State.PREPARED if at < expired_at else State.CANCELLED
    if report is ReportKind.IN_DOUBT and state is State.CANCELLED:
        return State.PREPARED
    return state
