"""A municipality as plain values, read from the index and its own folder."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from PIL import Image, UnidentifiedImageError
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from server_stub.certificates import load_kinds, read_kinds
from server_stub.certificates.certificate import AnyCertificate, ServiceTerms
from server_stub.certificates.terms import (
    A_YEAR,
    END_OF_DAY,
    LARGEST_SEAL_PX,
    LONGEST_NUMBER,
    NUMBER_LENGTH,
    PDF_LINK,
    SEAL,
    SMALLEST_SEAL_PX,
    STANDARD_NUMBER,
    Certifier,
    CertifierPart,
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
from server_stub.paper.fonts import coverage_of, family_of
from server_stub.paper.pattern import is_seen
from server_stub.paper.typesetting import Issuer
from server_stub.settings_file import (
    Settings,
    SettingsText,
    checked_settings,
    file_named,
    matching,
    read_settings,
    settings_problems,
    settings_values,
    settings_wrong,
    value_problems,
)

from .changes import Change, states_of
from .hosting import HostingTerms
from .office import OfficeTerms, ServiceLevelTerms, StatisticsTerms
from .registration import RegistrationTerms

HERE = Path(__file__).parent
FILE_NAME, CERTIFICATES, FORMATS = "municipality.toml", "certificates", "deliveries"
_FONT = "フォルダにあるフォント（.ttf か .otf）のファイル名"
_BLACK_SEAL = "黒い印影の画像（色の印影を使うときは seal_black = false）"
_BLANK_SEAL = "白い紙の上で見える印影のある画像"
_COLOURED = 40
"""Steps (of 255) between the channels of a pixel, from which on it is no grey."""

Code = Annotated[str, matching(r"[0-9]{5}", "数字5桁（検査数字を除く）")]
Kana = Annotated[str, matching(r"[ぁ-ゖー]+", "ひらがな")]


class _Prefecture(Settings):
    code: Annotated[str, matching(r"[0-9]{2}", "数字2桁")]
    name: SettingsText
    name_en: SettingsText


class _Named(Settings):
    """A municipality that a resident can name, and of whom nothing more is known here."""

    code: Code
    name: SettingsText
    name_en: SettingsText
    kana: Kana


class _Index(Settings):
    prefecture: list[_Prefecture]
    municipality: list[_Named]


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


class _Own(Settings):
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
    fonts: list[Annotated[str, matching(r"[0-9A-Za-z_-]+\.(?:ttf|otf)", _FONT)]] = []
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


def load_index(
    folders: Iterable[Path] = (), file: Path = HERE / "index.toml"
) -> tuple[MunicipalityEntry, ...]:
    """Load all municipalities that a resident can name, in the order of their codes: those of `file`, and those of
    `folders`, who participate.

    Raises Failed(Settings_Wrong, file=, field=, expected=).
    """
    index = read_settings(file, _Index)
    name = file_named(file)
    prefectures = {one.code: one for one in index.prefecture}
    entries: dict[str, MunicipalityEntry] = {}
    for number, named in enumerate(index.municipality, start=1):
        prefecture = prefectures.get(named.code[:2])
        where = f"municipality[{number}].code"
        if prefecture is None:
            raise settings_wrong(name, where, "先頭2桁が都道府県のコード")
        if named.code in entries:
            raise settings_wrong(name, where, "ほかと重ならないコード")
        info = MunicipalityInfo(
            code=named.code,
            prefecture=prefecture.name,
            prefecture_en=prefecture.name_en,
            name=named.name,
            name_en=named.name_en,
            kana=named.kana,
            participating=False,
        )
        entries[named.code] = MunicipalityEntry(info)
    for folder in folders:
        own = read_settings(folder / FILE_NAME, _Own)
        if own.code in entries and entries[own.code].info.participating:
            raise settings_wrong(file_named(folder / FILE_NAME), "code", "ほかと重ならないコード")
        entries[own.code] = MunicipalityEntry(own.info, tuple(own.excluded_terminal_kinds), own.hosting)
    return tuple(entries[code] for code in sorted(entries))


@dataclass(frozen=True, slots=True)
class Additions:
    """What officials have decided beside the file, at their console: `changes` come after the file's own; `closed` are spans in
    which a kind (None: every kind) is not served; `seals` are pictures of 公印 by the names that `changes` give them."""

    changes: tuple[Change, ...] = ()
    closed: tuple[tuple[str | None, Mapping[str, Any]], ...] = ()
    seals: Mapping[str, bytes] = field(default_factory=dict)

    def closing(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings `values` with these spans among those of the file."""
        if not self.closed:
            return dict(values)
        everywhere = [*values.get("closed", []), *(dict(span) for kind, span in self.closed if kind is None)]
        services = {
            code: {
                **terms,
                "closed": [
                    *terms.get("closed", []),
                    *(dict(span) for kind, span in self.closed if kind == code),
                ],
            }
            if isinstance(terms, dict)
            else terms
            for code, terms in values.get("service", {}).items()
        }
        return {**values, "closed": everywhere, "service": services}


