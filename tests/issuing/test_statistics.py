"""Statistics are what the records are: recomputed here from the raw rows of the database, by plain Python."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from server_stub.interface.binding import new_ulid
from server_stub.interface.issuing import LedgerReport, TerminalFacts
from server_stub.interface.values import TerminalKind
from server_stub.issuing import tables
from server_stub.issuing.ledger import Ledger
from server_stub.issuing.sample_history import SAMPLE_MONTHS
from server_stub.node import RunningNode, serve
from tests.issuing.helper import (
    KOBE,
    MIDORI,
    NAOKI,
    OPS_KEY,
    SEAL,
    STORE,
    TAICHI,
    TownHall,
    open_town_hall,
    refused,
)

HOLIDAYS = {date(2026, 7, 20)}
"""海の日 of 2026; the other days of these tests are none (国立天文台)."""
OTHER_SHOP = TerminalFacts(
    terminal_id="K-0077", operator="ひながたストア", shop="明石駅前店", area="28203", kind=TerminalKind.STORE
)
VISITS = [
    # day and time, who, kind, copies, terminal
    ("2026-06-12 08:44:59", MIDORI, "residence", 1, STORE),  # a Friday, before the offices open
    ("2026-06-12 08:45:00", MIDORI, "residence", 2, STORE),
    ("2026-06-12 17:29:59", NAOKI, "residence", 1, OTHER_SHOP),
    ("2026-06-12 17:30:00", NAOKI, "residence", 1, OTHER_SHOP),
    ("2026-06-13 12:00:00", TAICHI, SEAL, 3, STORE),  # a Saturday
    ("2026-07-20 10:00:00", TAICHI, SEAL, 1, OTHER_SHOP),  # a Monday, 海の日
    ("2026-12-28 16:00:00", MIDORI, "residence", 1, STORE),  # the last day of the year: a Monday
    ("2027-01-04 06:30:00", MIDORI, "residence", 1, STORE),
    ("2027-01-04 22:59:59", NAOKI, "residence", 2, OTHER_SHOP),
    ("2027-03-31 09:00:00", MIDORI, "residence", 1, STORE),  # the last day of the fiscal year
    ("2027-04-01 09:00:00", MIDORI, "residence", 4, STORE),
]
WEEK = "月火水木金土日"


def report(hall: TownHall, application_id: str, kind: str, amount: int = 0) -> None:
    hall.service.take_report(
        application_id,
        LedgerReport(report_id=new_ulid(hall.clock), kind=kind, at=hall.clock.now(), amount=amount),  # type: ignore[arg-type]
    )


def hand_over(
    hall: TownHall, moment: str, person: str, kind: str, copies: int, terminal: TerminalFacts
) -> str:
    hall.at(moment)
    paper = hall.apply(person, kind, copies=copies, terminal=terminal)
    report(hall, paper.application_id, "paid", paper.fee_total)
    report(hall, paper.application_id, "handed_over")
    return paper.application_id


@pytest.fixture(scope="module")
def kept_visits(
    tmp_path_factory: pytest.TempPathFactory, replica_url: str, empty_ledger: Path, patient: Path
) -> Path:
    """The ledger after visits that were handed over, and others that do not count."""
    hall = open_town_hall(tmp_path_factory.mktemp("visits"), replica_url, root=patient, ledger=empty_ledger)
    for visit in VISITS:
        last = hand_over(hall, *visit)
    report(hall, last, "handed_over")  # told again after a restart of the terminal, under another id
    report(hall, last, "incident")  # what is reported later takes nothing back
    hall.at("2026-06-15 10:00:00")
    given_back = hall.apply(MIDORI)
    report(hall, given_back.application_id, "paid", given_back.fee_total)
    report(hall, given_back.application_id, "cancelled")
    hall.apply(NAOKI)  # prepared, and nobody knows what became of it
    return closed(hall)


def closed(hall: TownHall) -> Path:
    """Its ledger, whole in one file."""
    hall.service.close()
    path = Path(hall.ledger_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def busy(tmp_path: Path, kept_visits: Path, replica_url: str, patient: Path) -> Iterator[TownHall]:
    hall = open_town_hall(tmp_path, replica_url, root=patient, ledger=kept_visits)
    yield hall
    hall.service.close()


@pytest.fixture
def official(busy: TownHall) -> Iterator[httpx.Client]:
    node = serve(busy.app)
    with client_of(node) as client:
        yield client
    node.stop()


def client_of(node: RunningNode) -> httpx.Client:
    headers = {"Authorization": f"Bearer {OPS_KEY.reveal()}"}
    return httpx.Client(base_url=node.base_url, headers=headers, trust_env=False, timeout=30)


def told(official: httpx.Client, first: str, last: str, **more: Any) -> Any:
    query = {"municipality": KOBE, "first": first, "last": last, **more}
    return official.get("/ops/v1/statistics", params=query).raise_for_status().json()


def papers(statistics: Any, dimension: str) -> dict[tuple[str, str], tuple[int, int, int]]:
    return {
        (figure["value"], figure["kind"]): (figure["applications"], figure["papers"], figure["yen"])
        for figure in statistics["figures"]
        if figure["dimension"] == dimension
    }


def rows_of(path: Path) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(
            "SELECT * FROM applications WHERE application_id IN "
            "(SELECT application_id FROM status_reports WHERE kind = 'handed_over')"
        ).fetchall()


def recomputed(
    path: Path, dimension: str, first: str, last: str
) -> dict[tuple[str, str], tuple[int, int, int]]:
    """The figures of one dimension by the raw records, with rules of this test's own."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in rows_of(path):
        moment = datetime.fromisoformat(row["prepared_at"])
        day = moment.date()
        if not first <= f"{day:%Y-%m}" <= last:
            continue
        away = (
            day in HOLIDAYS or WEEK[day.weekday()] in "土日" or f"{day:%m-%d}" in ("12-29", "12-30", "12-31")
        )
        value = {
            "month": f"{day.year}-{day.month:02d}",
            "day": f"{day.day:02d}",
            "hour": f"{moment.hour:02d}",
            "weekday": str((day - date(2026, 6, 1)).days % 7),  # 2026-06-01 is a Monday
            "holiday": "holiday" if day in HOLIDAYS else "other",
            "area": row["area"],
            "place": "inside" if row["area"] == KOBE else "outside",
            "chain": row["operator"],
            "office": "within" if not away and time(8, 45) <= moment.time() < time(17, 30) else "outside",
        }[dimension]
        found.setdefault((value, row["kind"]), Counter()).update(
            n=1, copies=row["copies"], yen=row["fee_total"]
        )
    return {key: (counts["n"], counts["copies"], counts["yen"]) for key, counts in found.items()}


