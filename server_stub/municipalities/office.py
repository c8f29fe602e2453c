"""When the municipality's offices are open, what its statistics are put beside, and what its provider has promised.

The tables [office], [statistics] and [service_level] of municipality.toml. Nothing here decides whether a certificate is issued.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from server_stub.certificates.terms import WEEK, WORKING_DAYS, ClosedSpan, TimeOfDay, Weekday, is_holiday
from server_stub.settings_file import Settings


class OfficeTerms(Settings):
    """Office hours (開庁時間), by which statistics tell 時間内 from 時間外: `opens` inclusive, `closes` exclusive, on `days`, on no day of
    `closed` and, unless `on_holidays`, on no public holiday."""

    opens: TimeOfDay = time(8, 30)
    closes: TimeOfDay = time(17, 15)
    days: list[Weekday] = list(WORKING_DAYS)
    on_holidays: bool = False
    closed: list[ClosedSpan] = [ClosedSpan(first="12-29", last="01-03")]

    @field_validator("closes")
    @classmethod
    def _after_it_opens(cls, closes: time, known: ValidationInfo) -> time:
        if closes <= known.data.get("opens", time.min):
            raise ValueError("opens より後の時刻")
        return closes

    def open_on(self, day: date) -> bool:
        """Tell whether the offices open on `day` at all."""
        return (
            WEEK[day.weekday()] in self.days
            and (self.on_holidays or not is_holiday(day))
            and not any(span.holds(day) for span in self.closed)
        )

    def open_at(self, moment: datetime) -> bool:
        """Tell whether the offices are open at `moment` (JST)."""
        return (
            self.opens <= moment.time() < self.closes
            and self.open_on(moment.date())
            and not any(span.covers(moment) for span in self.closed)
        )


class CardFigure(Settings):
    """How many マイナンバーカード had been handed out to residents until the end of a day, as the municipality counts them."""

    on: date
    issued: Annotated[int, Field(ge=0, le=100_000_000)]


class StatisticsTerms(Settings):
    """What the statistics are put beside: `cards`, of any days."""

    cards: list[CardFigure] = []

    def cards_by(self, day: date) -> CardFigure | None:
        """Find the latest figure that is not of after `day`."""
        known = [one for one in self.cards if one.on <= day]
        return max(known, key=lambda one: one.on, default=None)


class ServiceLevelTerms(Settings):
    """Targets of the service level (SLA). The contracts' own are not public: these are proposals (推定), except that a stop counts from
    five minutes on, as contracts of municipal ASP services have it.

    `availability_percent`: of the hours of service in a month. `answer_percent` of the papers are ready within `answer_seconds`
    (1, 3, 5, 10, 20 or 30) of the application's receipt. `notice_minutes`: from a fault to the first announcement; `recovery_hours`: to its end.
    """

    availability_percent: Annotated[float, Field(ge=0, le=100, strict=False)] = 99.5
    answer_seconds: Annotated[int, Field(ge=1, le=30)] = 10
    answer_percent: Annotated[float, Field(ge=0, le=100, strict=False)] = 95
    notice_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    recovery_hours: Annotated[int, Field(ge=1, le=720)] = 4
    stop_counts_minutes: Annotated[int, Field(ge=0, le=60)] = 5

    @field_validator("answer_seconds")
    @classmethod
    def _is_counted(cls, seconds: int) -> int:
        if seconds not in ANSWER_SECONDS:
            raise ValueError("、".join(map(str, ANSWER_SECONDS)) + " のどれか")
        return seconds


ANSWER_SECONDS = (1, 3, 5, 10, 20, 30)
"""Within how many seconds papers are counted to be ready."""