NO_ADDITIONS = Additions()


def load_municipality(folder: Path, additions: Additions = NO_ADDITIONS) -> Municipality:
    """Load everything about the municipality of `folder`, each change of it with its day. It offers kinds of the product, and
    those in its own folder `certificates/`, whose Python code is run.

    Raises Failed(Settings_Wrong, file=, field=, expected=), also for what a change makes wrong.
    """
    kinds = load_kinds(folder / CERTIFICATES)
    path = folder / FILE_NAME
    own = read_settings(path, _Own)
    base = {name: value for name, value in settings_values(path).items() if name != "change"}
    states = States()
    seals = additions.seals
    found = _municipality(folder, additions.closing(base), kinds, states, seals)
    changes = (*own.change, *additions.changes)
    if changes:
        states.since.append((date.min, found))
    for state in states_of(changes):
        try:
            one = _municipality(folder, additions.closing(state.merged_with(base)), kinds, states, seals)
        except Failed as failed:
            raise state.told(failed) from None
        if state.first is not None:
            states.since.append((state.first, one))
    return found


def _municipality(
    folder: Path,
    values: Mapping[str, Any],
    kinds: Mapping[str, AnyCertificate],
    states: States,
    seals: Mapping[str, bytes],
) -> Municipality:
    """Make one state of a municipality of the settings `values`. Raises as `load_municipality`."""
    file = file_named(folder / FILE_NAME)
    own = checked_settings(file, values, _Own)
    services = _services(file, own.service, kinds)  # refuses an unknown kind
    for problem in _number_problems(file, own.code, own.name, _patterns(values, services)):
        raise problem
    for problem in _link_problems(file, own.existing_system, services):
        raise problem
    for problem in _ward_problems(file, own.ward, kinds, services):
        raise problem
    return Municipality(
        folder=folder,
        info=own.info,
        issuer=_issuer(file, folder, own, own.certifier, "certifier", seals),
        services=services,
        kinds={code: kinds[code] for code in services},
        closed=tuple(own.closed),
        minimum_age=own.minimum_age,
        excluded_terminal_kinds=tuple(own.excluded_terminal_kinds),
        delivery=own.delivery,
        issuers={code: _issuer_of(file, folder, own, code, terms, seals) for code, terms in services.items()},
        numbers={
            code: NumberPattern(terms.issue_number or own.issue_number) for code, terms in services.items()
        },
        wards={code: _ward(file, folder, own, code, services, kinds, seals) for code in own.ward},
        holder=own.holder,
        existing_system=own.existing_system,
        authentication=own.authentication,
        hosting=own.hosting,
        registration=own.registration,
        office=own.office,
        statistics=own.statistics,
        service_level=own.service_level,
        states=states,
    )


