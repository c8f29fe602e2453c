"""What can happen to a visit: touches of the resident, answers of effects, devices, time. Plain data, no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server_stub.interface.secret import Secret

if TYPE_CHECKING:
    # for annotations only: pydantic is not needed for the first screen to open
    from datetime import date

    from server_stub.interface.offers import Offers, Scope
    from server_stub.interface.terminal import OrdinanceService
    from server_stub.interface.values import MunicipalityInfo, Place

    from .state import Addressee, Purchase, Received
    from .views import Look


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all events."""


# --- touches: emitted by screens ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ServiceTouched(Event):
    """行政サービス on the top menu, or 証明書交付サービス below it."""


@dataclass(frozen=True, slots=True)
class RegistrationTouched(Event):
    """戸籍証明書交付の利用登録申請 below 行政サービス."""


@dataclass(frozen=True, slots=True)
class Agreed(Event):
    pass


@dataclass(frozen=True, slots=True)
class PlaceChosen(Event):
    place: Place


@dataclass(frozen=True, slots=True)
class MunicipalityChosen(Event):
    code: str


@dataclass(frozen=True, slots=True)
class LastTryAccepted(Event):
    """「それでも入力する」: the next wrong entry locks the PIN, and the resident knows."""


@dataclass(frozen=True, slots=True)
class PinEntered(Event):
    pin: Secret


@dataclass(frozen=True, slots=True)
class DomicileEntered(Event):
    """町名・番地 as typed: kanji, kana, full-width digits and signs; at most `kiosk_app.input_method.entries.DOMICILE` letters."""

    text: str


