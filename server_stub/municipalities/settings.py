"""A municipality as plain values: what its folder decides, and what it is on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from server_stub.certificates.certificate import AnyCertificate, ServiceTerms
from server_stub.certificates.terms import (
    A_YEAR,
    END_OF_DAY,
    PDF_LINK,
    STANDARD_NUMBER,
    Certifier,
    ClosedSpan,
    IssueNumbers,
    NumberPattern,
    TimeOfDay,
    WardTerms,
    is_holiday,
    opening_of,
)
from server_stub.interface.failures import Failed
from server_stub.interface.values import CallCenter, Method, MunicipalityInfo, TerminalKind
from server_stub.paper.typesetting import Issuer
from server_stub.settings_file import (
    Settings,
    SettingsText,
    matching,
)

from .changes import Change
from .hosting import HostingTerms
from .office import OfficeTerms, ServiceLevelTerms, StatisticsTerms
from .registration import RegistrationTerms

FONT_FILE = "フォルダにあるフォント（.ttf か .otf）のファイル名"

Code = Annotated[str, matching(r"[0-9]{5}", "数字5桁（検査数字を除く）")]
Kana = Annotated[str, matching(r"[ぁ-ゖー]+", "ひらがな")]


class DeliveryTerms(Settings):
    """What is asked of the deliveries of the existing systems. `most_age_hours`: from 作成日時 on, so long may the replica issue.
    `most_drop_percent`: of the residents, from one delivery to the next. `unreadable_restrictions`: rows of 発行制限.csv that do
    not say whose they are, with which a delivery is still applied. `most_set_aside`: rows that cannot be used, each of which
    sets its person aside, with which a delivery is still applied. `late_after_hours`: from 作成日時 on; a replica as old as that has
    missed a night, and an alarm says so. `most_extension_hours`: so long may one act of an official let a replica issue that is
    older than `most_age_hours`; 0: never."""

    most_age_hours: Annotated[int, Field(ge=1, le=24 * 366)] = 48
    late_after_hours: Annotated[int, Field(ge=1, le=24 * 366)] = 26
    most_extension_hours: Annotated[int, Field(ge=0, le=24 * 31)] = 72
    most_drop_percent: Annotated[int, Field(ge=0, le=100)] = 10
    unreadable_restrictions: Annotated[int, Field(ge=0, le=1000)] = 0
    most_set_aside: Annotated[int, Field(ge=0, le=100_000)] = 10

    @property
    def most_age(self) -> timedelta:
        return timedelta(hours=self.most_age_hours)

    @property
    def late_after(self) -> timedelta:
        return timedelta(hours=self.late_after_hours)

    @property
    def most_extension(self) -> timedelta:
        return timedelta(hours=self.most_extension_hours)


class ExistingSystemTerms(Settings):
    """The existing system as far as PDF連携 needs it: the table [existing_system]. `opens` inclusive, `closes` exclusive: outside of
    these hours it is closed for the night. `deadline_seconds`: real seconds that it has for one answer."""

    opens: TimeOfDay
    closes: TimeOfDay
    deadline_seconds: Annotated[float, Field(gt=0, le=25, strict=False)] = 10

    @field_validator("closes")
    @classmethod
    def _after_it_opens(cls, closes: time, known: ValidationInfo) -> time:
        if closes <= known.data.get("opens", time.min):
            raise ValueError("opens より後の時刻")
        return closes

    def open_at(self, moment: time) -> bool:
        return self.opens <= moment and (moment < self.closes or self.closes == END_OF_DAY)


class HolderTerms(Settings):
    """Who may not use a terminal, beyond what no municipality can switch off (the dead, 発行制限): the table [holder].

    `exceptions_under_age`: an official's exception lets somebody in below `minimum_age`. `refuse_moving_out`: who is 転出予定, also
    before the day of it. `refuse_household_of_leaver`: nobody of a
    household in which somebody is 転出予定 (丹波市). `refuse_on_arrival_day`: who has notified moving in that very day (渋川市).
    `refuse_on_issue_day`: a certificate that was issued that very day (高松市). `refuse_characters_pending`: 外字登録中.
    `longest_name` and `longest_address`: characters of 氏名 and 住所; None: what the forms hold. Which city decides what is hers: what
    one city does is off unless asked for.
    """

    exceptions_under_age: bool = True
    refuse_moving_out: bool = True
    refuse_household_of_leaver: bool = False
    refuse_on_arrival_day: bool = False
    refuse_on_issue_day: bool = False
    refuse_characters_pending: bool = True
    longest_name: Annotated[int, Field(ge=1, le=100)] | None = None
    longest_address: Annotated[int, Field(ge=1, le=300)] | None = None


class OrdinanceTerms(Settings):
    """How the municipality uses its 住民基本台帳カード by ordinance (条例利用方式): the table [authentication.ordinance].

    `aid`: the identifier of the application on its cards, hex. Real ones are assigned and not published: ours begin with F, which
    ISO 7816-5 keeps for what nobody has registered. `tries` of a PIN, for each card and kind. `minimum_age`: below it `young` says
    whether somebody is "refused" (甲賀市, 港区) or registered by the legal "representative" (下野市, 小鹿野町); `wards` says the same of
    成年被後見人. `limit_by_card_state`: a card that is suspended or lost is of no use at once, without a stop for each kind. `office_opens`
    and `office_closes`: when officials act, on working days.
    """

    aid: Annotated[
        str,
        matching(r"F[0-9A-F](?:[0-9A-F]{2}){4,15}", "F で始まる16進10桁から32桁（実在の識別子ではないもの）"),
    ]
    tries: Annotated[int, Field(ge=1, le=15)] = 3
    minimum_age: Annotated[int, Field(ge=0, le=99)] = 15
    young: Literal["refused", "representative"] = "refused"
    wards: Literal["refused", "representative"] = "refused"
    limit_by_card_state: bool = False
    office_opens: time = time(8, 30)
    office_closes: time = time(17, 15)

    def office_is_open(self, moment: datetime) -> bool:
        """Tell whether officials are there at `moment` (JST): Monday to Friday, on no public holiday and not from 12-29 to 01-03."""
        day = moment.date()
        away = (
            day.weekday() > 4
            or is_holiday(day)
            or (day.month, day.day) >= (12, 29)
            or (day.month, day.day) <= (1, 3)
        )
        return not away and self.office_opens <= moment.time() < self.office_closes


class AuthenticationTerms(Settings):
    """By which methods the municipality's residents are recognised at a terminal: the table [authentication]. `jpki`: by 公的個人認証 of a
    My Number Card. `ordinance`: by its own 住民基本台帳カード, if it has said how. Both may be."""

    jpki: bool = True
    ordinance: OrdinanceTerms | None = None

    def uses(self, method: Method) -> bool:
        return self.jpki if method is Method.JPKI else self.ordinance is not None


LEAST_CONTRAST = 4.5
"""Of text to its ground: WCAG 2.2, 1.4.3 (AA)."""


def _readable(colour: str) -> str:
    """Refuse a colour in which a name on white, or white on it, cannot be read."""
    red, green, blue = (_linear(channel / 255) for channel in bytes.fromhex(colour[1:]))
    contrast = 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    if contrast < LEAST_CONTRAST:
        raise ValueError(
            f"白地の上で読める濃さの色（明度の比が{LEAST_CONTRAST}以上。今は{int(contrast * 10) / 10}）"
        )
    return colour


def _linear(channel: float) -> float:
    """A channel of sRGB (0 to 1) without its gamma."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


