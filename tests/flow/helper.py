"""A fictional offer, every event that can happen, and a walk through the flow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from kiosk_app.flow import events as e
from kiosk_app.flow.effects import Effect
from kiosk_app.flow.state import Addressee, Purchase, Received, State, TimeOuts
from kiosk_app.flow.table import TABLE, Outcome, Table
from kiosk_app.flow.views import Look
from server_stub.interface.clock import STAGE_START
from server_stub.interface.offers import Choice, Offer, Offers, Question, Scope, Subject, Symbol
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import OrdinanceKind, OrdinanceService
from server_stub.interface.values import FailureBody, Identity, Method, MunicipalityInfo, Place

PIN = Secret("7294")
SESSION = "01JWZZZZZZZZZZZZZZZZZZZZZZ"
APPLICATION = "01JWYYYYYYYYYYYYYYYYYYYYYY"
HOLDER = "ab" * 32
TIME_OUTS = TimeOuts()

KOBE = MunicipalityInfo(
    code="28100", prefecture="兵庫県", name="神戸市", prefecture_en="Hyogo", name_en="Kobe City", kana="こうべし",
    participating=True, accent="#00796B", telephone="078-000-0000",
)  # fmt: skip
ELSEWHERE = KOBE.model_copy(
    update={"code": "09202", "name": "足利市", "name_en": "Ashikaga City", "participating": False}
)

FATHER = Subject(ref="a" * 16, name="見本　太郎", note={"ja": "世帯主"}, holder=True)
MOTHER = Subject(ref="b" * 16, name="見本　花子", note={"ja": "妻"}, holder=False)
STOPPED = Subject(
    ref="c" * 16, name="見本　次郎", note={"ja": "子"}, holder=False, refusal=FailureBody(failure="Holder_Restricted")
)  # fmt: skip
NAMES = tuple(one.name for one in (FATHER, MOTHER, STOPPED))
BOTH = (FATHER.ref, MOTHER.ref)


def question(code: str, *choices: str, concerns: tuple[str, ...] = ()) -> Question:
    """The last choice is the default."""
    told = tuple(Choice(code=one, words={"ja": f"{code}は{one}"}) for one in choices)
    return Question(code=code, words={"ja": code}, choices=told, default=choices[-1], concerns=concerns)


RELATION, PLACE = question("relation", "shown", "omitted"), question("place", "shown", "omitted")
YEAR = question("year", "y2026", "y2025", "y2024")
OF_MOTHER = question("maiden_name", "shown", "omitted", concerns=(MOTHER.ref,))
ALL_SCOPES = (Scope.HOLDER, Scope.WHOLE, Scope.CHOSEN)


def offer(
    kind: str = "household",
    *,
    fee: int = 250,
    max_copies: int = 3,
    questions: tuple[Question, ...] = (RELATION, PLACE),
    subjects: tuple[Subject, ...] = (FATHER, MOTHER),
    scopes: tuple[Scope, ...] = ALL_SCOPES,
    refusal: FailureBody | None = None,
) -> Offer:
    return Offer(
        kind=kind, words={"ja": f"{kind}の証明書", "en": f"Certificate of {kind}"}, title="見本", fee=fee, max_copies=max_copies,
        hours={"ja": "6:30-23:00"}, scopes=scopes, whole={"ja": "世帯全員"}, subjects=subjects, questions=questions,
        refusal=refusal,
    )  # fmt: skip


def alone(kind: str = "alone", **how: Any) -> Offer:
    """A certificate of the holder, without a question unless it is told one."""
    return offer(kind, **{"questions": (), "subjects": (FATHER,), "scopes": (Scope.HOLDER,), **how})


SEAL = alone()
CLOSED = FailureBody(failure="Service_Closed_Now")
OWN = FailureBody(
    failure="Register_Being_Written", facts={"day": 3}, words={"ja": "記載中です。", "en": "Being written."}
)
IDENTITY = Identity(method=Method.JPKI, reference=HOLDER)


def offers(*listed: Offer) -> Offers:
    return Offers(
        session_id=SESSION,
        terminal_id="T-0001",
        holder=IDENTITY,
        place=Place.ADDRESS,
        municipality=KOBE,
        offers=listed or (offer(), SEAL),
    )


def paper(sheets: int = 2, fee: int = 250) -> e.PaperReceived:
    return e.PaperReceived(Purchase(APPLICATION, {"ja": "何かの証明書"}, 1, fee, sheets))


PASSWORD = Secret("ABC123")
AWAY = KOBE.model_copy(update={"code": "49202", "name": "湊市", "name_en": "Minato City"})
CLOSED_CITY = KOBE.model_copy(update={"code": "49203", "name": "閉市", "name_en": "Closed City"})
NUMBER = Secret("4920212345678907")
REGISTRATION_OPENED = e.RegistrationOpened(
    "28100", STAGE_START.date(),
    (Addressee(KOBE), Addressee(AWAY), Addressee(ELSEWHERE, takes=False), Addressee(CLOSED_CITY, refusal=FailureBody(failure="Service_Closed_Now"))),
)  # fmt: skip


def number(slip_fee: int = 10) -> e.NumberReceived:
    message = {"ja": "申請を受け付けました。", "en": "Received."}
    return e.NumberReceived(Received(APPLICATION, NUMBER, message, "http://127.0.0.1:1/", slip_fee))


def slip() -> e.PaperReceived:
    return e.PaperReceived(Purchase(APPLICATION, {"ja": "申請番号の印刷"}, 1, 10, 1))


def refused(name: str, **facts: object) -> e.Refused:
    return e.Refused(name, tuple(facts.items()))


class Walk:
    """One terminal's flow, driven by hand; `effects` are all that were asked for so far."""

    def __init__(
        self, time_outs: TimeOuts = TIME_OUTS, start: State | None = None, table: Table = TABLE
    ) -> None:
        self.table = table
        self.state = start or State()
        self.now = STAGE_START
        self.time_outs = time_outs
        self.effects: list[Effect] = []
        self.last: Outcome = Outcome(self.state)

    @property
    def name(self) -> str:
        return self.state.name.value

    def do(self, *events: e.Event) -> Walk:
        for event in events:
            self.last = self.table.step(self.state, event, self.now, self.time_outs)
            self.state = self.last.state
            self.effects += self.last.effects
        return self

    def wait(self, seconds: float) -> Walk:
        """Time passes; a deadline on the way passes at its moment."""
        until = self.now + timedelta(seconds=seconds)
        while self.state.deadline is not None and self.state.deadline <= until:
            self.now = self.state.deadline
            self.do(e.DeadlinePassed())
        self.now = until
        return self

    def asked(self, kind: type[Effect]) -> list[Effect]:
        return [effect for effect in self.effects if isinstance(effect, kind)]


