"""A municipality as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path

from server_stub.interface.terminal import CertificateKind, MunicipalityInfo, OptionName, TerminalKind


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
