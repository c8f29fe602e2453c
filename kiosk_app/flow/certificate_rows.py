"""The certificate's whole way: services and consent, what the holder is offered, the choices, the application; with card and
PIN (for a 住民基本台帳カード with the kind before it), cash-in, printing and taking as its sub-flows. The 利用登録申請 joins in where these
begin, and stands in `registration_rows`."""

from __future__ import annotations

from dataclasses import replace

from . import choice_rows
from . import events as e
from .card_rows import card_and_pin, for_a_certificate
from .effects import Say
from .ending import card_lies_there, finish, leave, refuse, refused, refused_as
from .money_rows import cash_in
from .ordinance_rows import kind_before_pin
from .paper_rows import printing_and_taking
from .registration_rows import before_every_card
from .row import Context, Result, Row
from .state import StateName as S


def nothing_offered(h: Context) -> bool:
    """Every offer is refused, and all for the same reason: there is nothing to choose from."""
    names = {offer.refusal.failure if offer.refusal else "" for offer in h.event.offers.offers}
    return for_a_certificate(h) and (not names or (len(names) == 1 and "" not in names))


def certificate_and_card_lies_there(h: Context) -> bool:
    return for_a_certificate(h) and card_lies_there(h)


def begin(h: Context) -> Result:
    """A new visit; only language and card are taken over."""
    return replace(h.visit.next(), language=h.visit.language, look=h.visit.look), ()


def for_certificates(h: Context) -> Result:
    return replace(h.visit, registering=False), ()


def refuse_all_offers(h: Context) -> Result:
    visit = replace(h.visit, offers=h.event.offers)
    body = next((offer.refusal for offer in h.event.offers.offers if offer.refusal), None)
    if body is None:
        return refuse(visit, "Service_Not_Offered")
    return refuse(visit, body.failure, tuple(body.facts.items()), body.words)


def know_offers(h: Context) -> Result:
    return replace(h.visit, offers=h.event.offers, was_wrong=False), ()


def know_offers_ask_card(h: Context) -> Result:
    return know_offers(h)[0], (Say("attention"),)


ROWS: tuple[Row, ...] = (
    Row(S.TOP_MENU, e.ServiceTouched, S.SERVICE_MENU, begin),
    Row(S.TOP_MENU, e.DeadlinePassed, S.TOP_MENU, finish),
    Row(S.SERVICE_MENU, e.ServiceTouched, S.CONSENT, for_certificates),
    Row(S.SERVICE_MENU, e.BackTouched, S.TOP_MENU, finish),
    *leave(S.SERVICE_MENU, e.CancelTouched, e.DeadlinePassed),
    Row(S.CONSENT, e.BackTouched, S.SERVICE_MENU),
    *leave(S.CONSENT, e.CancelTouched, e.DeadlinePassed),
    *before_every_card(),
    *kind_before_pin(),
    *card_and_pin(comes_from=S.CONSENT, goes_to=S.CHOOSE_CERTIFICATE),
    Row(S.AUTHENTICATING, e.Authenticated, S.REFUSAL, refuse_all_offers, nothing_offered),
    Row(
        S.AUTHENTICATING, e.Authenticated, S.TAKE_CARD, know_offers_ask_card, certificate_and_card_lies_there
    ),
    Row(S.AUTHENTICATING, e.Authenticated, S.CHOOSE_CERTIFICATE, know_offers, for_a_certificate),
    *choice_rows.ROWS,
    Row(S.PREPARING, e.Refused, S.REFUSAL, refused),
    Row(S.PREPARING, e.CancelTouched, S.REFUSAL, refused_as("Visit_Cancelled")),
    Row(S.PREPARING, e.DeadlinePassed, S.REFUSAL, refused_as("Centre_Unreachable")),
    *cash_in(comes_from=S.PREPARING, goes_to=S.PRINTING, asks=True),
    *printing_and_taking(comes_from=S.PRINTING, goes_to=S.THANKS),
)
