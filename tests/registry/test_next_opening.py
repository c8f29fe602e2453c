"""When a kind is served next, and what a resident is told of it: against a search through every quarter of an hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import pytest

from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.issuing.rights import check_open
from tests.registry.test_changes import RESIDENCE, loaded

WEEK = "月火水木金土日"
QUARTER = timedelta(minutes=15)
HOLIDAYS = {
    *(date(2026, month, day) for month, day in (
        (4, 29), (5, 3), (5, 4), (5, 5), (5, 6), (7, 20), (8, 11), (9, 21), (9, 22), (9, 23), (10, 12), (11, 3), (11, 23),
    )),
    *(date(2027, month, day) for month, day in ((1, 1), (1, 11), (2, 11), (2, 23), (3, 21), (3, 22), (4, 29))),
}  # fmt: skip
"""By the Cabinet Office's list of 2026 and 2027, from April to April."""


@dataclass
class Terms:
    """What is in force on a day, as the drawn settings have it."""

    opens: time
    closes: time
    weekdays: str = WEEK
    holidays: bool = True


@dataclass
class Drawn:
    """Settings at random: as a TOML file, and as plain values to search through."""

    terms: Terms
    lines: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    moments: list[tuple[datetime, datetime]] = field(default_factory=list)
    changes: list[tuple[date, date, Terms]] = field(default_factory=list)
    first_day: date | None = None

    def on(self, day: date) -> Terms:
        return next((terms for first, last, terms in self.changes if first <= day <= last), self.terms)

    def served(self, moment: datetime) -> bool:
        day, terms = moment.date(), self.on(moment.date())
        return (
            (self.first_day is None or day >= self.first_day)
            and WEEK[day.weekday()] in terms.weekdays
            and (terms.holidays or day not in HOLIDAYS)
            and day not in self.days
            and not any(first <= moment < last for first, last in self.moments)
            and terms.opens <= moment.time() < terms.closes
        )

    def next(self, after: datetime) -> datetime:
        while not self.served(after):
            after += QUARTER
        return after


def at(day: date, quarters: int) -> datetime:
    return datetime.combine(day, time.min, JST) + quarters * QUARTER


def terms_of(draw: Random) -> Terms:
    opens = draw.randrange(0, 60)
    closes = draw.randrange(opens + 1, 96)
    weekdays = "".join(sorted(draw.sample(WEEK, draw.choice((2, 5, 6, 7))), key=WEEK.index))
    return Terms(at(date.min, opens).time(), at(date.min, closes).time(), weekdays, draw.random() < 0.5)


def written(terms: Terms, prefix: str = "") -> list[str]:
    days = ", ".join(f'"{day}"' for day in terms.weekdays)
    return [
        f"{prefix}opens = {terms.opens}", f"{prefix}closes = {terms.closes}", f"{prefix}weekdays = [{days}]",
        f"{prefix}holidays = {str(terms.holidays).lower()}",
    ]  # fmt: skip


def drawn(draw: Random) -> Drawn:
    found = Drawn(terms_of(draw))
    for year in (2026, 2027):  # Kobe's own
        found.days |= {date(year, 12, day) for day in (29, 30, 31)} | {
            date(year, 1, day) for day in (1, 2, 3)
        }
    begin = date(2026, 5, 1)
    for _ in range(draw.randrange(4)):
        day = begin + timedelta(draw.randrange(240))
        found.days.add(day)
        found.tail.append(f"[[{draw.choice(('closed', 'service.residence.closed'))}]]\non = {day}")
    for _ in range(draw.randrange(4)):
        first = at(begin + timedelta(draw.randrange(240)), draw.randrange(96))
        last = first + QUARTER * draw.choice((1, 20, 200, 1500))
        found.moments.append((first, last))
        offset = draw.choice(("", "+09:00"))
        span = f"from = {first:%Y-%m-%dT%H:%M:%S}{offset}\nuntil = {last:%Y-%m-%dT%H:%M:%S}{offset}"
        found.tail.append(f"[[{draw.choice(('closed', 'service.residence.closed'))}]]\n{span}")
    for first_of in (date(2026, 6, 10), date(2026, 9, 18), date(2026, 12, 27)):
        if draw.random() < 0.6:
            change, last_of = terms_of(draw), first_of + timedelta(draw.randrange(40))
            found.changes.append((first_of, last_of, change))
            lines = written(change, "service.residence.")
            found.tail.append("\n".join(("[[change]]", f"from = {first_of}", f"until = {last_of}", *lines)))
    if draw.random() < 0.3:
        found.first_day = begin + timedelta(draw.randrange(100))
        found.lines.append(f"first_day = {found.first_day}")
    return found


def believed(told: Failed, now: datetime, opens: time) -> datetime:
    """When somebody comes back who is told that, and knows the hours."""
    if told.facts.get("reopens"):
        return datetime.fromisoformat(str(told.facts["reopens"])).replace(tzinfo=JST)
    if told.facts.get("next_open"):
        return datetime.combine(date.fromisoformat(str(told.facts["next_open"])), opens, JST)
    assert told.failure == "Service_Closed_Now"
    return datetime.combine(now.date() + timedelta(now.time() >= opens), opens, JST)


@pytest.mark.parametrize("seed", range(24))
def test_whoever_is_told_when_to_come_back_is_served_then_and_not_before(tmp_path: Path, seed: int) -> None:
    draw = Random(seed)  # noqa: S311
    town = drawn(draw)
    service = "\n".join(["[service.residence]", *town.lines, *written(town.terms), "# "])
    kobe = loaded(tmp_path, *town.tail, base=("[service.residence]\nfee = 250\nopens = 06:30:00\ncloses = 23:00:00", service + "\nfee = 250"))  # fmt: skip
    refused = 0
    for _ in range(60):
        now = at(date(2026, 5, 1) + timedelta(draw.randrange(240)), draw.randrange(96))
        right = town.next(now)
        assert kobe.next_opening(RESIDENCE, now) == right, now
        state = kobe.on(now.date())
        try:
            check_open(state, RESIDENCE, now)
        except Failed as told:
            refused += 1
            assert right > now
            if told.failure == "Service_Not_Yet_Offered":
                assert told.facts["first_day"] == str(town.first_day)
            else:
                assert believed(told, now, town.on(now.date()).opens) == right, (now, told)
        else:
            assert right == now
    assert refused >= 5