def _issuer(
    file: str,
    folder: Path,
    own: _Own,
    certifier: Certifier,
    where: str,
    seals: Mapping[str, bytes],
    *,
    with_prefecture: bool = False,
    paper_title: str = "",
) -> Issuer:
    return Issuer(
        code=own.code,
        municipality=own.name,
        title=certifier.title,
        mayor=certifier.mayor,
        seal_png=_official_seal(
            file, folder / certifier.seal, where, certifier.seal_black, seals.get(certifier.seal)
        ),
        accent=own.accent,
        seal_mm=certifier.seal_mm,
        fonts=_own_fonts(file, folder, own.fonts),
        prefecture=own.prefecture if with_prefecture else "",
        black_seal=certifier.seal_black,
        paper_title=paper_title,
    )


def _issuer_of(
    file: str, folder: Path, own: _Own, code: str, terms: ServiceTerms, seals: Mapping[str, bytes]
) -> Issuer:
    return _issuer(
        file,
        folder,
        own,
        own.certifier.but(terms.certifier),
        "certifier" if terms.certifier is None else f"service.{code}.certifier",
        seals,
        with_prefecture=terms.title_with_prefecture,
        paper_title=terms.title or "",
    )


def _ward(
    file: str,
    folder: Path,
    own: _Own,
    code: str,
    services: Mapping[str, ServiceTerms],
    kinds: Mapping[str, AnyCertificate],
    seals: Mapping[str, bytes],
) -> Ward:
    ward, issuers = own.ward[code], {}
    for kind, terms in services.items():
        parts = ward.certifiers(kind)
        if not parts or not kinds[kind].has_wards:
            continue
        certifier = own.certifier.but(terms.certifier)
        for part in parts:
            certifier = certifier.but(part)
        where = f"ward.{code}.service.{kind}" if kind in ward.service else f"ward.{code}"
        issuers[kind] = _issuer(
            file,
            folder,
            own,
            certifier,
            f"{where}.certifier",
            seals,
            with_prefecture=terms.title_with_prefecture,
            paper_title=terms.title or "",
        )
    return Ward(ward.name, issuers)


def _ward_problems(
    file: str, wards: Mapping[str, WardTerms], kinds: Mapping[str, AnyCertificate], served: Iterable[str]
) -> Iterator[Failed]:
    """What is wrong with who certifies in the wards: a kind that no ward certifies, and a title that is not of that ward."""
    names = [ward.name for ward in wards.values()]
    of_wards = [code for code in served if code in kinds and kinds[code].has_wards]
    for code, ward in wards.items():
        if names.count(ward.name) > 1:
            yield settings_wrong(file, f"ward.{code}.name", "ほかと重ならない区の名")
        titles = {f"ward.{code}.certifier": ward.certifier}
        for kind, own in ward.service.items():
            titles[f"ward.{code}.service.{kind}.certifier"] = own.certifier
            if kind not in of_wards:
                yield settings_wrong(file, f"ward.{code}.service.{kind}", _one_of(of_wards))
        for where, part in titles.items():
            if part is None:
                continue
            whole = CertifierPart() if ward.certifier is None else ward.certifier
            title, mayor = part.title or whole.title, part.mayor or whole.mayor
            if title is None or ward.name not in title:
                yield settings_wrong(file, f"{where}.title", f"「{ward.name}」を含む職名")
            elif mayor is None:  # else the mayor's name would stand behind it
                yield settings_wrong(file, f"{where}.mayor", f"{ward.name}長の氏名")


def municipality_problems(folder: Path) -> list[Failed]:
    """List everything that is wrong with the settings of the municipality of `folder`: also below what is wrong itself, and what
    each change makes wrong."""
    path = folder / FILE_NAME
    file = file_named(path)
    found = settings_problems(path, _Own)
    kinds, problems = read_kinds(folder / CERTIFICATES)
    found += problems
    try:
        values = settings_values(path)
    except Failed:
        return found  # told already
    base = {name: value for name, value in values.items() if name != "change"}
    own = list(_problems_below(file, folder, base, kinds, found))
    found += own
    known = {(one.facts.get("field"), one.facts.get("expected")) for one in found}
    changes = values.get("change", [])
    if not isinstance(changes, list) or value_problems(file, {"change": changes}, _Changes):
        return found  # told already
    for state in states_of(_Changes.model_validate({"change": changes}).change):
        merged = state.merged_with(base)
        of_state = value_problems(file, merged, _Own)
        of_state += _problems_below(file, folder, merged, kinds, of_state)
        for one in of_state:
            place = (one.facts.get("field"), one.facts.get("expected"))
            if place not in known:
                known.add(place)
                found.append(state.told(one))
    return found