@dataclass(frozen=True, slots=True)
class HeadEntered(Event):
    """氏名 of the 筆頭者 as typed, with variation selectors where a form was chosen; a full-width space only where it was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class TelephoneEntered(Event):
    """10 or 11 digits from the area code on, with the hyphens that were typed."""

    text: str


@dataclass(frozen=True, slots=True)
class PasswordEntered(Event):
    """Of the signature certificate: 6 to 16 of A-Z and 0-9."""

    password: Secret


@dataclass(frozen=True, slots=True)
class SlipTouched(Event):
    """「申請番号を印刷する」."""


@dataclass(frozen=True, slots=True)
class KindChosen(Event):
    """`kind`: the code of an offer, or of a kind that is chosen before its PIN."""

    kind: str


@dataclass(frozen=True, slots=True)
class ScopeChosen(Event):
    """Who goes on the paper: `subjects` by their refs, whatever the scope."""

    scope: Scope
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """`answers`: question -> choice, of the questions on the present screen."""

    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CopiesChosen(Event):
    copies: int


@dataclass(frozen=True, slots=True)
class Confirmed(Event):
    pass


@dataclass(frozen=True, slots=True)
class ReceiptChosen(Event):
    wanted: bool


@dataclass(frozen=True, slots=True)
class BackTouched(Event):
    pass


@dataclass(frozen=True, slots=True)
class CancelTouched(Event):
    pass


@dataclass(frozen=True, slots=True)
class Acknowledged(Event):
    """The main button of a refusal or of the last screen (「終了する」, and 「もう一度」 where `again` is set)."""

    again: bool = False


@dataclass(frozen=True, slots=True)
class MoreTimeTouched(Event):
    """Any touch during the visible countdown."""


@dataclass(frozen=True, slots=True)
class LanguageChosen(Event):
    language: str  # of kiosk_app.flow.views.LANGUAGES


@dataclass(frozen=True, slots=True)
class LookChosen(Event):
    """How the screens shall look until the visit ends."""

    look: Look


@dataclass(frozen=True, slots=True)
class OperatorResumed(Event):
    """係員 has cleared the jam: go on at the sheet that did not come out."""


@dataclass(frozen=True, slots=True)
class OperatorRefunded(Event):
    """係員 gives all money back and voids the sheets."""


@dataclass(frozen=True, slots=True)
class StaffSettled(Event):
    """係員 settles what keeps the terminal out of service. `how`: `returned` (the money was given to whose it is) or
    `checked` (all books were compared, and what differs is accepted)."""

    how: str


# --- time ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeadlinePassed(Event):
    """The deadline of the present state has passed on the one clock."""


# --- answers of effects and devices ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """An effect or a device failed by a name: of the catalogue, or with `words` (language -> text) of its own."""

    failure: str
    facts: tuple[tuple[str, object], ...] = ()
    words: Mapping[str, str] | None = None

    def fact(self, name: str) -> object | None:
        return dict(self.facts).get(name)


@dataclass(frozen=True, slots=True)
class CardInserted(Event):
    pass


@dataclass(frozen=True, slots=True)
class CardRemoved(Event):
    pass


@dataclass(frozen=True, slots=True)
class ReaderLost(Event):
    """Reader or service is gone; `failure` is its catalogue name. A card that lay there is gone with it."""

    failure: str


@dataclass(frozen=True, slots=True)
class ReaderBack(Event):
    pass


@dataclass(frozen=True, slots=True)
class CardRead(Event):
    """The card was read without PIN: its authentication certificate, or, of a 住民基本台帳カード of `service`, its number. `tries_left` is
    None when the card did not say."""

    holder_ref: str
    tries_left: int | None
    kind: str = "real"
    """A kiosk_app.card_trust.CardKind."""
    service: OrdinanceService | None = None


@dataclass(frozen=True, slots=True)
class MunicipalitiesKnown(Event):
    municipalities: tuple[MunicipalityInfo, ...]


@dataclass(frozen=True, slots=True)
class SessionStarted(Event):
    session_id: str


@dataclass(frozen=True, slots=True)
class Authenticated(Event):
    offers: Offers


@dataclass(frozen=True, slots=True)
class RegistrationOpened(Event):
    """The holder may apply. `addressees`: every municipality as the one of the 本籍; `home`: whose resident the holder is; `day`: 申請日."""

    home: str
    day: date
    addressees: tuple[Addressee, ...]


@dataclass(frozen=True, slots=True)
class SignerRead(Event):
    """The card that was authenticated lies there again; `tries_left` of its 署名用パスワード, None when it did not say."""

    tries_left: int | None
    kind: str = "real"


@dataclass(frozen=True, slots=True)
class NumberReceived(Event):
    """The application was received."""

    received: Received


@dataclass(frozen=True, slots=True)
class PaperReceived(Event):
    """All sheets are here: of a certificate, and the binding was checked, or the slip with the 申請番号."""

    purchase: Purchase


@dataclass(frozen=True, slots=True)
class MoneyChanged(Event):
    """`inserted` yen are in the escrow now."""

    inserted: int


@dataclass(frozen=True, slots=True)
class CoinRejected(Event):
    denomination: int


@dataclass(frozen=True, slots=True)
class MayBePaid(Event):
    """Nothing has come to stand against the paper since it was made, as far as anybody can say."""


@dataclass(frozen=True, slots=True)
class MoneyTaken(Event):
    """The escrow was taken in; `change` yen will be returned."""

    change: int


@dataclass(frozen=True, slots=True)
class MoneyReturned(Event):
    """`amount` yen lie in the return tray. `carried_off`: printed sheets of the application are no longer there to be void."""

    amount: int
    carried_off: bool = False


@dataclass(frozen=True, slots=True)
class ServiceStopped(Event):
    """The next resident must not begin, for a reason of the catalogue; `facts` are for staff."""

    failure: str
    facts: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceResumed(Event):
    """Nothing keeps the next resident away (any more)."""


@dataclass(frozen=True, slots=True)
class SheetPrinted(Event):
    number: int


@dataclass(frozen=True, slots=True)
class PaperTaken(Event):
    """The resident has taken the paper out of the tray."""


@dataclass(frozen=True, slots=True)
class ReceiptPrinted(Event):
    pass