ORDINANCE = OrdinanceService(
    municipality=KOBE, aid="F04A554B4900000000",
    kinds=(
        OrdinanceKind(kind="household", words={"ja": "世帯の証明書"}, symbol=Symbol.HOUSE, place=Place.ADDRESS),
        OrdinanceKind(kind="alone", words={"ja": "本人の証明書"}, symbol=Symbol.SEAL, place=Place.ADDRESS),
    ),
)  # fmt: skip
RESIDENT_CARD = e.CardRead(HOLDER, None, "virtual", ORDINANCE)
TO_CARD = (e.ServiceTouched(), e.ServiceTouched(), e.Agreed())
READ = (e.CardInserted(), e.CardRead(HOLDER, 3, "virtual"))
TO_PIN = (*TO_CARD, *READ, e.PlaceChosen(Place.ADDRESS), e.SessionStarted(SESSION))
TO_KIND = (*TO_CARD, e.CardInserted(), RESIDENT_CARD)
TO_PIN_OF_A_KIND = (*TO_KIND, e.KindChosen("household"), e.SessionStarted(SESSION))
TO_MENU = (*TO_PIN, e.PinEntered(PIN), e.Authenticated(offers()), e.CardRemoved())
WHOLE = e.ScopeChosen(Scope.WHOLE, BOTH)
TO_CONFIRM = (*TO_MENU, e.KindChosen("household"), WHOLE, e.Answered({}), e.CopiesChosen(1))
TO_PAY = (*TO_CONFIRM, e.Confirmed(), paper())
TO_PRINTING = (*TO_PAY, e.MoneyChanged(500), e.MayBePaid(), e.MoneyTaken(250))
TO_PAPER = (*TO_PRINTING, e.SheetPrinted(1), e.SheetPrinted(2))

TO_REGISTRATION_PIN = (
    e.ServiceTouched(),
    e.RegistrationTouched(),
    e.Agreed(),
    *READ,
    e.SessionStarted(SESSION),
)
TO_DOMICILE = (*TO_REGISTRATION_PIN, e.PinEntered(PIN), REGISTRATION_OPENED, e.CardRemoved())
TYPED = (
    e.MunicipalityChosen("49202"), e.DomicileEntered("港町７番地"), e.HeadEntered("渡邉\U000e0118　健"), e.TelephoneEntered("090-0000-0000"),
)  # fmt: skip
TO_PASSWORD = (*TO_DOMICILE, *TYPED, e.Confirmed(), e.CardInserted(), e.SignerRead(5, "virtual"))
TO_NUMBER = (*TO_PASSWORD, e.PasswordEntered(PASSWORD), number())