class _Changes(Settings):
    change: list[Change]


def _problems_below(
    file: str,
    folder: Path,
    values: Mapping[str, Any],
    kinds: Mapping[str, AnyCertificate],
    found: list[Failed],
) -> Iterator[Failed]:
    """What is wrong in the tables of the kinds and with the seals; `found`: what is wrong above them."""
    wrong = {one.facts.get("field") for one in found}
    services = values.get("service")
    code, name = values.get("code"), values.get("name")
    if isinstance(code, str) and isinstance(name, str):
        yield from _number_problems(
            file, code, name, _patterns(values, services if isinstance(services, dict) else ())
        )
    for code, table in services.items() if isinstance(services, dict) else ():
        if code not in kinds:
            yield settings_wrong(file, f"service.{code}", _one_of(kinds))
        elif isinstance(table, dict):  # else told already
            yield from (problems := value_problems(file, table, kinds[code].terms, f"service.{code}."))
            wrong |= {one.facts.get("field") for one in problems}
    linked = (
        [code for code, table in services.items() if _asks_for_pdf_link(table)]
        if isinstance(services, dict)
        else []
    )
    if linked and values.get("existing_system") is None:
        yield _no_existing_system(file, linked[0])
    wards = values.get("ward")
    if not any(str(field).startswith("ward.") for field in wrong) and isinstance(wards, dict):
        told = {code: WardTerms.model_validate(one) for code, one in wards.items()}
        yield from _ward_problems(file, told, kinds, services if isinstance(services, dict) else ())
    fonts = values.get("fonts")
    if isinstance(fonts, list) and not any(str(field).startswith("fonts") for field in wrong):
        try:
            _own_fonts(file, folder, fonts)
        except Failed as failed:
            yield failed
    certifier = values.get("certifier")
    if not isinstance(certifier, dict):
        return
    places = {"certifier": certifier}
    for code, table in services.items() if isinstance(services, dict) else ():
        if isinstance(table, dict) and isinstance(table.get("certifier"), dict):
            places[f"service.{code}.certifier"] = {**certifier, **table["certifier"]}
    for code, ward in wards.items() if isinstance(wards, dict) else ():
        tables = ward.get("service") if isinstance(ward, dict) else None
        found_here = {f"ward.{code}.certifier": ward} if isinstance(ward, dict) else {}
        for kind, table in tables.items() if isinstance(tables, dict) else ():
            found_here[f"ward.{code}.service.{kind}.certifier"] = table
        for where, table in found_here.items():
            own = table.get("certifier") if isinstance(table, dict) else None
            if isinstance(own, dict) and "seal" in own:
                places[where] = {**certifier, **own}
    for where, one in places.items():
        seal = one.get("seal")
        if isinstance(seal, str) and f"{where}.seal" not in wrong:
            try:
                _official_seal(file, folder / seal, where, one.get("seal_black", True) is not False)
            except Failed as failed:
                yield failed


def _one_of(kinds: Iterable[str]) -> str:
    return "証明書の種類 " + "・".join(kinds) + " のいずれか"


