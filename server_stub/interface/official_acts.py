"""Officials' console -> issuing server and centre: restrictions, changes with a date of effect, deliveries, closures, terminals.

Paths, relative to the base URL, behind the key for officials' tools (`interface/operations.py`). At the issuing server:

    POST /ops/v1/restriction-targets          TargetQuery         -> TargetView (whom it would stop)
    GET  /ops/v1/restrictions?municipality=&overdue=&ended=&cursor=&limit=          -> RestrictionPage (set here)
    GET  /ops/v1/restrictions/{id}?municipality=                  -> RestrictionEntry
    GET  /ops/v1/delivered-restrictions?municipality=&overdue=&offset=&limit=       -> DeliveredRestrictionPage
    POST /ops/v1/restrictions                 RestrictionRequest  -> RestrictionEntry
    POST /ops/v1/restrictions/{id}/prolong    RestrictionProlonged -> RestrictionEntry
    POST /ops/v1/restrictions/{id}/end        ActOnRestriction    -> RestrictionEntry
    GET  /ops/v1/settings?municipality=&day=                      -> SettingsView (as they are on that day)
    GET  /ops/v1/setting-changes?municipality=&cursor=&limit=     -> ChangePage
    POST /ops/v1/setting-changes              ChangeRequest       -> ChangeEntry
    POST /ops/v1/setting-changes/{id}/withdraw ActOnChange        -> ChangeEntry
    POST /ops/v1/previews                     PreviewRequest      -> application/pdf
    POST /ops/v1/message-previews             MessagePreviewRequest -> Messages (of 利用登録, as they will be told that day)
    GET  /ops/v1/deliveries?municipality=                         -> DeliveryList
    GET  /ops/v1/set-aside-rows?municipality=&after=&limit=       -> SetAsidePage
    POST /ops/v1/deliveries/take-back         TakeBackRequest     -> DeliveryList

and at the centre:

    GET  /ops/v1/terminals?municipality=&after=&limit=            -> TerminalPage
    POST /ops/v1/matters/close                MatterClosure       -> ClosureEntry
    GET  /ops/v1/matters/closed?municipality=&cursor=&limit=      -> ClosurePage

A restriction names its person by 宛名番号 and is told so to officials; nothing of it reaches centre or terminal but the refusal.
Each act names its operator and stays.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from .clock import JST
from .operations import Limit, PageQuery
from .values import LONGEST_TEXT, Code, Code5, Identifier, Model, RegisterText, TerminalKind, Ulid, Words, Yen

Operator = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Reason = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
Key = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z-]+$")]
"""宛名番号, 世帯番号 or the number of a family register."""
Flag = Annotated[bool, Field(strict=False)]


# --- 発行制限 -----------------------------------------------------------------------------------------------------------------


class Target(StrEnum):
    """Whom a restriction stops: one person, everybody of a household, or all papers of a family register."""

    PERSON = "person"
    HOUSEHOLD = "household"
    REGISTER = "register"


class TargetQuery(Model):
    municipality: Code5
    target: Target
    key: Key


class TargetPerson(Model):
    """Tell who somebody is, for an official to compare before stopping them."""

    person_key: Identifier
    name: RegisterText
    birth: RegisterText
    address: RegisterText


class TargetView(TargetQuery):
    """Tell whom a restriction of that target stops; of a family register the persons that the replica connects with it. `delivered`:
    a measure that the existing systems have delivered is in force for it; `set_here`: one of an official."""

    people: tuple[TargetPerson, ...]
    delivered: bool
    set_here: bool


class RestrictionRequest(TargetQuery):
    """Stop somebody from `since` on. `until` is the announced last day: it ends nothing, and puts the row on a list when it has passed.

    `until_delivered`: of one family register only, for a notification that was taken in at night: it holds until a delivery
    brings another state of that register (推定), or until an official ends it.
    """

    reason: Reason
    since: date
    until: date | None = None
    until_delivered: bool = False
    operator: Operator

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.until is not None and self.until < self.since:
            raise ValueError("until: since or later")
        if self.until_delivered and self.target is not Target.REGISTER:
            raise ValueError("until_delivered: of a family register only")
        return self


class RestrictionProlonged(Model):
    """Announce another last day (支援措置 is renewed for a year at a time)."""

    municipality: Code5
    until: date
    operator: Operator


class ActOnRestriction(Model):
    """End a restriction that was set here."""

    municipality: Code5
    operator: Operator
    reason: Reason


class RestrictionEntry(RestrictionRequest):
    """Tell one. `in_force`: it stops somebody today. `overdue`: its announced last day has passed, and nobody has ended it.
    `delivered_since`: of one with `until_delivered`, another state of the register has come."""

    restriction_id: Ulid
    set_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None
    in_force: bool
    overdue: bool
    delivered_since: bool


class RestrictionQuery(PageQuery):
    municipality: Code5
    overdue: bool = False
    ended: bool = False


class RestrictionPage(Model):
    """List those set here, oldest first. `overdue`: how many of the municipality are past their announced last day."""

    restrictions: tuple[RestrictionEntry, ...]
    overdue: int
    next_cursor: Ulid | None


class DeliveredRestriction(Model):
    """Tell one that the existing systems have delivered: only a delivery ends it."""

    target: Target
    key: Identifier
    reason: RegisterText
    since: date
    until: date | None
    in_force: bool
    overdue: bool


class DeliveredRestrictionQuery(Model):
    municipality: Code5
    overdue: bool = False
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    limit: Limit = 50


class DeliveredRestrictionPage(Model):
    restrictions: tuple[DeliveredRestriction, ...]
    overdue: int
    next_offset: int | None


# --- 管理 ---------------------------------------------------------------------------------------------------------------------


class Changes(StrEnum):
    """What an official changes from a day on."""

    FEE = "fee"
    HOURS = "hours"
    CERTIFIER = "certifier"
    """認証者: 職名 and 氏名, of all kinds or of one."""
    PROXY = "proxy"
    """職務代理者: a certifier for a period."""
    SEAL = "seal"
    CLOSURE = "closure"
    NIGHT_STOP = "night_stop"
    """戸籍 outside its hours: served only within the hours of the office (推定), from this moment's day on until it is withdrawn."""
    MESSAGE = "message"
    """A message of 住登外戸籍 利用登録."""


