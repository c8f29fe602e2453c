"""Card and PIN, a sub-flow: the card on the reader, the place, the PIN, authentication, the card in the resident's hand again. It
does not know what the resident comes for."""

from __future__ import annotations

from dataclasses import replace

from cards.pins import is_pin
from server_stub.interface.values import MunicipalityInfo, Place

from . import events as e
from .effects import Authenticate, FetchMunicipalities, OpenSession, ReadCard, Say
from .ending import card_lies_there, finish, finish_with_card, refuse, refused, refused_as
from .row import Context, Result, Row
from .state import CardPresence
from .state import StateName as S

# --- conditions ----------------------------------------------------------------------------------------------------


def card_is_fresh(h: Context) -> bool:
    return h.visit.card is CardPresence.FRESH


def pin_is_blocked(h: Context) -> bool:
    return bool(h.event.tries_left == 0)


def tries_of_a_real_card_unknown(h: Context) -> bool:
    return h.event.tries_left is None and h.event.kind != "virtual"


def one_try_left(h: Context) -> bool:
    return h.visit.tries_left == 1


def address_and_one_try_left(h: Context) -> bool:
    return address(h) and one_try_left(h)


def address_and_no_session(h: Context) -> bool:
    return h.event.place is Place.ADDRESS and not h.visit.session_id


def address(h: Context) -> bool:
    return h.event.place is Place.ADDRESS


def municipalities_are_known(h: Context) -> bool:
    return bool(h.visit.municipalities)


def _chosen(h: Context) -> MunicipalityInfo | None:
    return next((m for m in h.visit.municipalities if m.code == h.event.code), None)


def not_participating(h: Context) -> bool:
    chosen = _chosen(h)
    return chosen is not None and not chosen.participating


def listed_and_no_session(h: Context) -> bool:
    return _chosen(h) is not None and not h.visit.session_id


def listed(h: Context) -> bool:
    return _chosen(h) is not None


def listed_and_one_try_left(h: Context) -> bool:
    return listed(h) and one_try_left(h)


def domicile(h: Context) -> bool:
    return h.visit.place is Place.DOMICILE


def four_digits(h: Context) -> bool:
    return is_pin(h.event.pin.reveal())


def wrong_pin_with_tries_left(h: Context) -> bool:
    return wrong_pin(h) and h.event.fact("tries_left") != 0


def wrong_pin_with_one_try_left(h: Context) -> bool:
    return wrong_pin(h) and h.event.fact("tries_left") == 1


def wrong_pin_and_card_gone(h: Context) -> bool:
    return wrong_pin_with_tries_left(h) and not h.visit.card_inside


def wrong_pin(h: Context) -> bool:
    return bool(h.event.failure in ("Card_Pin_Wrong", "Ordinance_Pin_Wrong"))


def for_a_certificate(h: Context) -> bool:
    return not h.visit.registering


def reader_is_lost(h: Context) -> bool:
    return bool(h.visit.reader)


# --- actions --------------------------------------------------------------------------------------------------------


def read_card(h: Context) -> Result:
    return replace(h.visit, card=CardPresence.USED), (ReadCard(),)


def card_known(h: Context) -> Result:
    event = h.event
    visit = replace(
        h.visit, holder_ref=event.holder_ref, tries_left=event.tries_left, card_kind=str(event.kind)
    )
    return visit, ()


def choose_address(h: Context) -> Result:
    return replace(h.visit, place=Place.ADDRESS, chosen_municipality=None), ()


def choose_address_and_open(h: Context) -> Result:
    return choose_address(h)[0], (OpenSession(),)


def choose_domicile(h: Context) -> Result:
    return replace(h.visit, place=Place.DOMICILE), ()


def choose_domicile_and_fetch(h: Context) -> Result:
    return choose_domicile(h)[0], (FetchMunicipalities(),)


def know_municipalities(h: Context) -> Result:
    return replace(h.visit, municipalities=h.event.municipalities), ()


def choose_municipality(h: Context) -> Result:
    return replace(h.visit, chosen_municipality=_chosen(h)), ()


def choose_municipality_and_open(h: Context) -> Result:
    return choose_municipality(h)[0], (OpenSession(),)


def session_known(h: Context) -> Result:
    return replace(h.visit, session_id=h.event.session_id), ()


def accept_last_try(h: Context) -> Result:
    return replace(h.visit, last_try_accepted=True), ()


