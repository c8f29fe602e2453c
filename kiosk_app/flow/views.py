"""What a screen shows, as plain data: the seam between flow and screens. A screen shows a view and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from server_stub.interface.secret import Secret

if TYPE_CHECKING:
    # for annotations only: pydantic is not needed for the first screen to open
    from server_stub.interface.offers import Offer, Question, Scope, Subject
    from server_stub.interface.terminal import OrdinanceKind
    from server_stub.interface.values import MunicipalityInfo

Words = Mapping[str, str]
"""Language -> text."""


LANGUAGES = ("ja", "en", "zh", "ko", "vi", "pt")
"""What the screens speak: Japanese, English, Chinese (simplified), Korean, Vietnamese, Portuguese (of Brazil)."""


class Step(StrEnum):
    """The row of steps on top (カード, 暗証番号, 証明書, 確認, お支払い, 印刷)."""

    NONE = "none"
    CARD = "card"
    PIN = "pin"
    CERTIFICATE = "certificate"
    CONFIRM = "confirm"
    PAY = "pay"
    PRINT = "print"


@dataclass(frozen=True, slots=True)
class Look:
    """How the screens look: text as large as the page has room for; light letters on a dark ground."""

    large: bool = False
    contrast: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Common to all screens. `deadline` (clock time) is counted visibly in its last 15 seconds; None: no time-out."""

    language: str = "ja"
    look: Look = Look()
    step: Step = Step.NONE
    deadline: datetime | None = None
    can_go_back: bool = False
    can_cancel: bool = False
    accent: str = "#1F5FA8"
    either_card: bool = False
    """Whether a 住民基本台帳カード may be laid too, so that the screen speaks of both."""
    registration: bool = False
    """It is a 利用登録申請: what is paid for, printed and taken is the slip with its number, and no certificate."""
    page: int = 0
    """Of several pages of one kind: another one is another thing under the finger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopMenu(View):
    """The copier's top menu: 行政サービス, and how the screens may look. The shop's other services are told to be elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfService(View):
    """No visit can begin until staff have settled `failure`; `card_inside`: also say to take the card."""

    failure: str
    card_inside: bool = False
    call_center: str = ""
    """As of `Refusal`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMenu(View):
    """行政サービス: 証明書交付サービス, 戸籍証明書交付の利用登録申請."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(View):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCard(View):
    """カードを置く. `again`: for the signature, the card that was taken before."""

    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseKind(View):
    """The kinds for which a 住民基本台帳カード of `municipality` may have a PIN: the kind first, then its PIN."""

    municipality: MunicipalityInfo
    kinds: tuple[OrdinanceKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosePlace(View):
    """住所地 or 本籍地."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseMunicipality(View):
    """Paged list; `municipalities` in the order to show (north to south, as the 団体コード)."""

    municipalities: tuple[MunicipalityInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterPin(View):
    """PIN pad, 4 digits as dots. `tries_left` is told when it is below 3, and always of a real card; `was_wrong` after a wrong PIN.
    `kind`: the words of the kind whose PIN is asked for (条例利用)."""

    tries_left: int | None = None
    was_wrong: bool = False
    kind: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmLastTry(View):
    """One try is left: enter the PIN (or `password`) all the same, or leave it? `was_wrong` after a wrong one."""

    was_wrong: bool = False
    password: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRegistration(View):
    """The application letter by letter as it will be signed: `text` is what `registration_text.text_of` has written."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowNumber(View):
    """The result: the 申請番号 (16 digits), shown this once and in no picture; the status site's `site` ('' for none) and the `message` of
    `municipality`. `slip_fee` yen for the printed number, 0: it cannot be had. `card_inside`: also say to take the card."""

    municipality: MunicipalityInfo
    number: Secret
    message: Words
    site: str
    slip_fee: int
    card_inside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterDomicile(View):
    """町名・番地 of the 本籍 in `municipality`, on the kana keyboard; tells `DomicileEntered`. `text`: what was typed before."""

    municipality: MunicipalityInfo
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterHead(View):
    """氏名 of the 筆頭者, on the kana keyboard; tells `HeadEntered`. `text`: what was typed before."""

    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterTelephone(View):
    """A telephone number, on the number pad; tells `TelephoneEntered`. `text`: what was typed before."""

    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterPassword(View):
    """The password of the signature certificate, 6 to 16 of A-Z and 0-9 as dots; tells `PasswordEntered`. `tries_left` as of
    `EnterPin`, but of 5; `was_wrong` after a wrong password."""

    tries_left: int | None = None
    was_wrong: bool = False


class WaitReason(StrEnum):
    CONNECTING = "connecting"
    CARD_READING = "card_reading"
    AUTHENTICATING = "authenticating"
    CHECKING_REGISTRATION = "checking_registration"
    REGISTERING = "registering"
    PREPARING_SLIP = "preparing_slip"
    PREPARING = "preparing"
    RETURNING_MONEY = "returning_money"
    PRINTING_RECEIPT = "printing_receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class PleaseWait(View):
    """`free`: there is nothing to pay, printing comes next."""

    reason: WaitReason
    free: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCard(View):
    """カードをお取りください. `forgotten`: the first time-out has passed, the warning sounds."""

    forgotten: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseCertificate(View):
    """The menu of offers; an offer with a refusal is shown with its reason and cannot be chosen."""

    municipality: MunicipalityInfo
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseScope(View):
    """For whom: `ways` are the scopes that can be had, each with whom it puts on the paper. With CHOSEN the `subjects` are
    shown one by one (paged; several can be chosen, unless `one_only`), who is refused too. `scope` and `chosen`: what was chosen before."""

    ways: tuple[tuple[Scope, tuple[str, ...]], ...]
    subjects: tuple[Subject, ...]
    whole: Words | None = None
    whole_about: Words | None = None
    one_only: bool = False
    scope: Scope | None = None
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseOptions(View):
    """Up to three questions with two choices, or one with more. `answers`: question -> choice."""

    questions: tuple[Question, ...]
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseCopies(View):
    words: Words
    fee: int
    max_copies: int
    copies: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(View):
    """Certificate, persons, answers (words of the question and of the choice), copies and the fee. `whole`: the words of the
    scope, where all were asked for."""

    municipality: MunicipalityInfo
    words: Words
    names: tuple[str, ...]
    whole: Words | None
    answers: tuple[tuple[Words, Words], ...]
    copies: int
    fee: int
    fee_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay(View):
    """Drop money: `due` and `inserted` yen; `rejected` the denomination just given back, 0 for none."""

    due: int
    inserted: int
    rejected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing(View):
    """`printed` of `total` sheets have come out."""

    printed: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Jammed(View):
    """The paper is stuck: the resident is asked to call 係員, who resumes or refunds."""

    failure: str
    printed: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePaper(View):
    """`change` yen lie in the return tray; `forgotten` after the first time-out."""

    sheets: int
    change: int = 0
    forgotten: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReceipt(View):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thanks(View):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(View):
    """The one refusal screen. `returned` yen were given back; `can_retry` offers to begin again at the card;
    `card_inside`: also say to take the card; `contact` whom to ask about the matters of an office; `doubt`: money and paper must be
    settled by 係員; `words` tell of a failure that the catalogue does not have. `call_center`: name and telephone of the terminal's own;
    '' for the sample that the catalogue has. `calm`: the resident has ended it, nothing went wrong."""

    failure: str
    facts: tuple[tuple[str, object], ...] = ()
    words: Words | None = None
    returned: int = 0
    can_retry: bool = False
    card_inside: bool = False
    contact: Words | None = None
    doubt: bool = False
    call_center: str = ""
    calm: bool = False
