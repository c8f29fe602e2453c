"""The 利用登録申請: in which order it goes, what is signed, whose card gets a password, and what the number's slip costs whom."""

from __future__ import annotations

import pytest

from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.flow.presenter import view_of
from server_stub.interface.registration import reference_of
from server_stub.interface.registration_text import read_text
from server_stub.interface.terminal import ReportKind

from .helper import (
    APPLICATION,
    HOLDER,
    NUMBER,
    PASSWORD,
    PIN,
    REGISTRATION_OPENED,
    RESIDENT_CARD,
    SESSION,
    TO_DOMICILE,
    TO_NUMBER,
    TO_PASSWORD,
    TO_REGISTRATION_PIN,
    TYPED,
    Walk,
    number,
    refused,
    slip,
)

TO_SLIP = (*TO_NUMBER, e.SlipTouched(), slip())
PAID = (*TO_SLIP, e.MoneyChanged(50), e.MoneyTaken(40))


def test_the_card_is_taken_away_before_anything_is_typed() -> None:
    walk = Walk().do(*TO_REGISTRATION_PIN, e.PinEntered(PIN))
    assert walk.asked(f.AuthenticateForRegistration) == [
        f.AuthenticateForRegistration(SESSION, PIN, HOLDER, 3, False)
    ]
    walk.do(REGISTRATION_OPENED)
    assert walk.name == "TakeCard"
    walk.do(e.CardRemoved())
    assert walk.name == "ChooseDomicile"
    assert not walk.asked(f.Authenticate)


def test_what_is_signed_is_letter_by_letter_what_was_shown() -> None:
    walk = Walk().do(*TO_DOMICILE, *TYPED)
    shown = view_of(walk.state)
    assert isinstance(shown, v.ConfirmRegistration)
    walk.do(e.Confirmed(), e.CardInserted(), e.SignerRead(5, "virtual"), e.PasswordEntered(PASSWORD))
    (sent,) = walk.asked(f.Register)
    assert isinstance(sent, f.Register)
    assert sent.text == shown.text
    form = read_text(sent.text)
    assert (form.municipality, form.domicile, form.head) == (
        "49202",
        "兵庫県湊市港町７番地",
        "渡邉\U000e0118　健",
    )
    assert (form.telephone, form.reference) == ("090-0000-0000", reference_of(SESSION))


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("28100", "Registration_Same_Municipality"),
        ("09202", "Registration_Not_Offered"),
        ("49203", "Service_Closed_Now"),
    ],
)
def test_a_municipality_that_takes_none_is_refused_before_anything_is_typed(code: str, failure: str) -> None:
    walk = Walk().do(*TO_DOMICILE, e.MunicipalityChosen(code))
    assert (walk.name, walk.state.visit.failure) == ("Refusal", failure)
    assert len(walk.asked(f.EndSession)) == 1


def test_a_resident_register_card_cannot_apply() -> None:
    walk = Walk().do(e.ServiceTouched(), e.RegistrationTouched(), e.Agreed(), e.CardInserted(), RESIDENT_CARD)
    assert (walk.name, walk.state.visit.failure) == ("Refusal", "Card_Resident_Register_Card")


def test_another_card_ends_the_visit_without_a_try() -> None:
    walk = Walk().do(*TO_DOMICILE, *TYPED, e.Confirmed(), e.CardInserted())
    assert walk.asked(f.ReadSigner) == [f.ReadSigner(HOLDER)]
    walk.do(refused("Registration_Another_Card"))
    assert (walk.name, walk.state.visit.failure) == ("Refusal", "Registration_Another_Card")
    assert not walk.asked(f.Register)


def test_the_last_try_of_the_password_is_asked_for() -> None:
    walk = Walk().do(*TO_DOMICILE, *TYPED, e.Confirmed(), e.CardInserted(), e.SignerRead(1, "virtual"))
    view = view_of(walk.state)
    assert isinstance(view, v.ConfirmLastTry)
    assert view.password
    walk.do(e.CancelTouched())
    assert (walk.name, walk.asked(f.Register)) == ("Refusal", [])


def test_a_wrong_password_tells_the_tries_and_asks_again() -> None:
    walk = Walk().do(*TO_PASSWORD, e.PasswordEntered(PASSWORD), refused("Card_Password_Wrong", tries_left=4))
    view = view_of(walk.state)
    assert isinstance(view, v.EnterPassword)
    assert (view.was_wrong, view.tries_left) == (True, 4)
    walk.do(e.PasswordEntered(PASSWORD), refused("Card_Password_Blocked", tries_left=0))
    assert (walk.name, walk.state.visit.failure) == ("Refusal", "Card_Password_Blocked")


