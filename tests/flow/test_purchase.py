"""Cash-in, printing and taking serve whatever is bought: here something that no offer was made of, applied for elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.flow.card_rows import card_and_pin
from kiosk_app.flow.ending import refused
from kiosk_app.flow.money_rows import cash_in
from kiosk_app.flow.paper_rows import LEAVING, printing_and_taking
from kiosk_app.flow.presenter import view_of
from kiosk_app.flow.row import Context, Result, Row
from kiosk_app.flow.state import Purchase, State
from kiosk_app.flow.state import StateName as S
from kiosk_app.flow.table import Table
from server_stub.interface.terminal import ReportKind
from server_stub.interface.values import Place

from .helper import APPLICATION, KOBE, PIN, READ, SESSION, Walk, offers
from .helper import refused as refused_by

SLIP = Purchase(
    APPLICATION, {"ja": "利用登録番号の控え", "en": "Registration slip"}, copies=1, due=100, sheets=2
)


def _apply(h: Context) -> Result:
    return replace(h.visit, session_id=SESSION, chosen_municipality=KOBE), ()


def _free(state: S) -> Table:
    """A flow of its own: it applies in a state where no certificate does, and waits for its paper there."""
    return Table(
        Row(S.SERVICE_MENU, e.Agreed, state, _apply),
        Row(state, e.Refused, S.REFUSAL, refused),
        *cash_in(comes_from=state, goes_to=S.PRINTING),
        *printing_and_taking(comes_from=S.PRINTING, goes_to=S.THANKS),
        *LEAVING,
    )


@pytest.fixture(params=[S.FETCHING_MUNICIPALITIES, S.OPENING_SESSION])
def walk(request: pytest.FixtureRequest) -> Walk:
    """Applied for, and waiting for the paper."""
    walk = Walk(table=_free(request.param))
    walk.state = replace(walk.state, name=S.SERVICE_MENU)
    return walk.do(e.Agreed())


def test_what_came_from_no_offer_is_paid_printed_taken_and_told(walk: Walk) -> None:
    assert walk.state.visit.offers is None
    names = []
    for event in (
        e.PaperReceived(SLIP), e.MoneyChanged(50), e.MoneyChanged(150), e.MoneyTaken(50), e.SheetPrinted(1),
        e.SheetPrinted(2), e.PaperTaken(), e.ReceiptChosen(True), e.ReceiptPrinted(),
    ):  # fmt: skip
        names.append(walk.do(event).name)
        view_of(walk.state)
    assert names == [
        "Pay", "Pay", "TakingMoney", "Printing", "Printing", "TakePaper", "AskReceipt", "PrintingReceipt", "Thanks",
    ]  # fmt: skip
    assert walk.asked(f.CashInStart) == [f.CashInStart(SLIP, SESSION)]
    assert walk.asked(f.CashInEnd) == [f.CashInEnd(SLIP)]
    assert walk.asked(f.PrintSheet) == [f.PrintSheet(APPLICATION, 1), f.PrintSheet(APPLICATION, 2)]
    assert walk.asked(f.PrintReceipt) == [f.PrintReceipt(SLIP, KOBE, 150, 50, "ja")]
    reports = [one for one in walk.effects if isinstance(one, f.QueueReport)]
    assert [(one.kind, one.amount) for one in reports] == [
        (ReportKind.PAID, 100),
        (ReportKind.HANDED_OVER, 100),
    ]
    assert walk.asked(f.EndSession) == [f.EndSession(SESSION, APPLICATION, "handed over")]
    assert walk.state.visit.purchase is None


def test_its_money_comes_back_as_any_other(walk: Walk) -> None:
    walk.do(e.PaperReceived(SLIP), e.MoneyChanged(50), e.CancelTouched(), e.MoneyReturned(50))
    refusal = view_of(walk.state)
    assert isinstance(refusal, v.Refusal)
    assert (refusal.failure, refusal.returned) == ("Visit_Cancelled", 50)
    assert walk.asked(f.CashInRollback) == [f.CashInRollback(APPLICATION)]


def test_what_is_free_asks_for_no_coin_and_no_receipt(walk: Walk) -> None:
    free = replace(SLIP, due=0, sheets=1)
    walk.do(e.PaperReceived(free), e.MoneyTaken(0), e.SheetPrinted(1), e.PaperTaken())
    assert walk.name == "Thanks"


def test_a_jam_and_a_refund_know_what_was_bought(walk: Walk) -> None:
    walk.do(
        e.PaperReceived(SLIP),
        e.MoneyChanged(100),
        e.MoneyTaken(0),
        e.SheetPrinted(1),
        refused_by("Printer_Jam"),
    )
    jammed = view_of(walk.state)
    assert isinstance(jammed, v.Jammed)
    assert (jammed.printed, jammed.total) == (1, 2)
    walk.do(e.OperatorRefunded(), e.MoneyReturned(100))
    assert walk.state.visit.returned == 100


def test_card_and_pin_lead_wherever_they_are_told_to() -> None:
    """Asked for from another state than the certificates', and followed by another one; without a menu of offers."""

    def know(h: Context) -> Result:
        return replace(h.visit, was_wrong=False), ()

    table = Table(
        *card_and_pin(comes_from=S.SERVICE_MENU, goes_to=S.ASK_RECEIPT),
        Row(S.AUTHENTICATING, e.Authenticated, S.TAKE_CARD, know),
        *LEAVING,
    )
    walk = Walk(start=State(S.SERVICE_MENU), table=table)
    walk.do(e.Agreed(), e.BackTouched())
    assert walk.name == "ServiceMenu"
    walk.do(e.Agreed(), *READ, e.PlaceChosen(Place.ADDRESS), e.SessionStarted(SESSION))
    walk.do(e.PinEntered(PIN), refused_by("Card_Pin_Wrong", tries_left=2))
    assert walk.name == "EnterPin"
    walk.do(e.PinEntered(PIN), e.Authenticated(offers()))
    assert walk.name == "TakeCard"
    assert walk.do(e.CardRemoved()).name == "AskReceipt"
    assert walk.state.visit.offers is None
