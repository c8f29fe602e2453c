"""Read statistics and figures of the service level out of `issue_sums`."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection, func, select

from server_stub.certificates.terms import is_holiday
from server_stub.interface.clock import JST
from server_stub.interface.history import (
    AnswerCount,
    CardCount,
    Dimension,
    Figure,
    ServiceFigures,
    ServiceQuery,
    ServiceTargets,
    Span,
    Statistics,
    StatisticsQuery,
)
from server_stub.municipalities import Municipality
from server_stub.municipalities.office import ANSWER_SECONDS

from . import counting as c
from . import tables as t
from .stops import stop_entry

INSIDE, OUTSIDE = "inside", "outside"
_SUM = t.issue_sums.c
_READ = {c.HOUR: Dimension.HOUR, c.AREA: Dimension.AREA, c.CHAIN: Dimension.CHAIN, c.OFFICE: Dimension.OFFICE}
_COUNTS = ("applications", "papers", "yen")


def kind_names(municipality: Municipality) -> dict[str, str]:
    """List the Japanese names of all kinds that are offered at any time."""
    names = {code: kind.words["ja"] for code, kind in municipality.every_kind.items()}
    for state in municipality.every_state:
        names |= {code: terms.words["ja"] for code, terms in state.services.items() if "ja" in terms.words}
    return names


def last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


def statistics(connection: Connection, municipality: Municipality, query: StatisticsQuery) -> Statistics:
    """Read the figures of some months of a municipality."""
    code = municipality.info.code
    own = (_SUM.municipality == code, _SUM.sample == query.sample)
    span = (*own, _SUM.month >= query.first, _SUM.month <= query.last)
    found: dict[tuple[Dimension, str, str], Counter[str]] = {}

    def tell(dimension: Dimension, value: str, row: Any) -> None:
        counts = found.setdefault((dimension, value, row.kind), Counter())
        counts.update({name: getattr(row, name) for name in _COUNTS})

    grouped = (
        select(_SUM.dimension, _SUM.value, _SUM.kind, *(func.sum(_SUM[name]).label(name) for name in _COUNTS))
        .where(*span, _SUM.dimension.in_(_READ))
        .group_by(_SUM.dimension, _SUM.value, _SUM.kind)
    )
    for row in connection.execute(grouped):
        tell(_READ[row.dimension], row.value, row)
        if row.dimension == c.AREA:
            tell(Dimension.PLACE, INSIDE if row.value == code else OUTSIDE, row)
    for row in connection.execute(select(t.issue_sums).where(*span, _SUM.dimension == c.DAY)):
        day = date(int(row.month[:4]), int(row.month[5:]), int(row.value))
        tell(Dimension.MONTH, row.month, row)
        tell(Dimension.WEEKDAY, str(day.weekday()), row)
        tell(Dimension.HOLIDAY, "holiday" if is_holiday(day) else "other", row)
        if query.first == query.last:
            tell(Dimension.DAY, row.value, row)
    names = kind_names(municipality)
    first = connection.scalar(select(_SUM.month).where(*own).order_by(_SUM.month).limit(1))
    last = connection.scalar(select(_SUM.month).where(*own).order_by(_SUM.month.desc()).limit(1))
    cards = municipality.on(last_day(query.last)).statistics.cards_by(last_day(query.last))
    return Statistics(
        municipality=code,
        first=query.first,
        last=query.last,
        sample=query.sample,
        kinds=names | {kind: kind for _, _, kind in found if kind not in names},
        figures=tuple(
            Figure(dimension=dimension, value=value, kind=kind, **counts)
            for (dimension, value, kind), counts in sorted(found.items())
        ),
        known=None if first is None or last is None else (first, last),
        cards=None if cards is None else CardCount(on=cards.on, issued=cards.issued),
    )


def service_figures(
    connection: Connection, municipality: Municipality, query: ServiceQuery
) -> ServiceFigures:
    """Read how quickly papers were ready in a month, and which emergency stops there were. Sample records count nowhere."""
    rows = connection.execute(
        select(_SUM.value, func.sum(_SUM.applications))
        .where(
            _SUM.municipality == query.municipality,
            _SUM.sample.is_(False),
            _SUM.month == query.month,
            _SUM.dimension == c.ANSWER,
        )
        .group_by(_SUM.value)
    )
    counted = {value: number for value, number in rows}
    limits: tuple[int | None, ...] = (*ANSWER_SECONDS, None)
    begin, end = (
        f"{query.month}-01",
        last_day(query.month).isoformat() + "T24",
    )  # kept as ISO 8601 in Japan's time
    stops = connection.execute(
        select(t.stops)
        .where(
            t.stops.c.municipality == query.municipality,
            t.stops.c.at < end,
            (t.stops.c.released_at.is_(None)) | (t.stops.c.released_at >= begin),
        )
        .order_by(t.stops.c.at, t.stops.c.stop_id)
    ).mappings()
    return ServiceFigures(
        municipality=query.municipality,
        month=query.month,
        targets=ServiceTargets(**municipality.on(last_day(query.month)).service_level.model_dump()),
        hours=tuple(_spans(municipality, query.month, _served)),
        office=tuple(_spans(municipality, query.month, _office)),
        answers=tuple(
            AnswerCount(seconds=limit, applications=counted.get(c.LONGER if limit is None else str(limit), 0))
            for limit in limits
        ),
        stops=tuple(stop_entry(row) for row in stops),
    )


def _spans(
    municipality: Municipality, month: str, hours: Callable[[Municipality, date], tuple[time, time] | None]
) -> Iterator[Span]:
    for number in range(1, last_day(month).day + 1):
        day = date(int(month[:4]), int(month[5:]), number)
        found = hours(municipality.on(day), day)
        if found is not None:
            begins, ends = (datetime.combine(day, one, JST) for one in found)
            yield Span(begins=begins, ends=ends)


def _served(municipality: Municipality, day: date) -> tuple[time, time] | None:
    """From the first kind that opens on `day` to the last one that closes; spans that close single hours are not taken off."""
    terms = [
        municipality.service(kind)
        for kind in municipality.services
        if municipality.services[kind].begun(day) and municipality.served_on(kind, day)
    ]
    return (min(one.opens for one in terms), max(one.closes for one in terms)) if terms else None


def _office(municipality: Municipality, day: date) -> tuple[time, time] | None:
    office = municipality.office
    return (office.opens, office.closes) if office.open_on(day) else None