def test_a_real_card_that_does_not_tell_its_tries_gets_no_password() -> None:
    walk = Walk().do(*TO_DOMICILE, *TYPED, e.Confirmed(), e.CardInserted(), e.SignerRead(None, "real"))
    assert (walk.name, walk.state.visit.failure) == ("Refusal", "Card_Answer_Unexpected")


def test_what_is_on_its_way_cannot_be_cancelled() -> None:
    walk = Walk().do(*TO_PASSWORD, e.PasswordEntered(PASSWORD), e.CancelTouched())
    assert walk.name == "Signing"


def test_a_terminal_that_stops_still_shows_the_number_and_sells_no_slip() -> None:
    walk = Walk().do(*TO_PASSWORD, e.PasswordEntered(PASSWORD), e.ServiceStopped("Report_Refused"), number())
    view = view_of(walk.state)
    assert isinstance(view, v.ShowNumber)
    assert (view.number, view.slip_fee) == (NUMBER, 0)
    walk.do(e.SlipTouched())
    assert walk.name == "ShowNumber"
    walk.do(e.Acknowledged())
    assert walk.name == "OutOfService"


def test_the_number_is_gone_when_the_screen_is_left() -> None:
    for end in ((e.Acknowledged(),), (e.DeadlinePassed(),), (e.SlipTouched(),)):
        walk = Walk().do(*TO_NUMBER, *end)
        assert walk.state.visit.received is None, end
    walk = Walk().do(*TO_NUMBER, e.Acknowledged())
    assert walk.name == "CardLeft"
    assert len(walk.asked(f.EndSession)) == 1


def test_no_slip_is_sold_where_it_has_no_fee() -> None:
    walk = Walk().do(*TO_PASSWORD, e.PasswordEntered(PASSWORD), number(0), e.SlipTouched())
    assert walk.name == "ShowNumber"


def test_the_slip_is_paid_for_printed_and_settled_as_a_certificate_is() -> None:
    walk = Walk().do(*TO_NUMBER, e.SlipTouched())
    (ordered,) = walk.asked(f.OrderSlip)
    assert isinstance(ordered, f.OrderSlip)
    assert (ordered.session_id, ordered.holds.number) == (SESSION, NUMBER)
    walk.do(slip())
    assert isinstance(view_of(walk.state), v.Pay)
    walk.do(e.MoneyChanged(50), e.MoneyTaken(40), e.SheetPrinted(1), e.PaperTaken())
    reports = [one for one in walk.asked(f.QueueReport) if isinstance(one, f.QueueReport)]
    assert [(one.application_id, one.kind, one.amount) for one in reports] == [
        (APPLICATION, ReportKind.PAID, 10),
        (APPLICATION, ReportKind.HANDED_OVER, 10),
    ]
    walk.do(e.ReceiptChosen(True))
    (receipt,) = walk.asked(f.PrintReceipt)
    assert isinstance(receipt, f.PrintReceipt)
    assert (receipt.slip, receipt.change) == (True, 40)


def test_a_jam_of_the_slip_gives_the_money_back() -> None:
    walk = Walk().do(*PAID, refused("Printer_Jam"), e.OperatorRefunded())
    assert walk.asked(f.CashInRollback) == [f.CashInRollback(APPLICATION)]
    walk.do(e.MoneyReturned(10))
    assert (walk.name, walk.state.visit.returned) == ("Refusal", 10)
    assert [one.kind for one in walk.asked(f.QueueReport) if isinstance(one, f.QueueReport)] == [
        ReportKind.PAID,
        ReportKind.CANCELLED,
    ]


def test_a_slip_that_nobody_pays_for_gives_back_what_was_dropped() -> None:
    walk = Walk().do(*TO_SLIP, e.DeadlinePassed(), e.MoneyReturned(0))
    assert (walk.name, walk.state.visit.failure) == ("Refusal", "Money_Not_Enough")


def test_another_try_after_a_refusal_is_again_an_application() -> None:
    walk = Walk().do(
        *TO_DOMICILE, *TYPED, e.Confirmed(), e.CardInserted(), refused("Registration_Another_Card")
    )
    walk.do(e.CardRemoved(), e.Acknowledged(again=True))
    assert walk.name == "PlaceCard"
    assert walk.state.visit.registering
    assert walk.state.visit.text == ""


def test_who_looked_at_the_application_can_still_have_a_certificate() -> None:
    walk = Walk().do(e.ServiceTouched(), e.RegistrationTouched(), e.BackTouched(), e.ServiceTouched())
    assert not walk.state.visit.registering


@pytest.mark.parametrize("state", ["EnterDomicile", "EnterHead", "EnterTelephone", "ConfirmRegistration"])
def test_back_keeps_what_was_typed(state: str) -> None:
    walk = Walk().do(*TO_DOMICILE, *TYPED)
    while walk.name != state:
        walk.do(e.BackTouched())
    view = view_of(walk.state)
    told = getattr(view, "text", "")
    assert told
