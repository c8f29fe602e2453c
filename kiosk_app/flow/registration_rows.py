"""The 利用登録申請 of 住登外戸籍: where the 本籍 is, what is typed, the card again, signature and number; and the printed number, which is
bought as a certificate is. Card and PIN, cash-in, printing and taking are the certificate's own sub-flows."""

from __future__ import annotations

from dataclasses import replace

from cards.pins import is_password
from server_stub.interface.failures import Failed
from server_stub.interface.registration import reference_of
from server_stub.interface.registration_text import Form, text_of

from . import events as e
from .card_rows import (
    accept_last_try,
    ask_pin_again,
    card_away,
    card_is_fresh,
    card_pulled,
    four_digits,
    pin_is_blocked,
    reader_is_lost,
    reader_lost,
    reader_still_lost,
    stop_rows,
    tries_of_a_real_card_unknown,
)
from .effects import AuthenticateForRegistration, OpenSession, OrderSlip, ReadSigner, Register, Say
from .ending import card_lies_there, leave, refuse, refused, refused_as
from .row import Context, Result, Row
from .state import Addressee, CardPresence, Visit
from .state import StateName as S

# --- conditions ----------------------------------------------------------------------------------------------------------


def registering(h: Context) -> bool:
    return h.visit.registering


def registering_with_an_ordinance_s_card(h: Context) -> bool:
    return registering(h) and h.event.service is not None


def registering_with_a_usable_card(h: Context) -> bool:
    return registering(h) and not pin_is_blocked(h) and not tries_of_a_real_card_unknown(h)


def registering_with_four_digits(h: Context) -> bool:
    return registering(h) and four_digits(h)


def registering_and_card_lies_there(h: Context) -> bool:
    return registering(h) and card_lies_there(h)


def _addressee(h: Context) -> Addressee | None:
    return next((one for one in h.visit.addressees if one.info.code == h.event.code), None)


def takes_no_applications(h: Context) -> bool:
    found = _addressee(h)
    return found is not None and not found.takes


def is_home(h: Context) -> bool:
    return _addressee(h) is not None and h.event.code == h.visit.home


def refuses_now(h: Context) -> bool:
    found = _addressee(h)
    return found is not None and found.refusal is not None


def takes_applications(h: Context) -> bool:
    return _addressee(h) is not None


def can_be_written(h: Context) -> bool:
    try:
        _text(_typed_telephone(h))
    except Failed:
        return False
    return True


def event_has_one_try_left(h: Context) -> bool:
    return bool(h.event.tries_left == 1)


def a_password(h: Context) -> bool:
    return is_password(h.event.password.reveal())


def wrong_password(h: Context) -> bool:
    return bool(h.event.failure == "Card_Password_Wrong")


def wrong_password_and_card_gone(h: Context) -> bool:
    return wrong_password(h) and not h.visit.card_inside


def wrong_password_with_one_try_left(h: Context) -> bool:
    return wrong_password(h) and h.event.fact("tries_left") == 1


def slip_can_be_bought(h: Context) -> bool:
    received = h.visit.received
    return received is not None and received.slip_fee > 0 and not h.visit.stopped


# --- actions -------------------------------------------------------------------------------------------------------------


def begin_registration(h: Context) -> Result:
    return replace(h.visit, registering=True), ()


def card_known_and_open(h: Context) -> Result:
    event = h.event
    visit = replace(
        h.visit, holder_ref=event.holder_ref, tries_left=event.tries_left, card_kind=str(event.kind)
    )
    return visit, (OpenSession(),)


def authenticate(h: Context) -> Result:
    visit = replace(h.visit, was_wrong=False)
    effect = AuthenticateForRegistration(
        visit.session_id, h.event.pin, visit.holder_ref, visit.tries_left, visit.last_try_accepted
    )
    return visit, (effect,)


def opened(h: Context) -> Result:
    event = h.event
    visit = replace(
        h.visit, home=event.home, day=event.day, addressees=event.addressees, was_wrong=False, tries_left=None
    )
    return visit, ()


def opened_ask_card(h: Context) -> Result:
    return opened(h)[0], (Say("attention"),)


def choose_addressee(h: Context) -> Result:
    """What was typed of a place is of that municipality alone."""
    found, before = _addressee(h), h.visit.chosen_municipality
    if found is None:
        raise ValueError("the table lets nobody choose what is not listed")
    same = before is not None and before.code == found.info.code
    return replace(h.visit, chosen_municipality=found.info, domicile=h.visit.domicile if same else ""), ()


def refuse_not_offered(h: Context) -> Result:
    return refuse(choose_addressee(h)[0], "Registration_Not_Offered")


def refuse_home(h: Context) -> Result:
    return refuse(choose_addressee(h)[0], "Registration_Same_Municipality")