class CallCenterTerms(Settings):
    """Whom the terminal says to ask about this municipality, in the office's place. Whether there is one is each municipality's own;
    that a refusal names it is our assumption [INF]."""

    name: SettingsText
    name_en: SettingsText
    telephone: Annotated[str, matching(r"[0-9-]{10,14}", "数字とハイフンの電話番号（10字から14字）")]

    @property
    def info(self) -> CallCenter:
        return CallCenter(name=self.name, name_en=self.name_en, telephone=self.telephone)


class OwnTerms(Settings):
    """The file municipality.toml of a folder. `fonts`: files in it with the characters that the municipality has of its own (外字),
    for paper and screen. The tables of `service` are each kind's own (`Certificate.terms`)."""

    code: Code
    prefecture: SettingsText
    prefecture_en: SettingsText
    name: SettingsText
    name_en: SettingsText
    kana: Kana
    telephone: Annotated[str, matching(r"[0-9-]{10,14}", "数字とハイフンの電話番号（10字から14字）")]
    call_center: CallCenterTerms | None = None
    accent: Annotated[str, matching(r"#[0-9A-Fa-f]{6}", "#0A5A8C のような色"), AfterValidator(_readable)]
    minimum_age: Annotated[int, Field(ge=0, le=99)]
    excluded_terminal_kinds: list[Annotated[TerminalKind, Field(strict=False)]]
    fonts: list[Annotated[str, matching(r"[0-9A-Za-z_-]+\.(?:ttf|otf)", FONT_FILE)]] = []
    certifier: Certifier
    ward: dict[Code, WardTerms] = {}
    delivery: DeliveryTerms
    holder: HolderTerms = HolderTerms()
    existing_system: ExistingSystemTerms | None = None
    authentication: AuthenticationTerms = AuthenticationTerms()
    hosting: HostingTerms = HostingTerms()
    registration: RegistrationTerms | None = None
    office: OfficeTerms = OfficeTerms()
    statistics: StatisticsTerms = StatisticsTerms()
    service_level: ServiceLevelTerms = ServiceLevelTerms()
    closed: list[ClosedSpan] = []
    service: dict[str, dict[str, Any]]
    issue_number: IssueNumbers = STANDARD_NUMBER
    change: list[Change] = []

    @property
    def info(self) -> MunicipalityInfo:
        return MunicipalityInfo(
            code=self.code,
            prefecture=self.prefecture,
            prefecture_en=self.prefecture_en,
            name=self.name,
            name_en=self.name_en,
            kana=self.kana,
            participating=True,
            accent=self.accent,
            telephone=self.telephone,
            call_center=self.call_center.info if self.call_center else None,
        )