def _patterns(values: Mapping[str, Any], kinds: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The form of 発行番号 of each kind, with the setting that says it. What is no text is told by its own rule."""
    services = values.get("service")
    found = {}
    for code in kinds:
        table = services.get(code) if isinstance(services, dict) else None
        own = table.get("issue_number") if isinstance(table, dict) else None
        place = f"service.{code}.issue_number" if own is not None else "issue_number"
        pattern = own if own is not None else values.get("issue_number", STANDARD_NUMBER)
        if isinstance(pattern, str):
            found[code] = (place, pattern)
    return found


def _number_problems(
    file: str, code: str, name: str, patterns: Mapping[str, tuple[str, str]]
) -> Iterator[Failed]:
    """What is wrong with the forms of 発行番号 of a municipality together, and with its name in them."""
    known: list[NumberPattern] = []
    for place, text in dict.fromkeys(patterns.values()):
        try:
            pattern = NumberPattern(text)
        except ValueError:
            continue  # told by its own rule
        if len(pattern.of_one_day(code, name)) > LONGEST_NUMBER:
            yield settings_wrong(file, place, NUMBER_LENGTH)
        if any(pattern.meets(other) for other in known):
            yield settings_wrong(file, place, "ほかの種類の {number} か {serial} の番号と同じにならない形")
        known.append(pattern)


def _asks_for_pdf_link(table: Any) -> bool:
    return isinstance(table, dict) and table.get("link") == PDF_LINK


def _no_existing_system(file: str, kind: str) -> Failed:
    return settings_wrong(
        file, "existing_system", f"PDF連携の証明書（service.{kind}）を作る既存システムの稼働時間"
    )


def _link_problems(
    file: str, system: ExistingSystemTerms | None, services: Mapping[str, ServiceTerms]
) -> Iterator[Failed]:
    """What PDF連携 lacks: an existing system, and an hour at which both are open."""
    for code, terms in services.items():
        if terms.link != PDF_LINK:
            continue
        if system is None:
            yield _no_existing_system(file, code)
            return
        both = terms.within(system.opens, system.closes)
        if both.closes <= both.opens:
            yield settings_wrong(
                file, f"service.{code}.link", "既存システムの稼働時間（existing_system）と重なる取扱時間"
            )


def _services(
    file: str, tables: Mapping[str, Any], kinds: Mapping[str, AnyCertificate]
) -> dict[str, ServiceTerms]:
    """Read the terms of each kind, in the order of the file, which is that of the menu."""
    for code in tables:
        if code not in kinds:
            raise settings_wrong(file, f"service.{code}", _one_of(kinds))
    return {
        code: checked_settings(file, table, kinds[code].terms, f"service.{code}.")
        for code, table in tables.items()
    }


def _own_fonts(file: str, folder: Path, names: Iterable[str]) -> tuple[Path, ...]:
    found = []
    for number, name in enumerate(names, start=1):
        try:
            if not family_of(folder / name) or not coverage_of(folder / name).characters:
                raise Failed("Font_Missing", font=name)
        except Failed:
            raise settings_wrong(file, f"fonts[{number}]", _FONT) from None
        found.append(folder / name)
    return tuple(found)


def _official_seal(file: str, path: Path, where: str, black: bool, kept: bytes | None = None) -> bytes:
    """`kept`: the picture itself, where it is none of the folder's."""
    expected: str | None = SEAL
    try:
        if kept is not None:
            png = kept
            expected = _expected_of_seal(png, black)
        elif path.is_file():  # a pipe or a device is read for ever
            png = path.read_bytes()
            expected = _expected_of_seal(png, black)
    except OSError:
        pass
    if expected is not None:
        raise settings_wrong(file, f"{where}.seal", expected)
    return png


@lru_cache(maxsize=32)  # one picture is the seal of many kinds
def _expected_of_seal(png: bytes, black: bool) -> str | None:
    """What an official seal has to be and these bytes are not, if anything."""
    try:
        across, down = struct.unpack(">II", png[16:24])  # of PNG's first chunk: before anything is unpacked
        if across != down or not SMALLEST_SEAL_PX <= across <= LARGEST_SEAL_PX:
            return SEAL
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            seen = is_seen(image)
            pixels = np.asarray(image.convert("RGBA"), dtype=np.int16)
    except (UnidentifiedImageError, struct.error, OSError, SyntaxError, ValueError):
        return SEAL
    if not seen:
        return _BLANK_SEAL
    colours = pixels[pixels[..., 3] > 0][..., :3]
    if black and colours.size and int(np.ptp(colours, axis=1).max()) > _COLOURED:
        return _BLACK_SEAL
    return None
