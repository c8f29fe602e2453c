"""Printing and taking, a sub-flow over a `Purchase`: sheets, the jam, taking the paper, the receipt. It does not know what is
bought. And the refusal's way out."""

from __future__ import annotations

from dataclasses import replace

from server_stub.interface.terminal import ReportKind

from . import events as e
from .effects import (
    CashInRollback,
    ClearJam,
    Effect,
    EndSession,
    MediaTaken,
    PresentMedia,
    PrintReceipt,
    PrintSheet,
    QueueReport,
    ReadCard,
    RetractMedia,
    Say,
)
from .ending import RETRY, end, finish, leave, refusal, refuse
from .row import Context, Result, Row
from .state import CardPresence, Visit
from .state import StateName as S

# --- conditions ----------------------------------------------------------------------------------------------------------


def last_sheet(h: Context) -> bool:
    return bool(h.event.number == h.visit.printed + 1 == h.visit.bought.sheets)


def next_sheet(h: Context) -> bool:
    return bool(h.event.number == h.visit.printed + 1)


def was_warned(h: Context) -> bool:
    return h.visit.forgotten


def without_fee(h: Context) -> bool:
    return h.visit.bought.due == 0


def wanted(h: Context) -> bool:
    return bool(h.event.wanted)


def again(h: Context) -> bool:
    return bool(h.event.again and h.visit.failure in RETRY)


def again_with_fresh_card(h: Context) -> bool:
    return again(h) and h.visit.card is CardPresence.FRESH


def again_with_card_inside(h: Context) -> bool:
    return again(h) and h.visit.card_inside


# --- actions ---------------------------------------------------------------------------------------------------------------


def print_next(h: Context) -> Result:
    visit = replace(h.visit, printed=h.event.number)
    return visit, (PrintSheet(visit.application_id, visit.printed + 1),)


def offer_paper(h: Context) -> Result:
    visit = replace(h.visit, printed=h.event.number, forgotten=False)
    return visit, (PresentMedia(visit.application_id), Say("attention"))


def jam(h: Context) -> Result:
    return refusal(h.visit, h.event.failure, h.event.facts, h.event.words), (Say("error"),)


def go_on_printing(h: Context) -> Result:
    """At the sheet that did not come out; those before are not printed again."""
    visit = replace(h.visit, failure="", facts=(), failure_words=None, contact={})
    return visit, (ClearJam(), PrintSheet(visit.application_id, visit.printed + 1))


def refund(h: Context) -> Result:
    return h.visit, (CashInRollback(h.visit.application_id),)


def warn_paper(h: Context) -> Result:
    return replace(h.visit, forgotten=True), (Say("paper_forgotten"),)


def draw_in_paper(h: Context) -> Result:
    """Paid and printed, but the next resident must not find it: staff settle it with whoever comes for it."""
    visit = replace(h.visit, doubt=True)
    wiped, effects = refuse(visit, "Paper_Forgotten")
    return wiped, (
        RetractMedia(visit.application_id),
        _report(visit, ReportKind.IN_DOUBT, "Paper_Forgotten"),
        *effects,
    )


def hand_over(h: Context) -> Result:
    """The resident has the paper: settle and end the session. What a receipt needs stays until the thanks."""
    visit = h.visit
    effects = (
        MediaTaken(visit.application_id),
        _report(visit, ReportKind.HANDED_OVER, ""),
        EndSession(visit.session_id, visit.application_id, "handed over"),
    )
    return visit.settled(), effects


def hand_over_and_thank(h: Context) -> Result:
    """Where nothing was to be paid there is no receipt to ask for."""
    visit, effects = hand_over(h)
    wiped, last = end(visit, "finished")
    return wiped, (*effects, *last, Say("thanks"))


def print_receipt(h: Context) -> Result:
    visit = h.visit
    if visit.municipality is None:
        raise ValueError("the table lets nobody come here without a municipality")
    receipt = PrintReceipt(
        visit.bought, visit.municipality, visit.inserted, visit.change, visit.language, visit.registering
    )
    return visit, (receipt,)


def thank(h: Context) -> Result:
    wiped, effects = end(h.visit, "finished")
    return wiped, (*effects, Say("thanks"))


