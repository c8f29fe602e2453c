"""Two cards of 足利市 of 2012, and an official's and the centre's words about them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server_stub.interface.card_registry import Act, CardAuthentication, RegistrationAct
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

CITY = "09202"
GROWN, CHILD = "123456789012345", "987650123498765"
RESIDENCE, SEAL = "residence", "seal_registration"
RIGHT, OTHER, WRONG = "4182", "7306", "9999"


def act(what: Act, kind: str = RESIDENCE, card: str = GROWN, **more: object) -> RegistrationAct:
    return RegistrationAct.model_validate(
        {"municipality": CITY, "card": card, "kind": kind, "act": what, "operator": "職員", **more}
    )


def asked(pin: str, kind: str = RESIDENCE, card: str = GROWN, municipality: str = CITY) -> CardAuthentication:
    return CardAuthentication(municipality=municipality, card=card, kind=kind, pin=Secret(pin))


def failure_of(action: Callable[..., object], *given: object) -> tuple[str, dict[str, object]]:
    with pytest.raises(Failed) as caught:
        action(*given)
    return caught.value.failure, caught.value.facts