class MessageOf(StrEnum):
    """When an applicant for 利用登録 is told: RECEIVED at the terminal, the others at the status site."""

    RECEIVED = "received"
    UNDER_REVIEW = "under_review"
    USABLE = "usable"
    REJECTED = "rejected"


OF_A_WARD = (Changes.CERTIFIER, Changes.PROXY, Changes.SEAL)
Clock5 = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


def _in_japan(moment: datetime) -> datetime:
    try:
        return moment.astimezone(JST)
    except OverflowError as error:  # the first or the last day of the calendar
        raise ValueError("no time in Japan") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_japan)]


class ChangeRequest(Model):
    """Change something of a municipality from `begins` on, `until` included or for good. Only what belongs to `what` is given.

    `kind` None: every kind (of CERTIFIER, PROXY, SEAL and CLOSURE). `ward`: of CERTIFIER, PROXY and SEAL, the code of a 行政区, whose 区長
    it is about. `seal_png`: the 公印 as base64. `closed_from` and `closed_until`: a CLOSURE from one moment up to another; its days of
    effect follow from them. `message`, `ja`, `en`: of a MESSAGE; `{least}` and `{most}` become the business days.
    """

    municipality: Code5
    what: Changes
    kind: Code | None = None
    ward: Code5 | None = None
    begins: date
    until: date | None = None
    fee: Yen | None = None
    counter_fee: Yen | None = None
    opens: Clock5 | None = None
    closes: Clock5 | None = None
    weekdays: Annotated[tuple[Annotated[str, Field(max_length=1)], ...], Field(max_length=7)] | None = None
    holidays: bool | None = None
    title: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    mayor: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    seal_png: Annotated[str, Field(max_length=900_000)] | None = None
    seal_mm: float | None = None
    closed_from: Moment | None = None
    closed_until: Moment | None = None
    message: MessageOf | None = None
    ja: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)] | None = None
    en: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)] | None = None
    operator: Operator
    reason: Reason

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        needed = {
            Changes.FEE: ("kind", "fee"),
            Changes.HOURS: ("kind", "opens", "closes"),
            Changes.CERTIFIER: ("title", "mayor"),
            Changes.PROXY: ("title", "mayor", "until"),
            Changes.SEAL: ("seal_png",),
            Changes.CLOSURE: ("closed_from", "closed_until"),
            Changes.NIGHT_STOP: ("kind", "opens", "closes"),
            Changes.MESSAGE: ("message", "ja", "en"),
        }[self.what]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{self.what.value}: {', '.join(missing)} missing")
        if self.ward is not None and self.what not in OF_A_WARD:
            raise ValueError(f"{self.what.value}: of no ward")
        if self.until is not None and self.until < self.begins:
            raise ValueError("until: begins or later")
        return self


