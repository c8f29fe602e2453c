"""The figures of the console after a hundred and twenty visits that residents made at real screens.

What is expected is counted from the plan of the visits alone: nothing of it is read from a database. With `make fuzz` (KONBINI_LONG=1).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import cycle

import pytest

from scenarios.servers import STORE, demo_terminals
from scenarios.stage import Stage
from scenarios.stage_secrets import KeyPool
from scenarios.steps.world import World
from scenarios.towns import Town, load_towns, shipped_town
from server_stub.center.terminals import Terminal
from server_stub.interface.clock import JST
from server_stub.interface.secret import Secret
from server_stub.operations.rights import Role
from tests.long import LONG

from .hall import Officials
from .test_figures import Told

pytestmark = [
    pytest.mark.skipif(not LONG, reason="with make fuzz (KONBINI_LONG=1)"),
    pytest.mark.timeout(900),
]

RIVAL, AKASHI, ASHIKAGA = "KIOSK-STORE-77", "KIOSK-STORE-78", "KIOSK-STORE-79"
SHOPS = {
    STORE: ("見本コンビニ", "神戸市"),
    RIVAL: ("ひながたストア", "神戸市"),
    AKASHI: ("見本コンビニ", "兵庫県明石市"),
    ASHIKAGA: ("みほんマート", "栃木県足利市"),
}
"""The chain and the area of each terminal."""
RESIDENCE, SEAL = "住民票の写し", "印鑑登録証明書"
HOLIDAYS = {date(2026, 7, 20), date(2026, 9, 21), date(2026, 9, 22), date(2026, 9, 23), date(2027, 1, 11)}
"""海の日, 敬老の日, 国民の休日, 秋分の日, 成人の日 (内閣府); the other days of the plan are none."""
DAYS = (
    "2026-06-12", "2026-06-13", "2026-06-14", "2026-06-30", "2026-07-01", "2026-07-20", "2026-07-31", "2026-08-01",
    "2026-09-21", "2026-09-22", "2026-09-23", "2026-09-30", "2026-10-01", "2026-11-30", "2026-12-01", "2026-12-27",
    "2026-12-28", "2027-01-04", "2027-01-11", "2027-01-31", "2027-02-01", "2027-02-28", "2027-03-01", "2027-03-30",
    "2027-03-31", "2027-04-01", "2027-04-02", "2027-04-30", "2027-05-01", "2027-05-15",
)  # fmt: skip
"""Month's, year's and fiscal year's edges, weekends, holidays."""
HOURS = ("06:30:00", "08:44:50", "08:45:00", "12:00:00", "17:29:10", "17:30:00", "19:59:00", "22:50:00")
"""Of these, two lie in the offices' last and first seconds; they are open from 8:45 to 17:30, Monday to Friday."""
PEOPLE = ("六甲翠", "港太一", "御影直樹", "港ハツ江", "𠮷田吾郎", "港美波")


@dataclass(frozen=True)
class Visit:
    moment: datetime
    terminal: str
    person: str
    kind: str
    copies: int
    ends: str
    """paper; or `cancelled` before money, `offered` nothing chosen."""


def plan() -> list[Visit]:
    """Four visits on each of thirty days, one at each terminal."""
    dice = random.Random(20260612)  # noqa: S311 - a plan, no secret
    ends = cycle(("paper",) * 7 + ("cancelled",) + ("paper",) * 4 + ("offered",))
    made = []
    for day in DAYS:
        hours = sorted(dice.sample(HOURS, 4))
        terminals = dice.sample(list(SHOPS), 4)
        for hour, terminal in zip(hours, terminals, strict=True):
            moment = datetime.combine(date.fromisoformat(day), time.fromisoformat(hour), JST)
            kind = dice.choice((RESIDENCE, RESIDENCE, SEAL))
            made.append(Visit(moment, terminal, dice.choice(PEOPLE), kind, dice.randint(1, 3), next(ends)))
    return made