def authenticate(h: Context) -> Result:
    visit = replace(h.visit, was_wrong=False)
    chosen = visit.chosen_municipality
    return visit, (
        Authenticate(
            visit.session_id,
            h.event.pin,
            visit.place,
            chosen if visit.place is Place.DOMICILE else None,
            visit.holder_ref,
            visit.tries_left,
            visit.last_try_accepted,
        ),
    )


def ask_pin_again(h: Context) -> Result:
    left = h.event.fact("tries_left")
    tries = left if isinstance(left, int) else None
    return replace(h.visit, was_wrong=True, tries_left=tries), (Say("error"),)


def card_away(h: Context) -> Result:
    return replace(h.visit, card=CardPresence.ABSENT, forgotten=False), ()


def warn_card(h: Context) -> Result:
    return replace(h.visit, forgotten=True), (Say("card_forgotten"),)


def card_pulled(h: Context) -> Result:
    return refuse(replace(h.visit, card=CardPresence.ABSENT), "Card_Removed")


def reader_lost(h: Context) -> Result:
    return refuse(replace(h.visit, reader=h.event.failure), h.event.failure)


def reader_still_lost(h: Context) -> Result:
    return refuse(h.visit, h.visit.reader)


def card_was_warned(h: Context) -> bool:
    return h.visit.forgotten


# --- the table --------------------------------------------------------------------------------------------------------


def stop_rows(state: S, on_deadline: str) -> tuple[Row, ...]:
    return (
        Row(state, e.CancelTouched, S.REFUSAL, refused_as("Visit_Cancelled")),
        Row(state, e.DeadlinePassed, S.REFUSAL, refused_as(on_deadline)),
    )


