"""Where a visit stands and what is known of it, and how long each state waits. Plain values; a step makes new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum

from server_stub.interface.offers import ApplicationRequest, Offer, Offers, Question, Scope
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import OrdinanceService
from server_stub.interface.values import FailureBody, Method, MunicipalityInfo, Place

from .views import Look


class StateName(StrEnum):
    """The states in the order of a visit."""

    TOP_MENU = "TopMenu"
    SERVICE_MENU = "ServiceMenu"
    CONSENT = "Consent"
    PLACE_CARD = "PlaceCard"
    LIFT_CARD = "LiftCard"
    READING_CARD = "ReadingCard"
    CHOOSE_KIND = "ChooseKind"
    CHOOSE_PLACE = "ChoosePlace"
    FETCHING_MUNICIPALITIES = "FetchingMunicipalities"
    CHOOSE_MUNICIPALITY = "ChooseMunicipality"
    OPENING_SESSION = "OpeningSession"
    CONFIRM_LAST_TRY = "ConfirmLastTry"
    ENTER_PIN = "EnterPin"
    AUTHENTICATING = "Authenticating"
    TAKE_CARD = "TakeCard"
    CHOOSE_DOMICILE = "ChooseDomicile"
    ENTER_DOMICILE = "EnterDomicile"
    ENTER_HEAD = "EnterHead"
    ENTER_TELEPHONE = "EnterTelephone"
    CONFIRM_REGISTRATION = "ConfirmRegistration"
    PLACE_CARD_AGAIN = "PlaceCardAgain"
    CHECKING_CARD = "CheckingCard"
    CONFIRM_LAST_PASSWORD = "ConfirmLastPassword"  # noqa: S105
    ENTER_PASSWORD = "EnterPassword"  # noqa: S105
    SIGNING = "Signing"
    SHOW_NUMBER = "ShowNumber"
    CHOOSE_CERTIFICATE = "ChooseCertificate"
    CHOOSE_SCOPE = "ChooseScope"
    CHOOSE_OPTIONS = "ChooseOptions"
    CHOOSE_COPIES = "ChooseCopies"
    CONFIRM = "Confirm"
    PREPARING = "Preparing"
    PAY = "Pay"
    TAKING_MONEY = "TakingMoney"
    RETURNING_MONEY = "ReturningMoney"
    PRINTING = "Printing"
    JAMMED = "Jammed"
    REFUNDING = "Refunding"
    TAKE_PAPER = "TakePaper"
    ASK_RECEIPT = "AskReceipt"
    PRINTING_RECEIPT = "PrintingReceipt"
    THANKS = "Thanks"
    REFUSAL = "Refusal"
    CARD_LEFT = "CardLeft"
    OUT_OF_SERVICE = "OutOfService"


class CardPresence(StrEnum):
    """FRESH: laid down and not read yet. USED: read in this visit, or left behind by an earlier one."""

    ABSENT = "absent"
    FRESH = "fresh"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is paid for, printed and taken: all that cash-in, printing and receipt know.

    `id` is the application, `words` (language -> text) the name of what is bought; `due` in yen for all `copies` together.
    """

    id: str
    words: Mapping[str, str]
    copies: int
    due: int
    sheets: int