def begin_again(h: Context) -> Result:
    visit = h.visit
    return (
        replace(visit.next(), language=visit.language, look=visit.look, registering=visit.registering),
        (),
    )


def begin_again_and_read(h: Context) -> Result:
    return replace(begin_again(h)[0], card=CardPresence.USED), (ReadCard(),)


def again_without_reader(h: Context) -> bool:
    return again(h) and bool(h.visit.reader)


def refuse_again(h: Context) -> Result:
    """The reader is still out of order, whatever the refusal before was."""
    return replace(h.visit, failure=h.visit.reader, facts=(), failure_words=None), (Say("error"),)


def reader_is_the_reason(h: Context) -> bool:
    """The card went with the reader, or what the reader suffers from has changed."""
    return h.visit.failure == "Card_Removed" or bool(h.visit.reader and h.visit.failure == h.visit.reader)


def name_the_reader(h: Context) -> Result:
    """It was not the resident who took the card away."""
    failure = h.event.failure
    return replace(h.visit, reader=failure, failure=failure, facts=(), failure_words=None), ()


def card_away_and_finish(h: Context) -> Result:
    return replace(h.visit.next(), card=CardPresence.ABSENT), ()


def _report(visit: Visit, kind: ReportKind, reason: str) -> Effect:
    return QueueReport(
        visit.session_id,
        visit.application_id,
        kind,
        amount=visit.bought.due,
        sheets_printed=visit.printed,
        reason=reason,
    )


def printing_and_taking(*, comes_from: S, goes_to: S) -> tuple[Row, ...]:
    """List the rows from the first sheet, which is asked for already (`comes_from`), to the end that thanks (`goes_to`)."""
    return (
        Row(comes_from, e.SheetPrinted, S.TAKE_PAPER, offer_paper, last_sheet),
        Row(comes_from, e.SheetPrinted, comes_from, print_next, next_sheet),
        Row(comes_from, e.Refused, S.JAMMED, jam),
        Row(S.JAMMED, e.OperatorResumed, comes_from, go_on_printing),
        Row(S.JAMMED, e.OperatorRefunded, S.REFUNDING, refund),
        Row(S.TAKE_PAPER, e.PaperTaken, goes_to, hand_over_and_thank, without_fee),
        Row(S.TAKE_PAPER, e.PaperTaken, S.ASK_RECEIPT, hand_over),
        Row(S.TAKE_PAPER, e.DeadlinePassed, S.REFUSAL, draw_in_paper, was_warned),
        Row(S.TAKE_PAPER, e.DeadlinePassed, S.TAKE_PAPER, warn_paper),
        Row(S.ASK_RECEIPT, e.ReceiptChosen, S.PRINTING_RECEIPT, print_receipt, wanted),
        Row(S.ASK_RECEIPT, e.ReceiptChosen, goes_to, thank),
        Row(S.ASK_RECEIPT, e.DeadlinePassed, goes_to, thank),
        Row(S.PRINTING_RECEIPT, e.ReceiptPrinted, goes_to, thank),
        Row(S.PRINTING_RECEIPT, e.Refused, goes_to, thank),
    )


LEAVING: tuple[Row, ...] = (
    *leave(S.THANKS, e.Acknowledged, e.DeadlinePassed),
    Row(S.REFUSAL, e.ReaderLost, S.REFUSAL, name_the_reader, reader_is_the_reason, keeps_deadline=True),
    Row(S.REFUSAL, e.Acknowledged, S.REFUSAL, refuse_again, again_without_reader),
    Row(S.REFUSAL, e.Acknowledged, S.READING_CARD, begin_again_and_read, again_with_fresh_card),
    Row(S.REFUSAL, e.Acknowledged, S.LIFT_CARD, begin_again, again_with_card_inside),
    Row(S.REFUSAL, e.Acknowledged, S.PLACE_CARD, begin_again, again),
    *leave(S.REFUSAL, e.Acknowledged, e.DeadlinePassed),
    Row(S.CARD_LEFT, e.CardRemoved, S.TOP_MENU, card_away_and_finish),
    Row(S.CARD_LEFT, e.DeadlinePassed, S.TOP_MENU, finish),
)