def four_terminals(keys: KeyPool, town: Town) -> tuple[Terminal, ...]:
    """That of the stage's shop, one of another chain, and two in other municipalities."""
    store = demo_terminals(keys, town)[0]
    others = (
        (RIVAL, "ひながたストア", town.code),
        (AKASHI, "見本コンビニ", "28203"),
        (ASHIKAGA, "みほんマート", "09202"),
    )
    return (
        store,
        *(
            Terminal.with_key(
                store.facts.model_copy(update={"terminal_id": name, "operator": chain, "area": area}),
                Secret(keys.text(f"terminal-{name}")),
            )
            for name, chain, area in others
        ),
    )


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scenarios.servers.demo_terminals", four_terminals)
        with Stage(towns=load_towns([shipped_town("kobe")])) as stage:
            stage.reset()
            stage.start_kiosk()  # only with a terminal does the stage wait for what each night delivers
            yield stage


def walk(stage: Stage, visit: Visit) -> None:
    """By the screens, as a resident does it."""
    stage.clock.set(visit.moment)
    world = World(stage, stage.start_kiosk(terminal_id=visit.terminal))
    world.identify(f"{visit.person}のカード")
    if visit.ends == "offered":
        world.leave_by("中止する")
    else:
        world.choose("本人だけ", visit.copies, visit.kind)
        world.apply_and_reach("Pay")
        if visit.ends == "cancelled":
            world.leave_by("中止する")
        else:
            world.drop(250 * visit.copies)
            world.take_paper()
            world.leave_by("印刷しない")
            world.end_thanks()
    world.terminal.wait_for("TopMenu", "Refusal")
    world.settled()


def rows(visit: Visit) -> dict[str, str]:
    """Under each title of the statistics, the row in which the visit's papers stand."""
    moment = visit.moment
    chain, area = SHOPS[visit.terminal]
    weekday = moment.date().weekday()
    workday = weekday < 5 and moment.date() not in HOLIDAYS
    within = workday and time(8, 45) <= moment.time() < time(17, 30)
    return {
        "月別": f"{moment.year}年{moment.month}月",
        "時間別": f"{moment.hour}時台",
        "曜日別": "月火水木金土日"[weekday] + "曜日",
        "時間内・時間外別": "時間内" if within else "時間外",
        "管内・管外別": "管内" if area == "神戸市" else "管外",
        "地域別": area,
        "店舗事業者別": chain,
    }


def test_the_figures_are_those_of_the_visits(stage: Stage) -> None:
    visits = plan()
    assert len(visits) == 120
    for visit in visits:
        walk(stage, visit)
    officials = Officials(stage.servers.console, stage.servers.console_url)  # type: ignore[attr-defined]
    official = officials.as_role(Role.AUDITOR)
    handed_over = [visit for visit in visits if visit.ends == "paper"]
    assert len(handed_over) not in (0, 120)
    spans = {
        ("fiscal", "2026"): (date(2026, 4, 1), date(2027, 3, 31)),
        ("fiscal", "2027"): (date(2027, 4, 1), date(2028, 3, 31)),
        ("year", "2026"): (date(2026, 1, 1), date(2026, 12, 31)),
        ("year", "2027"): (date(2027, 1, 1), date(2027, 12, 31)),
        ("month", "2026-09"): (date(2026, 9, 1), date(2026, 9, 30)),
        ("month", "2027-03"): (date(2027, 3, 1), date(2027, 3, 31)),
    }
    for (span, of), (first, last) in spans.items():
        told = Told(official, span, of)
        counted: dict[str, Counter[tuple[str, str]]] = {}
        for visit in handed_over:
            if first <= visit.moment.date() <= last:
                for title, row in rows(visit).items():
                    counted.setdefault(title, Counter())[row, visit.kind] += visit.copies
        for title, wanted in counted.items():
            if title != "月別" or span != "month":  # a month is told day by day
                told.check(title, wanted)
        holidays = sum(
            visit.copies
            for visit in handed_over
            if visit.moment.date() in HOLIDAYS and first <= visit.moment.date() <= last
        )
        weekdays = next(table for caption, table in told.page.items() if "曜日別" in caption)
        again = [int(row[-1]) for row in weekdays if "再掲" in row[0]]
        assert sum(again) == holidays
    officials.close()
