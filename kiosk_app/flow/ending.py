"""How a visit ends: the one refusal, the cancelling of everything, the wiping. Used by the rows of every phase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from server_stub.interface.terminal import ReportKind

from .effects import CashInRollback, CheckBooks, Effect, EndSession, QueueReport, Say, WipeSession
from .events import Event, Refused
from .row import Action, Context, Result, Row
from .state import StateName, Visit

INCIDENTS = frozenset(
    {
        "Binding_Mismatch", "Manifest_Invalid", "Paper_Format_Wrong", "Paper_Content_Forbidden", "Paper_Not_Marked",
        "Existing_System_Answer_Wrong",
    }
)  # fmt: skip
"""Signs that paper and person do not belong together, or of a paper that must not be printed: operations must see them,
trying again does not close them."""

RETRY = frozenset(
    {
        "Reader_Absent", "Reader_Busy", "Reader_Service_Stopped",
        "Card_Removed", "Card_Mute", "Card_Changed", "Card_Not_My_Number", "Card_Answer_Unexpected",
        "Nonce_Not_Valid", "Session_Not_Valid", "Session_Not_Authenticated",
        "Authority_Unreachable", "Certificate_Status_Unknown", "Registry_Unreachable",
        "Centre_Unreachable", "Issuing_Unreachable", "Answer_Malformed", "Paper_Corrupt",
        "Fee_Changed", "Municipality_Not_Participating", "Service_Not_Offered", "Terminal_Kind_Excluded",
        "Registration_Entry_Wrong", "Registration_Another_Card", "Registration_Text_Of_Another_Session",
        "Money_Not_Enough", "Money_Change_Short", "Visit_Timed_Out", "Visit_Cancelled",
    }
)  # fmt: skip
"""Refusals after which the resident may begin again at the card at once, with a chance."""


Facts = tuple[tuple[str, object], ...]
Own = Mapping[str, str] | None
"""Words (language -> text) of a refusal that the catalogue does not have."""


def refusal(visit: Visit, failure: str, facts: Facts = (), words: Own = None) -> Visit:
    """The visit with what its refusal will tell; whom to ask is the municipality, if it is known."""
    municipality = visit.municipality
    contact = ""
    if municipality is not None and municipality.telephone:
        name = municipality.name if visit.language == "ja" else municipality.name_en
        contact = f"{name} {municipality.telephone}"
    return replace(visit, failure=failure, facts=facts, failure_words=words, contact=contact)


def end(visit: Visit, reason: str) -> Result:
    """Everything of the session ends, one message to the centre, nothing of a person stays; and whether the next resident may
    begin is looked at anew."""
    effects: list[Effect] = []
    if visit.session_id:
        effects.append(EndSession(visit.session_id, visit.application_id, reason))
    effects += [WipeSession(), CheckBooks()]
    return visit.wiped(), tuple(effects)


def refuse(visit: Visit, failure: str, facts: Facts = (), words: Own = None) -> Result:
    """To the refusal: incident first, then the end of the session."""
    reports: tuple[Effect, ...] = ()
    told = dict(facts)
    application_id = visit.application_id or str(told.get("application_id") or "")
    if failure in INCIDENTS and application_id and visit.session_id:
        reason = f"{failure}: {str(told.get('detail', ''))[:200]}".rstrip(": ")
        reports = (QueueReport(visit.session_id, application_id, ReportKind.INCIDENT, reason=reason),)
    wiped, effects = end(refusal(visit, failure, facts, words), failure)
    return wiped, (*reports, *effects, Say("error"))


def refused(h: Context) -> Result:
    """The effect failed by a name; that name is told."""
    event: Refused = h.event
    return refuse(h.visit, event.failure, event.facts, event.words)


def refused_as(failure: str) -> Action:
    def action(h: Context) -> Result:
        return refuse(h.visit, failure)

    return action


def finish(h: Context) -> Result:
    """Back to the top menu, nothing left but a card that still lies there."""
    visit, effects = end(h.visit, "finished")
    return visit.next(), effects


def finish_with_card(h: Context) -> Result:
    visit, effects = end(h.visit, "finished")
    return replace(visit.next(), language=visit.language), (*effects, Say("card_forgotten"))


def give_back_as(failure: str) -> Action:
    """All money back first; the refusal follows when it lies in the return tray."""

    def action(h: Context) -> Result:
        return refusal(h.visit, failure), (CashInRollback(h.visit.application_id),)

    return action


def give_back_refused(h: Context) -> Result:
    event: Refused = h.event
    visit = refusal(h.visit, event.failure, event.facts, event.words)
    return visit, (CashInRollback(h.visit.application_id),)


def card_lies_there(h: Context) -> bool:
    return h.visit.card_inside


def is_stopped(h: Context) -> bool:
    return bool(h.visit.stopped)


def leave(state: StateName, *causes: type[Event]) -> tuple[Row, ...]:
    """Rows straight back to the top menu, by way of the reminder if a card lies on the reader."""
    return tuple(
        row
        for cause in causes
        for row in (
            Row(state, cause, StateName.CARD_LEFT, finish_with_card, card_lies_there),
            Row(state, cause, StateName.TOP_MENU, finish),
        )
    )