ALL_OFFERS = (
    offers(),
    offers(offer(questions=(), max_copies=1), SEAL),
    offers(offer(max_copies=1), SEAL),
    offers(offer(subjects=(FATHER,)), alone(max_copies=1)),
    offers(offer(subjects=(FATHER, STOPPED), questions=()), SEAL),
    offers(offer(questions=(YEAR, RELATION, OF_MOTHER)), alone(questions=(YEAR, RELATION), max_copies=1)),
    offers(offer(scopes=(Scope.CHOSEN,), questions=(OF_MOTHER,)), alone(questions=(YEAR,))),
    offers(offer(refusal=CLOSED), alone(refusal=CLOSED)),
    offers(offer(refusal=OWN), alone(refusal=OWN)),
    offers(offer(refusal=FailureBody(failure="Holder_Under_Fifteen")), SEAL),
)  # fmt: skip


def all_events() -> Iterable[e.Event]:
    """At least one event of every kind, with every value that decides something."""
    yield from (e.ServiceTouched(), e.Agreed(), e.Confirmed(), e.BackTouched(), e.CancelTouched())
    yield from (e.PlaceChosen(place) for place in Place)
    yield from (e.MunicipalityChosen(code) for code in ("28100", "09202", "99999"))
    yield from (e.PinEntered(PIN), e.PinEntered(Secret("12")), e.PinEntered(Secret("abcd")))
    yield from (e.KindChosen(kind) for kind in ("household", "alone", "unknown"))
    yield from (WHOLE, e.ScopeChosen(Scope.WHOLE, (FATHER.ref,)), e.ScopeChosen(Scope.HOLDER, (FATHER.ref,)))
    yield from (
        e.ScopeChosen(Scope.CHOSEN, one)
        for one in ((), (FATHER.ref,), (MOTHER.ref,), (STOPPED.ref,), ("f" * 16,))
    )
    yield from (e.Answered({}), e.Answered({"year": "y2025"}), e.Answered({"relation": "shown"}))
    yield from (e.Answered({"relation": "y2025"}), e.Answered({"unknown": "shown"}))
    yield from (e.CopiesChosen(copies) for copies in (0, 1, 2, 99))
    yield from (e.ReceiptChosen(True), e.ReceiptChosen(False))
    yield from (e.Acknowledged(), e.Acknowledged(again=True), e.MoreTimeTouched())
    yield from (e.LanguageChosen("ja"), e.LanguageChosen("en"), e.LanguageChosen("xx"))
    yield e.LookChosen(Look(large=True, contrast=True))
    yield from (e.OperatorResumed(), e.OperatorRefunded(), e.DeadlinePassed())
    yield from (e.ReaderLost("Reader_Service_Stopped"), e.ReaderBack())
    yield from (e.CardInserted(), e.CardRemoved(), e.CardRead(HOLDER, 3, "virtual"))
    yield from (
        e.CardRead(HOLDER, 0, "virtual"),
        e.CardRead(HOLDER, 1, "virtual"),
        e.CardRead(HOLDER, None, "real"),
        RESIDENT_CARD,
    )
    yield e.LastTryAccepted()
    yield from (e.MunicipalitiesKnown((KOBE, ELSEWHERE)), e.SessionStarted(SESSION))
    yield from (e.Authenticated(known) for known in ALL_OFFERS)
    yield from (e.RegistrationTouched(), REGISTRATION_OPENED, e.SlipTouched(), number(), number(0))
    yield from (e.MunicipalityChosen(code) for code in ("49202", "49203"))
    yield from (e.DomicileEntered("港町７番地"), e.HeadEntered("見本　太郎"))
    yield from (e.TelephoneEntered("090-0000-0000"), e.TelephoneEntered("12"))
    yield from (e.SignerRead(5, "virtual"), e.SignerRead(1, "virtual"), e.SignerRead(0), e.SignerRead(None))
    yield from (e.PasswordEntered(PASSWORD), e.PasswordEntered(Secret("abc")))
    yield from (refused("Card_Password_Wrong", tries_left=3), refused("Card_Password_Wrong", tries_left=1))
    yield from (
        paper(),
        paper(1, 0),
        e.MayBePaid(),
        e.MoneyTaken(0),
        e.MoneyReturned(100),
        e.CoinRejected(500),
    )
    yield from (e.MoneyChanged(100), e.MoneyChanged(500), e.SheetPrinted(1), e.SheetPrinted(2))
    yield from (e.PaperTaken(), e.ReceiptPrinted(), e.StaffSettled("returned"))
    yield from (e.ServiceStopped("Application_Left_Open"), e.ServiceResumed())
    yield from (
        refused("Card_Pin_Wrong", tries_left=2), refused("Card_Pin_Wrong", tries_left=1),
        refused("Card_Pin_Wrong", tries_left=0), refused("Holder_Restricted"),
        refused("Ordinance_Pin_Wrong", tries_left=1), refused("Ordinance_Not_Registered"),
        refused("Centre_Unreachable"), refused("Binding_Mismatch", application_id=APPLICATION, detail="holder"),
        refused("Printer_Jam"), refused("Card_Removed"),
        e.Refused("Register_Being_Written", (), {"ja": "記載中です。"}),
    )  # fmt: skip


def later(seconds: float) -> datetime:
    return STAGE_START + timedelta(seconds=seconds)
