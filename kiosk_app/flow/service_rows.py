"""Out of service: when it begins, what staff do, and how it ends.

Before the money everybody is sent away at once, everything of the session is ended. Whoever has begun to pay is served to the
end: what keeps the next resident away is not theirs.
"""

from __future__ import annotations

from dataclasses import replace

from . import events as e
from .effects import SettleBooks
from .ending import end, is_stopped
from .row import Context, Result, Row
from .state import StateName as S
from .state import Visit

SERVED = (
    S.PAY, S.TAKING_MONEY, S.RETURNING_MONEY, S.PRINTING, S.JAMMED, S.REFUNDING, S.TAKE_PAPER, S.ASK_RECEIPT,
    S.PRINTING_RECEIPT, S.THANKS, S.REFUSAL, S.SIGNING, S.SHOW_NUMBER,
)  # fmt: skip
"""Money is or was under way, or its end is being told; or an application is on its way, whose number is shown only once."""
SENT_AWAY = tuple(state for state in S if state not in (*SERVED, S.OUT_OF_SERVICE))


def _told(h: Context) -> Visit:
    return replace(h.visit, stopped=h.event.failure, stop_facts=h.event.facts)


def stop(h: Context) -> Result:
    return end(replace(_told(h), failure="", facts=(), contact={}), h.event.failure)


def remember(h: Context) -> Result:
    return _told(h), ()


def forget(h: Context) -> Result:
    return replace(h.visit, stopped="", stop_facts=()), ()


def leave_stopped(h: Context) -> Result:
    wiped, effects = end(h.visit, "finished")
    return replace(wiped.next(), language=wiped.language, look=wiped.look), effects


def settle(h: Context) -> Result:
    return h.visit, (SettleBooks(h.event.how),)


def resume(h: Context) -> Result:
    return forget(h)[0].next(), ()


def speak_first_language(h: Context) -> Result:
    return h.visit.next(), ()


ROWS: tuple[Row, ...] = (
    *(Row(state, e.ServiceStopped, S.OUT_OF_SERVICE, stop) for state in SENT_AWAY),
    *(Row(state, e.ServiceStopped, state, remember, keeps_deadline=True) for state in SERVED),
    *(Row(state, e.ServiceResumed, state, forget, is_stopped, keeps_deadline=True) for state in SERVED),
    *(
        Row(state, cause, S.OUT_OF_SERVICE, leave_stopped, is_stopped)
        for state in (S.THANKS, S.REFUSAL, S.SHOW_NUMBER)
        for cause in (e.Acknowledged, e.DeadlinePassed)
    ),
    Row(S.OUT_OF_SERVICE, e.ServiceStopped, S.OUT_OF_SERVICE, remember, keeps_deadline=True),
    Row(S.OUT_OF_SERVICE, e.StaffSettled, S.OUT_OF_SERVICE, settle, keeps_deadline=True),
    Row(S.OUT_OF_SERVICE, e.ServiceResumed, S.TOP_MENU, resume),
    Row(S.OUT_OF_SERVICE, e.DeadlinePassed, S.OUT_OF_SERVICE, speak_first_language),
)