def refuse_by_addressee(h: Context) -> Result:
    found = _addressee(h)
    if found is None or found.refusal is None:
        raise ValueError("the table lets nobody come here without a refusal")
    told = found.refusal
    return refuse(choose_addressee(h)[0], told.failure, tuple(told.facts.items()), told.words)


def type_domicile(h: Context) -> Result:
    return replace(h.visit, domicile=h.event.text), ()


def type_head(h: Context) -> Result:
    return replace(h.visit, head=h.event.text), ()


def _typed_telephone(h: Context) -> Visit:
    return replace(h.visit, telephone=h.event.text)


def write(h: Context) -> Result:
    """Write the application: what is shown from now on is, letter by letter, what will be signed."""
    visit = _typed_telephone(h)
    return replace(visit, text=_text(visit)), ()


def _text(visit: Visit) -> str:
    """Raises Failed(Registration_Entry_Wrong)."""
    told, day = visit.chosen_municipality, visit.day
    if told is None or day is None:
        raise ValueError("the table lets nobody come here before the municipality is chosen")
    form = Form(
        municipality=told.code,
        name=told.name,
        domicile=f"{told.prefecture}{told.name}{visit.domicile}",
        head=visit.head,
        telephone=visit.telephone,
        day=day,
        reference=reference_of(visit.session_id),
    )
    return text_of(form)


def read_signer(h: Context) -> Result:
    return replace(h.visit, card=CardPresence.USED), (ReadSigner(h.visit.holder_ref),)


def signer_known(h: Context) -> Result:
    visit = replace(
        h.visit,
        tries_left=h.event.tries_left,
        card_kind=str(h.event.kind),
        was_wrong=False,
        last_try_accepted=False,
    )
    return visit, ()


def sign_and_send(h: Context) -> Result:
    visit = replace(h.visit, was_wrong=False)
    told = visit.chosen_municipality
    if told is None:
        raise ValueError("the table lets nobody come here before the municipality is chosen")
    effect = Register(
        visit.session_id,
        told.code,
        visit.text,
        h.event.password,
        visit.holder_ref,
        visit.tries_left,
        visit.last_try_accepted,
    )
    return visit, (effect,)


def show_number(h: Context) -> Result:
    """Nothing of what was typed is needed any more."""
    visit = replace(h.visit, received=h.event.received, domicile="", head="", telephone="", text="")
    return visit, (Say("attention"),)


def order_slip(h: Context) -> Result:
    """The number goes with the order; the visit has it no more."""
    visit = h.visit
    if visit.received is None or visit.chosen_municipality is None:
        raise ValueError("the table lets nobody come here without a number")
    effect = OrderSlip(visit.session_id, visit.received, visit.chosen_municipality, visit.language)
    return replace(visit, received=None), (effect,)


# --- the table -------------------------------------------------------------------------------------------------------------


def before_every_card() -> tuple[Row, ...]:
    """List the rows that stand before those of card and PIN: they hold for a 利用登録申請 alone."""
    return (
        Row(S.SERVICE_MENU, e.RegistrationTouched, S.CONSENT, begin_registration),
        Row(
            S.READING_CARD,
            e.CardRead,
            S.REFUSAL,
            refused_as("Card_Resident_Register_Card"),
            registering_with_an_ordinance_s_card,
        ),
        Row(
            S.READING_CARD, e.CardRead, S.OPENING_SESSION, card_known_and_open, registering_with_a_usable_card
        ),
        Row(S.ENTER_PIN, e.PinEntered, S.AUTHENTICATING, authenticate, registering_with_four_digits),
        Row(
            S.AUTHENTICATING,
            e.RegistrationOpened,
            S.TAKE_CARD,
            opened_ask_card,
            registering_and_card_lies_there,
        ),
        Row(S.AUTHENTICATING, e.RegistrationOpened, S.CHOOSE_DOMICILE, opened, registering),
        Row(S.TAKE_CARD, e.CardRemoved, S.CHOOSE_DOMICILE, card_away, registering),
    )


