"""Centre and officials -> ICカード標準システム (条例利用方式): the messages.

    POST /v1/card-authentications     CardAuthentication -> CardAuthenticated (the centre's key)
    POST /ops/v1/registrations        RegistrationAct -> CardView (the officials' key)
    POST /ops/v1/card-states          CardStateAct -> CardView
    POST /ops/v1/card-views           CardAsked -> CardView

The real telegram (カード認証電文) is not public. That it asks for card, kind of certificate and PIN together is our reading of the
ordinances, in which a PIN is registered for each kind (推定).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from .values import CardNumber, Code, Code5, Identifier, Model, PinText, RegisterText


class CardState(StrEnum):
    """Of a card as such. In use; 一時停止; 紛失 (reported lost); 返納・廃止."""

    IN_USE = "in_use"
    SUSPENDED = "suspended"
    LOST = "lost"
    ABOLISHED = "abolished"


class KindState(StrEnum):
    """Of the use of a card for one kind of certificate."""

    REGISTERED = "registered"
    STOPPED = "stopped"


class CardAsked(Model):
    municipality: Code5
    card: CardNumber


class CardAuthentication(CardAsked):
    """カード認証電文: may whoever knows `pin` use this card for this kind?"""

    kind: Code
    pin: PinText


class CardAuthenticated(CardAsked):
    """Yes; for this card and this kind."""

    kind: Code


class Act(StrEnum):
    """What an official does about a card's use for one kind: 利用登録, 利用停止, its end, a new PIN (also for a locked one)."""

    REGISTER = "register"
    STOP = "stop"
    RESUME = "resume"
    CHANGE_PIN = "change_pin"


class RegistrationAct(CardAsked):
    """One act for one kind, at the counter. `pin`: for register and change_pin, and only then. `ward`: the holder is 成年被後見人;
    `by_representative`: the legal representative (法定代理人) applies."""

    kind: Code
    act: Act
    pin: PinText | None = None
    ward: bool = False
    by_representative: bool = False
    operator: Annotated[Identifier, Field(min_length=1)]
    reason: RegisterText = ""

    @model_validator(mode="after")
    def _has_the_pin_it_needs(self) -> RegistrationAct:
        if (self.pin is None) is (self.act in (Act.REGISTER, Act.CHANGE_PIN)):
            raise ValueError("a PIN for register and change_pin, and only then")
        return self


class CardStateAct(CardAsked):
    state: CardState
    operator: Annotated[Identifier, Field(min_length=1)]
    reason: RegisterText = ""


class KindView(Model):
    kind: Code
    state: KindState
    tries_left: Annotated[int, Field(ge=0)]
    since: datetime


class ActView(Model):
    """`kind` is '' for an act about the whole card."""

    at: datetime
    act: Identifier
    kind: Identifier
    operator: Identifier
    reason: RegisterText


class CardView(CardAsked):
    """What the municipality knows of a card; no PIN, and nobody's name."""

    state: CardState
    since: datetime
    expires_on: date
    kinds: tuple[KindView, ...]
    acts: tuple[ActView, ...]