DIMENSIONS = ("month", "hour", "weekday", "holiday", "area", "place", "chain", "office")


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-06", "2026-06", 8),
        ("2026-07", "2026-07", 1),
        ("2026-01", "2026-12", 10),  # 2026年
        ("2026-04", "2027-03", 14),  # 2026年度
        ("2027-04", "2028-03", 4),  # 2027年度
        ("2026-06", "2027-04", 18),
        ("2025-04", "2026-03", 0),
    ],
)
def test_every_figure_is_the_sum_of_the_records(
    busy: TownHall, official: httpx.Client, first: str, last: str, expected: int
) -> None:
    statistics = told(official, first, last)
    path = Path(busy.ledger_url.removeprefix("sqlite:///"))
    for dimension in DIMENSIONS + (("day",) if first == last else ()):
        figures = papers(statistics, dimension)
        assert figures == recomputed(path, dimension, first, last), dimension
        assert sum(counts[1] for counts in figures.values()) == expected
    assert statistics["known"] == ["2026-06", "2027-04"]
    if first != last:
        assert papers(statistics, "day") == {}


def test_the_offices_are_open_from_their_first_minute_to_before_their_last_and_on_no_holiday(
    official: httpx.Client,
) -> None:
    june = papers(told(official, "2026-06", "2026-06"), "office")
    assert {key: counts[1] for key, counts in june.items()} == {
        ("within", "residence"): 3,
        ("outside", "residence"): 2,
        ("outside", SEAL): 3,
    }
    assert set(papers(told(official, "2026-07", "2026-07"), "office")) == {("outside", SEAL)}
    assert set(papers(told(official, "2026-12", "2026-12"), "office")) == {("within", "residence")}