ROWS: tuple[Row, ...] = (
    Row(S.CHOOSE_DOMICILE, e.MunicipalityChosen, S.REFUSAL, refuse_home, is_home),
    Row(S.CHOOSE_DOMICILE, e.MunicipalityChosen, S.REFUSAL, refuse_not_offered, takes_no_applications),
    Row(S.CHOOSE_DOMICILE, e.MunicipalityChosen, S.REFUSAL, refuse_by_addressee, refuses_now),
    Row(S.CHOOSE_DOMICILE, e.MunicipalityChosen, S.ENTER_DOMICILE, choose_addressee, takes_applications),
    *stop_rows(S.CHOOSE_DOMICILE, "Visit_Timed_Out"),
    Row(S.ENTER_DOMICILE, e.DomicileEntered, S.ENTER_HEAD, type_domicile),
    Row(S.ENTER_DOMICILE, e.BackTouched, S.CHOOSE_DOMICILE),
    *stop_rows(S.ENTER_DOMICILE, "Visit_Timed_Out"),
    Row(S.ENTER_HEAD, e.HeadEntered, S.ENTER_TELEPHONE, type_head),
    Row(S.ENTER_HEAD, e.BackTouched, S.ENTER_DOMICILE),
    *stop_rows(S.ENTER_HEAD, "Visit_Timed_Out"),
    Row(S.ENTER_TELEPHONE, e.TelephoneEntered, S.CONFIRM_REGISTRATION, write, can_be_written),
    Row(S.ENTER_TELEPHONE, e.TelephoneEntered, S.REFUSAL, refused_as("Registration_Entry_Wrong")),
    Row(S.ENTER_TELEPHONE, e.BackTouched, S.ENTER_HEAD),
    *stop_rows(S.ENTER_TELEPHONE, "Visit_Timed_Out"),
    Row(S.CONFIRM_REGISTRATION, e.Confirmed, S.REFUSAL, reader_still_lost, reader_is_lost),
    Row(S.CONFIRM_REGISTRATION, e.Confirmed, S.CHECKING_CARD, read_signer, card_is_fresh),
    Row(S.CONFIRM_REGISTRATION, e.Confirmed, S.PLACE_CARD_AGAIN),
    Row(S.CONFIRM_REGISTRATION, e.BackTouched, S.ENTER_TELEPHONE),
    *stop_rows(S.CONFIRM_REGISTRATION, "Visit_Timed_Out"),
    Row(S.PLACE_CARD_AGAIN, e.CardInserted, S.CHECKING_CARD, read_signer),
    Row(S.PLACE_CARD_AGAIN, e.ReaderLost, S.REFUSAL, reader_lost),
    Row(S.PLACE_CARD_AGAIN, e.BackTouched, S.CONFIRM_REGISTRATION),
    *stop_rows(S.PLACE_CARD_AGAIN, "Visit_Timed_Out"),
    Row(S.CHECKING_CARD, e.SignerRead, S.REFUSAL, refused_as("Card_Password_Blocked"), pin_is_blocked),
    Row(
        S.CHECKING_CARD,
        e.SignerRead,
        S.REFUSAL,
        refused_as("Card_Answer_Unexpected"),
        tries_of_a_real_card_unknown,
    ),
    Row(S.CHECKING_CARD, e.SignerRead, S.CONFIRM_LAST_PASSWORD, signer_known, event_has_one_try_left),
    Row(S.CHECKING_CARD, e.SignerRead, S.ENTER_PASSWORD, signer_known),
    Row(S.CHECKING_CARD, e.CardRemoved, S.REFUSAL, card_pulled),
    Row(S.CHECKING_CARD, e.Refused, S.REFUSAL, refused),
    Row(S.CHECKING_CARD, e.CancelTouched, S.REFUSAL, refused_as("Visit_Cancelled")),
    Row(S.CONFIRM_LAST_PASSWORD, e.LastTryAccepted, S.ENTER_PASSWORD, accept_last_try),
    Row(S.CONFIRM_LAST_PASSWORD, e.CardRemoved, S.REFUSAL, card_pulled),
    *stop_rows(S.CONFIRM_LAST_PASSWORD, "Visit_Timed_Out"),
    Row(S.ENTER_PASSWORD, e.PasswordEntered, S.SIGNING, sign_and_send, a_password),
    Row(S.ENTER_PASSWORD, e.CardRemoved, S.REFUSAL, card_pulled),
    *stop_rows(S.ENTER_PASSWORD, "Visit_Timed_Out"),
    # what is on its way cannot be called back: there is no cancelling here
    Row(S.SIGNING, e.NumberReceived, S.SHOW_NUMBER, show_number),
    Row(S.SIGNING, e.Refused, S.REFUSAL, card_pulled, wrong_password_and_card_gone),
    Row(
        S.SIGNING, e.Refused, S.CONFIRM_LAST_PASSWORD, ask_pin_again, wrong_password_with_one_try_left
    ),
    Row(S.SIGNING, e.Refused, S.ENTER_PASSWORD, ask_pin_again, wrong_password),
    Row(S.SIGNING, e.Refused, S.REFUSAL, refused),
    Row(S.SIGNING, e.DeadlinePassed, S.REFUSAL, refused_as("Centre_Unreachable")),
    Row(S.SHOW_NUMBER, e.SlipTouched, S.PREPARING, order_slip, slip_can_be_bought),
    *leave(S.SHOW_NUMBER, e.Acknowledged, e.DeadlinePassed),
)  # fmt: skip