def card_and_pin(*, comes_from: S, goes_to: S) -> tuple[Row, ...]:
    """List the rows from the consent (`comes_from`) to whatever follows the card in the resident's hand (`goes_to`). What an
    Authenticated means is for whoever asked for it to say."""
    return (
        Row(comes_from, e.Agreed, S.REFUSAL, reader_still_lost, reader_is_lost),
        Row(comes_from, e.Agreed, S.READING_CARD, read_card, card_is_fresh),
        Row(comes_from, e.Agreed, S.LIFT_CARD, None, card_lies_there),
        Row(comes_from, e.Agreed, S.PLACE_CARD),
        Row(S.PLACE_CARD, e.CardInserted, S.READING_CARD, read_card),
        Row(S.PLACE_CARD, e.ReaderLost, S.REFUSAL, reader_lost),
        Row(S.PLACE_CARD, e.BackTouched, comes_from),
        Row(S.PLACE_CARD, e.CancelTouched, S.TOP_MENU, finish),
        Row(S.PLACE_CARD, e.DeadlinePassed, S.TOP_MENU, finish),
        Row(S.LIFT_CARD, e.CardRemoved, S.PLACE_CARD, card_away),
        Row(S.LIFT_CARD, e.CancelTouched, S.CARD_LEFT, finish_with_card),
        Row(S.LIFT_CARD, e.DeadlinePassed, S.CARD_LEFT, finish_with_card),
        Row(S.READING_CARD, e.CardRead, S.REFUSAL, refused_as("Card_Pin_Blocked"), pin_is_blocked),
        Row(
            S.READING_CARD,
            e.CardRead,
            S.REFUSAL,
            refused_as("Card_Answer_Unexpected"),
            tries_of_a_real_card_unknown,
        ),
        Row(S.READING_CARD, e.CardRead, S.CHOOSE_PLACE, card_known),
        Row(S.READING_CARD, e.CardRemoved, S.REFUSAL, card_pulled),
        Row(S.READING_CARD, e.Refused, S.REFUSAL, refused),
        Row(S.READING_CARD, e.CancelTouched, S.REFUSAL, refused_as("Visit_Cancelled")),
        Row(
            S.CHOOSE_PLACE, e.PlaceChosen, S.OPENING_SESSION, choose_address_and_open, address_and_no_session
        ),
        Row(S.CHOOSE_PLACE, e.PlaceChosen, S.CONFIRM_LAST_TRY, choose_address, address_and_one_try_left),
        Row(S.CHOOSE_PLACE, e.PlaceChosen, S.ENTER_PIN, choose_address, address),
        Row(S.CHOOSE_PLACE, e.PlaceChosen, S.CHOOSE_MUNICIPALITY, choose_domicile, municipalities_are_known),
        Row(S.CHOOSE_PLACE, e.PlaceChosen, S.FETCHING_MUNICIPALITIES, choose_domicile_and_fetch),
        Row(S.CHOOSE_PLACE, e.CardRemoved, S.REFUSAL, card_pulled),
        *stop_rows(S.CHOOSE_PLACE, "Visit_Timed_Out"),
        Row(S.FETCHING_MUNICIPALITIES, e.MunicipalitiesKnown, S.CHOOSE_MUNICIPALITY, know_municipalities),
        Row(S.FETCHING_MUNICIPALITIES, e.CardRemoved, S.REFUSAL, card_pulled),
        Row(S.FETCHING_MUNICIPALITIES, e.Refused, S.REFUSAL, refused),
        *stop_rows(S.FETCHING_MUNICIPALITIES, "Centre_Unreachable"),
        Row(
            S.CHOOSE_MUNICIPALITY,
            e.MunicipalityChosen,
            S.REFUSAL,
            refused_as("Municipality_Not_Participating"),
            not_participating,
        ),
        Row(
            S.CHOOSE_MUNICIPALITY,
            e.MunicipalityChosen,
            S.OPENING_SESSION,
            choose_municipality_and_open,
            listed_and_no_session,
        ),
        Row(
            S.CHOOSE_MUNICIPALITY,
            e.MunicipalityChosen,
            S.CONFIRM_LAST_TRY,
            choose_municipality,
            listed_and_one_try_left,
        ),
        Row(S.CHOOSE_MUNICIPALITY, e.MunicipalityChosen, S.ENTER_PIN, choose_municipality, listed),
        Row(S.CHOOSE_MUNICIPALITY, e.BackTouched, S.CHOOSE_PLACE),
        Row(S.CHOOSE_MUNICIPALITY, e.CardRemoved, S.REFUSAL, card_pulled),
        *stop_rows(S.CHOOSE_MUNICIPALITY, "Visit_Timed_Out"),
        Row(S.OPENING_SESSION, e.SessionStarted, S.CONFIRM_LAST_TRY, session_known, one_try_left),
        Row(S.OPENING_SESSION, e.SessionStarted, S.ENTER_PIN, session_known),
        Row(S.OPENING_SESSION, e.CardRemoved, S.REFUSAL, card_pulled),
        Row(S.OPENING_SESSION, e.Refused, S.REFUSAL, refused),
        *stop_rows(S.OPENING_SESSION, "Centre_Unreachable"),
        Row(S.CONFIRM_LAST_TRY, e.LastTryAccepted, S.ENTER_PIN, accept_last_try),
        Row(S.CONFIRM_LAST_TRY, e.CardRemoved, S.REFUSAL, card_pulled),
        *stop_rows(S.CONFIRM_LAST_TRY, "Visit_Timed_Out"),
        Row(S.ENTER_PIN, e.PinEntered, S.AUTHENTICATING, authenticate, four_digits),
        Row(S.ENTER_PIN, e.BackTouched, S.CHOOSE_MUNICIPALITY, None, domicile),
        Row(S.ENTER_PIN, e.BackTouched, S.CHOOSE_PLACE, None, for_a_certificate),
        Row(S.ENTER_PIN, e.CardRemoved, S.REFUSAL, card_pulled),
        *stop_rows(S.ENTER_PIN, "Visit_Timed_Out"),
        Row(S.AUTHENTICATING, e.Refused, S.REFUSAL, card_pulled, wrong_pin_and_card_gone),
        Row(S.AUTHENTICATING, e.Refused, S.CONFIRM_LAST_TRY, ask_pin_again, wrong_pin_with_one_try_left),
        Row(S.AUTHENTICATING, e.Refused, S.ENTER_PIN, ask_pin_again, wrong_pin_with_tries_left),
        Row(S.AUTHENTICATING, e.Refused, S.REFUSAL, refused_as("Card_Pin_Blocked"), wrong_pin),
        Row(S.AUTHENTICATING, e.Refused, S.REFUSAL, refused),
        *stop_rows(S.AUTHENTICATING, "Centre_Unreachable"),
        Row(S.TAKE_CARD, e.CardRemoved, goes_to, card_away),
        Row(S.TAKE_CARD, e.CancelTouched, S.REFUSAL, refused_as("Visit_Cancelled")),
        Row(S.TAKE_CARD, e.DeadlinePassed, S.REFUSAL, refused_as("Card_Forgotten"), card_was_warned),
        Row(S.TAKE_CARD, e.DeadlinePassed, S.TAKE_CARD, warn_card),
    )