def test_names_of_kinds_and_the_number_of_cards_are_told(official: httpx.Client) -> None:
    statistics = told(official, "2026-06", "2026-06")
    assert statistics["kinds"]["residence"] == "住民票の写し"
    assert statistics["kinds"][SEAL] == "印鑑登録証明書"
    assert statistics["cards"] == {"on": "2016-07-31", "issued": 128_273}
    assert told(official, "2016-06", "2016-06")["cards"] is None


def test_what_was_handed_over_without_office_hours_is_counted_when_a_server_opens_the_ledger(
    busy: TownHall, official: httpx.Client
) -> None:
    before = told(official, "2026-06", "2027-04")
    busy.at("2027-04-02 08:50:00")
    paper = busy.apply(MIDORI)
    ledger = Ledger(busy.ledger_url)
    for kind, amount in (("paid", 250), ("handed_over", 0)):
        now = busy.clock.now()
        told_report = LedgerReport(report_id=new_ulid(busy.clock), kind=kind, at=now, amount=amount)  # type: ignore[arg-type]
        ledger.take_report(paper.application_id, told_report, now)
    ledger.close()
    assert told(official, "2026-06", "2027-04") == before
    busy.service.reopen()
    after = told(official, "2026-06", "2027-04")
    path = Path(busy.ledger_url.removeprefix("sqlite:///"))
    for dimension in DIMENSIONS:
        assert papers(after, dimension) == recomputed(path, dimension, "2026-06", "2027-04")
    assert papers(after, "office") != papers(before, "office")


