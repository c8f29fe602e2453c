"""What a transition asks the terminal to do: plain data. The runner carries effects out in this order, off the GUI thread,
and brings the answers back as events."""

from __future__ import annotations

from dataclasses import dataclass

from server_stub.interface.offers import ApplicationRequest, Offer
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import OrdinanceService, ReportKind
from server_stub.interface.values import Method, MunicipalityInfo, Place

from .state import Purchase, Received


@dataclass(frozen=True, slots=True)
class Effect:
    """The root of all effects."""


@dataclass(frozen=True, slots=True)
class ReadCard(Effect):
    """Read the authentication certificate without PIN -> CardRead."""


@dataclass(frozen=True, slots=True)
class FetchMunicipalities(Effect):
    """-> MunicipalitiesKnown."""


@dataclass(frozen=True, slots=True)
class OpenSession(Effect):
    """-> SessionStarted."""


@dataclass(frozen=True, slots=True)
class Authenticate(Effect):
    """Fetch a nonce, verify the PIN and sign on the card, send it to the centre -> Authenticated.

    `holder_ref` and `tries_left` are what was read before: another card now is Card_Changed and gets no PIN. Nor does a
    card with one try left unless `last_try_accepted`. `municipality`: as the resident touched it, for the 本籍地; what the centre
    understood must be the same.
    """

    session_id: str
    pin: Secret
    place: Place
    municipality: MunicipalityInfo | None
    holder_ref: str
    tries_left: int | None
    last_try_accepted: bool = False


@dataclass(frozen=True, slots=True)
class AuthenticateByOrdinance(Effect):
    """Read the card once more (another one now is Card_Changed), send its number with kind and PIN to the centre -> Authenticated. No PIN
    goes to the card. What the centre understood must be a paper of `service`'s municipality."""

    session_id: str
    kind: str
    pin: Secret
    place: Place
    service: OrdinanceService
    holder_ref: str


@dataclass(frozen=True, slots=True)
class AuthenticateForRegistration(Effect):
    """As Authenticate, for a 利用登録申請 -> RegistrationOpened. Nobody's PIN is asked for where no municipality takes any."""

    session_id: str
    pin: Secret
    holder_ref: str
    tries_left: int | None
    last_try_accepted: bool = False


@dataclass(frozen=True, slots=True)
class ReadSigner(Effect):
    """Read the card that lies there now without its password -> SignerRead. Another card than that of `holder_ref` is
    Registration_Another_Card."""

    holder_ref: str


@dataclass(frozen=True, slots=True)
class Register(Effect):
    """Sign `text` with the card's signature key and send it to `municipality` under an idempotency key -> NumberReceived.

    `holder_ref`, `tries_left` (of the password) and `last_try_accepted` as of Authenticate: another card gets no password.
    """

    session_id: str
    municipality: str
    text: str
    password: Secret
    holder_ref: str
    tries_left: int | None
    last_try_accepted: bool = False


@dataclass(frozen=True, slots=True)
class OrderSlip(Effect):
    """Have the charge for the printed number made, and make the slip -> PaperReceived. `holds` the number; nobody else does then."""

    session_id: str
    holds: Received
    municipality: MunicipalityInfo
    language: str


@dataclass(frozen=True, slots=True)
class Apply(Effect):
    """Apply, fetch all sheets, check the binding to `holder_ref`, by that `method` -> PaperReceived."""

    session_id: str
    request: ApplicationRequest
    offer: Offer
    holder_ref: str
    method: Method = Method.JPKI


@dataclass(frozen=True, slots=True)
class CashInStart(Effect):
    """Write the application into the journal and accept money -> MoneyChanged, CoinRejected."""

    purchase: Purchase
    session_id: str


@dataclass(frozen=True, slots=True)
class AskStanding(Effect):
    """Ask the centre, just before the money is taken, whether the prepared paper may still be paid -> MayBePaid, also where nobody can
    say. Refused by what has come to stand against it (発行制限, 緊急停止)."""

    session_id: str
    application_id: str


@dataclass(frozen=True, slots=True)
class CashInEnd(Effect):
    """-> MoneyTaken."""

    purchase: Purchase


@dataclass(frozen=True, slots=True)
class CashInRollback(Effect):
    """Everything in the escrow and everything taken for this application goes back; its sheets become void
    -> MoneyReturned."""

    application_id: str


@dataclass(frozen=True, slots=True)
class PrintSheet(Effect):
    """Sheet `number` (from 1) of the application -> SheetPrinted."""

    application_id: str
    number: int


@dataclass(frozen=True, slots=True)
class ClearJam(Effect):
    pass


@dataclass(frozen=True, slots=True)
class PresentMedia(Effect):
    """All sheets lie in the tray; from now on PaperTaken can come."""

    application_id: str


@dataclass(frozen=True, slots=True)
class MediaTaken(Effect):
    """Write into the journal that the resident has the paper."""

    application_id: str


@dataclass(frozen=True, slots=True)
class RetractMedia(Effect):
    """Nobody took the paper: it goes into the locked box inside the machine, void."""

    application_id: str


@dataclass(frozen=True, slots=True)
class PrintReceipt(Effect):
    """A receipt without any personal data -> ReceiptPrinted. Amounts in yen. `slip`: for a printed 申請番号, which is not on it."""

    purchase: Purchase
    municipality: MunicipalityInfo
    inserted: int
    change: int
    language: str
    slip: bool = False


@dataclass(frozen=True, slots=True)
class QueueReport(Effect):
    """Put a report for the centre into the outbox."""

    session_id: str
    application_id: str
    kind: ReportKind
    amount: int = 0
    sheets_printed: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EndSession(Effect):
    """Put the end of the session into the outbox, behind its reports; closes the application in the journal. If no record says
    where its money and paper went, both stay open for staff.

    The centre cancels everything of the session that was not paid."""

    session_id: str
    application_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckBooks(Effect):
    """Whether the next resident may begin -> ServiceStopped or ServiceResumed, of no visit in particular."""


@dataclass(frozen=True, slots=True)
class SettleBooks(Effect):
    """Settle what was left open, as staff say (events.StaffSettled) -> ServiceStopped or ServiceResumed."""

    how: str


@dataclass(frozen=True, slots=True)
class Say(Effect):
    """A cue of devices.interface.Speaker."""

    cue: str


@dataclass(frozen=True, slots=True)
class WipeSession(Effect):
    """The visit is over: drop paper, certificate and answers under way; what still arrives is late."""
