"""The five analyses of accesses that the standard asks for (住民記録システム標準仕様書 10.2), of one owner's operation log in one month.

Access at night and on holidays, failed log-ins, log-ins by ID, mass searches, searches by number. They only count: whether something was
wrong is for people to judge.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from server_stub.interface.clock import JST
from server_stub.interface.history import Span

from .operation_log import OK

LOGIN, SEARCH, SIGHT = "ログイン", "検索", "照会"
SHOWN = 100
"""Records that are listed one by one at most; the counts are of all."""
NUMBERS = ("宛名番号", "発行番号", "申請番号", "申請ID", "申請id")
"""By these words the functions note that somebody searched by a number."""


Record = Mapping[str, Any] | RowMapping


@dataclass(slots=True)
class Person:
    """What one ID did. `first` and `last`: when."""

    login: str
    name: str
    count: int = 0
    first: str = ""
    last: str = ""

    def add(self, at: str) -> None:
        self.count += 1
        self.first, self.last = min(self.first or at, at), max(self.last, at)


@dataclass(frozen=True, slots=True)
class Burst:
    """Searches of one ID within one hour of the clock, about so many different people."""

    login: str
    name: str
    hour: str
    count: int
    people: int


@dataclass(slots=True)
class Logins:
    login: str
    name: str
    good: int = 0
    failed: int = 0


@dataclass(slots=True)
class Analyses:
    """`outside`: accesses outside office hours, by ID; `failed`: log-ins that failed, by ID and address; `logins`: by ID; `bursts`: mass
    searches; `numbers`: searches by number, by ID; `my_numbers`: those at which a 個人番号 was seen. `records`: all that was looked at."""

    records: int = 0
    outside: list[Person] = field(default_factory=list)
    outside_records: list[Record] = field(default_factory=list)
    failed: list[tuple[str, str, str, int]] = field(default_factory=list)
    logins: list[Logins] = field(default_factory=list)
    bursts: list[Burst] = field(default_factory=list)
    numbers: list[Person] = field(default_factory=list)
    my_numbers: list[Record] = field(default_factory=list)


def analyse(records: Iterable[Record], office: Sequence[Span], most_an_hour: int) -> Analyses:
    """Count what stands in `records` (of the operation log). `office`: when the offices are open; `most_an_hour`: from so many searches of
    one ID in an hour on it is a mass search."""
    found = Analyses()
    opens = sorted((span.begins, span.ends) for span in office)
    starts = [begins for begins, _ in opens]
    outside: dict[str, Person] = {}
    numbers: dict[str, Person] = {}
    logins: dict[str, Logins] = {}
    failed: Counter[tuple[str, str, str]] = Counter()
    searches: dict[tuple[str, str], list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    for one in records:
        found.records += 1
        login, at = one["operator"], one["at"]
        names[login] = one["name"]
        moment = datetime.fromisoformat(at).astimezone(JST)
        place = bisect_right(starts, moment) - 1
        if place < 0 or moment >= opens[place][1]:
            outside.setdefault(login, Person(login, one["name"])).add(at)
            if len(found.outside_records) < SHOWN:
                found.outside_records.append(one)
        if one["function"] == "login":
            by_id = logins.setdefault(login, Logins(login, one["name"]))
            if one["outcome"] != OK:
                by_id.failed += 1
                failed[login, one["name"], one["address"]] += 1
            elif one["act"] == LOGIN:
                by_id.good += 1
            continue
        if one["act"] == SEARCH or (one["act"] == SIGHT and one["subject"]):
            searches[login, f"{moment:%Y-%m-%d %H}"].append(one["subject"])
        if one["my_number"] and len(found.my_numbers) < SHOWN:
            found.my_numbers.append(one)
        if one["my_number"] or (one["act"] == SEARCH and any(word in one["detail"] for word in NUMBERS)):
            numbers.setdefault(login, Person(login, one["name"])).add(at)
    found.outside = sorted(outside.values(), key=lambda one: (-one.count, one.login))
    found.numbers = sorted(numbers.values(), key=lambda one: (-one.count, one.login))
    found.logins = sorted(logins.values(), key=lambda one: (-one.good - one.failed, one.login))
    found.failed = sorted(
        ((login, name, address, count) for (login, name, address), count in failed.items()),
        key=lambda one: (-one[3], one),
    )
    found.bursts = sorted(
        (
            Burst(login, names[login], hour, len(subjects), len({one for one in subjects if one}))
            for (login, hour), subjects in searches.items()
            if len(subjects) >= most_an_hour
        ),
        key=lambda one: (-one.count, one.hour, one.login),
    )
    return found