@dataclass(frozen=True, slots=True)
class MunicipalityEntry:
    """One that a resident can name. Who has a folder participates, and says where its issuing server stands."""

    info: MunicipalityInfo
    excluded_terminal_kinds: tuple[TerminalKind, ...] = ()
    hosting: HostingTerms = HostingTerms()


@dataclass(frozen=True, slots=True)
class Ward:
    """A 行政区. `issuers`: who certifies there, of the kinds of which it is somebody else than in the city."""

    name: str
    issuers: Mapping[str, Issuer]


class States:
    """The municipality as it is from each day on at which something changes, the first state from ever."""

    def __init__(self) -> None:
        self.since: list[tuple[date, Municipality]] = []

    def on(self, day: date) -> Municipality | None:
        return next((state for first, state in reversed(self.since) if first <= day), None)


@dataclass(frozen=True)
class Municipality:
    """All that the issuing server needs to know of a tenant, as it is before the first change; `on` gives that of a day.

    `folder`: where it stands, with the formats of its deliveries. `issuer`: who certifies, unless a kind has a certifier of its own
    (`issuer_of`). A kind that is not in `services` is not offered."""

    folder: Path
    info: MunicipalityInfo
    issuer: Issuer
    services: Mapping[str, ServiceTerms]
    kinds: Mapping[str, AnyCertificate]
    closed: tuple[ClosedSpan, ...]
    minimum_age: int
    excluded_terminal_kinds: tuple[TerminalKind, ...]
    delivery: DeliveryTerms
    issuers: Mapping[str, Issuer]
    numbers: Mapping[str, NumberPattern]
    wards: Mapping[str, Ward] = field(default_factory=dict)
    holder: HolderTerms = HolderTerms()
    existing_system: ExistingSystemTerms | None = None
    authentication: AuthenticationTerms = AuthenticationTerms()
    hosting: HostingTerms = HostingTerms()
    registration: RegistrationTerms | None = None
    office: OfficeTerms = OfficeTerms()
    statistics: StatisticsTerms = StatisticsTerms()
    service_level: ServiceLevelTerms = ServiceLevelTerms()
    states: States = field(default_factory=States, compare=False, repr=False)

    def on(self, day: date) -> Municipality:
        """Return the municipality as it is on `day`."""
        return self.states.on(day) or self

    @cached_property
    def every_kind(self) -> Mapping[str, AnyCertificate]:
        """All kinds that are offered at any time, for whoever keeps their records."""
        return {
            **self.kinds,
            **{code: kind for _, state in self.states.since for code, kind in state.kinds.items()},
        }

    @property
    def every_state(self) -> tuple[Municipality, ...]:
        return (self, *(state for _, state in self.states.since))

    @cached_property
    def elsewhere(self) -> frozenset[str]:
        """The registers that no kind needs here at any time: only the existing system has them, which makes those papers (PDF連携)."""
        here: set[str] = set()
        there: set[str] = set()
        for state in self.every_state:
            for code, kind in state.kinds.items():
                (there if state.is_pdf_linked(code) else here).update(kind.registers)
        return frozenset(there - here)

    def is_pdf_linked(self, kind: str) -> bool:
        """Tell whether the existing system makes the papers of `kind`."""
        return self.services[kind].link == PDF_LINK

    def service(self, kind: str) -> ServiceTerms:
        """Get the terms of `kind` with the hours at which it can be had: under PDF連携 those of the existing system as well."""
        terms, system = self.services[kind], self.existing_system
        if system is None or not self.is_pdf_linked(kind):
            return terms
        return terms.within(system.opens, system.closes)

    def issuer_of(self, kind: str) -> Issuer:
        """Tell who certifies `kind` where no 区長 does."""
        return self.issuers[kind]

    def issuer_at(self, kind: str, place: str) -> Issuer:
        """Tell who certifies a paper of `kind` that is of that 住所 or 本籍: its 区長, where one is named for the kind.

        Raises Failed(Ward_Unknown, kind) where a 区長 certifies the kind in some ward, and the place is in no ward that is known."""
        if not any(kind in ward.issuers for ward in self.wards.values()):
            return self.issuers[kind]
        ward = self.ward_of(place)
        if ward is None:
            raise Failed("Ward_Unknown", kind=kind)
        return self.wards[ward].issuers.get(kind, self.issuers[kind])

    def issuer_of_paper(self, kind: AnyCertificate, records: Any) -> Issuer:
        """Tell who certifies the paper of `records`, which `kind.pick` has told. Raises Failed(Ward_Unknown)."""
        return (
            self.issuer_at(kind.code, kind.situated(records)) if kind.has_wards else self.issuers[kind.code]
        )

    def issuers_anywhere(self, kind: str) -> tuple[Issuer, ...]:
        """List everybody who may certify `kind`: the city's first."""
        wards = (ward.issuers[kind] for ward in self.wards.values() if kind in ward.issuers)
        return (self.issuers[kind], *wards)

    def ward_of(self, place: str) -> str | None:
        """Find the ward in which an address or 本籍 is, with or without the prefecture before the city's name."""
        behind = place.removeprefix(self.info.prefecture)
        if not behind.startswith(self.info.name):
            return None
        behind = behind.removeprefix(self.info.name)
        found = [code for code, ward in self.wards.items() if behind.startswith(ward.name)]
        return max(found, key=lambda code: len(self.wards[code].name), default=None)

    def closed_on(self, day: date) -> bool:
        """Tell whether nothing at all is served on `day`."""
        return any(span.holds(day) for span in self.closed)

    def served_on(self, kind: str, day: date) -> bool:
        """Tell whether `day` is one on which `kind` is served, at whatever hour."""
        return self.services[kind].served_on(day) and not self.closed_on(day)

    def suspended(self, kind: str, moment: datetime) -> bool:
        """Tell whether `kind` is suspended at `moment`, by a span from one moment to another."""
        return any(span.covers(moment) for span in (*self.closed, *self.services[kind].closed))

    def next_opening(self, kind: str, after: datetime) -> datetime | None:
        """Find the first moment from `after` (JST) on at which `kind` is served, within a year. What will have changed by then
        counts."""
        first = after.date()
        for ahead in range(min(A_YEAR, date.max - first).days):
            day = first + timedelta(days=ahead)
            then = self.on(day)
            terms = then.services.get(kind)
            if terms is None or not terms.begun(day) or not then.served_on(kind, day):
                continue
            found = opening_of(day, then.service(kind), after, (*then.closed, *terms.closed))
            if found is not None:
                return found
        return None