class ActOnChange(Model):
    """Withdraw a change that is to come, or end one that is in force with the day before today."""

    municipality: Code5
    operator: Operator


class ChangeEntry(ChangeRequest):
    """Tell one; the picture of a seal is left out (`seal_sha256` says which). `in_force`: today."""

    change_id: Ulid
    at: datetime
    seal_sha256: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    in_force: bool


class ChangeQuery(PageQuery):
    municipality: Code5


class ChangePage(Model):
    changes: tuple[ChangeEntry, ...]
    next_cursor: Ulid | None


class SettingsQuery(Model):
    municipality: Code5
    day: date


class WardName(Model):
    code: Code5
    name: RegisterText


class WardCertifier(Model):
    """Tell the 区長 who certifies a kind for one ward in the place of the city's."""

    ward: Code5
    certifier_title: RegisterText
    certifier_name: RegisterText
    seal_sha256: Identifier


class KindSettings(Model):
    """What holds for one kind on that day. Hours as HH:MM; `of_domicile`: it shows a family register; `of_wards`: a 区長 may certify it;
    `wards`: those who do."""

    kind: Identifier
    title: RegisterText
    fee: Yen
    counter_fee: Yen | None
    opens: Identifier
    closes: Identifier
    weekdays: tuple[Identifier, ...]
    holidays: bool
    certifier_title: RegisterText
    certifier_name: RegisterText
    seal_sha256: Identifier
    of_domicile: bool
    of_wards: bool = False
    wards: tuple[WardCertifier, ...] = ()


class Message(Model):
    """Tell one message of 利用登録: `ja` and `en` as they are set, `told` as an applicant reads them (language -> text)."""

    message: MessageOf
    ja: RegisterText
    en: RegisterText
    told: Words


class Messages(Model):
    """List the messages of a day; none where the municipality takes no applications."""

    messages: tuple[Message, ...]


class SettingsView(Messages):
    """What holds on a day. `wards`: the 行政区 of a 政令指定都市."""

    municipality: Code5
    name: RegisterText
    day: date
    kinds: tuple[KindSettings, ...]
    wards: tuple[WardName, ...] = ()
    messages: tuple[Message, ...] = ()


class PreviewRequest(Model):
    """Make the paper as it will be on `day`, of a person of whom the official has the 宛名番号, for one copy with the answers that stand
    first. `change`: one that is not kept yet, in addition to those that are."""

    municipality: Code5
    kind: Code
    person_key: Key
    day: date
    change: ChangeRequest | None = None