@dataclass(frozen=True, slots=True)
class Addressee:
    """A municipality as the one of the 本籍. `takes`: it has 利用登録申請; `refusal`: why not at this moment."""

    info: MunicipalityInfo
    takes: bool = True
    refusal: FailureBody | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What comes back for an application: `number` (16 digits) is shown this once. `message`: the municipality's own; `site`: the
    address of the status site, '' for none; `slip_fee` in yen, 0: nothing is printed."""

    application_id: str
    number: Secret
    message: Mapping[str, str]
    site: str
    slip_fee: int


QUESTIONS_A_PAGE = 3
"""Questions with two choices on one screen; one with more has a screen for itself."""


@dataclass(frozen=True, slots=True)
class Visit:
    """All that is known of the present visit; `wiped` keeps nothing of a person. Money in yen."""

    language: str = "ja"
    look: Look | None = None
    """As the resident has chosen; None: as the terminal is set."""
    card: CardPresence = CardPresence.ABSENT
    reader: str = ""
    """What the reader suffers from, by its catalogue name; '' for nothing."""
    holder_ref: str = ""
    card_kind: str = ""
    tries_left: int | None = None
    last_try_accepted: bool = False
    was_wrong: bool = False
    ordinance: OrdinanceService | None = None
    """Whose 住民基本台帳カード this is, and for which kinds it may have a PIN; None: a My Number Card."""
    place: Place = Place.ADDRESS
    chosen_municipality: MunicipalityInfo | None = None
    municipalities: tuple[MunicipalityInfo, ...] = ()
    session_id: str = ""
    registering: bool = False
    """Whether it is the 利用登録申請 and not a certificate."""
    addressees: tuple[Addressee, ...] = ()
    home: str = ""
    """The municipality whose resident the holder is."""
    day: date | None = None
    """申請日."""
    domicile: str = ""
    """町名・番地 as typed."""
    head: str = ""
    telephone: str = ""
    text: str = ""
    """The application as it is shown and will be signed (`registration_text`)."""
    received: Received | None = None
    """Only while it is shown: it holds a secret."""
    offers: Offers | None = None
    kind: str = ""
    scope: Scope | None = None
    subjects: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    """Question -> choice, as far as was answered."""
    page: int = 0
    """Of the questions, from 0."""
    copies: int = 1
    purchase: Purchase | None = None
    """There as soon as the paper is."""
    inserted: int = 0
    rejected: int = 0
    paid: bool = False
    change: int = 0
    printed: int = 0
    forgotten: bool = False
    failure: str = ""
    facts: tuple[tuple[str, object], ...] = ()
    failure_words: Mapping[str, str] | None = None
    """What is told of a `failure` that the catalogue does not have."""
    returned: int = 0
    contact: Mapping[str, str] = field(default_factory=dict)
    """Language -> the office that is asked, with its telephone; empty where none is known."""
    doubt: bool = False
    stopped: str = ""
    """Why no other visit may begin, by its catalogue name; '' for nothing."""
    stop_facts: tuple[tuple[str, object], ...] = ()

    @property
    def card_inside(self) -> bool:
        return self.card is not CardPresence.ABSENT

    @property
    def offer(self) -> Offer | None:
        """The offer of the chosen kind."""
        return self.offers.offer(self.kind) if self.offers else None

    @property
    def application_id(self) -> str:
        return self.purchase.id if self.purchase else ""

    @property
    def bought(self) -> Purchase:
        """Raises ValueError where there is no paper yet."""
        if self.purchase is None:
            raise ValueError("the table lets nobody come here without a purchase")
        return self.purchase

    @property
    def municipality(self) -> MunicipalityInfo | None:
        """Whose certificates: as the centre found, else as the resident chose, else whose card it is."""
        if self.offers is None and self.chosen_municipality is None and self.ordinance is not None:
            return self.ordinance.municipality
        return self.offers.municipality if self.offers else self.chosen_municipality

    @property
    def method(self) -> Method:
        return Method.JPKI if self.ordinance is None else Method.ORDINANCE

    def question_pages(self) -> tuple[tuple[Question, ...], ...]:
        """The questions that concern whoever was chosen, screen by screen."""
        pages: list[tuple[Question, ...]] = []
        for question in self.offer.asks(self.subjects) if self.offer else ():
            short = len(question.choices) == 2
            last = pages[-1] if pages else ()
            if short and 0 < len(last) < QUESTIONS_A_PAGE and len(last[0].choices) == 2:
                pages[-1] = (*last, question)
            else:
                pages.append((question,))
        return tuple(pages)

    def answers_to(self, questions: Iterable[Question]) -> dict[str, str]:
        """What was answered, or the default where nothing was yet."""
        return {one.code: self.answers.get(one.code, one.default) for one in questions}

    def request(self) -> ApplicationRequest:
        """The application as it will be sent. Needs a chosen offer."""
        offer, municipality = self.offer, self.municipality
        if offer is None or municipality is None or self.scope is None:
            raise ValueError("nothing was chosen yet")
        return ApplicationRequest(
            kind=offer.kind,
            municipality=municipality.code,
            scope=self.scope,
            subjects=self.subjects,
            answers=self.answers_to(offer.asks(self.subjects)),
            copies=self.copies,
            fee_total=offer.copy_fee(len(self.subjects)) * self.copies,
        )

    def settled(self) -> Visit:
        """What a receipt still needs, and what keeps the next resident away; nothing of a person."""
        return Visit(
            language=self.language,
            look=self.look,
            card=self.card,
            reader=self.reader,
            card_kind=self.card_kind,
            chosen_municipality=self.municipality,
            registering=self.registering,
            purchase=self.purchase,
            inserted=self.inserted,
            change=self.change,
            paid=self.paid,
            printed=self.printed,
            stopped=self.stopped,
            stop_facts=self.stop_facts,
        )

    def next(self) -> Visit:
        """A new visit at the same terminal: only what the devices have told is taken over."""
        return Visit(card=self.card, reader=self.reader, stopped=self.stopped, stop_facts=self.stop_facts)

    def wiped(self) -> Visit:
        """What may outlive the session: the language, the card on the reader and what the refusal tells."""
        return Visit(
            language=self.language,
            look=self.look,
            card=CardPresence.USED if self.card_inside else CardPresence.ABSENT,
            reader=self.reader,
            registering=self.registering,
            failure=self.failure,
            facts=self.facts,
            failure_words=self.failure_words,
            returned=self.returned,
            contact=self.contact,
            doubt=self.doubt,
            stopped=self.stopped,
            stop_facts=self.stop_facts,
        )


@dataclass(frozen=True, slots=True)
class State:
    """`deadline` is a time of the one clock."""

    name: StateName = StateName.TOP_MENU
    visit: Visit = Visit()
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class TimeOuts:
    """Named waits in seconds, all greater than 0.

    `answer` ends a wait for the centre, whatever the network's own time-outs are. `typing` and `number`: for what is typed on the keyboard, and for 16 digits to be written down. `card_take` and `paper_take` pass
    twice: first a warning, then (after `card_forgotten` / `paper_forgotten`) the end.
    """

    screen: float = 60
    card_place: float = 60
    pin: float = 60
    typing: float = 180
    number: float = 180
    answer: float = 120
    card_take: float = 20
    card_forgotten: float = 30
    coins: float = 120
    paper_take: float = 40
    paper_forgotten: float = 60
    receipt: float = 20
    thanks: float = 10
    refusal: float = 30

    def __post_init__(self) -> None:
        for one in fields(self):
            if not getattr(self, one.name) > 0:
                raise ValueError(f"time-out {one.name} must be greater than 0 seconds")

    def of(self, state: StateName, visit: Visit) -> float | None:
        """Seconds until DeadlinePassed; None for no deadline."""
        match state:
            case StateName.TOP_MENU | StateName.OUT_OF_SERVICE:
                # only so that another resident's language and look do not stay
                return None if visit.language == DEFAULT_LANGUAGE and visit.look is None else self.screen
            case (
                StateName.READING_CARD
                | StateName.CHECKING_CARD
                | StateName.TAKING_MONEY
                | StateName.RETURNING_MONEY
                | StateName.REFUNDING
            ):
                return None
            case StateName.PRINTING | StateName.JAMMED | StateName.PRINTING_RECEIPT:
                return None
            case (
                StateName.FETCHING_MUNICIPALITIES
                | StateName.OPENING_SESSION
                | StateName.AUTHENTICATING
                | StateName.SIGNING
                | StateName.PREPARING
            ):
                return self.answer
            case StateName.TAKE_CARD:
                return self.card_forgotten if visit.forgotten else self.card_take
            case StateName.LIFT_CARD | StateName.CARD_LEFT:
                return self.card_forgotten
            case StateName.TAKE_PAPER:
                return self.paper_forgotten if visit.forgotten else self.paper_take
            case _:
                return {
                    StateName.PLACE_CARD: self.card_place,
                    StateName.PLACE_CARD_AGAIN: self.card_place,
                    StateName.CONFIRM_LAST_TRY: self.pin,
                    StateName.CONFIRM_LAST_PASSWORD: self.pin,
                    StateName.ENTER_PASSWORD: self.typing,
                    StateName.ENTER_DOMICILE: self.typing,
                    StateName.ENTER_HEAD: self.typing,
                    StateName.ENTER_TELEPHONE: self.typing,
                    StateName.CONFIRM_REGISTRATION: self.typing,
                    StateName.SHOW_NUMBER: self.number,
                    StateName.ENTER_PIN: self.pin,
                    StateName.PAY: self.coins,
                    StateName.ASK_RECEIPT: self.receipt,
                    StateName.THANKS: self.thanks,
                    StateName.REFUSAL: self.refusal,
                }.get(state, self.screen)


DEFAULT_LANGUAGE = "ja"
