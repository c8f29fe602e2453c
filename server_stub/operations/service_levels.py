"""Reckon the service level of a month: availability, PDF answer time, notice of faults, recovery, beside the municipality's targets.

The service is unavailable while the whole municipality, or the whole centre, is under an emergency stop, while its site gives no answer, or
while the centre was not there, within the hours of service; what was announced before it began, of the municipality or of the centre, is
no time of service. A stop of one kind is listed and counts nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server_stub.interface.history import ServiceFigures
from server_stub.interface.operations import StopEntry
from server_stub.interface.outages import AlarmCause, AlarmEntry, CentreService, CentreSilence, OutageEntry

Interval = tuple[datetime, datetime]
_FAULTS = (AlarmCause.SITE_SILENT, AlarmCause.EXISTING_SYSTEM_SILENT)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what the alarm tells, after how many minutes it was announced (None: never), how many hours it lasted (None: it does)."""

    alarm: AlarmEntry
    notice_minutes: float | None
    recovery_hours: float | None
    notice_is_met: bool
    recovery_is_met: bool


@dataclass(frozen=True, slots=True)
class Levels:
    """`service` and `down` in minutes, up to now; `availability` in percent, None before any service. `answered`: papers of the month,
    `in_time` of them within the target's seconds. `stops` and `faults`: what happened here; `centre_stops`, `silences` and `planned`: stops of the
    whole centre, times without it, and what was announced before it began, in that month."""

    figures: ServiceFigures
    service: float
    down: float
    availability: float | None
    answered: int
    in_time: int
    faults: tuple[Fault, ...]
    stops: tuple[StopEntry, ...]
    centre_stops: tuple[StopEntry, ...]
    silences: tuple[CentreSilence, ...]
    planned: tuple[OutageEntry, ...]

    @property
    def in_time_percent(self) -> float | None:
        return 100 * self.in_time / self.answered if self.answered else None


def levels(
    figures: ServiceFigures,
    alarms: Iterable[AlarmEntry],
    outages: Sequence[OutageEntry],
    centre: CentreService,
    now: datetime,
) -> Levels:
    """Reckon up to `now`. `alarms` are this municipality's, `outages` its own and the centre's."""
    hours = [(span.begins, min(span.ends, now)) for span in figures.hours if span.begins < now]
    begins, ends = _month(figures.month)
    mine = [one for one in alarms if one.since < ends and (one.until is None or one.until > begins)]
    unforeseen = [(one.since, one.until or now) for one in mine if one.cause in _FAULTS and not one.announced]
    announced = [
        one
        for one in outages
        # what is told after it began, or of a fault under way, is no plan
        if one.at < one.since and not any(begun <= one.at < over for begun, over in unforeseen)
    ]
    planned = [(one.since, _end(one)) for one in announced]
    hours = _without(merged(hours), merged(planned))
    counted = timedelta(minutes=figures.targets.stop_counts_minutes)
    down = [
        (one.at, one.released_at or now) for one in (*figures.stops, *centre.stops) if one.kind is None
    ] + [
        (one.since, one.until) for one in centre.silences
    ] + [
        (one.since, one.until or now)
        for one in mine
        if one.cause is AlarmCause.SITE_SILENT and not one.announced
    ]  # fmt: skip
    away = _within([one for one in merged(down) if one[1] - one[0] >= counted], hours)
    service, lost = _minutes(hours), _minutes(away)
    limit = figures.targets.answer_seconds
    return Levels(
        figures=figures,
        service=service,
        down=lost,
        availability=100 * (service - lost) / service if service else None,
        answered=sum(one.applications for one in figures.answers),
        in_time=sum(
            one.applications for one in figures.answers if one.seconds is not None and one.seconds <= limit
        ),
        faults=tuple(
            _fault(one, outages, figures, now) for one in mine if one.cause in _FAULTS and not one.announced
        ),
        stops=figures.stops,
        centre_stops=tuple(
            one
            for one in centre.stops
            if one.at < ends and (one.released_at is None or one.released_at > begins)
        ),
        silences=tuple(one for one in centre.silences if one.since < ends and one.until > begins),
        planned=tuple(one for one in announced if one.since < ends and _end(one) > max(begins, one.since)),
    )


def _end(outage: OutageEntry) -> datetime:
    return outage.until if outage.ended_at is None else outage.ended_at


def _fault(
    alarm: AlarmEntry, outages: Sequence[OutageEntry], figures: ServiceFigures, now: datetime
) -> Fault:
    told = [one.at for one in outages if alarm.since <= one.at <= (alarm.until or now)]
    notice = (min(told) - alarm.since) / timedelta(minutes=1) if told else None
    lasted = (alarm.until - alarm.since) / timedelta(hours=1) if alarm.until is not None else None
    so_far = ((alarm.until or now) - alarm.since) / timedelta(hours=1)
    return Fault(
        alarm,
        notice,
        lasted,
        notice_is_met=notice is not None and notice <= figures.targets.notice_minutes,
        recovery_is_met=so_far <= figures.targets.recovery_hours,
    )


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Put together what overlaps."""
    found: list[Interval] = []
    for begins, ends in sorted(one for one in intervals if one[0] < one[1]):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found


def _within(intervals: Iterable[Interval], hours: Sequence[Interval]) -> list[Interval]:
    return merged(
        (max(begins, opens), min(ends, closes)) for begins, ends in intervals for opens, closes in hours
    )


def _without(hours: Iterable[Interval], taken: Sequence[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for begins, ends in hours:
        at = begins
        for away, back in taken:
            if back <= at or away >= ends:
                continue
            if away > at:
                found.append((at, away))
            at = max(at, back)
        if at < ends:
            found.append((at, ends))
    return found


def _minutes(intervals: Iterable[Interval]) -> float:
    return sum((ends - begins) / timedelta(minutes=1) for begins, ends in intervals)


def _month(month: str) -> Interval:
    begins = datetime.fromisoformat(f"{month}-01T00:00:00+09:00")
    return begins, (begins + timedelta(days=32)).replace(day=1)