class MessagePreviewRequest(Model):
    """Tell the messages as they will be told on `day`, with `change`, which is not kept yet."""

    municipality: Code5
    day: date
    change: ChangeRequest | None = None


# --- 連携 ---------------------------------------------------------------------------------------------------------------------


class DeliveryQuery(Model):
    municipality: Code5


class DeliveryEntry(Model):
    """Tell one generation of the replica. `made_at` 作成日時; `set_aside`: rows that could not be used."""

    generation: int
    made_at: datetime
    loaded_at: datetime
    living: bool
    kept: bool
    taken_back_at: datetime | None
    set_aside: int


class RefusedDelivery(Model):
    """Tell that the last delivery was not taken in: the failure, and its words for officials."""

    failure: Identifier
    cause: RegisterText
    remedy: RegisterText
    at: datetime


class DeliveryList(Model):
    """List the generations, newest first. `can_take_back`: there is an earlier one that is still kept."""

    municipality: Code5
    deliveries: tuple[DeliveryEntry, ...]
    refused: RefusedDelivery | None
    can_take_back: bool


class SetAsideQuery(DeliveryQuery):
    after: Annotated[int, Field(ge=0)] = 0
    limit: Limit = 50


class SetAsideRow(Model):
    """Tell one row of the living generation that could not be used. `person`: 宛名番号, '' where the row does not say it."""

    number: int
    of_register: Identifier
    person: Identifier
    group: Identifier
    file: RegisterText
    line: int
    column: RegisterText
    remedy: RegisterText


class SetAsidePage(Model):
    rows: tuple[SetAsideRow, ...]
    next_after: int | None


class TakeBackRequest(Model):
    """Read the earlier generation again. `generation`: the living one, as the official has seen it."""

    municipality: Code5
    generation: int
    operator: Operator
    reason: Reason


# --- 重大事象, 端末 -----------------------------------------------------------------------------------------------------------


class Matter(StrEnum):
    INCIDENT = "incident"
    DOUBT = "doubt"


class MatterClosure(Model):
    """Close an incident or a doubt, with the reason in words. It changes nothing of application, paper or money. `matter_id`: of the
    incident, or of the application in doubt. `municipality`: whose it has to be; of an incident about an application of which the centre
    has no record, whoever it belongs to by the ledgers and the terminal's place, None for who runs the site."""

    about: Matter
    matter_id: Ulid
    municipality: Code5 | None
    operator: Operator
    reason: Annotated[str, Field(min_length=10, max_length=500, pattern=r"\S")]


class ClosureEntry(MatterClosure):
    closure_id: Ulid
    application_id: Ulid
    at: datetime


class ClosureQuery(PageQuery):
    """`of_nobody`: only what who runs the site has closed, which was of no municipality."""

    municipality: Code5 | None = None
    of_nobody: bool = False


class ClosurePage(Model):
    closures: tuple[ClosureEntry, ...]
    next_cursor: Ulid | None


class TerminalQuery(Model):
    """Ask for terminals in the area of `municipality`, or all, by their identifiers after `after`."""

    municipality: Code5 | None = None
    after: Annotated[str, Field(max_length=80)] = ""
    limit: Limit = 50


class TerminalState(StrEnum):
    IN_USE = "in_use"
    READY = "ready"
    SILENT = "silent"
    """Nothing was heard of it for longer than a day."""
    NEVER_SEEN = "never_seen"


class TerminalEntry(Model):
    """Tell one terminal. `last_seen`: when it last began a visit or told of one. `open_incidents` and `in_doubt`: matters of it that nobody has
    closed."""

    terminal_id: Identifier
    operator: RegisterText
    shop: RegisterText
    area: Identifier
    kind: TerminalKind
    state: TerminalState
    last_seen: datetime | None
    open_incidents: int
    in_doubt: int


class TerminalPage(Model):
    terminals: tuple[TerminalEntry, ...]
    next_after: str | None