def test_a_made_up_history_has_the_towns_own_july_and_stays_apart(
    busy: TownHall, official: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {
        month: papers for month, papers in SAMPLE_MONTHS.items() if month in ("2016-04", "2016-05", "2016-07")
    }
    monkeypatch.setattr("server_stub.issuing.sample_history.SAMPLE_MONTHS", few)
    before = told(official, "2016-01", "2017-03"), told(official, "2026-06", "2027-04")
    asked = {"municipality": KOBE, "operator": "情報　太郎"}
    made = official.post("/ops/v1/sample-history", json=asked).raise_for_status().json()["applications"]
    assert 4_500 < made < sum(few.values())
    july = told(official, "2016-07", "2016-07", sample=True)
    for dimension in (*DIMENSIONS, "day"):
        assert sum(counts[1] for counts in papers(july, dimension).values()) == 2_182
    assert july["cards"] == {"on": "2016-07-31", "issued": 128_273}
    assert july["known"] == ["2016-04", "2016-07"]
    may, april = (
        told(official, "2016-05", "2016-05", sample=True),
        told(official, "2016-04", "2016-04", sample=True),
    )
    assert any(kind == "family_register_full" for _, kind in papers(may, "month"))
    assert {kind for _, kind in papers(april, "month")} == {"residence", SEAL}
    assert (told(official, "2016-01", "2017-03"), told(official, "2026-06", "2027-04")) == before
    assert official.post("/ops/v1/sample-history", json=asked).json() == {"applications": 0}
    assert len(busy.service.ledger.applications()) == len(VISITS) + 2
    with closing(sqlite3.connect(busy.ledger_url.removeprefix("sqlite:///"))) as connection:
        numbers = connection.execute(
            "SELECT issue_number, sample FROM copies JOIN applications USING (application_id)"
        ).fetchall()
    assert all(number.startswith("見本") == bool(sample) for number, sample in numbers)


def test_how_quickly_papers_were_ready_and_which_stops_there_were(
    busy: TownHall, official: httpx.Client
) -> None:
    busy.at("2026-08-05 12:00:31")
    for seconds in (0, 1, 2, 31):
        received = datetime.fromisoformat(f"2026-08-05T12:00:{31 - seconds:02d}+09:00")
        busy.apply(MIDORI, received_at=received)
    stopped = official.post("/ops/v1/stops", json={"municipality": KOBE, "kind": SEAL}).json()["stop_id"]
    busy.at("2026-08-05 13:00:00")
    official.post(f"/ops/v1/stops/{stopped}/release").raise_for_status()

    def level(month: str) -> Any:
        answer = official.get("/ops/v1/service-level", params={"municipality": KOBE, "month": month})
        return answer.raise_for_status().json()

    august = level("2026-08")
    assert {one["seconds"]: one["applications"] for one in august["answers"]} == {
        1: 2, 3: 1, 5: 0, 10: 0, 20: 0, 30: 0, None: 1,
    }  # fmt: skip
    assert [(stop["stop_id"], stop["kind"]) for stop in august["stops"]] == [(stopped, SEAL)]
    assert level("2026-07")["stops"] == level("2026-09")["stops"] == []


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-07", "2026-06"), ("2016-01", "2026-06"), ("2026-13", "2026-13"), ("2026", "2026")],
)
def test_a_span_that_is_none_is_refused(official: httpx.Client, first: str, last: str) -> None:
    query = {"municipality": KOBE, "first": first, "last": last}
    answer = official.get("/ops/v1/statistics", params=query)
    assert (answer.status_code, answer.json()["failure"]) == (422, "Request_Malformed")


@pytest.mark.parametrize("path", ["statistics?first=2026-06&last=2026-06", "issues?limit=1", "issues.jsonl?", "service-level?month=2026-06"])  # fmt: skip
def test_of_another_municipality_nothing_is_told(official: httpx.Client, path: str) -> None:
    answer = official.get(f"/ops/v1/{path}&municipality=09202")
    assert (answer.status_code, answer.json()["failure"]) == (404, "Municipality_Unknown")


def test_a_fee_that_is_not_paid_counts_nowhere(busy: TownHall, official: httpx.Client) -> None:
    before = told(official, "2026-06", "2026-06")
    unpaid = busy.apply(MIDORI)
    failed = refused(lambda: report(busy, unpaid.application_id, "handed_over"))
    assert failed.failure == "Application_State_Conflict"
    assert told(official, "2026-06", "2026-06") == before


def test_the_slip_of_a_registration_number_counts_and_is_listed_nowhere(
    busy: TownHall, official: httpx.Client
) -> None:
    """It stands in the ledger for its ten yen, without a copy (`docs/registration.md`)."""
    before = told(official, "2026-06", "2027-04")
    slip = new_ulid(busy.clock)
    with busy.service.ledger.write() as connection:
        row = connection.execute(select(tables.applications)).mappings().first()
        assert row is not None
        of_slip = {"application_id": slip, "kind": "registration_slip", "fee_total": 10}
        unknown = {"handed_over_at": None, "within_office": None}
        connection.execute(insert(tables.applications), {**row, **of_slip, **unknown})
        state = {"application_id": slip, "state": "prepared", "since": busy.clock.now().isoformat()}
        connection.execute(insert(tables.application_states), state)
    report(busy, slip, "paid", 10)
    report(busy, slip, "handed_over")
    busy.service.reopen()
    assert told(official, "2026-06", "2027-04") == before
    issues = official.get("/ops/v1/issues", params={"municipality": KOBE, "limit": 200}).json()["issues"]
    assert slip not in {one["application_id"] for one in issues}
