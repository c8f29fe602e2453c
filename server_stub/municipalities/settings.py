"""A municipality as plain values, read from the index and its own folder."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

from PIL import Image, UnidentifiedImageError
from pydantic import AfterValidator, Field

from server_stub.certificates import load_kinds, read_kinds
from server_stub.certificates.certificate import AnyCertificate, ServiceTerms
from server_stub.interface.failures import Failed
from server_stub.interface.values import MunicipalityInfo, TerminalKind
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

HERE = Path(__file__).parent
FILE_NAME, CERTIFICATES, FORMATS = "municipality.toml", "certificates", "deliveries"
_A_LEAP_YEAR = 2028
_SEAL = "フォルダにある、正方形の PNG 画像のファイル名"

Code = Annotated[str, matching(r"[0-9]{5}", "数字5桁")]
Kana = Annotated[str, matching(r"[ぁ-ゖー]+", "ひらがな")]


def _month_day(text: str) -> str:
    try:
        date(_A_LEAP_YEAR, int(text[:2]), int(text[3:]))
    except ValueError:
        raise ValueError("12-29 のような月と日") from None
    return text


MonthDay = Annotated[str, matching(r"[0-9]{2}-[0-9]{2}", "12-29 のような月と日"), AfterValidator(_month_day)]


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


class ClosedSpan(Settings):
    """Days of every year, both ends included, as month and day; it may run over New Year."""

    first: MonthDay
    last: MonthDay

    def holds(self, day: date) -> bool:
        here = day.strftime("%m-%d")
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


class DeliveryTerms(Settings):
    """What is asked of the deliveries of the existing systems. `most_age_hours`: from 作成日時 on, so long may the replica issue.
    `most_drop_percent`: of the residents, from one delivery to the next. `unreadable_restrictions`: rows of 発行制限.csv that do
    not say whose they are, with which a delivery is still applied. `most_set_aside`: rows that cannot be used, each of which
    sets its person aside, with which a delivery is still applied."""

    most_age_hours: Annotated[int, Field(ge=1, le=24 * 366)] = 48
    most_drop_percent: Annotated[int, Field(ge=0, le=100)] = 10
    unreadable_restrictions: Annotated[int, Field(ge=0, le=1000)] = 0
    most_set_aside: Annotated[int, Field(ge=0, le=100_000)] = 10

    @property
    def most_age(self) -> timedelta:
        return timedelta(hours=self.most_age_hours)


class _Certifier(Settings):
    """`title` 職名 and `mayor` 氏名 of the certifier; `seal` the file of the 公印, a square of `seal_mm` millimetres."""

    title: SettingsText
    mayor: SettingsText
    seal: Annotated[str, matching(r"[0-9A-Za-z_-]+\.png", _SEAL)]
    seal_mm: Annotated[float, Field(ge=15, le=30)]


class _Own(Settings):
    """The file municipality.toml of a folder. The tables of `service` are each kind's own (`Certificate.terms`)."""

    code: Code
    prefecture: SettingsText
    prefecture_en: SettingsText
    name: SettingsText
    name_en: SettingsText
    kana: Kana
    telephone: Annotated[str, matching(r"[0-9-]{10,14}", "数字とハイフンの電話番号（10字から14字）")]
    accent: Annotated[str, matching(r"#[0-9A-Fa-f]{6}", "#0A5A8C のような色")]
    minimum_age: Annotated[int, Field(ge=0, le=99)]
    refuse_moving_out: bool = True
    excluded_terminal_kinds: list[Annotated[TerminalKind, Field(strict=False)]]
    certifier: _Certifier
    delivery: DeliveryTerms
    closed: list[ClosedSpan] = []
    service: dict[str, dict[str, Any]]

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
        )


@dataclass(frozen=True, slots=True)
class MunicipalityEntry:
    """One that a resident can name. Who has a folder participates."""

    info: MunicipalityInfo
    excluded_terminal_kinds: tuple[TerminalKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Municipality:
    """All that the issuing server needs to know of a tenant. `folder`: where it stands, with the formats of its deliveries. A
    kind that is not in `services` is not offered."""

    folder: Path
    info: MunicipalityInfo
    issuer: Issuer
    services: Mapping[str, ServiceTerms]
    kinds: Mapping[str, AnyCertificate]
    closed: tuple[ClosedSpan, ...]
    minimum_age: int
    refuse_moving_out: bool
    excluded_terminal_kinds: tuple[TerminalKind, ...]
    delivery: DeliveryTerms

    def closed_on(self, day: date) -> bool:
        return any(span.holds(day) for span in self.closed)


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
        entries[own.code] = MunicipalityEntry(own.info, tuple(own.excluded_terminal_kinds))
    return tuple(entries[code] for code in sorted(entries))


def load_municipality(folder: Path) -> Municipality:
    """Load everything about the municipality of `folder`. It offers kinds of the product, and those in its own folder
    `certificates/`, whose Python code is run.

    Raises Failed(Settings_Wrong, file=, field=, expected=).
    """
    kinds = load_kinds(folder / CERTIFICATES)
    file = file_named(folder / FILE_NAME)
    own = read_settings(folder / FILE_NAME, _Own)
    return Municipality(
        folder=folder,
        info=own.info,
        issuer=Issuer(
            code=own.code,
            municipality=own.name,
            title=own.certifier.title,
            mayor=own.certifier.mayor,
            seal_png=_official_seal(file, folder / own.certifier.seal),
            accent=own.accent,
            seal_mm=own.certifier.seal_mm,
        ),
        services=_services(file, own.service, kinds),  # refuses an unknown kind
        kinds={code: kinds[code] for code in own.service},
        closed=tuple(own.closed),
        minimum_age=own.minimum_age,
        refuse_moving_out=own.refuse_moving_out,
        excluded_terminal_kinds=tuple(own.excluded_terminal_kinds),
        delivery=own.delivery,
    )


def municipality_problems(folder: Path) -> list[Failed]:
    """List everything that is wrong with the settings of the municipality of `folder`: also below what is wrong itself."""
    path = folder / FILE_NAME
    file, found = file_named(path), settings_problems(path, _Own)
    kinds, problems = read_kinds(folder / CERTIFICATES)
    found += problems
    try:
        values = settings_values(path)
    except Failed:
        return found  # told already
    services = values.get("service")
    for code, table in services.items() if isinstance(services, dict) else ():
        if code not in kinds:
            found.append(settings_wrong(file, f"service.{code}", _one_of(kinds)))
        elif isinstance(table, dict):  # else told already
            found += value_problems(file, table, kinds[code].terms, f"service.{code}.")
    certifier = values.get("certifier")
    seal = certifier.get("seal") if isinstance(certifier, dict) else None
    if isinstance(seal, str) and not any(one.facts.get("field") == "certifier.seal" for one in found):
        try:
            _official_seal(file, folder / seal)
        except Failed as failed:
            found.append(failed)
    return found


def _one_of(kinds: Iterable[str]) -> str:
    return "証明書の種類 " + "・".join(kinds) + " のいずれか"


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


def _official_seal(file: str, path: Path) -> bytes:
    wrong = settings_wrong(file, "certifier.seal", _SEAL)
    try:
        png = path.read_bytes()
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            across, down = image.size
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise wrong from None
    if across != down:
        raise wrong
    return png
