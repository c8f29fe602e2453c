"""A municipality as plain values, read from index.toml and its folder."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from server_stub.interface.failures import Failed
from server_stub.interface.terminal import CertificateKind, OptionName
from server_stub.interface.values import MunicipalityInfo, TerminalKind

from .settings_table import SettingsTable


@dataclass(frozen=True, slots=True)
class MunicipalityEntry:
    """A line of the index. `folder` is None for one of whom nothing more is known."""

    info: MunicipalityInfo
    excluded_terminal_kinds: tuple[TerminalKind, ...]
    folder: Path | None


@dataclass(frozen=True, slots=True)
class ServiceTerms:
    """One kind of certificate. `fee` in whole yen a copy; served from `opens` up to and without `closes`, JST."""

    fee: int
    opens: time
    closes: time
    max_copies: int
    options: tuple[OptionName, ...]

    def open_at(self, moment: time) -> bool:
        return self.opens <= moment < self.closes


@dataclass(frozen=True, slots=True)
class ClosedSpan:
    """Days of every year, both ends included, as (month, day); it may run over New Year."""

    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, day: date) -> bool:
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


@dataclass(frozen=True, slots=True)
class DeliveryTerms:
    """What is asked of the deliveries of the existing systems. `most_age`: from 作成日時 on, so long may the replica issue.
    `most_drop_percent`: of the residents, from one delivery to the next. `unreadable_restrictions`: rows of 発行制限.csv that do
    not say whose they are, with which a delivery is still applied."""

    most_age: timedelta = timedelta(hours=48)
    most_drop_percent: int = 10
    unreadable_restrictions: int = 0


@dataclass(frozen=True, slots=True)
class Attestations:
    """認証文 as printed."""

    residence_household: str
    residence_members: str
    seal_registration: str


@dataclass(frozen=True, slots=True)
class Municipality:
    """All that the issuing server needs to know of a tenant.

    `title` 職名 and `mayor` 氏名 of the certifier; `seal_png` 公印, a square of `seal_mm` millimetres; `layout` of 住民票の写し:
    "household" (世帯連記式) or "individual" (個人票). A kind that is not in `services` is not offered.
    """

    info: MunicipalityInfo
    title: str
    mayor: str
    seal_png: bytes
    seal_mm: float
    layout: str
    attestations: Attestations
    services: Mapping[CertificateKind, ServiceTerms]
    closed: tuple[ClosedSpan, ...]
    minimum_age: int
    excluded_terminal_kinds: tuple[TerminalKind, ...]
    delivery: DeliveryTerms

    def closed_on(self, day: date) -> bool:
        return any(span.holds(day) for span in self.closed)


HERE = Path(__file__).parent
LAYOUTS = ("household", "individual")
COIN = 10
"""Yen: the smallest coin that a terminal takes."""
_A_LEAP_YEAR = 2028


def load_index(root: Path = HERE) -> tuple[MunicipalityEntry, ...]:
    """All municipalities in the order of their codes. Raises Failed(Settings_Wrong, file=, field=, expected=)."""
    index = SettingsTable.read(root / "index.toml")
    prefectures: dict[str, tuple[str, str]] = {}
    for table in index.tables("prefecture"):
        code = table.text("code", r"[0-9]{2}", "2 digits")
        prefectures[code] = (table.text("name"), table.text("name_en"))
        table.close()
    entries: dict[str, MunicipalityEntry] = {}
    for table in index.tables("municipality"):
        entry = _entry(table, prefectures, root)
        if entry.info.code in entries:
            raise table.wrong("code", "each code once")
        entries[entry.info.code] = entry
    index.close()
    return tuple(entries[code] for code in sorted(entries))


def load_municipality(code: str, root: Path = HERE) -> Municipality:
    """Everything about one municipality that has a folder.

    Raises Failed: Municipality_Unknown, Municipality_Not_Participating (no folder), Settings_Wrong.
    """
    found = [entry for entry in load_index(root) if entry.info.code == code]
    if not found:
        raise Failed("Municipality_Unknown", municipality=code)
    entry = found[0]
    if entry.folder is None:
        raise Failed("Municipality_Not_Participating", municipality=code)
    table = SettingsTable.read(entry.folder / "municipality.toml")
    # read for the index already; here they only count as known
    _own_settings(table)
    certifier, layout, texts = (
        table.table("certifier"),
        table.table("residence_layout"),
        table.table("attestation"),
    )
    municipality = Municipality(
        info=entry.info,
        title=certifier.text("title"),
        mayor=certifier.text("mayor"),
        seal_png=_official_seal(certifier, entry.folder),
        seal_mm=certifier.number("seal_mm", 15, 30),
        layout=layout.choice("form", LAYOUTS),
        attestations=Attestations(
            texts.text("residence_household"),
            texts.text("residence_members"),
            texts.text("seal_registration"),
        ),
        services=_services(table.table("service")),
        closed=tuple(_closed(span) for span in table.tables("closed")),
        minimum_age=table.whole("minimum_age", 0, 99),
        excluded_terminal_kinds=entry.excluded_terminal_kinds,
        delivery=_delivery(table.table("delivery")),
    )
    for used in (certifier, layout, texts, table):
        used.close()
    return municipality


def _entry(table: SettingsTable, prefectures: dict[str, tuple[str, str]], root: Path) -> MunicipalityEntry:
    code = table.text("code", r"[0-9]{5}", "5 digits")
    if code[:2] not in prefectures:
        raise table.wrong("code", "the code of a prefecture in its first two digits")
    participating = table.flag("participating")
    folder: Path | None = None
    accent, telephone = str(MunicipalityInfo.model_fields["accent"].default), ""
    excluded: tuple[TerminalKind, ...] = ()
    if table.has("folder"):
        folder = root / table.text("folder", r"[0-9a-z_]+", "the name of a folder here")
        accent, telephone, excluded = _own_settings(SettingsTable.read(folder / "municipality.toml"))
    elif participating:
        raise table.wrong("folder", "a folder for whoever participates")
    info = MunicipalityInfo(
        code=code,
        prefecture=prefectures[code[:2]][0],
        prefecture_en=prefectures[code[:2]][1],
        name=table.text("name"),
        name_en=table.text("name_en"),
        kana=table.text("kana", r"[ぁ-ゖー]+", "hiragana"),
        participating=participating,
        accent=accent,
        telephone=telephone,
    )
    table.close()
    return MunicipalityEntry(info, excluded, folder)


def _own_settings(table: SettingsTable) -> tuple[str, str, tuple[TerminalKind, ...]]:
    """(accent colour, telephone, excluded kinds of terminals): what the centre and the terminal show or obey too."""
    return (
        table.text("accent", r"#[0-9A-Fa-f]{6}", "a colour such as #0A5A8C"),
        table.text("telephone", r"[0-9-]{10,14}", "a telephone number"),
        table.choices("excluded_terminal_kinds", TerminalKind),
    )


def _services(table: SettingsTable) -> dict[CertificateKind, ServiceTerms]:
    services: dict[CertificateKind, ServiceTerms] = {}
    for kind in CertificateKind:
        if not table.has(kind):
            continue
        terms = table.table(kind)
        opens, closes = terms.time("opens"), terms.time("closes")
        if closes <= opens:
            raise terms.wrong("closes", "a time after opens")
        fee = terms.whole("fee", 0, 10_000)
        if fee % COIN:
            raise terms.wrong("fee", f"a multiple of {COIN}")
        services[kind] = ServiceTerms(
            fee=fee,
            opens=opens,
            closes=closes,
            max_copies=terms.whole("max_copies", 1, 99),
            options=terms.choices("options", OptionName),
        )
        terms.close()
    table.close()
    return services


def _delivery(table: SettingsTable) -> DeliveryTerms:
    terms = DeliveryTerms(
        most_age=timedelta(hours=table.whole("most_age_hours", 1, 24 * 366)),
        most_drop_percent=table.whole("most_drop_percent", 0, 100),
        unreadable_restrictions=table.whole("unreadable_restrictions", 0, 1000),
    )
    table.close()
    return terms


def _closed(table: SettingsTable) -> ClosedSpan:
    span = ClosedSpan(_month_day(table, "first"), _month_day(table, "last"))
    table.close()
    return span


def _month_day(table: SettingsTable, field: str) -> tuple[int, int]:
    expected = "month and day such as 12-29"
    text = table.text(field, r"[0-9]{2}-[0-9]{2}", expected)
    try:
        day = date(_A_LEAP_YEAR, int(text[:2]), int(text[3:]))
    except ValueError:
        raise table.wrong(field, expected) from None
    return day.month, day.day


def _official_seal(table: SettingsTable, folder: Path) -> bytes:
    expected = "the name of a square PNG file in the folder"
    name = table.text("seal", r"[0-9A-Za-z_-]+\.png", expected)
    try:
        png = (folder / name).read_bytes()
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            across, down = image.size
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise table.wrong("seal", expected) from None
    if across != down:
        raise table.wrong("seal", expected)
    return png
