"""Cash-in, a sub-flow over a `Purchase`: nothing is charged before the paper is here, and until it is taken everything can be
given back. It does not know what is bought. Just before the money is taken the centre is asked whether the paper may still be paid."""

from __future__ import annotations

from dataclasses import replace

from server_stub.interface.terminal import ReportKind

from . import events as e
from .effects import AskStanding, CashInEnd, CashInStart, Effect, PrintSheet, QueueReport, Say
from .ending import give_back_as, give_back_refused, refuse
from .row import Context, Result, Row
from .state import StateName as S
from .state import Visit


def nothing_to_pay(h: Context) -> bool:
    return bool(h.event.purchase.due == 0)


def enough(h: Context) -> bool:
    return bool(h.event.inserted >= h.visit.bought.due)


def ask_money(h: Context) -> Result:
    event: e.PaperReceived = h.event
    visit = replace(h.visit, purchase=event.purchase, inserted=0, printed=0)
    return visit, (CashInStart(event.purchase, visit.session_id),)


def take_nothing(h: Context) -> Result:
    visit, effects = ask_money(h)
    return visit, (*effects, CashInEnd(visit.bought))


def ask_about_free(h: Context) -> Result:
    visit, effects = ask_money(h)
    return visit, (*effects, AskStanding(visit.session_id, visit.bought.id))


def ask_about_paid(h: Context) -> Result:
    visit, _ = count(h)
    return visit, (AskStanding(visit.session_id, visit.bought.id),)


def may_be_paid(h: Context) -> Result:
    return h.visit, (CashInEnd(h.visit.bought),)


def count(h: Context) -> Result:
    return replace(h.visit, inserted=h.event.inserted, rejected=0), ()


def take_money(h: Context) -> Result:
    visit, _ = count(h)
    return visit, (CashInEnd(visit.bought),)


def show_rejected(h: Context) -> Result:
    return replace(h.visit, rejected=h.event.denomination), (Say("attention"),)


def money_taken(h: Context) -> Result:
    # a coin that was dropped while the unit closed is change, too
    inserted = h.visit.bought.due + h.event.change
    visit = replace(h.visit, paid=True, change=h.event.change, inserted=inserted)
    report = QueueReport(visit.session_id, visit.application_id, ReportKind.PAID, amount=visit.bought.due)
    return visit, (report, PrintSheet(visit.application_id, 1))


def money_returned(h: Context) -> Result:
    """The money lies in the return tray; now the refusal that was decided before is told."""
    visit = replace(h.visit, returned=h.event.amount)
    return refuse(visit, visit.failure, visit.facts, visit.failure_words)


def money_not_returned(h: Context) -> Result:
    """The coin unit itself failed: nobody can tell where the money is, so staff must. Until they have, the application stays
    open at the terminal and nothing is told of it."""
    return refuse(replace(h.visit, doubt=True), h.visit.failure, h.visit.facts, h.visit.failure_words)


def refunded(h: Context) -> Result:
    """Money back and sheets void; sheets that somebody has already carried off are for staff to settle."""
    event: e.MoneyReturned = h.event
    visit = replace(h.visit, returned=event.amount, doubt=event.carried_off)
    kind = ReportKind.IN_DOUBT if event.carried_off else ReportKind.CANCELLED
    report = _report(visit, kind, visit.failure)
    wiped, effects = refuse(visit, visit.failure, visit.facts, visit.failure_words)
    return wiped, (report, *effects)


def _report(visit: Visit, kind: ReportKind, reason: str) -> Effect:
    return QueueReport(
        visit.session_id,
        visit.application_id,
        kind,
        amount=visit.returned,
        sheets_printed=visit.printed,
        reason=reason,
    )


def cash_in(*, comes_from: S, goes_to: S, asks: bool = False) -> tuple[Row, ...]:
    """List the rows from the state that waits for paper (`comes_from`) to the one that prints it (`goes_to`). `asks`: what is bought is
    an application's paper, about which the centre is asked before the money is taken."""
    free, paid = (ask_about_free, ask_about_paid) if asks else (take_nothing, take_money)
    return (
        Row(comes_from, e.PaperReceived, S.TAKING_MONEY, free, nothing_to_pay),
        Row(comes_from, e.PaperReceived, S.PAY, ask_money),
        Row(S.PAY, e.MoneyChanged, S.TAKING_MONEY, paid, enough),
        Row(S.PAY, e.MoneyChanged, S.PAY, count),
        Row(S.PAY, e.CoinRejected, S.PAY, show_rejected),
        Row(S.PAY, e.Refused, S.RETURNING_MONEY, give_back_refused),
        Row(S.PAY, e.CancelTouched, S.RETURNING_MONEY, give_back_as("Visit_Cancelled")),
        Row(S.PAY, e.DeadlinePassed, S.RETURNING_MONEY, give_back_as("Money_Not_Enough")),
        *((Row(S.TAKING_MONEY, e.MayBePaid, S.TAKING_MONEY, may_be_paid),) if asks else ()),
        Row(S.TAKING_MONEY, e.MoneyTaken, goes_to, money_taken),
        Row(S.TAKING_MONEY, e.Refused, S.RETURNING_MONEY, give_back_refused),
        Row(S.RETURNING_MONEY, e.MoneyReturned, S.REFUSAL, money_returned),
        Row(S.RETURNING_MONEY, e.Refused, S.REFUSAL, money_not_returned),
        Row(S.REFUNDING, e.MoneyReturned, S.REFUSAL, refunded),
        Row(S.REFUNDING, e.Refused, S.REFUSAL, money_not_returned),
    )
